"""What a party's feed asks the gateway, how often, and what it makes of the answers of a hostile one."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from portledger.desk import live
from portledger.desk.live import ALL, LONGEST, PARTY, SECONDS, WAITING, Feed
from portledger.sdk import news
from portledger.sdk.errors import GatewayUnreachable

DOCUMENT = "ab" * 32


class Gateway:
    """A client, and what it answers: the subjects of events, and acts that wait."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.acts: dict[str, str] = {}
        self.asked, self.silent = 0, False
        self.token, self.url = None, "http://127.0.0.1:1"

    def events(self, cursor: str) -> Any:
        items = [SimpleNamespace(subject=one) for one in self.subjects[int(cursor) :]]
        return SimpleNamespace(items=items, next=str(max(len(self.subjects), int(cursor))))

    def waiting(self) -> list[Any]:
        self.asked += 1
        if self.silent:
            raise GatewayUnreachable("no answer", "a running gateway")
        return [SimpleNamespace(digest=digest, tag=tag) for digest, tag in self.acts.items()]


class Heard:
    """A feed of party 7 at that gateway; `later` looks again once it is time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.gateway = 0.0, Gateway()
        monkeypatch.setattr(live, "Client", lambda *_, **__: self.gateway)
        session = SimpleNamespace(client=self.gateway, party=7, signed_in_until=time.time() + 3600)
        self.feed = Feed(session, clock=lambda: self.now)  # type: ignore[arg-type]
        self.feed.look()

    def later(self, seconds: float = SECONDS) -> None:
        self.now += seconds
        self.feed.look()

    def news(self) -> list[str]:
        """What came since the last look."""
        before = self.feed.last
        self.later()
        return self.feed.after(before)[0]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    return Heard(monkeypatch)


def test_documents_the_own_party_and_acts_that_wait_are_told_once_and_others_never(heard: Heard) -> None:
    heard.gateway.subjects += [f"documents/{DOCUMENT}", "parties/7", "parties/8"]
    heard.gateway.acts["cd" * 32] = "1"
    assert heard.news() == [DOCUMENT, PARTY, WAITING]
    assert heard.news() == []
    heard.gateway.acts["cd" * 32] = "2"
    assert heard.news() == [WAITING]
    heard.gateway.acts.clear()
    assert heard.news() == [WAITING]


@pytest.mark.parametrize(
    "subject",
    [
        "documents/ab\n\nevent: locked\ndata: 1",
        f"documents/{DOCUMENT}\n",
        f"documents/{DOCUMENT.upper()}",
        DOCUMENT,
        "parties/7 7",
        "parties/\N{ARABIC-INDIC DIGIT SEVEN}",
        "",
    ],
)
def test_what_is_no_id_never_reaches_a_window(heard: Heard, subject: str) -> None:
    heard.gateway.subjects.append(subject)
    assert heard.news() == []


def test_a_page_from_before_the_feed_is_told_that_anything_may_have_changed(heard: Heard) -> None:
    assert heard.feed.after(0) == ([ALL], heard.feed.last)
    assert heard.feed.after(heard.feed.last) == ([], heard.feed.last)


def test_many_windows_ask_the_gateway_once(heard: Heard) -> None:
    asked = heard.gateway.asked
    for _ in range(12):
        heard.feed.look()
    assert heard.gateway.asked == asked
    heard.later()
    assert heard.gateway.asked == asked + 1


def test_a_silent_gateway_is_asked_more_and_more_seldom_and_often_again_once_it_answers(heard: Heard) -> None:
    heard.gateway.silent = True
    pauses = []
    for _ in range(8):
        asked, seconds = heard.gateway.asked, 0
        while heard.gateway.asked == asked:
            heard.later(1)
            seconds += 1
        pauses.append(seconds)
        assert heard.feed.lost
    assert pauses == [2, 2, 4, 8, 16, 32, LONGEST, LONGEST]
    heard.gateway.silent = False
    heard.gateway.subjects.append(f"documents/{DOCUMENT}")
    before = heard.feed.last
    heard.later(LONGEST)
    assert not heard.feed.lost
    assert heard.feed.after(before)[0] == [DOCUMENT]
    assert heard.news() == []


def test_a_gateway_that_gives_the_same_page_for_ever_does_not_hold_the_desk_up() -> None:
    gateway = Gateway()
    gateway.subjects = [f"documents/{DOCUMENT}"]
    gateway.events = lambda cursor: SimpleNamespace(  # type: ignore[method-assign]
        items=[SimpleNamespace(subject=gateway.subjects[0])], next=cursor
    )
    assert news.since(gateway, "5") == news.News("5", {DOCUMENT})  # type: ignore[arg-type]
