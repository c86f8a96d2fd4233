"""Attached files: sealed by streams, in constant memory, up to 100 MB (docs/protocol/sealing.md, "Attachments").

The document's value holds name, media type, size and SHA-256 of the file (the leaf by which it is proved) and, beside
them, where the sealed bytes are and what opens them. Who may read the dataset may so open its files.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

from portledger.domain.vault_errors import AttachmentRefused, NotCanonical
from portledger.vault.canonical import check
from portledger.vault.padding import padded_length
from portledger.vault.sealing import KEY_LENGTH
from portledger.vault.streaming import CHUNK, NONCE_LENGTH, open_chunks, seal_chunks, stream_nonce
from portledger.vault.wire import bytes_of_hex, integer_of, text_of, with_members

MAX_SIZE: Final = 100_000_000
"""Bytes of a file."""
AAD: Final = b"portledger/attachment/1"
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
# Folders and control characters; a dot in front, since such a file is hidden and often a program's settings; marks that
# turn the direction of writing, under which "gpj.exe" is shown as "exe.jpg".
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f/\\]|^$|^\.|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Attachment:
    """name: a file name without folders; media_type: RFC 6838; size: bytes; sha256: of the file, 32 bytes.

    blob: SHA-256 of the sealed bytes; key: 32 bytes, secret; nonce: 12 bytes.
    """

    name: str
    media_type: str
    size: int
    sha256: bytes
    blob: bytes
    key: bytes = field(repr=False)
    nonce: bytes = field(repr=False)

    def to_value(self) -> dict[str, Any]:
        """As it stands in the dataset's value. `/…/sha256` is the leaf that proves the file."""
        return {
            "name": self.name,
            "mediaType": self.media_type,
            "size": self.size,
            "sha256": self.sha256.hex(),
            "sealed": {"blob": self.blob.hex(), "key": self.key.hex(), "nonce": self.nonce.hex()},
        }

    @classmethod
    def from_value(cls, data: Any) -> Attachment:
        """Raises AttachmentRefused."""
        names = {"name", "mediaType", "size", "sha256", "sealed"}
        members = with_members(data, names, "attachment", AttachmentRefused)
        sealed = with_members(members["sealed"], {"blob", "key", "nonce"}, "attachment/sealed", AttachmentRefused)

        def octets(source: dict[str, Any], name: str, length: int) -> bytes:
            return bytes_of_hex(source[name], length, f"attachment/{name}", AttachmentRefused)

        return cls(
            checked_name(text_of(members["name"], "attachment/name", AttachmentRefused)),
            checked_media_type(text_of(members["mediaType"], "attachment/mediaType", AttachmentRefused)),
            integer_of(members["size"], 0, MAX_SIZE, "attachment/size", AttachmentRefused),
            octets(members, "sha256", 32),
            octets(sealed, "blob", 32),
            octets(sealed, "key", KEY_LENGTH),
            octets(sealed, "nonce", NONCE_LENGTH),
        )


def checked_name(name: str) -> str:
    """Raises AttachmentRefused for a name with folders, control or direction characters, a dot in front, over 255
    bytes, or not in NFC."""
    try:
        check(name)
    except NotCanonical as error:
        raise AttachmentRefused("attachment/name", error.found, error.allowed) from error
    if _UNSAFE.search(name) or len(name.encode()) > 255:
        raise AttachmentRefused(
            "attachment/name", f"{name[:60]!a}", "a plain file name without folders, at most 255 bytes"
        )
    return name


def checked_media_type(media_type: str) -> str:
    """Raises AttachmentRefused for what is no lower-case type/subtype."""
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise AttachmentRefused("attachment/mediaType", f"{media_type[:60]!a}", "type/subtype, lower case")
    return media_type


def seal_file(source: BinaryIO, target: BinaryIO, name: str, media_type: str) -> Attachment:
    """Reads a file to its end and writes its sealed bytes. Raises AttachmentRefused (name, media type, size)."""
    checked_name(name)
    checked_media_type(media_type)
    key, nonce = os.urandom(KEY_LENGTH), stream_nonce(os.urandom(NONCE_LENGTH))
    plain, sealed = _Measured(), hashlib.sha256()
    for chunk in seal_chunks(key, nonce, _padded(source, plain), AAD):
        sealed.update(chunk)
        target.write(chunk)
    return Attachment(name, media_type, plain.size, plain.digest(), sealed.digest(), key, nonce)


def open_stream(attachment: Attachment, sealed: Iterable[bytes]) -> Iterator[bytes]:
    """The file's bytes from the sealed blob's, in parts of any size.

    Raises AttachmentRefused or CiphertextMismatch, the last checks after the last part: use nothing before the end.
    """
    plain, blob, padding = _Measured(), hashlib.sha256(), 0
    for chunk in open_chunks(attachment.key, attachment.nonce, _hashed(sealed, blob), AAD, attachment.name):
        content = chunk[: attachment.size - plain.size]
        rest = chunk[len(content) :]
        if rest.count(0) != len(rest):
            raise AttachmentRefused(attachment.name, "padding that is not zero", "zero bytes after the file")
        padding += len(rest)
        plain.update(content)
        if content:
            yield content
    if plain.size != attachment.size or plain.size + padding != padded_length(attachment.size):
        raise AttachmentRefused(
            attachment.name, f"{plain.size} bytes and {padding} of padding", f"{attachment.size} and its own padding"
        )
    if plain.digest() != attachment.sha256:
        raise AttachmentRefused(attachment.name, f"SHA-256 {plain.digest().hex()}", attachment.sha256.hex())
    if blob.digest() != attachment.blob:
        raise AttachmentRefused(attachment.name, f"sealed bytes {blob.hexdigest()}", attachment.blob.hex())


def open_file(attachment: Attachment, sealed: Iterable[bytes], target: Path) -> None:
    """Writes the file whole, after every check, or not at all. Raises as open_stream, and OSError."""
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".portledger.")
    try:
        with os.fdopen(handle, "wb") as file:
            for part in open_stream(attachment, sealed):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


class _Measured:
    """Size and SHA-256 of what passes."""

    def __init__(self) -> None:
        self.size, self._hash = 0, hashlib.sha256()

    def update(self, part: bytes) -> None:
        self.size += len(part)
        self._hash.update(part)

    def digest(self) -> bytes:
        return self._hash.digest()


def _padded(source: BinaryIO, plain: _Measured) -> Iterator[bytes]:
    while part := source.read(CHUNK):
        plain.update(part)
        if plain.size > MAX_SIZE:
            raise AttachmentRefused("attachment", f"more than {MAX_SIZE} bytes", f"at most {MAX_SIZE}")
        yield part
    left = padded_length(plain.size) - plain.size
    while left:
        zeros = bytes(min(left, CHUNK))
        left -= len(zeros)
        yield zeros


def _hashed(parts: Iterable[bytes], into: Any) -> Iterator[bytes]:
    for part in parts:
        into.update(part)
        yield part
