"""How a document's contents are laid out: as a person knows the form, and with nothing left out."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portledger import resources
from portledger.desk.plain import leaves
from portledger.domain.kinds import KindFile
from portledger.formats import labels, sheets
from portledger.formats.sheets import Box

KINDS = {kind.id: kind for kind in resources.kinds().values()}
BILL = KINDS["ebl-negotiable"]


def drawn(dataset: str, value: Any, kind: KindFile = BILL, language: str = "en") -> list[Box]:
    return sheets.boxes(kind, dataset, leaves(value), language, "Also")


def texts(boxes: list[Box]) -> list[str]:
    lines = [
        line for box in boxes for line in (*box.lines, *(line for row in box.rows for cell in row for line in cell))
    ]
    return [text for line in lines for text in line.texts]


NAMES = st.sampled_from(
    [
        "shipper",
        "notifyParties",
        "partyName",
        "value",
        "unit",
        "address",
        "cargoItems",
        "HSCodes",
        "1",
        "2",
        "7",
        "x",
        "",
    ]
)
VALUES = st.recursive(
    st.text(max_size=3) | st.integers(0, 99) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=25,
)


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(["header", "parties", "cargo", "equipment", "x"]), VALUES)
def test_every_value_is_shown_exactly_once_whatever_a_document_holds(kind: str, dataset: str, value: Any) -> None:
    items = {"consignmentItems": value, "containers": [value, value], "items": [value], "shipper": value}
    for one in (value, items):
        shown = texts(sheets.boxes(KINDS[kind], dataset, leaves(one), "ja", "…"))
        assert Counter(shown) == Counter(text for _, text in leaves(one))


def test_a_measure_is_read_as_one_and_a_list_without_numbers() -> None:
    (box,) = drawn("cargo", {"consignmentItems": [{
        "shippingMarks": ["LAEM THONG", "CASE 1-24"],
        "descriptionOfGoods": ["Pumps"],
        "carrierBookingReference": "B1",
        "cargoItems": [{"cargoGrossWeight": {"value": "8640.5", "unit": "KGM"}}],
    }]})  # fmt: skip
    assert box.heads == ("Shipping marks", "Description of goods / HS codes", "Gross weight / Net weight", "Also")
    ((marks, goods, weight, also),) = box.rows
    assert [(one.label, one.texts) for one in marks] == [("", ("LAEM THONG",)), ("", ("CASE 1-24",))]
    assert [(one.label, one.texts) for one in goods] == [("Description of goods", ("Pumps",))]
    assert [(one.label, one.texts) for one in weight] == [("Gross weight", ("8640.5", "KGM"))]
    assert [(one.label, one.texts) for one in also] == [("Booking number", ("B1",))]


def test_what_two_rows_of_a_cell_say_is_told_apart() -> None:
    item = {"cargoItems": [{"outerPackaging": {"numberOfPackages": 24}}, {"outerPackaging": {"numberOfPackages": 36}}]}
    (box,) = drawn("cargo", {"consignmentItems": [item]})
    assert [(one.label, one.texts) for one in box.rows[0][0]] == [("1 / Number", ("24",)), ("2 / Number", ("36",))]


def test_labels_are_short_where_they_are_clear_and_whole_where_they_are_not() -> None:
    shipper = {"zzz": "?", "address": {"city": "Y"}, "partyContactDetails": [{"name": "M"}], "partyName": "A"}
    (box,) = drawn("parties", {"shipper": shipper})
    assert (box.title, box.width) == ("Shipper", 6)
    assert [one.label for one in box.lines] == ["Name", "City", "Contact / Name", "zzz"], "in the order of the form"


def test_rows_with_much_in_them_are_boxes_of_their_own() -> None:
    party = {"partyName": "A", "address": {"city": "Y"}}
    assert [box.title for box in drawn("parties", {"notifyParties": [party, party]})] == [
        "Notify party 1",
        "Notify party 2",
    ]
    assert [box.title for box in drawn("parties", {"notifyParties": [party]})] == ["Notify party"]


def test_members_that_are_named_by_digits_keep_their_names() -> None:
    (box,) = drawn("other", {"rest": {"7": "a", "9": "b"}})
    assert [one.label for one in box.lines] == ["7", "9"]


def test_boxes_stand_in_the_order_of_the_form_and_not_of_the_document() -> None:
    value = {"placeOfIssue": {"locationName": "Tokyo"}, "rest": {"a": "b"}, "blNumber": "B1"}
    assert [box.title for box in drawn("header", value)] == ["Bill of lading number", "Place of issue", "Other members"]
    assert [box.title for box in drawn("header", value, language="ja")] == ["船荷証券番号", "発行地", "その他の項目"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_s_description_names_items_that_there_are_each_once(kind: str) -> None:
    told = sheets.table()[kind]
    datasets = {one.name: one for one in KINDS[kind].datasets}
    for name, boxes in told.items():
        if name == "columns":
            continue
        items = [one.split()[0] for one in boxes]
        assert set(items) <= set(datasets[name].fields), (name, set(items) - set(datasets[name].fields))
        assert len(items) == len(set(items))
    for at, columns in told.get("columns", {}).items():
        dataset, item = at.split("/")
        assert item in datasets[dataset].fields
        for column in columns:
            for prefix in column:
                steps = prefix.split("/")
                path = (item, "1", *(step for one in steps for step in (one, "1")))
                named = labels.titles(KINDS[kind], path, "en")
                assert not set(steps) & set(named), f"{prefix} has no label: {named}"


def test_every_width_has_its_rule_in_the_style_sheet() -> None:
    told = sheets.table().values()
    widths = {one.split()[1] for kind in told for name, boxes in kind.items() if name != "columns" for one in boxes}
    css = (Path(sheets.__file__).parents[1] / "desk" / "static" / "desk.css").read_text()
    assert {*widths, "4", "6", "12"} <= set(re.findall(r"\.w(\d+) \{", css))
