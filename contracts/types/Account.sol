// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title An account, in one word: one party for ever, one interval, one scope.
/// @dev Low to high:
///   0 party 32 | 32 addedAt 40 | 72 removedAt 40 (unix seconds, 0 = still there) | 112 scope 8
/// One storage proof of this word answers for any time whether the account could sign then.
type Account is uint256;

using AccountWord for Account global;

library AccountWord {
    uint256 internal constant FILING = 1;
    uint256 internal constant ISSUE = 2;
    uint256 internal constant TITLE = 4;
    uint256 internal constant OFFICIAL = 8;
    uint256 internal constant ADMIN = 128;
    uint256 internal constant FULL = 255;

    function pack(uint256 party_, uint256 addedAt_, uint256 scope_) internal pure returns (Account) {
        return Account.wrap(party_ | (addedAt_ << 32) | (scope_ << 112));
    }

    function exists(Account a) internal pure returns (bool) {
        return Account.unwrap(a) != 0;
    }

    function party(Account a) internal pure returns (uint256) {
        return uint32(Account.unwrap(a));
    }

    function addedAt(Account a) internal pure returns (uint256) {
        return uint40(Account.unwrap(a) >> 32);
    }

    function removedAt(Account a) internal pure returns (uint256) {
        return uint40(Account.unwrap(a) >> 72);
    }

    function scope(Account a) internal pure returns (uint256) {
        return uint8(Account.unwrap(a) >> 112);
    }

    function activeFor(Account a, uint256 party_) internal pure returns (bool) {
        return a.party() == party_ && a.removedAt() == 0 && a.exists();
    }

    function withRemovedAt(Account a, uint256 time) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(a) | (time << 72));
    }
}
