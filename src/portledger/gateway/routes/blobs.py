"""Sealed blobs: up by any member who knows their digest, down to whom the documents allow."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Final

from fastapi import Request
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from portledger import faults
from portledger.domain.refusals import BodyTooLarge, NotFound, Unavailable
from portledger.domain.vault_errors import BlobDigestMismatch, BlobMissing
from portledger.formats import api_json as wire
from portledger.gateway import metrics
from portledger.gateway.api import Json, Operation
from portledger.gateway.state import State, decimal, session_of, state_of, viewer_of
from portledger.store.database import or_ignore
from portledger.store.tables import blobs

BYTES: Final = "application/octet-stream"


async def put(request: Request) -> Response:
    state = state_of(request)
    sha256 = wire.digest(request.path_params["sha256"], "sha256")
    announced = request.headers.get("content-length", "")
    if announced and decimal(announced, below=state.settings.blob_limit + 1) is None:
        raise BodyTooLarge(f"{announced[:20]} bytes", f"{state.settings.blob_limit} bytes")
    # Before a byte of it is read: what is kept for ever is kept for members only.
    await run_in_threadpool(session_of, request)
    new = await state.payloads.put_async(sha256, request.stream())
    faults.point("blob.after_put")
    size = await run_in_threadpool(_remember, state, sha256)
    if new:
        metrics.BLOB_BYTES.inc(size)
    return Json(wire.BlobAnswer(sha256=sha256.hex(), size=size), 201 if new else 200)


def _remember(state: State, sha256: bytes) -> int:
    """After the bytes are on the disk, so that what the table lists is there."""
    size = state.payloads.size(sha256)
    with state.databases.intake.begin() as connection:
        if connection.execute(select(blobs.c.sha256).where(blobs.c.sha256 == sha256)).first() is None:
            row = {"sha256": sha256, "size": size, "received_at": time.time()}
            connection.execute(or_ignore(connection, blobs), row)
    return size


async def get(request: Request) -> Response:
    state = state_of(request)
    sha256 = wire.digest(request.path_params["sha256"], "sha256")
    who = await run_in_threadpool(viewer_of, request)
    await run_in_threadpool(state.query.require_blob, who, sha256)
    try:
        size = await run_in_threadpool(state.payloads.size, sha256)
    except BlobMissing as missing:
        raise NotFound(f"blob {sha256.hex()}", "a blob that was uploaded") from missing
    headers = {"content-length": str(size), "cache-control": "private, max-age=31536000, immutable"}
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
        problems=("NotSignedIn", "BlobDigestMismatch", "BodyTooLarge", "BlobTooLarge"),
        signed_in=True,
        description="Streamed and hashed on the way; nothing is kept when the digest differs.",
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
        "was granted.",
    ),
]
