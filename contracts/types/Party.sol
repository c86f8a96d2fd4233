// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title A party, in one word.
/// @dev Low to high:
///   0 roles 64 | 64 epoch 32 (from 1) | 96 threshold 8 | 104 suspendedUntil 40 (unix seconds, 0 = never yet)
///   | 144 accounts 16 (those with full scope, now) | 160 locked 8 | 168 recoveryBarred 8
///   | 176 unlocks 32 (how often it was unlocked: the nonce of LOCK)
/// A word of 0 is a party that is not registered.
type Party is uint256;

using PartyWord for Party global;

library PartyWord {
    uint256 internal constant NOT_REGISTERED = 1;
    uint256 internal constant SUSPENDED = 2;
    uint256 internal constant LOCKED = 3;

    function registered(Party p) internal pure returns (bool) {
        return Party.unwrap(p) != 0;
    }

    function roles(Party p) internal pure returns (uint256) {
        return uint64(Party.unwrap(p));
    }

    function epoch(Party p) internal pure returns (uint256) {
        return uint32(Party.unwrap(p) >> 64);
    }

    function threshold(Party p) internal pure returns (uint256) {
        return uint8(Party.unwrap(p) >> 96);
    }

    function suspendedUntil(Party p) internal pure returns (uint256) {
        return uint40(Party.unwrap(p) >> 104);
    }

    function accounts(Party p) internal pure returns (uint256) {
        return uint16(Party.unwrap(p) >> 144);
    }

    function locked(Party p) internal pure returns (bool) {
        return (Party.unwrap(p) >> 160) & 0xff != 0;
    }

    function recoveryBarred(Party p) internal pure returns (bool) {
        return (Party.unwrap(p) >> 168) & 0xff != 0;
    }

    function unlocks(Party p) internal pure returns (uint256) {
        return uint32(Party.unwrap(p) >> 176);
    }

    /// @return 0 when the party is active, else why it may neither act nor be named.
    // slither-disable-next-line timestamp
    function inactive(Party p) internal view returns (uint256) {
        if (!p.registered()) return NOT_REGISTERED;
        if (p.suspendedUntil() > block.timestamp) return SUSPENDED;
        return p.locked() ? LOCKED : 0;
    }

    function withRoles(Party p, uint256 value) internal pure returns (Party) {
        return _set(p, 0, type(uint64).max, value);
    }

    function withEpoch(Party p, uint256 value) internal pure returns (Party) {
        return _set(p, 64, type(uint32).max, value);
    }

    function withThreshold(Party p, uint256 value) internal pure returns (Party) {
        return _set(p, 96, type(uint8).max, value);
    }

    function withSuspendedUntil(Party p, uint256 value) internal pure returns (Party) {
        return _set(p, 104, type(uint40).max, value);
    }

    function withAccounts(Party p, uint256 value) internal pure returns (Party) {
        return _set(p, 144, type(uint16).max, value);
    }

    function withLocked(Party p, uint256 value) internal pure returns (Party) {
        return _set(p, 160, type(uint8).max, value);
    }

    function withRecoveryBarred(Party p, uint256 value) internal pure returns (Party) {
        return _set(p, 168, type(uint8).max, value);
    }

    function withUnlocks(Party p, uint256 value) internal pure returns (Party) {
        return _set(p, 176, type(uint32).max, value);
    }

    /// @dev A value too large for its field never reaches the next one.
    function _set(Party p, uint256 at, uint256 mask, uint256 value) private pure returns (Party) {
        return Party.wrap((Party.unwrap(p) & ~(mask << at)) | ((value & mask) << at));
    }
}
