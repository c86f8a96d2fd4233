"""order: what a governor may do about a party by an order, late, in the open, and not to be vetoed."""

from __future__ import annotations

from tests.contracts.calls import ADD, ENACT, NEW, ORDER, PROPOSE, ROLES, veto
from tests.contracts.twin import ANYBODY, DETAIL, GOVERNOR, REGISTRAR, Member, Twin

from portledger.domain.codes import DAY
from portledger.domain.errors import AccountTaken, BadParameter, ChangeOpen, NotVetoable, PartyInactive, PowerMissing
from portledger.domain.parties import account_value


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


def test_what_cannot_be_ordered(twin: Twin, firm: Member) -> None:
    def order(party: int, what: int, value: bytes, digest: bytes = DETAIL):  # type: ignore[no-untyped-def]
        return twin.power(GOVERNOR, ORDER, party, what, value, digest)

    assert twin.power(REGISTRAR, ORDER, firm.id, 1, ADD, DETAIL) == PowerMissing(power=1, sender=REGISTRAR)
    assert order(99, 1, ADD) == PartyInactive(party=99, why=1)
    for what in (0, 2, 4, 5, 6, 7, 8, 9, 10, 12):
        assert order(firm.id, what, ADD) == BadParameter(parameter=20, found=what, allowed=0)
    assert order(firm.id, 1, bytes(32)) == BadParameter(parameter=21, found=0, allowed=0)
    assert order(firm.id, 11, b"\1" + bytes(31)) == BadParameter(parameter=21, found=1 << 248, allowed=0)
    taken = account_value(firm.accounts[0], 255)
    assert order(firm.id, 1, taken) == AccountTaken(account=firm.accounts[0])
    assert order(firm.id, 3, (4).to_bytes(32, "big")) == BadParameter(parameter=17, found=4, allowed=3)
    assert order(firm.id, 1, ADD, bytes(32)) == BadParameter(parameter=24, found=0, allowed=0)


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
