"""propose: what a registrar may suggest about a party, late and in the open."""

from __future__ import annotations

import pytest
from tests.contracts.calls import ADD, ENACT, NEW, ORDER, PROPOSE, ROLES
from tests.contracts.twin import ANYBODY, DETAIL, GOVERNOR, REGISTRAR, Member, Twin

from portledger.domain.codes import DAY, PartyAct
from portledger.domain.errors import AccountTaken, BadParameter, ChangeOpen, NotReady, PartyInactive, PowerMissing
from portledger.domain.parties import account_value


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


def test_what_cannot_be_proposed(twin: Twin, firm: Member) -> None:
    def propose(party: int, what: int, value: bytes):  # type: ignore[no-untyped-def]
        return twin.power(REGISTRAR, PROPOSE, party, what, value)

    assert twin.power(GOVERNOR, PROPOSE, firm.id, 1, ADD) == PowerMissing(power=2, sender=GOVERNOR)
    assert propose(99, 1, ADD) == PartyInactive(party=99, why=1)
    for what in (0, 2, 5, 6, 7, 8, 9, 10, 12):
        assert propose(firm.id, what, ADD) == BadParameter(parameter=20, found=what, allowed=0)
    assert propose(firm.id, 1, bytes(32)) == BadParameter(parameter=21, found=0, allowed=0)
    assert propose(firm.id, 4, bytes(32)) == BadParameter(parameter=21, found=0, allowed=0)
    assert propose(firm.id, 11, b"\1" + bytes(31)) == BadParameter(parameter=21, found=1 << 248, allowed=0)
    taken = account_value(firm.accounts[0], 255)
    assert propose(firm.id, 1, taken) == AccountTaken(account=firm.accounts[0])
    assert propose(firm.id, 3, (4).to_bytes(32, "big")) == BadParameter(parameter=17, found=4, allowed=3)


def test_changes_of_different_sources_do_not_block_each_other(twin: Twin, firm: Member) -> None:
    value = (1).to_bytes(32, "big")
    assert twin.party_act(firm, int(PartyAct.SET_THRESHOLD), value) is None
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 3, value) is None
    assert twin.power(GOVERNOR, ORDER, firm.id, 3, value, DETAIL) is None
