"""A party's own statement: what it held at the end of a day, on a page and as files."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.desk.conftest import Office, Visitor, summary_of

from portledger.desk.words import word
from portledger.sdk import statement as stating
from portledger.sdk.errors import LogChanged

PATH = "/as/shipper/statement"


def today() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d")


def accepted(office: Office, visitor: Visitor, **changes: object) -> str:
    document = office.bill(**changes)
    visitor.unlock("shipper")
    shown = visitor.get(f"/as/shipper/documents/{document}/ACCEPT")
    visitor.post(f"/as/shipper/documents/{document}/sign", summary=summary_of(shown))
    return document


def saved(visitor: Visitor, form: str, **fields: str) -> httpx.Response:
    given = {"token": visitor.desk.form_token, "day": today(), "form": form, **fields}
    answer = visitor.http.post(PATH, data=given, headers={"Origin": visitor.origin})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="holdings-{today()}.')
    return answer


def test_what_was_accepted_is_held_with_title_and_what_is_only_offered_is_not(office: Office, visitor: Visitor) -> None:
    held, offered = accepted(office, visitor), office.bill()
    page = visitor.post(PATH, day=today())
    (row,) = re.findall(rf"<tr>(?:(?!<tr>).)*{held}.*?</tr>", page, re.DOTALL)
    assert "possesses · has title" in row
    assert office.carrier.history(held)[-1].head in row
    assert offered not in page
    assert "has title" not in visitor.post(PATH, day="2026-01-01")


def test_the_issuer_s_statement_says_what_it_issued_and_still_possesses(office: Office) -> None:
    document = office.bill()
    (one,) = [one for one in _now(office).held if one.document == document]
    assert one.relations == ("possesses", "issued")
    assert one.read_at >= one.block > 0
    assert one.head == office.carrier.history(document)[-1].head


def _now(office: Office) -> stating.Statement:
    return stating.statement(office.carrier, stating.end_of(datetime.now(UTC).date()))


def test_the_day_decides_and_before_its_first_act_a_document_was_not_held(office: Office, visitor: Visitor) -> None:
    held = accepted(office, visitor)
    issued = datetime.fromtimestamp(office.carrier.history(held)[0].time, UTC)
    assert held in visitor.post(PATH, day=today())
    assert held not in visitor.post(PATH, day=(issued - timedelta(days=1)).strftime("%Y-%m-%d"))
    assert word("stated.none", "en") in visitor.post(PATH, day="2026-01-01")


def test_a_day_in_full_width_digits_is_understood(visitor: Visitor) -> None:
    visitor.unlock("shipper")
    assert "As of the end of 2026-01-02 UTC" in visitor.post(PATH, day="２０２６－０１－０２")


@pytest.mark.parametrize(
    "day", ["", "yesterday", "2026-13-01", "2026-02-30", "0000-00-00", "9999-12-31", "<b>", "9" * 5_000]
)
def test_what_is_no_day_is_told_beside_its_field_and_stays_as_it_was_typed(visitor: Visitor, day: str) -> None:
    visitor.unlock("shipper")
    page = visitor.post(PATH, 422, day=day)
    assert "Write a day as 2026-11-26, today at the latest." in page
    assert f'value="{day.replace("<", "&lt;").replace(">", "&gt;")}"' in page


def test_the_csv_opens_in_a_spreadsheet_in_the_page_s_language(office: Office, visitor: Visitor) -> None:
    document = accepted(office, visitor)
    visitor.desk.language = "ja"
    data = saved(visitor, "csv").content
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    (row,) = [row for row in rows if row["文書ID"] == document]
    assert row["自社の立場"] == "占有 · 権利者"
    assert row["占有者（支配者）"] == office.name_of("shipper")
    assert re.fullmatch("[0-9a-f]{64}", row["記録の先頭ハッシュ"])


def test_the_json_says_heads_blocks_and_whose_word_the_list_is(office: Office, visitor: Visitor) -> None:
    document = accepted(office, visitor)
    value = json.loads(saved(visitor, "json").content)
    (one,) = [one for one in value["documents"] if one["document"] == document]
    assert (one["youAre"], one["possessor"], one["endorsee"]) == (
        ["possesses", "title"],
        office.shipper,
        office.shipper,
    )
    assert one["readAtBlock"] >= one["block"] > 0
    assert value["listAndBlocksBy"] == f"gateway {office.url}"
    assert value["unproven"] == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_pdf_reads_and_holds_the_same_as_json(office: Office, visitor: Visitor, language: str) -> None:
    pypdf = pytest.importorskip("pypdf")
    pytest.importorskip("typst")
    document = accepted(office, visitor)
    visitor.desk.language = language
    reader = pypdf.PdfReader(io.BytesIO(saved(visitor, "pdf").content))
    ((name, (inside,)),) = reader.attachments.items()
    assert name == f"holdings-{today()}.json"
    assert document in [one["document"] for one in json.loads(inside)["documents"]]
    text = "".join(page.extract_text() for page in reader.pages).replace("\n", "")
    assert document in text
    assert "髙﨑" in text
    assert word("stated.possesses", language) in text


def test_a_document_that_does_not_verify_is_named_and_hides_no_other(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = accepted(office, visitor), accepted(office, visitor)
    true = stating.proven

    def lying(session: object, document: str, node: object = None) -> object:
        if document == bad:
            raise LogChanged("another log", "the one seen before")
        return true(session, document, node)  # type: ignore[arg-type]

    monkeypatch.setattr(stating, "proven", lying)
    page = visitor.post(PATH, day=today())
    assert "could not be verified and are not in the list" in page
    assert f'documents/{good}"' in page
    assert f"<code>{bad}</code>" in page
    assert f'documents/{bad}"' not in page


def test_the_statement_of_a_locked_party_is_not_shown(visitor: Visitor) -> None:
    answer = visitor.http.post(
        PATH, data={"token": visitor.desk.form_token, "day": today()}, headers={"Origin": visitor.origin}
    )
    assert answer.url.path == "/unlock"
