"""unfreeze: a freeze ends at once."""

from __future__ import annotations

from tests.contracts.calls import FREEZE, UNFREEZE
from tests.contracts.twin import DETAIL, GOVERNOR, GUARDIAN, REGISTRAR, Twin

from portledger.domain.codes import DAY
from portledger.domain.errors import BadParameter, NoRecord, PowerMissing


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
