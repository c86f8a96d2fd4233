"""The kind files against the protocol's own tables, which lie beside this test as they were specified."""

import csv
from pathlib import Path

import pytest

from portledger import resources
from portledger.domain.codes import QuantityMode, Scope
from portledger.domain.kinds import KindFile
from portledger.domain.kinds_text import row_cells

TABLES = Path(__file__).parent / "tables"
NOTICE_STATES = (
    "ISSUED",
    "OFFERED",
    "PENDING_SURRENDER_FOR_DELIVERY",
    "PENDING_SURRENDER_FOR_AMENDMENT",
    "PENDING_SWITCH_TO_PAPER",
    "PENDING_SWITCH_PLATFORM",
)
Row = dict[str, str]


def table(name: str) -> list[Row]:
    with (TABLES / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def notices() -> list[Row]:
    row = {"verb": "NOTICE", "who": "issuer", "detail": "must", "flags": "note", "class": "issue"}
    return [{**dict.fromkeys(table("filing")[0], ""), **row, "state": state, "next": state} for state in NOTICE_STATES]


def straight() -> list[Row]:
    """The negotiable table with the differences that docs/protocol §4 lists."""
    rows = []
    for row in [*table("ebl_negotiable"), *notices()]:
        if row["verb"] in ("ENDORSE", "ENDORSE_TO_ORDER", "BLANK_ENDORSE", "RENOUNCE"):
            continue
        if row["verb"] in ("ISSUE", "REOFFER") or (row["state"], row["verb"]) == ("SURRENDERED_FOR_AMENDMENT", "AMEND"):
            row["endorsee"] = "party"
        if row["verb"] == "OFFER":
            row |= {"counterparty": "endorsee", "endorsee": "none"}
        row["who"] = row["who"].replace("titleholder", "possessor")
        rows.append(row)
    return rows


def filing(roles: str) -> list[Row]:
    return [row | ({"roles": roles} if row["verb"] == "SUBMIT" else {}) for row in table("filing")]


EXPECTED = {
    0x0101: [*table("ebl_negotiable"), *notices()],
    0x0102: straight(),
    0x0201: table("certificate_of_origin"),
    0x0301: filing("forwarder+shipperOrConsignee+customsBroker"),
    0x0401: filing("shipperOrConsignee"),
}


def said(kind: KindFile, state: int, verb: int) -> tuple[object, ...]:
    cells = row_cells(kind, state, verb)
    rule = kind.rows[state, verb]
    counterparty, _, roles = cells["counterparty"].partition(" (")
    words = [cells[name] for name in ("state", "verb", "next")]
    sets = [
        frozenset(cells[name].replace(" and ", ", ").replace(" or ", ", ").split(", ")) for name in ("who", "roles")
    ]
    sets.append(frozenset(cells["effects"].split(", ")))
    flags = set(cells["flags"].split(", ")) - {""}
    if " and " in cells["who"]:
        flags.add("all")
    return (
        *words, *sets, counterparty, frozenset(roles.rstrip(")").split(", ")), cells["endorsee"], cells["content"],
        cells["reference"], cells["detail"], QuantityMode(rule.quantity), frozenset(flags), Scope(rule.scope),
    )  # fmt: skip


def specified(row: Row) -> tuple[object, ...]:
    def names(column: str) -> frozenset[str]:
        return frozenset(row[column].split("+"))

    def mode(column: str) -> str:
        return "" if row[column] in ("none", "free") else row[column]

    return (
        row["state"], row["verb"], row["next"], names("who"), names("roles"), names("effects"), mode("counterparty"),
        names("counterparty_roles"), mode("endorsee"), mode("content"), mode("reference"), mode("detail"),
        QuantityMode(int(row["quantity"] or 0)), names("flags") - {""}, Scope[row["class"].upper()],
    )  # fmt: skip


@pytest.mark.parametrize("number", EXPECTED, ids=lambda number: f"{number:04x}")
def test_a_kind_file_has_exactly_the_rows_of_the_protocol(number: int) -> None:
    kind = resources.kind(number)
    assert {said(kind, state, verb) for state, verb in kind.rows} == {specified(row) for row in EXPECTED[number]}
    assert len(kind.rows) == len(EXPECTED[number])


@pytest.mark.parametrize("number", EXPECTED, ids=lambda number: f"{number:04x}")
def test_states_and_verbs_are_numbered_by_their_first_appearance_in_the_family(number: int) -> None:
    kind = resources.kind(number)
    family = EXPECTED[0x0101 if kind.family == 1 else number]
    states = dict.fromkeys(name for row in family for name in (row["state"], row["next"]) if name != "NONE")
    verbs = dict.fromkeys(row["verb"] for row in family)
    assert {s.name: s.number for s in kind.states.values()}.items() <= {n: i for i, n in enumerate(states, 1)}.items()
    assert {v.name: v.number for v in kind.verbs.values()}.items() <= {n: i for i, n in enumerate(verbs, 1)}.items()


def test_states_without_rows_are_the_endings() -> None:
    for kind in resources.kinds().values():
        with_rows = {state for state, _ in kind.rows}
        assert {s.number for s in kind.states.values() if s.final} == {
            s.number for s in kind.states.values()
        } - with_rows
