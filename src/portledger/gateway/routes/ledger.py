"""The ledger's identity and kinds; signing in."""

from __future__ import annotations

import time
from typing import Any, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from portledger import resources
from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import NotFound, Unavailable
from portledger.formats import api_json as wire
from portledger.gateway.api import Json, Operation
from portledger.gateway.state import VERSION, State, read, state_of, token_of
from portledger.services import access, consortium, sessions
from portledger.store import read_model


async def ledger(request: Request) -> Response:
    return Json(await run_in_threadpool(_ledger, state_of(request)))


def _ledger(state: State) -> wire.LedgerJson:
    deployment, block = state.ledger.deployment, state.query.confirmed()
    if block is None:
        raise Unavailable("a read model that is being built", "a complete one")
    return wire.LedgerJson(
        chain_id=deployment.chain_id,
        ledger=wire.address_text(deployment.ledger),
        salt=deployment.salt.hex(),
        genesis=deployment.genesis.hex(),
        code_digest=deployment.code_digest.hex(),
        confirmed=wire.BlockJson(number=block.number, hash=block.hash.hex(), time=block.time),
        kinds=state.query.kinds(),
        version=VERSION,
        next_party=consortium.next_party(state.databases),
        time=int(time.time()),
    )


async def kinds(request: Request) -> Response:
    return Json(wire.KindsAnswer(items=await run_in_threadpool(state_of(request).query.kinds)))


async def kind(request: Request) -> Response:
    text = request.path_params["kind"]
    try:
        found = resources.kind(text)
    except InvalidInput as unknown:
        raise NotFound(f"kind {text[:40]}", unknown.allowed) from unknown
    return Json(
        wire.KindJson(
            kind=found.number,
            id=found.id,
            title=dict(found.title),
            kind_digest=found.kind_digest.hex(),
            file_digest=found.file_digest.hex(),
            states={name: one.number for name, one in found.states.items()},
            verbs={name: one.number for name, one in found.verbs.items()},
            intents={name: one.intent for name, one in found.verbs.items()},
            file=resources.kind_source(found.number),
        )
    )


async def nonce(request: Request) -> Response:
    state = state_of(request)
    text, expires_at = await run_in_threadpool(sessions.new_nonce, state.databases.intake, time.time())
    site = state.site
    return Json(wire.NonceAnswer(nonce=text, domain=site.domain, uri=site.uri, expires_at=int(expires_at)))


async def sign_in(request: Request) -> Response:
    state = state_of(request)
    asked: wire.SessionRequest = await read(request, wire.SessionRequest)
    signature = wire.hex_bytes(asked.signature, "$.signature")
    scopes = access.EVERYTHING if asked.scopes is None else access.access(asked.scopes)

    def work() -> tuple[str, sessions.Session]:
        with state.databases.ledger.connect() as connection:
            return sessions.sign_in(
                state.databases.intake,
                state.site,
                asked.message,
                signature,
                lambda address: read_model.account(connection, address),
                time.time(),
                scopes,
                state.settings.api.sessions,
            )

    token, session = await run_in_threadpool(work)
    answer = wire.SessionAnswer(
        token=token,
        account=wire.address_text(session.account),
        party=session.party,
        expires_at=int(session.expires_at),
        scopes=session.scopes.words(),
    )
    return Json(answer, 201)


async def sign_out(request: Request) -> Response:
    await run_in_threadpool(sessions.sign_out, state_of(request).databases.intake, token_of(request))
    return Response(status_code=204)


_EXAMPLE_MESSAGE: Final[dict[str, Any]] = {
    "message": "127.0.0.1:8600 wants you to sign in with your Ethereum account:\n"
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\n\n\nURI: http://127.0.0.1:8600\nVersion: 1\nChain ID: 1337\n"
    "Nonce: 0123456789abcdef0123456789abcdef\nIssued At: 2026-01-01T00:00:00Z",
    "signature": "a1" * 65,
}

OPERATIONS: Final = [
    Operation(
        "GET",
        "/v1/ledger",
        ledger,
        "Which ledger this is, and what a client needs to sign for it",
        "ledger",
        gives=wire.LedgerJson,
    ),
    Operation("GET", "/v1/kinds", kinds, "The kinds of documents", "ledger", gives=wire.KindsAnswer),
    Operation(
        "GET",
        "/v1/kinds/{kind}",
        kind,
        "One kind: its whole file",
        "ledger",
        gives=wire.KindJson,
        problems=("NotFound",),
        description="By number (257, 0x0101) or id (ebl-negotiable).",
    ),
    Operation(
        "POST",
        "/v1/sessions/nonce",
        nonce,
        "A nonce for one sign-in",
        "sessions",
        repeatable=False,
        gives=wire.NonceAnswer,
    ),
    Operation(
        "POST",
        "/v1/sessions",
        sign_in,
        "Sign in with a wallet (EIP-4361)",
        "sessions",
        takes=wire.SessionRequest,
        gives=wire.SessionAnswer,
        status=201,
        problems=("SignInRefused", "InvalidInput"),
        example=_EXAMPLE_MESSAGE,
        repeatable=False,
        description="The nonce is spent by the attempt: a sign-in is not repeated but begun anew.",
    ),
    Operation(
        "DELETE",
        "/v1/sessions/current",
        sign_out,
        "End the session",
        "sessions",
        status=204,
        problems=("NotSignedIn",),
        signed_in=True,
    ),
]
