"""reinstate: a suspension ends at once."""

from __future__ import annotations

from tests.contracts.calls import REINSTATE, SUSPEND
from tests.contracts.twin import GUARDIAN, REGISTRAR, Twin

from portledger.domain.codes import DAY
from portledger.domain.errors import BadParameter, PartyInactive, PowerMissing


def test_reinstating_ends_a_suspension_now(twin: Twin) -> None:
    assert twin.power(REGISTRAR, REINSTATE, 2) == BadParameter(parameter=23, found=0, allowed=1)
    assert twin.power(REGISTRAR, REINSTATE, 99) == PartyInactive(party=99, why=1)
    assert twin.power(GUARDIAN, REINSTATE, 2) == PowerMissing(power=2, sender=GUARDIAN)
    assert twin.power(REGISTRAR, SUSPEND, 2, twin.time + DAY) is None
    assert twin.power(REGISTRAR, REINSTATE, 2) is None
    assert twin.model.parties[2].suspended_until == twin.time
