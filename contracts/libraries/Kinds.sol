// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.34;

import {ILedgerErrors} from "../interfaces/ILedgerErrors.sol";
import {AccountWord} from "../types/Account.sol";
import {Rule, RuleWord} from "../types/Rule.sol";

/// @title What a table must keep to become a kind.
library Kinds {
    uint8 private constant BITS = 3;
    uint8 private constant CREATE_STATE = 4;
    uint8 private constant NEXT = 5;
    uint8 private constant NOTE = 6;
    uint8 private constant WHO = 7;
    uint8 private constant CONTENT = 8;
    uint8 private constant MODE = 9;
    uint8 private constant CLASS = 10;

    /// @notice Reverts BadKind with the first thing that is wrong with a row. Role bits are free.
    function check(uint256 key, Rule r) internal pure {
        uint8 why = _wrong(uint8(key >> 8), r);
        if (why != 0) revert ILedgerErrors.BadKind(key, why);
    }

    function _wrong(uint8 state, Rule r) private pure returns (uint8) {
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
        uint8 s = r.scope();
        bool one = s == AccountWord.FILING || s == AccountWord.ISSUE || s == AccountWord.TITLE || s == AccountWord.OFFICIAL;
        return one ? 0 : CLASS;
    }
}
