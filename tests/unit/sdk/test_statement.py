"""What a party is to a document in its statement, by the record and by the acts that secured it."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.support.secured_kind import ENFORCE, ISSUE, REDEEM, RELEASE, ROWS, SECURE

from portledger.domain.codes import BEARER
from portledger.domain.errors import InvalidInput
from portledger.domain.kind_file import KindFile
from portledger.domain.records import SECURED, Control
from portledger.evidence.history import Act
from portledger.sdk import statement

ME, OTHER = 7, 8


class Pledges:
    """As much of a kind file as is asked here: its table."""

    def rule(self, state: int, verb: int) -> Any:
        return ROWS.get((state, verb))


@pytest.mark.parametrize(
    ("control", "secured", "relations"),
    [
        (Control(issuer=ME, possessor=ME, endorsee=OTHER), 0, ["possesses", "issued"]),
        (Control(issuer=OTHER, possessor=ME, endorsee=ME), 0, ["possesses", "title"]),
        (Control(issuer=OTHER, possessor=ME, endorsee=BEARER), 0, ["possesses", "title"]),
        (Control(issuer=OTHER, possessor=OTHER, endorsee=ME), 0, []),
        (Control(issuer=OTHER, possessor=OTHER, endorsee=BEARER), 0, []),
        (Control(issuer=OTHER, possessor=OTHER, offeree=ME, offered_endorsee=ME), 0, []),
        (Control(issuer=OTHER, possessor=OTHER, flags=SECURED), ME, ["secured"]),
        (Control(issuer=OTHER, possessor=OTHER, flags=SECURED), OTHER, []),
        (Control(issuer=OTHER, possessor=OTHER), ME, []),
    ],
    ids=str,
)
def test_a_record_says_what_the_party_is_to_it(control: Control, secured: int, relations: list[str]) -> None:
    assert list(statement._relations(control, ME, secured)) == relations


@pytest.mark.parametrize(
    ("acts", "secured"),
    [
        ([], 0),
        ([(SECURE, ME)], ME),
        ([(SECURE, OTHER), (REDEEM, ME)], ME),
        ([(SECURE, ME), (RELEASE, 0), (SECURE, OTHER)], OTHER),
        ([(SECURE, ME), (ENFORCE, 0)], ME),
    ],
    ids=str,
)
def test_the_last_act_that_secures_names_the_secured_party(acts: list[tuple[int, int]], secured: int) -> None:
    state, entries = 0, []
    for verb, counterparty in [(ISSUE, 0), *acts]:
        state = ROWS[state, verb].next
        action = cast(Any, SimpleNamespace(verb=verb, counterparty=counterparty))
        entries.append(Act(action, b"", b"", b"", Control(state=state).pack(), 0))
    assert statement._secured_party(cast(KindFile, Pledges()), list(entries)) == secured


@pytest.mark.parametrize(("day", "until"), [("1970-01-01", 86_399), ("２０２６－１１－２６", 1_795_737_599)])
def test_a_day_ends_with_its_last_second_in_utc(day: str, until: int) -> None:
    assert statement.end_of(statement.day_of(day, date(2026, 11, 26))) == until
    assert statement.end_of(date(9999, 12, 31)) > until


@pytest.mark.parametrize("text", ["", "today", "2026-02-30", "26-11-2026", "2026-11-27", "1" * 100_000])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        statement.day_of(text, date(2026, 11, 26))
    assert len(refused.value.found) < 60
