"""veto: every account of the time of the proposal may stop a change."""

from __future__ import annotations

from tests.contracts.calls import ADD, ENACT, NEW, PROPOSE, SUSPEND, VETO, veto
from tests.contracts.twin import ANYBODY, DETAIL, REGISTRAR, Member, Twin

from portledger.domain.codes import DAY, FULL_SCOPE, PartyAct, Scope
from portledger.domain.errors import NotReady, NotVetoable, ScopeMissing, SignaturesRefused
from portledger.domain.hashing import keccak
from portledger.domain.parties import account_value


def test_any_title_or_admin_account_of_the_time_vetoes(twin: Twin) -> None:
    firm = twin.member("scopes", 1, accounts=3, scopes=(FULL_SCOPE, int(Scope.TITLE), int(Scope.FILING)))
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 1, ADD) is None
    change = twin.newest_change()
    refused = SignaturesRefused(party=firm.id, given=0, needed=1)
    assert veto(twin, firm, change, keccak(b"stranger")) == refused
    assert twin.power(ANYBODY, VETO, change, b"") == refused
    assert veto(twin, firm, change, firm.keys[2]) == ScopeMissing(account=firm.accounts[2], scope=1, needed=132)
    with twin.undone():
        twin.advance(1)
        assert twin.party_act(firm, 2, account_value(firm.accounts[1]), firm.keys[1:2]) is None
        twin.advance(1)
        assert veto(twin, firm, change, firm.keys[1]) is None, "removed since, active when proposed"
    assert veto(twin, firm, change, firm.keys[0]) is None
    assert veto(twin, firm, change, firm.keys[0]) == NotVetoable(change_id=change)
    assert veto(twin, firm, DETAIL, firm.keys[0]) == NotVetoable(change_id=DETAIL)
    twin.advance(14 * DAY)
    assert isinstance(twin.power(ANYBODY, ENACT, change, b""), NotReady)


def test_an_account_added_after_the_proposal_has_no_veto(twin: Twin, firm: Member) -> None:
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 3, (1).to_bytes(32, "big")) is None
    change = twin.newest_change()
    twin.advance(1)
    assert twin.party_act(firm, 1, ADD, firm.keys[:2], consent_key=NEW) is None
    assert veto(twin, firm, change, NEW) == SignaturesRefused(party=firm.id, given=0, needed=1)


def test_a_lapsed_change_is_not_vetoable(twin: Twin, firm: Member) -> None:
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 1, ADD) is None
    change = twin.newest_change()
    twin.advance(28 * DAY)
    with twin.undone():
        assert veto(twin, firm, change, firm.keys[0]) is None
    twin.advance(1)
    assert veto(twin, firm, change, firm.keys[0]) == NotVetoable(change_id=change)


def test_a_party_that_is_suspended_and_locked_still_vetoes(twin: Twin, firm: Member) -> None:
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 1, ADD) is None
    change = twin.newest_change()
    assert twin.party_act(firm, PartyAct.LOCK) is None
    assert twin.power(REGISTRAR, SUSPEND, firm.id, twin.time + DAY) is None
    assert veto(twin, firm, change, firm.keys[2]) is None
    twin.advance(14 * DAY)
    assert isinstance(twin.power(ANYBODY, ENACT, change, b""), NotReady)
