"""The standard's JSON and the datasets say the same, whatever the document holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portledger import resources
from portledger.domain.errors import InvalidInput
from portledger.formats.content import join, split
from portledger.formats.strict_json import check

EBL = resources.kind("ebl-negotiable")
INVOICE = resources.kind("commercial-invoice")
NAMES = st.sampled_from(
    [
        "transports",
        "portOfLoading",
        "documentParties",
        "shipper",
        "issuingParty",
        "notifyParties",
        "charges",
        "unitPrice",
        "consignmentItems",
        "cargoItems",
        "cargoGrossWeight",
        "value",
        "isToOrder",
        "declaredValue",
        "unknown",
        "a/b",
        "a~1",
        "utilizedTransportEquipments",
        "equipment",
        "tareWeight",
        "placeOfIssue",
    ]
)
NUMBERS = st.integers(-(2**40), 2**40) | st.decimals(-1000000, 1000000, places=3).map(float)
VALUES = st.recursive(
    NUMBERS | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_any_document_comes_back_equal_and_every_value_lies_in_one_dataset(document: dict[str, Any]) -> None:
    datasets = split(EBL, document)
    assert join(EBL, datasets) == document
    check(datasets)
    assert not _has_float(datasets)
    assert list(datasets) == [dataset.name for dataset in EBL.datasets]


def _has_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_float(member) for member in value.values())
    if isinstance(value, list):
        return any(_has_float(item) for item in value)
    return isinstance(value, float)


def test_a_field_stands_under_its_item_name_and_what_no_field_names_under_rest() -> None:
    document = {"transports": {"portOfLoading": {"UNLocationCode": "JPTYO"}}, "seaState": {"height": 1.5, "scale": 3}}
    datasets = split(EBL, document)
    assert datasets["route"] == {"pol": {"UNLocationCode": "JPTYO"}}
    assert datasets["other"] == {"rest": {"seaState": {"height": "1.5", "scale": 3}}, "numbers": ["/seaState/height"]}
    assert datasets["cargo"] == {}


def test_an_empty_object_stays_and_one_that_was_emptied_is_dropped() -> None:
    assert split(EBL, {"transports": {}})["other"] == {"rest": {"transports": {}}}
    assert split(EBL, {"transports": {"portOfLoading": {}}})["other"] == {}


def test_a_money_amount_becomes_a_decimal_string_and_a_number_again() -> None:
    datasets = split(EBL, {"declaredValue": 12000.0, "charges": [{"unitPrice": 1590.375, "quantity": 2}]})
    assert datasets["charges"] == {"declaredValue": "12000", "charges": [{"unitPrice": "1590.375", "quantity": "2"}]}
    assert join(EBL, datasets)["charges"] == [{"unitPrice": 1590.375, "quantity": 2}]


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"declaredValue": "12000"}, "$.declaredValue"),
        ({"charges": [{}, {"unitPrice": "1"}]}, "$.charges[1].unitPrice"),
        ({"declaredValue": 0.1234567890123456789012e-30}, "$.declaredValue"),
        ([], "$"),
        ({"a": 2**53}, "$.a"),
    ],
)
def test_what_cannot_be_carried_exactly_is_refused_with_its_path(document: Any, where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        split(EBL, document)
    assert refused.value.where == where


def test_our_own_json_takes_no_fraction_at_all() -> None:
    assert split(INVOICE, {"total": "12.5", "pages": 3.0})["other"] == {"rest": {"pages": 3}}
    with pytest.raises(InvalidInput, match=r"\$\.prices\[0\]\.amount"):
        split(INVOICE, {"prices": [{"amount": 12.5}]})


def test_extensions_go_in_and_stay_out_of_the_standards_json() -> None:
    datasets = split(EBL, {"isToOrder": True}, {"ext:/chainId": 7})
    assert datasets["header"] == {"chainId": 7, "toOrder": True}
    assert join(EBL, datasets) == {"isToOrder": True}


@pytest.mark.parametrize(
    "datasets",
    [
        {"other": {"rest": {"isToOrder": True}}, "header": {"toOrder": True}},
        {"other": {"rest": {"transports": 1}}, "route": {"pol": {}}},
        {"other": {"numbers": ["/nothing"]}},
        {"other": {"numbers": ["/a"], "rest": {"a": "one"}}},
        {"other": {"numbers": ["/a/x"], "rest": {"a": ["1.5"]}}},
    ],
)
def test_datasets_that_contradict_each_other_are_refused(datasets: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        join(EBL, datasets)


def test_the_document_that_was_split_is_left_as_it_was() -> None:
    document = {"declaredValue": 1.5, "transports": {"portOfLoading": {}}}
    split(EBL, document)
    assert document == {"declaredValue": 1.5, "transports": {"portOfLoading": {}}}
