"""Reading documents, their histories, manifests and grants."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import NotFound
from portledger.formats import api_json as wire
from portledger.gateway.api import Json, Operation
from portledger.gateway.state import read, state_of, viewer_of
from portledger.services import grants
from portledger.services.query import Viewer

PROGRESS: Final = ("todo", "processing", "done", "cancelled")


def _document(request: Request) -> bytes:
    return wire.digest(request.path_params["document"], "document")


def integer(request: Request, name: str) -> int | None:
    """A query parameter as an integer, decimal or 0x hex; None when it is not there. Raises InvalidInput."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        found = int(text, 0) if len(text) <= 40 else -1
    except ValueError:
        found = -1
    # Databases hold integers of 64 bits: one above fits no column, and would not be asked for.
    if not 0 <= found < 1 << 63:
        raise InvalidInput(name, repr(text[:40]), "a whole number below 2^63")
    return found


async def _read(request: Request, work: Callable[[Viewer], Any]) -> Any:
    """Runs a query for the signed-in party in a thread, off the event loop."""
    return await run_in_threadpool(lambda: work(viewer_of(request)))


async def many(request: Request) -> Response:
    query = state_of(request).query
    asked = request.query_params
    progress = asked.get("progress")
    if progress is not None and progress not in PROGRESS:
        raise InvalidInput("progress", repr(progress[:40]), ", ".join(PROGRESS))
    party, kind, limit = integer(request, "party"), integer(request, "kind"), integer(request, "limit")
    page = await _read(
        request,
        lambda who: query.documents(
            who,
            party=party,
            state=asked.get("state"),
            kind=kind,
            progress=progress,
            cursor=asked.get("cursor"),
            limit=50 if limit is None else limit,
        ),
    )
    return Json(page)


async def one(request: Request) -> Response:
    query, document = state_of(request).query, _document(request)
    return Json(await _read(request, lambda who: query.document(who, document)))


async def history(request: Request) -> Response:
    query, document = state_of(request).query, _document(request)
    return Json(await _read(request, lambda who: query.history(who, document)))


async def manifest(request: Request) -> Response:
    query, document, version = state_of(request).query, _document(request), integer(request, "version")
    return Json(await _read(request, lambda who: query.manifest(who, document, version)))


async def granted(request: Request) -> Response:
    query, document = state_of(request).query, _document(request)
    return Json(await _read(request, lambda who: query.grants(who, document)))


async def disclosures(request: Request) -> Response:
    query, document = state_of(request).query, _document(request)
    return Json(await _read(request, lambda who: query.disclosures(who, document)))


async def grant(request: Request) -> Response:
    state, document = state_of(request), _document(request)
    who = await run_in_threadpool(viewer_of, request)
    asked: wire.GrantsRequest = await read(request, wire.GrantsRequest)

    def work() -> int:
        if not state.query.involved(who, document) and not state.submitter.acts_on(who.party, document):
            raise NotFound(f"document {document.hex()}", "a document that your party is or was a party to")
        kind = state.query.kind_of(document)
        return grants.keep(state.databases.intake, document, who.party, kind, asked.items, time.time())

    await run_in_threadpool(work)
    return Response(status_code=204)


OPERATIONS: Final = [
    Operation(
        "GET",
        "/v1/documents",
        many,
        "The documents that your party is or was a party to",
        "documents",
        gives=wire.DocumentsPage,
        query=[
            ("party", "integer", "Auditors: only the documents of this party."),
            ("state", "string", "A state's name, such as ISSUED."),
            ("kind", "integer", "A kind's number."),
            ("progress", PROGRESS, "How far it is."),
            ("cursor", "cursor", "`next` of the page before."),
            ("limit", "integer", "At most 200, by default 50."),
        ],
        problems=("NotSignedIn",),
        signed_in=True,
        description="The newest first. Auditors see all.",
    ),
    Operation(
        "GET",
        "/v1/documents/{document}",
        one,
        "One document's record",
        "documents",
        gives=wire.DocumentJson,
        problems=("NotSignedIn", "NotFound"),
        signed_in=True,
        description="If-None-Match with the ETag asks whether anything happened: acts, notes, freezes.",
    ),
    Operation(
        "GET",
        "/v1/documents/{document}/history",
        history,
        "Everything that happened to a document",
        "documents",
        gives=wire.History,
        problems=("NotSignedIn", "NotFound"),
        signed_in=True,
        description="Oldest first: acts, notes and freezes, with the signatures, in one answer.",
    ),
    Operation(
        "GET",
        "/v1/documents/{document}/manifest",
        manifest,
        "The manifest of a version",
        "documents",
        gives=wire.ManifestJson,
        query=[("version", "integer", "By default the newest on the ledger.")],
        problems=("NotSignedIn", "NotFound"),
        signed_in=True,
    ),
    Operation(
        "GET",
        "/v1/documents/{document}/grants",
        granted,
        "The grants to your party",
        "documents",
        gives=wire.GrantsAnswer,
        problems=("NotSignedIn", "NotFound"),
        signed_in=True,
    ),
    Operation(
        "GET",
        "/v1/documents/{document}/disclosures",
        disclosures,
        "Who was given which dataset",
        "documents",
        gives=wire.DisclosuresAnswer,
        problems=("NotSignedIn", "NotFound"),
        signed_in=True,
        description="Grants between parties, without the keys: every party to the document sees who let whom in.",
        shows={
            "items": [
                {"dataset": "cargo", "sealedVersion": 1, "granter": 2, "recipient": 7, "createdAt": 1_795_600_000}
            ]
        },
    ),
    Operation(
        "POST",
        "/v1/documents/{document}/grants",
        grant,
        "Leave grants for other parties",
        "documents",
        takes=wire.GrantsRequest,
        status=204,
        problems=("NotSignedIn", "NotFound", "InvalidInput"),
        signed_in=True,
        example={"items": [{"dataset": "goods", "sealedVersion": 1, "recipient": 4, "sealed": "AAECAwQ="}]},
    ),
]
