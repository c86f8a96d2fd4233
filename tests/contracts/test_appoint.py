"""appoint: the governor names who is to hold a power; and who holds them at the start."""

from __future__ import annotations

import pytest
from eth_abi import encode
from tests.contracts.calls import ACCEPT, APPOINT, SUCCESSOR
from tests.contracts.twin import ANYBODY, DETAIL, GOVERNOR, GUARDIAN, REGISTRAR, Twin, hexed

from portledger.chain.artifacts import ledger_artifact
from portledger.domain.codes import DAY
from portledger.domain.errors import BadParameter, PowerMissing


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
