"""Who held what at a moment, and what changed between two moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from portledger.domain.errors import moment
from portledger.domain.parties import Party
from portledger.domain.records import Control
from portledger.evidence.audit.ledger import PackedLedger
from portledger.evidence.audit.replay import Auditor, PowerUse, control_of
from portledger.evidence.audit.report import Names

_ROLES: Final = ("issuer", "possessor", "endorsee", "offeree")
_MEMBERS: Final = {name: name for name in (*_ROLES, "version", "used", "flags")} | {
    "offered_endorsee": "offeredEndorsee"
}


@dataclass(frozen=True, slots=True)
class Holding:
    """One document at a moment. Parties by number, 0 = nobody, BEARER = whoever possesses."""

    document: bytes
    kind: str
    state: str
    issuer: int
    possessor: int
    endorsee: int
    offeree: int
    version: int
    acts: int
    frozen: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "document": self.document.hex(),
            "kind": self.kind,
            "state": self.state,
            "issuer": self.issuer,
            "possessor": self.possessor,
            "endorsee": self.endorsee,
            "offeree": self.offeree,
            "version": self.version,
            "acts": self.acts,
            "frozen": self.frozen,
        }


def holdings(auditor: Auditor, time: int, party: int | None = None) -> Iterator[Holding]:
    """Every document in the order of creation, or those in which a party stands. time: unix seconds, for freezes."""
    names = Names(auditor.ledger, auditor.kinds)
    for document, control, _, until in auditor.ledger.documents_now():
        if party is None or party in (getattr(control, role) for role in _ROLES):
            yield _holding(names, document, control, control.frozen and until > time)


def _holding(names: Names, document: bytes, control: Control, frozen: bool) -> Holding:
    return Holding(
        document,
        names.kind(control.kind),
        names.state(control.kind, control.state),
        control.issuer,
        control.possessor,
        control.endorsee,
        control.offeree,
        control.version,
        control.sequence,
        frozen,
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is kept of the earlier moment: packed documents, party words, how far the logs had come."""

    documents: Mapping[bytes, bytes]
    parties: Mapping[int, Party]
    profiles: Mapping[int, bytes]
    keys: Mapping[int, bytes]
    accounts: Mapping[bytes, bool]
    uses: int
    counts: Mapping[str, int]
    head: bytes


def snapshot(auditor: Auditor) -> Snapshot:
    """A copy of the auditor's state that later events do not change."""
    ledger = auditor.ledger
    return Snapshot(
        dict(ledger.packed), dict(ledger.parties), dict(ledger.profiles), dict(ledger.encryption_keys),
        {address: account.active for address, account in ledger.accounts.items()}, len(auditor.uses),
        dict(auditor.counts), ledger.ledger_head,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """before: None for a document that is new. changed: member -> (before, after), names of states resolved."""

    document: bytes
    kind: str
    new: bool
    changed: Mapping[str, tuple[object, object]]
    acts: int
    notes_changed: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "document": self.document.hex(),
            "kind": self.kind,
            "new": self.new,
            "acts": self.acts,
            "notes": self.notes_changed,
            "changed": {name: {"from": before, "to": after} for name, (before, after) in self.changed.items()},
        }


@dataclass(frozen=True, slots=True)
class PartyChange:
    """changed: member -> (before, after) as plain values."""

    party: int
    new: bool
    changed: Mapping[str, tuple[object, object]]

    def to_dict(self) -> dict[str, Any]:
        return {
            "party": self.party,
            "new": self.new,
            "changed": {name: {"from": before, "to": after} for name, (before, after) in self.changed.items()},
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that is not as it was. counts: events by type in between."""

    documents: tuple[DocumentChange, ...]
    parties: tuple[PartyChange, ...]
    uses: tuple[PowerUse, ...]
    counts: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        return {
            "events": dict(self.counts),
            "documents": [one.to_dict() for one in self.documents],
            "parties": [one.to_dict() for one in self.parties],
            "powersUsed": [one.to_dict() for one in self.uses],
        }


def difference(before: Snapshot, auditor: Auditor, party: int | None = None) -> Difference:
    """What happened between a snapshot and now. party: only documents in which it stood or stands, and itself."""
    ledger = auditor.ledger
    names = Names(ledger, auditor.kinds)
    changed = (
        _document_change(names, document, before.documents.get(document), packed)
        for document, packed in ledger.packed.items()
        if before.documents.get(document) != packed and (party is None or _stands(party, before, document, packed))
    )
    return Difference(
        tuple(changed),
        tuple(one for one in _party_changes(before, ledger) if party in (None, one.party)),
        tuple(auditor.uses[before.uses :]),
        {name: count - before.counts.get(name, 0) for name, count in sorted(auditor.counts.items())
         if count > before.counts.get(name, 0)},
    )  # fmt: skip


def _stands(party: int, before: Snapshot, document: bytes, packed: bytes) -> bool:
    states = [control_of(packed)]
    if document in before.documents:
        states.append(control_of(before.documents[document]))
    return any(party == getattr(control, role) for control in states for role in _ROLES)


def _document_change(names: Names, document: bytes, before: bytes | None, after: bytes) -> DocumentChange:
    old, new = control_of(before) if before else Control(), control_of(after)
    changed: dict[str, tuple[object, object]] = {}
    if before is None or old.state != new.state:
        changed["state"] = (names.state(new.kind, old.state) if before else None, names.state(new.kind, new.state))
    for member, name in _MEMBERS.items():
        was, now = getattr(old, member), getattr(new, member)
        if was != now:
            changed[name] = (was if before else None, now)
    notes = (before or b"")[73:] != after[73:]
    return DocumentChange(document, names.kind(new.kind), before is None, changed, new.sequence - old.sequence, notes)


def _party_changes(before: Snapshot, ledger: PackedLedger) -> Iterator[PartyChange]:
    added: dict[int, list[str]] = {}
    removed: dict[int, list[str]] = {}
    for address, account in ledger.accounts.items():
        if address not in before.accounts:
            added.setdefault(account.party, []).append("0x" + address.hex())
        if not account.active and before.accounts.get(address, True):
            removed.setdefault(account.party, []).append("0x" + address.hex())
    for number, now in ledger.parties.items():
        changed = _members(before, ledger, number, now)
        if number in added:
            changed["accountsAdded"] = (None, added[number])
        if number in removed:
            changed["accountsRemoved"] = (None, removed[number])
        if changed:
            yield PartyChange(number, number not in before.parties, changed)


def _members(before: Snapshot, ledger: PackedLedger, number: int, now: Party) -> dict[str, tuple[object, object]]:
    old = before.parties.get(number)
    if old is None:
        return {"roles": (None, now.role_names())}
    pairs: dict[str, tuple[object, object]] = {
        "roles": (old.role_names(), now.role_names()),
        "epoch": (old.epoch, now.epoch),
        "threshold": (old.threshold, now.threshold),
        "suspendedUntil": (_moment(old.suspended_until), _moment(now.suspended_until)),
        "locked": (old.locked, now.locked),
        "recoveryBarred": (old.recovery_barred, now.recovery_barred),
        "profile": (before.profiles[number].hex(), ledger.profiles[number].hex()),
        "encryptionKey": (before.keys[number].hex(), ledger.encryption_keys[number].hex()),
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _moment(seconds: int) -> str | None:
    return moment(seconds) if seconds else None
