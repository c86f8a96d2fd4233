"""The ASGI application of one worker process."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import threading
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from portledger import tracing
from portledger.domain.errors import PortledgerError
from portledger.domain.refusals import NotFound, Unavailable
from portledger.formats.api_json import Problem, encode
from portledger.gateway import logs
from portledger.gateway.api import Operation, ProblemResponse, openapi
from portledger.gateway.door import REQUEST_ID, ROUTE, Door
from portledger.gateway.routes import (
    actions,
    blobs,
    credentials,
    documents,
    events,
    evidence,
    ledger,
    operations,
    parties,
    waiting,
    webhooks,
)
from portledger.gateway.serving import refused, serve
from portledger.gateway.settings import ENVIRONMENT, NODE, PARENT, Settings
from portledger.gateway.state import VERSION, State, open_state
from portledger.services import sessions

log = structlog.get_logger("gateway")

OPERATIONS: Final[list[Operation]] = [
    *ledger.OPERATIONS,
    *actions.OPERATIONS,
    *blobs.OPERATIONS,
    *waiting.OPERATIONS,
    *documents.OPERATIONS,
    *evidence.OPERATIONS,
    *parties.OPERATIONS,
    *events.OPERATIONS,
    *webhooks.OPERATIONS,
    *credentials.OPERATIONS,
    *operations.OPERATIONS,
]
DESCRIPTION: Final = (
    "Trade documents as controllable originals. Acts are signed by the parties and carried here; the gateway can "
    "neither act for a party nor read what is sealed. Every POST may be repeated: what is the same is taken once. "
    "Errors are RFC 9457 problems whose `code` is stable."
)


_EXPOSED: Final = (
    "etag", "idempotency-replayed", "ratelimit", "ratelimit-policy", "retry-after", "x-request-id",
)  # fmt: skip
"""Headers that a page of another origin may read."""


def create_app(state: State) -> FastAPI:
    app = FastAPI(
        title="portledger", version=VERSION, openapi_url=None, docs_url=None, redoc_url=None, lifespan=_lifespan
    )
    app.state.portledger = state
    serve(app, [*OPERATIONS, Operation("GET", "/openapi.json", _openapi, "This description", "operation")])
    app.add_exception_handler(PortledgerError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _no_database)
    app.add_exception_handler(InterfaceError, _no_database)
    app.add_exception_handler(NoConnectionFree, _no_database)
    if state.settings.api.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(state.settings.api.origins),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=[
                "authorization",
                "content-type",
                "idempotency-key",
                "if-match",
                "if-none-match",
                "x-request-id",
            ],
            expose_headers=list(_EXPOSED),
        )
    # The last one added is the outermost.
    app.add_middleware(
        Door,
        settings=state.settings.api,
        credentials=state.credentials,
        secure=state.settings.uri.startswith("https://"),
    )
    return app


def create() -> FastAPI:
    """What granian's worker calls."""
    settings = Settings.from_json(os.environ[ENVIRONMENT])
    logs.configure(settings.log_level)
    if settings.traces is not None:
        tracing.configure(settings.traces, "gateway")
    _die_with_parent(int(os.environ[PARENT]))
    return create_app(open_state(settings, os.environ[NODE]))


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state: State = app.state.portledger
    sessions.preload()
    watching = asyncio.create_task(state.watcher.run())
    _drain_on_sigterm(state)
    # Everything that lives now lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    # A request for a thousand acts makes some ten thousand objects, none of them in circles: looked at once, not at
    # every seven hundredth.
    gc.set_threshold(20_000, 20, 50)
    yield
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    state.health.close()
    state.rpc.close()
    state.databases.close()
    await asyncio.to_thread(tracing.close)


def _drain_on_sigterm(state: State) -> None:
    """Who waits for an outcome or for events would keep the server waiting for them: they are answered first. Then the
    server is told, by the other signal that it knows: requests that have begun are answered, no others taken."""
    if threading.current_thread() is not threading.main_thread():  # an application of a test's own
        return

    def drain() -> None:
        state.watcher.drain()
        os.kill(os.getpid(), signal.SIGINT)

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, drain)


def _die_with_parent(parent: int) -> None:
    """A worker whose server was killed must not go on taking acts beside the next server's.

    parent: told by the server, which may be dead before this worker can look whose child it is.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.1)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


async def _openapi(_request: Request) -> Response:
    return Response(_DESCRIBED.body(), media_type="application/json")


def described() -> dict[str, Any]:
    """The OpenAPI document."""
    return openapi("portledger", VERSION, DESCRIPTION, OPERATIONS)


class _Described:
    """The OpenAPI document, made when first asked for."""

    def __init__(self) -> None:
        self._body: bytes | None = None

    def body(self) -> bytes:
        if self._body is None:
            self._body = encode(described())
        return self._body


_DESCRIBED: Final = _Described()


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, PortledgerError)
    return refused(request, error)


async def _no_database(request: Request, error: Exception) -> Response:
    """It does not answer, or its disk is full: nothing was written, and the operator's log has the reason."""
    log.error("database", route=request.scope.get(ROUTE), found=str(getattr(error, "orig", error))[:500])
    return refused(request, Unavailable("a database that does not answer as it should", "one that does"))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return await _refused(request, NotFound(f"path {request.url.path}", "a path of /openapi.json"))
    said = Problem(
        type="about:blank",
        title=str(error.detail),
        status=error.status_code,
        detail=f"Found {request.method} {request.url.path}; allowed: the methods of /openapi.json.",
        code="Http",
        instance=request.url.path,
        request_id=request.scope.get(REQUEST_ID),
    )
    return ProblemResponse(said, dict(error.headers or {}))
