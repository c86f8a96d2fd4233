"""What a party hands on of a document: evidence with what it opens, and presentations, as bytes and in plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portledger.domain.kind_file import KindFile
from portledger.domain.records import Control
from portledger.evidence import bundle as bundles
from portledger.evidence import presentation as presentations
from portledger.evidence.headers import parse
from portledger.evidence.history import Act, Freeze
from portledger.sdk import disclosing, proving
from portledger.sdk.disclosing import Chosen, Place
from portledger.vault.canonical import flatten

if TYPE_CHECKING:
    from portledger.sdk.session import Session


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. verb: number, 0 for a freeze or its end; actor: 0 for a power; time: unix seconds."""

    verb: int
    actor: int
    time: int


@dataclass(frozen=True, slots=True)
class Handed:
    """An evidence file, and what it shows. block, time: as of which it proves; values: dataset -> value, of what is
    open; closed: names of the others; steps: acts, notes and freezes in the order of time."""

    data: bytes
    kind: KindFile
    control: Control
    block: int
    time: int
    values: Mapping[str, Any]
    closed: tuple[str, ...]
    steps: tuple[Step, ...]


def evidence(session: Session, document: str, opened: Sequence[str] = (), *, details: bool = False) -> Handed:
    """The evidence of a document with these datasets open. Raises what `proving.prove` raises."""
    made = proving.prove(session, document, opened=opened, details=details)
    header = parse(made.engine, made.header)
    control = Control.unpack(made.entries[-1].control)
    values = {one.dataset: one.value for one in made.opened}
    known = [entry["name"] for entry in made.manifests[-1]["datasets"]] if made.manifests else []
    told = [_step(one) for one in (*made.entries, *made.notes) if isinstance(one, Act | Freeze)]
    return Handed(
        bundles.dump(made), session.kind(control.kind), control, header.number, header.time, values,
        tuple(name for name in known if name not in values), tuple(sorted(told, key=lambda one: one.time)),
    )  # fmt: skip


def _step(entry: Act | Freeze) -> Step:
    if isinstance(entry, Freeze):
        return Step(0, 0, entry.time)
    return Step(entry.action.verb, entry.action.actor, entry.time)


@dataclass(frozen=True, slots=True)
class Choice:
    """A field that may be shown. always: the kind makes it part of every presentation."""

    place: Place
    value: Any
    always: bool


def choices(session: Session, document: str) -> list[Choice]:
    """Every field of what this party can open, in the document's order."""
    opened = session.open(document)
    kind = session.kind(opened.kind)
    return [
        Choice(Place(name, path), leaf, path in kind.mandatory_in(name))
        for name, value in opened.values().items()
        for path, leaf in flatten(value)
    ]


def presentation(session: Session, document: str, chosen: Chosen) -> bytes:
    """The presentation's file, signed now. Raises what `disclosing.disclose` raises."""
    return presentations.dump(disclosing.disclose(session, document, chosen))
