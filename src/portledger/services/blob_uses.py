"""Which documents use a sealed blob, and as which dataset: who may fetch it follows from that.

What a manifest names is found through the manifest itself; `manifest_blobs` only says in which documents to look.
Attached files and sealed details are in no manifest (which files a document has is sealed) and stand in `blob_uses`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, and_, or_, select

from portledger.services import manifests
from portledger.store import tables
from portledger.store.outbox import chunks
from portledger.store.tables import PREFIX, blob_uses, manifest_blobs


def rows_of_manifest(document: bytes, blobs: Sequence[tuple[str, bytes]]) -> list[dict[str, Any]]:
    """For `manifest_blobs`. blobs: (dataset, SHA-256)."""
    return [{"blob": blob[:PREFIX], "document": document[:PREFIX]} for _, blob in blobs]


def rows_outside(document: bytes, blobs: Sequence[tuple[str, bytes]]) -> list[dict[str, Any]]:
    """For `blob_uses`. blobs: (dataset, SHA-256), "" for a sealed detail."""
    return [{"sha256": blob, "document": document, "dataset": name} for name, blob in blobs]


def candidates(intake: Connection, sha256: bytes) -> set[bytes]:
    """The documents that may use a blob; `within` tells which do. No manifest is read: anybody may name a digest in as
    many documents of his own as he likes, and who fetches the blob must not pay for that."""
    asked = select(blob_uses.c.document).where(blob_uses.c.sha256 == sha256)
    found = set(intake.execute(asked).scalars())
    hints = select(manifest_blobs.c.document).where(manifest_blobs.c.blob == sha256[:PREFIX])
    for part in chunks(list(intake.execute(hints).scalars())):
        found.update(intake.execute(_beginning_with(part)).scalars())
    return found


def within(intake: Connection, document: bytes, blobs: Sequence[bytes]) -> set[tuple[bytes, str]]:
    """(blob, dataset) of the uses that one document makes of these blobs."""
    found = set[tuple[bytes, str]]()
    for part in chunks(blobs):
        asked = select(blob_uses.c.sha256, blob_uses.c.dataset).where(
            blob_uses.c.document == document, blob_uses.c.sha256.in_(part)
        )
        found.update((blob, dataset) for blob, dataset in intake.execute(asked))
    bodies = select(tables.manifests.c.body).where(tables.manifests.c.document == document)
    for body in intake.execute(bodies).scalars() if blobs else ():
        found.update((blob, name) for name, blob in _blobs(body) if blob in blobs)
    return found


def of_all_manifests(intake: Connection) -> Iterator[tuple[bytes, tuple[tuple[str, bytes], ...]]]:
    """(document, its (dataset, SHA-256)) of every manifest."""
    for document, body in intake.execute(select(tables.manifests.c.document, tables.manifests.c.body)):
        yield document, _blobs(body)


def _beginning_with(hints: Sequence[Any]) -> Any:
    """The documents whose id begins so, of those that have a manifest: by ranges, which an index serves."""
    column = tables.manifests.c.document
    ranges = [and_(column >= hint, column <= hint + b"\xff" * (32 - len(hint))) for hint in hints]
    return select(column).where(or_(*ranges)).distinct()


def _blobs(body: bytes) -> tuple[tuple[str, bytes], ...]:
    return manifests.read(orjson.loads(body)).blobs
