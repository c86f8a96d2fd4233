"""Read model and payload index anew, from the chain and the payload store: equal to the old ones byte by byte.

The read model is the indexer's projection over the ledger's events up to the block where it stood. Of the payload index
the list of blobs is what the store holds, and the uses follow from manifests and from which blob holds an act's detail.
Which attached files a document has is sealed: those uses were named at the door and are kept as they are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, select

from portledger.chain import events as chain_events
from portledger.chain.encoding import selector
from portledger.chain.rpc import Rpc, unhexed
from portledger.domain.events import LedgerEvent
from portledger.domain.refusals import Conflict
from portledger.services import blob_uses
from portledger.services.ledger import Ledger
from portledger.store import projection, rebuild, tables
from portledger.store.database import migrate, open_database, or_ignore, sqlite_url
from portledger.store.leases import Lease
from portledger.store.payloads import PayloadStore
from portledger.store.read_model import Block, confirmed
from portledger.store.rebuild import Fingerprint

_LEDGER_HEAD: Final = selector("ledgerHead()")
_BLOCKS: Final = 64
"""Asked for at a time."""
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """tables: name -> (as it was, as it is built anew); block: up to which, None for an index."""

    tables: Mapping[str, tuple[Fingerprint, Fingerprint]]
    block: Block | None = None

    @property
    def equal(self) -> bool:
        return all(before == after for before, after in self.tables.values())


def read_model(ledger: Ledger, rpc: Rpc, lease: Lease | None = None, progress: Progress = lambda _: None) -> Rebuilt:
    """Builds it beside the living one, and puts it in its place in one transaction. progress: told the block.

    lease: the indexer's, held; None compares only, while the indexer goes on. Raises ChainError, Conflict (no read
    model yet; a chain that went back; events that are not all of the ledger's), LeaseLost; nothing is changed then.
    """
    with ledger.databases.ledger.connect() as connection:
        _one_state(connection)
        last = _cursor(connection, rpc)
        before = _fingerprints(connection)
    with _beside() as engine:
        events = _events(ledger, rpc, last, progress, lease)
        made = rebuild.rebuild_from(engine, events, last, ledger.effects_of)
        _require_same_history(last, made)
        with engine.connect() as beside:
            if lease is None:
                return Rebuilt(_paired(before, _fingerprints(beside)), last)
            with ledger.databases.ledger.begin() as connection:
                lease.prove(connection)
                rebuild.replace_by(connection, beside)
                return Rebuilt(_paired(before, _fingerprints(connection)), last)


def follow(ledger: Ledger, rpc: Rpc) -> None:
    """Puts the cursor on the hash that its block has now, where the chain mined that block again with the same history,
    as the embedded node does at a start; what the indexer does with its first step. Else nothing is changed."""
    with ledger.databases.ledger.begin() as connection:
        last = confirmed(connection)
        block = None if last is None else rpc.block(last.number)
        if last is None or block is None or unhexed(block["hash"]) == last.hash:
            return
        if rpc.eth_call(ledger.deployment.ledger, _LEDGER_HEAD, block=last.number) == last.ledger_head:
            moved = Block(last.number, unhexed(block["hash"]), int(block["timestamp"], 16), last.ledger_head)
            projection.move_cursor(connection, moved)


@contextmanager
def _beside() -> Iterator[Engine]:
    """An empty read model in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(sqlite_url(Path(folder), "ledger"), "ledger")
        try:
            migrate(engine, "ledger")
            yield engine
        finally:
            engine.dispose()


