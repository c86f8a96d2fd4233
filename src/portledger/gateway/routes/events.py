"""The stream of events: a JSON page for who polls, server-sent events for who listens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import structlog
from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.formats import api_json as wire
from portledger.gateway.api import Json, Operation
from portledger.gateway.state import decimal, state_of, viewer_of
from portledger.services import feed

log = structlog.get_logger("gateway")

STREAM: Final = "text/event-stream"
PAGE: Final = 200
HEARTBEAT_SECONDS: Final = 15.0
"""A comment line this often keeps proxies from closing a quiet stream."""


def _cursor(request: Request) -> int:
    text = request.headers.get("last-event-id") or request.query_params.get("cursor", "0")
    found = decimal(text, below=1 << 63)
    if found is None:
        raise InvalidInput("cursor", repr(text[:40]), "the id of an event, or 0")
    return found


def _filter(request: Request) -> feed.Filter:
    """Raises InvalidInput."""
    kind, document = request.query_params.get("type"), request.query_params.get("document")
    return feed.Filter(() if kind is None else (kind,), None if document is None else wire.digest(document, "document"))


async def events(request: Request) -> Response:
    cursor, only, state = _cursor(request), _filter(request), state_of(request)
    who = await run_in_threadpool(viewer_of, request)
    if STREAM in request.headers.get("accept", ""):
        state.watcher.require_room(who.party)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(_counted(request, who.party, cursor, only), media_type=STREAM, headers=headers)
    found = await run_in_threadpool(feed.page, state.ledger, who, cursor, PAGE, only)
    return Json(wire.EventsPage(items=[event for _, event in found.items], next=str(found.last)))


async def _counted(request: Request, party: int, cursor: int, only: feed.Filter) -> AsyncIterator[bytes]:
    """The response has begun: whatever ends it, the client learns by its end, and asks anew."""
    try:
        with state_of(request).watcher.stream(party):
            async for part in _stream(request, cursor, only):
                yield part
    except (PortledgerError, SQLAlchemyError) as end:
        log.info("stream_ended", party=party, why=type(end).__name__)


async def _stream(request: Request, cursor: int, only: feed.Filter) -> AsyncIterator[bytes]:
    """Until the client goes, or its session or this process ends; roles and session are looked up for every page."""
    state = state_of(request)
    yield b": portledger\n\n"
    # The server ends the response's task when the client goes; asking for it here would take its message away.
    while not state.watcher.ending:
        grown = state.watcher.grown
        who = await run_in_threadpool(viewer_of, request)
        found = await run_in_threadpool(feed.page, state.ledger, who, cursor, PAGE, only)
        cursor = found.last
        for position, event in found.items:
            yield b"id: %d\nevent: %s\ndata: %s\n\n" % (position, event.type.encode(), wire.encode(event))
        if not found.full:
            await state.watcher.growth(grown, HEARTBEAT_SECONDS)
            yield b": alive\n\n"


OPERATIONS: Final = [
    Operation(
        "GET",
        "/v1/events",
        events,
        "What happened to your documents, and to all parties",
        "events",
        gives=wire.EventsPage,
        query=[
            ("cursor", "cursor", "`next` of the page before; 0 = from the beginning."),
            ("type", feed.TYPES, "Only events of this type."),
            ("document", "digest", "Only events of this document."),
        ],
        problems=("NotSignedIn", "InvalidInput"),
        signed_in=True,
        description="CloudEvents 1.0. With Accept: text/event-stream as server-sent events; Last-Event-ID resumes. "
        "With a filter a page may be empty and `next` still go on: there is more until `next` stays as it was.",
    ),
]
