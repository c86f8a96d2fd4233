"""The queue of what was accepted and has no outcome yet: to be seen, and mended, by the operator.

A row can be parked: the relayer leaves it where it is and goes on with the others. Acts that were accepted later and
build on it wait with it, since the ledger would refuse them. What is in a transaction already has its nonce and goes
its way; parking it counts once that transaction has failed or lost its nonce.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import Conflict, NotFound
from portledger.services.ledger import Databases
from portledger.store import outbox, upkeep
from portledger.store.outbox import Row, Transaction, Type
from portledger.store.upkeep import LEASES, Holder, Strangers


@dataclass(frozen=True, slots=True)
class Waiting:
    """tx: the newest transaction that it is in, None when in none; parked: why, None when it is not."""

    row: Row
    tx: Transaction | None
    parked: str | None

    @property
    def type(self) -> str:
        return Type(self.row.type).name

    @property
    def state(self) -> str:
        if self.tx is not None:
            return "sent"
        return "waiting" if self.parked is None else "parked"


@dataclass(frozen=True, slots=True)
class Queue:
    """rows: the oldest first, not all of them; holders: who does the work whose lease is of one at a time; strangers:
    who else sends with our keys."""

    waiting: int
    sent: int
    parked: int
    rows: tuple[Waiting, ...]
    holders: tuple[Holder, ...]
    strangers: tuple[Strangers, ...] = ()


def look(databases: Databases, limit: int) -> Queue:
    """The whole queue in figures, and its oldest rows, at most `limit`."""
    with databases.relay.connect() as relay:
        flights = {item: tx for tx in outbox.unsettled(relay) for item in tx.items}
        parked = upkeep.parked_rows(relay)
        settled = outbox.settled_ids(relay)
        holders = upkeep.holders(relay, LEASES["relay"])
        strangers = upkeep.strangers(relay)
    with databases.ledger.connect() as ledger:
        holders += upkeep.holders(ledger, LEASES["ledger"])
    with databases.intake.connect() as intake:
        left = sorted(outbox.all_ids(intake) - settled)
        rows = outbox.by_ids(intake, left[:limit])
    sent = sum(one in flights for one in left)
    held = sum(one in parked and one not in flights for one in left)
    shown = tuple(Waiting(rows[one], flights.get(one), parked.get(one)) for one in left[:limit])
    return Queue(len(left) - sent - held, sent, held, shown, tuple(holders), tuple(strangers))


def park(databases: Databases, digest: bytes, reason: str, now: float) -> list[bytes]:
    """Takes the row, and those that build on it, out of the relayer's way; their digests.

    now: unix seconds. Raises NotFound, Conflict (it has an outcome), InvalidInput (no reason).
    """
    if not reason.strip():
        raise InvalidInput("--reason", "nothing", "why it is parked: who looks at the queue next wants to know")
    row = _open(databases, digest)
    with databases.intake.connect() as intake:
        following = _built_on(intake, row)
    with databases.relay.begin() as relay:
        settled = outbox.outcomes_of(relay, [one.id for one in following])
        taken = [one for one in following if one.id not in settled]
        upkeep.park(relay, [one.id for one in taken], reason.strip(), now)
    return [one.digest for one in taken]


def release(databases: Databases, digest: bytes) -> list[bytes]:
    """Lets the row, and those that build on it, go on; their digests. Raises NotFound, Conflict (it is not parked)."""
    row = _open(databases, digest)
    with databases.intake.connect() as intake:
        following = _built_on(intake, row)
    with databases.relay.begin() as relay:
        parked = upkeep.parked_rows(relay)
        if row.id not in parked:
            raise Conflict(f"{digest.hex()}, which is not parked", "one that `portledger admin queue` shows as parked")
        freed = [one for one in following if one.id in parked]
        upkeep.release(relay, [one.id for one in freed])
    return [one.digest for one in freed]


def _open(databases: Databases, digest: bytes) -> Row:
    """The newest row of the digest. Raises NotFound, Conflict."""
    with databases.intake.connect() as intake:
        row = outbox.row_of(intake, digest)
    if row is None:
        raise NotFound(f"no row of the outbox with digest {digest.hex()}", "one that `portledger admin queue` shows")
    with databases.relay.connect() as relay:
        if row.id in outbox.outcomes_of(relay, [row.id]):
            raise Conflict(f"{digest.hex()}, which has its outcome", "one that `portledger admin queue` shows")
    return row


def _built_on(intake: Connection, row: Row) -> Sequence[Row]:
    """The row, and the acts on its document's control track that were accepted after it."""
    if row.previous is None or row.document is None:
        return [row]
    return [row, *outbox.control_rows_after(intake, row.document, row.id)]