def _one_state(connection: Connection) -> None:
    """What is read from now on is one state of all tables, while the indexer goes on."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    else:
        connection.exec_driver_sql("BEGIN")


def _cursor(connection: Connection, rpc: Rpc) -> Block:
    """Where the read model stands. Raises Conflict unless the chain still has that block."""
    last = confirmed(connection)
    if last is None:
        raise Conflict(
            "an empty read model", "one that was built before",
            "Start the indexer: it builds an empty one from the first block.",
        )  # fmt: skip
    block = rpc.block(last.number)
    if block is None or unhexed(block["hash"]) != last.hash:
        raise Conflict(
            f"a node without the block {last.number} of the read model", "the chain that it was built from",
            "Ask another node; where the chain went back, the indexer builds it anew by itself.",
        )  # fmt: skip
    return last


def _events(ledger: Ledger, rpc: Rpc, last: Block, progress: Progress, lease: Lease | None) -> Iterator[LedgerEvent]:
    for first in range(ledger.deployment.block, last.number + 1, _BLOCKS):
        upper = min(first + _BLOCKS - 1, last.number)
        yield from chain_events.read(rpc, ledger.deployment.ledger, first, upper)
        progress(upper)
        if lease is not None:
            lease.keep()


def _require_same_history(before: Block, after: Block) -> None:
    if before.ledger_head != after.ledger_head:
        raise Conflict(
            f"events that make ledgerHead {after.ledger_head.hex()}", before.ledger_head.hex(),
            "The node has lost logs: use another one.",
        )  # fmt: skip


def _fingerprints(connection: Connection) -> dict[str, Fingerprint]:
    return {table.name: rebuild.fingerprint(connection, table) for table in tables.ledger.sorted_tables}


def _paired(
    before: Mapping[str, Fingerprint], after: Mapping[str, Fingerprint]
) -> dict[str, tuple[Fingerprint, Fingerprint]]:
    return {name: (before[name], after[name]) for name in before}


# --- the payload index -----------------------------------------------------------------------------------------------


INDEX: Final = (tables.blobs, tables.manifest_blobs, tables.blob_uses)
"""The tables of the payload index."""


@dataclass(frozen=True, slots=True)
class Index:
    """missing: digests that the index or a manifest names and the store has not, so that nobody can open them."""

    rebuilt: Rebuilt
    missing: tuple[bytes, ...]


def payload_index(ledger: Ledger, payloads: PayloadStore, *, change: bool) -> Index:
    """Makes the index what the store holds and the manifests say. Gateways may go on meanwhile.

    change: False compares only. Raises PayloadStoreFailed.
    """
    kept = {one.sha256: {"sha256": one.sha256, "size": one.size, "received_at": one.received_at}
            for one in payloads.all()}  # fmt: skip
    with ledger.databases.intake.connect() as connection:
        transaction = connection.begin()
        known = set(connection.execute(select(tables.blobs.c.sha256)).scalars())
        before = _index_fingerprints(connection)
        # What came while the store was listed is no loss: it is asked for once more.
        gone = [one for one in known - set(kept) if not payloads.exists(one)]
        _put_right(connection, kept, known, gone)
        named = _put_uses(connection) | set(connection.execute(select(tables.blob_uses.c.sha256)).scalars())
        after = _index_fingerprints(connection)
        listed = set(connection.execute(select(tables.blobs.c.sha256)).scalars())
        if change:
            transaction.commit()
        else:
            transaction.rollback()
    return Index(Rebuilt(_paired(before, after)), tuple(sorted((named - listed) | set(gone))))


def _put_right(
    connection: Connection, kept: Mapping[bytes, dict[str, Any]], known: set[bytes], gone: list[bytes]
) -> None:
    for one in gone:
        connection.execute(delete(tables.blobs).where(tables.blobs.c.sha256 == one))
    held = {row.sha256: (row.size, row.received_at) for row in connection.execute(select(tables.blobs))}
    wrong = [one for one, row in kept.items() if one in known and held.get(one) != (row["size"], row["received_at"])]
    for one in wrong:
        connection.execute(delete(tables.blobs).where(tables.blobs.c.sha256 == one))
    new = [row for one, row in kept.items() if one not in known or one in set(wrong)]
    if new:
        connection.execute(or_ignore(connection, tables.blobs), new)


def _put_uses(connection: Connection) -> set[bytes]:
    """Of every dataset of every manifest, and of every act's detail; the blobs that manifests name."""
    through, named = list[dict[str, Any]](), set[bytes]()
    for document, blobs in blob_uses.of_all_manifests(connection):
        through += blob_uses.rows_of_manifest(document, blobs)
        named.update(blob for _, blob in blobs)
    sealed = select(tables.details.c.blob, tables.outbox.c.document).join(
        tables.outbox, tables.outbox.c.digest == tables.details.c.digest
    )
    outside = [
        row for blob, document in connection.execute(sealed) for row in blob_uses.rows_outside(document, [("", blob)])
    ]
    for table, rows in ((tables.manifest_blobs, through), (tables.blob_uses, outside)):
        if rows:
            connection.execute(or_ignore(connection, table), rows)
    return named


def _index_fingerprints(connection: Connection) -> dict[str, Fingerprint]:
    return {table.name: rebuild.fingerprint(connection, table) for table in INDEX}
