"""Sealed blobs: up by any member who knows their digest, down to whom the documents allow."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Final

from fastapi import Request
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from portledger import faults, measures
from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import BodyTooLarge, NotFound, QuotaUsedUp, Unavailable
from portledger.domain.vault_errors import BlobDigestMismatch, BlobMissing, BlobTooLarge
from portledger.formats import api_json as wire
from portledger.gateway import problems
from portledger.gateway.api import Json, Operation
from portledger.gateway.serving import has
from portledger.gateway.state import State, decimal, parts_of, session_of, state_of, viewer_of
from portledger.services import quotas
from portledger.store.database import or_ignore
from portledger.store.tables import blobs

BYTES: Final = "application/octet-stream"
FRAMES: Final = "application/vnd.portledger.blobs"
HEAD_BYTES: Final = 40
MAX_FRAMES: Final = 1000
CACHE: Final = "private, max-age=31536000, immutable"


async def put(request: Request) -> Response:
    state = state_of(request)
    sha256 = wire.digest(request.path_params["sha256"], "sha256")
    announced = request.headers.get("content-length", "")
    if announced and decimal(announced, below=state.settings.blob_limit + 1) is None:
        raise BodyTooLarge(f"{announced[:20]} bytes", f"{state.settings.blob_limit} bytes")
    # Before a byte of it is read: what is kept for ever is kept for members only.
    party = (await run_in_threadpool(session_of, request)).party
    most = int(announced) if announced else state.settings.blob_limit
    upload = await run_in_threadpool(state.uploads.admit, party, sha256, most, time.time())
    try:
        new = await state.payloads.put_async(sha256, parts_of(request))
        faults.point("blob.after_put")
        size = await run_in_threadpool(_remember, state, sha256, party)
    finally:
        state.uploads.done(upload)
    if new:
        measures.BLOB_BYTES.inc(size)
    return Json(wire.BlobAnswer(sha256=sha256.hex(), size=size), 201 if new else 200)


def _remember(state: State, sha256: bytes, party: int) -> int:
    """After the bytes are on the disk, so that what the table lists is there. Counts for the party that came first."""
    stored = state.payloads.stored(sha256)
    with state.databases.intake.begin() as connection:
        if connection.execute(select(blobs.c.sha256).where(blobs.c.sha256 == sha256)).first() is None:
            row = {"sha256": sha256, "size": stored.size, "received_at": stored.received_at}
            if connection.execute(or_ignore(connection, blobs).returning(blobs.c.sha256), row).first() is not None:
                quotas.charge(connection, party, stored.size, time.time())
    return stored.size


async def put_many(request: Request) -> Response:
    """Frames one after the other, none of them whole in memory; a bad blob refuses itself, a bad frame what follows."""
    state = state_of(request)
    party = (await run_in_threadpool(session_of, request)).party
    frames = Frames(parts_of(request))
    items: list[wire.BlobItem] = []
    while (head := await frames.exactly(HEAD_BYTES, may_end=True)) is not None:
        if len(items) == MAX_FRAMES:
            raise BodyTooLarge(f"more than {MAX_FRAMES} blobs", f"{MAX_FRAMES} in one request")
        sha256, size = head[:32], int.from_bytes(head[32:], "big")
        if size > state.settings.blob_limit:
            raise BodyTooLarge(f"a blob of {size} bytes", f"{state.settings.blob_limit} bytes")
        items.append(await _put_one(state, party, sha256, frames, size))
    if not items:
        raise InvalidInput("$", "an empty body", "one frame or more")
    return Json(wire.BlobsAnswer(items=items))


async def _put_one(state: State, party: int, sha256: bytes, frames: Frames, size: int) -> wire.BlobItem:
    parts = frames.some(size)
    try:
        upload = await run_in_threadpool(state.uploads.admit, party, sha256, size, time.time())
        try:
            new = await state.payloads.put_async(sha256, parts)
            await run_in_threadpool(_remember, state, sha256, party)
        finally:
            state.uploads.done(upload)
    except (BlobDigestMismatch, BlobTooLarge, QuotaUsedUp) as refusal:
        measures.REFUSALS.labels(refusal.code, "item").inc()
        async for _ in parts:  # the rest of this one, up to the next frame
            pass
        return wire.BlobItem(sha256=sha256.hex(), problem=problems.problem(refusal))
    if new:
        measures.BLOB_BYTES.inc(size)
    return wire.BlobItem(sha256=sha256.hex(), size=size, new=new)


class Frames:
    """A body of frames: SHA-256, 32 bytes; size, 8 bytes, big-endian; that many bytes."""

    def __init__(self, parts: AsyncIterator[bytes]) -> None:
        self._parts, self._held = parts, b""

    async def exactly(self, size: int, *, may_end: bool = False) -> bytes | None:
        """That many bytes; None at the end of the body. Raises InvalidInput for a body that ends in between."""
        while len(self._held) < size:
            part = await anext(self._parts, None)
            if part is None:
                if may_end and not self._held:
                    return None
                raise InvalidInput("$", f"a body that ends {size - len(self._held)} bytes early", "whole frames")
            self._held += part
        found, self._held = self._held[:size], self._held[size:]
        return found

    async def some(self, size: int) -> AsyncIterator[bytes]:
        """That many bytes, in parts as they come."""
        while size:
            if not self._held:
                self._held = await anext(self._parts, b"")
                if not self._held:
                    raise InvalidInput("$", f"a body that ends {size} bytes early", "whole frames")
            part, self._held = self._held[:size], self._held[size:]
            size -= len(part)
            yield part


async def get(request: Request) -> Response:
    state = state_of(request)
    sha256 = wire.digest(request.path_params["sha256"], "sha256")
    who = await run_in_threadpool(viewer_of, request)
    await run_in_threadpool(state.query.require_blob, who, sha256)
    tag = f'"{sha256.hex()}"'
    if has(request, tag):
        return Response(status_code=304, headers={"etag": tag, "cache-control": CACHE})
    try:
        size = await run_in_threadpool(state.payloads.size, sha256)
    except BlobMissing as missing:
        raise NotFound(f"blob {sha256.hex()}", "a blob that was uploaded") from missing
    headers = {"content-length": str(size), "cache-control": CACHE, "etag": tag}
    parts = state.payloads.stream_async(sha256)
    try:
        # Before the response begins: a damaged blob of one part, as nearly all are, gets an answer that says so.
        first = await anext(parts, b"")
    except BlobDigestMismatch as damage:
        raise Unavailable(
            f"blob {sha256.hex()}, damaged in the store", "bytes with this digest", "Restore the blob from a backup."
        ) from damage
    return StreamingResponse(_from(first, parts), media_type=BYTES, headers=headers)


async def _from(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in rest:
        yield part


OPERATIONS: Final = [
    Operation(
        "PUT",
        "/v1/blobs/{sha256}",
        put,
        "Upload sealed bytes under their SHA-256",
        "blobs",
        takes=BYTES,
        gives=wire.BlobAnswer,
        status=201,
        other={200: "It was here already."},
        problems=("NotSignedIn", "BlobDigestMismatch", "BodyTooLarge", "BlobTooLarge", "QuotaUsedUp"),
        signed_in=True,
        description="Streamed and hashed on the way; nothing is kept when the digest differs.",
    ),
    Operation(
        "POST",
        "/v1/blobs",
        put_many,
        "Upload up to 1000 sealed blobs in one request",
        "blobs",
        takes=FRAMES,
        gives=wire.BlobsAnswer,
        problems=("NotSignedIn", "InvalidInput", "BodyTooLarge"),
        signed_in=True,
        repeatable=False,
        shows={"items": [{"sha256": "5f" * 32, "size": 4096, "new": True}]},
        description="One frame for each: its SHA-256 (32 bytes), its size (8 bytes, big-endian), its bytes. Each is "
        "answered in its place. Streamed, so that the body may be of any length; a repetition finds them there.",
    ),
    Operation(
        "GET",
        "/v1/blobs/{sha256}",
        get,
        "Fetch sealed bytes",
        "blobs",
        gives=BYTES,
        problems=("NotSignedIn", "NotFound", "Unavailable"),
        signed_in=True,
        description="To parties of a document that names the blob, as the kind's readers say, and to whom a dataset "
        "was granted. Before any document names it: to a party whose waiting act lists it.",
    ),
]
