"""Search over what this party can read: an index of decrypted contents, sealed on the party's own disk.

One sealed file for each document, with a random name; the query comes in a form, never in an address. What is not
indexed yet, or changed since, is opened and indexed a few documents at a time, with every check of the SDK.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fastapi import FastAPI
from starlette.responses import Response

from portledger.desk.inbox import line
from portledger.desk.pages import Pages
from portledger.desk.plain import fields, visible
from portledger.desk.requests import FORM, party
from portledger.desk.state import Desk
from portledger.domain.errors import PortledgerError
from portledger.formats import api_json as wire
from portledger.formats import labels
from portledger.sdk.errors import AWAY, UNDECIDED, NotKept
from portledger.sdk.opening import OpenedDocument
from portledger.sdk.party import PartySession
from portledger.sdk.shelf import Shelf

SORT: Final = "index"
MAX_TEXT: Final = 50_000
"""Characters kept of one document."""
AT_ONCE: Final = 50
"""Documents that one search opens and indexes at most."""
MAX_FOUND: Final = 200
MAX_QUERY: Final = 200
_SNIPPETS: Final = 3
_SNIPPET: Final = 120
LEARNING: Final = 0.3
"""Seconds after which an inbox begins to read no further document."""
AGAIN: Final = 60.0
"""Seconds after which a document without a number is read again, twice as many each time; and for which an inbox reads
none at all after the gateway did not answer as it should."""
LONGEST_PAUSE: Final = 3600.0
LONGEST_DUE: Final = 60
"""Characters."""
DUE: Final = "validUntil"
"""The item of the shipped kinds that says until when something must be done with a document: header.validUntil."""


def plain(text: str) -> str:
    """As it is compared: full width and half width, capitals and small letters are the same (NFKC, case folded)."""
    return unicodedata.normalize("NFKC", text).casefold()


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a document. head: as of which it was read; rows: (path, text); due: a date, or empty; number:
    its own, proven, in its normal form, or empty."""

    name: str
    head: str
    rows: tuple[tuple[str, str], ...] = field(repr=False)
    due: str
    number: str = ""

    def matches(self, words: Iterable[str], more: str) -> bool:
        """Whether every word stands somewhere in it, or in what else is said of the document."""
        text = plain("\n".join((more, *(value for _, value in self.rows))))
        return all(word in text for word in words)

    def snippets(self, words: Iterable[str]) -> list[tuple[str, str]]:
        """The first fields that hold one of the words."""
        wanted = list(words)
        return [row for row in self.rows if any(word in plain(row[1]) for word in wanted)][:_SNIPPETS]


