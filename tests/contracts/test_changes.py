"""propose, order, cancelOrder, veto, enact: what the powers may change about a party, late and in the open."""

from __future__ import annotations

import pytest
from tests.contracts.twin import ANYBODY, DETAIL, GOVERNOR, REGISTRAR, Member, Twin

from portledger.domain.actions import Veto
from portledger.domain.codes import DAY, FULL_SCOPE, PartyAct, Scope
from portledger.domain.errors import (
    AccountTaken,
    BadParameter,
    ChangeOpen,
    NotReady,
    NotVetoable,
    PartyInactive,
    PowerMissing,
    ScopeMissing,
    SignaturesRefused,
)
from portledger.domain.hashing import keccak
from portledger.domain.parties import account_value
from portledger.domain.signatures import address_of, sign

NEW = keccak(b"recovered")
ADD = account_value(address_of(NEW), FULL_SCOPE)
PROPOSE = "propose(uint32,uint8,bytes32)"
ORDER = "order(uint32,uint8,bytes32,bytes32)"
ENACT, VETO = "enact(bytes32,bytes)", "veto(bytes32,bytes)"
ROLES = (8).to_bytes(32, "big")


@pytest.fixture
def firm(twin: Twin) -> Member:
    return twin.member("firm", 1, accounts=3, threshold=2)


def veto(twin: Twin, firm: Member, change: bytes, key: bytes):  # type: ignore[no-untyped-def]
    return twin.power(ANYBODY, VETO, change, sign(Veto(firm.id, change).digest(twin.domain), key))


@pytest.mark.parametrize(
    ("what", "value", "days"), [(1, ADD, 14), (3, (1).to_bytes(32, "big"), 14), (11, ROLES, 7), (4, NEW, 14)]
)
def test_a_proposal_waits_its_days_and_is_enacted_within_fourteen(twin, firm, what, value, days) -> None:  # type: ignore[no-untyped-def]
    ready = twin.time + days * DAY
    assert twin.power(REGISTRAR, PROPOSE, firm.id, what, value) is None
    change = twin.newest_change()
    assert twin.power(REGISTRAR, PROPOSE, firm.id, what, value) == ChangeOpen(change_id=change, until=ready + 14 * DAY)
    consent = twin.consent(firm.id, value, change, NEW) if what == 1 else b""
    twin.advance(days * DAY - 1)
    assert twin.power(ANYBODY, ENACT, change, consent) == NotReady(ready_at=ready)
    with twin.undone():
        twin.advance(14 * DAY + 2)
        assert twin.power(ANYBODY, ENACT, change, consent) == NotReady(ready_at=ready)
        assert twin.power(REGISTRAR, PROPOSE, firm.id, what, value) is None  # the place is free again
    twin.advance(14 * DAY + 1)
    assert twin.power(ANYBODY, ENACT, change, consent) is None
    assert twin.model.parties[firm.id].epoch == 2
    word, stored = twin.read("changes(bytes32)", change)[:32], twin.read("changes(bytes32)", change)[32:64]
    assert int.from_bytes(word, "big") >> 128 == 1
    assert stored == value


def test_what_cannot_be_proposed_or_ordered(twin: Twin, firm: Member) -> None:
    assert twin.power(GOVERNOR, PROPOSE, firm.id, 1, ADD) == PowerMissing(power=2, sender=GOVERNOR)
    assert twin.power(REGISTRAR, ORDER, firm.id, 1, ADD, DETAIL) == PowerMissing(power=1, sender=REGISTRAR)
    for sender, signature, rest in ((REGISTRAR, PROPOSE, ()), (GOVERNOR, ORDER, (DETAIL,))):
        assert twin.power(sender, signature, 99, 1, ADD, *rest) == PartyInactive(party=99, why=1)
        for what in (0, 2, 5, 6, 7, 8, 9, 10, 12):
            assert twin.power(sender, signature, firm.id, what, ADD, *rest) == BadParameter(
                parameter=20, found=what, allowed=0
            )
        assert twin.power(sender, signature, firm.id, 1, bytes(32), *rest) == BadParameter(
            parameter=21, found=0, allowed=0
        )
        assert twin.power(sender, signature, firm.id, 11, b"\1" + bytes(31), *rest) == BadParameter(
            parameter=21, found=1 << 248, allowed=0
        )
        taken = account_value(firm.accounts[0], 255)
        assert twin.power(sender, signature, firm.id, 1, taken, *rest) == AccountTaken(account=firm.accounts[0])
        four = (4).to_bytes(32, "big")
        assert twin.power(sender, signature, firm.id, 3, four, *rest) == BadParameter(parameter=17, found=4, allowed=3)
    assert twin.power(GOVERNOR, ORDER, firm.id, 4, NEW, DETAIL) == BadParameter(parameter=20, found=4, allowed=0)
    assert twin.power(GOVERNOR, ORDER, firm.id, 1, ADD, bytes(32)) == BadParameter(parameter=24, found=0, allowed=0)


