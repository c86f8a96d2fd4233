"""The payload store: sealed blobs under the SHA-256 of their bytes, immutable (docs/protocol/sealing.md, "Blobs").

A local folder by default, any obstore store in production. A blob appears whole or not at all: it is written under
incoming/, its digest checked while it streams, made durable, then moved to sha256/<first two digits>/<digest>.
Blocking calls with `_async` twins that keep the event loop free.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from portledger.domain.vault_errors import (
    BlobDigestMismatch,
    BlobMissing,
    BlobTooLarge,
    PayloadStoreFailed,
    VaultError,
)
from portledger.durable import sync

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ClientConfig, RetryConfig

MAX_BLOB: Final = 128 * 10**6
"""Bytes: an attachment of 100 MB with padding and tags, with room."""
PART: Final = 2**20
"""Bytes read, hashed and written at a time."""
_RETRIES: RetryConfig = {"max_retries": 5, "retry_timeout": timedelta(seconds=20)}
"""Of an S3 server that is busy or starts anew; then the request fails, and may be repeated."""
UNFINISHED_SECONDS: Final = 3600.0
"""A blob on its way in that got nothing for so long is nobody's any more."""
_INCOMING: Final = "incoming"
_BLOBS: Final = "sha256"
_DIGEST: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Stored:
    """size: bytes; received_at: when the store took it, whole unix seconds by the store's own clock."""

    sha256: bytes
    size: int
    received_at: float


