"""Two versions of a document side by side."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portledger.formats.comparing import Change, Found, Side, Sort, changed, counted, datasets, matched, pointer

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from(["", "a", "b", "1"]))
NAMES = st.sampled_from(["number", "name", "value", "rows"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=12
)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: True is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return type(one) is type(other) and bool(one == other)


def mirrored(change: Change) -> Change:
    other = {Sort.ADDED: Sort.REMOVED, Sort.REMOVED: Sort.ADDED}.get(change.sort, change.sort)
    return Change(other, change.after, change.before, change.new, change.old)


def named(changes: Any) -> list[str]:
    return sorted(map(repr, changes))


@given(VALUES)
def test_comparing_equal_documents_finds_nothing(value: Any) -> None:
    assert list(changed(value, value)) == []


@given(VALUES, VALUES)
@settings(max_examples=400)
def test_what_differs_is_found(before: Any, after: Any) -> None:
    assert bool(list(changed(before, after))) == (not same(before, after))


@given(VALUES, VALUES)
@settings(max_examples=400)
def test_the_other_way_round_the_same_is_found(before: Any, after: Any) -> None:
    assert named(changed(after, before)) == named(map(mirrored, changed(before, after)))


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@given(VALUES, VALUES)
def test_every_change_says_what_stands_there(before: Any, after: Any) -> None:
    for one in changed(before, after):
        if one.sort is not Sort.MOVED:
            assert one.before is None or same(at(before, one.before), one.old)
            assert one.after is None or same(at(after, one.after), one.new)
        assert (one.before is None, one.after is None) == (one.sort is Sort.ADDED, one.sort is Sort.REMOVED)


def row(number: str, weight: str = "100", **more: str) -> dict[str, str]:
    return {"number": number, "weight": weight, "unit": "KGM", **more}


@pytest.mark.parametrize(
    ("before", "after", "pairs"),
    [
        ([row("1"), row("2")], [row("0"), row("1"), row("2")], [(0, 1), (1, 2)]),
        ([row("1"), row("2", "7")], [row("2", "8"), row("1")], [(0, 1), (1, 0)]),
        ([row("1"), row("1")], [row("1")], [(0, 0)]),
        (["first line", "last line"], ["first line", "new line", "last line"], [(0, 0), (1, 2)]),
        ([row("1")], [{"other": "form"}], [(0, 0)]),
        ([row("1"), row("2")], [{"other": "x"}, {"other": "y"}, row("2", "9")], [(0, 0), (1, 2)]),
        ([], [row("1")], []),
    ],
    ids=["put in front", "swapped and changed", "one of two", "lines", "same place", "identity before place", "empty"],
)
def test_rows_are_matched_as_a_person_would(before: Any, after: Any, pairs: list[tuple[int, int]]) -> None:
    assert sorted(matched(before, after)) == pairs


def test_a_row_put_in_front_leaves_the_others_unchanged() -> None:
    before = {"items": [row("1"), row("2")]}
    after = {"items": [row("0", note="new"), row("1"), row("2", "90")]}
    found = [(one.sort, counted(one.path), one.old, one.new) for one in changed(before, after)]
    assert found == [
        (Sort.CHANGED, ("items", "3", "weight"), "100", "90"),
        (Sort.ADDED, ("items", "1", "number"), None, "0"),
        (Sort.ADDED, ("items", "1", "weight"), None, "100"),
        (Sort.ADDED, ("items", "1", "unit"), None, "KGM"),
        (Sort.ADDED, ("items", "1", "note"), None, "new"),
    ]


def test_rows_in_another_order_are_said_to_be_moved() -> None:
    assert [one.sort for one in changed([1, 2, 3], [3, 1, 2])] == [Sort.MOVED]


def test_very_long_lists_are_compared_by_their_places() -> None:
    before = [row(str(number)) for number in range(300)]
    after = [row(str(number), "1") for number in range(300)]
    assert [one.path for one in changed(before, after)] == [(number, "weight") for number in range(300)]


def test_a_pointer_counts_rows_from_0_and_escapes_names() -> None:
    assert pointer(("items", 0, "a/b~c")) == "/items/0/a~1b~0c"


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (Side({"a": 1}, {"a": {"x": 1}}), Side({"a": 2}, {"a": {"x": 1}}), Found.SAME),
        (Side({"a": 1}, {"a": {"x": 1}}), Side({"a": 2}, {"a": {"x": 2}}), Found.CHANGED),
        (Side({"a": 1}, {}), Side({"a": 1}, {}), Found.SAME_UNSEEN),
        (Side({"a": 1}, {}), Side({"a": 2}, {}), Found.RESEALED_UNSEEN),
        (Side({"a": 1}, {"a": {}}), Side({"a": 2}, {}), Found.ONLY_BEFORE),
        (Side({"a": 1}, {}), Side({"a": 2}, {"a": {}}), Found.ONLY_AFTER),
        (Side({"a": 1}, {"a": {}}), Side({"a": 1}, {}), Found.SAME_UNSEEN),
    ],
)
def test_of_a_dataset_that_is_not_read_only_what_its_seal_proves_is_said(
    before: Side, after: Side, found: Found
) -> None:
    assert [one.found for one in datasets(before, after)] == [found]
