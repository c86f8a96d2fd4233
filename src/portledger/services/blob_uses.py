"""Which documents use a sealed blob, and as which dataset: who may fetch it follows from that.

What a manifest names is found through the manifest itself; `manifest_blobs` only says in which documents to look.
Attached files and sealed details are in no manifest (which files a document has is sealed) and stand in `blob_uses`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, and_, select

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


def uses(intake: Connection, sha256: bytes) -> set[tuple[bytes, str]]:
    """(document, dataset) of every use of a blob; dataset "" is a sealed detail."""
    asked = select(blob_uses.c.document, blob_uses.c.dataset).where(blob_uses.c.sha256 == sha256)
    found = {(document, dataset) for document, dataset in intake.execute(asked)}
    hints = select(manifest_blobs.c.document).where(manifest_blobs.c.blob == sha256[:PREFIX])
    for hint in list(intake.execute(hints).scalars()):
        for document, body in intake.execute(_beginning_with(hint)):
            found.update((document, name) for name, blob in _blobs(body) if blob == sha256)
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


def _beginning_with(hint: bytes) -> Any:
    """The manifests of the documents whose id begins so: as a range, which an index serves."""
    column = tables.manifests.c.document
    last = hint + b"\xff" * (32 - len(hint))
    return select(column, tables.manifests.c.body).where(and_(column >= hint, column <= last))


def _blobs(body: bytes) -> tuple[tuple[str, bytes], ...]:
    return manifests.read(orjson.loads(body)).blobs
