"""For the operator and for readers of errors: liveness, readiness, metrics, the problems' pages."""

from __future__ import annotations

import html
import re
from typing import Any, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from portledger import resources
from portledger.chain.rpc import ChainError
from portledger.domain.refusals import NotFound
from portledger.gateway import metrics, problems
from portledger.gateway.api import JSON, Json, Operation
from portledger.gateway.state import State, state_of
from portledger.store import outbox

MAX_BEHIND: Final = 60
"""Blocks that the read model may be behind the node while the gateway counts as ready."""


async def livez(_request: Request) -> Response:
    return Json({"status": "ok"})


async def readyz(request: Request) -> Response:
    found = await run_in_threadpool(_readiness, state_of(request))
    return Json(found, 200 if found["status"] == "ok" else 503)


def _readiness(state: State) -> dict[str, Any]:
    block = state.query.confirmed()
    found: dict[str, Any] = {"status": "ok", "confirmed": block.number if block else None, "node": None}
    try:
        found["node"] = state.rpc.block_number()
    except ChainError:
        found["status"] = "node unreachable"
        return found
    if block is None or found["node"] - block.number > MAX_BEHIND:
        found["status"] = "read model behind"
    return found


async def show_metrics(request: Request) -> Response:
    await run_in_threadpool(_measure, state_of(request))
    return Response(metrics.text(), media_type="text/plain; version=0.0.4")


def _measure(state: State) -> None:
    block = state.query.confirmed()
    metrics.CONFIRMED_BLOCK.set(block.number if block else 0)
    with state.databases.intake.connect() as intake, state.databases.relay.connect() as relay:
        metrics.WAITING.set(outbox.count(intake) - outbox.count_outcomes(relay))


async def problem(request: Request) -> Response:
    code = request.path_params["code"]
    page = problems.catalogue().get(code)
    if page is None:
        raise NotFound(f"problem {code[:60]}", "the code of a problem")
    if "text/html" not in request.headers.get("accept", ""):
        return Json(page)
    rows = "".join(
        f"<tr><th>{html.escape(key)}</th><td>{html.escape(str(value))}</td></tr>" for key, value in page.items()
    )
    title = html.escape(code)
    return HTMLResponse(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1><table>{rows}</table>"
    )


_POLICY: Final = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([^"]+)">')


async def verify_page(_request: Request) -> Response:
    """The page's own policy names its script by hash; as a header it holds from the first byte on."""
    body = resources.verify_page()
    found = _POLICY.search(body)
    assert found is not None, "the page names its policy"
    policy = f"{found[1].decode()}; frame-ancestors 'none'"
    return HTMLResponse(body, headers={"content-security-policy": policy})


OPERATIONS: Final = [
    Operation("GET", "/livez", livez, "The process runs", "operation", gives=JSON),
    Operation(
        "GET",
        "/readyz",
        readyz,
        "The gateway can serve",
        "operation",
        gives=JSON,
        other={503: "Not now."},
        description="The node answers and the read model is close behind it.",
    ),
    Operation("GET", "/metrics", show_metrics, "Prometheus metrics", "operation", gives="text/plain"),
    Operation(
        "GET",
        "/problems/{code}",
        problem,
        "What a problem's code means, and what to do",
        "operation",
        gives=JSON,
        problems=("NotFound",),
    ),
    Operation(
        "GET",
        "/verify",
        verify_page,
        "The page that verifies evidence files",
        "operation",
        gives="text/html",
        description="Works without this gateway: whoever does not trust it opens a copy from elsewhere. Files are "
        "read in the browser and sent nowhere.",
    ),
]
