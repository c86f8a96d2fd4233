"""The outbox: what was accepted, and what became of it.

A row is written once, by the gateway, before its 202, and never changed. What became of it stands in the relayer's own
database: a transaction with a nonce given once, then one outcome. `status` joins the two.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from portledger.store.database import execute_many, write_after_others
from portledger.store.tables import outbox, outcomes, transactions


class Type(IntEnum):
    """What a row asks of the ledger."""

    ACT = 1
    """One signed act on a document; goes into a batch."""
    PARTY_ACT = 2
    VETO = 3
    ENACT = 4
    POWER = 5
    """A call of one of the consortium's powers, such as register."""


class Sender(IntEnum):
    """Whose key sends the transaction; the powers have the protocol's numbers."""

    RELAYER = 0
    GOVERNOR = 1
    REGISTRAR = 2
    GUARDIAN = 3


class Sent(IntEnum):
    """How far a transaction is."""

    SIGNED = 0
    """Has its nonce; was or will be sent, any number of times."""
    SETTLED = 1
    """Every row in it has an outcome, or went into another transaction."""


@dataclass(frozen=True, slots=True)
class Row:
    """body: for acts the ABI tuple of a SignedAction, for the others the whole calldata.

    previous: what an act on the control track builds on, None for everything else.
    """

    type: Type
    digest: bytes
    body: bytes
    received_at: float
    document: bytes | None = None
    party: int | None = None
    sender: Sender = Sender.RELAYER
    previous: bytes | None = None
    attempt: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """final: applied by the ledger; else refused, with the ledger's ABI-encoded `reason`. tx: hash, 32 bytes."""

    outbox_id: int
    digest: bytes
    final: bool
    block: int
    tx: bytes
    reason: bytes | None
    known_at: float


@dataclass(frozen=True, slots=True)
class Transaction:
    """items: outbox ids in the order of the batch."""

    id: int
    sender: bytes
    nonce: int
    hash: bytes
    raw: bytes
    items: tuple[int, ...]


WRITERS: Final = "outbox"
"""What those who append to the outbox hold one after the other; see store/database.write_alone."""
CHUNK = 500
"""Values in one IN list; SQLite takes far more, but the statement's text grows."""


def chunks(values: Sequence[bytes] | Sequence[int]) -> Iterable[Sequence[bytes] | Sequence[int]]:
    for at in range(0, len(values), CHUNK):
        yield values[at : at + CHUNK]


_INSERT = insert(outbox).inline()
_COLUMNS: tuple[Any, ...] = (
    outbox.c.type,
    outbox.c.digest,
    outbox.c.body,
    outbox.c.received_at,
    outbox.c.document,
    outbox.c.party,
    outbox.c.sender,
    outbox.c.previous,
    outbox.c.attempt,
    outbox.c.id,
)


def add(connection: Connection, rows: Sequence[Row]) -> None:
    """Appends rows in their order; the caller commits.

    Of several gateways one appends after the other, so that ids become visible in their order: the relayer asks only
    for those above the last that it has seen.
    """
    write_after_others(connection, WRITERS)
    execute_many(
        connection,
        _INSERT,
        [
            {
                "type": int(row.type),
                "digest": row.digest,
                "attempt": row.attempt,
                "document": row.document,
                "party": row.party,
                "sender": int(row.sender),
                "previous": row.previous,
                "body": row.body,
                "received_at": row.received_at,
            }
            for row in rows
        ],
    )


_AFTER = select(*_COLUMNS).where(outbox.c.id > bindparam("last")).order_by(outbox.c.id).limit(bindparam("most"))


def after(connection: Connection, last_id: int, limit: int) -> list[Row]:
    """Rows accepted after that id, in order."""
    return [Row(*row) for row in connection.execute(_AFTER, {"last": last_id, "most": limit})]


def by_ids(connection: Connection, ids: Sequence[int]) -> dict[int, Row]:
    found: dict[int, Row] = {}
    for part in chunks(ids):
        for row in connection.execute(select(*_COLUMNS).where(outbox.c.id.in_(part))):
            found[row.id] = Row(*row)
    return found


_LATEST = (
    select(outbox.c.digest, outbox.c.id, outbox.c.attempt)
    .where(outbox.c.digest.in_(bindparam("digests", expanding=True)))
    .order_by(outbox.c.id)
)
_LAST_ID = select(func.max(outbox.c.id))


