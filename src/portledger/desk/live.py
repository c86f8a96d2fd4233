"""News as they come: server-sent events that say which documents changed, by their ids, and nothing of what.

One feed of each open party asks the gateway every few seconds, and only while windows listen. Neither it nor what the
page's script fetches after it counts as use of the desk: keys lock all the same, and that ends the streams.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from portledger.desk.pages import FOLDER
from portledger.desk.state import Desk
from portledger.domain.errors import PortledgerError
from portledger.sdk import news
from portledger.sdk.client import Client
from portledger.sdk.party import PartySession

SECONDS: Final = 2.0
"""Between two looks."""
LONGEST: Final = 60.0
"""Seconds between two looks at a gateway that stays silent; doubled up to here."""
TIMEOUT: Final = 5.0
"""Seconds that one request may take: a gateway that does not answer is to be told of."""
STREAMS: Final = 12
"""Windows that may listen at the same time."""
FETCHED: Final = "x-desk-live"
"""Header of what the page's script fetches: no person asked for it."""
ALL, PARTY, WAITING = "all", "party", "waiting"
"""Instead of a document's id: nobody knows what changed; the party's own entry; its acts that wait for signatures."""
_NUMBERS: Final = count(1)
"""Every change that a desk hears of has a number: what a page has not seen is what is larger than its own."""


class Feed:
    """What one open party hears, asked for once for all of its windows. first, last: numbers of changes; 0 = it has
    not yet asked."""

    def __init__(self, session: PartySession, clock: Callable[[], float] = time.monotonic) -> None:
        self.first = self.last = 0
        self.lost = False
        self._session, self._client = session, Client(session.client.url, timeout=TIMEOUT)
        self._clock, self._lock = clock, threading.Lock()
        self._cursor, self._changed = "", dict[str, int]()
        self._waiting: dict[str, str] = {}
        self._due, self._pause = 0.0, SECONDS

    def close(self) -> None:
        self._client.close()

    def look(self) -> None:
        """Asks the gateway, unless it was asked just now; a silent one more and more seldom."""
        with self._lock:
            if self._clock() < self._due:
                return
            try:
                self._ask()
            except PortledgerError:  # locked meanwhile, too: the connections are closed
                self._pause = min(self._pause * 2, LONGEST) if self.lost else SECONDS
                self.lost = True
            else:
                self.lost, self._pause = False, SECONDS
            self._due = self._clock() + self._pause

    def after(self, number: int) -> tuple[list[str], int]:
        """What changed after this number, ids of documents and the words above; the number of the last change."""
        with self._lock:
            if number < self.first:
                return [ALL], self.last
            return sorted(what for what, changed in self._changed.items() if changed > number), self.last

    def _ask(self) -> None:
        if self._session.signed_in_until < time.time() + 60:
            self._session.sign_in()
        self._client.token = self._session.client.token
        waiting = {one.digest: one.tag for one in self._client.waiting()}
        if self.first:
            found = news.since(self._client, self._cursor)
            changed = set(found.documents)
            changed |= {PARTY} if self._session.party in found.parties else set()
            changed |= {WAITING} if waiting != self._waiting else set()
            self._cursor = found.cursor
            self._number(changed)
        else:
            self._cursor = news.newest(self._client)
            self.first = self.last = next(_NUMBERS)
        self._waiting = waiting

    def _number(self, changed: set[str]) -> None:
        if changed:
            self.last = next(_NUMBERS)
            self._changed |= dict.fromkeys(changed, self.last)


def heard(desk: Desk, session: PartySession) -> int:
    """The number of the last change that a page shows which is made now; its stream begins after it."""
    feed = desk.feeds.get(session)
    return feed.last if feed else 0


def add(app: FastAPI, desk: Desk) -> None:
    """The stream of each party, and the script that listens to it."""
    listening: set[_Stream] = set()

    @app.get("/static/live.js")
    def script() -> Response:
        return FileResponse(FOLDER / "static" / "live.js", media_type="text/javascript")

    @app.get("/as/{name}/live/{number}")
    async def live(name: str, number: int, request: Request) -> Response:
        if len(listening) >= STREAMS:
            raise HTTPException(503)
        stream = _Stream(listening, _told(_Window(desk, name, number), request))
        listening.add(stream)
        return stream


class _Stream(StreamingResponse):
    """Counts until it has ended, however it ends: a generator alone is not told when the window goes away."""

    def __init__(self, listening: set[_Stream], told: AsyncIterator[bytes]) -> None:
        super().__init__(told, media_type="text/event-stream")
        self._listening = listening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._listening.discard(self)


async def _told(window: _Window, request: Request) -> AsyncIterator[bytes]:
    """Until the window closes, or the party is locked."""
    yield b": portledger desk\n\n"
    while not await request.is_disconnected():
        for event, data in await run_in_threadpool(window.news):
            yield f"id: {window.number}\nevent: {event}\ndata: {data}\n\n".encode()
            if event == "locked":
                return
        yield b": alive\n\n"
        await asyncio.sleep(SECONDS)


@dataclass
class _Window:
    """What one window was told. number: the last change that it knows; feed: of the party as it was open at first;
    lost: it knows that the gateway is silent; ready: it knows that it is heard."""

    desk: Desk
    name: str
    number: int
    feed: Feed | None = None
    lost: bool = False
    ready: bool = False

    def news(self) -> list[tuple[str, str]]:
        """Events to tell now: `locked`, `lost`, `ready` (at first, and once the gateway answers again), `changed`."""
        feed = self._feed()
        if feed is None:
            return [("locked", "1")]
        feed.look()
        if feed.lost:
            known, self.lost, self.ready = self.lost, True, False
            return [] if known else [("lost", "1")]
        told = [] if self.ready else [("ready", "1")]
        changed, self.number = feed.after(self.number)
        self.lost, self.ready = False, True
        return [*told, ("changed", " ".join(changed))] if changed else told

    def _feed(self) -> Feed | None:
        """The party's; None once it was locked, also where it was opened again."""
        feed = self.desk.feed(self.name, Feed)
        if self.feed is None:
            self.feed = feed
        return feed if feed is self.feed else None
