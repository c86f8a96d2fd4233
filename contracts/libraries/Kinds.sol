// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ILedgerErrors} from "../interfaces/ILedgerErrors.sol";
import {AccountWord} from "../types/Account.sol";
import {Rule, RuleWord} from "../types/Rule.sol";

/// @title What a table must keep to become a kind.
library Kinds {
    uint256 internal constant ORDER = 1;
    uint256 internal constant VERBS = 2;
    uint256 private constant BITS = 3;
    uint256 private constant CREATE_STATE = 4;
    uint256 private constant NEXT = 5;
    uint256 private constant NOTE = 6;
    uint256 private constant WHO = 7;
    uint256 private constant CONTENT = 8;
    uint256 private constant MODE = 9;
    uint256 private constant CLASS = 10;

    /// @notice Reverts BadKind with the first thing that is wrong with a row. Role bits are free.
    function check(uint256 key, Rule r) internal pure {
        uint256 why = _wrong(key >> 8, r);
        if (why != 0) revert ILedgerErrors.BadKind(key, uint8(why));
    }

    function _wrong(uint256 state, Rule r) private pure returns (uint256) {
        bool creates = r.has(RuleWord.CREATE);
        if (
            !r.present() || r.zeroBits() != 0 || r.effects() > RuleWord.ALL_EFFECTS || r.who() > RuleWord.ALL_WHO
                || r.flags() > RuleWord.ALL_FLAGS
        ) return BITS;
        if ((state == 0) != creates) return CREATE_STATE;
        if (r.next() == 0 || r.next() > 63) return NEXT;
        if (r.flagged(RuleWord.FLAG_NOTE) && (r.effects() != 0 || r.next() != state)) return NOTE;
        if (r.who() == 0 || (r.who() & RuleWord.WHO_ROLE != 0 && r.roles() == 0)) return WHO;
        bool writes = creates || r.has(RuleWord.NEW_CONTENT);
        if ((r.contentMode() == 1) != writes || (creates && r.referenceMode() != 1)) return CONTENT;
        if (
            r.counterpartyMode() > 5 || r.endorseeMode() > 7 || r.contentMode() > 1 || r.referenceMode() > 1
                || r.detailMode() > 1 || r.quantityMode() == 2 || r.quantityMode() > 3
        ) return MODE;
        uint256 s = r.scope();
        bool one =
            s == AccountWord.FILING || s == AccountWord.ISSUE || s == AccountWord.TITLE || s == AccountWord.OFFICIAL;
        return one ? 0 : CLASS;
    }
}
