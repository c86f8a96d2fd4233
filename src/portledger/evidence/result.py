"""What a verification hands back: facts with the block they hold at, and what each numbered step did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final

from portledger.domain.errors import moment
from portledger.domain.records import Control
from portledger.evidence.party_log import PartyTimeline


class Step(IntEnum):
    """The numbers of docs/protocol §7."""

    PARSE = 0
    BLOCK = 1
    ACCOUNT = 2
    STORAGE = 3
    KIND = 4
    DIGESTS = 5
    HEAD = 6
    SIGNATURES = 7
    PARTIES = 8
    TABLE = 9
    NOTES = 10
    REFERENCE = 11
    MANIFEST = 12
    DATASETS = 13
    DETAILS = 14
    RESULT = 15


TITLES: dict[Step, str] = {
    Step.PARSE: "the evidence has the right form",
    Step.BLOCK: "block header and validators' seals",
    Step.ACCOUNT: "the ledger's account and code",
    Step.STORAGE: "the ledger's storage",
    Step.KIND: "the kind file is the one the ledger sealed",
    Step.DIGESTS: "each act hashes to its digest and extends the one before",
    Step.HEAD: "the running hash ends in the ledger's head",
    Step.SIGNATURES: "each act is signed by accounts of its actor",
    Step.PARTIES: "each party was registered, free, in its epoch and role",
    Step.TABLE: "each act obeys the table and gives the recorded state",
    Step.NOTES: "the notes are complete and true to their time",
    Step.REFERENCE: "the document id comes from the creator's number",
    Step.MANIFEST: "the manifest is the one that was signed, for this ledger",
    Step.DATASETS: "the opened datasets are the ones that were sealed",
    Step.DETAILS: "the opened details are the ones that were signed",
    Step.RESULT: "result",
}


EXPLAINED: dict[Step, str] = {
    Step.PARSE: "Canonical JSON of one known form, within limits; nothing unknown, doubled or missing.",
    Step.BLOCK: "The header hashes to the block's hash; enough of the policy's validators sealed it.",
    Step.ACCOUNT: "The state trie under the header holds the ledger's account; its code is the policy's.",
    Step.STORAGE: "Every word that the later steps need is proven under the account's storage root.",
    Step.KIND: "The kind file, packed as the contract packs it, has the digest that the ledger sealed.",
    Step.DIGESTS: "EIP-712 over the act's fields and the kind's words; previous is the running hash so far.",
    Step.HEAD: "keccak of previous head, digest, result, signers, time, entry by entry, ends in the proven head.",
    Step.SIGNATURES: "Each signature recovers to an account whose proven word names the actor at that time.",
    Step.PARTIES: "Each party's log, replayed from its registration, ends in the proven head; powers by log 0.",
    Step.TABLE: "The kind's table is run from the beginning; each state is the recorded one, the last the proven one.",
    Step.NOTES: "Each note speaks about a head that was current; their running hash ends in the proven one.",
    Step.REFERENCE: "The document id follows from creator and reference; the number's RSA signature hashes to it.",
    Step.MANIFEST: "The manifest hashes to the content that was signed, and names this ledger and document.",
    Step.DATASETS: "Keys match their commitments; roots are recomputed; proofs of fields lead to the roots.",
    Step.DETAILS: "Details hash to what was signed; a certificate's quantities add up.",
    Step.RESULT: "Time stamps, age, roles that signed, and for a presentation who shows it to whom until when.",
}
"""What each step does, in a sentence."""


class Status(StrEnum):
    CHECKED = "checked"
    FROM_NODE = "read from the node"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True, slots=True)
class StepReport:
    """checked: what was looked at, in a few words with figures."""

    step: Step
    status: Status
    checked: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "step": int(self.step),
            "title": TITLES[self.step],
            "status": self.status.value,
            "checked": self.checked,
        }


SEALED: Final = "sealed"
UNSEALED: Final = "unsealed"


@dataclass(frozen=True, slots=True)
class Result:
    """A document's history holds, as of one block. Whether it is still so is another question, asked of a live node.

    control: the record's state; acts, notes, freezes: how many; parties: each concerned party's life;
    remarks: what a reader should know although nothing is wrong.
    """

    document: bytes
    kind: int
    kind_id: str
    state: str
    final: bool
    control: Control
    frozen_until: int
    created_at: int
    acts: int
    notes: int
    freezes: int
    head: bytes
    block: int
    time: int
    steps: tuple[StepReport, ...]
    remarks: tuple[str, ...]
    parties: Mapping[int, PartyTimeline]
    values: Mapping[str, Any]
    """The opened datasets by name, as they were sealed."""
    whole: bool = True
    """False for a suffix: the origin is not shown, and created_at is 0."""
    number: str = ""
    """The document's number, where it is shown with its proof."""
    level: str = UNSEALED
    stamped_at: int | None = None
    """The document's history existed before this time (unix seconds), by an outside time stamp."""

    @property
    def as_of(self) -> str:
        return f"block {self.block}, {moment(self.time)}"

    def to_dict(self) -> dict[str, Any]:
        """What `portledger verify --json` prints."""
        now = self.control
        return {
            "document": self.document.hex(),
            "verified": True,
            "level": self.level,
            "stampedAt": self.stamped_at,
            "whole": self.whole,
            "number": self.number,
            "asOf": {"block": self.block, "time": self.time},
            "kind": self.kind,
            "kindId": self.kind_id,
            "state": self.state,
            "final": self.final,
            "issuer": now.issuer,
            "possessor": now.possessor,
            "endorsee": now.endorsee,
            "offeree": now.offeree,
            "offeredEndorsee": now.offered_endorsee,
            "version": now.version,
            "used": now.used,
            "frozenUntil": self.frozen_until,
            "createdAt": self.created_at,
            "acts": self.acts,
            "notes": self.notes,
            "freezes": self.freezes,
            "head": self.head.hex(),
            "steps": [step.to_dict() for step in self.steps],
            "remarks": list(self.remarks),
        }
