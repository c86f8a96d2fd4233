"""Gathering a document's evidence, and having it checked: history, parties, content (docs/protocol §7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from portledger.domain.codes import ZERO
from portledger.domain.hashing import json_digest, sha256
from portledger.domain.kinds import KindFile
from portledger.domain.records import Control
from portledger.domain.refusals import NotFound, Unavailable
from portledger.domain.vault_errors import ReferenceRefused, VaultError
from portledger.domain.verification_errors import VerificationError
from portledger.evidence import reference
from portledger.evidence.content import Content
from portledger.evidence.history import Act, Freeze, History, LedgerFacts
from portledger.evidence.result import TITLES, Result, Step
from portledger.evidence.verify import verify
from portledger.formats import api_json as wire
from portledger.sdk.client import Client
from portledger.sdk.errors import GatewayProblem, GatewayUnreachable
from portledger.sdk.opening import content_keys
from portledger.sdk.trust import fetch_log
from portledger.sdk.verify import LogReader, claims_of, gather, parties_of
from portledger.vault import manifest as manifests
from portledger.vault.references import normal_number
from portledger.vault.sealing import open_dataset

if TYPE_CHECKING:
    from portledger.sdk.reading import Reading

CERTIFICATE_FAMILY: Final = 2
_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Verified:
    """result: what holds, as of which block; source: where the ledger's own facts came from."""

    result: Result
    source: str


def verify_document(
    session: Reading, document: str, node: LogReader | None = None, *, content: bool = True
) -> Verified:
    """Replays a document's history from the signatures up, and checks its content as far as the party may read it.

    node: whose word on the ledger counts; without one it is the gateway's, and the result says so. Raises
    VerificationError with the step that fails.
    """
    shown = (lambda history: gather_content(session, document, history)) if content else None
    _, _, result = proven(session, document, node, shown)
    source = f"node {node.url}" if node else f"gateway {session.client.url}: its own word on the ledger"
    return Verified(result, source)


def evidence(session: Reading, document: str, node: LogReader | None) -> tuple[LedgerFacts, History]:
    """The ledger's facts and the history: from the node's own logs, or else by the gateway's word.

    Raises LogChanged when a party's log does not go on from what this party has seen of it before.
    """
    if node is not None:
        history, facts = gather(node, session.domain, bytes.fromhex(document))
        session.kind(history.kind.number)
    else:
        facts, history = _told(session, document)
    for party, entries in history.parties.items():
        session.known.check(party, entries)
    return facts, history


def proven(
    session: Reading, document: str, node: LogReader | None = None, shown: Callable[[History], Content] | None = None
) -> tuple[LedgerFacts, History, Result]:
    """Facts, history, and what holds, once all of it was verified; only then the parties' logs count as seen.

    shown: gathers the content to be checked with it. Raises VerificationError, LogChanged.
    """
    facts, history = evidence(session, document, node)
    result = verify(history, facts, shown(history) if shown else None)
    for party, entries in history.parties.items():
        session.known.log(party, entries)
    return facts, history, result


def _told(session: Reading, document: str) -> tuple[LedgerFacts, History]:
    """The gateway's answers, asked for again while something happens between them."""
    kind = session.kind(session.client.document(document).kind)
    for _ in range(_ATTEMPTS):
        history = gather_history(session.client, kind, document)
        facts = gateway_facts(session, document, history)
        if history.entries and history.entries[-1].head == facts.head:
            break
    return facts, history


def gather_history(client: Client, kind: KindFile, document: str) -> History:
    """The gateway's word on what happened; nothing of it is believed before it is checked."""
    entries = client.history(document).entries
    control = tuple(_entry(entry) for entry in entries if entry.track != "notes")
    notes = tuple(_act(entry) for entry in entries if entry.track == "notes")
    bare = History(bytes.fromhex(document), kind, control, notes)
    logs = {party: fetch_log(client, party) for party in sorted(parties_of(bare))}
    return History(bare.document, kind, control, notes, logs)


def _entry(entry: wire.HistoryEntry) -> Act | Freeze:
    if entry.track == "control":
        return _act(entry)
    return Freeze(
        until=entry.until or 0,
        reason=wire.digest(entry.reason or wire.NO_DIGEST, "$.reason"),
        sender=wire.address(entry.sender or "", "$.sender"),
        head=wire.digest(entry.head, "$.head"),
        control=_word(entry.control),
        time=entry.time,
        block=entry.block,
    )


def _word(text: str) -> int:
    """A packed word. Raises InvalidInput."""
    return int.from_bytes(wire.digest(text, "$.control"))


def _act(entry: wire.HistoryEntry) -> Act:
    if entry.action is None:
        raise GatewayProblem(f"an entry {entry.digest} without its act", "signed acts in the history")
    signed = wire.signed_action(entry.action)
    return Act(
        action=signed.action,
        signatures=signed.signatures,
        digest=wire.digest(entry.digest, "$.digest"),
        head=wire.digest(entry.head, "$.head"),
        control=_word(entry.control),
        time=entry.time,
        block=entry.block,
    )


def content_of(history: History, version: int) -> bytes:
    """`content` of the act that wrote a version of the document; ZERO where none did."""
    for item in history.entries:
        if isinstance(item, Act) and item.action.content != ZERO and Control.unpack(item.control).version == version:
            return item.action.content
    return ZERO


