"""Uses of a certificate: totals and the public percentage (docs/protocol §9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portledger.domain.errors import InvalidInput
from portledger.sdk import quantities
from portledger.sdk.quantities import Certified, Use

ITEMS = [Certified("1", "48", "PCE"), Certified("2", "360.5", "KGM")]


def test_the_items_of_a_certificate_are_read() -> None:
    goods = {"items": [{"number": 1, "quantity": {"value": "48", "unit": "PCE"}}]}
    assert quantities.certified(goods) == [Certified("1", "48", "PCE")]
    with pytest.raises(InvalidInput, match=r"goods.items\[0\]"):
        quantities.certified({"items": [{"number": 1}]})


def test_a_use_adds_to_what_was_used_before_and_keeps_the_other_items_listed() -> None:
    rows = quantities.used(ITEMS, {"2": "100"}, [Use("1", "12")])
    assert rows == [
        {"item": "1", "certified": "48", "used": "12", "total": "12", "unit": "PCE"},
        {"item": "2", "certified": "360.5", "used": "0", "total": "100", "unit": "KGM"},
    ]


def test_the_public_figure_is_the_most_used_item_rounded_up() -> None:
    assert quantities.ppm([{"item": "1", "certified": "48", "total": "12"}]) == 250_000
    assert quantities.ppm([{"item": "1", "certified": "3", "total": "1"}]) == 333_334
    assert quantities.ppm([]) == 0


def test_more_than_certified_is_passed_on_for_the_ledger_to_refuse() -> None:
    assert quantities.ppm(quantities.used(ITEMS, {}, [Use("1", "60")])) == 1_250_000


@pytest.mark.parametrize("use", [Use("3", "1"), Use("1", "0"), Use("1", "-1"), Use("1", "many"), Use("1", "NaN")])
def test_a_use_of_nothing_or_of_an_unknown_item_is_refused(use: Use) -> None:
    with pytest.raises(InvalidInput):
        quantities.used(ITEMS, {}, [use])


def test_a_correction_replaces_totals_and_says_the_difference() -> None:
    rows = quantities.corrected(ITEMS, {"1": "12", "2": "100"}, [Use("1", "10")])
    assert [(row["item"], row["used"], row["total"]) for row in rows] == [("1", "-2", "10"), ("2", "0", "100")]


def test_exhausted_means_that_nothing_of_any_item_is_left() -> None:
    assert not quantities.exhausted(ITEMS, quantities.used(ITEMS, {}, [Use("1", "48")]))
    assert quantities.exhausted(ITEMS, quantities.used(ITEMS, {"1": "48"}, [Use("2", "360.5")]))


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=8))
def test_uses_one_after_another_come_to_the_same_as_all_at_once(parts: list[int]) -> None:
    items = [Certified("1", str(sum(parts)), "PCE")]
    before: dict[str, str] = {}
    for part in parts:
        before = quantities.totals(quantities.used(items, before, [Use("1", str(part))]))
    assert before == quantities.totals(quantities.used(items, {}, [Use("1", str(sum(parts)))]))
    assert quantities.ppm(quantities.used(items, {}, [Use("1", str(sum(parts)))])) == 1_000_000
