"""The JSON of the gateway's HTTP interface, and nothing else: shapes, and pure conversions to and from domain values.

The gateway serves these shapes and the SDK reads them; neither imports the other. Digests and ids are 64 lower-case hex
digits without 0x, addresses 0x and 40, signatures hex of any length without 0x, keys and sealed keys base64, times unix
seconds. Members are camelCase. Requests refuse unknown members, answers may grow new ones.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final, TypeVar

import msgspec

from portledger.domain.actions import (
    Action,
    PartyAction,
    Registration,
    SignedAction,
    SignedPartyAction,
)
from portledger.domain.errors import InvalidInput
from portledger.domain.records import Control

MAX_BATCH: Final = 1000
"""Acts in one POST /v1/actions/batch."""
NO_DIGEST: Final = "0" * 64


class Request(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What a client sends."""


class Answer(msgspec.Struct, rename="camel"):
    """What the gateway answers."""


# --- acts on documents ---------------------------------------------------------------------------------------------


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
    attachments: list[str] = []
    chain_id: int | None = None
    ledger: str | None = None


class BatchRequest(Request):
    """POST /v1/actions/batch: at most MAX_BATCH items, judged one by one in the order given."""

    actions: list[SubmitRequest]
    chain_id: int | None = None
    ledger: str | None = None


