"""Webhooks of one's own party: made, listed, given new secrets, replayed; and what became of every event."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from fastapi import Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from portledger import faults
from portledger.domain.errors import InvalidInput
from portledger.formats import api_json as wire
from portledger.gateway.api import Json, Operation
from portledger.gateway.routes.documents import integer
from portledger.gateway.serving import keep_with
from portledger.gateway.state import State, decimal, read, session_of, state_of
from portledger.services import webhooks
from portledger.services.access import Access
from portledger.services.webhooks import Webhook
from portledger.store import read_model, webhook_queue
from portledger.store.webhook_queue import Attempt, Delivery, DeliveryState

MAX_PAGE: Final = 200
_STATES: Final = {one.word: one for one in DeliveryState}


async def _as_party(request: Request, work: Callable[[State, int], Any]) -> Any:
    return await run_in_threadpool(lambda: work(state_of(request), session_of(request).party))


async def create(request: Request) -> Response:
    party = (await run_in_threadpool(session_of, request)).party
    asked: wire.WebhookRequest = await read(request, wire.WebhookRequest)

    answers: list[Response] = []
    state = state_of(request)

    def told(connection: Connection, made: Webhook) -> None:
        answers.append(Json(_shown(state, [made], secret=True)[0], 201))
        keep_with(request, connection, answers[-1])
        faults.point("webhook.inside_commit")

    def work() -> None:
        with state.databases.ledger.connect() as connection:
            newest = read_model.last_position(connection)
        after = newest if asked.cursor is None else _cursor(asked.cursor)
        private = state.settings.api.private_webhooks
        webhooks.create(
            state.databases.intake, party, asked.url, asked.types, after, time.time(), private=private, told=told
        )
        faults.point("webhook.after_commit")

    await run_in_threadpool(work)
    return answers[-1]


def _cursor(text: str) -> int:
    found = decimal(text, below=1 << 63)
    if found is None:
        raise InvalidInput("$.cursor", repr(text[:40]), "the id of an event, or 0")
    return found


def _shown(state: State, found: list[Webhook], *, secret: bool = False) -> list[wire.WebhookJson]:
    ids = [one.id for one in found]
    with state.databases.relay.connect() as connection:
        counts, progress = webhook_queue.counts(connection, ids), webhook_queue.progress(connection)
    now = time.time()

    def shown(one: Webhook) -> wire.WebhookJson:
        at = progress.get(one.id)
        return wire.WebhookJson(
            id=one.id,
            url=one.url,
            types=list(one.types),
            created_at=int(one.created_at),
            cursor=str(at.position if at is not None and at.run == one.run else one.from_position),
            waiting=counts[one.id].get(DeliveryState.WAITING, 0),
            parked=counts[one.id].get(DeliveryState.PARKED, 0),
            previous_until=int(one.previous_until) if one.previous_until > now else None,
            secret=state.webhook_secrets.shown(one) if secret else None,
        )

    return [shown(one) for one in found]


async def many(request: Request) -> Response:
    items = await _as_party(request, lambda state, party: _shown(state, webhooks.every(state.databases.intake, party)))
    return Json(wire.WebhooksAnswer(items=items))


async def one(request: Request) -> Response:
    webhook = request.path_params["webhook"]
    found = await _as_party(
        request, lambda state, party: _shown(state, [webhooks.one(state.databases.intake, party, webhook)])
    )
    return Json(found[0])


async def remove(request: Request) -> Response:
    webhook = request.path_params["webhook"]
    await _as_party(request, lambda state, party: webhooks.remove(state.databases.intake, party, webhook))
    return Response(status_code=204)


async def rotate(request: Request) -> Response:
    webhook = request.path_params["webhook"]
    await run_in_threadpool(session_of, request)
    asked: wire.RotateRequest = await read(request, wire.RotateRequest)

    answers: list[Response] = []

    def work(state: State, party: int) -> None:
        def told(connection: Connection, changed: Webhook) -> None:
            answers.append(Json(_shown(state, [changed], secret=True)[0]))
            keep_with(request, connection, answers[-1])
            faults.point("secret.inside_commit")

        webhooks.rotate(state.databases.intake, party, webhook, asked.overlap, time.time(), told)
        faults.point("secret.after_commit")

    await _as_party(request, work)
    return answers[-1]


async def replay(request: Request) -> Response:
    webhook = request.path_params["webhook"]
    await run_in_threadpool(session_of, request)
    asked: wire.ReplayRequest = await read(request, wire.ReplayRequest)
    after = _cursor(asked.cursor)

    def work(state: State, party: int) -> wire.WebhookJson:
        return _shown(state, [webhooks.replay(state.databases.intake, party, webhook, after)])[0]

    return Json(await _as_party(request, work), 202)


async def retry(request: Request) -> Response:
    webhook = request.path_params["webhook"]

    def work(state: State, party: int) -> wire.WebhookJson:
        return _shown(state, [webhooks.retry(state.databases.intake, party, webhook)])[0]

    return Json(await _as_party(request, work), 202)


async def deliveries(request: Request) -> Response:
    webhook, limit, before = request.path_params["webhook"], integer(request, "limit"), integer(request, "cursor")
    asked = request.query_params.get("state")
    if asked is not None and asked not in _STATES:
        raise InvalidInput("state", repr(asked[:40]), ", ".join(_STATES))
    size = max(1, min(50 if limit is None else limit, MAX_PAGE))

    def work(state: State, party: int) -> wire.DeliveriesPage:
        webhooks.one(state.databases.intake, party, webhook)
        with state.databases.relay.connect() as connection:
            found = webhook_queue.listed(connection, webhook, _STATES[asked] if asked else None, before, size + 1)
            shown = found[:size]
            attempts = webhook_queue.attempts_of(connection, [one.id for one, _ in shown])
        more = str(shown[-1][0].id) if len(found) > size else None
        return wire.DeliveriesPage(items=[_delivery(one, behind, attempts[one.id]) for one, behind in shown], next=more)

    return Json(await _as_party(request, work))


def _delivery(one: Delivery, behind: bool, attempts: list[Attempt]) -> wire.DeliveryJson:
    waiting = one.state == DeliveryState.WAITING
    return wire.DeliveryJson(
        id=one.message_id,
        event=str(one.position),
        type=one.type,
        subject=one.subject,
        state="behind" if behind else one.state.word,
        attempts=[
            wire.AttemptJson(
                at=int(attempt.at),
                milliseconds=int(attempt.seconds * 1000),
                status=attempt.status,
                error=attempt.error,
            )
            for attempt in attempts
        ],
        queued_at=int(one.queued_at),
        next_at=int(one.next_at) if waiting and not behind else None,
        delivered_at=int(one.done_at) if one.done_at is not None else None,
    )


_PROBLEMS: Final = ("NotSignedIn", "AccessMissing", "NotFound")
_EXAMPLE: Final[dict[str, Any]] = {
    "id": "wh_5f3a9b0c1d2e4f60",
    "url": "https://erp.example.com/hooks/portledger",
    "types": ["portledger.document.acted"],
    "createdAt": 1_795_600_000,
    "cursor": "1048576",
    "waiting": 0,
    "parked": 0,
}

OPERATIONS: Final = [
    Operation(
        "POST",
        "/v1/webhooks",
        create,
        "Have your party's events sent to an address",
        "events",
        takes=wire.WebhookRequest,
        gives=wire.WebhookJson,
        status=201,
        problems=("NotSignedIn", "AccessMissing", "AddressRefused", "InvalidInput", "Conflict"),
        signed_in=True,
        needs=Access.ADMIN,
        secret=True,
        example={"url": _EXAMPLE["url"], "types": _EXAMPLE["types"]},
        shows={**_EXAMPLE, "secret": "whsec_…"},
        description="CloudEvents 1.0 in structured mode, signed as Standard Webhooks say (webhook-id, "
        "webhook-timestamp, webhook-signature v1). At least once; the events of one subject in their order. What is "
        "not taken with a 2xx is sent again, after 5 seconds and then twice as long each time, for 24 hours; then it "
        "is parked, and holds up what follows of its subject. The secret is in this answer alone.",
    ),
    Operation(
        "GET",
        "/v1/webhooks",
        many,
        "The webhooks of your party",
        "events",
        gives=wire.WebhooksAnswer,
        problems=_PROBLEMS[:2],
        signed_in=True,
        shows={"items": [_EXAMPLE]},
    ),
    Operation(
        "GET",
        "/v1/webhooks/{webhook}",
        one,
        "One webhook",
        "events",
        gives=wire.WebhookJson,
        problems=_PROBLEMS,
        signed_in=True,
        shows=_EXAMPLE,
    ),
    Operation(
        "DELETE",
        "/v1/webhooks/{webhook}",
        remove,
        "Have nothing sent to it any more",
        "events",
        status=204,
        problems=_PROBLEMS,
        signed_in=True,
        needs=Access.ADMIN,
    ),
    Operation(
        "POST",
        "/v1/webhooks/{webhook}/secret",
        rotate,
        "Make a new secret",
        "events",
        takes=wire.RotateRequest,
        gives=wire.WebhookJson,
        problems=(*_PROBLEMS, "InvalidInput"),
        signed_in=True,
        needs=Access.ADMIN,
        secret=True,
        example={"overlap": 86_400},
        shows={**_EXAMPLE, "previousUntil": 1_795_686_400, "secret": "whsec_…"},
        description="Until the overlap is over, every message is signed with both.",
    ),
    Operation(
        "POST",
        "/v1/webhooks/{webhook}/replay",
        replay,
        "Have everything after an event sent once more",
        "events",
        takes=wire.ReplayRequest,
        gives=wire.WebhookJson,
        status=202,
        problems=(*_PROBLEMS, "InvalidInput"),
        signed_in=True,
        needs=Access.ADMIN,
        example={"cursor": "0"},
        shows=_EXAMPLE,
        description="What is under way or parked is dropped; events keep their webhook-id.",
    ),
    Operation(
        "POST",
        "/v1/webhooks/{webhook}/retry",
        retry,
        "Try what is parked once more",
        "events",
        gives=wire.WebhookJson,
        status=202,
        problems=_PROBLEMS,
        signed_in=True,
        needs=Access.ADMIN,
        shows=_EXAMPLE,
    ),
    Operation(
        "GET",
        "/v1/webhooks/{webhook}/deliveries",
        deliveries,
        "What was sent, what was answered, and what is still to come; the newest first",
        "events",
        gives=wire.DeliveriesPage,
        query=[
            ("state", ("waiting", "delivered", "parked"), "What became of them."),
            ("cursor", "cursor", "`next` of the page before."),
            ("limit", "integer", "At most 200, by default 50."),
        ],
        problems=(*_PROBLEMS, "InvalidInput"),
        signed_in=True,
        description="Delivered ones are kept for 30 days, the newest thousand of them.",
    ),
]
