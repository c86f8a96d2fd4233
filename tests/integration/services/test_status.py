"""Waiting for outcomes: who waits is woken, also after the database failed for a moment."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from portledger.services.ledger import Databases, Ledger
from portledger.services.status import Watcher
from portledger.store import outbox
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
