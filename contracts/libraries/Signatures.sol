// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Signatures in the one accepted form: 65 bytes r | s | v, low s, v 27 or 28.
/// @dev No EIP-2098, no ERC-1271: a signature must be checkable for ever, without the chain.
library Signatures {
    uint256 internal constant LENGTH = 65;

    /// @dev The caller has seen to it that there are at least (index + 1) * 65 bytes.
    /// @return The signer of the signature number `index`, or 0 when it is malformed.
    // Three words at odd places of calldata.
    // slither-disable-next-line assembly
    function signer(bytes32 digest, bytes calldata signatures, uint256 index) internal pure returns (address) {
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            let at := add(signatures.offset, mul(index, LENGTH))
            r := calldataload(at)
            s := calldataload(add(at, 32))
            v := byte(0, calldataload(add(at, 64)))
        }
        // High s, v other than 27 or 28, and what fits no key all give address 0.
        // slither-disable-next-line unused-return
        (address found,,) = ECDSA.tryRecover(digest, v, r, s);
        return found;
    }
}
