"""The queue in figures: how many wait, are sent, are parked, and since when; without reading what is done."""

import time
from dataclasses import replace

import pytest
from sqlalchemy import insert
from tests.support.node import Member
from tests.support.relay import EBL, Relay, issue

from portledger import resources
from portledger.domain.actions import SignedAction
from portledger.services import queue
from portledger.store import backlog, outbox, tables, upkeep
from portledger.store.backlog import Backlog


def figures(relay: Relay, one: Backlog) -> tuple[int, int, int]:
    found = measured(relay, one)
    return found["waiting"].count, found["sent"].count, found["parked"].count


def measured(relay: Relay, one: Backlog) -> dict[str, backlog.Part]:
    return one.measure(relay.databases.intake, relay.databases.relay, relay.databases.ledger)


def digest(relay: Relay, one: SignedAction) -> bytes:
    return one.action.digest(relay.chain.domain, resources.kind(EBL).intent(one.action.verb))


def test_each_act_is_counted_where_it_is(relay: Relay, carrier: Member, shipper: Member) -> None:
    one, acts = Backlog(), [issue(relay.chain, carrier, shipper) for _ in range(5)]
    assert figures(relay, one) == (0, 0, 0)
    began = time.time()
    relay.accept(*acts)
    found = measured(relay, one)
    assert found["waiting"].count == 5
    assert found["waiting"].since is not None
    assert began <= found["waiting"].since <= time.time()
    queue.park(relay.databases, digest(relay, acts[0]), "why", 5.0)
    assert figures(relay, one) == (4, 0, 1)
    relay.step()  # three to a transaction
    assert figures(relay, one) == (0, 4, 1)
    sent = measured(relay, one)["sent"].since
    assert sent is not None
    assert began <= sent <= time.time()
    relay.mine()
    relay.mine()
    found = measured(relay, one)
    assert {state: part.count for state, part in found.items()} == {"waiting": 0, "sent": 0, "parked": 1}
    assert (found["waiting"].since, found["sent"].since) == (None, None)
    assert found["parked"].since is not None


def test_what_is_done_is_looked_at_once(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Backlog()
    relay.accept(*(issue(relay.chain, carrier, shipper) for _ in range(7)))
    for _ in range(4):
        relay.step()
        relay.mine()
    assert figures(relay, one) == (0, 0, 0)
    asked: list[int] = []
    count = backlog._outcomes
    monkeypatch.setattr(
        backlog, "_outcomes", lambda relay, after, upto: asked.append(after) or count(relay, after, upto)
    )
    relay.accept(issue(relay.chain, carrier, shipper))
    assert figures(relay, one) == (1, 0, 0)
    assert set(asked) == {7}


def test_the_oldest_that_waits_is_found_behind_those_that_do_not(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "PAGE", 2)
    acts = [issue(relay.chain, carrier, shipper) for _ in range(6)]
    relay.relayer.settings = replace(relay.relayer.settings, transactions_in_flight=1)
    relay.accept(*acts[:5])
    queue.park(relay.databases, digest(relay, acts[3]), "why", 5.0)
    relay.step()  # the first three
    at = time.time()
    relay.accept(acts[5])
    found = measured(relay, Backlog())
    assert (found["waiting"].count, found["sent"].count, found["parked"].count) == (2, 3, 1)
    assert found["waiting"].since is not None
    assert found["waiting"].since <= at


def test_when_the_chain_goes_back_it_is_counted_anew(relay: Relay, carrier: Member, shipper: Member) -> None:
    one = Backlog()
    relay.accept(*(issue(relay.chain, carrier, shipper) for _ in range(2)))
    relay.step()
    relay.mine()
    assert figures(relay, one) == (0, 0, 0)
    with relay.databases.relay.begin() as connection:
        outbox.forget_outcomes(connection, [1, 2])
    with relay.databases.ledger.begin() as connection:
        upkeep.mark_rebuild(connection)
    assert figures(relay, one) == (2, 0, 0)


def test_gaps_in_the_ids_are_no_acts(relay: Relay, carrier: Member, shipper: Member) -> None:
    """A transaction that failed takes ids with it on some engines."""
    relay.accept(issue(relay.chain, carrier, shipper))
    with relay.databases.intake.begin() as connection:
        values = {"digest": b"\1" * 32, "attempt": 0, "type": 1, "sender": 0, "body": b"", "received_at": 7.0}
        connection.execute(insert(tables.outbox).values(id=1000, **values))
    found = measured(relay, Backlog())
    assert found["waiting"].count == 2
