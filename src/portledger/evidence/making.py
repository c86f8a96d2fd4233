"""Making an evidence file out of what a gateway or a node has: which words must be proven, which form is shown.

The producing half of docs/protocol/evidence.md. Nothing is checked here but that the parts belong together: the
verifier does the rest, and whoever makes a file may run it before handing the file on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any, Final

from portledger.domain.actions import Domain, claim_id
from portledger.domain.calls_decode import call_digest
from portledger.domain.codes import BEARER, ZERO, Effect, Power
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.events import Appointed, KindDefined
from portledger.domain.hashing import abi_words, entry, keccak, word
from portledger.domain.kinds import KindFile
from portledger.domain.records import Control
from portledger.domain.refusals import Unavailable
from portledger.domain.signatures import recover, signers_word, split
from portledger.evidence import slots, trie
from portledger.evidence.bundle import MAX_ENTRIES, MAX_PARTIES, Bundle, PartyRecord
from portledger.evidence.headers import Engine, Header
from portledger.evidence.headers import parse as parse_header
from portledger.evidence.history import Act, Freeze, HiddenNote, PartyEntry, PowerEntry, Start
from portledger.evidence.verify import freeze_digest

_APPOINT: Final = keccak(b"appoint(uint8,address)")[:4]
_ACCEPT: Final = keccak(b"accept(uint8)")[:4]

Entry = Act | Freeze
Holders = tuple[bytes, bytes, bytes]
"""governor, registrar, guardian: 20 bytes each."""


# --- what of a history must be proven --------------------------------------------------------------------------------


def parties_of(items: Iterable[Entry | HiddenNote]) -> set[int]:
    """Who acted or was named; BEARER and nobody are no parties."""
    found: set[int] = set()
    for item in items:
        if isinstance(item, Act):
            action = item.action
            found.update((action.actor, action.counterparty, action.endorsee))
    return found - {0, BEARER}


signer_of = lru_cache(maxsize=16_384)(recover)
"""Which account made a signature; it takes 60 us, and a history is read more than once."""


def signers_of(items: Iterable[Entry | HiddenNote]) -> set[bytes]:
    """The accounts that signed, 20 bytes each; a signature that recovers to nothing is passed over, as step 3 does."""
    found = set()
    for item in items:
        if isinstance(item, Act):
            for signature in split(item.signatures):
                with suppress(PortledgerError):
                    found.add(signer_of(item.digest, signature))
    return found


def claims_of(kind: KindFile, entries: Sequence[Entry], state: int = 0) -> set[bytes]:
    """The claims that the acts made. state: before the first entry."""
    found = set()
    for at, item in enumerate(entries):
        if isinstance(item, Act) and item.action.document_reference != ZERO:
            before = Control.unpack(entries[at - 1].control).state if at else state
            row = kind.rule(before, item.action.verb)
            if row is not None and row.effects & Effect.CLAIM:
                found.add(claim_id(kind.family, item.action.actor, item.action.document_reference))
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """The words that a file about a document proves. accounts: 20 bytes each; claims: 32."""

    document: bytes
    kind: int
    parties: frozenset[int]
    accounts: frozenset[bytes]
    claims: frozenset[bytes]
    stamped: bool = False

    def slots(self) -> dict[str, int]:
        """What is proven, by name, and its place in the ledger's storage."""
        document = self.document
        return {
            "control": slots.control(document),
            "head": slots.head(document),
            "notesHead": slots.notes_head(document),
            "extension": slots.extension(document),
            "kindDigest": slots.kind_digest(self.kind),
            **{party_log(party): slots.party_head(party) for party in sorted({0, *self.parties})},
            **{f"account {account.hex()}": slots.account(account) for account in sorted(self.accounts)},
            **{f"claim {claim.hex()}": slots.claim(claim) for claim in sorted(self.claims)},
            **({"ledgerHead": slots.ledger_head()} if self.stamped else {}),
        }


def party_log(party: int) -> str:
    """What the proven word of a party's log is called."""
    return f"log of party {party}"


def needed_nodes(
    domain: Domain, engine: str, header: Header, raw: Iterable[bytes], wanted: Wanted
) -> tuple[tuple[bytes, ...], dict[str, int]]:
    """(The nodes that prove these words and no other, the words as they prove them.)

    raw: at least those nodes, RLP, each once. Raises VerificationError (2, 3) when one is missing.
    """
    nodes = trie.Nodes(raw)
    root = trie.account(header.state_root, domain.ledger, nodes, Engine(engine)).storage_root
    words = {name: trie.storage(root, slot, nodes) for name, slot in wanted.slots().items()}
    return tuple(nodes.used()), words


# --- forms -----------------------------------------------------------------------------------------------------------

