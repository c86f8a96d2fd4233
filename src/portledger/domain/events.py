"""What the ledger says: one dataclass per event of the contract (docs/protocol §12).

All state, every head and every signature is rebuilt from these alone. Digests, heads and ids are 32 bytes, addresses
20, times unix seconds; `control`, `terms`, `party_word` and `account_word` are the packed words of docs/protocol §2, as
integers. Field order is the order of the contract's event after `where`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portledger.domain.actions import Action, SignedAction
from portledger.domain.hashing import keccak
from portledger.domain.parties import Account, Party
from portledger.domain.records import Control


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """The place of an event on the chain: it orders events and says when they happened.

    block: number; time: the block's timestamp, unix seconds; index: of the log within the block; tx: transaction hash.
    """

    block: int
    time: int
    index: int
    tx: bytes


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """What every event has."""

    where: Where

    @property
    def block(self) -> int:
        return self.where.block

    @property
    def time(self) -> int:
        return self.where.time

    @property
    def index(self) -> int:
        return self.where.index

    @property
    def tx(self) -> bytes:
        return self.where.tx


@dataclass(frozen=True, slots=True)
class _Act(LedgerEvent):
    document: bytes
    digest: bytes
    head: bytes
    control: int
    terms: int
    content: bytes
    document_reference: bytes
    detail: bytes
    signatures: bytes

    def record(self) -> Control:
        """The record's state after the act; for a note, the state it spoke about."""
        return Control.unpack(self.control)

    def signed(self, previous: bytes) -> SignedAction:
        """The act as it was signed. previous: the record's head before it, which the event does not repeat."""
        action = Action.from_terms(
            self.terms, self.document, previous, self.content, self.document_reference, self.detail
        )
        return SignedAction(action, self.signatures)


@dataclass(frozen=True, slots=True)
class ActionApplied(_Act):
    """An act was applied; head and control are the record's new ones."""


@dataclass(frozen=True, slots=True)
class NoteApplied(_Act):
    """A note was taken; head is the new notesHead, control is the record's, unchanged."""


@dataclass(frozen=True, slots=True)
class ActionRefused(LedgerEvent):
    """An item of a batch was skipped. item: its place in the batch; reason: the error, ABI-encoded with its selector.

    Means something only in the sender's own receipt: anybody can make a batch that is refused.
    """

    item: int
    digest: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class Frozen(LedgerEvent):
    """reason: digest of the order; until: unix seconds; sender: the power's account."""

    document: bytes
    head: bytes
    control: int
    until: int
    reason: bytes
    sender: bytes


@dataclass(frozen=True, slots=True)
class Unfrozen(LedgerEvent):
    document: bytes
    head: bytes
    control: int
    sender: bytes


@dataclass(frozen=True, slots=True)
class PartyChanged(LedgerEvent):
    """One entry of a party's log. call: the whole msg.data of the transaction's call to the ledger.

    account_word: word of the one account touched, 0 if none; signers: as in the heads; head: the new partyHead.
    """

    party: int
    digest: bytes
    party_word: int
    profile: bytes
    encryption_key: bytes
    account_word: int
    signers: bytes
    head: bytes
    call: bytes

    def state(self) -> Party | None:
        return Party.unpack(self.party_word)

    def account(self) -> Account | None:
        return Account.unpack(self.account_word)


@dataclass(frozen=True, slots=True)
class ChangeProposed(LedgerEvent):
    """what: codes.PartyAct; source: codes.Source; ready_at: unix seconds."""

    party: int
    change_id: bytes
    what: int
    source: int
    value: bytes
    ready_at: int


@dataclass(frozen=True, slots=True)
class ChangeVetoed(LedgerEvent):
    party: int
    change_id: bytes


@dataclass(frozen=True, slots=True)
class ChangeEnacted(LedgerEvent):
    party: int
    change_id: bytes


@dataclass(frozen=True, slots=True)
class KindDefined(LedgerEvent):
    """head: the new head of log 0; call: the whole msg.data, which holds the table."""

    kind: int
    kind_digest: bytes
    file_digest: bytes
    head: bytes
    sender: bytes
    call: bytes


@dataclass(frozen=True, slots=True)
class Appointed(LedgerEvent):
    """power: codes.Power; ready_at: when the appointed may accept, 0 once it has; head: the new head of log 0."""

    power: int
    account: bytes
    ready_at: int
    head: bytes
    sender: bytes


def ledger_head(previous: bytes, events: Iterable[LedgerEvent]) -> bytes:
    """The running hash over everything after these events, in the chain's order (docs/protocol §2).

    previous: the ledgerHead before them, ZERO at the deployment. The events that name a head are the log entries.
    """
    for event in events:
        head = getattr(event, "head", None)
        if head is not None:
            previous = keccak(previous, head)
    return previous
