"""Outside time stamps, kept for good, and which kept proofs they are of (docs/protocol/evidence.md, "Stamps").

A stamp serves a document whose kept proof is of the very block that was stamped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from portledger.domain.hashing import sha256
from portledger.store.database import or_ignore
from portledger.store.outbox import chunks
from portledger.store.proofs import KeptProof
from portledger.store.tables import document_proofs, proof_blocks, stamps


@dataclass(frozen=True, slots=True)
class Stamp:
    """block: hash of block `number`; ledger_head: as of it; time: the token's, unix seconds; certificate: SHA-256 of
    its signer's; authority: the address that was asked; token: DER."""

    block: bytes
    number: int
    ledger_head: bytes
    time: int
    certificate: bytes
    authority: str
    token: bytes


_STAMP: Final = (
    stamps.c.block, stamps.c.number, stamps.c.ledger_head, stamps.c.time, stamps.c.certificate, stamps.c.authority,
    stamps.c.token,
)  # fmt: skip
_IN_ORDER: Final = (stamps.c.time, stamps.c.digest)


def keep(connection: Connection, stamp: Stamp) -> None:
    """Keeps a stamp; the caller commits."""
    row = {name: getattr(stamp, name) for name in Stamp.__dataclass_fields__}
    connection.execute(or_ignore(connection, stamps), {"digest": sha256(stamp.token), **row})


def of_block(connection: Connection, block: bytes) -> list[Stamp]:
    """The stamps of a block, the earliest first. block: its hash."""
    return _read(connection, select(*_STAMP).where(stamps.c.block == block).order_by(*_IN_ORDER))


def newest_time(connection: Connection) -> int:
    """Unix seconds of the newest stamp's token; 0 when there is none."""
    return connection.execute(select(func.max(stamps.c.time))).scalar() or 0


def newest(connection: Connection, most: int) -> list[Stamp]:
    """The stamps of the newest blocks, the newest first, `most` at most."""
    newest_first = (stamps.c.number.desc(), *_IN_ORDER)
    return _read(connection, select(*_STAMP).order_by(*newest_first).limit(most))


def of_head(connection: Connection, ledger_head: bytes) -> list[Stamp]:
    """The stamps of the newest stamped block with this ledgerHead, the earliest first."""
    block = select(stamps.c.block).where(stamps.c.ledger_head == ledger_head).order_by(stamps.c.number.desc()).limit(1)
    return _read(connection, select(*_STAMP).where(stamps.c.block.in_(block)).order_by(*_IN_ORDER))


def _read(connection: Connection, query: Select[Any]) -> list[Stamp]:
    return [Stamp(*row) for row in connection.execute(query)]


# --- which proofs they are of ----------------------------------------------------------------------------------------

_OF_STAMPED: Final = document_proofs.c.block.in_(select(stamps.c.block))


def unstamped(connection: Connection) -> list[bytes]:
    """The documents whose kept proof is of a block without a stamp."""
    return list(connection.execute(select(document_proofs.c.document).where(~_OF_STAMPED)).scalars())


def elsewhere(connection: Connection, block: bytes) -> list[bytes]:
    """The documents whose kept proof is not of this block. block: its hash."""
    return list(
        connection.execute(select(document_proofs.c.document).where(document_proofs.c.block != block)).scalars()
    )


def served(connection: Connection, block: bytes) -> int:
    """How many documents' kept proofs are of this block. block: its hash."""
    query = select(func.count()).select_from(document_proofs).where(document_proofs.c.block == block)
    return int(connection.execute(query).scalar_one())


def worth_keeping(connection: Connection, made: Sequence[KeptProof], *, late: bool) -> list[KeptProof]:
    """Those of the proofs that serve better than what is kept; called with the lock of the proofs held.

    One of the same words whose block has a stamp stays, unless the new one's has one, too. late: the new ones may be of
    an earlier block than what others kept meanwhile; what proves other words at a later block stays.
    """
    kept: dict[bytes, Any] = {}
    columns = (
        document_proofs.c.document, document_proofs.c.control, document_proofs.c.head, document_proofs.c.notes_head,
        document_proofs.c.block, proof_blocks.c.number, _OF_STAMPED.label("stamped"),
    )  # fmt: skip
    query: Any = select(*columns).join(proof_blocks, proof_blocks.c.hash == document_proofs.c.block)
    for part in chunks([one.document for one in made]):
        rows = connection.execute(query.where(document_proofs.c.document.in_(part)))
        kept.update({row.document: row for row in rows})
    blocks = {one.block.hash for one in made}
    stamped = set(connection.execute(select(stamps.c.block).where(stamps.c.block.in_(blocks))).scalars())
    return [one for one in made if _better(one, kept.get(one.document), one.block.hash in stamped, late=late)]


def _better(new: KeptProof, old: Any, stamped: bool, *, late: bool) -> bool:
    if old is None:
        return True
    if new.fits(old.control, old.head, old.notes_head):
        return stamped or not old.stamped
    return not (late and old.number > new.block.number)