FORMS: Final = ("whole", "suffix")
NOTES: Final = ("all", "own", "hidden")
"""Which notes are shown; the others go in by their hashes."""
STAMPS: Final = ("all", "none")
"""Which time stamps are shown. A verifier whose policy does not name one of them takes none of the file."""
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that happened up to one block. kind: with its parsed file, `source`; logs, profiles: by party, at
    least of all who acted or were named, the profile None where nobody gave it; manifests: the newest."""

    domain: Domain
    kind: KindFile
    source: Mapping[str, Any]
    document: bytes
    entries: tuple[Entry, ...]
    notes: tuple[Act, ...]
    consortium: tuple[PowerEntry, ...]
    logs: Mapping[int, tuple[PartyEntry, ...]]
    profiles: Mapping[int, Mapping[str, Any] | None]
    manifests: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """What one block proves. engine: how its chain seals blocks; header: RLP; nodes: RLP, each once, more may be there
    than is needed; accounts: all signers of the whole story, where they are known (else they are recovered); stamps:
    tokens of this block, DER; path: header RLPs by which the validators handed over."""

    engine: str
    header: bytes
    nodes: tuple[bytes, ...]
    accounts: frozenset[bytes] | None = None
    stamps: tuple[bytes, ...] = ()
    path: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """form: one of FORMS; notes: one of NOTES; own: whose notes "own" shows; also: parties to list beside those who
    acted or were named, such as who discloses; stamps: one of STAMPS, or, in hex, the SHA-256 of the certificate whose
    stamps are shown. Raises InvalidInput."""

    form: str = "whole"
    notes: str = "all"
    own: int = 0
    also: frozenset[int] = frozenset()
    stamps: str = "all"

    def __post_init__(self) -> None:
        for name, value, allowed in (("form", self.form, FORMS), ("notes", self.notes, NOTES)):
            if value not in allowed:
                raise InvalidInput(name, repr(value[:40]), ", ".join(allowed))
        if self.stamps not in STAMPS and not _DIGEST.fullmatch(self.stamps):
            raise InvalidInput("stamps", repr(self.stamps[:80]), "all, none, or a certificate's SHA-256 in hex")

    def shows(self, certificate: bytes) -> bool:
        """Whether a stamp by this certificate (its SHA-256) is shown."""
        return self.stamps == "all" or self.stamps == certificate.hex()


def make(story: Story, proof: Proof, form: Form) -> Bundle:
    """The evidence in this form, with nothing opened.

    Raises InvalidInput (no suffix form; more than a file holds), VerificationError (2, 3: a node is missing),
    Unavailable (proof and story are not of one moment).
    """
    start, entries = suffix(story.entries) if form.form == "suffix" else (None, story.entries)
    heads = {item.head for item in entries} if start else None
    notes = tuple(_shown(note, form, heads) for note in story.notes)
    parties = parties_of((*entries, *notes)) | form.also
    everything = start is None and form.notes == "all"
    accounts = proof.accounts if everything and proof.accounts is not None else signers_of((*entries, *notes))
    state = Control.unpack(start.control).state if start else 0
    wanted = Wanted(
        story.document, story.kind.number, frozenset(parties), frozenset(accounts),
        frozenset(claims_of(story.kind, entries, state)), stamped=bool(proof.stamps),
    )  # fmt: skip
    nodes, found = needed_nodes(
        story.domain, proof.engine, parse_header(proof.engine, proof.header), proof.nodes, wanted
    )
    _require_one_moment(story, parties, found)
    _require_readable(len(entries), len(notes), len(parties))
    return Bundle(
        domain=story.domain,
        engine=proof.engine,
        header=proof.header,
        path=proof.path,
        proof=nodes,
        kind=story.source,
        document=story.document,
        start=start,
        entries=entries,
        notes=notes,
        consortium=story.consortium,
        parties=tuple(PartyRecord(one, story.logs[one], story.profiles.get(one)) for one in sorted(parties)),
        manifests=story.manifests,
        stamps=proof.stamps,
    )


def _shown(note: Act, form: Form, heads: set[bytes] | None) -> Act | HiddenNote:
    """heads: those that notes may speak about and be shown; None = any."""
    hidden = form.notes == "hidden" or (form.notes == "own" and note.action.actor != form.own)
    return hide(note) if hidden or (heads is not None and note.action.previous not in heads) else note


def _require_one_moment(story: Story, parties: Iterable[int], proven: Mapping[str, int]) -> None:
    """Raises Unavailable unless every log ends where the block proves that it does."""
    told = {
        "control": word(story.entries[-1].control),
        "head": story.entries[-1].head,
        "notesHead": story.notes[-1].head if story.notes else ZERO,
        party_log(0): log0_head(story.consortium),
        **{party_log(party): story.logs[party][-1].head for party in parties},
    }
    for name, value in told.items():
        if proven[name] != int.from_bytes(value, "big"):
            raise Unavailable(
                f"{name} {value.hex()} in the history", f"{proven[name]:064x}, which the block proves",
                "Try again: something may have happened in between.",
            )  # fmt: skip


def _require_readable(entries: int, notes: int, parties: int) -> None:
    """Raises InvalidInput: a file beyond these bounds would be refused by everybody who reads it."""
    for name, found, most, remedy in (
        ("entries", entries, MAX_ENTRIES, "Make the suffix form, which begins with the last act that wrote content."),
        ("notes", notes, MAX_ENTRIES, "Nothing shorter exists: replay the record with `portledger verify DOCUMENT`."),
        ("parties", parties, MAX_PARTIES, "Make the suffix form, or show other parties' notes by their hashes only."),
    ):
        if found > most:
            raise InvalidInput(name, f"{found}", f"{most} at most, which is what an evidence file holds", remedy)


def suffix(entries: Sequence[Entry]) -> tuple[Start | None, tuple[Entry, ...]]:
    """The entries from the last act that wrote content on, and what opens the one before them.

    Start is None where nothing can be left out. Raises InvalidInput for a record under a security interest.
    """
    last = max(
        (at for at, item in enumerate(entries) if isinstance(item, Act) and item.action.content != ZERO), default=0
    )
    if last == 0:
        return None, tuple(entries)
    before, opening = entries[last - 1], entries[last]
    if Control.unpack(before.control).secured:
        raise InvalidInput("form", "a suffix of a record under a security interest", "whole", "Make the whole form.")
    assert isinstance(opening, Act)
    earlier = entries[last - 2].head if last > 1 else ZERO
    digest, signers = _hashed(before, opening.action.document)
    return Start(earlier, digest, before.control, signers, before.time), tuple(entries[last:])


def _hashed(item: Entry, document: bytes) -> tuple[bytes, bytes]:
    """(digest, signers) as the entry's hash has them."""
    if isinstance(item, Act):
        return item.digest, _signers_word(item)
    return freeze_digest(document, item.until, item.reason), signers_word([item.sender])


