"""suspend: at most thirty days, again after ninety."""

from __future__ import annotations

from tests.contracts.calls import SUSPEND
from tests.contracts.twin import GOVERNOR, GUARDIAN, REGISTRAR, Twin

from portledger.domain.codes import DAY
from portledger.domain.errors import BadParameter, NotReady, PartyInactive, PowerMissing


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