class PayloadStore:
    """Blobs by their SHA-256 (32 bytes). Every method may be called from any thread."""

    def __init__(self, store: Any, folder: Path | None = None, limit: int = MAX_BLOB) -> None:
        """store: an obstore store; folder: where a local one lies, so that files can be synced to disk."""
        self._store, self._folder, self._limit = store, folder, limit

    @classmethod
    def local(cls, folder: Path, limit: int = MAX_BLOB) -> PayloadStore:
        """A store in a folder, made if need be; what an earlier process left unfinished is removed.

        Raises PayloadStoreFailed.
        """
        with _failures("payload store"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            store = cls(LocalStore(str(folder), mkdir=True), folder, limit)
            _remove_unfinished(folder / _INCOMING, time.time() - UNFINISHED_SECONDS)
            # All folders at once, on the disk before the first blob: a blob whose folder a power cut takes is gone too.
            for shard in range(256):
                (folder / _BLOBS / f"{shard:02x}").mkdir(parents=True, exist_ok=True)
            for place in (_BLOBS, ".", ".."):
                store._sync(place)
        return store

    @classmethod
    def at(cls, address: str | None, folder: Path | None, limit: int = MAX_BLOB) -> PayloadStore:
        """The store at s3://bucket/prefix, or the local one in the folder. Where an S3-compatible server is and how to
        sign in is read from AWS_ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and their like.

        Raises PayloadStoreFailed.
        """
        if address is None:
            assert folder is not None
            return cls.local(folder, limit)
        if not address.startswith("s3://"):
            raise PayloadStoreFailed("payload store", address.split("://")[0] + "://…", "s3://bucket/prefix")
        with _failures("payload store"):
            return cls(S3Store.from_url(address, client_options=_http_options(), retry_config=_RETRIES), limit=limit)

    @classmethod
    def beside(cls, address: str | None, folder: Path) -> PayloadStore:
        """As `at`, for the operator's tools beside a running gateway: a local store is taken as it is, and what the
        gateway is writing there is left alone. Raises PayloadStoreFailed."""
        if address is not None:
            return cls.at(address, None)
        with _failures("payload store"):
            return cls(LocalStore(str(folder)), folder)

    def _sync(self, path: str) -> None:
        _sync(self._folder, path)

    def try_out(self) -> None:
        """Writes some bytes where uploads begin, reads them and takes them away. Raises PayloadStoreFailed."""
        path, content = f"{_INCOMING}/{uuid4().hex}", os.urandom(64)
        with _failures("payload store"):
            obstore.put(self._store, path, content)
            try:
                same = bytes(obstore.get(self._store, path).bytes()) == content
            finally:
                obstore.delete(self._store, path)
        if not same:
            raise PayloadStoreFailed("payload store", "other bytes than were written", "the same bytes")

    def put(self, digest: bytes, parts: bytes | Iterable[bytes]) -> bool:
        """Stores a blob; True when it is new. Durable when it returns.

        Raises BlobDigestMismatch (nothing kept), BlobTooLarge, PayloadStoreFailed.
        """
        upload = self.begin(digest)
        try:
            for part in (parts,) if isinstance(parts, bytes) else parts:
                upload.write(part)
            return upload.finish()
        except BaseException:
            upload.abort()
            raise

    async def put_async(self, digest: bytes, parts: bytes | AsyncIterable[bytes]) -> bool:
        """As `put`, from a request's body."""
        if isinstance(parts, bytes):
            return await asyncio.to_thread(self.put, digest, parts)
        upload = self.begin(digest)
        try:
            async for part in parts:
                if upload.will_block(part):
                    await asyncio.to_thread(upload.write, part)
                else:
                    upload.write(part)
            return await asyncio.to_thread(upload.finish)
        except BaseException:
            upload.abort()
            raise

    def begin(self, digest: bytes) -> Upload:
        """A blob to be written part by part; `finish` or `abort` it."""
        return Upload(self._store, self._folder, digest, self._limit)

    def probe(self) -> None:
        """Whether the store answers, and a local one can be written to. Raises PayloadStoreFailed."""
        if self._folder is not None and not os.access(self._folder / _BLOBS, os.W_OK | os.X_OK):
            raise PayloadStoreFailed("payload store", "a folder that cannot be written to", "one that can")
        with suppress(BlobMissing), _failures("payload store"):
            obstore.head(self._store, blob_path(bytes(32)))

    def exists(self, digest: bytes) -> bool:
        return self._size(digest) is not None

    async def exists_async(self, digest: bytes) -> bool:
        return await asyncio.to_thread(self.exists, digest)

    def missing(self, digests: Iterable[bytes]) -> list[bytes]:
        """Those that are not stored, in their order."""
        return [digest for digest in digests if not self.exists(digest)]

    async def missing_async(self, digests: Iterable[bytes]) -> list[bytes]:
        return await asyncio.to_thread(self.missing, list(digests))

    def size(self, digest: bytes) -> int:
        """Bytes. Raises BlobMissing, PayloadStoreFailed."""
        size = self._size(digest)
        if size is None:
            raise _missing(digest)
        return size

    def get(self, digest: bytes) -> bytes:
        """The whole blob. Raises BlobMissing, BlobDigestMismatch (damaged on disk), PayloadStoreFailed."""
        return b"".join(self.stream(digest))

    async def get_async(self, digest: bytes) -> bytes:
        return await asyncio.to_thread(self.get, digest)

    def stream(self, digest: bytes) -> Iterator[bytes]:
        """The blob in parts. Raises BlobMissing at once; BlobDigestMismatch before the last part when it is damaged,
        so a reader that saw the end saw the right bytes."""
        with _failures(digest.hex()):
            result = obstore.get(self._store, blob_path(digest))
        return self._checked(digest, iter(result.stream(min_chunk_size=PART)))

    async def stream_async(self, digest: bytes) -> AsyncIterator[bytes]:
        """As `stream`, for a response's body."""
        parts = await asyncio.to_thread(self.stream, digest)
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            yield part

    def _checked(self, digest: bytes, parts: Iterator[Any]) -> Iterator[bytes]:
        hashed = hashlib.sha256()
        held = b""
        while True:
            with _failures(digest.hex()):
                part = next(parts, None)
            if part is None:
                break
            if held:
                yield held
            held = bytes(part)
            hashed.update(held)
        if hashed.digest() != digest:
            raise BlobDigestMismatch(
                digest.hex(), f"stored bytes with SHA-256 {hashed.hexdigest()}", "its own digest", "Restore the blob."
            )
        if held:
            yield held

    def stored(self, digest: bytes) -> Stored:
        """What the store says of a blob that is there. Raises BlobMissing, PayloadStoreFailed."""
        with _failures(digest.hex()):
            return _stored(digest, obstore.head(self._store, blob_path(digest)))

    def all(self) -> Iterator[Stored]:
        """Every blob that is there, by its digest's first byte. Raises PayloadStoreFailed."""
        for shard in range(256):
            with _failures("payload store"):
                found = [one for part in obstore.list(self._store, f"{_BLOBS}/{shard:02x}") for one in part]
            for one in found:
                name = one["path"].rsplit("/", 1)[-1]
                if _DIGEST.fullmatch(name):
                    yield _stored(bytes.fromhex(name), one)

    def _size(self, digest: bytes) -> int | None:
        try:
            with _failures(digest.hex()):
                return int(obstore.head(self._store, blob_path(digest))["size"])
        except BlobMissing:
            return None


class Upload:
    """One blob on its way in. Small ones stay in memory until `finish`."""

    def __init__(self, store: Any, folder: Path | None, digest: bytes, limit: int) -> None:
        self._store, self._folder, self._digest, self._limit = store, folder, digest, limit
        self._path = f"{_INCOMING}/{uuid4().hex}"
        self._hash, self._size = hashlib.sha256(), 0
        self._kept = bytearray()
        self._writer: Any = None
        self._open = True

    def will_block(self, part: bytes) -> bool:
        """Whether writing this part reaches the disk or takes long."""
        return len(self._kept) + len(part) > PART

    def write(self, part: bytes) -> None:
        """Raises BlobTooLarge, PayloadStoreFailed."""
        self._size += len(part)
        if self._size > self._limit:
            raise BlobTooLarge(self._digest.hex(), f"more than {self._limit} bytes", f"at most {self._limit}")
        self._hash.update(part)
        self._kept += part
        if len(self._kept) > PART:
            self._flush()

    def finish(self) -> bool:
        """Keeps the blob; True when it is new. Raises BlobDigestMismatch (nothing kept), PayloadStoreFailed."""
        if self._hash.digest() != self._digest:
            self.abort()
            raise BlobDigestMismatch(
                self._digest.hex(), f"bytes with SHA-256 {self._hash.hexdigest()}", "its own digest"
            )
        target = blob_path(self._digest)
        with _failures(self._digest.hex()):
            if _stored_size(self._store, target) == self._size:
                self.abort()
                # Who put it there may not have come to this point yet, and the caller will rely on it.
                self._sync(str(Path(target).parent))
                return False
            if self._writer is None:
                obstore.put(self._store, self._path, bytes(self._kept))
            else:
                self._flush()
                self._writer.close()
            self._sync(self._path)
            obstore.rename(self._store, self._path, target)
            self._sync(str(Path(target).parent))
        self._open = False
        return True

    def abort(self) -> None:
        """Leaves nothing behind; also after `finish`, when it does nothing."""
        if not self._open:
            return
        self._open = False
        if self._writer is not None:
            with suppress(OSError, BaseError):
                self._writer.close()
        with suppress(OSError, BaseError):
            obstore.delete(self._store, self._path)

    def _flush(self) -> None:
        with _failures(self._digest.hex()):
            if self._writer is None:
                self._writer = obstore.open_writer(self._store, self._path, max_concurrency=1)
            self._writer.write(bytes(self._kept))
        self._kept.clear()

    def _sync(self, path: str) -> None:
        _sync(self._folder, path)


def _remove_unfinished(folder: Path, before: float) -> None:
    """What nobody has written to since then: what is younger may be another process's, that is at it."""
    for left in folder.glob("*"):
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < before:
                left.unlink()


def _http_options() -> ClientConfig:
    """Plain HTTP only to an endpoint that is written so."""
    return {"allow_http": os.environ.get("AWS_ENDPOINT", "").startswith("http://"), "timeout": "60s"}


def _sync(folder: Path | None, path: str) -> None:
    """Makes a local file, or a folder's list of names, survive a power cut. Other stores do so by themselves."""
    if folder is not None:
        sync(folder / path)


def blob_path(digest: bytes) -> str:
    """sha256/ab/abcdef… Raises BlobMissing for what is no digest."""
    if len(digest) != 32:
        raise BlobMissing("blob", f"a name of {len(digest)} bytes", "a SHA-256 of 32 bytes")
    name = digest.hex()
    return f"{_BLOBS}/{name[:2]}/{name}"


def _stored_size(store: Any, path: str) -> int | None:
    """Bytes of what is stored there, None for nothing. A blob cut short is none: it is written again."""
    try:
        return int(obstore.head(store, path)["size"])
    except FileNotFoundError:
        return None


def _stored(digest: bytes, said: ObjectMeta) -> Stored:
    # A list tells fractions of a second that a look at the one object does not.
    return Stored(digest, int(said["size"]), float(int(said["last_modified"].timestamp())))


def _missing(digest: bytes) -> BlobMissing:
    return BlobMissing(digest.hex(), "no such blob", "a blob that was uploaded")


@contextmanager
def _failures(where: str) -> Iterator[None]:
    try:
        yield
    except VaultError:
        raise
    except FileNotFoundError as error:
        raise BlobMissing(where, "no such blob", "a blob that was uploaded") from error
    except (OSError, BaseError) as error:
        # The system's own text would tell a client where things lie on this machine.
        found = getattr(error, "strerror", None) or type(error).__name__
        raise PayloadStoreFailed(where, found, "a store that can be read and written") from error
