// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title The state of one document, in one word.
/// @dev Low to high:
///   0 issuer 32 | 32 possessor 32 | 64 endorsee 32 | 96 offeree 32 | 128 offeredEndorsee 32 | 160 kind 16
///   | 176 state 8 | 184 flags 8 (bit 0 frozen, bit 1 secured) | 192 version 16 | 208 sequence 24
///   | 232 used 24 (parts per million)
/// A control of 0 is the only mark of a record that does not exist.
type Control is uint256;

using ControlWord for Control global;

library ControlWord {
    uint256 internal constant FROZEN = 1;
    uint256 internal constant SECURED = 2;
    uint256 private constant M32 = type(uint32).max;

    function exists(Control c) internal pure returns (bool) {
        return Control.unwrap(c) != 0;
    }

    function issuer(Control c) internal pure returns (uint256) {
        return uint32(Control.unwrap(c));
    }

    function possessor(Control c) internal pure returns (uint256) {
        return uint32(Control.unwrap(c) >> 32);
    }

    function endorsee(Control c) internal pure returns (uint256) {
        return uint32(Control.unwrap(c) >> 64);
    }

    function offeree(Control c) internal pure returns (uint256) {
        return uint32(Control.unwrap(c) >> 96);
    }

    function offeredEndorsee(Control c) internal pure returns (uint256) {
        return uint32(Control.unwrap(c) >> 128);
    }

    function kind(Control c) internal pure returns (uint256) {
        return uint16(Control.unwrap(c) >> 160);
    }

    function state(Control c) internal pure returns (uint256) {
        return uint8(Control.unwrap(c) >> 176);
    }

    function flags(Control c) internal pure returns (uint256) {
        return uint8(Control.unwrap(c) >> 184);
    }

    function version(Control c) internal pure returns (uint256) {
        return uint16(Control.unwrap(c) >> 192);
    }

    function sequence(Control c) internal pure returns (uint256) {
        return uint24(Control.unwrap(c) >> 208);
    }

    function used(Control c) internal pure returns (uint256) {
        return uint24(Control.unwrap(c) >> 232);
    }

    function withIssuer(Control c, uint256 value) internal pure returns (Control) {
        return _set(c, 0, M32, value);
    }

    function withPossessor(Control c, uint256 value) internal pure returns (Control) {
        return _set(c, 32, M32, value);
    }

    function withEndorsee(Control c, uint256 value) internal pure returns (Control) {
        return _set(c, 64, M32, value);
    }

    /// @dev Both halves of an offer are always written together.
    function withOffer(Control c, uint256 offeree_, uint256 endorsee_) internal pure returns (Control) {
        return _set(c, 96, type(uint64).max, offeree_ | (endorsee_ << 32));
    }

    /// @dev A new record: the creator issues and possesses it; state and sequence come with `advanced`.
    function created(uint256 creator, uint256 kind_) internal pure returns (Control) {
        return Control.wrap(creator | (creator << 32) | (kind_ << 160) | (1 << 192));
    }

    /// @dev What every act does last: the row's next state, the next sequence, and the frozen bit is cleared.
    /// The sequence is below its end (step 15), so that it does not run over into `used`.
    function advanced(Control c, uint256 next) internal pure returns (Control) {
        unchecked {
            return Control.wrap((Control.unwrap(c) & ~(uint256(0x01ff) << 176)) + ((next << 176) | (1 << 208)));
        }
    }

    function withFlags(Control c, uint256 value) internal pure returns (Control) {
        return _set(c, 184, type(uint8).max, value);
    }

    /// @dev The caller has seen to it that the version is below its end.
    function withNextVersion(Control c) internal pure returns (Control) {
        unchecked {
            return Control.wrap(Control.unwrap(c) + (1 << 192));
        }
    }

    /// @dev The caller has seen to it that the sequence is below its end.
    function withNextSequence(Control c) internal pure returns (Control) {
        unchecked {
            return Control.wrap(Control.unwrap(c) + (1 << 208));
        }
    }

    function withUsed(Control c, uint256 value) internal pure returns (Control) {
        return _set(c, 232, type(uint24).max, value);
    }

    function _set(Control c, uint256 at, uint256 mask, uint256 value) private pure returns (Control) {
        return Control.wrap((Control.unwrap(c) & ~(mask << at)) | (value << at));
    }
}
