"""Waiting for outcomes: who waits is woken, also after the database failed for a moment."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from portledger.domain.refusals import Unavailable
from portledger.services.ledger import Databases, Ledger
from portledger.services.status import MAX_STREAMS_OF_PARTY, Watcher
from portledger.store import outbox, read_model
from portledger.store.outbox import Outcome

DIGEST = b"d" * 32


class _Ledger:
    def __init__(self, databases: Databases) -> None:
        self.databases = databases


def settle(databases: Databases) -> None:
    with databases.relay.begin() as connection:
        outbox.add_outcomes(connection, [Outcome(1, DIGEST, True, 1, bytes(32), None, 0.0)])


@pytest.mark.parametrize("failing", ["first", "later"])
def test_a_database_that_fails_for_a_moment_does_not_end_the_watch(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    real: Callable[[Connection], int] = outbox.last_seq
    asked = 0

    def last_seq(connection: Connection) -> int:
        nonlocal asked
        asked += 1
        if asked == {"first": 2, "later": 4}[failing]:  # 1: when the waiting begins
            raise OperationalError("SELECT", {}, OSError("the server was started again"))
        return real(connection)

    monkeypatch.setattr(outbox, "last_seq", last_seq)

    async def waits() -> None:
        watcher = Watcher(cast(Ledger, _Ledger(databases)), busy_seconds=0.001)
        with watcher.waiting(DIGEST) as outcome:
            watching = asyncio.create_task(watcher.run())
            while asked < 5:
                await asyncio.sleep(0.001)
                assert not watching.done()
            settle(databases)
            await asyncio.wait_for(outcome, 30)
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    asyncio.run(waits())


def test_only_so_many_wait_at_once_whether_for_many_acts_or_for_one(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portledger.services.status.MOST_WAITING", 2)

    async def waits() -> None:
        watcher = Watcher(cast(Ledger, _Ledger(databases)))
        for other in (DIGEST, b"e" * 32):
            with watcher.waiting(DIGEST):
                assert not watcher.crowded
                with watcher.waiting(other):
                    assert watcher.crowded
            assert not watcher.crowded


def test_who_no_longer_waits_leaves_its_place_and_takes_nothing_from_who_waits_for_the_same(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portledger.services.status.MOST_WAITING", 2)

    async def waits() -> None:
        watcher = Watcher(cast(Ledger, _Ledger(databases)), busy_seconds=0.001)
        with watcher.waiting(DIGEST) as outcome:
            with watcher.waiting(DIGEST):
                pass
            watching = asyncio.create_task(watcher.run())
            settle(databases)
            await asyncio.wait_for(outcome, 30)
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
        with watcher.waiting(DIGEST):
            assert not watcher.crowded

    asyncio.run(waits())


class _Growing:
    """A read model that grows when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.position = 1
        monkeypatch.setattr(read_model, "last_position", lambda _: self.position)


def test_what_is_indexed_while_a_page_goes_out_wakes_who_waits_next(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another listener's look has seen it already: no look to come would find anything new."""
    growing = _Growing(monkeypatch)

    async def listens() -> None:
        watcher = Watcher(cast(Ledger, _Ledger(databases)))
        other = asyncio.create_task(watcher.growth(watcher.grown, 3600))
        await asyncio.sleep(0)
        watcher.look()
        await other
        other = asyncio.create_task(watcher.growth(watcher.grown, 3600))
        await asyncio.sleep(0)
        grown = watcher.grown  # a page is read, and goes out
        growing.position = 2
        watcher.look()
        await other
        await asyncio.wait_for(watcher.growth(grown, 3600), 30)

    asyncio.run(listens())


def test_a_place_that_was_free_when_asked_for_may_be_taken_when_the_stream_begins(databases: Databases) -> None:
    watcher = Watcher(cast(Ledger, _Ledger(databases)))
    watcher.require_room(1)
    with contextlib.ExitStack() as others:
        for _ in range(MAX_STREAMS_OF_PARTY):
            others.enter_context(watcher.stream(1))
        with pytest.raises(Unavailable), watcher.stream(1):
            pass
    with watcher.stream(1):
        pass
