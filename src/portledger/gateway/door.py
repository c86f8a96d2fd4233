"""What every request passes, before any route: its id, its rate, the headers of its answer, its count and its time."""

from __future__ import annotations

import hashlib
import re
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portledger import measures, tracing
from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import TooManyRequests
from portledger.gateway import problems
from portledger.gateway.api import ProblemResponse
from portledger.gateway.api_settings import ApiSettings
from portledger.gateway.limits import Limiter, Proxies, Verdict
from portledger.services.access import Access

log = structlog.get_logger("gateway")

REQUEST_ID: Final = "portledger.request_id"
"""Where a request's scope holds its id."""
ROUTE: Final = "portledger.route"
"""Where it holds the template of its path, once it is known."""
PARTY: Final = "portledger.party"
"""Where it holds the number of the party that is signed in, once it is known."""
ACTION: Final = "portledger.action"
"""Where it holds the digest of the act that it is about, in hex."""
STATUS: Final = "portledger.status"
"""Where it holds the status of the answer."""
CACHED_SECONDS: Final = 5.0
"""So long a credential's scopes are remembered for requests that need none."""
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,80}")
_FREE: Final = frozenset({"/livez", "/readyz"})
"""Asked by the operator's own machines; never refused for their number."""
_DOORS: Final = frozenset({"/v1/sessions", "/v1/sessions/nonce", "/v1/registrations"})
"""Open to anybody, and dear: a signature to recover, a row to write."""
_SAFE_HEADERS: Final = (
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
)


@dataclass(frozen=True, slots=True)
class Credential:
    """A token or key that held when it was last looked up. at: monotonic seconds."""

    party: int
    scopes: Access
    at: float


class Credentials:
    """Which tokens held lately, by their hash; in bounded memory, the least used forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[bytes, Credential] = OrderedDict()

    def held(self, token: str, party: int, scopes: Access) -> None:
        key = _hash(token)
        self._known[key] = Credential(party, scopes, time.monotonic())
        self._known.move_to_end(key)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def forget(self, token: str) -> None:
        """One that does not hold any more."""
        self._known.pop(_hash(token), None)

    def of(self, token: str) -> Credential | None:
        return self._known.get(_hash(token))

    def fresh(self, token: str) -> Credential | None:
        found = self.of(token)
        return found if found is not None and time.monotonic() - found.at < CACHED_SECONDS else None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class Door:
    """The outermost ASGI application. secure: whether the site is served by https."""

    def __init__(self, app: ASGIApp, settings: ApiSettings, credentials: Credentials, secure: bool) -> None:
        self._app, self._credentials = app, credentials
        most = settings.remembered
        self._party = Limiter("party", settings.session_rate, settings.session_burst, most)
        self._address = Limiter("address", settings.address_rate, settings.address_burst, most)
        self._door = Limiter("door", settings.door_rate, settings.door_burst, most)
        self._proxies = Proxies(settings.proxies)
        strict = (("strict-transport-security", "max-age=31536000"),) if secure else ()
        self._headers = (*_SAFE_HEADERS, *strict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not tracing.on() or scope["path"] in _FREE:
            await self._answer(scope, receive, send)
            return
        parent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)
        with tracing.span("request", parent, server=True) as span:
            await self._answer(scope, receive, send)
            if span is not None:
                told = _told(scope)
                name = f"{told['method']} {told.get('route', measures.NO_ROUTE)}"
                span.tell({**told, "status": scope.get(STATUS)}, name)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, started = time.perf_counter(), False
        given = {name: value for name, value in scope["headers"] if name in _READ}
        request_id = _request_id(given.get(b"x-request-id", b""))
        scope[REQUEST_ID] = request_id
        limiter, verdict = self._judged(scope, given)

        async def answered(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                scope[STATUS] = message["status"]
                self._add_headers(MutableHeaders(scope=message), request_id, limiter, verdict)
                seconds = time.perf_counter() - began
                measures.answered(scope["method"], scope.get(ROUTE), message["status"], seconds)
                # Probes come every few seconds, and say nothing.
                say = log.debug if scope["path"] in _FREE else log.info
                say("answered", status=message["status"], ms=round(seconds * 1000, 2), **_told(scope))
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            if verdict is not None and not verdict.allowed:
                await _too_many(scope, limiter, verdict)(scope, receive, answered)
                return
            if sum(name == b"authorization" for name, _ in scope["headers"]) > 1:
                # One layer would take the first for true, another the last.
                await _crooked(scope)(scope, receive, answered)
                return
            try:
                await self._app(scope, receive, answered)
            except ClientDisconnect:
                # Nobody is there to be answered; and who goes in the middle shall not fill the log.
                log.info("client_gone", **_told(scope))
            except Exception as failure:
                log.error("failed", exc_info=failure, **_told(scope))
                if started:
                    raise
                await ProblemResponse(problems.internal(scope["path"], request_id))(scope, receive, answered)

    def _judged(self, scope: Scope, given: dict[bytes, bytes]) -> tuple[Limiter | None, Verdict | None]:
        path = scope["path"]
        if path in _FREE:
            return None, None
        client = scope.get("client")
        address = self._proxies.client(
            client[0] if client else "", given.get(b"x-forwarded-for", b"").decode("latin-1")
        )
        if scope["method"] == "POST" and path in _DOORS:
            return self._door, self._door.take(address)
        scheme, _, token = given.get(b"authorization", b"").decode("latin-1").partition(" ")
        # A token that nobody knows counts for its address: else each made-up one would have a bucket of its own.
        known = self._credentials.of(token.strip()) if scheme.lower() == "bearer" else None
        if known is not None:
            return self._party, self._party.take(str(known.party))
        return self._address, self._address.take(address)

    def _add_headers(
        self, headers: MutableHeaders, request_id: str, limiter: Limiter | None, verdict: Verdict | None
    ) -> None:
        headers["x-request-id"] = request_id
        for name, value in self._headers:
            headers.setdefault(name, value)
        if "cache-control" not in headers:
            headers["cache-control"] = "no-store"
        if limiter is not None and verdict is not None:
            headers["ratelimit-policy"] = limiter.policy
            headers["ratelimit"] = limiter.header(verdict)


def _told(scope: Scope) -> dict[str, str | int]:
    """What a line of the log says of a request: never its path, which is the client's own text, or its body."""
    method = scope["method"]
    said = {
        "method": method if method in measures.METHODS else "other",
        "route": scope.get(ROUTE),
        "party": scope.get(PARTY),
        "action": scope.get(ACTION),
    }
    return {name: value for name, value in said.items() if value is not None}


_READ: Final = frozenset({b"x-request-id", b"authorization", b"x-forwarded-for"})


def _request_id(given: bytes) -> str:
    """The client's own, when it is short and plain; nothing else of a client's gets into logs unquoted."""
    text = given.decode("latin-1")
    return text if _ID.fullmatch(text) else uuid.uuid4().hex


def _crooked(scope: Scope) -> ProblemResponse:
    refusal = InvalidInput("authorization", "more than one header of this name", "one")
    return ProblemResponse(problems.problem(refusal, instance=scope["path"], request_id=scope[REQUEST_ID]))


def _too_many(scope: Scope, limiter: Limiter | None, verdict: Verdict) -> ProblemResponse:
    assert limiter is not None
    refusal = TooManyRequests(f"more requests than the policy {limiter.policy} takes", "fewer, or later")
    said = problems.problem(refusal, instance=scope["path"], request_id=scope[REQUEST_ID])
    return ProblemResponse(said, {"retry-after": str(verdict.wait)})
