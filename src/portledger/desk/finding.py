"""Search over what this party can read: an index of decrypted contents, sealed on the party's own disk.

One sealed file for each document, with a random name; the query comes in a form, never in an address. What is not
indexed yet, or changed since, is opened and indexed a few documents at a time, with every check of the SDK.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import FastAPI
from starlette.responses import Response

from portledger.desk.inbox import line
from portledger.desk.pages import Pages
from portledger.desk.plain import fields, visible
from portledger.desk.requests import FORM, party
from portledger.desk.state import Desk
from portledger.domain.errors import PortledgerError
from portledger.domain.kind_file import KindFile
from portledger.formats import api_json as wire
from portledger.formats import labels
from portledger.sdk.content_rules import number_item
from portledger.sdk.errors import AWAY, GatewayUnreachable
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
"""Seconds that an inbox takes at most for documents that were never read."""
AGAIN: Final = 60.0
"""Seconds after which a document that did not open is tried again for an inbox."""
LONGEST_NUMBER: Final = 60
DUE: Final = "validUntil"
"""The item of the shipped kinds that says until when something must be done with a document: header.validUntil."""


def plain(text: str) -> str:
    """As it is compared: full width and half width, capitals and small letters are the same (NFKC, case folded)."""
    return unicodedata.normalize("NFKC", text).casefold()


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a document. head: as of which it was read; rows: (path, text); due: a date, or empty; number:
    its own, as its contents say, or empty."""

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
        self._tried: dict[str, float] = {}

    def get(self, document: str) -> Entry | None:
        return self._entries.get(document)

    def stale(self, records: Iterable[wire.DocumentJson]) -> list[wire.DocumentJson]:
        """Those that were not read as they are now."""
        return [one for one in records if (known := self.get(one.document)) is None or known.head != one.head]

    def read(self, session: PartySession, record: wire.DocumentJson) -> None:
        """Opens a document and keeps what it says; one that does not open is kept as empty until it changes.

        Raises GatewayUnreachable.
        """
        try:
            values = session.open(record.document).values()
        except GatewayUnreachable:
            raise
        except PortledgerError:
            values = {}
        self.keep(record.document, record.head, values, session.kind(record.kind))

    def learn(self, session: PartySession, records: Iterable[wire.DocumentJson]) -> None:
        """Reads documents that were never read, for the number that a person knows them by, the newest first; begins
        none after LEARNING seconds. One that does not open yet, for its keys may be on their way, is left for AGAIN
        seconds."""
        end = time.monotonic() + LEARNING
        for one in sorted(records, key=lambda one: -one.updated_at):
            now = time.monotonic()
            if now >= end:
                return
            if self.get(one.document) or now < self._tried.get(one.document, 0.0):
                continue
            self._tried[one.document] = now + AGAIN
            try:
                values = session.open(one.document).values()
            except AWAY:
                return
            except PortledgerError:
                continue
            if "header" in values:
                self.keep(one.document, one.head, values, session.kind(one.kind))

    def number(self, document: str) -> str:
        """What a person knows the document by, visible; empty where this party cannot read it, or has not yet."""
        known = self.get(document)
        return visible(known.number[:LONGEST_NUMBER]) if known else ""

    def seen(self, document: str, head: str, values: Mapping[str, Any], kind: KindFile) -> None:
        """Contents that a page shows anyhow; what was read before of this head stays as it is."""
        known = self.get(document)
        if known is None or known.head != head:
            self.keep(document, head, values, kind)

    def keep(self, document: str, head: str, values: Mapping[str, Any], kind: KindFile) -> None:
        """Takes over contents that were opened."""
        before = self.get(document)
        name = before.name if before else Shelf.new_name()
        rows = tuple(_rows(values))
        entry = Entry(name, head, rows, _text(values, DUE), _text(values, number_item(kind)))
        self._shelf.put(entry.name, {
            "document": document, "head": head, "rows": [list(row) for row in rows], "due": entry.due,
            "number": entry.number,
        })  # fmt: skip
        self._entries[document] = entry


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
            stale = index.stale(records)
            for one in stale[:AT_ONCE]:
                index.read(session, one)
            typed = given.get("query", "")[:MAX_QUERY]
            words = plain(typed).split()
            return pages.show(
                "found.html",
                query=typed,
                lines=list(_found(session, pages, index, records, words)) if words else [],
                left=max(0, len(stale) - AT_ONCE),
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
