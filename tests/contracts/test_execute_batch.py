"""executeBatch: the same path per item; what is refused writes nothing and says why in an event."""

from __future__ import annotations

from dataclasses import replace

from tests.contracts.twin import ANYBODY, DETAIL, Twin

from portledger.chain.encoding import execute_batch
from portledger.domain.errors import Expired, NoRule, StalePrevious


def test_items_that_are_refused_do_not_hold_up_the_others(twin: Twin) -> None:
    documents = [twin.held(f"bill {n}") for n in range(6)]
    items = [twin.act("REMARK", "shipper", document, detail=DETAIL) for document in documents]
    items[1] = twin.sign(replace(items[1].action, previous=DETAIL))
    items[4] = twin.sign(replace(items[4].action, deadline=1))
    outcomes = twin.batch(items)
    head = twin.model.document(documents[1]).standing.head
    assert outcomes[1] == StalePrevious(document=documents[1], given=DETAIL, head=head)
    assert outcomes[4] == Expired(deadline=1, time=twin.time)
    assert [outcomes[n] for n in (0, 2, 3, 5)] == [None] * 4


def test_a_batch_of_refused_items_changes_nothing(twin: Twin) -> None:
    document = twin.held("first")
    before = twin.read("ledgerHead()"), twin.read("head(bytes32)", document), twin.read("control(bytes32)", document)
    stale = twin.sign(replace(twin.act("REMARK", "shipper", document, detail=DETAIL).action, previous=DETAIL))
    assert None not in twin.batch([stale] * 3)
    after = twin.read("ledgerHead()"), twin.read("head(bytes32)", document), twin.read("control(bytes32)", document)
    assert after == before


def test_the_same_act_twice_in_a_batch_is_applied_once(twin: Twin) -> None:
    document = twin.held("first")
    signed = twin.act("REMARK", "shipper", document, detail=DETAIL)
    first, second = twin.batch([signed, signed])
    assert first is None
    assert isinstance(second, StalePrevious)


def test_an_empty_batch_is_nothing(twin: Twin) -> None:
    before = twin.read("ledgerHead()")
    assert twin.tried(ANYBODY, execute_batch([])) is None
    assert twin.batch([]) == []
    assert twin.read("ledgerHead()") == before


def test_batch_and_singles_give_the_same_heads(twin: Twin) -> None:
    documents = [twin.held(f"bill {n}") for n in range(3)]
    items = [twin.act("REMARK", "shipper", document, detail=DETAIL) for document in documents]
    with twin.undone():
        assert twin.batch(items) == [None] * 3
        batch = [twin.read("head(bytes32)", document) for document in documents], twin.read("ledgerHead()")
    for item in items:
        assert twin.execute(item) is None
    assert ([twin.read("head(bytes32)", document) for document in documents], twin.read("ledgerHead()")) == batch


def test_a_refused_item_costs_little(twin: Twin) -> None:
    document = twin.held("first")
    signed = twin.act("ACCEPT", "shipper", document, counterparty="carrier")
    receipt = twin.transact(ANYBODY, twin.address, execute_batch([signed] * 100))
    assert isinstance(twin.model.execute_batch([signed], twin.time)[0].refusal, NoRule)
    assert int(receipt["gasUsed"], 16) // 100 < 16_000
