"""Forms and labels: every kind has them, and what is filled in is exactly the document that comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portledger import resources, samples
from portledger.formats import certificate, codelists, dcsa, filling, identifiers, invoice, labels, schema
from portledger.formats.document import Document
from portledger.formats.labels import Node
from portledger.formats.strict_json import read_json
from portledger.formats.typed import Mistake, text_of, value_of

KINDS = list(resources.kinds().values())
FOLDER = Path(samples.__file__).parent


def sample(name: str) -> Any:
    return read_json((FOLDER / f"{name}.json").read_bytes())


def documents() -> dict[str, Document]:
    return {
        "ebl-negotiable": dcsa.document(sample("transport_document_negotiable")),
        "ebl-straight": dcsa.document(sample("transport_document_straight")),
        "shipping-instruction": dcsa.instruction_document("SI-1", sample("shipping_instruction")),
        "commercial-invoice": invoice.document(sample("commercial_invoice")),
        "certificate-of-origin": certificate.document(certificate.read(sample("certificate_of_origin_rcep"))),
    }


def node(**members: Any) -> Node:
    return Node(("d", "item"), {"en": "Item", "ja": "項目"}, **members)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_every_item_of_every_kind_has_its_label_in_both_languages(kind: Any) -> None:
    assert labels.lint(kind) == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_everything_that_must_be_there_is_asked_for_or_filled_in_by_the_desk(kind: Any) -> None:
    form = labels.form(kind)
    asked = {one.path[:2] for one in form.nodes() if len(one.path) > 1} | set(form.fixed)
    by_the_desk = {"chainId", "ledger", "certificateNumber"}
    needed = {
        (dataset.name, item) for dataset in kind.datasets for item in schema.drawn(kind, dataset)["required"]
    }  # fmt: skip
    assert {pair for pair in needed - asked if pair[1] not in by_the_desk} == set()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_every_code_that_a_schema_allows_stands_in_the_list_that_the_form_searches(kind: Any) -> None:
    for dataset in kind.datasets:
        for item, shape in schema.drawn(kind, dataset)["properties"].items():
            entry = labels.label(kind.id, item) or {}
            if "enum" in shape and "list" in entry:
                assert set(shape["enum"]) <= set(codelists.entries(entry["list"], "en")), item


@pytest.mark.parametrize("name", documents())
def test_a_sample_comes_out_of_its_form_as_it_went_in(name: str) -> None:
    document = documents()[name]
    form = labels.form(resources.kind(name))
    filled = filling.texts_of(form, document.datasets)
    assert filling.values_of(form, filled).values == document.datasets
    assert sum(bool(text) for text in filled.texts.values()) > 20


@pytest.mark.parametrize("name", documents())
def test_what_is_typed_anew_from_a_forms_texts_is_the_same_but_for_what_it_does_not_show(name: str) -> None:
    document = documents()[name]
    form = labels.form(resources.kind(name))
    filled = filling.texts_of(form, document.datasets)
    typed = filling.Filled({}, dict(filled.texts), dict(filled.rows))
    again = filling.texts_of(form, filling.values_of(form, typed).values)
    assert {at: text for at, text in again.texts.items() if text} == {
        at: text for at, text in filled.texts.items() if text
    }


LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.sampled_from(
    ["", "a", "髙﨑", "x y", "\u202e", "48", "1.5", "JPYOK", "PRE", "2026-10-12", "-0", " x", "a\nb", "ＡＢＣ", "no"]
)  # fmt: skip
NAMES = sorted({name for part in labels.table()["parts"].values() for name in part})
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_a_document_holds_its_form_gives_it_back_exactly(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    form = labels.form(kind)
    pairs = [(dataset.name, item) for dataset in kind.datasets for item in dataset.fields]
    chosen = data.draw(st.lists(st.sampled_from(pairs), max_size=4))
    values: dict[str, dict[str, Any]] = {dataset: {} for dataset, _ in form.fixed}
    for dataset, item in chosen:
        values.setdefault(dataset, {})[item] = data.draw(VALUES)
    for (dataset, item), fixed in form.fixed.items():
        values[dataset].setdefault(item, fixed)
    built = filling.values_of(form, filling.texts_of(form, values))
    # A code that no list knows is no value but a mistake, whose text stands in the field to be put right.
    assert built.values == values or {mistake.key for mistake in built.mistakes.values()} == {"unlisted"}


@given(st.data())
def test_typed_texts_give_a_value_whose_text_gives_the_same_value(data: st.DataObject) -> None:
    field = node(input=data.draw(st.sampled_from(labels.INPUTS)))
    text = data.draw(
        st.text(min_size=1, max_size=30) | st.sampled_from(["1,234.50", "２０２６年１月２日", "はい", "-3"])
    )
    try:
        value = value_of(field, text)
    except Mistake:
        return
    written = text_of(field, value)
    if written is not None:
        assert value_of(field, written) == value


GOOD = {
    "full-width number": ("number", "１，２３４．５０", "1234.5"),
    "zeros": ("number", "007.10", "7.1"),
    "minus": ("number", "−3", "-3"),
    "nothing left": ("number", "-0.0", "0"),
    "thousands": ("integer", "12,000", 12000),
    "Japanese date": ("date", "２０２６年１１月２６日", "2026-11-26"),
    "slashes": ("date", "2026/1/2", "2026-01-02"),
    "yes": ("yes", "はい", True),
    "no": ("yes", "No", False),
    "lower case": ("code", "jpyok", "JPYOK"),
    "words": ("words", "841370、848180 9403,", ["841370", "848180", "9403"]),
    "lines": ("lines", "A\n\n B ", ["A", "B"]),
    "a name as it is": ("text", "株式会社髙﨑（東京）", "株式会社髙﨑（東京）"),
    "a number as text": ("text", "ＡＢＣ－１", "ABC-1"),
}


@pytest.mark.parametrize(("sort", "text", "value"), GOOD.values(), ids=GOOD)
def test_what_people_type_is_understood(sort: str, text: str, value: Any) -> None:
    assert value_of(node(input=sort), text) == value


BAD = {
    "words for a number": ("number", "many"),
    "two points": ("number", "1.2.3"),
    "commas in the wrong place": ("number", "12,34"),
    "an exponent": ("number", "1e9"),
    "a number without end": ("number", "9" * 41),
    "a fraction": ("integer", "1.5"),
    "beyond 2^53": ("integer", "9007199254740992"),
    "the 30th of February": ("date", "2026-02-30"),
    "another order": ("date", "02/03/2026"),
    "maybe": ("yes", "maybe"),
    "two lines": ("text", "a\nb"),
    "a code of two lines": ("code", "A\nB"),
    "too much": ("long", "x" * 50_001),
}


@pytest.mark.parametrize(("sort", "text"), BAD.values(), ids=BAD)
def test_what_cannot_be_meant_is_a_mistake(sort: str, text: str) -> None:
    with pytest.raises(Mistake):
        value_of(node(input=sort), text)


def test_a_code_may_be_typed_as_code_as_name_in_either_language_or_as_the_browser_offers_it() -> None:
    port = node(input="code", codes="port")
    assert {value_of(port, text) for text in ("JPYOK", "jpyok", "Yokohama", "横浜", "JPYOK Yokohama")} == {"JPYOK"}
    assert value_of(port, "JPXXX") == "JPXXX"
    country = node(input="code", codes="country", closed=True)
    assert value_of(country, "日本") == value_of(country, "japan") == "JP"
    with pytest.raises(Mistake):
        value_of(country, "Atlantis")


def test_lists_are_searched_by_code_and_by_title_in_either_language() -> None:
    assert codelists.search("port", "JPY", "en") == [("JPYOK", "Yokohama"), ("JPYKK", "Yokkaichi")]
    assert codelists.search("port", "ハンブルク", "en") == [("DEHAM", "Hamburg")]
    assert ("USD", "米ドル") in codelists.search("currency", "us dollar", "ja")
    assert len(codelists.search("country", "", "en")) == 50
    assert "ZZ" not in codelists.entries("country", "en")
    assert {"JPY", "USD", "EUR", "THB", "CNY"} <= set(codelists.entries("currency", "en"))


DIGITS = {
    "container": ("container", "PLGU3004171", "PLGU3004172"),
    "LEI": ("lei", "9845HAMAKAZEPUMP0041", "9845HAMAKAZEPUMP0042"),
    "corporate number": ("corporate", "5835678256246", "5835678256247"),
    "IMO number": ("imo", "9298686", "9298687"),
}


@pytest.mark.parametrize(("scheme", "good", "bad"), DIGITS.values(), ids=DIGITS)
def test_check_digits_are_counted(scheme: str, good: str, bad: str) -> None:
    assert identifiers.digits_fit(scheme, good)
    assert not identifiers.digits_fit(scheme, bad)
    assert not identifiers.digits_fit(scheme, "")


def test_the_list_beside_a_partys_code_says_which_digits_it_has() -> None:
    assert identifiers.scheme("party", ("GLEIF", "")) == "lei"
    assert identifiers.scheme("party", ("ZZZ", "lei")) == "lei"
    assert identifiers.scheme("party", ("JPNTA", "")) == "corporate"
    assert identifiers.scheme("party", ("DNB", "")) == ""
    assert identifiers.digits_fit("", "anything")


def test_doubtful_digits_are_a_warning_as_they_came_and_a_mistake_once_typed() -> None:
    form = labels.form(resources.kind("shipping-instruction"))
    filled = filling.blank(form)
    filling.add_row(form, filled, "/equipment/containers")
    at = "/equipment/containers/0/equipmentReference"
    filled.texts[at] = "PLGU3004172"
    built = filling.values_of(form, filled)
    wrong, doubtful = filling.faults(form, filled, built, {at: "PLGU3004172"})
    assert at in doubtful
    assert at not in wrong
    wrong, doubtful = filling.faults(form, filled, built, {at: "PLGU3004171"})
    assert at in wrong
    assert at not in doubtful


def test_a_blank_row_is_left_out_and_mistakes_still_stand_beside_the_right_row() -> None:
    form = labels.form(resources.kind("commercial-invoice"))
    filled = filling.blank(form)
    filling.add_row(form, filled, "/cargo/items")
    for name in list(filled.texts):
        if name.startswith("/cargo/items/0/"):
            filled.texts[name] = ""
    filled.texts["/cargo/items/1/number"] = "0"
    built = filling.values_of(form, filled)
    assert built.values["cargo"]["items"] == [{"number": 0}]
    wrong, _ = filling.faults(form, filled, built, {})
    assert wrong["/cargo/items/1/number"].key == "minimum"
    assert "/cargo/items/0/number" not in wrong


@given(st.integers(0, 4), st.integers(0, 4))
def test_removing_a_row_takes_exactly_that_row_out(count: int, number: int) -> None:
    form = labels.form(resources.kind("commercial-invoice"))
    items = [{"number": index + 1, "description": f"item {index}", "extra": index} for index in range(count)]
    filled = filling.texts_of(form, {"cargo": {"items": items}})
    if number >= count:
        with pytest.raises(Exception, match="a row of the form"):
            filling.remove_row(form, filled, "/cargo/items", number)
        return
    filling.remove_row(form, filled, "/cargo/items", number)
    left = [item for index, item in enumerate(items) if index != number]
    assert filling.values_of(form, filled).values["cargo"].get("items", []) == left


WRONG_LABELS = {
    "no Japanese": ({"en": "x"}, "no title in ja"),
    "unknown input": ({"en": "x", "ja": "x", "input": "telepathy"}, "telepathy"),
    "unknown list": ({"en": "x", "ja": "x", "input": "code", "list": "nothing"}, "nothing"),
    "unknown digits": ({"en": "x", "ja": "x", "input": "code", "digits": "luck"}, "luck"),
    "unknown part": ({"en": "x", "ja": "x", "part": "nothing"}, "nothing"),
    "input and part": ({"en": "x", "ja": "x", "input": "text", "part": "place"}, "several"),
    "a stranger": ({"en": "x", "ja": "x", "colour": "red"}, "colour"),
}


@pytest.mark.parametrize(("entry", "found"), WRONG_LABELS.values(), ids=WRONG_LABELS)
def test_labels_that_break_a_rule_are_found(monkeypatch: pytest.MonkeyPatch, entry: Any, found: str) -> None:
    table = {**labels.table(), "items": {**labels.table()["items"], "invoiceNumber": entry}}
    monkeypatch.setattr(labels, "table", lambda: table)
    findings = labels.lint(resources.kind("commercial-invoice"))
    assert len(findings) == 1
    assert found in findings[0].found


def test_an_item_without_a_label_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    items = {name: entry for name, entry in labels.table()["items"].items() if name != "invoiceNumber"}
    table = {**labels.table(), "items": items}
    monkeypatch.setattr(labels, "table", lambda: table)
    assert [one.found for one in labels.lint(resources.kind("commercial-invoice"))] == ["no label"]


def test_no_label_stands_for_an_item_that_no_kind_has() -> None:
    known = {item for kind in KINDS for dataset in kind.datasets for item in dataset.fields}
    ids = {kind.id for kind in KINDS}
    strangers = {
        name for name in labels.table()["items"]
        if name.rpartition(".")[2] not in known or (name.rpartition(".")[0] or KINDS[0].id) not in ids
    }  # fmt: skip
    assert strangers == set()
