"""Acts that wait for signatures of one's own party's other officers, carried sealed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from portledger.domain.errors import InvalidInput
from portledger.formats import api_json as wire
from portledger.gateway.api import Json, Operation
from portledger.gateway.state import State, read, session_of, state_of
from portledger.services import waiting
from portledger.services.access import Access
from portledger.services.waiting import Waiting

_TAG: Final = re.compile(r'"([0-9a-f]{64})"')


async def _as_party(request: Request, work: Callable[[State, int], Any]) -> Any:
    return await run_in_threadpool(lambda: work(state_of(request), session_of(request).party))


def _digest(request: Request) -> bytes:
    return wire.digest(request.path_params["digest"], "digest")


def _replaces(request: Request) -> str | None:
    """The tag in If-Match; None without one. `*` names nothing, and is refused: it would lose what another signed."""
    given = request.headers.get("if-match")
    if given is None:
        return None
    found = _TAG.fullmatch(given.strip())
    if found is None:
        raise InvalidInput("If-Match", repr(given[:80]), "one ETag of this act, in quotes")
    return found[1]


def _shown(one: Waiting) -> wire.WaitingJson:
    return wire.WaitingJson(
        digest=one.digest.hex(), tag=one.tag, size=one.size, deadline=one.deadline, changed_at=int(one.changed_at)
    )


async def put(request: Request) -> Response:
    await run_in_threadpool(session_of, request)
    digest, replaces = _digest(request), _replaces(request)
    asked: wire.WaitingRequest = await read(request, wire.WaitingRequest)
    sealed = wire.base64_bytes(asked.sealed, "$.sealed")
    blobs = [wire.digest(one, f"$.blobs[{at}]") for at, one in enumerate(asked.blobs)]

    def work(state: State, party: int) -> tuple[Waiting, bool]:
        return waiting.put(state.databases.intake, party, digest, sealed, asked.deadline, replaces, time.time(), blobs)

    kept, new = await _as_party(request, work)
    return Json(_shown(kept), 201 if new else 200, {"etag": f'"{kept.tag}"'})


async def many(request: Request) -> Response:
    found = await _as_party(request, lambda state, party: waiting.every(state.databases.intake, party, time.time()))
    return Json(wire.WaitingAnswer(items=[_shown(one) for one in found]))


async def one(request: Request) -> Response:
    digest = _digest(request)
    found: Waiting = await _as_party(
        request, lambda state, party: waiting.one(state.databases.intake, party, digest, time.time())
    )
    answer = wire.WaitingAct(
        digest=found.digest.hex(),
        tag=found.tag,
        size=found.size,
        deadline=found.deadline,
        changed_at=int(found.changed_at),
        sealed=wire.base64_text(found.sealed),
    )
    return Json(answer, headers={"etag": f'"{found.tag}"'})


async def remove(request: Request) -> Response:
    digest, text = _digest(request), request.query_params.get("submitted", "false")
    if text not in ("true", "false"):
        raise InvalidInput("submitted", repr(text[:80]), "true or false")

    def work(state: State, party: int) -> None:
        waiting.remove(state.databases.intake, party, digest, submitted=text == "true")

    await _as_party(request, work)
    return Response(status_code=204)


_PROBLEMS: Final = ("NotSignedIn", "AccessMissing", "InvalidInput")
_EXAMPLE: Final[dict[str, Any]] = {
    "digest": "11" * 32,
    "tag": "22" * 32,
    "size": 4096,
    "deadline": 1_795_686_400,
    "changedAt": 1_795_600_000,
}

OPERATIONS: Final = [
    Operation(
        "GET",
        "/v1/waiting",
        many,
        "Acts of your party that wait for signatures of its other officers; what ends first first",
        "acts",
        gives=wire.WaitingAnswer,
        problems=_PROBLEMS[:2],
        signed_in=True,
        needs=Access.SUBMIT,
        shows={"items": [_EXAMPLE]},
    ),
    Operation(
        "GET",
        "/v1/waiting/{digest}",
        one,
        "One of them, sealed to your party",
        "acts",
        gives=wire.WaitingAct,
        problems=(*_PROBLEMS, "NotFound"),
        signed_in=True,
        needs=Access.SUBMIT,
        shows={**_EXAMPLE, "sealed": "AAEC…"},
    ),
    Operation(
        "PUT",
        "/v1/waiting/{digest}",
        put,
        "Keep an act for your party's other officers, or a signature more",
        "acts",
        takes=wire.WaitingRequest,
        gives=wire.WaitingJson,
        status=201,
        other={200: "It was there already, and is now what was sent"},
        problems=(*_PROBLEMS, "NotFound", "Conflict", "PreconditionFailed"),
        signed_in=True,
        example={"sealed": "AAEC…", "deadline": 1_795_686_400},
        shows=_EXAMPLE,
        description="What is sealed (HPKE to your party's own encryption key) the gateway cannot read; at most 1 MiB, "
        "100 of them for each party, until the deadline, and a week longer if submitted. To replace what is there, "
        "name its `tag` in If-Match: when "
        "another officer was faster, 412 says so and nothing is lost. The same bytes again change nothing. Your party "
        f"may fetch the sealed files that `blobs` names, at most {wire.MAX_ATTACHMENTS} as in an act, while it waits, "
        "unless a document has named them.",
    ),
    Operation(
        "DELETE",
        "/v1/waiting/{digest}",
        remove,
        "Let it wait no longer",
        "acts",
        status=204,
        query=(("submitted", ("true", "false"), "true: also where it was submitted, for its keys were given."),),
        problems=(*_PROBLEMS, "Conflict"),
        signed_in=True,
    ),
]
