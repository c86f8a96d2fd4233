"""suspend, reinstate, freeze, unfreeze, appoint, accept: the three powers and their limits."""

from __future__ import annotations

import pytest
from eth_abi import encode
from tests.contracts.twin import ANYBODY, DETAIL, GOVERNOR, GUARDIAN, REGISTRAR, Twin, hexed

from portledger.chain.artifacts import ledger_artifact
from portledger.domain.codes import DAY
from portledger.domain.errors import BadParameter, NoRecord, NotReady, PartyInactive, PowerMissing
from portledger.domain.hashing import keccak

SUSPEND, REINSTATE = "suspend(uint32,uint40)", "reinstate(uint32)"
FREEZE, UNFREEZE = "freeze(bytes32,uint40,bytes32)", "unfreeze(bytes32)"
APPOINT, ACCEPT = "appoint(uint8,address)", "accept(uint8)"
SUCCESSOR = keccak(b"successor")[12:]


def test_a_suspension_lasts_at_most_thirty_days_and_comes_again_after_ninety(twin: Twin) -> None:
    now = twin.time
    for until in (now, now - 1, now + 30 * DAY + 1):
        assert twin.power(REGISTRAR, SUSPEND, 2, until) == BadParameter(
            parameter=22, found=until, allowed=now + 30 * DAY
        )
    assert twin.power(REGISTRAR, SUSPEND, 99, now + 1) == PartyInactive(party=99, why=1)
    assert twin.power(GUARDIAN, SUSPEND, 2, now + 1) == PowerMissing(power=2, sender=GUARDIAN)
    end = now + 30 * DAY
    assert twin.power(REGISTRAR, SUSPEND, 2, end) is None
    twin.advance(30 * DAY)
    assert not twin.model.parties[2].suspended(twin.time)
    with twin.undone():
        assert twin.power(GOVERNOR, SUSPEND, 2, twin.time + DAY) is None, "the governor may always"
    twin.advance(90 * DAY - 1)
    assert twin.power(REGISTRAR, SUSPEND, 2, twin.time + DAY) == NotReady(ready_at=end + 90 * DAY)
    twin.advance(1)
    assert twin.power(REGISTRAR, SUSPEND, 2, twin.time + DAY) is None


def test_a_suspension_is_only_ever_made_longer(twin: Twin) -> None:
    assert twin.power(GOVERNOR, SUSPEND, 2, twin.time + 2 * DAY) is None
    refused = twin.power(GOVERNOR, SUSPEND, 2, twin.time + DAY)
    assert refused == BadParameter(parameter=22, found=twin.time + DAY, allowed=twin.time + 30 * DAY)


def test_reinstating_ends_a_suspension_now(twin: Twin) -> None:
    assert twin.power(REGISTRAR, REINSTATE, 2) == BadParameter(parameter=23, found=0, allowed=1)
    assert twin.power(REGISTRAR, REINSTATE, 99) == PartyInactive(party=99, why=1)
    assert twin.power(GUARDIAN, REINSTATE, 2) == PowerMissing(power=2, sender=GUARDIAN)
    assert twin.power(REGISTRAR, SUSPEND, 2, twin.time + DAY) is None
    assert twin.power(REGISTRAR, REINSTATE, 2) is None
    assert twin.model.parties[2].suspended_until == twin.time


def test_a_freeze_stops_a_live_record_for_at_most_thirty_days(twin: Twin) -> None:
    document, now = twin.held("first"), twin.time
    assert twin.power(GUARDIAN, FREEZE, DETAIL, now + DAY, DETAIL) == NoRecord(document=DETAIL)
    assert twin.power(REGISTRAR, FREEZE, document, now + DAY, DETAIL) == PowerMissing(power=3, sender=REGISTRAR)
    assert twin.power(GOVERNOR, FREEZE, document, now + DAY, DETAIL) == PowerMissing(power=3, sender=GOVERNOR)
    for until in (now, now + 30 * DAY + 1):
        assert twin.power(GUARDIAN, FREEZE, document, until, DETAIL) == BadParameter(
            parameter=22, found=until, allowed=now + 30 * DAY
        )
    assert twin.power(GUARDIAN, FREEZE, document, now + 2 * DAY, DETAIL) is None
    assert twin.number("extension(bytes32)", document) == (now + 2 * DAY) << 32
    again = twin.power(GUARDIAN, FREEZE, document, now + 3 * DAY, DETAIL)
    assert again == NotReady(ready_at=now + 92 * DAY)
    assert twin.power(GOVERNOR, FREEZE, document, now + DAY, DETAIL) == BadParameter(
        parameter=22, found=now + DAY, allowed=now + 30 * DAY
    )
    assert twin.power(GOVERNOR, FREEZE, document, now + 3 * DAY, DETAIL) is None
    twin.advance(93 * DAY)
    assert twin.power(GUARDIAN, FREEZE, document, twin.time + DAY, DETAIL) is None