def latest(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, tuple[int, int]]:
    """digest -> (id, attempt) of its newest row."""
    found: dict[bytes, tuple[int, int]] = {}
    for part in chunks(digests):
        for digest, row_id, attempt in connection.execute(_LATEST, {"digests": part}):
            found[digest] = (row_id, attempt)
    return found


def row_of(connection: Connection, digest: bytes) -> Row | None:
    """The newest row of a digest."""
    row = connection.execute(
        select(*_COLUMNS).where(outbox.c.digest == digest).order_by(outbox.c.id.desc()).limit(1)
    ).first()
    return Row(*row) if row else None


def control_rows(connection: Connection) -> list[tuple[int, bytes, bytes, bytes, int]]:
    """(id, digest, document, previous, actor) of every act on the control track, in order."""
    rows = connection.execute(
        select(outbox.c.id, outbox.c.digest, outbox.c.document, outbox.c.previous, outbox.c.party)
        .where(outbox.c.previous.is_not(None))
        .order_by(outbox.c.id)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


def latest_of_party(connection: Connection, party: int) -> tuple[int, bytes] | None:
    """(id, digest) of the newest party act, veto or enactment of this party."""
    types = [int(Type.PARTY_ACT), int(Type.VETO), int(Type.ENACT)]
    row = connection.execute(
        select(outbox.c.id, outbox.c.digest)
        .where(outbox.c.party == party, outbox.c.type.in_(types))
        .order_by(outbox.c.id.desc())
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else None


def control_rows_after(connection: Connection, document: bytes, after_id: int) -> list[Row]:
    """What was accepted after that id for the document's control track, in order."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(outbox.c.document == document, outbox.c.id > after_id, outbox.c.previous.is_not(None))
        .order_by(outbox.c.id)
    )
    return [Row(*row) for row in rows]


NEWEST: Final = 20_000
"""How far back `newest_control_rows` looks: far more rows than are under way at a time."""


def newest_control_rows(connection: Connection, party: int, document: bytes) -> list[int]:
    """Ids of the party's acts on the document's control track among the newest rows, in order."""
    return list(
        connection.execute(
            select(outbox.c.id)
            .where(outbox.c.id > last_id(connection) - NEWEST, outbox.c.document == document)
            .where(outbox.c.party == party, outbox.c.previous.is_not(None))
            .order_by(outbox.c.id)
        ).scalars()
    )


def all_ids(connection: Connection) -> set[int]:
    return set(connection.execute(select(outbox.c.id)).scalars())


def last_id(connection: Connection) -> int:
    return connection.execute(_LAST_ID).scalar() or 0


# --- the relayer's side ---------------------------------------------------------------------------------------------


def pack_items(ids: Iterable[int]) -> bytes:
    return array("q", ids).tobytes()


def unpack_items(packed: bytes) -> tuple[int, ...]:
    ids = array("q")
    ids.frombytes(packed)
    return tuple(ids)


_INSERT_OUTCOME = insert(outcomes).inline()
_OUTCOME: tuple[Any, ...] = (
    outcomes.c.outbox_id,
    outcomes.c.digest,
    outcomes.c.final,
    outcomes.c.block,
    outcomes.c.tx,
    outcomes.c.reason,
    outcomes.c.known_at,
)


def add_outcomes(connection: Connection, found: Sequence[Outcome]) -> None:
    """A second outcome of one row breaks the unique column: that is the point of it."""
    execute_many(
        connection,
        _INSERT_OUTCOME,
        [
            {
                "outbox_id": one.outbox_id,
                "digest": one.digest,
                "final": int(one.final),
                "block": one.block,
                "tx": one.tx,
                "reason": one.reason,
                "known_at": one.known_at,
            }
            for one in found
        ],
    )


def outcomes_after(connection: Connection, seq: int, limit: int) -> list[tuple[int, Outcome]]:
    """(seq, outcome) of what became known after that seq, in order."""
    rows = connection.execute(
        select(*(outcomes.c.seq, *_OUTCOME)).where(outcomes.c.seq > seq).order_by(outcomes.c.seq).limit(limit)
    )
    return [(row[0], Outcome(row[1], row[2], bool(row[3]), *tuple(row)[4:])) for row in rows]


def outcomes_of(connection: Connection, ids: Sequence[int]) -> dict[int, Outcome]:
    found: dict[int, Outcome] = {}
    for part in chunks(ids):
        for row in connection.execute(select(*_OUTCOME).where(outcomes.c.outbox_id.in_(part))):
            found[row[0]] = Outcome(row[0], row[1], bool(row[2]), *tuple(row)[3:])
    return found


def last_seq(connection: Connection) -> int:
    return connection.execute(select(func.max(outcomes.c.seq))).scalar() or 0


def settled_ids(connection: Connection) -> set[int]:
    """Every outbox id that has an outcome."""
    return set(connection.execute(select(outcomes.c.outbox_id)).scalars())


def add_transaction(
    connection: Connection, sender: bytes, nonce: int, tx: bytes, raw: bytes, items: Sequence[int], now: float
) -> int:
    """Gives the nonce away for good; the caller commits before it sends. Returns the transaction's id."""
    result = connection.execute(
        insert(transactions).values(
            sender=sender,
            nonce=nonce,
            hash=tx,
            raw=raw,
            items=pack_items(items),
            state=int(Sent.SIGNED),
            created_at=now,
        )
    )
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


def unsettled(connection: Connection) -> list[Transaction]:
    """Signed transactions whose rows have no outcome yet, in the order of their making."""
    columns: tuple[Any, ...] = tuple(transactions.c[name] for name in ("id", "sender", "nonce", "hash", "raw", "items"))
    rows = connection.execute(
        select(*columns).where(transactions.c.state == int(Sent.SIGNED)).order_by(transactions.c.id)
    )
    return [
        Transaction(row_id, sender, nonce, tx, raw, unpack_items(items))
        for row_id, sender, nonce, tx, raw, items in rows
    ]


def under_way(connection: Connection, row_id: int) -> bool:
    """Whether the row is in a signed transaction that has no outcome yet."""
    asked = select(transactions.c["items"]).where(transactions.c.state == int(Sent.SIGNED))
    return any(row_id in unpack_items(items) for items in connection.execute(asked).scalars())


def settle(connection: Connection, tx_id: int, block: int) -> None:
    connection.execute(
        update(transactions).where(transactions.c.id == tx_id).values(state=int(Sent.SETTLED), block=block)
    )


def next_nonce(connection: Connection, sender: bytes) -> int | None:
    """One above the highest nonce ever given to this sender; None when there was none."""
    highest = connection.execute(select(func.max(transactions.c.nonce)).where(transactions.c.sender == sender)).scalar()
    return None if highest is None else int(highest) + 1


def has_nonce(connection: Connection, sender: bytes, nonce: int) -> bool:
    """Whether this nonce was given to a transaction."""
    query = select(transactions.c.id).where(transactions.c.sender == sender, transactions.c.nonce == nonce)
    return connection.execute(query).first() is not None


def senders(connection: Connection) -> list[bytes]:
    """Every account that ever sent a transaction."""
    return list(connection.execute(select(transactions.c.sender).distinct()).scalars())


def reopen(connection: Connection, sender: bytes, from_nonce: int) -> None:
    """The chain lost this sender's transactions from that nonce on: they count as not settled again."""
    connection.execute(
        update(transactions)
        .where(transactions.c.sender == sender, transactions.c.nonce >= from_nonce)
        .values(state=int(Sent.SIGNED), block=None)
    )


def forget_outcomes(connection: Connection, ids: Sequence[int]) -> None:
    """Takes outcomes back that the chain no longer knows of."""
    for part in chunks(ids):
        connection.execute(delete(outcomes).where(outcomes.c.outbox_id.in_(part)))


def all_outcomes(connection: Connection) -> list[Outcome]:
    rows = connection.execute(select(*_OUTCOME).order_by(outcomes.c.seq))
    return [Outcome(row[0], row[1], bool(row[2]), *tuple(row)[3:]) for row in rows]


def newest_final(connection: Connection, limit: int) -> list[Outcome]:
    """What became known last of what the ledger applied."""
    query = select(*_OUTCOME).where(outcomes.c.final == 1).order_by(outcomes.c.seq.desc()).limit(limit)
    return [Outcome(row[0], row[1], bool(row[2]), *tuple(row)[3:]) for row in connection.execute(query)]


def count(connection: Connection) -> int:
    """All that was ever accepted. Ids may have gaps."""
    return connection.execute(select(func.count()).select_from(outbox)).scalar() or 0


def count_outcomes(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(outcomes)).scalar() or 0