class Index:
    """One party's index. It is read from the shelf once, and written document by document."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._entries: dict[str, Entry] = dict(_kept(shelf))
        self._pauses: dict[str, tuple[float, float]] = {}
        """document -> when it may be read again, and the seconds that it was left for."""
        self._silent_until = 0.0

    def get(self, document: str) -> Entry | None:
        return self._entries.get(document)

    def stale(self, records: Iterable[wire.DocumentJson]) -> list[wire.DocumentJson]:
        """Those that were not read as they are now."""
        return [one for one in records if (known := self.get(one.document)) is None or known.head != one.head]

    def read(self, session: PartySession, record: wire.DocumentJson) -> None:
        """Opens a document and keeps what it says; one that does not open is kept as empty until it changes, one that
        the gateway could not give for now is not kept.

        Raises what is in AWAY.
        """
        try:
            self.keep(*session.numbered(record.document), record.head)
        except AWAY:
            raise
        except UNDECIDED:
            return
        except PortledgerError:
            self._put(record.document, Entry(Shelf.new_name(), record.head, (), "", ""))

    def learn(self, session: PartySession, records: Iterable[wire.DocumentJson]) -> None:
        """Reads documents for the number that a person knows them by: those that were not tried before first, and of
        them the newest. Begins none after LEARNING seconds. One without a number, for its keys may be on their way, is
        left alone for a while."""
        now = time.monotonic()
        end = now + LEARNING
        if now < self._silent_until:
            return
        for one in sorted(records, key=lambda one: (one.document in self._pauses, -one.updated_at)):
            now = time.monotonic()
            if now >= end:
                return
            if self._is_known(one) or now < self._pauses.get(one.document, (0.0, 0.0))[0]:
                continue
            self._pause(one.document, now)
            try:
                opened, number = session.numbered(one.document)
            except UNDECIDED:
                self._silent_until = now + AGAIN
                return
            except PortledgerError:
                continue
            if opened.opened:
                self.keep(opened, number, one.head)

    def _is_known(self, record: wire.DocumentJson) -> bool:
        known = self.get(record.document)
        return known is not None and known.head == record.head and bool(known.number)

    def _pause(self, document: str, now: float) -> None:
        _, before = self._pauses.get(document, (0.0, AGAIN / 2))
        pause = min(2 * before, LONGEST_PAUSE)
        self._pauses[document] = now + pause, pause

    def number(self, document: str) -> str:
        """What a person knows the document by; empty where this party cannot read it, or has not yet."""
        known = self.get(document)
        return known.number if known else ""

    def seen(self, opened: OpenedDocument, number: str, head: str) -> None:
        """Contents that a page shows anyhow; what was read before of this head stays, unless more is shown now."""
        known, rows = self.get(opened.document), sum(1 for _ in _rows(opened.values()))
        if known is None or (known.head, known.number) != (head, number) or len(known.rows) < rows:
            self.keep(opened, number, head)

    def keep(self, opened: OpenedDocument, number: str, head: str) -> None:
        """Takes over contents that were opened."""
        values = opened.values()
        entry = Entry(Shelf.new_name(), head, tuple(_rows(values)), _text(values, DUE)[:LONGEST_DUE], number)
        self._put(opened.document, entry)

    def _put(self, document: str, entry: Entry) -> None:
        """In memory, and on the disk for the next time: a disk that is full hides no document."""
        before = self.get(document)
        entry = replace(entry, name=before.name) if before else entry
        self._entries[document] = entry
        with suppress(NotKept):
            self._shelf.put(entry.name, {
                "document": document, "head": entry.head, "rows": [list(row) for row in entry.rows], "due": entry.due,
                "number": entry.number,
            })  # fmt: skip


def _text(values: Mapping[str, Any], item: str) -> str:
    """An item of the header, or empty."""
    header = values.get("header")
    found = header.get(item) if isinstance(header, dict) else ""
    return found if isinstance(found, str) else ""


def _rows(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    left = MAX_TEXT
    for value in values.values():
        for path, text in fields(value):
            if left <= 0:
                return
            yield path[:_SNIPPET], text[:left]
            left -= len(text)


def _kept(shelf: Shelf) -> Iterator[tuple[str, Entry]]:
    """What opens; a damaged file is left, and its document read anew."""
    for name, value in shelf.all().items():
        try:
            rows = tuple((str(path), str(text)) for path, text in value["rows"])
            more = str(value["due"]), str(value.get("number", ""))
            yield str(value["document"]), Entry(name, str(value["head"]), rows, *more)
        except (KeyError, TypeError, ValueError):
            continue


def of(desk: Desk, session: PartySession) -> Index:
    """The party's index, in memory as long as its keys are open."""
    if session not in desk.indexes:
        desk.indexes[session] = Index(desk.shelf(session, SORT))
    return desk.indexes[session]


def due_text(index: Index, record: wire.DocumentJson, final: bool) -> str:
    """By when something must be done, where the document says so and has not ended."""
    known = None if final else index.get(record.document)
    return visible(known.due) if known else ""


def add(app: FastAPI, desk: Desk) -> None:
    """The search of a party."""

    @app.post("/as/{name}/search")
    def search(name: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            index = of(desk, session)
            records = list(session.client.documents())
            for one in index.stale(records)[:AT_ONCE]:
                index.read(session, one)
            typed = given.get("query", "")[:MAX_QUERY]
            words = plain(typed).split()
            return pages.show(
                "found.html",
                query=typed,
                lines=list(_found(session, pages, index, records, words)) if words else [],
                left=len(index.stale(records)),
                asked=bool(words),
            )


def _found(
    session: PartySession, pages: Pages, index: Index, records: list[wire.DocumentJson], words: list[str]
) -> Iterator[dict[str, Any]]:
    roles, count = session.me().roles, 0
    for one in records:
        kind, control = session.kind(one.kind), wire.control_of(one)
        known = index.get(one.document)
        shown = pages.line(line(one.document, kind, control, one.updated_at, session.party, roles))
        more = " ".join((one.document, shown["kind"], shown["state"], shown["issuer"]))
        if known is None or not known.matches(words, more):
            continue
        snippets = [
            (
                visible(" / ".join(labels.titles(kind, tuple(path.split(" / ")), pages.language))),
                visible(text[:_SNIPPET]),
            )
            for path, text in known.snippets(words)
        ]
        yield {**shown, "snippets": snippets}
        count += 1
        if count == MAX_FOUND:
            return
