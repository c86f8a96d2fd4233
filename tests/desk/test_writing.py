"""Writing a document on the desk: its form, drafts, what is wrong beside its field, and what signing does."""

from __future__ import annotations

import html
import re

import pytest
from tests.desk.conftest import SAMPLE, Office, Visitor, summary_of

from portledger.formats import codelists
from portledger.formats.strict_json import read_json

INVOICE = {
    "/header/invoiceNumber": "ＤＥＳＫ-1",
    "/header/invoiceDate": "2026/10/12",
    "/parties/seller/name": "株式会社髙﨑 <b>商店</b>",
    "/parties/buyer/name": "Laem Thong Water Systems Co., Ltd.",
    "/cargo/items/0/number": "1",
    "/cargo/items/0/description": "Centrifugal pumps\nfor water",
    "/cargo/items/0/hsCode": "841370",
    "/cargo/items/0/quantity/value": "４８",
    "/cargo/items/0/quantity/unit": "PCE",
    "/commercial/currency": "usd",
    "/commercial/prices/0/number": "1",
    "/commercial/prices/0/amount": "83,640.00",
    "/commercial/goodsTotal": "83640",
    "/route/pol/UNLocationCode": "横浜",
}


def begun(visitor: Visitor, key: str, kind: str) -> str:
    """A new draft; its page."""
    answer = visitor.http.post(
        f"/as/{key}/new", data={"token": visitor.desk.form_token, "kind": kind}, headers={"Origin": visitor.origin}
    )
    assert answer.status_code == 200, answer.text
    return answer.url.path


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the form."""
    found = dict(re.findall(r'<input id="(/[^"]+)" name="[^"]+" value="([^"]*)"', page))
    found |= dict(re.findall(r'<textarea id="(/[^"]+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL))
    for at, options in re.findall(r'<select id="(/[^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        found[at] = next(iter(re.findall(r'<option value="([^"]*)" selected', options)), "")
    return {at: html.unescape(text) for at, text in found.items()}


def test_an_invoice_is_filled_in_checked_shown_signed_and_found_in_both_inboxes(
    office: Office, visitor: Visitor
) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    asked = visitor.get(place)
    (carrier,) = re.findall(r'value="(\d+)">Example Line', asked)
    shown = visitor.post(place, do="check", endorsee=carrier, **INVOICE)
    assert "Commercial invoice: SUBMIT" in shown
    assert f"It is sent to Example Line ({carrier}), who can read it and answers." in shown
    assert "Who will be able to read it" in shown
    assert "<b>商店" not in shown
    done = visitor.post(f"{place}/sign", summary=summary_of(shown))
    assert "Signed, and on the ledger." in done
    assert "Invoice number" in done
    visitor.post(f"{place}/sign", 409, summary=summary_of(shown))
    document = re.findall(r"/documents/([0-9a-f]{64})/", done)[0]
    values = office.carrier.open(document).values()
    assert values["header"]["invoiceNumber"] == "DESK-1"
    assert values["header"]["invoiceDate"] == "2026-10-12"
    assert values["route"]["pol"]["UNLocationCode"] == "JPYOK"
    assert values["cargo"]["items"][0]["quantity"] == {"value": "48", "unit": "PCE"}
    assert values["commercial"] == {
        "currency": "USD", "goodsTotal": "83640", "prices": [{"number": 1, "amount": "83640"}]
    }  # fmt: skip
    visitor.unlock("carrier")
    assert document in visitor.get("/as/carrier/")


BAD = {
    "a number": ("/commercial/goodsTotal", "a lot", "Expected a number such as 1234.5."),
    "a date": ("/header/invoiceDate", "2026-02-30", "Expected a date such as 2026-11-26."),
    "a country": ("/cargo/items/0/originCountry", "ZZ", "Expected one of"),
    "a code": ("/route/pol/UNLocationCode", "??", "Expected the form"),
    "what is needed": ("/parties/seller/name", "", "This is needed."),
    "a whole number": ("/cargo/items/0/number", "1.5", "Expected a whole number such as 12."),
    "too little": ("/cargo/items/0/number", "0", "Expected 1 or more."),
    "too long": ("/header/contractNumber", "x" * 101, "Expected at most 100 characters."),
    "another form of number": ("/header/invoiceNumber", "No. 髙1", "Expected 1 to 35 letters"),
    "check digits": ("/parties/seller/identifyingCodes/0/partyCode", "9845HAMAKAZEPUMP0042", "do not fit the list"),
}


@pytest.mark.parametrize(("at", "text", "expected"), BAD.values(), ids=BAD)
def test_every_mistake_is_shown_beside_its_field_and_what_was_typed_is_kept(
    visitor: Visitor, at: str, text: str, expected: str
) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    visitor.post(place, do="add:/parties/seller/identifyingCodes")
    given = INVOICE | {"/parties/seller/identifyingCodes/0/codeListProvider": "GLEIF", at: text}
    page = visitor.post(place, 422, do="check", endorsee="", **given)
    beside = page.split(f'id="{at}-wrong">')[1].split("</div>")[0]
    assert expected in html.unescape(beside)
    assert fields_of(page) | given == fields_of(page)
    assert fields_of(visitor.get(place)) == fields_of(page)


def test_rows_are_added_and_removed_without_a_script_and_the_rest_stays(visitor: Visitor) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    page = visitor.post(place, do="add:/cargo/items", **INVOICE)
    assert fields_of(page)["/cargo/items/1/number"] == "2"
    visitor.post(place, do="add:/cargo/items", **fields_of(page) | {"/cargo/items/1/description": "Valves"})
    page = visitor.post(place, do="remove:/cargo/items/0")
    left = fields_of(page)
    assert left["/cargo/items/0/description"] == "Valves"
    assert left["/cargo/items/1/number"] == "3"
    assert "/cargo/items/2/number" not in left
    assert left["/parties/seller/name"] == INVOICE["/parties/seller/name"]
    visitor.post(place, 409, do="remove:/cargo/items/7")
    visitor.post(place, 409, do="add:/cargo/nothing")


def test_a_draft_survives_a_restart_of_the_desk_and_is_deleted_when_asked(office: Office, visitor: Visitor) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "shipping-instruction")
    typed = {"/header/siNumber": "SI-KEPT", "/charges/freightTerm": "PRE"}
    visitor.post(place, do="save", **typed)
    visitor.post("/lock")
    assert "Unlock your keys" in visitor.get(place)
    visitor.unlock("shipper")
    assert "SI-KEPT" in visitor.get("/as/shipper/new")
    assert fields_of(visitor.get(place)) | typed == fields_of(visitor.get(place))
    visitor.unlock("carrier")
    assert visitor.http.get(place.replace("shipper", "carrier")).status_code == 409
    assert "SI-KEPT" not in visitor.post(f"{place}/delete")


def test_nothing_of_a_draft_lies_readable_on_the_disk(office: Office, visitor: Visitor) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    visitor.post(place, do="save", **INVOICE)
    files = [path for path in visitor.desk.files.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert path.stat().st_mode & 0o077 == 0
        assert not any(word in path.read_bytes() for word in (b"DESK-1", b"Centrifugal", b"commercial-invoice"))


def test_an_altered_draft_is_refused(visitor: Visitor) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    (path,) = visitor.desk.files.rglob(f"{place.rpartition('/')[2]}.sealed")
    sealed = bytearray(path.read_bytes())
    sealed[-1] ^= 1
    path.write_bytes(sealed)
    assert visitor.http.get(place).status_code == 409
    assert visitor.http.get("/as/shipper/new").status_code == 200


def test_a_carrier_writes_a_bill_like_an_earlier_one_and_issues_it(office: Office, visitor: Visitor) -> None:
    earlier = office.bill()
    visitor.unlock("carrier")
    assert "Write a new one like this" in visitor.get(f"/as/carrier/documents/{earlier}")
    answer = visitor.http.post(
        "/as/carrier/new",
        data={"token": visitor.desk.form_token, "from": earlier},
        headers={"Origin": visitor.origin},
    )
    place, page = answer.url.path, answer.text
    assert f"from Bill of lading, negotiable {earlier[:12]}: Route / Port of loading / UN/LOCODE" in page
    given = {**fields_of(page), "/header/blNumber": "DESKLIKE1", "counterparty": str(office.shipper)}
    shown = visitor.post(place, do="check", endorsee=str(office.shipper), **given)
    assert "you may withdraw until then" in shown
    assert "can be proved equal later" in shown
    done = visitor.post(f"{place}/sign", summary=summary_of(shown))
    (document, *_) = re.findall(r"/documents/([0-9a-f]{64})/", done)
    opened, before = office.carrier.open(document), office.carrier.open(earlier)
    expected = {**before.values(), "header": opened.values()["header"]}
    assert opened.values() == expected
    assert opened.values()["header"]["blNumber"] == "DESKLIKE1"
    assert opened.opened["route"].salt("/pol/UNLocationCode") == before.opened["route"].salt("/pol/UNLocationCode")
    again = visitor.http.post(
        "/as/carrier/new", data={"token": visitor.desk.form_token, "from": earlier}, headers={"Origin": visitor.origin}
    ).url.path
    page = visitor.post(again, 422, do="check", endorsee=str(office.shipper), **given)
    assert "issued a document under this number already" in page.split('id="/header/blNumber-wrong"')[1][:200]


def test_a_party_is_offered_only_what_its_roles_may_begin(visitor: Visitor) -> None:
    visitor.unlock("bank")
    assert "Your roles begin no document." in visitor.get("/as/bank/new")
    visitor.post("/as/bank/new", 404, kind="commercial-invoice")
    visitor.unlock("shipper")
    visitor.post("/as/shipper/new", 404, kind="ebl-negotiable")
    visitor.post("/as/shipper/new", 404, kind="made-up")


def test_the_sample_bill_is_what_its_form_shows_in_japanese_too(office: Office, visitor: Visitor) -> None:
    visitor.unlock("carrier")
    visitor.post("/language")
    page = visitor.get(begun(visitor, "carrier", "ebl-negotiable"))
    assert "船荷証券番号" in page
    assert "通貨" in page
    assert read_json(SAMPLE.read_bytes())["transportDocumentReference"] not in page


def test_a_draft_takes_values_of_a_document_and_says_where_each_came_from(office: Office, visitor: Visitor) -> None:
    source = office.bill()
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "shipping-instruction")
    offered = visitor.post(place, do="prefill", **{"/header/siNumber": "SI-TYPED"})
    assert source in offered
    page = visitor.post(f"{place}/prefill", **{"from": source})
    assert "fields were filled in." in page
    assert f"from Bill of lading, negotiable {source[:12]}: Route / Port of loading / UN/LOCODE" in page
    assert fields_of(page)["/route/pol/UNLocationCode"] == "JPTYO"
    assert fields_of(page)["/header/siNumber"] == "SI-TYPED"
    (carrier,) = re.findall(r'value="(\d+)">Example Line', page)
    shown = visitor.post(place, do="check", endorsee=carrier, **fields_of(page))
    assert "can be proved equal later" in shown
    done = visitor.post(f"{place}/sign", summary=summary_of(shown))
    (document, *_) = re.findall(r"/documents/([0-9a-f]{64})/", done)
    taken, there = office.carrier.open(document).opened["route"], office.carrier.open(source).opened["route"]
    assert taken.salt("/pol/UNLocationCode") == there.salt("/pol/UNLocationCode")


@pytest.mark.parametrize("document", ["", "../parties", "AB" * 32, "a" * 63])
def test_values_are_taken_of_a_documents_id_and_nothing_else(visitor: Visitor, document: str) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    visitor.post(f"{place}/prefill", 404, **{"from": document})
    if document:
        visitor.post("/as/shipper/new", 404, **{"from": document})


def test_a_port_of_a_whole_list_is_found_by_its_name_and_one_of_several_is_asked_for(visitor: Visitor) -> None:
    """`portledger desk --codes` adds the list; the form offers what is in everyday use, and finds the rest."""
    ports = {"USPDX": ("Portland", "Portland"), "USPWM": ("Portland", "Portland"), "JPHKD": ("Hakodate", "Hakodate")}
    codelists.add({"port": ports})
    try:
        visitor.unlock("shipper")
        place = begun(visitor, "shipper", "commercial-invoice")
        (carrier,) = re.findall(r'value="(\d+)">Example Line', visitor.get(place))
        given = INVOICE | {"/route/pol/UNLocationCode": "Portland", "/route/pod/UNLocationCode": "hakodate"}
        page = visitor.post(place, 422, do="check", endorsee=carrier, **given)
        assert "Which of these is meant: USPDX Portland, USPWM Portland?" in page
        assert fields_of(page)["/route/pol/UNLocationCode"] == "Portland"
        assert 'value="JPHKD"' not in page.split("<datalist")[1]
        shown = visitor.post(place, do="check", endorsee=carrier, **given | {"/route/pol/UNLocationCode": "USPWM"})
        assert "JPHKD" in shown
        assert "USPWM" in shown
    finally:
        codelists.clear()
