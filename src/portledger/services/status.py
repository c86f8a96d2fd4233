"""Where a request stands: accepted, submitted, final or refused; and waiting for it without asking the chain."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from portledger.chain import reverts
from portledger.domain.errors import PortledgerError
from portledger.domain.refusals import NotFound, Unavailable
from portledger.formats import api_json as wire
from portledger.services.ledger import Ledger
from portledger.store import outbox, read_model, upkeep
from portledger.store.outbox import Outcome, Row, Type

log = structlog.get_logger("gateway")

MAX_STREAMS: Final = 1024
MAX_STREAMS_OF_PARTY: Final = 16
"""Open streams of events: each is woken, and reads, at every block."""
MOST_WAITING: Final = 10_000
"""Requests that wait for acts at once; who asks for more is told how things stand, without waiting."""

ProblemOf = Callable[[PortledgerError, int | None], wire.Problem]
"""(error, acting party) -> how the API shows it."""


def status_of(ledger: Ledger, digest: bytes, problem_of: ProblemOf) -> wire.ActionStatus:
    """By the digest of an act, a party act, a veto, an enactment or a power's call. Raises NotFound.

    An act of a party, on a document or on itself, that the ledger applied is final whoever carried it, and whether or
    not it was ever offered here.
    """
    databases = ledger.databases
    with databases.intake.connect() as connection:
        row = outbox.row_of(connection, digest)
    with databases.ledger.connect() as connection:
        entry = read_model.entry_of_digest(connection, digest)
        logged = read_model.logged(connection, [digest]).get(digest)
    if entry is not None:
        return wire.ActionStatus(
            digest=digest.hex(),
            status="final",
            document=entry.document.hex(),
            block=entry.block,
            time=entry.time,
            transaction=entry.tx.hex(),
            head=entry.head.hex(),
        )
    # A power may make the same call again: then the newest one's own fate is asked for, not the last one's.
    if logged is not None and (row is None or row.type != Type.POWER):
        block, tx = logged
        return wire.ActionStatus(
            digest=digest.hex(), status="final", party=row.party if row else None, block=block, transaction=tx.hex()
        )
    if row is None:
        raise NotFound(f"digest {digest.hex()}", "the digest of something that was accepted here")
    with databases.relay.connect() as connection:
        found = outbox.outcomes_of(connection, [row.id]).get(row.id)
        sent = found is None and outbox.under_way(connection, row.id)
        parked = found is None and not sent and row.id in upkeep.parked_rows(connection)
    return _shown(row, found, sent, parked, problem_of)


def _shown(row: Row, found: Outcome | None, sent: bool, parked: bool, problem_of: ProblemOf) -> wire.ActionStatus:
    document = row.document.hex() if row.document else None
    if found is None:
        word = "submitted" if sent else "accepted"
        return wire.ActionStatus(
            digest=row.digest.hex(), status=word, document=document, party=row.party, parked=parked
        )
    return wire.ActionStatus(
        digest=row.digest.hex(),
        status="final" if found.final else "refused",
        document=document,
        party=row.party,
        block=found.block,
        transaction=found.tx.hex() if any(found.tx) else None,
        problem=None if found.final else problem_of(reverts.decode(found.reason or b""), row.party),
    )


@dataclass(slots=True)
class Watcher:
    """Follows the relayer's outcomes and the read model's growth, and wakes who waits for them."""

    ledger: Ledger
    busy_seconds: float = 0.02
    idle_seconds: float = 0.2
    _seq: int = 0
    _position: int = 0
    _waiting: dict[bytes, set[asyncio.Future[None]]] = field(default_factory=lambda: defaultdict(set))
    _waits: int = 0
    _grown: asyncio.Event = field(default_factory=asyncio.Event)
    _listeners: int = 0
    _streams: Counter[int] = field(default_factory=Counter)
    ending: bool = False
    """The process is about to end: who waits is answered now, streams end, and clients take them up elsewhere."""

    def drain(self) -> None:
        self.ending = True
        self._grown.set()
        for futures in self._waiting.values():
            for future in futures:
                if not future.done():
                    future.set_result(None)

    async def run(self) -> None:
        """Until cancelled; a database that does not answer is asked again."""
        failing = False
        while True:
            try:
                self.look()
                failing = False
            except SQLAlchemyError as failure:
                if not failing:
                    log.warning("watching_failed", error=type(failure).__name__)
                failing = True
            await asyncio.sleep(self.busy_seconds if self._waiting or self._listeners else self.idle_seconds)

    def look(self) -> None:
        if self._waiting:
            self._look_at_outcomes()
        if self._listeners:
            with self.ledger.databases.ledger.connect() as connection:
                position = read_model.last_position(connection)
            if position != self._position:
                self._position = position
                self._grown.set()
                self._grown = asyncio.Event()

    def _look_at_outcomes(self) -> None:
        with self.ledger.databases.relay.connect() as connection:
            if outbox.last_seq(connection) == self._seq:
                return
            for seq, found in outbox.outcomes_after(connection, self._seq, 20_000):
                self._seq = seq
                for future in self._waiting.pop(found.digest, ()):
                    if not future.done():
                        future.set_result(None)

    @contextmanager
    def waiting(self, digest: bytes) -> Iterator[asyncio.Future[None]]:
        """A future that is done when an outcome of the digest becomes known, from now on: look at the status after
        this begins, or an outcome in between is missed."""
        if not self._waiting:
            with self.ledger.databases.relay.connect() as connection:
                self._seq = outbox.last_seq(connection)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[digest].add(future)
        self._waits += 1
        if self.ending:
            future.set_result(None)
        try:
            yield future
        finally:
            self._waits -= 1
            others = self._waiting.get(digest, set())
            others.discard(future)
            if not others:
                self._waiting.pop(digest, None)

    @property
    def crowded(self) -> bool:
        """Whether so many wait that no more may: waiting needs no session, but a place."""
        return self._waits >= MOST_WAITING

    def require_room(self, party: int) -> None:
        """Raises Unavailable when a party, or all together, listen to as many streams as they may."""
        mine, everybody = self._streams[party], self._streams.total()
        if mine >= MAX_STREAMS_OF_PARTY or everybody >= MAX_STREAMS:
            raise Unavailable(
                f"{mine} open streams of your party, {everybody} in all",
                f"at most {MAX_STREAMS_OF_PARTY}, {MAX_STREAMS} in all",
                "Close one; one stream brings all the events of your party.",
            )

    @contextmanager
    def stream(self, party: int) -> Iterator[None]:
        """Counts an open stream of events. Raises Unavailable: others may have come since there was room."""
        self.require_room(party)
        self._streams[party] += 1
        try:
            yield
        finally:
            self._streams[party] -= 1
            self._streams += Counter()  # drops those that are at zero

    @property
    def grown(self) -> asyncio.Event:
        """Set when the read model grows next; to be asked for before the page is read that `growth` follows."""
        return self._grown

    async def growth(self, grown: asyncio.Event, seconds: float) -> None:
        """Returns when the read model has grown since `grown` was asked for, or after that many seconds."""
        if self.ending:
            return
        self._listeners += 1
        try:
            await asyncio.wait_for(grown.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            self._listeners -= 1
