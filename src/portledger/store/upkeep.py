"""Tables beside the databases' own that no rebuild touches: who may write, how far the indexer is, which ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)

from portledger.store import read_model
from portledger.store.database import or_ignore
from portledger.store.read_model import Block
from portledger.store.tables import Bytes

relay_upkeep: Final = MetaData()
ledger_upkeep: Final = MetaData()


def _leases(metadata: MetaData) -> Table:
    """In the database that the holder writes, so that one transaction writes and proves the right to."""
    return Table(
        "leases",
        metadata,
        Column("name", String(64), primary_key=True),
        # Ascends with every taking, and is never given twice: a holder that was passed over has a lower one.
        Column("token", BigInteger, nullable=False),
        Column("holder", String(200), nullable=False),  # which process, for people who look
    )


LEASES: Final = {"relay": _leases(relay_upkeep), "ledger": _leases(ledger_upkeep)}

reading = Table(
    "reading",
    ledger_upkeep,
    # What the relayer has to know of the indexer, which may be another process. One row.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("rebuilds", BigInteger, nullable=False),  # how often the chain went back
    Column("complete", SmallInteger, nullable=False),  # 1: the newest block that was seen is in the tables
)

ledger_kept = Table(
    "ledger_kept",
    relay_upkeep,
    # Which ledger this is: deployment.json, for the processes of other machines. One row.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("deployment", Bytes, nullable=False),
)

parked = Table(
    "parked",
    relay_upkeep,
    # Rows of the outbox that the operator took out of the relayer's way: they wait.
    Column("outbox_id", BigInteger, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("parked_at", Float, nullable=False),
)

fillers_table: Final = Table(
    "fillers",
    relay_upkeep,
    # Nonces that were spent on nothing, so that nothing waits behind them.
    Column("sender", Bytes(20), primary_key=True),
    Column("nonce", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", Bytes(32), nullable=False),
    Column("raw", Bytes, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Float, nullable=False),
)

strangers_table: Final = Table(
    "strangers",
    relay_upkeep,
    # Nonces of our keys that somebody else spent, with our transaction that had them.
    Column("sender", Bytes(20), primary_key=True),
    Column("nonce", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", Bytes(32), nullable=False),
    Column("seen_at", Float, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Filler:
    """A signed transaction that does nothing but spend its nonce."""

    hash: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class Strangers:
    """sender: an address of ours that somebody else sends with; times: nonces they took; seen_at: of the newest."""

    sender: bytes
    times: int
    seen_at: float


relayer_keys = Table(
    "relayer_keys",
    relay_upkeep,
    # The relayer's accounts, in the order in which they were named: see store/relayer_keys.py.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("address", Bytes(20), nullable=False),
    Column("named_at", Float, nullable=False),
    Column("began_at", Float),  # empty: named, and not at work yet
    Column("ended_at", Float),  # empty: not at work yet, or at work
)


@dataclass(frozen=True, slots=True)
class Seen:
    """How far the indexer is. confirmed: the newest block in the tables; complete: it is the newest that was seen."""

    rebuilds: int
    complete: bool
    confirmed: Block | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Who took a lease last. token: how often it was taken; by: the machine and the process, "" = nobody ever."""

    name: str
    token: int
    by: str


def holders(connection: Connection, leases: Table) -> list[Holder]:
    rows = connection.execute(select(leases.c.name, leases.c.token, leases.c.holder).order_by(leases.c.name))
    return [Holder(row.name, row.token, row.holder) for row in rows]


def seen(connection: Connection) -> Seen:
    row = connection.execute(select(reading.c.rebuilds, reading.c.complete)).one()
    return Seen(row.rebuilds, bool(row.complete), read_model.confirmed(connection))


def mark_rebuild(connection: Connection) -> None:
    """The read model was emptied: the chain went back."""
    connection.execute(update(reading).values(rebuilds=reading.c.rebuilds + 1, complete=0))


def mark_complete(connection: Connection, complete: bool) -> None:
    connection.execute(update(reading).values(complete=int(complete)))


def keep_deployment(connection: Connection, deployment: bytes) -> None:
    """deployment: deployment.json. The newest counts: kinds may have been added."""
    connection.execute(or_ignore(connection, ledger_kept), {"id": 1, "deployment": deployment})
    connection.execute(update(ledger_kept).values(deployment=deployment))


def kept_deployment(connection: Connection) -> bytes | None:
    found: bytes | None = connection.execute(select(ledger_kept.c.deployment)).scalar()
    return found


def park(connection: Connection, ids: Sequence[int], reason: str, now: float) -> None:
    """Takes these rows of the outbox out of the relayer's way; one that is parked stays as it is."""
    rows = [{"outbox_id": one, "reason": reason, "parked_at": now} for one in ids]
    if rows:
        connection.execute(or_ignore(connection, parked), rows)


def release(connection: Connection, ids: Sequence[int]) -> None:
    connection.execute(delete(parked).where(parked.c.outbox_id.in_(ids)))


def parked_rows(connection: Connection) -> dict[int, str]:
    """outbox id -> why it is parked."""
    return {row.outbox_id: row.reason for row in connection.execute(select(parked.c.outbox_id, parked.c.reason))}


def add_filler(connection: Connection, sender: bytes, nonce: int, filler: Filler, reason: str, now: float) -> None:
    """The caller commits before it sends."""
    connection.execute(
        insert(fillers_table).values(
            sender=sender, nonce=nonce, hash=filler.hash, raw=filler.raw, reason=reason, created_at=now
        )
    )


def fillers(connection: Connection) -> dict[tuple[bytes, int], Filler]:
    """By sender and nonce. Few: each stands for something that went wrong."""
    rows = connection.execute(select(fillers_table)).all()
    return {(row.sender, row.nonce): Filler(row.hash, row.raw) for row in rows}


def add_stranger(connection: Connection, sender: bytes, nonce: int, tx: bytes, now: float) -> None:
    """tx: ours, that had the nonce. Again is as once."""
    connection.execute(
        or_ignore(connection, strangers_table), {"sender": sender, "nonce": nonce, "hash": tx, "seen_at": now}
    )


def strangers(connection: Connection) -> list[Strangers]:
    table = strangers_table
    rows = connection.execute(
        select(table.c.sender, func.count().label("times"), func.max(table.c.seen_at).label("seen_at"))
        .group_by(table.c.sender)
        .order_by(table.c.sender)
    )
    return [Strangers(row.sender, row.times, row.seen_at) for row in rows]
