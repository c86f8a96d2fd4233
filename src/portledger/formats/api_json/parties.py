"""Parties: their accounts, changes, logs, registrations and encryption keys."""

from __future__ import annotations

from typing import Any

import msgspec

from portledger.formats.api_json.text import Answer, Problem, Request


class PartyActRequest(Request):
    """POST /v1/party-acts (docs/protocol §11). nonce: the party's nonce as signed (for LOCK: its epoch).

    value: 64 hex; consent: the new account's signature when one is added.
    """

    party: int
    nonce: int
    what: int
    value: str
    deadline: int
    signatures: str
    consent: str = ""


class VetoRequest(Request):
    change_id: str
    signature: str


class EnactRequest(Request):
    change_id: str
    consent: str = ""


class RegistrationJson(Request):
    """Registration of docs/protocol §11. profile, encryptionKey: digests; scopes, consents run parallel to accounts."""

    profile: str
    roles: int
    encryption_key: str
    threshold: int
    recovery_barred: bool
    accounts: list[str]
    scopes: list[int]
    consents: list[str]


class RegistrationRequest(Request):
    """POST /v1/registrations. party: the id that the consents name, GET /v1/ledger's nextParty.

    profile: the JSON whose H(JCS) is registration.profile; encryptionKey: the raw key, base64, whose SHA-256 is
    registration.encryptionKey.
    """

    party: int
    registration: RegistrationJson
    profile: dict[str, Any]
    encryption_key: str


class RegistrationStatus(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """waiting (for the registrar), approved, registered or refused. reason: the registrar's words when it refused."""

    request_id: str
    status: str
    party: int
    problem: Problem | None = None
    reason: str = ""


class AccountJson(Answer):
    account: str
    scope: int
    added_at: int
    removed_at: int


class ChangeJson(Answer):
    """An open change. source: 0 party, 1 registrar, 2 governor."""

    change_id: str
    party: int
    what: int
    what_name: str
    source: int
    value: str
    proposed_at: int
    ready_at: int
    dead: bool


class PartySummary(Answer):
    party: int
    roles: int
    role_names: list[str]
    epoch: int
    locked: bool
    suspended_until: int
    profile: str
    encryption_key: str


class PartyJson(Answer):
    """A party's word decoded, its accounts ever, its open changes. profile, encryptionKey: digests on the ledger.

    nonce: of the party's next act on itself, of every kind but LOCK, whose nonce is `unlocks`.
    """

    party: int
    roles: int
    role_names: list[str]
    epoch: int
    threshold: int
    suspended_until: int
    full_accounts: int
    locked: bool
    recovery_barred: bool
    unlocks: int
    profile: str
    encryption_key: str
    nonce: int
    head: str
    word: str
    accounts: list[AccountJson]
    open_changes: list[ChangeJson]


class PartiesPage(Answer):
    items: list[PartySummary]
    next: str | None = None


class EncryptionKeyJson(Answer):
    """The raw public key, base64; its SHA-256 is `digest`, which the party log must show."""

    party: int
    encryption_key: str
    digest: str


class EncryptionKeyRequest(Request):
    """POST /v1/parties/{id}/encryption-key: kept by digest, ahead of the act that makes it the party's."""

    encryption_key: str


class PartyLogEntry(Answer):
    """One PartyChanged event (docs/protocol §12). Words, digests, signers and heads: 64 hex; call: msg.data in hex."""

    digest: str
    party_word: str
    profile: str
    encryption_key: str
    account_word: str
    signers: str
    head: str
    call: str
    block: int
    time: int
    transaction: str


class PartyLog(Answer):
    entries: list[PartyLogEntry]
