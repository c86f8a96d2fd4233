"""accept: the appointed takes the power over."""

from __future__ import annotations

import pytest
from tests.contracts.calls import ACCEPT, APPOINT, SUCCESSOR
from tests.contracts.twin import ANYBODY, GOVERNOR, Twin, hexed

from portledger.domain.codes import DAY
from portledger.domain.errors import NotReady, PowerMissing


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
