"""Nothing is signed that was not shown whole: pages before a signature cut nothing, and what is too long is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.desk.conftest import SAMPLE, Office, Visitor, browsing
from tests.desk.test_importing import sent, table
from tests.desk.test_signing import asked_of, signed_by
from tests.desk.test_waiting import Two, held, two
from tests.desk.test_writing import INVOICE, begun

from portledger.desk import plain
from portledger.desk.plain import WHOLE_CHARACTERS, WHOLE_FIELDS, fits
from portledger.desk.words import LANGUAGES, word

TOO_LONG = "This is longer than a page can show"


def test_all_fields_and_all_their_text_stand_on_the_page_that_is_signed(office: Office, visitor: Visitor) -> None:
    clauses = [f"clause {number} of many" for number in range(1_500)]
    bill = office.bill(clauses=clauses, termsAndConditions="x" * 20_000 + " and the end of it")
    visitor.unlock("shipper")
    looked_at, signed = (visitor.get(f"/as/shipper/documents/{bill}{path}") for path in ("", "/ACCEPT"))
    assert "more characters" in looked_at
    assert "more fields" in looked_at
    assert [one for one in (*clauses, "and the end of it") if one not in signed] == []
    assert "more characters" not in signed
    assert "more fields" not in signed
    assert asked_of(signed)
    assert 'action="/as/shipper/documents/' in signed


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_no_page_shows_whole_is_not_signed_and_the_page_says_what_to_do(office: Office, language: str) -> None:
    bill = office.bill(unheardOf="x" * (WHOLE_CHARACTERS + 1))
    with (
        office.desk(language) as (desk, origin, link),
        browsing(origin) as http,
    ):
        http.get(link)
        visitor = Visitor(http, origin, desk)
        visitor.unlock("shipper")
        page = visitor.get(f"/as/shipper/documents/{bill}/ACCEPT")
        assert word("signing.too_long", language) in page
        assert not re.search(r'id="sign"|id="wallet"|name="summary"', page)
        again = visitor.post(f"/as/shipper/documents/{bill}/sign", 409, summary=hidden_token(visitor))
        assert word("signing.too_long", language) in again
    assert office.carrier.record(bill).offeree == office.shipper, "nothing has happened"


def hidden_token(visitor: Visitor) -> str:
    """What no page tells: the token of the summary shown last."""
    return list(visitor.desk._summaries)[-1]


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages that show ten characters whole, and no more."""
    with monkeypatch.context() as patch:
        patch.setattr(plain, "WHOLE_CHARACTERS", 10)
        yield


def refused(visitor: Visitor, page: str, place: str, end: str = "sign", **fields: str) -> None:
    """Neither the page nor its handler signs."""
    assert TOO_LONG in page
    assert not re.search(r'id="sign"|id="wallet"|name="summary"', page)
    answer = visitor.post(f"{place}/{end}", 409, summary=hidden_token(visitor), **fields)
    assert TOO_LONG in answer


def test_a_wallet_s_signature_over_what_was_not_shown_whole_is_refused(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = office.bill()
    visitor.unlock("shipper")
    session = visitor.desk.session("shipper")
    assert session is not None
    place = f"/as/shipper/documents/{bill}"
    given = signed_by(session.wallet.keys.accounts[0], visitor.get(f"{place}/ACCEPT"))
    monkeypatch.setattr(plain, "WHOLE_CHARACTERS", 10)
    refused(visitor, visitor.get(f"{place}/ACCEPT"), place, signature=given)
    assert office.carrier.record(bill).possessor == office.carrier.party


@pytest.mark.usefixtures("little")
def test_a_draft_that_is_too_long_is_not_signed(visitor: Visitor) -> None:
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    (carrier,) = re.findall(r'value="(\d+)">Example Line', visitor.get(place))
    given = INVOICE | {"/header/invoiceNumber": "LONG-1"}
    refused(visitor, visitor.post(place, do="check", endorsee=carrier, **given), place)
    assert "LONG-1" in visitor.get(place), "the draft is kept"


@pytest.mark.usefixtures("little")
def test_rows_that_are_too_long_are_not_signed(visitor: Visitor) -> None:
    place = sent(visitor, table("LONG-2", "LONG-3").encode()).url.path
    (carrier,) = re.findall(r'value="(\d+)">Example Line', visitor.get(place))
    refused(visitor, visitor.post(place, do="check", endorsee=carrier), place)
    assert "LONG-2" not in visitor.get("/as/shipper/")


@pytest.mark.usefixtures("little")
def test_a_presentation_that_is_too_long_is_not_made(office: Office, visitor: Visitor) -> None:
    place = f"/as/shipper/out/{office.bill()}"
    visitor.unlock("shipper")
    names = re.findall(r'name="(field\.\d+)" value="([^"]+)"', visitor.get(f"{place}/disclose"))
    assert names
    given = {"audience": "a court", "purpose": "a case", "days": "3", **dict(names[:3])}
    refused(visitor, visitor.post(f"{place}/disclose", **given), place, "present")


@pytest.mark.usefixtures("little")
def test_a_waiting_act_that_is_too_long_is_not_signed(office: Office, tmp_path: Path) -> None:
    bank: Two = two(office.url, tmp_path)
    bill = held(office, bank)
    detail = {"comments": "longer than ten characters"}
    with bank.desk("first", 0) as first, bank.desk("second", 1) as second:
        session = first.desk.session("first")
        assert session is not None
        done = session.propose(session.unsigned(bill, "OFFER", counterparty=office.shipper, detail=detail))
        place = f"/as/second/waiting/{done.digest}"
        refused(second, second.get(place), place)
    assert bank.whole.record(bill).offeree == 0
    bank.whole.client.close()


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        ({"a": "x" * (WHOLE_CHARACTERS - 1)}, True),
        ({"a": "x" * WHOLE_CHARACTERS}, False),
        ({"a" * WHOLE_CHARACTERS: 1}, False),
        ([1] * WHOLE_FIELDS, True),
        ([1] * (WHOLE_FIELDS + 1), False),
        (None, True),
        ({}, True),
    ],
    ids=["just", "a text too long", "a name too long", "just as many", "too many", "nothing", "empty"],
)
def test_what_fits_on_a_page(value: object, whole: bool) -> None:
    assert fits(value) is whole


def test_the_sample_is_far_below_what_a_page_shows() -> None:
    assert len(SAMPLE.read_text()) * 10 < WHOLE_CHARACTERS
