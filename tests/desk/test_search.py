"""Search over decrypted contents: what it finds, what lies on the disk, what it does not tell."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.desk.conftest import Office, Visitor, browsing

from portledger.desk import finding
from portledger.desk.finding import Index, plain
from portledger.desk.state import Desk
from portledger.domain.refusals import Unavailable
from portledger.domain.vault_errors import GrantRefused
from portledger.domain.verification_errors import VerificationError
from portledger.formats.api_json import DocumentJson
from portledger.sdk import reading
from portledger.sdk.errors import GatewayProblem, GatewayUnreachable, LogChanged, NotKept
from portledger.sdk.opening import OpenedDocument
from portledger.sdk.party import PartySession
from portledger.sdk.shelf import Shelf
from portledger.vault.sealing import Opened

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
                monkeypatch.setattr(PartySession, "numbered", _never)
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
    index.keep(opened({"header": {"validUntil": "2027-01-31", "note": plain("１")}}), "", "cd" * 32)
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
    number = f"LATE77-{type(error).__name__[:4].upper()}"
    bill = office.bill(transportDocumentReference=number)

    def refused(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(PartySession, "numbered", refused)
        page = visitor.unlock("shipper")
        assert bill in page
        assert number not in page
    assert number not in visitor.get("/as/shipper/"), "it is not tried again at once"
    for index in visitor.desk.indexes.values():
        index._left.clear()
        index._silent_until = 0.0
    assert number in named(visitor, number)


def test_an_inbox_waits_for_no_long_reading(office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    bills = [office.bill(transportDocumentReference=f"MANY77-{number}") for number in range(3)]
    monkeypatch.setattr(finding, "LEARNING", 0.0)
    page = visitor.unlock("shipper")
    assert all(bill in page for bill in bills)
    assert "MANY77" not in page
    monkeypatch.undo()
    assert all(f"MANY77-{number}" in named(visitor, f"MANY77-{number}") for number in range(3))


def opened(values: dict[str, Any]) -> OpenedDocument:
    shown = {name: Opened(name, value, None, {}) for name, value in values.items()}
    return OpenedDocument("ab" * 32, 0x0101, SimpleNamespace(names=lambda: list(values)), {}, shown)  # type: ignore[arg-type]


def fresh(office: Office, folder: Path) -> Index:
    return Index(Desk(office.keys, office.url, files=folder).shelf(office.carrier, "index"))


def records(*documents: str, head: str = "cd" * 32) -> list[DocumentJson]:
    """The first is the newest."""
    return [SimpleNamespace(document=one, head=head, updated_at=-at) for at, one in enumerate(documents)]  # type: ignore[misc]


class Source:
    """Stands for a session. Says of every document what is told of it, after an error where there is one."""

    def __init__(self, told: dict[str, Any], clock: list[float], takes: float = 0.03) -> None:
        self.told, self.clock, self.takes = told, clock, takes
        self.asked: list[str] = []
        self.away = False

    def is_away(self) -> bool:
        return self.away

    def numbered(self, document: str) -> tuple[OpenedDocument, str]:
        self.asked.append(document)
        self.clock[0] += self.takes
        found = self.told[document]
        if isinstance(found, Exception):
            raise found
        return replace(opened({"header": {}}), document=document), found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_000.0]
    monkeypatch.setattr(finding, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


CLOSED = GrantRefused("header", "no grant", "one")


def test_many_documents_that_stay_closed_keep_no_older_one_without_its_number(
    office: Office, tmp_path: Path, clock: list[float]
) -> None:
    names = [f"{at:064x}" for at in range(25)]
    source = Source({one: CLOSED if at < 15 else f"N{at}" for at, one in enumerate(names)}, clock)
    index = fresh(office, tmp_path)
    for _ in range(3):
        index.learn(source, records(*names))  # type: ignore[arg-type]
        clock[0] += finding.AGAIN + 1
    assert [index.number(one) for one in names[15:]] == [f"N{at}" for at in range(15, 25)]


@pytest.mark.parametrize(
    ("error", "takes", "silent"),
    [
        (GatewayProblem("503", "an answer"), 3.0, finding.AGAIN),
        (GatewayProblem("500: altered bytes", "an answer"), 0.1, 2.0),
        (GatewayUnreachable("nobody", "an answer"), 0.1, finding.AGAIN),
    ],
    ids=["slow", "damaged", "away"],
)
def test_a_gateway_that_does_not_answer_as_it_should_is_left_alone_for_a_while(
    office: Office, tmp_path: Path, clock: list[float], error: Exception, takes: float, silent: float
) -> None:
    names = [f"{at:064x}" for at in range(3)]
    source = Source(dict.fromkeys(names, error), clock, takes)
    index = fresh(office, tmp_path)
    for _ in range(5):
        index.learn(source, records(*names))  # type: ignore[arg-type]
    assert len(source.asked) == 1
    clock[0] = 1_000.0 + silent + 0.01
    index.learn(source, records(*names))  # type: ignore[arg-type]
    assert source.asked == names[:2]


def test_a_search_comes_past_documents_that_the_gateway_never_gives_and_says_how_many_are_left(
    office: Office, tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "AT_ONCE", 5)
    names = [f"{at:064x}" for at in range(12)]
    bad = GatewayProblem("500: altered bytes", "an answer")
    source = Source({one: bad if at < 6 else f"N{at}" for at, one in enumerate(names)}, clock)
    index = fresh(office, tmp_path)
    left = [index.catch_up(source, records(*names)) for _ in range(5)]  # type: ignore[arg-type]
    assert left[-1] == 6
    assert all(index.get(one) for one in names[6:])
    assert max(map(source.asked.count, names[:6])) <= 3
    source.told |= dict.fromkeys(names[3:6], "HEALED")
    assert [index.catch_up(source, records(*names)) for _ in range(3)][-1] == 3  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("damaged in the store", "whole"),
        GatewayUnreachable("a stream that broke off", "all of it"),
        GatewayProblem("PayloadStoreFailed", "an answer"),
        VerificationError(8, "parties", "a log that is behind", "the ledger's"),
        LogChanged("another log", "the one seen before"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_one_document_that_cannot_be_had_ends_no_search_and_is_found_once_it_can(
    office: Office, tmp_path: Path, clock: list[float], error: Exception
) -> None:
    names = [f"{at:064x}" for at in range(3)]
    index, source = fresh(office, tmp_path), Source({names[0]: error, names[1]: "B", names[2]: "C"}, clock)
    index.keep(replace(opened({"header": {"note": "x"}}), document=names[0]), "A", "00" * 32)
    assert index.catch_up(source, records(*names)) == 1  # type: ignore[arg-type]
    assert [index.number(one) for one in names] == ["", "B", "C"], "none that was read before the last act"
    source.told[names[0]] = "A"
    assert index.catch_up(source, records(*names)) == 0  # type: ignore[arg-type]
    assert index.number(names[0]) == "A"


def test_a_search_at_a_gateway_that_is_away_says_so(office: Office, tmp_path: Path, clock: list[float]) -> None:
    source = Source({"ab" * 32: Unavailable("nothing", "an answer")}, clock)
    source.away = True
    with pytest.raises(Unavailable):
        fresh(office, tmp_path).catch_up(source, records("ab" * 32))  # type: ignore[arg-type]


def test_a_full_disk_hides_no_number(
    office: Office, tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise NotKept("no space", "some")

    monkeypatch.setattr(Shelf, "put", full)
    index = fresh(office, tmp_path)
    index.learn(Source({"ab" * 32: "BL-1"}, clock), records("ab" * 32))  # type: ignore[arg-type]
    assert index.number("ab" * 32) == "BL-1"


def test_a_number_that_was_not_there_or_is_another_now_is_learnt(
    office: Office, tmp_path: Path, clock: list[float]
) -> None:
    """Kept by a version before, read before the keys came, or certified since."""
    index, source = fresh(office, tmp_path), Source({"ab" * 32: "COO-1"}, clock)
    index.keep(opened({"header": {"note": "x"}}), "", "cd" * 32)
    index.learn(source, records("ab" * 32))  # type: ignore[arg-type]
    assert index.number("ab" * 32) == "COO-1"
    index.learn(source, records("ab" * 32))  # type: ignore[arg-type]
    assert len(source.asked) == 1
    source.told["ab" * 32] = "COO-2"
    index.learn(source, records("ab" * 32, head="ef" * 32))  # type: ignore[arg-type]
    assert index.number("ab" * 32) == "COO-2"


def test_a_document_that_opens_on_its_page_is_found_although_it_was_empty_before(
    office: Office, tmp_path: Path
) -> None:
    index = fresh(office, tmp_path)
    index.keep(opened({}), "", "cd" * 32)
    index.keep(opened({"header": {"note": "coffee"}}), "BL-1", "cd" * 32)
    entry = fresh(office, tmp_path).get("ab" * 32)
    assert entry is not None
    assert (entry.number, entry.matches(["coffee"], "")) == ("BL-1", True)


def test_what_was_read_of_a_head_outlives_a_reading_that_shows_less(office: Office, tmp_path: Path) -> None:
    """A gateway that has no time for a profile leaves a proven number as it is."""
    index = fresh(office, tmp_path)
    index.keep(opened({"header": {"note": "coffee", "validUntil": "2027-01-31"}}), "BL-1", "cd" * 32)
    before = index.get("ab" * 32)
    index.keep(opened({"header": {"note": "coffee"}}), "", "cd" * 32)
    assert index.get("ab" * 32) == before
    index.keep(opened({"header": {"note": "tea"}}), "", "ef" * 32)
    assert index.number("ab" * 32) == ""


def test_a_number_that_was_read_before_the_last_act_is_not_shown(
    office: Office, tmp_path: Path, clock: list[float]
) -> None:
    """An application's, of what is a certificate now."""
    index, source = fresh(office, tmp_path), Source({"ab" * 32: "JP-1"}, clock)
    index.learn(source, records("ab" * 32))  # type: ignore[arg-type]
    source.told["ab" * 32] = GatewayProblem("503", "an answer")
    index.learn(source, records("ab" * 32, head="ef" * 32))  # type: ignore[arg-type]
    assert index.number("ab" * 32) == ""


