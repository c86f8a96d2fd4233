// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

/// @title One row of a kind's table, in one word.
/// @dev Low to high:
///   0 next 8 | 8 effects 16 | 24 who 16 | 40 flags 16 | 56 roles 64 | 120 counterpartyRoles 64
///   | 184 counterparty mode 8 | 192 endorsee mode 8 | 200 content mode 8 | 208 reference mode 8 | 216 detail mode 8
///   | 224 quantity mode 8 | 232 class 8 | 240 fifteen zero bits | 255 present 1
type Rule is uint256;

using RuleWord for Rule global;

library RuleWord {
    uint256 internal constant CREATE = 1;
    uint256 internal constant ISSUER_IS_COUNTERPARTY = 2;
    uint256 internal constant OFFER = 4;
    uint256 internal constant TAKE = 8;
    uint256 internal constant CLEAR = 16;
    uint256 internal constant ENDORSE = 32;
    uint256 internal constant TO_ISSUER = 64;
    uint256 internal constant RESERVE_RETURN = 128;
    uint256 internal constant NEW_CONTENT = 256;
    uint256 internal constant USE = 512;
    uint256 internal constant CLAIM = 1024;
    uint256 internal constant SECURE = 2048;
    uint256 internal constant RELEASE = 4096;
    uint256 internal constant ALL_EFFECTS = 8191;

    uint256 internal constant WHO_ISSUER = 1;
    uint256 internal constant WHO_POSSESSOR = 2;
    uint256 internal constant WHO_ADDRESSEE = 4;
    uint256 internal constant WHO_TITLEHOLDER = 8;
    uint256 internal constant WHO_OFFEREE = 16;
    uint256 internal constant WHO_SECURED = 32;
    uint256 internal constant WHO_ROLE = 64;
    uint256 internal constant WHO_ANYONE = 128;
    uint256 internal constant WHO_NAMED_ENDORSEE = 256;
    uint256 internal constant ALL_WHO = 511;

    uint256 internal constant FLAG_ALL = 1;
    uint256 internal constant FLAG_NOTE = 2;
    uint256 internal constant FLAG_CRITICAL = 4;
    uint256 internal constant FLAG_LOCKED_TOO = 8;
    uint256 internal constant ALL_FLAGS = 15;

    function present(Rule r) internal pure returns (bool) {
        return Rule.unwrap(r) >> 255 == 1;
    }

    function zeroBits(Rule r) internal pure returns (uint256) {
        return (Rule.unwrap(r) >> 240) & 0x7fff;
    }

    function next(Rule r) internal pure returns (uint256) {
        return uint8(Rule.unwrap(r));
    }

    function effects(Rule r) internal pure returns (uint256) {
        return uint16(Rule.unwrap(r) >> 8);
    }

    function who(Rule r) internal pure returns (uint256) {
        return uint16(Rule.unwrap(r) >> 24);
    }

    function flags(Rule r) internal pure returns (uint256) {
        return uint16(Rule.unwrap(r) >> 40);
    }

    function roles(Rule r) internal pure returns (uint256) {
        return uint64(Rule.unwrap(r) >> 56);
    }

    function counterpartyRoles(Rule r) internal pure returns (uint256) {
        return uint64(Rule.unwrap(r) >> 120);
    }

    function counterpartyMode(Rule r) internal pure returns (uint256) {
        return uint8(Rule.unwrap(r) >> 184);
    }

    function endorseeMode(Rule r) internal pure returns (uint256) {
        return uint8(Rule.unwrap(r) >> 192);
    }

    function contentMode(Rule r) internal pure returns (uint256) {
        return uint8(Rule.unwrap(r) >> 200);
    }

    function referenceMode(Rule r) internal pure returns (uint256) {
        return uint8(Rule.unwrap(r) >> 208);
    }

    function detailMode(Rule r) internal pure returns (uint256) {
        return uint8(Rule.unwrap(r) >> 216);
    }

    function quantityMode(Rule r) internal pure returns (uint256) {
        return uint8(Rule.unwrap(r) >> 224);
    }

    /// @dev `class` is a word that Solidity may reserve one day.
    function scope(Rule r) internal pure returns (uint256) {
        return uint8(Rule.unwrap(r) >> 232);
    }

    function has(Rule r, uint256 effect) internal pure returns (bool) {
        return (Rule.unwrap(r) >> 8) & effect != 0;
    }

    function flagged(Rule r, uint256 flag) internal pure returns (bool) {
        return (Rule.unwrap(r) >> 40) & flag != 0;
    }
}
