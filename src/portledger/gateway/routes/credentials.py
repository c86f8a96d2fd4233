"""Sessions and machines' keys of one's own party: what is open, and how to close it."""

from __future__ import annotations

import time
from typing import Final

from fastapi import Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from portledger import faults
from portledger.domain.refusals import AccessMissing, Forbidden
from portledger.formats import api_json as wire
from portledger.gateway.api import Json, Operation
from portledger.gateway.serving import keep_with
from portledger.gateway.state import read, session_of, state_of
from portledger.services import access, sessions
from portledger.services.access import Access, ApiKey


async def open_sessions(request: Request) -> Response:
    intake = state_of(request).databases.intake

    def work() -> list[wire.SessionJson]:
        mine = session_of(request)
        return [
            wire.SessionJson(
                id=one.id,
                account=wire.address_text(one.account),
                scopes=one.scopes.words(),
                created_at=int(one.created_at),
                expires_at=int(one.expires_at),
                current=one.id == mine.id,
            )
            for one in sessions.open_sessions(intake, mine.party, time.time())
        ]

    return Json(wire.SessionsAnswer(items=await run_in_threadpool(work)))


async def end_session(request: Request) -> Response:
    intake, session_id = state_of(request).databases.intake, request.path_params["session"]

    def work() -> None:
        sessions.revoke(intake, session_of(request).party, session_id, time.time())

    await run_in_threadpool(work)
    return Response(status_code=204)


async def create_key(request: Request) -> Response:
    intake = state_of(request).databases.intake
    session = await run_in_threadpool(session_of, request)
    if session.key is not None:
        raise Forbidden(f"key {session.key}", "the session of a person: a key makes no keys")
    asked: wire.ApiKeyRequest = await read(request, wire.ApiKeyRequest)
    scopes = access.access(asked.scopes)
    if scopes & ~session.scopes:
        raise AccessMissing(f"a session with {', '.join(session.scopes.words())}", "scopes that the session has itself")

    answers: list[Response] = []

    def told(connection: Connection, text: str, made: ApiKey) -> None:
        answers.append(Json(_shown(made, text), 201))
        keep_with(request, connection, answers[-1])
        faults.point("credential.inside_commit")

    def work() -> None:
        access.create(intake, session.party, session.account, asked.name, scopes, asked.expires_at, time.time(), told)
        faults.point("credential.after_commit")

    await run_in_threadpool(work)
    return answers[-1]


def _shown(one: ApiKey, text: str | None = None) -> wire.ApiKeyJson:
    return wire.ApiKeyJson(
        id=one.id,
        name=one.name,
        party=one.party,
        account=wire.address_text(one.account),
        scopes=one.scopes.words(),
        created_at=int(one.created_at),
        expires_at=None if one.expires_at is None else int(one.expires_at),
        revoked_at=None if one.revoked_at is None else int(one.revoked_at),
        key=text,
    )


async def keys(request: Request) -> Response:
    intake = state_of(request).databases.intake
    found = await run_in_threadpool(lambda: access.listed(intake, session_of(request).party))
    return Json(wire.ApiKeysAnswer(items=[_shown(one) for one in found]))


async def revoke_key(request: Request) -> Response:
    intake, key_id = state_of(request).databases.intake, request.path_params["key"]
    await run_in_threadpool(lambda: access.revoke(intake, session_of(request).party, key_id, time.time()))
    return Response(status_code=204)


OPERATIONS: Final = [
    Operation(
        "GET",
        "/v1/sessions",
        open_sessions,
        "The open sessions of your party",
        "sessions",
        gives=wire.SessionsAnswer,
        problems=("NotSignedIn", "AccessMissing"),
        signed_in=True,
        needs=Access.ADMIN,
    ),
    Operation(
        "DELETE",
        "/v1/sessions/{session}",
        end_session,
        "End one of your party's sessions",
        "sessions",
        status=204,
        problems=("NotSignedIn", "AccessMissing", "NotFound"),
        signed_in=True,
        needs=Access.ADMIN,
    ),
    Operation(
        "POST",
        "/v1/api-keys",
        create_key,
        "Make a key for a machine",
        "sessions",
        takes=wire.ApiKeyRequest,
        gives=wire.ApiKeyJson,
        status=201,
        problems=("NotSignedIn", "AccessMissing", "Forbidden", "InvalidInput", "Conflict"),
        signed_in=True,
        needs=Access.ADMIN,
        secret=True,
        example={"name": "warehouse system", "scopes": ["read", "submit"], "expiresAt": 1_798_761_600},
        shows={
            "id": "5f3a9b0c1d2e4f60",
            "name": "warehouse system",
            "party": 7,
            "account": "0x" + "11" * 20,
            "scopes": ["read", "submit"],
            "createdAt": 1_795_600_000,
            "expiresAt": 1_798_761_600,
            "key": "plk_5f3a9b0c1d2e4f60_…",
        },
        description="Its text is in this answer and nowhere else. It is sent as a bearer token, signs nothing on the "
        "ledger, and dies with the account whose session made it.",
    ),
    Operation(
        "GET",
        "/v1/api-keys",
        keys,
        "The keys of your party, the newest first",
        "sessions",
        gives=wire.ApiKeysAnswer,
        problems=("NotSignedIn", "AccessMissing"),
        signed_in=True,
        needs=Access.ADMIN,
    ),
    Operation(
        "DELETE",
        "/v1/api-keys/{key}",
        revoke_key,
        "Revoke a key",
        "sessions",
        status=204,
        problems=("NotSignedIn", "AccessMissing", "NotFound"),
        signed_in=True,
        needs=Access.ADMIN,
    ),
]
