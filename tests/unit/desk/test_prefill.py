"""Prefilling: what means the same is taken over, with its origin; nothing typed is changed."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.formats.test_forms import documents

from portledger import resources
from portledger.desk import drafts, prefill
from portledger.desk.drafts import Draft
from portledger.formats import filling

DOCUMENT = "ab" * 32
SOURCES = documents()


def filled(kind: str, source: str, **typed: str) -> Draft:
    draft = drafts.new(resources.kind(kind))
    filling.take(draft.filled, typed)
    prefill.taken(draft, resources.kind(source), SOURCES[source].datasets, DOCUMENT)
    return draft


def test_a_shipping_instruction_takes_parties_ports_and_goods_from_the_invoice() -> None:
    texts = filled("shipping-instruction", "commercial-invoice").filled.texts
    assert texts["/parties/shipper/partyName"] == "Hamakaze Pump Works Co., Ltd."
    assert texts["/parties/shipper/address/city"] == "Yokohama"
    assert texts["/parties/notifyParties/0/partyName"] == "Eastern Seaboard Logistics Co., Ltd."
    assert texts["/route/pol/UNLocationCode"] == "JPTYO"
    assert texts["/cargo/consignmentItems/0/HSCodes"] == "841370"
    assert texts["/cargo/consignmentItems/1/descriptionOfGoods"] == "Gate valves of cast iron, DN 200"
    assert texts["/header/siNumber"] == ""


def test_every_value_names_the_document_and_the_field_that_it_came_from() -> None:
    source = filled("shipping-instruction", "commercial-invoice").sources["/parties/shipper/partyName"]
    assert (source.document, source.kind, source.path) == (DOCUMENT, "commercial-invoice", "/parties/seller/name")


def test_what_is_typed_stays_and_rows_that_hold_something_get_none_more() -> None:
    typed = {
        "/parties/shipper/partyName": "Typed Trading",
        "/cargo/consignmentItems/0/carrierBookingReference": "BK-1",
    }
    draft = filled("shipping-instruction", "commercial-invoice", **typed)
    assert {at: draft.filled.texts[at] for at in typed} == typed
    assert draft.filled.rows["/cargo/consignmentItems"] == 1
    assert "/parties/shipper/partyName" not in draft.sources


def test_the_proof_is_kept_where_dataset_and_path_are_the_same_and_only_there() -> None:
    draft = filled("shipping-instruction", "ebl-negotiable")
    assert draft.carried == [DOCUMENT]
    assert draft.filled.texts["/equipment/containers/0/equipment/equipmentReference"]
    assert filled("shipping-instruction", "commercial-invoice").carried == [DOCUMENT]
    assert filled("commercial-invoice", "certificate-of-origin").carried == []


def test_the_number_of_another_document_never_becomes_ones_own() -> None:
    draft = filled("ebl-negotiable", "commercial-invoice")
    assert draft.filled.texts["/header/blNumber"] == ""
    assert filled("commercial-invoice", "ebl-negotiable").filled.texts["/route/blNumber"] == "PLLTYO2604417"


@settings(max_examples=30)
@given(st.data())
def test_taking_twice_is_taking_once_and_typed_texts_are_never_touched(data: Any) -> None:
    kind = data.draw(st.sampled_from(sorted(SOURCES)))
    source = data.draw(st.sampled_from(sorted(SOURCES)))
    draft = drafts.new(resources.kind(kind))
    typed = data.draw(st.dictionaries(st.sampled_from(sorted(draft.filled.texts)), st.just("typed"), max_size=5))
    filling.take(draft.filled, typed)
    prefill.taken(draft, resources.kind(source), SOURCES[source].datasets, DOCUMENT)
    assert {at: draft.filled.texts[at] for at in typed} == typed
    before = draft.filled.copy()
    assert prefill.taken(draft, resources.kind(source), SOURCES[source].datasets, DOCUMENT) == 0
    assert draft.filled.texts == before.texts
