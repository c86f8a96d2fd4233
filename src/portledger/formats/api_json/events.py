"""The stream of events, and the webhooks that carry it."""

from __future__ import annotations

from typing import Any

import msgspec

from portledger.formats.api_json.text import Answer, Request


class WebhookRequest(Request):
    """POST /v1/webhooks. url: https; types: names of events, none = all; cursor: the event after which to begin.

    By default it begins with what happens from now on; "0" = from the beginning.
    """

    url: str
    types: list[str] = msgspec.field(default_factory=list)
    cursor: str | None = None


class WebhookJson(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """A webhook. cursor: the newest event that was taken up; waiting, parked: deliveries that are not done.

    secret: `whsec_` and base64, only in the answers that make it; previousUntil: unix seconds until which the secret
    before the present one signs, too.
    """

    id: str
    url: str
    types: list[str]
    created_at: int
    cursor: str
    waiting: int
    parked: int
    previous_until: int | None = None
    secret: str | None = None


class WebhooksAnswer(Answer):
    items: list[WebhookJson]


class RotateRequest(Request):
    """POST /v1/webhooks/{id}/secret. overlap: seconds for which the old secret signs, too; at most a week."""

    overlap: int = 86_400


class ReplayRequest(Request):
    """POST /v1/webhooks/{id}/replay. cursor: the event after which to begin, "0" = from the beginning."""

    cursor: str


class AttemptJson(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """One attempt. at: unix seconds; status: of the HTTP answer, if there was one; error: why it failed."""

    at: int
    milliseconds: int
    status: int | None = None
    error: str = ""


class DeliveryJson(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """One event on its way. state: waiting, delivered, parked, or behind (a parked one of the same subject).

    id: the webhook-id header; event: the event's id; nextAt: of the next attempt.
    """

    id: str
    event: str
    type: str
    subject: str
    state: str
    attempts: list[AttemptJson]
    queued_at: int
    next_at: int | None = None
    delivered_at: int | None = None


class DeliveriesPage(Answer):
    items: list[DeliveryJson]
    next: str | None = None


class CloudEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """CloudEvents 1.0, structured mode. time: RFC 3339; id: the cursor of the event in the stream."""

    specversion: str
    id: str
    source: str
    type: str
    time: str
    subject: str
    datacontenttype: str
    data: dict[str, Any]


class EventsPage(Answer):
    items: list[CloudEvent]
    next: str
