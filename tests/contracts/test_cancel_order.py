"""cancelOrder: an order taken back."""

from __future__ import annotations

from tests.contracts.calls import ORDER, PROPOSE, ROLES
from tests.contracts.twin import DETAIL, GOVERNOR, REGISTRAR, Member, Twin

from portledger.domain.errors import NotReady, PowerMissing


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
