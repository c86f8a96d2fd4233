"""Acts on documents: what a client submits, and what it is told of it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from portledger.formats.api_json.text import NO_DIGEST, Answer, Attachments, Problem, Request

MAX_BATCH: Final = 1000
"""Acts in one POST /v1/actions/batch."""


class SignedActionJson(Request):
    """One signed act (docs/protocol §1). `intent` is not sent: it follows from kind and verb."""

    kind: int
    verb: int
    document: str
    previous: str
    actor: int
    epoch: int
    deadline: int
    signatures: str
    content: str = NO_DIGEST
    document_reference: str = NO_DIGEST
    detail: str = NO_DIGEST
    counterparty: int = 0
    endorsee: int = 0
    quantity: int = 0


class DetailsJson(Request):
    """Where the sealed detail of the act lies: a blob, uploaded before."""

    detail_blob: str


class SubmitRequest(Request):
    """POST /v1/actions, and one item of a batch. chainId and ledger are optional; when given they must be ours.

    manifest: needed when the act writes content, H(JCS(manifest)) = content (docs/protocol §8).
    attachments: SHA-256 of the sealed files that the content's attachments list, uploaded before, 64 hex each.
    """

    action: SignedActionJson
    manifest: dict[str, Any] | None = None
    details: DetailsJson | None = None
    attachments: Attachments = msgspec.field(default_factory=list)
    chain_id: int | None = None
    ledger: str | None = None


class BatchRequest(Request):
    """POST /v1/actions/batch: at most MAX_BATCH items, judged one by one in the order given."""

    actions: list[SubmitRequest]
    chain_id: int | None = None
    ledger: str | None = None


class ActionStatus(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """Where a request stands: accepted (durable here), submitted (in a transaction), final, refused.

    The same shape answers for acts on documents, party acts, vetoes and enactments. block, transaction, time and head
    are there once it is final; problem once it is refused. parked: accepted, and set aside by the operator or after the
    node failed at it again and again; it waits to be released, and is neither lost nor refused.
    """

    digest: str
    status: str
    document: str | None = None
    party: int | None = None
    block: int | None = None
    time: int | None = None
    transaction: str | None = None
    head: str | None = None
    problem: Problem | None = None
    parked: bool = False


class BatchItem(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """One item's fate, in the order of the request: accepted (with the present status) or refused with a problem."""

    digest: str | None = None
    status: str | None = None
    problem: Problem | None = None


class BatchAnswer(Answer):
    items: list[BatchItem]
