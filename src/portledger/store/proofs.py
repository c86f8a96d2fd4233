"""Kept proofs: what a node said about a document at one block, each trie node once (docs/protocol/evidence.md).

A node forgets old states; what was proven stays true of its block for ever. A proof is a list of ids of nodes. Every
write takes the lock of `proof_state`'s row first, so that sweeping never removes a node that is just being used.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy import insert as insert_into

from portledger.domain.hashing import keccak
from portledger.store.database import or_ignore
from portledger.store.outbox import chunks
from portledger.store.tables import document_proofs, proof_blocks, proof_nodes, proof_state

_ONE: Final = 1
"""The id of the one row of proof_state."""


@dataclass(frozen=True, slots=True)
class ProvenBlock:
    """hash: 32 bytes; header: RLP."""

    hash: bytes
    number: int
    header: bytes


@dataclass(frozen=True, slots=True)
class KeptProof:
    """What is proven of a document at a block. control, head, notes_head: 32 bytes; nodes: RLP, of the state trie and
    the ledger's storage trie; accounts: all that signed an act or a note up to the block, 20 bytes each."""

    document: bytes
    block: ProvenBlock
    control: bytes
    head: bytes
    notes_head: bytes
    accounts: frozenset[bytes]
    nodes: tuple[bytes, ...]

    def fits(self, control: bytes, head: bytes, notes_head: bytes) -> bool:
        """Whether the record is still what is proven here."""
        return (self.control, self.head, self.notes_head) == (control, head, notes_head)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the read model's history was looked through (positions), and when the last nightly round began."""

    ended: int
    nightly: int
    nightly_at: float


def kept(connection: Connection, document: bytes) -> KeptProof | None:
    """None when no proof is kept, or a node of it is gone."""
    row = connection.execute(_KEPT, {"wanted": document}).first()
    if row is None:
        return None
    ids = _unpacked(row.nodes)
    found: dict[int, bytes] = {}
    for part in chunks(ids):
        found.update((one[0], one[1]) for one in connection.execute(_NODES, {"ids": part}))
    if len(found) != len(ids):
        return None
    accounts = frozenset(row.accounts[at : at + 20] for at in range(0, len(row.accounts), 20))
    return KeptProof(
        document,
        ProvenBlock(row.block, row.number, row.header),
        row.control,
        row.head,
        row.notes_head,
        accounts,
        tuple(found[one] for one in ids),
    )


_KEPT: Any = (
    select(document_proofs, proof_blocks.c.number, proof_blocks.c.header)
    .join(proof_blocks, proof_blocks.c.hash == document_proofs.c.block)
    .where(document_proofs.c.document == bindparam("wanted"))
)
_NODES: Any = select(proof_nodes.c.id, proof_nodes.c.node).where(proof_nodes.c.id.in_(bindparam("ids", expanding=True)))


def proven(connection: Connection, documents: Sequence[bytes]) -> dict[bytes, tuple[bytes, bytes, bytes]]:
    """document -> (control, head, notesHead) that its kept proof proves."""
    columns = (document_proofs.c.document, document_proofs.c.control, document_proofs.c.head,
               document_proofs.c.notes_head)  # fmt: skip
    found = {}
    for part in chunks(documents):
        for row in connection.execute(select(*columns).where(document_proofs.c.document.in_(part))):
            found[row[0]] = (row[1], row[2], row[3])
    return found


def keep(connection: Connection, made: Sequence[KeptProof]) -> None:
    """Keeps these proofs in place of older ones of the same documents; the caller commits."""
    if not made:
        return
    lock(connection)
    blocks = {one.block.hash: one.block for one in made}
    connection.execute(
        or_ignore(connection, proof_blocks),
        [{"hash": one.hash, "number": one.number, "header": one.header} for one in blocks.values()],
    )
    ids = _ids(connection, {keccak(node): node for one in made for node in one.nodes})
    newest = {one.document: one for one in made}
    for part in chunks(list(newest)):
        connection.execute(delete(document_proofs).where(document_proofs.c.document.in_(part)))
    connection.execute(
        insert_into(document_proofs),
        [
            {
                "document": one.document,
                "block": one.block.hash,
                "control": one.control,
                "head": one.head,
                "notes_head": one.notes_head,
                "accounts": b"".join(sorted(one.accounts)),
                "nodes": _packed(ids[keccak(node)] for node in one.nodes),
            }
            for one in newest.values()
        ],
    )


def _ids(connection: Connection, nodes: dict[bytes, bytes]) -> dict[bytes, int]:
    """hash -> id of each node, new ones written."""
    found = _known(connection, list(nodes))
    fresh = [digest for digest in nodes if digest not in found]
    if fresh:
        connection.execute(
            or_ignore(connection, proof_nodes), [{"hash": digest, "node": nodes[digest]} for digest in fresh]
        )
        found |= _known(connection, fresh)
    return found


def _known(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for part in chunks(digests):
        rows = connection.execute(select(proof_nodes.c.hash, proof_nodes.c.id).where(proof_nodes.c.hash.in_(part)))
        found.update((row[0], row[1]) for row in rows)
    return found


def sweep(connection: Connection) -> int:
    """Removes the nodes and blocks that no kept proof needs any more; how many nodes. The caller commits."""
    lock(connection)
    used: set[int] = set()
    blocks: set[bytes] = set()
    for nodes, block in connection.execute(select(document_proofs.c.nodes, document_proofs.c.block)):
        used.update(_unpacked(nodes))
        blocks.add(block)
    unused = [one for one in connection.execute(select(proof_nodes.c.id)).scalars() if one not in used]
    for part in chunks(unused):
        connection.execute(delete(proof_nodes).where(proof_nodes.c.id.in_(part)))
    over = [one for one in connection.execute(select(proof_blocks.c.hash)).scalars() if one not in blocks]
    for gone in chunks(over):
        connection.execute(delete(proof_blocks).where(proof_blocks.c.hash.in_(gone)))
    return len(unused)


# --- how far the keeper is -------------------------------------------------------------------------------------------


def progress(connection: Connection) -> Progress:
    row = connection.execute(select(proof_state.c.ended, proof_state.c.nightly, proof_state.c.nightly_at)).one()
    return Progress(row[0], row[1], row[2])


def move(connection: Connection, **values: Any) -> None:
    """Writes some of ended, nightly, nightly_at."""
    connection.execute(update(proof_state).where(proof_state.c.id == _ONE).values(**values))


def first_holders(connection: Connection) -> tuple[bytes, bytes, bytes] | None:
    """Governor, registrar and guardian before the first entry of log 0; None before anybody asked."""
    joined = connection.execute(select(proof_state.c.first_holders)).scalar()
    return (joined[:20], joined[20:40], joined[40:]) if joined else None


def keep_first_holders(connection: Connection, holders: tuple[bytes, bytes, bytes]) -> None:
    connection.execute(update(proof_state).where(proof_state.c.id == _ONE).values(first_holders=b"".join(holders)))


def lock(connection: Connection) -> None:
    """Holds the one row until the transaction ends: one writer at a time, on every engine."""
    connection.execute(update(proof_state).where(proof_state.c.id == _ONE).values(id=_ONE))


def _packed(ids: Iterable[int]) -> bytes:
    numbers = list(ids)
    return struct.pack(f"<{len(numbers)}Q", *numbers)


def _unpacked(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 8}Q", data)
