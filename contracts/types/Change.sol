// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title A change of a party that waits, in one word; its value stands in the slot after it.
/// @dev Low to high:
///   0 party 32 | 32 what 8 | 40 source 8 (0 the party, 1 the registrar, 2 the governor) | 48 proposedAt 40
///   | 88 readyAt 40 (unix seconds) | 128 dead 8 (enacted, vetoed or cancelled)
/// A word of 0 is a change that nobody ever proposed.
type Change is uint256;

using ChangeWord for Change global;

library ChangeWord {
    uint256 internal constant BY_PARTY = 0;
    uint256 internal constant BY_REGISTRAR = 1;
    uint256 internal constant BY_GOVERNOR = 2;

    /// @dev How long after readyAt a change may be enacted and occupies its place.
    uint256 internal constant WINDOW = 14 days;

    function pack(uint256 party_, uint256 what_, uint256 source_, uint256 proposedAt_, uint256 readyAt_)
        internal
        pure
        returns (Change)
    {
        return Change.wrap(party_ | (what_ << 32) | (source_ << 40) | (proposedAt_ << 48) | (readyAt_ << 88));
    }

    function party(Change c) internal pure returns (uint256) {
        return uint32(Change.unwrap(c));
    }

    function what(Change c) internal pure returns (uint256) {
        return uint8(Change.unwrap(c) >> 32);
    }

    function source(Change c) internal pure returns (uint256) {
        return uint8(Change.unwrap(c) >> 40);
    }

    function proposedAt(Change c) internal pure returns (uint256) {
        return uint40(Change.unwrap(c) >> 48);
    }

    function readyAt(Change c) internal pure returns (uint256) {
        return uint40(Change.unwrap(c) >> 88);
    }

    /// @dev The last second in which it may be enacted or vetoed.
    function until(Change c) internal pure returns (uint256) {
        unchecked {
            return c.readyAt() + WINDOW;
        }
    }

    function dead(Change c) internal pure returns (bool) {
        return Change.unwrap(c) >> 128 != 0;
    }

    /// @dev Neither over nor lapsed: it occupies its place. A change that does not exist lapsed in January 1970.
    // slither-disable-next-line timestamp
    function open(Change c) internal view returns (bool) {
        return !c.dead() && block.timestamp <= c.until();
    }

    function killed(Change c) internal pure returns (Change) {
        return Change.wrap(Change.unwrap(c) | (1 << 128));
    }
}
