"""Files beside a document: sealed and uploaded by streams, listed in its attachments, fetched and checked."""

from __future__ import annotations

import mimetypes
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import KindFile
from portledger.formats.document import Document
from portledger.sdk.client import Client
from portledger.sdk.session import Session
from portledger.vault.attachments import Attachment, open_file, seal_file

_PIECE: Final = 1 << 20


def attach(client: Client, kind: KindFile, document: Document, paths: Iterable[Path]) -> Document:
    """Seals and uploads the files; the document that lists them. Raises InvalidInput, AttachmentRefused."""
    listed = [upload(client, path).to_value() for path in paths]
    return document.extended(kind, {"ext:/files": listed})


def upload(client: Client, path: Path) -> Attachment:
    """Seals one file in constant memory and uploads it."""
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    with tempfile.TemporaryFile() as sealed:
        try:
            with path.open("rb") as source:
                made = seal_file(source, sealed, path.name, media_type)
        except OSError as wrong:
            raise InvalidInput(str(path), str(wrong), "a readable file") from wrong
        client.put_blob_stream(made.blob.hex(), lambda: _pieces(sealed))
    return made


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece


def listed(kind: KindFile, values: Mapping[str, Any]) -> list[Attachment]:
    """The attachments that a document's values list. Raises AttachmentRefused."""
    found = []
    for dataset in kind.datasets:
        if dataset.attachments:
            for value in values.get(dataset.name, {}).get("files", []):
                found.append(Attachment.from_value(value))
    return found


def attachments(session: Session, document: str) -> list[Attachment]:
    """The files of a document, as far as this party may read the list."""
    opened = session.open(document)
    return listed(session.kind(opened.kind), opened.values())


def save(client: Client, attachment: Attachment, folder: Path) -> Path:
    """Fetches, opens and checks a file; writes it whole or not at all. Raises InvalidInput when it exists."""
    target = folder / attachment.name
    if target.exists():
        raise InvalidInput(str(target), "a file that exists", "a new file", "Choose another folder, or move it away.")
    with client.stream_blob(attachment.blob.hex()) as parts:
        open_file(attachment, parts, target)
    return target
