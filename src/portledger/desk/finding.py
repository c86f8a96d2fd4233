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
from portledger.domain.refusals import Unavailable
from portledger.domain.vault_errors import ManifestRefused
from portledger.domain.verification_errors import VerificationError
from portledger.formats import api_json as wire
from portledger.formats import labels
from portledger.sdk.errors import AWAY, UNDECIDED, GatewayUnreachable, LogChanged
from portledger.sdk.opening import OpenedDocument
from portledger.sdk.party import PartySession
from portledger.sdk.shelf import Shelf

SORT: Final = "index"
MAX_TEXT: Final = 50_000
"""Characters kept of one document."""
AT_ONCE: Final = 50
"""Documents that one search opens and indexes at most."""
MISSES: Final = 3
DAMAGED: Final = (Unavailable, GatewayUnreachable)
"""So a gateway tells of a blob that it has no longer whole, small or great, too."""
PASSING: Final = (*UNDECIDED, VerificationError, LogChanged, ManifestRefused)
"""A document that ends so may open later without having changed: the gateway, or its store, was behind or away."""
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
        self._heads: dict[str, str] = {}
        """document -> its head, where something newer may be known than what was read."""
        self._left: dict[str, tuple[str, float, float]] = {}
        """document -> the head as of which it gave no number, until when it is left alone, and for how many seconds."""
        self._silent_until = 0.0

    def get(self, document: str) -> Entry | None:
        return self._entries.get(document)

    def stale(self, records: Iterable[wire.DocumentJson]) -> list[wire.DocumentJson]:
        """Those that were not read as they are now."""
        return [one for one in records if (known := self.get(one.document)) is None or known.head != one.head]

    def catch_up(self, session: PartySession, records: Iterable[wire.DocumentJson]) -> int:
        """Opens what was not read as it is now, at most AT_ONCE documents; how many are left. What could not be had
        before comes last, what was tried longest ago first, and MISSES of that end it. One that this party cannot open
        is kept as empty until it changes.

        Raises what is in AWAY, where the gateway gives not this document alone.
        """
        misses, known = 0, list(records)
        self.told((one.document, one.head) for one in known)
        for one in sorted(self.stale(known), key=self._left_until)[:AT_ONCE]:
            try:
                self.keep(*session.numbered(one.document), one.head)
            except PortledgerError as error:
                if not isinstance(error, PASSING):
                    self._put(one.document, Entry(Shelf.new_name(), one.head, (), "", ""))
                    continue
                if isinstance(error, AWAY) and (not isinstance(error, DAMAGED) or session.is_away()):
                    raise
                self._leave(one)
                if (misses := misses + 1) == MISSES:
                    break
        return len(self.stale(known))

    def told(self, heads: Iterable[tuple[str, str]]) -> None:
        """(document, head) as they are now: a number that was read of an older head is not shown."""
        self._heads.update(heads)

    def learn(self, session: PartySession, records: Iterable[wire.DocumentJson]) -> None:
        """Reads documents for the number that a person knows them by: those that were not tried before first, and of
        them the newest. Begins none after LEARNING seconds. One without a number, for its keys may be on their way, is
        left alone for a while; all are, twenty times as long as a gateway took that did not give one."""
        begun = now = time.monotonic()
        all_of_them = list(records)
        self.told((one.document, one.head) for one in all_of_them)
        if now < self._silent_until:
            return
        for one in sorted(all_of_them, key=lambda one: (self._was_left(one), -one.updated_at)):
            now = time.monotonic()
            if now >= begun + LEARNING:
                return
            if self.number(one.document) or self._is_left(one, now):
                continue
            self._leave(one)
            try:
                opened, number = session.numbered(one.document)
            except UNDECIDED as error:
                took = 20 * (time.monotonic() - now)
                self._silent_until = now + (AGAIN if isinstance(error, AWAY) else min(AGAIN, took))
                return
            except PortledgerError:
                continue
            if opened.opened:
                self.keep(opened, number, one.head)

    def _was_left(self, record: wire.DocumentJson) -> bool:
        return self._left.get(record.document, ("",))[0] == record.head

    def _left_until(self, record: wire.DocumentJson) -> float:
        return self._left[record.document][1] if self._was_left(record) else 0.0

    def _is_left(self, record: wire.DocumentJson, now: float) -> bool:
        return now < self._left_until(record)

    def _leave(self, record: wire.DocumentJson) -> None:
        before = self._left[record.document][2] if self._was_left(record) else AGAIN / 2
        pause = min(2 * before, LONGEST_PAUSE)
        self._left[record.document] = record.head, time.monotonic() + pause, pause

    def number(self, document: str) -> str:
        """What a person knows the document by; empty where this party cannot read it, or has not as it is now."""
        known = self.get(document)
        return known.number if known and self._heads.get(document, known.head) == known.head else ""

    def keep(self, opened: OpenedDocument, number: str, head: str) -> None:
        """Takes over contents that were opened, and what was read before of the same head and is not shown now."""
        values = opened.values()
        entry = Entry(Shelf.new_name(), head, tuple(_rows(values)), _text(values, DUE)[:LONGEST_DUE], number)
        before = self.get(opened.document)
        if before and before.head == head:
            more = before if len(before.rows) > len(entry.rows) else entry
            entry = replace(more, name=before.name, number=number or before.number)
        if entry != before:
            self._put(opened.document, entry)
        self._heads[opened.document] = head

    def _put(self, document: str, entry: Entry) -> None:
        """In memory, and on the disk for the next time: a disk that is full hides no document."""
        before = self.get(document)
        entry = replace(entry, name=before.name) if before else entry
        self._entries[document] = entry
        with suppress(PortledgerError):
            self._shelf.put(entry.name, {
                "document": document, "head": entry.head, "rows": [list(row) for row in entry.rows], "due": entry.due,
                "proven": entry.number,
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
            left -= len(text) + 1


def _kept(shelf: Shelf) -> Iterator[tuple[str, Entry]]:
    """What opens; a damaged file is left, and its document read anew."""
    for name, value in shelf.all().items():
        try:
            rows = tuple((str(path), str(text)) for path, text in value["rows"])
            more = str(value["due"]), str(value.get("proven", ""))
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
            left = index.catch_up(session, records)
            typed = given.get("query", "")[:MAX_QUERY]
            words = plain(typed).split()
            return pages.show(
                "found.html",
                query=typed,
                lines=list(_found(session, pages, index, records, words)) if words else [],
                left=left,
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
