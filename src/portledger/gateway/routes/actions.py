"""Signed acts, party acts, vetoes and enactments: in, and what became of them."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from portledger import measures
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.refusals import NotSignedIn
from portledger.formats import api_json as wire
from portledger.gateway import problems
from portledger.gateway.api import Deprecated, Json, Operation
from portledger.gateway.door import ACTION, PARTY
from portledger.gateway.state import (
    REFUSES,
    State,
    problem_of,
    read,
    require_access,
    session_of,
    state_of,
    token_of,
)
from portledger.services.status import status_of

MAX_WAIT: Final = 60.0
"""Seconds."""
DEFAULT_WAIT: Final = 30.0
OPEN: Final = frozenset({"accepted", "submitted"})
"""States that another one follows."""
SECONDS_DEPRECATED: Final = Deprecated(since=1_764_028_800, link="/openapi.json")
"""`wait` as a number of seconds, from before there was `timeout`."""


async def submit(request: Request) -> Response:
    state = state_of(request)
    seconds, old = _patience(request)
    asked = await read(request, wire.SubmitRequest)
    by = await _carrier(request, asked)
    began = time.perf_counter()
    answer = await state.submitter.submit(asked, by)
    measures.ACKNOWLEDGED.labels("single").observe(time.perf_counter() - began)
    request.scope[ACTION] = answer.digest
    measures.ACCEPTED.inc()
    if seconds > 0 and answer.status in OPEN:
        answer = await _settled(state, bytes.fromhex(answer.digest), seconds)
    return Json(answer, 202 if answer.status in OPEN or not seconds else 200, old)


async def submit_batch(request: Request) -> Response:
    state = state_of(request)
    seconds, old = _patience(request)
    asked = await read(request, wire.BatchRequest)
    if not 1 <= len(asked.actions) <= wire.MAX_BATCH:
        raise InvalidInput("$.actions", f"{len(asked.actions)} items", f"1 to {wire.MAX_BATCH}")
    by = await _carrier(request, *asked.actions)
    began = time.perf_counter()
    results = await state.submitter.submit_batch(asked, by)
    measures.ACKNOWLEDGED.labels("batch").observe(time.perf_counter() - began)
    items = [_item(result, item) for result, item in zip(results, asked.actions, strict=True)]
    request.scope[REFUSES] = any(item.problem is not None for item in items)
    if seconds > 0:
        items = list(await _all_settled(state, items, seconds))
    done = seconds > 0 and all(item.status not in OPEN for item in items)
    return Json(wire.BatchAnswer(items=items), 200 if done else 202, old)


async def _all_settled(state: State, items: list[wire.BatchItem], seconds: float) -> list[wire.BatchItem]:
    """The items with their last states, all waited for together."""

    async def settled(item: wire.BatchItem) -> wire.BatchItem:
        if item.digest is None or item.status not in OPEN:
            return item
        found = await _settled(state, bytes.fromhex(item.digest), seconds)
        return wire.BatchItem(digest=found.digest, status=found.status, problem=found.problem)

    return list(await asyncio.gather(*(settled(item) for item in items)))


async def _carrier(request: Request, *items: wire.SubmitRequest) -> int | None:
    """The signed-in party, where it matters who offers an act: for what the signatures do not cover.

    No session is needed for an act. But a session or key that is shown must have been made for submitting: what it
    lacks it shall not do by leaving a detail out. Raises AccessMissing.
    """
    if "authorization" not in request.headers:
        return None
    if any(item.details or item.attachments for item in items):
        return (await run_in_threadpool(session_of, request)).party
    try:
        known = state_of(request).credentials.fresh(token_of(request))
        if known is not None:
            require_access(request, known.scopes)
            request.scope[PARTY] = known.party
            return known.party
        return (await run_in_threadpool(session_of, request)).party
    except NotSignedIn:
        return None


def _item(result: wire.ActionStatus | PortledgerError, item: wire.SubmitRequest) -> wire.BatchItem:
    if isinstance(result, PortledgerError):
        measures.REFUSALS.labels(result.code, "item").inc()
        return wire.BatchItem(problem=problems.problem(result, actor=item.action.actor))
    measures.ACCEPTED.inc()
    return wire.BatchItem(digest=result.digest, status=result.status)


async def status(request: Request) -> Response:
    state = state_of(request)
    digest = wire.digest(request.path_params["digest"], "digest")
    request.scope[ACTION] = digest.hex()
    seconds, old = _patience(request)
    found = await _settled(state, digest, seconds) if seconds > 0 else _status(state, digest)
    return Json(found, headers=old)


async def _settled(state: State, digest: bytes, seconds: float) -> wire.ActionStatus:
    """The status once it is final or refused, or as it is after that many seconds, or at once where too many wait.

    Raises NotFound.
    """
    if state.watcher.crowded:
        return _status(state, digest)
    with state.watcher.waiting(digest) as outcome:
        found = _status(state, digest)
        if found.status not in OPEN:
            return found
        await asyncio.wait({outcome}, timeout=seconds)
    return _status(state, digest)


def _status(state: State, digest: bytes) -> wire.ActionStatus:
    return status_of(state.ledger, digest, problem_of)


def _patience(request: Request) -> tuple[float, dict[str, str] | None]:
    """(seconds to wait for the last state, headers that say that this way of asking is old). Raises InvalidInput."""
    text = request.query_params.get("wait")
    limit = _seconds("timeout", request.query_params.get("timeout", f"{DEFAULT_WAIT:g}"))
    if text is None:
        return 0.0, None
    if text == "final":
        return limit, None
    return _seconds("wait", text), SECONDS_DEPRECATED.headers()


def _seconds(name: str, text: str) -> float:
    try:
        found = float(text) if len(text) <= 40 else math.nan
    except ValueError:
        found = math.nan
    if not found >= 0:
        allowed = "final" if name == "wait" else f"seconds, at most {MAX_WAIT:g}"
        raise InvalidInput(name, repr(text[:40]), allowed)
    return min(found, MAX_WAIT)


async def party_act(request: Request) -> Response:
    await _carrier(request)
    asked = await read(request, wire.PartyActRequest)
    return Json(await run_in_threadpool(state_of(request).party_acts.act, asked), 202)


async def veto(request: Request) -> Response:
    await _carrier(request)
    asked = await read(request, wire.VetoRequest)
    return Json(await run_in_threadpool(state_of(request).party_acts.veto, asked), 202)


async def enact(request: Request) -> Response:
    await _carrier(request)
    asked = await read(request, wire.EnactRequest)
    return Json(await run_in_threadpool(state_of(request).party_acts.enact, asked), 202)


EXAMPLE_ACT: Final[dict[str, Any]] = {
    "kind": 257,
    "verb": 3,
    "document": "6b3a9f0b5a7a1b6f5c0c3f2ad8e5f7b1b2c5e4d3a291807f6e5d4c3b2a190807",
    "previous": "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "actor": 2,
    "epoch": 1,
    "deadline": 1767225600,
    "counterparty": 1,
    "endorsee": 2,
    "signatures": "a1" * 65,
}
_SUBMIT_PROBLEMS: Final = (
    "InvalidInput",
    "WrongChain",
    "WrongLedger",
    *problems.STEPS,
    "InFlight",
    "ManifestMissing",
    "ManifestMismatch",
    "BlobMissing",
    "BodyTooLarge",
)

_WAIT: Final = (
    ("wait", "wait", "`final`: the answer comes once the state is final or refused. (A number of seconds: old.)"),
    ("timeout", "seconds", "Seconds after which the answer comes all the same; at most 60, by default 30."),
)
_DONE: Final = {200: "With wait=final: every act has its last state."}

OPERATIONS: Final = [
    Operation(
        "POST",
        "/v1/actions",
        submit,
        "Offer one signed act",
        "acts",
        takes=wire.SubmitRequest,
        gives=wire.ActionStatus,
        status=202,
        other=_DONE,
        query=_WAIT,
        problems=_SUBMIT_PROBLEMS,
        example={"action": EXAMPLE_ACT, "chainId": 1337, "ledger": "0x" + "5f" * 20},
        description="202 once it is durable here. The same signed bytes again: 202 with the present status. No session "
        "is needed: the authority is in the signatures. Acts that write content bring their manifest, after its blobs.",
    ),
    Operation(
        "POST",
        "/v1/actions/batch",
        submit_batch,
        "Offer up to 1000 signed acts",
        "acts",
        takes=wire.BatchRequest,
        gives=wire.BatchAnswer,
        status=202,
        other=_DONE,
        query=_WAIT,
        problems=("InvalidInput", "WrongChain", "WrongLedger", "BodyTooLarge"),
        example={"actions": [{"action": EXAMPLE_ACT}]},
        description="Each item is judged by itself and answered in its place: a status, or a problem.",
    ),
    Operation(
        "GET",
        "/v1/actions/{digest}",
        status,
        "Where an act stands",
        "acts",
        gives=wire.ActionStatus,
        query=_WAIT,
        problems=("NotFound",),
        description="Also for party acts, vetoes, enactments and the consortium's calls.",
    ),
    Operation(
        "POST",
        "/v1/party-acts",
        party_act,
        "Offer a party's act on itself",
        "parties",
        takes=wire.PartyActRequest,
        gives=wire.ActionStatus,
        status=202,
        problems=("InvalidInput", "SignaturesRefused", "ScopeMissing", "BadParameter", "InFlight"),
        example={
            "party": 2,
            "nonce": 0,
            "what": 6,
            "value": "00" * 32,
            "deadline": 1767225600,
            "signatures": "a1" * 65,
            "consent": "",
        },
    ),
    Operation(
        "POST",
        "/v1/vetoes",
        veto,
        "Veto a change of one's own party",
        "parties",
        takes=wire.VetoRequest,
        gives=wire.ActionStatus,
        status=202,
        problems=("NotFound", "NotVetoable", "SignaturesRefused", "ScopeMissing"),
        example={"changeId": "c4" * 32, "signature": "a1" * 65},
    ),
    Operation(
        "POST",
        "/v1/enactments",
        enact,
        "Enact a change after its delay",
        "parties",
        takes=wire.EnactRequest,
        gives=wire.ActionStatus,
        status=202,
        problems=("NotFound", "NotReady", "BadConsent", "AccountTaken"),
        example={"changeId": "c4" * 32, "consent": ""},
    ),
]
