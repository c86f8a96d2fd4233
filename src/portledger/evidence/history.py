"""What is checked: the claimed history of a document, and the few facts that come from the ledger itself.

Everything in `History` may come from anybody. `LedgerFacts` is what was read from a node (or, in a bundle, proven by
storage proofs): it is the yardstick, so read it from a node you trust.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portledger.domain.actions import Action, Domain
from portledger.domain.codes import ZERO
from portledger.domain.events import ActionApplied, Frozen, LedgerEvent, NoteApplied, PartyChanged, Unfrozen
from portledger.domain.hashing import entry, word
from portledger.domain.kinds import KindFile
from portledger.domain.records import Control


@dataclass(frozen=True, slots=True)
class Act:
    """One applied act or note. digest, head: 32 bytes as claimed; control: the packed word after it (notes: the word
    it speaks about); signatures: 65 bytes each; time: the block's, unix seconds; block: its number, for the reader."""

    action: Action
    signatures: bytes
    digest: bytes
    head: bytes
    control: int
    time: int
    block: int = 0


@dataclass(frozen=True, slots=True)
class Freeze:
    """A freeze (until: unix seconds) or, with until 0, an unfreeze. reason: digest of the order, ZERO when unfreezing;
    sender: 20 bytes, the account that used its power."""

    until: int
    reason: bytes
    sender: bytes
    head: bytes
    control: int
    time: int
    block: int = 0


@dataclass(frozen=True, slots=True)
class PartyEntry:
    """One entry of a party's log, as PartyChanged tells it. call: msg.data; time: unix seconds."""

    digest: bytes
    party_word: int
    profile: bytes
    encryption_key: bytes
    account_word: int
    signers: bytes
    head: bytes
    call: bytes
    time: int
    block: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """The entry before a suffix: what opens the first act's `previous`. control: the packed word after that entry."""

    previous: bytes
    digest: bytes
    control: int
    signers: bytes
    time: int

    @property
    def head(self) -> bytes:
        return entry(self.previous, self.digest, word(self.control), self.signers, self.time)

    @property
    def sequence(self) -> int:
        return Control.unpack(self.control).sequence


@dataclass(frozen=True, slots=True)
class HiddenNote:
    """A note of which only the hashes are shown, 32 bytes each. time: unix seconds."""

    digest: bytes
    result: bytes
    signers: bytes
    time: int


@dataclass(frozen=True, slots=True)
class PowerEntry:
    """One entry of log 0: who holds the powers after it (20 bytes each), the kind that it defined (0 = none)."""

    digest: bytes
    governor: bytes
    registrar: bytes
    guardian: bytes
    kind: int
    kind_digest: bytes
    signers: bytes
    time: int


@dataclass(frozen=True, slots=True)
class History:
    """What somebody says happened to a document: its control track in order, its notes in order, the logs of the
    parties that appear in it, and the kind file whose table it followed.

    start: what came before the entries, where they are a suffix; consortium: log 0, None where it was not collected;
    profiles: by party, where they are shown.
    """

    document: bytes
    kind: KindFile
    entries: tuple[Act | Freeze, ...]
    notes: tuple[Act | HiddenNote, ...] = ()
    parties: Mapping[int, tuple[PartyEntry, ...]] = field(default_factory=dict)
    start: Start | None = None
    consortium: tuple[PowerEntry, ...] | None = None
    profiles: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    def acts(self) -> list[Act]:
        """Every act that is shown, of both tracks: first the control track's."""
        return [item for item in (*self.entries, *self.notes) if isinstance(item, Act)]

    def creating(self) -> Action:
        """The act that created the document. Raises ValueError for a suffix, which does not show it."""
        first = self.entries[0] if self.entries and self.start is None else None
        if not isinstance(first, Act):
            raise ValueError("no creating act is shown")
        return first.action


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """What the ledger holds as of one block: read from a node, or proven.

    control: the packed word; head, notes_head, kind_digest: 32 bytes; party_heads: by party; accounts: the packed word
    by address (0 = nobody's); frozen_until, secured_party: the record's extension.
    """

    domain: Domain
    block: int
    time: int
    control: int
    head: bytes
    notes_head: bytes
    kind_digest: bytes
    party_heads: Mapping[int, bytes]
    accounts: Mapping[bytes, int]
    frozen_until: int = 0
    secured_party: int = 0
    claims: Mapping[bytes, bytes] = field(default_factory=dict)
    """documentId by claim, for the claims that the history makes; empty where they were not read."""
    ledger_head: bytes = ZERO
    """The running hash over everything; ZERO where it was not read."""


def history_of(document: bytes, kind: KindFile, events: Iterable[LedgerEvent]) -> History:
    """The history in the ledger's events, given in their order on the chain; events of other documents are skipped."""
    entries: list[Act | Freeze] = []
    notes: list[Act] = []
    parties: dict[int, list[PartyEntry]] = {}
    head = ZERO
    for event in events:
        match event:
            case ActionApplied(document=named) if named == document:
                entries.append(act_of(event, head))
                head = event.head
            case NoteApplied(document=named) if named == document:
                notes.append(act_of(event, head))
            case Frozen(document=named) if named == document:
                entries.append(
                    Freeze(event.until, event.reason, event.sender, event.head, event.control, event.time, event.block)
                )
                head = event.head
            case Unfrozen(document=named) if named == document:
                entries.append(Freeze(0, ZERO, event.sender, event.head, event.control, event.time, event.block))
                head = event.head
            case PartyChanged():
                parties.setdefault(event.party, []).append(party_entry_of(event))
    return History(document, kind, tuple(entries), tuple(notes), {party: tuple(log) for party, log in parties.items()})


def act_of(event: ActionApplied | NoteApplied, previous: bytes) -> Act:
    """previous: the record's control head before the act."""
    signed = event.signed(previous)
    return Act(signed.action, signed.signatures, event.digest, event.head, event.control, event.time, event.block)


def party_entry_of(event: PartyChanged) -> PartyEntry:
    return PartyEntry(
        event.digest,
        event.party_word,
        event.profile,
        event.encryption_key,
        event.account_word,
        event.signers,
        event.head,
        event.call,
        event.time,
        event.block,
    )
