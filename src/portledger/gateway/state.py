"""What the routes of one worker process share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request

from portledger import __version__, resources
from portledger.chain.deploy import Deployment
from portledger.chain.rpc import Rpc
from portledger.domain.errors import PortledgerError
from portledger.domain.refusals import AccessMissing, BodyTooLarge, BodyTooSlow, NotSignedIn, Unavailable
from portledger.formats import api_json as wire
from portledger.gateway import problems
from portledger.gateway.api import Operation
from portledger.gateway.door import PARTY, Credentials
from portledger.gateway.settings import Settings
from portledger.services import access, health, sessions
from portledger.services.access import Access
from portledger.services.health import Health
from portledger.services.ledger import Databases, Ledger
from portledger.services.party_acts import PartyActs
from portledger.services.prove import Prover
from portledger.services.query import Query, Viewer
from portledger.services.quotas import KeptAnswers, Uploads
from portledger.services.sessions import Session, Site
from portledger.services.status import Watcher
from portledger.services.submit import Submitter
from portledger.services.webhooks import Secrets, secrets_of
from portledger.store import read_model
from portledger.store.payloads import PayloadStore

VERSION: Final = __version__


@dataclass(frozen=True, slots=True)
class State:
    """One per worker process."""

    settings: Settings
    ledger: Ledger
    submitter: Submitter
    query: Query
    party_acts: PartyActs
    payloads: PayloadStore
    watcher: Watcher
    rpc: Rpc
    prover: Prover
    credentials: Credentials
    webhook_secrets: Secrets
    health: Health
    uploads: Uploads
    kept_answers: KeptAnswers

    @property
    def databases(self) -> Databases:
        return self.ledger.databases

    @property
    def site(self) -> Site:
        return Site(self.settings.domain, self.settings.uri, self.ledger.deployment.chain_id)


def open_state(settings: Settings, node: str) -> State:
    """node: the JSON-RPC address that dry runs of party acts and requests for proofs ask."""
    databases = Databases.open(settings.data, settings.database)
    ledger = Ledger(Deployment.load(settings.data / "deployment.json"), databases, resources.kinds())
    rpc, payloads = Rpc(node), PayloadStore.at(settings.payloads, settings.data / "blobs", settings.blob_limit)
    return State(
        settings,
        ledger,
        Submitter(ledger),
        Query(ledger),
        PartyActs(ledger, rpc, time.time),
        payloads,
        Watcher(ledger),
        rpc,
        Prover(ledger, rpc, settings.engine),
        Credentials(settings.api.remembered),
        secrets_of(settings.data, settings.api.webhook_key, databases.intake),
        _health(settings, node, ledger, payloads),
        Uploads(databases.intake, settings.api.quota_blobs, settings.api.quota_bytes),
        KeptAnswers(
            databases.intake, settings.api.quota_answers, settings.api.quota_answer_bytes, settings.api.remembered
        ),
    )


def _health(settings: Settings, node: str, ledger: Ledger, payloads: PayloadStore) -> Health:
    asking = Rpc(node, health.SECONDS)
    found = Health()
    health.add_databases(found, ledger.databases)
    health.add_node(found, asking, lambda: ledger.deployment.chain_id)
    health.add_payloads(found, payloads)
    health.add_reading(found, ledger.databases, asking, settings.confirmations)
    return found


def state_of(request: Request) -> State:
    state: State = request.app.state.portledger
    return state


def decimal(text: str, *, below: int) -> int | None:
    """A whole number in plain digits, below a limit; None for every other text."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(below))) or int(text) >= below:
        return None
    return int(text)


async def body_of(request: Request, limit: int) -> bytes:
    """The request's body. Raises BodyTooLarge, without reading on."""
    announced = request.headers.get("content-length", "")
    if announced and decimal(announced, below=limit + 1) is None:
        raise _too_large(announced[:20], limit)
    parts, size = [], 0
    async for part in parts_of(request):
        size += len(part)
        if size > limit:
            raise _too_large(str(size), limit)
        parts.append(part)
    return b"".join(parts)


async def parts_of(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes. Raises BodyTooSlow when a part does not come in time, or the whole comes in drops: a client
    must not hold a place here by sending a byte now and then."""
    api = state_of(request).settings.api
    parts, until = request.stream(), time.monotonic() + api.body_seconds
    while True:
        try:
            async with asyncio.timeout(min(api.body_seconds, until - time.monotonic())):
                part = await anext(parts, None)
        except TimeoutError:
            allowed = f"no pause of {api.body_seconds:g} s, and {api.body_rate:g} bytes per second"
            raise BodyTooSlow("a body that came too slowly", allowed) from None
        if part is None:
            return
        until += len(part) / api.body_rate
        yield part


def _too_large(found: str, limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"{found} bytes or more", f"{limit} bytes")


async def read(request: Request, shape: type[Any]) -> Any:
    """The request's JSON as a value of the shape. Raises InvalidInput, BodyTooLarge."""
    return wire.decode(await body_of(request, state_of(request).settings.json_limit), shape)


def token_of(request: Request) -> str:
    """Raises NotSignedIn."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn("no bearer token", "Authorization: Bearer and the token of a session")
    return token.strip()


OPERATION: Final = "portledger.operation"
"""Where a request's scope holds the row of the table that it is served by."""
REFUSES: Final = "portledger.refuses"
"""In a request's scope when its answer, a good one on the whole, refuses some of what was asked."""


def session_of(request: Request) -> Session:
    """Who asks. Raises NotSignedIn, and AccessMissing when the session or key was not made for this operation."""
    state, token = state_of(request), token_of(request)
    found = _held(state, token)
    if found is None:
        state.credentials.forget(token)
        raise NotSignedIn("a token or key that is unknown, revoked or over", "the token of a session, or a key")
    with state.databases.ledger.connect() as connection:
        account = read_model.account(connection, found.account)
        if account is None and read_model.confirmed(connection) is None:
            raise Unavailable("a read model that is being built", "a complete one")
    # A stolen key reads no longer than its account acts: removing the account ends its sessions and keys.
    if account is None or not account.active or account.party != found.party:
        state.credentials.forget(token)
        raise NotSignedIn(
            f"a session of account 0x{found.account.hex()}, which is no party's any more", "an active one"
        )
    state.credentials.held(token, found.party, found.scopes)
    request.scope[PARTY] = found.party
    require_access(request, found.scopes)
    return found


def _held(state: State, token: str) -> Session | None:
    intake, now = state.databases.intake, time.time()
    if not token.startswith(access.PREFIX):
        return sessions.find(intake, token, now)
    key = access.find(intake, token, now)
    if key is None:
        return None
    return Session(key.account, key.party, key.expires_at or float("inf"), key.scopes, key.created_at, key=key.id)


def require_access(request: Request, scopes: Access) -> None:
    """Raises AccessMissing."""
    operation: Operation = request.scope[OPERATION]
    if operation.access & ~scopes:
        have = ", ".join(scopes.words()) or "none"
        raise AccessMissing(f"the scopes {have}", f"scope {', '.join(operation.access.words())}")


def viewer_of(request: Request) -> Viewer:
    """Who asks, with the roles of this moment. Raises NotSignedIn."""
    return state_of(request).query.viewer(session_of(request).party)


def problem_of(error: PortledgerError, actor: int | None) -> wire.Problem:
    return problems.problem(error, actor=actor)
