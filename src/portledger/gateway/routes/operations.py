"""For the operator and for readers of errors: liveness, readiness, the problems' pages."""

from __future__ import annotations

import html
import re
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from portledger import resources
from portledger.domain.refusals import NotFound
from portledger.formats import api_json as wire
from portledger.gateway import problems
from portledger.gateway.api import JSON, Json, Operation, ProblemResponse
from portledger.gateway.operator_port import readiness
from portledger.gateway.state import state_of


async def livez(_request: Request) -> Response:
    return Json({"status": "ok"})


async def readyz(request: Request) -> Response:
    said = await run_in_threadpool(readiness, state_of(request).health)
    if isinstance(said, wire.Problem):
        return ProblemResponse(said, {"retry-after": "1"})
    return Json(said)


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
        other={503: "Not now: a problem that names the parts that are not ready."},
        description="Databases and their tables, node, payload store, and the read model close behind the node. 503: a "
        "problem whose `parameters.parts` says what each was found to be.",
    ),
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
