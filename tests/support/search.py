"""Every record that a kind's table can lead to, found by trying everything: a second reading of docs/protocol §3, §4.

Nothing of the ledger's own code is used: rows come from the TOML file by name, and conditions and effects are written
down here once more. Records are abstract: who is what, in which state, how much is used; no heads, no times, no keys.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

BEARER = 0xFFFFFFFF
PARTIES = (1, 2, 3, 4)
QUANTITIES = (0, 500_000, 1_000_000)
ROOT = Path(__file__).parents[2]


class Record(NamedTuple):
    """0 is nobody. used: parts per million."""

    state: str = "NONE"
    issuer: int = 0
    possessor: int = 0
    endorsee: int = 0
    offeree: int = 0
    offered: int = 0
    used: int = 0


class Past(NamedTuple):
    """What a record does not say about how it came to be, as far as safety depends on it.

    handed: whether possession ever left the issuer; offered_by: who made the offer that is open; asked_by: who asked
    for the surrender or switch that is pending; surrendered_by: whose surrender for amendment the issuer accepted.
    """

    handed: bool = False
    offered_by: int = 0
    asked_by: int = 0
    surrendered_by: int = 0


class Move(NamedTuple):
    """One act: who does what, naming whom, and what the record is afterwards."""

    actor: int
    verb: str
    counterparty: int
    endorsee: int
    quantity: int
    row: Row
    after: Record

    @property
    def note(self) -> bool:
        return "note" in self.row.flags


@dataclass(frozen=True)
class Row:
    """One row of the table, by the names of the file."""

    state: str
    verb: str
    next: str
    who: frozenset[str]
    roles: frozenset[str] = frozenset()
    effects: frozenset[str] = frozenset()
    counterparty: str = "none"
    counterparty_roles: frozenset[str] = frozenset()
    endorsee: str = "none"
    quantity: str = "zero"
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Table:
    """A kind's rows, and the roles that each party has; `None` = every role."""

    rows: tuple[Row, ...]
    finals: frozenset[str]
    casting: Mapping[int, frozenset[str]] | None = None
    by_state: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            self.by_state.setdefault(row.state, []).append(row)

    def cast(self, casting: Mapping[int, Sequence[str]]) -> Table:
        return Table(self.rows, self.finals, {party: frozenset(roles) for party, roles in casting.items()})

    def has_role(self, party: int, roles: frozenset[str]) -> bool:
        return not roles or (party in PARTIES and (self.casting is None or bool(self.casting[party] & roles)))

    def changed(self, of: Callable[[Row], bool], **columns: Any) -> Table:
        """The table with some rows written otherwise: what the protocol would be without one of its provisions."""
        rows = [replace(row, **columns) if of(row) else row for row in self.rows]
        assert rows != list(self.rows)
        return Table(tuple(rows), self.finals, self.casting)

    def without(self, *verbs: str) -> Table:
        return Table(tuple(row for row in self.rows if row.verb not in verbs), self.finals, self.casting)


@cache
def load(name: str) -> Table:
    """A shipped kind: "ebl_negotiable"."""
    data = tomllib.loads((ROOT / "protocol" / "kinds" / f"{name}.toml").read_text())
    sets = ("who", "roles", "effects", "counterparty_roles", "flags")
    rows = []
    for row in data["rows"]:
        columns: dict[str, Any] = {key: frozenset(value) if key in sets else value for key, value in row.items()}
        rows.append(Row(**{key: value for key, value in columns.items() if key in Row.__dataclass_fields__}))
    return Table(tuple(rows), frozenset(state["name"] for state in data["states"] if state.get("final")))


def is_who(who: str, actor: int, record: Record) -> bool:
    exists = record.state != "NONE"
    addressee = exists and record.endorsee in (actor, BEARER)
    return {
        "role": True,
        "anyone": True,
        "issuer": exists and record.issuer == actor,
        "possessor": exists and record.possessor == actor,
        "addressee": addressee,
        "titleholder": addressee and record.possessor == actor,
        "offeree": exists and record.offeree == actor,
        "named_endorsee": exists and record.endorsee == actor,
    }[who]


def may(table: Table, row: Row, actor: int, record: Record) -> bool:
    together = all if "all" in row.flags else any
    return table.has_role(actor, row.roles) and together(is_who(who, actor, record) for who in row.who)


def counterparties(table: Table, row: Row, actor: int, record: Record) -> Iterator[int]:
    issuer = actor if record.state == "NONE" else record.issuer
    others = [party for party in PARTIES if party != actor]
    named = {
        "none": [0],
        "party": others,
        "not_issuer": [party for party in others if party != issuer],
        "endorsee": [party for party in others if party == record.endorsee and party != issuer],
        "possessor": [record.possessor],
        "offeree": [record.offeree],
    }[row.counterparty]
    return (party for party in named if table.has_role(party, row.counterparty_roles))


