"""Search over decrypted contents: what it finds, what lies on the disk, what it does not tell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.desk.conftest import Office, Visitor, browsing

from portledger import resources
from portledger.desk import finding
from portledger.desk.finding import Index, plain
from portledger.desk.state import Desk
from portledger.domain.vault_errors import GrantRefused
from portledger.sdk.errors import GatewayUnreachable
from portledger.sdk.party import PartySession

SECRET = "紅茶 ﾀﾞｰｼﾞﾘﾝ No.１２３ 髙﨑 <script>x</script>"


@pytest.fixture
def hit(office: Office) -> str:
    return office.bill(termsAndConditions=SECRET)


def found(page: str) -> list[str]:
    return re.findall(r'/documents/([0-9a-f]{64})"', page.split("</form>")[-1])


@pytest.mark.parametrize("query", ["紅茶", "ダージリン", "no.123", "NO.１２３ 髙﨑", "<script>"])
def test_a_document_is_found_by_what_it_says_however_it_is_typed(
    office: Office, visitor: Visitor, hit: str, query: str
) -> None:
    office.bill(termsAndConditions="coffee")
    visitor.unlock("shipper")
    page = visitor.post("/as/shipper/search", query=query)
    assert hit in found(page)
    assert "<script>x" not in page


def test_all_words_must_be_there_and_a_query_of_none_finds_nothing(office: Office, visitor: Visitor, hit: str) -> None:
    visitor.unlock("shipper")
    assert "No document holds all these words." in visitor.post("/as/shipper/search", query="紅茶 nothing-of-that")
    assert found(visitor.post("/as/shipper/search", query="   ")) == []


def test_who_cannot_read_a_document_does_not_find_it(office: Office, visitor: Visitor, hit: str) -> None:
    visitor.unlock("bank")
    assert hit not in found(visitor.post("/as/bank/search", query="紅茶"))


def test_a_query_is_no_address_and_needs_the_forms_token(office: Office, visitor: Visitor, hit: str) -> None:
    visitor.unlock("shipper")
    page = visitor.post("/as/shipper/search", query="紅茶")
    assert [link for link in re.findall(r'(?:href|action)="([^"]*)', page) if "紅" in link or "%E7" in link] == []
    assert visitor.http.get("/as/shipper/search?query=x").status_code in (404, 405)
    visitor.post("/as/shipper/search", 403, query="紅茶", token="made up")


def test_nothing_of_the_index_lies_readable_on_the_disk(office: Office, visitor: Visitor, hit: str) -> None:
    visitor.unlock("shipper")
    assert hit in found(visitor.post("/as/shipper/search", query="紅茶"))
    files = [path for path in visitor.desk.files.rglob("*") if path.is_file()]
    assert files
    for path in files:
        kept = path.read_bytes()
        assert hit[:12] not in str(path)
        for secret in (hit.encode(), "紅茶".encode(), b"DESK26"):
            assert secret not in kept


def test_the_index_survives_a_restart_and_is_not_read_again(
    office: Office, hit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for again in (False, True):
        with (
            office.desk() as (desk, origin, link),
            browsing(origin) as http,
        ):
            http.get(link)
            visitor = Visitor(http, origin, desk)
            visitor.unlock("shipper")
            if again:
                monkeypatch.setattr(PartySession, "open", _never)
            assert hit in found(visitor.post("/as/shipper/search", query="紅茶"))


def _never(*_: object, **__: object) -> None:
    raise AssertionError("a document that has not changed is opened again")


def test_a_document_that_changed_is_read_again(office: Office, visitor: Visitor, hit: str) -> None:
    visitor.unlock("shipper")
    visitor.post("/as/shipper/search", query="紅茶")
    session = visitor.desk.session("shipper")
    assert session is not None
    before = visitor.desk.indexes[session].get(hit)
    office.carrier.withdraw(hit)
    visitor.post("/as/shipper/search", query="紅茶")
    after = visitor.desk.indexes[session].get(hit)
    assert before is not None
    assert after is not None
    assert before.head != after.head
    assert before.name == after.name


def test_a_damaged_file_of_the_index_is_made_anew(office: Office, hit: str) -> None:
    for damaged in (False, True):
        with (
            office.desk() as (desk, origin, link),
            browsing(origin) as http,
        ):
            if damaged:
                for path in desk.files.rglob("*.sealed"):
                    whole = path.read_bytes()
                    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
            http.get(link)
            visitor = Visitor(http, origin, desk)
            visitor.unlock("shipper")
            assert hit in found(visitor.post("/as/shipper/search", query="紅茶"))


def test_a_locked_desk_forgets_what_it_read(office: Office, visitor: Visitor, hit: str) -> None:
    visitor.unlock("shipper")
    visitor.post("/as/shipper/search", query="紅茶")
    visitor.post("/lock")
    assert visitor.desk.indexes == {}
    assert "Unlock your keys" in visitor.post("/as/shipper/search", query="紅茶")


def test_the_day_until_which_a_document_is_good_comes_from_its_contents(office: Office, tmp_path: Path) -> None:
    desk = Desk(office.keys, office.url, files=tmp_path)
    index = Index(desk.shelf(office.carrier, "index"))
    index.keep(
        "ab" * 32,
        "cd" * 32,
        {"header": {"validUntil": "2027-01-31", "note": plain("１")}},
        resources.kind("certificate-of-origin"),
    )
    again = Index(desk.shelf(office.carrier, "index")).get("ab" * 32)
    assert again is not None
    assert (again.due, again.head) == ("2027-01-31", "cd" * 32)


def test_the_search_speaks_japanese(office: Office, hit: str) -> None:
    with (
        office.desk("ja") as (desk, origin, link),
        browsing(origin) as http,
    ):
        http.get(link)
        visitor = Visitor(http, origin, desk)
        assert "閲覧できる内容を検索" in visitor.unlock("shipper")
        assert "すべての語を含む文書はありません" in visitor.post("/as/shipper/search", query="nothing-of-that")


def named(visitor: Visitor, number: str) -> str:
    """The inbox, shown until it has the number, or often enough."""
    for _ in range(20):
        page = visitor.get("/as/shipper/")
        if number in page:
            break
    return page


def test_the_inbox_names_a_document_by_its_number_although_nobody_opened_it(office: Office, visitor: Visitor) -> None:
    bill = office.bill(transportDocumentReference="BL-77/NAMED")
    visitor.unlock("shipper")
    page = named(visitor, "BL-77/NAMED")
    assert "BL-77/NAMED" in page[page.index(f"/documents/{bill}") :].partition("</a>")[0]
    page = visitor.get(f"/as/shipper/documents/{bill}")
    assert "BL-77/NAMED" in page.partition("<h1>")[2].partition("</h1>")[0]
    assert "BL-77" not in page.partition("<title>")[2].partition("</title>")[0], "a browser keeps titles"


@pytest.mark.parametrize("error", [GrantRefused("header", "no grant", "one"), GatewayUnreachable("none", "an answer")])
def test_what_does_not_open_yet_stays_in_the_inbox_and_is_found_once_it_does(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    number = f"LATE77-{type(error).__name__[:4]}"
    bill = office.bill(transportDocumentReference=number)

    def refused(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(PartySession, "open", refused)
        page = visitor.unlock("shipper")
        assert bill in page
        assert number not in page
    assert number not in visitor.get("/as/shipper/"), "it is not tried again at once"
    monkeypatch.setattr(finding, "AGAIN", 0.0)
    for index in visitor.desk.indexes.values():
        index._tried.clear()
    assert number in named(visitor, number)


def test_an_inbox_waits_for_no_long_reading(office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    bills = [office.bill(transportDocumentReference=f"MANY77-{number}") for number in range(3)]
    monkeypatch.setattr(finding, "LEARNING", 0.0)
    page = visitor.unlock("shipper")
    assert all(bill in page for bill in bills)
    assert "MANY77" not in page
    monkeypatch.undo()
    assert all(f"MANY77-{number}" in named(visitor, f"MANY77-{number}") for number in range(3))


def test_a_number_that_no_client_of_ours_would_write_is_shown_harmlessly(office: Office, tmp_path: Path) -> None:
    index = Index(Desk(office.keys, office.url, files=tmp_path).shelf(office.carrier, "index"))
    header = {"blNumber": "B\u202eL" + "9" * 1_000}
    index.keep("ab" * 32, "cd" * 32, {"header": header}, resources.kind("ebl-negotiable"))
    assert index.number("ab" * 32) == "B⟦U+202E⟧L" + "9" * 57
    index.keep("ab" * 32, "ef" * 32, {"header": {"blNumber": 5}}, resources.kind("ebl-negotiable"))
    assert index.number("ab" * 32) == ""
