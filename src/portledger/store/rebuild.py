"""The read model anew: from an archive alone, when databases are lost or nodes have forgotten their logs; from a node.

It is the indexer's projection over the same events, so that the rows are the ones that a living gateway has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, Table, insert, select

from portledger.domain.codes import ZERO
from portledger.domain.events import LedgerEvent, ledger_head
from portledger.store import projection, tables
from portledger.store.read_model import Block

_RANGE: Final = 2000
"""Events from which on a range ends with its block."""


def rebuild_from(engine: Engine, events: Iterable[LedgerEvent], last: Block, effects_of: projection.EffectsOf) -> Block:
    """Empties the read model and fills it with the events, all or nothing; the cursor that it ends with.

    events: of the whole ledger in the chain's order, such as `formats.archive.Reader.events`, which fails at the end
    when anything is missing. last: the block up to which they go (number, hash, time); its ledgerHead is computed. What
    the events say is not judged here: audit the archive first.
    """
    head = ZERO
    with engine.begin() as connection:
        projection.clear(connection)
        for part in _ranges(events):
            projection.apply(connection, part, effects_of)
            head = ledger_head(head, part)
        cursor = replace(last, ledger_head=head)
        projection.move_cursor(connection, cursor)
    return cursor


def replace_by(connection: Connection, other: Connection) -> None:
    """Puts another read model's rows in the place of all that are here, of whatever kind the databases are."""
    projection.clear(connection)
    for table in tables.ledger.sorted_tables:
        rows = other.execute(select(table).execution_options(yield_per=_RANGE))
        for part in rows.partitions():
            connection.execute(insert(table), [dict(row._mapping) for row in part])


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """sha256: over the values of all rows by their key, but for derived ones; the same whatever database holds them."""

    rows: int
    sha256: bytes


def fingerprint(connection: Connection, table: Table) -> Fingerprint:
    hashed, count = hashlib.sha256(), 0
    said = [one for one in table.columns if not one.info.get(tables.DERIVED)]
    asked = select(*said).order_by(*table.primary_key.columns)
    for row in connection.execute(asked.execution_options(yield_per=_RANGE)):
        hashed.update(msgspec.msgpack.encode(tuple(row)))
        count += 1
    return Fingerprint(count, hashed.digest())


def _ranges(events: Iterable[LedgerEvent]) -> Iterator[list[LedgerEvent]]:
    """Cut between blocks, as the indexer does."""
    part: list[LedgerEvent] = []
    for event in events:
        if len(part) >= _RANGE and event.block != part[-1].block:
            yield part
            part = []
        part.append(event)
    if part:
        yield part
