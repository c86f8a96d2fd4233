"""freeze: a record stands still for a time."""

from __future__ import annotations

from tests.contracts.calls import FREEZE
from tests.contracts.twin import DETAIL, GOVERNOR, GUARDIAN, REGISTRAR, Twin

from portledger.domain.codes import DAY
from portledger.domain.errors import BadParameter, NoRecord, NotReady, PowerMissing


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
