"""Documents: their records, histories, manifests, grants, disclosures and evidence files."""

from __future__ import annotations

from typing import Any

import msgspec

from portledger.formats.api_json.acts import DetailsJson, SignedActionJson
from portledger.formats.api_json.text import Answer, Request


class DocumentJson(Answer):
    """One record of the ledger. kind: number; kindId, state, progress: names from the kind file.

    possessor, endorsee …: party ids, 0 = nobody, 4294967295 = BEARER; used: parts per million; createdAt, updatedAt:
    block times; control: the packed word.
    """

    document: str
    kind: int
    kind_id: str
    state: str
    state_number: int
    progress: str
    issuer: int
    possessor: int
    endorsee: int
    offeree: int
    offered_endorsee: int
    version: int
    sequence: int
    used: int
    frozen_until: int
    head: str
    notes_head: str
    control: str
    created_at: int
    updated_at: int


DocumentSummary = DocumentJson
"""The list shows the whole record: it is one packed word anyway."""


class DocumentsPage(Answer):
    items: list[DocumentJson]
    next: str | None = None


class HistoryEntry(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """One entry of a document's log. track: control, notes or freeze.

    control: the word after it, 64 hex (notes: the word it speaks about); signers: addresses recovered from signatures;
    action, signatures: acts and notes only; frozen, until, reason, sender: freezes only (until 0 = unfrozen).
    """

    track: str
    digest: str
    head: str
    control: str
    block: int
    time: int
    transaction: str
    index: int
    verb_name: str | None = None
    state: str | None = None
    action: SignedActionJson | None = None
    signers: list[str] = msgspec.field(default_factory=list)
    details: DetailsJson | None = None
    until: int | None = None
    reason: str | None = None
    sender: str | None = None


class History(Answer):
    document: str
    kind: int
    entries: list[HistoryEntry]


class ManifestJson(Answer):
    """The manifest as it was uploaded; H(JCS(manifest)) = content of the act that wrote the version."""

    document: str
    version: int
    content: str
    manifest: dict[str, Any]


class DisclosureJson(Answer):
    """That a party was given a dataset's key: by whom, when first. The key itself is its recipient's alone."""

    dataset: str
    sealed_version: int
    granter: int
    recipient: int
    created_at: int


class DisclosuresAnswer(Answer):
    items: list[DisclosureJson]


class EvidenceFile(Answer):
    """An evidence file, canonical to the byte; its members: protocol/schemas/evidence.schema.json."""

    schema: str
    ledger: dict[str, Any]
    block: dict[str, Any]
    proof: list[str]
    kind: dict[str, Any]
    document: str
    start: dict[str, Any] | None
    entries: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    consortium: list[dict[str, Any]]
    parties: list[dict[str, Any]]
    manifests: list[dict[str, Any]]
    opened: list[dict[str, Any]]
    details: list[dict[str, Any]]
    stamps: list[str]


class GrantJson(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """A content key sealed to one party's encryption key. sealed: base64; granter: who uploaded it."""

    dataset: str
    sealed_version: int
    recipient: int
    sealed: str
    document: str | None = None
    granter: int | None = None
    created_at: int | None = None


class GrantsRequest(Request):
    """POST /v1/documents/{id}/grants."""

    items: list[GrantJson]


class GrantsAnswer(Answer):
    items: list[GrantJson]
