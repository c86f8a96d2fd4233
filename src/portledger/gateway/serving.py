"""Rows of the table of operations as routes: what is true of every one of them is done here, once.

One route for each path, so that a method that is not there is answered with all that are. Queries that an operation
does not know are refused: a filter with a slip in its name would else show everything. POSTs that carry an
Idempotency-Key are answered from what was kept, when they come again.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Sequence
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import FastAPI, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from portledger.chain.rpc import ChainError
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.refusals import BodyTooLarge, Conflict, MethodNotAllowed, NotFound, QuotaUsedUp, Unavailable
from portledger.gateway import problems
from portledger.gateway.api import Handler, Operation, ProblemResponse
from portledger.gateway.door import REQUEST_ID, ROUTE
from portledger.gateway.state import OPERATION, REFUSES, body_of, session_of, state_of, token_of
from portledger.services import idempotency
from portledger.services.idempotency import STRANGERS, Attempt, Kept, Owner

log = structlog.get_logger("gateway")

_KEY: Final = re.compile(r"[!-~]{1,255}")
_KEPT_HEADERS: Final = frozenset({"content-type", "etag", "location"})
_NOT_KEPT: Final = frozenset({401, 403, 408, 413, 429})
"""Refusals that say nothing about the request itself: the same one may go through a moment later. Nor is any 409 kept
that asks to be repeated, nor any failure of ours."""


def serve(app: FastAPI, operations: Sequence[Operation]) -> None:
    """Plain routes: no model is built around a request, which is most of what a hot route would cost."""
    by_path: dict[str, dict[str, Operation]] = {}
    for one in operations:
        by_path.setdefault(one.path, {})[one.method] = one
    for path, methods in by_path.items():
        app.router.routes.append(Route(path, _endpoint(path, methods), methods=list(_ALL), include_in_schema=False))


_ALL: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY")


def _endpoint(path: str, methods: dict[str, Operation]) -> Handler:
    allowed = ", ".join(sorted({*methods, *({"HEAD"} if "GET" in methods else ())}))

    async def answer(request: Request) -> Response:
        request.scope[ROUTE] = path
        one = methods.get("GET" if request.method == "HEAD" else request.method)
        if one is None:
            refusal = MethodNotAllowed(f"{request.method[:20]} {request.url.path[:200]}", allowed)
            said = problems.problem(refusal, instance=request.url.path, request_id=request.scope[REQUEST_ID])
            return ProblemResponse(said, {"allow": allowed})
        request.scope[OPERATION] = one
        if "\0" in request.scope["path"]:
            # Nothing is named so, and not every database can be asked for it.
            raise NotFound(f"path {request.url.path[:200]}", "a path of /openapi.json")
        _require_known_queries(request, one)
        if one.takes_key and "idempotency-key" in request.headers:
            answer = await _once(request, one)
        else:
            answer = await one.handler(request)
        if one.deprecated is not None:
            answer.headers.update(one.deprecated.headers())
        answer = tagged(request, answer)
        if request.method in ("GET", "HEAD"):
            answer.headers.add_vary_header(VARY)
        return answer

    return answer


# --- what a client has already --------------------------------------------------------------------------------------

FRESH: Final = "private, no-cache"
"""Kept by the client alone, and asked for anew each time: then If-None-Match saves the body."""
VARY: Final = "authorization, accept"
"""One browser may serve several parties; what it kept for one is nothing for the next."""


def tagged(request: Request, answer: Response) -> Response:
    """A reading's answer with its ETag, or 304 where the client has it. Streams bring their own tag, or have none."""
    if request.method not in ("GET", "HEAD") or answer.status_code != 200 or isinstance(answer, StreamingResponse):
        return answer
    if "etag" not in answer.headers:
        answer.headers["etag"] = f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"'
    answer.headers.setdefault("cache-control", FRESH)
    tag = answer.headers["etag"]
    if not has(request, tag):
        return answer
    return Response(status_code=304, headers={"etag": tag, "cache-control": answer.headers["cache-control"]})


def has(request: Request, tag: str) -> bool:
    """Whether the client has what the tag stands for: RFC 9110 §13.1.2, by weak comparison."""
    given = request.headers.getlist("if-none-match")
    found = [one.strip().removeprefix("W/") for line in given for one in line.split(",")]
    return tag in found or "*" in found


def _require_known_queries(request: Request, one: Operation) -> None:
    if not request.scope["query_string"]:
        return
    known = [name for name, *_ in one.query]
    for name in request.query_params:
        if name not in known:
            raise InvalidInput(name[:40], "a query that is not known here", ", ".join(known) or "none")
        if len(request.query_params.getlist(name)) > 1:
            raise InvalidInput(name, "more than one value", "one")


# --- repeated requests ----------------------------------------------------------------------------------------------


