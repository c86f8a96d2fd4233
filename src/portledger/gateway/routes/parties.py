"""Parties, their logs, profiles and encryption keys; registrations."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from portledger.chain import reverts
from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import DigestUnknown, Forbidden
from portledger.formats import api_json as wire
from portledger.gateway import problems
from portledger.gateway.api import JSON, Json, Operation
from portledger.gateway.routes.documents import integer
from portledger.gateway.state import body_of, decimal, read, session_of, state_of
from portledger.services import consortium


def _party(request: Request) -> int:
    text = request.path_params["party"]
    found = decimal(text, below=1 << 32)
    if found is None:
        raise InvalidInput("party", repr(text[:40]), "a party id")
    return found


async def _signed_in(request: Request, work: Callable[[], Any]) -> Any:
    def checked() -> Any:
        session_of(request)
        return work()

    return await run_in_threadpool(checked)


async def many(request: Request) -> Response:
    query, limit = state_of(request).query, integer(request, "limit")
    cursor = request.query_params.get("cursor")
    return Json(await _signed_in(request, lambda: query.parties(cursor, 50 if limit is None else limit)))


async def one(request: Request) -> Response:
    query, party = state_of(request).query, _party(request)
    return Json(await _signed_in(request, lambda: query.party(party, int(time.time()))))


async def log(request: Request) -> Response:
    query, party = state_of(request).query, _party(request)
    return Json(await _signed_in(request, lambda: query.party_log(party)))


async def profile(request: Request) -> Response:
    query, party = state_of(request).query, _party(request)
    digest, body = await _signed_in(request, lambda: query.profile(party))
    return Response(body, media_type=JSON, headers={"etag": f'"{digest.hex()}"'})


async def encryption_key(request: Request) -> Response:
    query, party = state_of(request).query, _party(request)
    return Json(await _signed_in(request, lambda: query.encryption_key(party)))


async def keep_profile(request: Request) -> Response:
    state, party = state_of(request), _party(request)
    session = await run_in_threadpool(session_of, request)
    body = await body_of(request, consortium.MAX_PROFILE)
    canonical = consortium.canonical_profile(wire.decode(body, dict[str, Any]))

    def work() -> bytes:
        _require_own(party, session.party)
        with state.databases.intake.begin() as connection:
            return consortium.keep_profile(connection, canonical)

    digest = await run_in_threadpool(work)
    return Response(status_code=204, headers={"etag": f'"{digest.hex()}"'})


async def keep_encryption_key(request: Request) -> Response:
    state, party = state_of(request), _party(request)
    session = await run_in_threadpool(session_of, request)
    asked: wire.EncryptionKeyRequest = await read(request, wire.EncryptionKeyRequest)
    raw = wire.base64_bytes(asked.encryption_key, "$.encryptionKey")
    if not 0 < len(raw) <= consortium.MAX_KEY:
        raise DigestUnknown(f"a key of {len(raw)} bytes", f"1 to {consortium.MAX_KEY} bytes")

    def work() -> bytes:
        _require_own(party, session.party)
        with state.databases.intake.begin() as connection:
            return consortium.keep_encryption_key(connection, raw)

    digest = await run_in_threadpool(work)
    return Response(status_code=204, headers={"etag": f'"{digest.hex()}"'})


def _require_own(party: int, mine: int) -> None:
    if party != mine:
        raise Forbidden(f"party {party}", f"your own party, {mine}")


async def register(request: Request) -> Response:
    state = state_of(request)
    asked: wire.RegistrationRequest = await read(request, wire.RegistrationRequest)

    def work() -> wire.RegistrationStatus:
        return consortium.request(state.databases, asked, time.time(), admit_at_once=state.settings.admit_automatically)

    return Json(await run_in_threadpool(work), 202)


async def registration(request: Request) -> Response:
    databases, request_id = state_of(request).databases, request.path_params["request"]

    def work() -> wire.RegistrationStatus:
        found = consortium.status(databases, request_id)
        reason = consortium.refusal_of(databases, request_id)
        if reason is None:
            return found
        problem = problems.problem(reverts.decode(reason), actor=found.party)
        return wire.RegistrationStatus(found.request_id, found.status, found.party, problem)

    return Json(await run_in_threadpool(work))


OPERATIONS: Final = [
    Operation(
        "GET",
        "/v1/parties",
        many,
        "All parties",
        "parties",
        gives=wire.PartiesPage,
        query=[("cursor", "cursor", "`next` of the page before."), ("limit", "integer", "At most 200.")],
        problems=("NotSignedIn",),
        signed_in=True,
    ),
    Operation(
        "GET",
        "/v1/parties/{party}",
        one,
        "One party: roles, accounts, open changes",
        "parties",
        gives=wire.PartyJson,
        problems=("NotSignedIn", "NotFound"),
        signed_in=True,
    ),
    Operation(
        "GET",
        "/v1/parties/{party}/log",
        log,
        "Everything that happened to a party",
        "parties",
        gives=wire.PartyLog,
        problems=("NotSignedIn", "NotFound"),
        signed_in=True,
    ),
    Operation(
        "GET",
        "/v1/parties/{party}/profile",
        profile,
        "The profile that the ledger names, as canonical JSON",
        "parties",
        gives=JSON,
        problems=("NotSignedIn", "NotFound"),
        signed_in=True,
    ),
    Operation(
        "POST",
        "/v1/parties/{party}/profile",
        keep_profile,
        "Leave a new profile, ahead of the act that names its digest",
        "parties",
        takes=JSON,
        status=204,
        example={"schema": "portledger/profile/1", "salt": "5f" * 16, "name": "Blue Anchor Line"},
        problems=("NotSignedIn", "Forbidden", "InvalidInput"),
        signed_in=True,
    ),
    Operation(
        "GET",
        "/v1/parties/{party}/encryption-key",
        encryption_key,
        "The party's public encryption key",
        "parties",
        gives=wire.EncryptionKeyJson,
        problems=("NotSignedIn", "NotFound"),
        signed_in=True,
        description="Compare its SHA-256 with the party log before sealing anything to it.",
    ),
    Operation(
        "POST",
        "/v1/parties/{party}/encryption-key",
        keep_encryption_key,
        "Leave a new encryption key, ahead of the act that names its digest",
        "parties",
        takes=wire.EncryptionKeyRequest,
        status=204,
        problems=("NotSignedIn", "Forbidden", "InvalidInput"),
        signed_in=True,
        example={"encryptionKey": "AAECAwQ="},
    ),
    Operation(
        "POST",
        "/v1/registrations",
        register,
        "Ask to be registered",
        "parties",
        takes=wire.RegistrationRequest,
        gives=wire.RegistrationStatus,
        status=202,
        problems=("InvalidInput", "Conflict"),
        description="The consents name the party id, GET /v1/ledger's nextParty; Conflict says which one if another "
        "registration came first.",
        example={
            "party": 7,
            "registration": {
                "profile": "aa" * 32,
                "roles": 512,
                "encryptionKey": "bb" * 32,
                "threshold": 1,
                "recoveryBarred": False,
                "accounts": ["0x" + "11" * 20],
                "scopes": [255],
                "consents": ["a1" * 65],
            },
            "profile": {"name": "Example Shipper", "salt": "00" * 16, "schema": "portledger/profile/1"},
            "encryptionKey": "AAECAwQ=",
        },
    ),
    Operation(
        "GET",
        "/v1/registrations/{request}",
        registration,
        "Where a registration stands",
        "parties",
        gives=wire.RegistrationStatus,
        problems=("NotFound",),
    ),
]
