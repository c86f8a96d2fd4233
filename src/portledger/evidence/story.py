"""What happened to a document, in words: each entry with when, who, to whom, by which accounts (step 15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portledger.domain.codes import BEARER
from portledger.domain.errors import PortledgerError
from portledger.domain.kinds import KindFile
from portledger.domain.records import Control
from portledger.domain.signatures import recover, split
from portledger.evidence.bundle import Bundle
from portledger.evidence.history import Act, Freeze, HiddenNote
from portledger.evidence.result import Result


@dataclass(frozen=True, slots=True)
class Event:
    """time: unix seconds; words: what a wallet showed; actor: party id, None for a power or a hidden note; others: the
    parties named, with how; state: after it; signers: accounts, 20 bytes each."""

    time: int
    words: str
    actor: int | None
    others: tuple[tuple[str, int], ...] = ()
    state: str = ""
    signers: tuple[bytes, ...] = ()
    note: bool = False

    def to_dict(self, names: Mapping[int, str]) -> dict[str, Any]:
        return {
            "time": self.time,
            "words": self.words,
            "actor": self.actor,
            "actorName": names.get(self.actor or 0, ""),
            "others": [{"as": role, "party": party, "name": names.get(party, "")} for role, party in self.others],
            "state": self.state,
            "signers": ["0x" + one.hex() for one in self.signers],
            "note": self.note,
        }


def names_of(bundle: Bundle) -> dict[int, str]:
    """The parties' names by their profiles, where they are shown."""
    shown = {one.party: (one.profile or {}).get("name") for one in bundle.parties}
    return {party: name for party, name in shown.items() if isinstance(name, str)}


def story(bundle: Bundle, kind: KindFile) -> list[Event]:
    """Everything that is shown, in the order of time; of a file that was verified."""
    return sorted(_events(bundle, kind), key=lambda event: event.time)


def _events(bundle: Bundle, kind: KindFile) -> Iterator[Event]:
    for entry in bundle.entries:
        if isinstance(entry, Freeze):
            words = f"FREEZE by the guardian, 0x{entry.sender.hex()}" if entry.until else "UNFREEZE"
            yield Event(entry.time, words, None, state=_state(kind, entry.control), signers=(entry.sender,))
        else:
            yield _act(entry, kind, note=False)
    for note in bundle.notes:
        if isinstance(note, HiddenNote):
            yield Event(note.time, "a note, shown by its hash only", None, note=True)
        else:
            yield _act(note, kind, note=True)


def _act(item: Act, kind: KindFile, *, note: bool) -> Event:
    act = item.action
    others = tuple(
        (role, party) for role, party in (("counterparty", act.counterparty), ("endorsee", act.endorsee)) if party
    )
    return Event(
        item.time, kind.intent(act.verb), act.actor, others, "" if note else _state(kind, item.control),
        tuple(_signers(item)), note,
    )  # fmt: skip


def _signers(item: Act) -> Iterator[bytes]:
    for piece in split(item.signatures):
        try:
            yield recover(item.digest, piece)
        except PortledgerError:
            continue


def _state(kind: KindFile, control: int) -> str:
    return kind.state_name(Control.unpack(control).state)


def holders(result: Result, names: Mapping[int, str]) -> dict[str, str]:
    """Who issued, who has it now, who may claim, as people read it."""
    now = result.control

    def called(party: int) -> str:
        special = {0: "nobody", BEARER: "the bearer"}.get(party)
        return special or (f"{names[party]} ({party})" if party in names else f"party {party}")

    told = {"issued by": now.issuer, "in possession": now.possessor, "to the order of": now.endorsee}
    if now.offeree:
        told["offered to"] = now.offeree
    return {label: called(party) for label, party in told.items()}
