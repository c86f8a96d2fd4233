"""The ASGI application of one worker process."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import threading
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portledger.chain.rpc import ChainError
from portledger.domain.errors import PortledgerError
from portledger.domain.refusals import NotFound, Unavailable
from portledger.formats.api_json import Problem, encode
from portledger.gateway import metrics, problems
from portledger.gateway.api import Operation, ProblemResponse, openapi, serve
from portledger.gateway.routes import actions, blobs, documents, events, evidence, ledger, operations, parties
from portledger.gateway.settings import ENVIRONMENT, NODE, PARENT, Settings
from portledger.gateway.state import VERSION, State, open_state
from portledger.services import sessions

log = structlog.get_logger("gateway")

OPERATIONS: Final[list[Operation]] = [
    *ledger.OPERATIONS,
    *actions.OPERATIONS,
    *blobs.OPERATIONS,
    *documents.OPERATIONS,
    *evidence.OPERATIONS,
    *parties.OPERATIONS,
    *events.OPERATIONS,
    *operations.OPERATIONS,
]
DESCRIPTION: Final = (
    "Trade documents as controllable originals. Acts are signed by the parties and carried here; the gateway can "
    "neither act for a party nor read what is sealed. Every POST may be repeated: what is the same is taken once. "
    "Errors are RFC 9457 problems whose `code` is stable."
)


def create_app(state: State) -> FastAPI:
    app = FastAPI(
        title="portledger", version=VERSION, openapi_url=None, docs_url=None, redoc_url=None, lifespan=_lifespan
    )
    app.state.portledger = state
    serve(app, [*OPERATIONS, Operation("GET", "/openapi.json", _openapi, "This description", "operation")])
    app.add_exception_handler(PortledgerError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(Measured)
    return app


def create() -> FastAPI:
    """What granian's worker calls."""
    settings = Settings.from_json(os.environ[ENVIRONMENT])
    _die_with_parent(int(os.environ[PARENT]))
    return create_app(open_state(settings, os.environ[NODE]))


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state: State = app.state.portledger
    sessions.preload()
    watching = asyncio.create_task(state.watcher.run())
    # Everything that lives now lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    yield
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    state.rpc.close()
    state.databases.close()


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


class _Described:
    """The OpenAPI document, made when first asked for."""

    def __init__(self) -> None:
        self._body: bytes | None = None

    def body(self) -> bytes:
        if self._body is None:
            self._body = encode(openapi("portledger", VERSION, DESCRIPTION, OPERATIONS))
        return self._body


_DESCRIBED: Final = _Described()


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, PortledgerError)
    if isinstance(error, ChainError):
        # The node is the operator's: its address, keys in it, and its words are for the log.
        log.warning("node", path=request.url.path, found=error.found)
        error = Unavailable("a node that does not answer as it should", "one that does", "Try again in a moment.")
    found = problems.problem(error, instance=request.url.path)
    headers = {"www-authenticate": "Bearer"} if found.status == 401 else None
    if found.code in ("InFlight", "Unavailable"):
        headers = {"retry-after": "1"}
    return ProblemResponse(found, headers)


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
    )
    return ProblemResponse(said, dict(error.headers or {}))


async def _failed(request: Request, error: Exception) -> Response:
    log.error("failed", path=request.url.path, method=request.method, exc_info=error)
    return ProblemResponse(problems.internal(request.url.path))


class Measured:
    """Counts requests and their times, without reading bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                took: Any = time.perf_counter() - began
                metrics.answered(scope["method"], message["status"], took)
            await send(message)

        await self._app(scope, receive, measured)