def endorsees(row: Row, actor: int, counterparty: int, record: Record) -> list[int]:
    issuer = record.issuer
    if record.state == "NONE":
        issuer = counterparty if "issuer_is_counterparty" in row.effects else actor
    parties = [party for party in PARTIES if party != issuer]
    titleholder = record.possessor == actor and record.endorsee in (actor, BEARER)
    return {
        "none": [0],
        "party": parties,
        "bearer": [BEARER],
        "if_titleholder": [0, BEARER, *parties] if titleholder else [0],
        "as_offered": [record.offered],
        "party_or_bearer": [BEARER, *parties],
        "possessor": [party for party in parties if party == record.possessor],
        "none_party_or_bearer": [0, BEARER, *parties],
        "any": [0, BEARER, *PARTIES],
    }[row.endorsee]


def quantities(row: Row, record: Record) -> list[int]:
    return {
        "zero": [0],
        "grows": [quantity for quantity in QUANTITIES if quantity >= record.used],
        "shrinks": [quantity for quantity in QUANTITIES if quantity <= record.used],
    }[row.quantity]


def after(row: Row, actor: int, counterparty: int, endorsee: int, quantity: int, before: Record) -> Record:
    """The record after an act: the effects one by one, in the protocol's order."""
    record, does = before._replace(state=row.next), row.effects
    if "create" in does:
        record = record._replace(issuer=actor, possessor=actor)
    if "issuer_is_counterparty" in does:
        record = record._replace(issuer=counterparty)
    if "take" in does:
        record = record._replace(
            endorsee=record.offered or record.endorsee, possessor=record.offeree, offeree=0, offered=0
        )
    if "clear" in does:
        record = record._replace(offeree=0, offered=0)
    if "reserve_return" in does:
        record = record._replace(offeree=record.possessor)
    if "offer" in does:
        record = record._replace(offeree=counterparty, offered=endorsee)
    if "endorse" in does:
        record = record._replace(endorsee=endorsee)
    if "to_issuer" in does:
        record = record._replace(possessor=record.issuer)
    if "use" in does:
        record = record._replace(used=quantity)
    return record


def moves(table: Table, record: Record) -> list[Move]:
    """Everything that anybody may do now."""
    return [
        Move(actor, row.verb, counterparty, endorsee, quantity, row, done)
        for row in table.by_state.get(record.state, ())
        for actor in PARTIES
        if may(table, row, actor, record)
        for counterparty in counterparties(table, row, actor, record)
        for endorsee in endorsees(row, actor, counterparty, record)
        for quantity in quantities(row, record)
        for done in [after(row, actor, counterparty, endorsee, quantity, record)]
    ]


def next_past(move: Move, before: Record, past: Past) -> Past:
    """What becomes of the past by a move."""
    record, does = move.after, move.row.effects
    asked_by = surrendered_by = 0
    if record.state.startswith("PENDING"):
        asked_by = past.asked_by if before.state == record.state else move.actor
    if record.state in ("SURRENDERED_FOR_AMENDMENT", "AMENDED"):
        surrendered_by = past.surrendered_by or past.asked_by
    return Past(
        past.handed or record.possessor != record.issuer,
        move.actor if "offer" in does else past.offered_by if record.offeree and before.offeree else 0,
        asked_by,
        surrendered_by,
    )


@dataclass
class Reached:
    """All records that can be, with every past that they can have, and what can be done in each."""

    table: Table
    moves: dict[Record, list[Move]]
    pasts: dict[Record, set[Past]]

    @property
    def records(self) -> list[Record]:
        """Without the one that does not exist."""
        return [record for record in self.moves if record.state != "NONE"]

    @property
    def live(self) -> list[Record]:
        return [record for record in self.records if record.state not in self.table.finals]

    def steps(self) -> Iterator[tuple[Record, Past, Move]]:
        for record, pasts in self.pasts.items():
            for move in self.moves[record]:
                for past in pasts:
                    yield record, past, move

    def can_end(self, without: Callable[[Move], bool] = lambda move: False) -> set[Record]:
        """The records from which an ending can be reached although some moves are never made."""
        into: dict[Record, set[Record]] = {}
        for record, possible in self.moves.items():
            for move in possible:
                if not move.note and not without(move):
                    into.setdefault(move.after, set()).add(record)
        found = {record for record in self.moves if record.state in self.table.finals}
        border = list(found)
        while border:
            for record in into.get(border.pop(), ()):
                if record not in found:
                    found.add(record)
                    border.append(record)
        return found


def explore(table: Table, creators: Iterable[int] = (1,)) -> Reached:
    """From nothing to everywhere. creators: who may create; the parties are alike, so one is enough."""
    start = Record()
    reached = Reached(
        table, {start: [move for move in moves(table, start) if move.actor in set(creators)]}, {start: {Past()}}
    )
    border = [(start, Past())]
    while border:
        record, past = border.pop()
        for move in reached.moves[record]:
            then = next_past(move, record, past)
            known = reached.pasts.setdefault(move.after, set())
            if move.after not in reached.moves:
                reached.moves[move.after] = moves(table, move.after)
            if then not in known:
                known.add(then)
                border.append((move.after, then))
    return reached
