"""Files beside a document: sealed and uploaded by streams, listed in its attachments, fetched and checked."""

from __future__ import annotations

import hashlib
import io
import mimetypes
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.kinds import KindFile
from portledger.domain.refusals import NotSignedIn, QuotaUsedUp, Refusal, TooManyRequests
from portledger.domain.vault_errors import VaultError
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.result import TITLES, Step
from portledger.formats.document import Document
from portledger.sdk.client import Client
from portledger.sdk.session import Session
from portledger.sdk.signing import Unsigned
from portledger.vault.attachments import Attachment as Attachment
from portledger.vault.attachments import open_file, open_stream, seal_file

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


def sealed(name: str, data: bytes) -> tuple[Attachment, bytes]:
    """Seals a file that is in memory: what the document lists, and the sealed bytes. Raises AttachmentRefused."""
    name = unicodedata.normalize("NFC", name)
    target = io.BytesIO()
    made = seal_file(io.BytesIO(data), target, name, mimetypes.guess_type(name)[0] or "application/octet-stream")
    return made, target.getvalue()


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


def of_act(act: Unsigned) -> list[Attachment]:
    """The files that an act's new content lists, before it is on the ledger. Raises AttachmentRefused."""
    opened = act.content.opened if act.content else {}
    return listed(act.kind, {name: one.value for name, one in opened.items()})


def save(client: Client, attachment: Attachment, folder: Path, name: str | None = None) -> Path:
    """Fetches, opens and checks a file; writes it whole or not at all.

    name: default the attachment's own. A file that is there already and is the same stays, unfetched. Raises
    InvalidInput when another is there.
    """
    target = folder / (name or attachment.name)
    if target.exists():
        if _same(attachment, target):
            return target
        raise InvalidInput(
            str(target), "another file of this name", "no file, or the same one",
            "Choose another folder, or move the file away.",
        )  # fmt: skip
    with client.stream_blob(attachment.blob.hex()) as parts:
        open_file(attachment, parts, target)
    return target


def _same(attachment: Attachment, path: Path) -> bool:
    if not path.is_file() or path.stat().st_size != attachment.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest() == attachment.sha256


def file_names(found: Iterable[Attachment]) -> list[str]:
    """A name of its own for each: a document may list two files of one name. The second a.txt becomes a-2.txt.

    Names that differ in case only are kept apart too: some file systems take them for one.
    """
    names: list[str] = []
    for one in found:
        path, number, name = Path(one.name), 1, one.name
        while name.casefold() in [given.casefold() for given in names]:
            number += 1
            name = f"{path.stem}-{number}{path.suffix}"
        names.append(name)
    return names


def read(client: Client, attachment: Attachment) -> bytes:
    """Fetches, opens and checks a file, whole in memory: it never lies on the disk. Raises as open_stream."""
    with client.stream_blob(attachment.blob.hex()) as parts:
        return b"".join(open_stream(attachment, parts))


def check_files(session: Session, document: str) -> list[Attachment]:
    """Fetches and opens every file of a document that this party may read the list of, and keeps none of them.

    Raises VerificationError as check_file.
    """
    found = attachments(session, document)
    for one in found:
        check_file(session, one)
    return found


def check_file(
    session: Session,
    one: Attachment,
    passing: tuple[type[PortledgerError], ...] = (NotSignedIn, QuotaUsedUp, TooManyRequests),
) -> None:
    """Fetches and opens a file, and keeps nothing of it. passing: errors that say nothing about the file, and are
    raised as they are.

    Raises VerificationError (13) that names the file whose stored bytes are not the ones that were sealed.
    """
    try:
        with session.client.stream_blob(one.blob.hex()) as parts:
            for _ in open_stream(one, parts):
                pass
    except passing:
        raise
    except (VaultError, Refusal) as failure:
        session.client.ledger()  # a gateway that answers nothing at all is no damage: this raises
        raise VerificationError(
            int(Step.DATASETS), TITLES[Step.DATASETS], f"an attached file that cannot be opened ({failure.found})",
            f"the file with SHA-256 {one.sha256.hex()}",
            "The stored file was altered or lost: fetch it from another copy.", one.name,
        ) from failure  # fmt: skip