class Problem(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """RFC 9457 problem details; `code` is the error's name, `step` the numbered step of the check that refused.

    pointer: RFC 6901 JSON Pointer of the member of the body that is wrong, or parameter: the part of the path, query or
    header. requestId: the answer's X-Request-Id, by which the operator finds it in the log.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    found: str = ""
    allowed: str = ""
    remedy: str = ""
    instance: str | None = None
    step: str | None = None
    parameters: dict[str, Any] = {}
    pointer: str | None = None
    parameter: str | None = None
    request_id: str | None = None


class ActionStatus(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """Where a request stands: accepted (durable here), submitted (in a transaction), final, refused.

    The same shape answers for acts on documents, party acts, vetoes and enactments. block, transaction, time and head
    are there once it is final; problem once it is refused.
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


class BatchItem(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """One item's fate, in the order of the request: accepted (with the present status) or refused with a problem."""

    digest: str | None = None
    status: str | None = None
    problem: Problem | None = None


class BatchAnswer(Answer):
    items: list[BatchItem]


# --- parties -------------------------------------------------------------------------------------------------------


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


# --- documents -----------------------------------------------------------------------------------------------------


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
    signers: list[str] = []
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


# --- ledger, kinds, sessions, events -------------------------------------------------------------------------------


class BlockJson(Answer):
    number: int
    hash: str
    time: int


class KindSummary(Answer):
    kind: int
    id: str
    kind_digest: str
    title: dict[str, str]


class KindsAnswer(Answer):
    items: list[KindSummary]


class KindJson(Answer):
    """A kind as defined on the ledger. file: the parsed kind file (fileDigest = H(JCS(file)))."""

    kind: int
    id: str
    title: dict[str, str]
    kind_digest: str
    file_digest: str
    states: dict[str, int]
    verbs: dict[str, int]
    intents: dict[str, str]
    file: dict[str, Any]


class LedgerJson(Answer):
    """GET /v1/ledger: what a client needs to sign. salt, genesis, codeDigest: 64 hex.

    nextParty: the id that the next registration will get; time: the gateway's clock.
    """

    chain_id: int
    ledger: str
    salt: str
    genesis: str
    code_digest: str
    confirmed: BlockJson
    kinds: list[KindSummary]
    version: str
    next_party: int
    time: int


class NonceAnswer(Answer):
    nonce: str
    domain: str
    uri: str
    expires_at: int


class SessionRequest(Request):
    """POST /v1/sessions. message: the EIP-4361 text as signed; signature: 65 bytes, hex.

    scopes: what the session shall do (read, submit, admin); by default all that the account may.
    """

    message: str
    signature: str
    scopes: list[str] | None = None


class SessionAnswer(Answer):
    """scopes: without admin when the account may not administer its party."""

    token: str
    account: str
    party: int
    expires_at: int
    scopes: list[str] = []


class SessionJson(Answer):
    """An open session. id: names it here and opens nothing; current: the one that asks."""

    id: str
    account: str
    scopes: list[str]
    created_at: int
    expires_at: int
    current: bool


class SessionsAnswer(Answer):
    items: list[SessionJson]


class ApiKeyRequest(Request):
    """POST /v1/api-keys. scopes: of read, submit, admin; expiresAt: unix seconds, by default never."""

    name: str
    scopes: list[str]
    expires_at: int | None = None


class ApiKeyJson(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """A machine's key. account: whose session made it, with which it dies; key: its text, only in the first answer."""

    id: str
    name: str
    party: int
    account: str
    scopes: list[str]
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    key: str | None = None


class ApiKeysAnswer(Answer):
    items: list[ApiKeyJson]


class WebhookRequest(Request):
    """POST /v1/webhooks. url: https; types: names of events, none = all; cursor: the event after which to begin.

    By default it begins with what happens from now on; "0" = from the beginning.
    """

    url: str
    types: list[str] = []
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


class BlobItem(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """One blob's fate in POST /v1/blobs. new: it was not here before."""

    sha256: str
    size: int | None = None
    new: bool | None = None
    problem: Problem | None = None


class BlobsAnswer(Answer):
    items: list[BlobItem]


class BlobAnswer(Answer):
    sha256: str
    size: int


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


# --- bytes and text ------------------------------------------------------------------------------------------------


T = TypeVar("T")


def decode(body: bytes | str, shape: type[T]) -> T:
    """The value of a JSON body. Raises InvalidInput, with the JSON path, for what is no such value."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as wrong:
        text, _, path = str(wrong).partition(" - at `")
        raise InvalidInput(path.rstrip("`") or "$", text, f"a {shape.__name__}") from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise InvalidInput("$", f"no JSON ({wrong})", "one JSON object in UTF-8") from wrong


def encode(value: Any) -> bytes:
    """JSON bytes, UTF-8, of any shape of this module."""
    return msgspec.json.encode(value)


def pointer(path: str) -> str | None:
    """RFC 6901 pointer of a path such as $.actions[0].action.kind; None for what is no path into a body."""
    if not path.startswith("$"):
        return None
    parts = path[1:].replace("[", ".").replace("]", "").split(".")
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts if part)


def digest(text: str, where: str) -> bytes:
    """32 bytes from 64 lower-case hex. Raises InvalidInput."""
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != 32 or value.hex() != text:
        raise InvalidInput(where, repr(text[:80]), "64 lower-case hex digits without 0x")
    return value


def address(text: str, where: str) -> bytes:
    """20 bytes from 0x and 40 hex digits, any case. Raises InvalidInput."""
    try:
        value = bytes.fromhex(text[2:]) if text[:2] == "0x" and len(text) == 42 else b""
    except ValueError:
        value = b""
    if len(value) != 20:
        raise InvalidInput(where, repr(text[:80]), "0x and 40 hex digits")
    return value


def hex_bytes(text: str, where: str) -> bytes:
    """Bytes from an even number of hex digits, with or without 0x. Raises InvalidInput."""
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise InvalidInput(where, repr(text[:80]), "an even number of hex digits") from None


def base64_bytes(text: str, where: str) -> bytes:
    """Bytes from standard base64 with padding. Raises InvalidInput."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(where, repr(text[:80]), "base64 (RFC 4648 §4) with padding") from None


def base64_text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def address_text(value: bytes) -> str:
    return "0x" + value.hex()


# --- domain values -------------------------------------------------------------------------------------------------


def signed_action(value: SignedActionJson, where: str = "$.action") -> SignedAction:
    """Raises InvalidInput for a member that does not fit its type."""
    return SignedAction(
        Action(
            kind=value.kind,
            verb=value.verb,
            document=digest(value.document, where + ".document"),
            previous=digest(value.previous, where + ".previous"),
            actor=value.actor,
            epoch=value.epoch,
            deadline=value.deadline,
            content=digest(value.content, where + ".content"),
            document_reference=digest(value.document_reference, where + ".documentReference"),
            detail=digest(value.detail, where + ".detail"),
            counterparty=value.counterparty,
            endorsee=value.endorsee,
            quantity=value.quantity,
        ),
        hex_bytes(value.signatures, where + ".signatures"),
    )


def signed_action_json(value: SignedAction) -> SignedActionJson:
    act = value.action
    return SignedActionJson(
        kind=act.kind,
        verb=act.verb,
        document=act.document.hex(),
        previous=act.previous.hex(),
        actor=act.actor,
        epoch=act.epoch,
        deadline=act.deadline,
        signatures=value.signatures.hex(),
        content=act.content.hex(),
        document_reference=act.document_reference.hex(),
        detail=act.detail.hex(),
        counterparty=act.counterparty,
        endorsee=act.endorsee,
        quantity=act.quantity,
    )


def signed_party_action(value: PartyActRequest) -> SignedPartyAction:
    """Raises InvalidInput for a member that does not fit its type."""
    return SignedPartyAction(
        PartyAction(
            party=value.party,
            nonce=value.nonce,
            what=value.what,
            value=digest(value.value, "$.value"),
            deadline=value.deadline,
        ),
        hex_bytes(value.signatures, "$.signatures"),
        hex_bytes(value.consent, "$.consent"),
    )


def party_act_json(value: SignedPartyAction) -> PartyActRequest:
    act = value.party_action
    return PartyActRequest(
        party=act.party,
        nonce=act.nonce,
        what=act.what,
        value=act.value.hex(),
        deadline=act.deadline,
        signatures=value.signatures.hex(),
        consent=value.consent.hex(),
    )


def registration(value: RegistrationJson, where: str = "$.registration") -> Registration:
    """Raises InvalidInput for a member that does not fit its type."""
    for name, number, bits in (("roles", value.roles, 64), ("threshold", value.threshold, 8)):
        if not 0 <= number < 1 << bits:
            raise InvalidInput(f"{where}.{name}", str(number), f"an integer of {bits} bits")
    if any(not 0 <= scope < 256 for scope in value.scopes):
        raise InvalidInput(where + ".scopes", str(value.scopes), "integers of 8 bits")
    return Registration(
        profile=digest(value.profile, where + ".profile"),
        roles=value.roles,
        encryption_key=digest(value.encryption_key, where + ".encryptionKey"),
        threshold=value.threshold,
        recovery_barred=value.recovery_barred,
        accounts=tuple(address(text, f"{where}.accounts[{at}]") for at, text in enumerate(value.accounts)),
        scopes=tuple(value.scopes),
        consents=tuple(hex_bytes(text, f"{where}.consents[{at}]") for at, text in enumerate(value.consents)),
    )


def registration_json(value: Registration) -> RegistrationJson:
    return RegistrationJson(
        profile=value.profile.hex(),
        roles=value.roles,
        encryption_key=value.encryption_key.hex(),
        threshold=value.threshold,
        recovery_barred=value.recovery_barred,
        accounts=[address_text(account) for account in value.accounts],
        scopes=list(value.scopes),
        consents=[consent.hex() for consent in value.consents],
    )


def document_json(
    document: bytes,
    control: Control,
    head: bytes,
    notes_head: bytes,
    *,
    kind_id: str,
    state: str,
    progress: str,
    frozen_until: int,
    created_at: int,
    updated_at: int,
) -> DocumentJson:
    """The record with the names that its kind file gives."""
    return DocumentJson(
        document=document.hex(),
        kind=control.kind,
        kind_id=kind_id,
        state=state,
        state_number=control.state,
        progress=progress,
        issuer=control.issuer,
        possessor=control.possessor,
        endorsee=control.endorsee,
        offeree=control.offeree,
        offered_endorsee=control.offered_endorsee,
        version=control.version,
        sequence=control.sequence,
        used=control.used,
        frozen_until=frozen_until,
        head=head.hex(),
        notes_head=notes_head.hex(),
        control=f"{control.pack():064x}",
        created_at=created_at,
        updated_at=updated_at,
    )


def control_of(value: DocumentJson) -> Control:
    """The record's state from the packed word, which is what proofs speak about."""
    return Control.unpack(int(value.control, 16))
