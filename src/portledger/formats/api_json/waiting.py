"""Acts that wait for signatures of a party's other officers."""

from __future__ import annotations

from typing import Final

import msgspec

from portledger.formats.api_json.text import Answer, Attachments, Request

MAX_WAITING_BYTES: Final = 1 << 20
"""Bytes of a waiting act, sealed. An honest one has about 1,500 and the content that it writes."""


class WaitingRequest(Request, omit_defaults=True):
    """PUT /v1/waiting/{digest}. sealed: HPKE to the party's own encryption key, base64; deadline: the act's; blobs:
    SHA-256 of the sealed files that its content lists, uploaded before, 64 hex each."""

    sealed: str
    deadline: int
    blobs: Attachments = msgspec.field(default_factory=list)


class WaitingJson(Answer):
    """What the gateway knows of a waiting act. tag: for If-Match; size: bytes of what is sealed."""

    digest: str
    tag: str
    size: int
    deadline: int
    changed_at: int


class WaitingAct(Answer):
    """One waiting act with its sealed bytes, base64."""

    digest: str
    tag: str
    size: int
    deadline: int
    changed_at: int
    sealed: str


class WaitingAnswer(Answer):
    items: list[WaitingJson]
