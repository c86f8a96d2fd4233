"""The inbox by turn: 未対応・処理中・完了・キャンセル, computed from kind file and record for one party. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from portledger.domain.kind_file import PROGRESS, KindFile
from portledger.domain.kinds_text import row_cells
from portledger.domain.records import Control
from portledger.sdk import acts


@dataclass(frozen=True, slots=True)
class Line:
    """One document in the inbox. document: 64 hex; since: unix seconds; verbs: numbers of what the party may do now."""

    document: str
    kind: KindFile
    control: Control
    since: int
    turn: str
    verbs: tuple[int, ...]


def turn_of(kind: KindFile, control: Control, party: int, roles: int) -> str:
    """One of PROGRESS: `todo` where the party is asked to act, the kind's own word where the document has ended."""
    state = kind.states[kind.state_name(control.state)]
    if state.final and state.progress in ("done", "cancelled"):
        return state.progress
    return "todo" if acts.waits_for(kind, control, party, roles) else "processing"


def verbs_of(kind: KindFile, control: Control, party: int, roles: int) -> tuple[int, ...]:
    """Numbers of the verbs that the party may use in this state, in the kind's order."""
    return tuple(
        verb
        for verb in kind.verbs_in(control.state)
        if (rule := kind.rule(control.state, verb)) and acts.may(rule, control, party, roles)
    )


def line(document: str, kind: KindFile, control: Control, since: int, party: int, roles: int) -> Line:
    """A record as a line of this party's inbox. since: block time of the last change, unix seconds."""
    turn, verbs = turn_of(kind, control, party, roles), verbs_of(kind, control, party, roles)
    return Line(document, kind, control, since, turn, verbs)


def by_turn(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Every progress with its lines; what waits for the party longest first, everything else newest first."""
    found: dict[str, list[Line]] = {name: [] for name in PROGRESS}
    for one in lines:
        found[one.turn].append(one)
    for name, group in found.items():
        group.sort(key=lambda one: one.since if name == "todo" else -one.since)
    return found


_NEEDS_A_FILE: Final = ("content", "reference", "quantity")


def can_be_done_here(kind: KindFile, control: Control, verb: int) -> bool:
    """Whether a page can take all that the act says: acts that write contents or quantities come from files."""
    cells = row_cells(kind, control.state, verb)
    return all(not cells[column] for column in _NEEDS_A_FILE)