def test_an_order_suspends_waits_thirty_days_and_cannot_be_vetoed(twin: Twin, firm: Member) -> None:
    ready = twin.time + 30 * DAY
    assert twin.power(GOVERNOR, ORDER, firm.id, 1, ADD, DETAIL) is None
    change = twin.newest_change()
    assert twin.model.parties[firm.id].suspended_until == ready + 14 * DAY
    assert veto(twin, firm, change, firm.keys[0]) == NotVetoable(change_id=change)
    assert twin.power(GOVERNOR, ORDER, firm.id, 1, ADD, DETAIL) == ChangeOpen(change_id=change, until=ready + 14 * DAY)
    assert twin.power(REGISTRAR, "reinstate(uint32)", firm.id) == PowerMissing(power=1, sender=REGISTRAR)
    twin.advance(30 * DAY)
    assert twin.power(ANYBODY, ENACT, change, twin.consent(firm.id, ADD, change, NEW)) is None
    assert twin.model.parties[firm.id].suspended(twin.time)
    assert twin.power(REGISTRAR, "reinstate(uint32)", firm.id) == PowerMissing(power=1, sender=REGISTRAR)
    assert twin.power(GOVERNOR, "reinstate(uint32)", firm.id) is None


def test_the_governor_takes_an_order_back(twin: Twin, firm: Member) -> None:
    assert twin.power(GOVERNOR, ORDER, firm.id, 3, (1).to_bytes(32, "big"), DETAIL) is None
    change = twin.newest_change()
    assert twin.power(REGISTRAR, "cancelOrder(bytes32)", change) == PowerMissing(power=1, sender=REGISTRAR)
    assert twin.power(GOVERNOR, "cancelOrder(bytes32)", DETAIL) == NotReady(ready_at=0)
    ready = twin.model.changes[change].ready_at
    assert twin.power(GOVERNOR, "cancelOrder(bytes32)", change) is None
    assert not twin.model.parties[firm.id].suspended(twin.time)
    assert twin.power(GOVERNOR, "cancelOrder(bytes32)", change) == NotReady(ready_at=ready)
    assert twin.number("openChange(uint256)", firm.id << 16 | 2 << 8 | 3) == 0
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 11, ROLES) is None
    proposal = twin.newest_change()
    refused = twin.power(GOVERNOR, "cancelOrder(bytes32)", proposal)
    assert refused == NotReady(ready_at=twin.model.changes[proposal].ready_at)


def test_the_governor_orders_roles_at_once(twin: Twin, firm: Member) -> None:
    assert twin.power(GOVERNOR, ORDER, firm.id, 11, ROLES, DETAIL) is None
    assert twin.model.parties[firm.id].roles == 8
    assert not twin.model.parties[firm.id].suspended(twin.time)


def test_barred_recovery_stops_registrar_and_governor(twin: Twin) -> None:
    firm = twin.member("barred", 1, accounts=3, threshold=2, recovery_barred=True)
    barred = BadParameter(parameter=18, found=1, allowed=0)
    for what, value in ((1, ADD), (3, (1).to_bytes(32, "big"))):
        assert twin.power(REGISTRAR, PROPOSE, firm.id, what, value) == barred
        assert twin.power(GOVERNOR, ORDER, firm.id, what, value, DETAIL) == barred
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 4, NEW) is None
    change = twin.newest_change()
    twin.advance(14 * DAY)
    assert twin.power(ANYBODY, ENACT, change, b"") == barred
    assert twin.party_act(firm, 4, NEW, firm.keys[:2]) is None


def test_barring_kills_a_recovery_that_was_proposed_before(twin: Twin, firm: Member) -> None:
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 1, ADD) is None
    change = twin.newest_change()
    assert twin.party_act(firm, 9, keys=firm.keys[:2]) is None
    twin.advance(14 * DAY)
    consent = twin.consent(firm.id, ADD, change, NEW)
    assert twin.power(ANYBODY, ENACT, change, consent) == BadParameter(parameter=18, found=1, allowed=0)


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


def test_enacting_looks_again_whether_the_change_is_possible(twin: Twin, firm: Member) -> None:
    assert twin.party_act(firm, 3, (3).to_bytes(32, "big")) is None
    change = twin.newest_change()
    assert twin.party_act(firm, 2, account_value(firm.accounts[2]), firm.keys[:2]) is None
    twin.advance(7 * DAY)
    assert twin.power(ANYBODY, ENACT, change, b"") == BadParameter(parameter=17, found=3, allowed=2)


def test_changes_of_different_sources_do_not_block_each_other(twin: Twin, firm: Member) -> None:
    value = (1).to_bytes(32, "big")
    assert twin.party_act(firm, int(PartyAct.SET_THRESHOLD), value) is None
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 3, value) is None
    assert twin.power(GOVERNOR, ORDER, firm.id, 3, value, DETAIL) is None