def test_a_number_that_a_version_before_kept_unproven_is_not_shown(office: Office, tmp_path: Path) -> None:
    shelf = Desk(office.keys, office.url, files=tmp_path).shelf(office.carrier, "index")
    shelf.put(Shelf.new_name(), {"document": "ab" * 32, "head": "cd" * 32, "rows": [], "due": "", "number": "B\u202eL"})
    assert fresh(office, tmp_path).number("ab" * 32) == ""


def test_a_search_keeps_nothing_of_what_the_gateway_could_not_give(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = office.bill(termsAndConditions="cinnamon")
    visitor.unlock("shipper")
    for index in visitor.desk.indexes.values():
        index._entries.pop(bill, None)

    def refused(*_: object, **__: object) -> None:
        raise GatewayProblem("503", "an answer")

    with monkeypatch.context() as patched:
        patched.setattr(PartySession, "numbered", refused)
        assert bill not in found(visitor.post("/as/shipper/search", query="cinnamon"))
    assert bill in found(visitor.post("/as/shipper/search", query="cinnamon"))


@pytest.mark.parametrize("header", [["blNumber"], "blNumber", 5, None])
def test_a_header_that_is_no_object_is_shown_as_it_is_and_breaks_no_page(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, header: Any
) -> None:
    """A counterparty's own client can seal any JSON."""
    bill, opens = office.bill(), reading.open_document

    def strange(*given: Any, **more: Any) -> OpenedDocument:
        found = opens(*given, **more)
        return replace(found, opened={**found.opened, "header": replace(found.opened["header"], value=header)})

    monkeypatch.setattr(reading, "open_document", strange)
    assert bill in visitor.unlock("shipper")
    assert "Bill of lading" in visitor.get(f"/as/shipper/documents/{bill}")
    visitor.post("/as/shipper/search", query="blNumber")