def gateway_facts(session: Reading, document: str, history: History) -> LedgerFacts:
    """The ledger's facts as the gateway tells them: good against damage, not against a gateway that lies."""
    client, ledger = session.client, session.client.ledger()
    record = client.document(document)
    parties = {party: client.party(party) for party in parties_of(history)}
    digests = {item.kind: item.kind_digest for item in ledger.kinds}
    return LedgerFacts(
        domain=session.domain,
        block=ledger.confirmed.number,
        time=max(ledger.confirmed.time, record.updated_at),
        control=_word(record.control),
        head=wire.digest(record.head, "$.head"),
        notes_head=wire.digest(record.notes_head, "$.notesHead"),
        kind_digest=bytes.fromhex(digests.get(record.kind, wire.NO_DIGEST)),
        party_heads={number: bytes.fromhex(party.head) for number, party in parties.items()},
        accounts={
            wire.address(item.account, "$.account"): _account_word(number, item)
            for number, party in parties.items()
            for item in party.accounts
        },
        frozen_until=record.frozen_until,
        claims=dict.fromkeys(claims_of(history), history.document),
    )


def _account_word(party: int, item: wire.AccountJson) -> int:
    return party | item.added_at << 32 | item.removed_at << 72 | item.scope << 112


# --- content ---------------------------------------------------------------------------------------------------------


def gather_content(session: Reading, document: str, history: History) -> Content:
    """Manifest, sealed bytes and openable datasets of the newest version, and the details sealed to this party."""
    client = session.client
    answer = client.manifest(document)
    manifest = manifests.parse(answer.manifest)
    keys = content_keys(manifest, client.grants(document), session.party, session.wallet.encryption)
    blobs: dict[str, bytes] = {}
    held: dict[str, tuple[bytes, bytes]] = {}
    for entry in manifest.datasets:
        data = _blob(client, entry.name, entry.ciphertext_sha256.hex())
        if data is None:
            continue
        blobs[entry.name] = sha256(data)
        if entry.name in keys:
            held[entry.name] = keys[entry.name], data
    values = {
        name: open_dataset(manifest.place, manifest.entry(name), key, data).value
        for name, (key, data) in held.items()
        if name == "header" and sha256(data) == manifest.entry(name).ciphertext_sha256
    }

    def opened(entry: Mapping[str, Any], kept: tuple[bytes, bytes]) -> Any:
        return open_dataset(manifest.place, manifest.entry(entry["name"]), *kept).value

    return Content(
        manifest=answer.manifest,
        blobs=blobs,
        opened=held,
        open_dataset=opened,
        details=_details(session, document),
        check_number=_number_check(session, history, values["header"]) if "header" in values else None,
    )


def _blob(client: Client, dataset: str, name: str) -> bytes | None:
    """The sealed bytes as the gateway has them, altered or not; None where this party may not fetch them.

    Raises VerificationError (12) when the gateway has them and cannot give them: it notices damage by itself.
    """
    try:
        return client.get_blob(name, check=False)
    except NotFound:
        return None
    except (GatewayProblem, GatewayUnreachable, Unavailable) as failure:
        client.ledger()  # a gateway that answers nothing at all is no damage: this raises
        raise VerificationError(
            int(Step.MANIFEST), TITLES[Step.MANIFEST], f"a ciphertext that the gateway cannot give ({failure.found})",
            f"the bytes with SHA-256 {name}",
            "The stored ciphertext was altered or lost: fetch it from another copy.", dataset,
        ) from failure  # fmt: skip


def _details(session: Reading, document: str) -> dict[bytes, dict[str, Any]]:
    """What can be opened. Bytes that are no sealed detail count as one that was not sealed to this party: else whoever
    signs a note could keep everybody from verifying the document."""
    found = {}
    for entry in session.history(document):
        try:
            opened = session.detail(entry, document)
        except (NotFound, VaultError):
            continue
        if opened is not None:
            found[bytes.fromhex(entry.digest)] = opened
    return found


def _number_check(session: Reading, history: History, header: Mapping[str, Any]) -> Callable[[], str]:
    """Step 11: the document's number gives its reference; a certificate's number gives the one that was claimed."""
    return lambda: reference.number(history, header, lambda party: _profile(session, history, party), whole=True)


def number_shown(session: Reading, history: History, header: Mapping[str, Any]) -> str:
    """The document's number as a verified history and what is shown of its header prove it, in its normal form
    (docs/protocol §10); empty where number and proof are not both shown. Raises ReferenceRefused."""
    found = reference.number(history, header, lambda party: _profile(session, history, party), whole=False)
    return normal_number(found) if found else ""


def _profile(session: Reading, history: History, party: int) -> dict[str, Any]:
    """The profile that the party's log names, which step 8 replayed: under another reference key the issuer could give
    its document a second number. Raises ReferenceRefused."""
    told, named = session.client.profile(party), history.parties[party][-1].profile
    if json_digest(told) != named:
        raise ReferenceRefused("profile", f"digest {json_digest(told).hex()}", f"{named.hex()}, the ledger's")
    return told