async def _once(request: Request, one: Operation) -> Response:
    key = _key(request)
    if not _KEY.fullmatch(key):
        raise InvalidInput("Idempotency-Key", f"a key of {len(key)} characters", "1 to 255 of ASCII, without spaces")
    intake = state_of(request).databases.intake
    # Read by the handler once more, from here.
    request._body = await body_of(request, state_of(request).settings.json_limit)
    owner = await run_in_threadpool(_owner, request, one)
    said = f"{request.method} {request.url.path}\n".encode()
    fingerprint = hashlib.sha256(said + request._body).digest()
    found = await run_in_threadpool(_begun, request, owner, key, fingerprint)
    if found is None:
        return await _answer(request, one)
    if isinstance(found, Kept):
        body = _opened(request, key, found.body) if one.secret else found.body
        return Response(body, found.status, {**found.headers, "idempotency-replayed": "true"})
    request.scope[_ATTEMPT] = found
    try:
        answer = await _answer(request, one)
    except BaseException:
        await run_in_threadpool(idempotency.give_up, intake, found)
        raise
    if request.scope[_ATTEMPT] is None:  # kept already, see `keep_with`
        return answer
    # Who is not signed in could fill the table with refusals, of which there is no end. And where a secret was to be
    # made and was not, a new attempt is as good as the first, and needs no place.
    refuses = answer.status_code in range(400, 500) or request.scope.get(REFUSES, False)
    not_kept = refuses if owner == STRANGERS or one.secret else answer.status_code in _NOT_KEPT
    if not_kept or answer.status_code >= 500 or "retry-after" in answer.headers:
        await run_in_threadpool(idempotency.give_up, intake, found)
        return answer
    await run_in_threadpool(idempotency.keep, intake, found, _kept(request, one, answer))
    return answer


_ATTEMPT: Final = "portledger.attempt"
"""In a request's scope: the right to have its answer kept; None once it is."""


def keep_with(request: Request, connection: Connection, answer: Response) -> None:
    """Keeps the answer for repetitions in the transaction that makes what it tells of; does nothing for a request
    without a key. What has no digest that it is known by is then made once, wherever a process dies. Raises
    RequestInFlight, and the transaction must fail with it."""
    attempt: Attempt | None = request.scope.get(_ATTEMPT)
    if attempt is None:
        return
    idempotency.keep_with(connection, attempt, _kept(request, request.scope[OPERATION], answer))
    request.scope[_ATTEMPT] = None


def _begun(request: Request, owner: Owner, key: str, fingerprint: bytes) -> Kept | Attempt | None:
    """None where the answer is given and not kept: strangers share a quota, and none of them shuts the others out.
    What they may send is known by its digest, so that it is safe to repeat all the same. Raises QuotaUsedUp."""
    state = state_of(request)
    intake, now = state.databases.intake, time.time()
    try:
        state.kept_answers.admit(owner.party)
    except QuotaUsedUp:
        # What was kept before is given all the same.
        if (kept := idempotency.look(intake, owner, key, fingerprint)) is not None:
            return kept
        if owner == STRANGERS:
            return None
        raise
    return idempotency.begin(intake, owner, key, fingerprint, now)


def _kept(request: Request, one: Operation, answer: Response) -> Kept:
    body, key = bytes(answer.body), _key(request)
    headers = {name: value for name, value in answer.headers.items() if name in _KEPT_HEADERS}
    attempt: Attempt = request.scope[_ATTEMPT]
    state_of(request).kept_answers.kept(attempt.owner.party, len(body))
    return Kept(answer.status_code, headers, _sealed(request, key, body) if one.secret else body)


def _key(request: Request) -> str:
    return request.headers["idempotency-key"].strip().strip('"')


async def _answer(request: Request, one: Operation) -> Response:
    """A refusal is an answer, too."""
    try:
        return await one.handler(request)
    except PortledgerError as refusal:
        return refused(request, refusal)


def _owner(request: Request, one: Operation) -> Owner:
    """Keys belong to the party that is signed in. Where the answer holds a secret, to the credential itself."""
    if "authorization" not in request.headers:
        return STRANGERS
    session = session_of(request)
    if one.secret:
        return Owner(session.party, hashlib.sha256(token_of(request).encode()).hexdigest())
    return Owner(session.party)


def _cipher(request: Request, key: str) -> AESGCM:
    """For an answer with a secret in it: whoever reads the database lacks the credential, and the request's key."""
    secret = f"{token_of(request)}\n{key}".encode()
    return AESGCM(HKDF(SHA256(), 32, b"portledger kept answer", b"").derive(secret))


def _sealed(request: Request, key: str, body: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + _cipher(request, key).encrypt(nonce, body, None)


def _opened(request: Request, key: str, body: bytes) -> bytes:
    try:
        return _cipher(request, key).decrypt(body[:12], body[12:], None)
    except InvalidTag as wrong:
        raise Conflict("a kept answer that does not open", "the credential that it was given to") from wrong


def refused(request: Request, error: PortledgerError) -> ProblemResponse:
    """Any expected error as the answer that it is."""
    if isinstance(error, ChainError):
        # The node is the operator's: its address, keys in it, and its words are for the log.
        log.warning("node", route=request.scope.get(ROUTE), found=error.found)
        error = Unavailable("a node that does not answer as it should", "one that does", "Try again in a moment.")
    found = problems.problem(error, instance=request.url.path, request_id=request.scope.get(REQUEST_ID))
    headers: dict[str, str] = {}
    if found.status == 401:
        headers["www-authenticate"] = "Bearer"
    if found.code in problems.REPEAT:
        headers["retry-after"] = "1"
    if isinstance(error, QuotaUsedUp):
        headers["retry-after"] = str(error.parameters()["retryAfter"])
    if isinstance(error, BodyTooLarge):
        # The rest of the body is not read: the client must not send its next request behind it.
        headers["connection"] = "close"
    return ProblemResponse(found, headers)
