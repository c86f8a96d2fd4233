"""Evidence files: a document's history with what proves it, for whoever may read the history."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import sha256
from portledger.evidence.making import Form
from portledger.formats import api_json as wire
from portledger.gateway.api import JSON, Operation
from portledger.gateway.routes.documents import integer
from portledger.gateway.state import state_of, viewer_of


async def evidence(request: Request) -> Response:
    state, asked = state_of(request), request.query_params
    document = wire.digest(request.path_params["document"], "document")
    also, newest = integer(request, "also"), asked.get("newest", "false")
    if newest not in ("true", "false"):
        raise InvalidInput("newest", repr(newest[:40]), "true or false")

    def work() -> bytes:
        who = viewer_of(request)
        state.query.visible(who, document)
        form = Form(
            asked.get("form", "whole"),
            asked.get("notes", "all"),
            own=who.party,
            also=frozenset() if also is None else frozenset({also}),
            stamps=asked.get("stamps", "all"),
        )
        return state.prover.evidence(document, form, newest=newest == "true")

    body = await run_in_threadpool(work)
    headers = {"etag": f'"{sha256(body).hex()}"', "cache-control": "private, no-cache"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=JSON, headers=headers)


_DIGEST: Final = "5f" * 32
_EXAMPLE: Final = {
    "schema": "portledger/evidence/1",
    "ledger": {"chainId": 1337, "address": "0x" + "5f" * 20, "salt": _DIGEST},
    "block": {"engine": "none", "header": "f901f4", "path": []},
    "proof": ["f90211"],
    "kind": {"id": "ebl-negotiable", "number": 257},
    "document": _DIGEST,
    "start": None,
    "entries": [
        {
            "type": "act", "verb": 1, "actor": 1, "epoch": 1, "counterparty": 2, "endorsee": 2, "quantity": 0,
            "deadline": 1_795_700_000, "previous": "00" * 32, "content": _DIGEST, "documentReference": _DIGEST,
            "detail": "00" * 32, "signatures": "5f" * 65, "digest": _DIGEST, "head": _DIGEST, "control": _DIGEST,
            "time": 1_795_600_000,
        }
    ],
    "notes": [],
    "consortium": [],
    "parties": [],
    "manifests": [],
    "opened": [],
    "details": [],
    "stamps": [],
}  # fmt: skip
"""The members of a file, bytes and lists cut short."""

OPERATIONS: Final = [
    Operation(
        "GET",
        "/v1/documents/{document}/evidence",
        evidence,
        "The evidence file of a document, nothing opened",
        "documents",
        gives=wire.EvidenceFile,
        query=[
            ("form", ("whole", "suffix"), "whole (default), or suffix: from the last act that wrote content on."),
            (
                "notes",
                ("all", "own", "hidden"),
                "all (default), own: others by their hashes, or hidden: all by their hashes.",
            ),
            ("newest", "boolean", "true: of the newest block, even where an older proof is kept that still fits."),
            (
                "stamps",
                "stamps",
                "all (default) time stamps of the block, none, or a certificate's SHA-256: its alone.",
            ),
            ("also", "integer", "A party whose log is shown besides, such as one that will disclose."),
        ],
        problems=("NotSignedIn", "NotFound", "InvalidInput", "Unavailable"),
        signed_in=True,
        description=(
            "Canonical JSON as docs/protocol/evidence.md and protocol/schemas/evidence.schema.json have it, of the "
            "newest block of which a proof is kept and after which nothing happened to the record; else the node is "
            "asked. Verify it with `portledger verify FILE`."
        ),
        shows=_EXAMPLE,
    ),
]