def _signers_word(item: Act) -> bytes:
    return signers_word([signer_of(item.digest, one) for one in split(item.signatures)])


def hide(note: Act) -> HiddenNote:
    """Only the hashes of a note."""
    result = keccak(abi_words(note.action.previous, note.control))
    return HiddenNote(note.digest, result, _signers_word(note), note.time)


# --- log 0 -----------------------------------------------------------------------------------------------------------

PowerEvent = KindDefined | Appointed


def first_holders(events: Sequence[PowerEvent], now: Holders, candidates: Iterable[bytes] = ()) -> Holders:
    """Who held the powers before the first entry of log 0.

    now: who holds them after the last; candidates: accounts among which one that was replaced may be. Raises
    Unavailable when the log's first hash names somebody else.
    """
    if not events:
        return now
    replaced = {event.power for event in events if isinstance(event, Appointed) and event.ready_at == 0}
    others = list(dict.fromkeys(candidates))
    choices = [
        [now[power - 1]] if power not in replaced else [events[0].sender] if power == Power.GOVERNOR else others
        for power in Power
    ]
    for governor, registrar, guardian in product(*choices):
        holders = (governor, registrar, guardian)
        if _power_entry(events[0], holders, ZERO)[1] == events[0].head:
            return holders
    raise Unavailable(
        "a log 0 whose first holders of the powers are not known", "the deployment's governor, registrar and guardian",
        "Ask a node that has the deployment's transaction.",
    )  # fmt: skip


def power_entries(events: Iterable[PowerEvent], holders: Holders) -> tuple[PowerEntry, ...]:
    """Log 0 as evidence shows it. holders: before its first entry. Raises Unavailable when a hash does not follow."""
    found: list[PowerEntry] = []
    head = ZERO
    for event in events:
        if isinstance(event, Appointed) and event.ready_at == 0:
            changed = list(holders)
            changed[event.power - 1] = event.account
            holders = (changed[0], changed[1], changed[2])
        made, head = _power_entry(event, holders, head)
        if head != event.head:
            raise Unavailable(
                f"an entry {len(found)} of log 0 that does not follow from its event", f"head {event.head.hex()}",
                "Compare with another node; a call of a power with bytes after its arguments makes such an entry.",
            )  # fmt: skip
        found.append(made)
    return tuple(found)


def log0_head(entries: Iterable[PowerEntry]) -> bytes:
    """Where log 0 ends."""
    head = ZERO
    for one in entries:
        result = keccak(abi_words(one.governor, one.registrar, one.guardian, one.kind, one.kind_digest))
        head = entry(head, one.digest, result, one.signers, one.time)
    return head


def _power_entry(event: PowerEvent, holders: Holders, previous: bytes) -> tuple[PowerEntry, bytes]:
    """The entry and the head it leads to. holders: after it."""
    kind, digest = (event.kind, event.kind_digest) if isinstance(event, KindDefined) else (0, ZERO)
    made = PowerEntry(
        _power_digest(event), *holders, kind=kind, kind_digest=digest, signers=signers_word([event.sender]),
        time=event.time,
    )  # fmt: skip
    result = keccak(abi_words(*holders, kind, digest))
    return made, entry(previous, made.digest, result, made.signers, made.time)


def _power_digest(event: PowerEvent) -> bytes:
    if isinstance(event, KindDefined):
        return call_digest(event.call)
    if event.ready_at:
        return call_digest(_APPOINT + abi_words(event.power, event.account))
    return call_digest(_ACCEPT + abi_words(event.power))