def test_an_ended_record_cannot_be_frozen(twin: Twin) -> None:
    document = twin.held("first")
    assert twin.do("SURRENDER_FOR_DELIVERY", "shipper", document) is None
    assert twin.do("ACCEPT_SURRENDER", "carrier", document, counterparty="shipper") is None
    assert twin.power(GUARDIAN, FREEZE, document, twin.time + DAY, DETAIL) == NoRecord(document=document)


def test_unfreezing_ends_a_freeze_now(twin: Twin) -> None:
    document = twin.held("first")
    assert twin.power(GUARDIAN, UNFREEZE, document) == BadParameter(parameter=23, found=0, allowed=1)
    assert twin.power(GUARDIAN, UNFREEZE, DETAIL) == NoRecord(document=DETAIL)
    assert twin.power(REGISTRAR, UNFREEZE, document) == PowerMissing(power=3, sender=REGISTRAR)
    assert twin.power(GUARDIAN, FREEZE, document, twin.time + DAY, DETAIL) is None
    with twin.undone():
        twin.advance(DAY)
        assert twin.power(GUARDIAN, UNFREEZE, document) == BadParameter(parameter=23, found=0, allowed=1)
    assert twin.power(GOVERNOR, UNFREEZE, document) is None
    assert twin.model.document(document).standing.control.frozen, "the bit stays until the next act"
    assert twin.do("REMARK", "shipper", document, detail=DETAIL) is None
    assert not twin.model.document(document).standing.control.frozen


@pytest.mark.parametrize("power", [1, 2, 3])
def test_an_appointed_takes_the_power_over_after_seven_days(twin: Twin, power: int) -> None:
    ready = twin.time + 7 * DAY
    assert twin.power(GOVERNOR, APPOINT, power, hexed(SUCCESSOR)) is None
    pending = twin.read("pending(uint8)", power)
    assert (pending[12:32], int.from_bytes(pending[32:64], "big")) == (SUCCESSOR, ready)
    assert twin.power(SUCCESSOR, ACCEPT, power) == NotReady(ready_at=ready)
    twin.advance(7 * DAY)
    assert twin.power(ANYBODY, ACCEPT, power) == PowerMissing(power=power, sender=ANYBODY)
    assert twin.power(SUCCESSOR, ACCEPT, power) is None
    name = {1: "governor()", 2: "registrar()", 3: "guardian()"}[power]
    assert twin.read(name)[12:] == SUCCESSOR
    assert twin.power(SUCCESSOR, ACCEPT, power) == PowerMissing(power=power, sender=SUCCESSOR)


def test_who_cannot_appoint_or_be_appointed(twin: Twin) -> None:
    assert twin.power(REGISTRAR, APPOINT, 2, hexed(SUCCESSOR)) == PowerMissing(power=1, sender=REGISTRAR)
    for power in (0, 4):
        assert twin.power(GOVERNOR, APPOINT, power, hexed(SUCCESSOR)) == BadParameter(
            parameter=20, found=power, allowed=3
        )
    for account in (bytes(20), GOVERNOR, REGISTRAR, GUARDIAN):
        assert twin.power(GOVERNOR, APPOINT, 2, hexed(account)) == BadParameter(
            parameter=25, found=int.from_bytes(account, "big"), allowed=0
        )


def test_one_appointment_waits_per_power_and_the_three_stay_different(twin: Twin) -> None:
    assert twin.power(GOVERNOR, APPOINT, 2, hexed(ANYBODY)) is None
    assert twin.power(GOVERNOR, APPOINT, 2, hexed(SUCCESSOR)) is None
    assert twin.power(GOVERNOR, APPOINT, 3, hexed(SUCCESSOR)) is None
    twin.advance(7 * DAY)
    assert twin.power(ANYBODY, ACCEPT, 2) == PowerMissing(power=2, sender=ANYBODY)
    assert twin.power(SUCCESSOR, ACCEPT, 2) is None
    assert twin.power(SUCCESSOR, ACCEPT, 3) == BadParameter(
        parameter=25, found=int.from_bytes(SUCCESSOR, "big"), allowed=0
    )


@pytest.mark.parametrize(
    "powers", [(GOVERNOR, GOVERNOR, GUARDIAN), (GOVERNOR, REGISTRAR, GOVERNOR), (bytes(20), REGISTRAR, GUARDIAN)]
)
def test_a_ledger_is_not_deployed_with_fewer_than_three_powers(twin: Twin, powers: tuple[bytes, ...]) -> None:
    arguments = encode(["address"] * 3 + ["bytes32"], [*map(hexed, powers), DETAIL])
    with pytest.raises(AssertionError, match="reverted"):
        twin.transact(ANYBODY, None, ledger_artifact().bytecode + arguments)
