"""News by server-sent events: that something changed, never what; and no reason to keep keys open."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
from tests.desk.conftest import Office, Visitor, browsing
from tests.desk.test_waiting import held, proposed, two

from portledger.desk import live
from portledger.desk.live import FETCHED, STREAMS
from portledger.sdk import news
from portledger.sdk.errors import GatewayUnreachable


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SECONDS", 0.05)


@contextmanager
def stream(visitor: Visitor, name: str, number: int = 0) -> Iterator[Iterator[str]]:
    """What a window hears that was shown after the change of this number."""
    with visitor.http.stream("GET", f"/as/{name}/live/{number}", timeout=30) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield answer.iter_lines()


def until(lines: Iterator[str], wanted: str) -> list[str]:
    """What was said up to a line."""
    said = []
    for one in lines:
        said.append(one)
        if one == wanted:
            return said
    raise AssertionError(f"the stream ended without {wanted}: {said}")


def number_of(page: str) -> int:
    (number,) = re.findall(r'data-number="(\d+)"', page)
    return int(number)


def test_a_new_document_is_news_and_nothing_is_told_of_it(office: Office, visitor: Visitor) -> None:
    office.bill()
    visitor.unlock("shipper")
    with stream(visitor, "shipper") as lines:
        until(lines, ": alive")
        document = office.bill()
        said = until(lines, "event: changed")
        assert next(lines) == f"data: {document}"
    told = {re.sub(r"\d+", "N", one) for one in said}
    assert told <= {"id: N", ": alive", "", "event: changed"}
    assert document[:12] in visitor.get("/as/shipper/")


def test_a_window_hears_what_its_page_does_not_show_yet_and_nothing_that_it_shows(
    office: Office, visitor: Visitor
) -> None:
    before = number_of(visitor.unlock("shipper"))
    with stream(visitor, "shipper", before) as lines:
        until(lines, "event: changed")
        assert next(lines) == "data: all"  # nobody listened when the page was made
        document = office.bill()
        until(lines, f"data: {document}")
    page = visitor.get("/as/shipper/")
    assert number_of(page) > before
    with stream(visitor, "shipper", number_of(page)) as lines:
        assert "event: changed" not in until(lines, ": alive")
    with stream(visitor, "shipper", number_of(page) - 1) as lines:
        until(lines, f"data: {document}")


def test_what_happened_before_is_no_news(office: Office) -> None:
    office.bill()
    cursor = news.newest(office.carrier.client)
    assert news.since(office.carrier.client, cursor) == news.News(cursor)
    assert office.carrier.client.events(str(int(cursor) - 1)).items != []
    document = office.bill()
    found = news.since(office.carrier.client, cursor)
    assert found.documents == {document}
    assert int(found.cursor) > int(cursor)


def test_an_act_that_waits_for_a_signature_is_news_and_its_end_too(office: Office, tmp_path: Path) -> None:
    bank = two(office.url, tmp_path)
    bill = held(office, bank)
    with bank.desk("first", 0) as first, bank.desk("second", 1) as second, stream(second, "second") as lines:
        until(lines, ": alive")
        proposed(first, "first", bill, office.shipper)
        until(lines, "data: waiting")
        for one in bank.whole.client.waiting():
            bank.whole.stop_waiting(one.digest)
        until(lines, "data: waiting")
    bank.whole.client.close()


def test_a_silent_gateway_is_said_once_and_its_return_too(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.unlock("shipper")
    with stream(visitor, "shipper") as lines:
        until(lines, ": alive")
        with monkeypatch.context() as silence:
            silence.setattr(news, "since", _unreachable)
            until(lines, "event: lost")
            assert "event: lost" not in [next(lines) for _ in range(9)]
        until(lines, "event: ready")


def _unreachable(*_: object) -> None:
    raise GatewayUnreachable("no answer", "a running gateway")


def test_a_window_that_listens_does_not_keep_the_desk_open(office: Office, visitor: Visitor) -> None:
    visitor.unlock("shipper")
    with stream(visitor, "shipper") as lines:
        until(lines, ": alive")
        visitor.desk._used -= 10_000  # nobody used it for hours
        until(lines, "event: locked")
        assert [one for one in lines if one] == ["data: 1"]  # and it ends
    assert visitor.desk.open_parties() == []
    assert visitor.desk.feeds == {}


def test_a_window_of_a_party_that_was_locked_and_opened_again_is_told_to_begin_anew(
    office: Office, visitor: Visitor
) -> None:
    visitor.unlock("shipper")
    with stream(visitor, "shipper") as lines:
        until(lines, ": alive")
        visitor.unlock("shipper")
        until(lines, "event: locked")


def test_what_the_script_fetches_is_no_use_of_the_desk(office: Office, visitor: Visitor) -> None:
    visitor.unlock("shipper")
    before = visitor.desk._used
    assert visitor.http.get("/as/shipper/", headers={FETCHED: "1"}).status_code == 200
    assert visitor.desk._used == before
    visitor.get("/as/shipper/")
    assert visitor.desk._used > before


def test_a_locked_or_unknown_party_is_told_so_and_nothing_else(visitor: Visitor) -> None:
    for name in ("shipper", "nobody"):
        with stream(visitor, name) as lines:
            assert [one for one in lines if one] == [": portledger desk", "id: 0", "event: locked", "data: 1"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_nobody_else_listens_even_with_the_cookie(office: Office, visitor: Visitor, headers: dict[str, str]) -> None:
    visitor.unlock("shipper")
    answer = visitor.http.get("/as/shipper/live/0", headers=headers)
    assert (answer.status_code, answer.text[:8]) == (403, "refused:")
    assert "access-control-allow-origin" not in answer.headers


def test_without_the_cookie_nobody_listens(office: Office, visitor: Visitor) -> None:
    visitor.unlock("shipper")
    assert httpx.get(f"{visitor.origin}/as/shipper/live/0").status_code == 403


def test_too_many_windows_are_refused(office: Office, visitor: Visitor) -> None:
    visitor.unlock("shipper")
    opened = threading.Barrier(STREAMS + 1)
    done = threading.Event()

    def listen() -> None:
        with (
            httpx.Client(base_url=visitor.origin, cookies=visitor.http.cookies) as http,
            http.stream("GET", "/as/shipper/live/0", timeout=30) as answer,
        ):
            lines = answer.iter_lines()  # kept: the connection ends with it
            next(lines)
            opened.wait(30)
            done.wait(30)

    windows = [threading.Thread(target=listen) for _ in range(STREAMS)]
    for one in windows:
        one.start()
    opened.wait(30)
    try:
        with visitor.http.stream("GET", "/as/shipper/live/0", timeout=30) as refused:
            assert refused.status_code == 503
    finally:
        done.set()
        for one in windows:
            one.join()
    for _ in range(STREAMS + 1):  # windows that went away count no longer
        with _once_free(visitor) as lines:
            next(lines)


def _once_free(visitor: Visitor) -> AbstractContextManager[Iterator[str]]:
    """A stream, once the desk has noticed that others ended."""
    for _ in range(300):
        with visitor.http.stream("GET", "/as/shipper/live/0", timeout=30) as answer:
            if answer.status_code == 200:
                break
        time.sleep(0.1)
    return stream(visitor, "shipper")


def test_a_desk_with_listeners_stops_all_the_same(office: Office) -> None:
    with (
        office.desk() as (desk, origin, link),
        browsing(origin) as http,
    ):
        http.get(link)
        visitor = Visitor(http, origin, desk)
        visitor.unlock("shipper")
        streaming = http.send(http.build_request("GET", "/as/shipper/live/0"), stream=True)
        lines = streaming.iter_lines()
        next(lines)
    streaming.close()


def test_only_pages_that_listen_have_the_script_and_may_ask_the_desk(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    for path in ("/as/shipper/", f"/as/shipper/documents/{document}"):
        answer = visitor.http.get(path)
        assert re.findall(r"<script[^>]*>", answer.text) == ['<script src="/static/live.js" defer>']
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'")
        assert policy.endswith("; script-src 'self'; connect-src 'self'")
        assert "unsafe" not in policy
    for path in ("/as/shipper/new", f"/as/shipper/documents/{document}/DECLINE", "/static/live.js"):
        answer = visitor.http.get(path)
        assert "<script" not in answer.text
        assert "connect-src" not in answer.headers["content-security-policy"]


def test_the_script_keeps_nothing_and_makes_no_markup_of_text(visitor: Visitor) -> None:
    script = visitor.http.get("/static/live.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert not re.search(r"innerHTML|eval|document\.write|Storage|indexedDB|cookie|https?://", script.text)
