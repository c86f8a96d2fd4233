// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title The small members of an act, in one word.
/// @dev Low to high:
///   0 kind 16 | 16 verb 8 | 24 actor 32 | 56 epoch 32 | 88 counterparty 32 | 120 endorsee 32 | 152 quantity 24
///   | 176 deadline 40 (unix seconds) | 216 forty bits that must be zero
/// One word has no ABI range checks to trip: a malformed act in a batch is refused alone, it cannot revert the batch.
type Terms is uint256;

using TermsWord for Terms global;

library TermsWord {
    uint256 internal constant LARGEST = (1 << 216) - 1;

    function kind(Terms t) internal pure returns (uint256) {
        return uint16(Terms.unwrap(t));
    }

    function verb(Terms t) internal pure returns (uint256) {
        return uint8(Terms.unwrap(t) >> 16);
    }

    function actor(Terms t) internal pure returns (uint256) {
        return uint32(Terms.unwrap(t) >> 24);
    }

    function epoch(Terms t) internal pure returns (uint256) {
        return uint32(Terms.unwrap(t) >> 56);
    }

    function counterparty(Terms t) internal pure returns (uint256) {
        return uint32(Terms.unwrap(t) >> 88);
    }

    function endorsee(Terms t) internal pure returns (uint256) {
        return uint32(Terms.unwrap(t) >> 120);
    }

    function quantity(Terms t) internal pure returns (uint256) {
        return uint24(Terms.unwrap(t) >> 152);
    }

    function deadline(Terms t) internal pure returns (uint256) {
        return uint40(Terms.unwrap(t) >> 176);
    }
}
