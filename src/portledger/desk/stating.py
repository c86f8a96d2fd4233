"""A party's own statement of holdings: on a page, printable, as CSV, JSON and PDF."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import FastAPI
from starlette.responses import Response

from portledger.desk.pages import Pages, minute, problem
from portledger.desk.paper import Paper, Part, Section, pdf
from portledger.desk.requests import FORM, party
from portledger.desk.state import Desk
from portledger.domain.errors import InvalidInput
from portledger.formats.tables import written
from portledger.sdk.statement import Held, Statement, day_of, end_of, statement

RELATIONS: Final = {
    "possesses": "stated.possesses", "title": "stated.title_to", "secured": "stated.secured", "issued": "stated.issued",
}  # fmt: skip
COLUMNS: Final = (
    "inbox.document", "document.id", "inbox.state", "stated.you", "document.issuer", "document.possessor",
    "document.endorsee", "stated.since", "stated.head", "audit.on",
)  # fmt: skip


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /as/NAME/statement."""

    @app.get("/as/{name}/statement")
    def ask(name: str) -> Response:
        with desk.lock:
            _, pages = party(desk, name)
            return _page(pages, {"day": datetime.now(UTC).strftime("%Y-%m-%d")})

    @app.post("/as/{name}/statement")
    def show(name: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            try:
                day = day_of(given.get("day", ""), datetime.now(UTC).date())
            except InvalidInput:
                return _page(pages, given, wrong="stated.day_wrong")
        found = statement(session, end_of(day), desk.lock)  # may take a while: others go on between two documents
        with desk.lock:
            session, pages = party(desk, name)
            form = given.get("form", "")
            if form == "csv":
                return _file(_csv(pages, found), f"holdings-{day}.csv", "text/csv; charset=utf-8")
            if form == "json":
                return _file(_json(found), f"holdings-{day}.json", "application/json")
            if form == "pdf":
                paper = _paper(pages, found, day.isoformat())
                return _file(pdf(paper, _json(found), session.now()), f"holdings-{day}.pdf", "application/pdf")
            return _page(pages, {"day": day.isoformat()}, found)


def _file(data: bytes, name: str, media: str) -> Response:
    """A download. name: holds a day that was read as one."""
    return Response(data, media_type=media, headers={"content-disposition": f'attachment; filename="{name}"'})


def _json(found: Statement) -> bytes:
    return json.dumps(found.to_dict(), indent=2, ensure_ascii=False).encode() + b"\n"


def _page(pages: Pages, given: dict[str, str], found: Statement | None = None, wrong: str = "") -> Response:
    return pages.show(
        "statement.html", 422 if wrong else 200,
        given=given,
        wrong=wrong,
        found=found is not None,
        me=pages.party(found.party) if found else "",
        as_of=_as_of(pages, found, given.get("day", "")) if found else "",
        rows=[_row(pages, one) for one in found.held] if found else [],
        proves=_proves(pages),
        proves_not=_proves_not(pages, found) if found else [],
        unproven=[(document, problem(why)) for document, why in found.unproven] if found else [],
    )  # fmt: skip


def _as_of(pages: Pages, found: Statement, day: str) -> str:
    return pages.w("stated.as_of", day=day, count=str(len(found.held)))


def _proves(pages: Pages) -> list[str]:
    return [pages.w("stated.proves_each")]


def _proves_not(pages: Pages, found: Statement) -> list[str]:
    sort, _, address = found.source.partition(" ")
    source = f"{pages.w('stated.node' if sort == 'node' else 'stated.gateway')} {address}"
    return [pages.w("stated.not_all", source=source), pages.w("stated.not_others")]


def _row(pages: Pages, one: Held) -> dict[str, Any]:
    frozen = f" · {pages.w('document.freeze')}" if one.frozen else ""
    return {
        "document": one.document,
        "kind": one.kind.title[pages.language],
        "state": one.kind.states[one.state].title[pages.language] + frozen,
        "you": " · ".join(pages.w(RELATIONS[relation]) for relation in one.relations),
        "issuer": pages.party(one.control.issuer),
        "possessor": pages.party(one.control.possessor),
        "endorsee": pages.party(one.control.endorsee),
        "since": minute(one.time),
        "head": one.head,
        "at": pages.w("stated.at", block=str(one.block), read=str(one.read_at)),
    }


_ORDER: Final = ("kind", "document", "state", "you", "issuer", "possessor", "endorsee", "since", "head", "at")
"""Keys of a row in the order of COLUMNS."""


def _csv(pages: Pages, found: Statement) -> bytes:
    rows = (_row(pages, one) for one in found.held)
    return written([pages.w(key) for key in COLUMNS], ([row[key] for key in _ORDER] for row in rows))


def _paper(pages: Pages, found: Statement, day: str) -> Paper:
    """The statement as JSON is inside; each document's own evidence file is what the verify page takes."""
    rows = [_row(pages, one) for one in found.held]
    labels = dict(zip(_ORDER, (pages.w(key) for key in COLUMNS), strict=True))
    parts = [
        Part(f"{row['kind']} · {row['you']}", [(labels[key], row[key]) for key in _ORDER if key not in ("kind", "you")])
        for row in rows
    ]
    return Paper(
        title=f"{pages.w('stated.title')} · {pages.party(found.party)}",
        language=pages.language,
        id=f"{found.ledger} · {day}",
        notes=[_as_of(pages, found, day), *_proves(pages)],
        sections=[
            Section(pages.w("stated.proves_not"), [("", one) for one in _proves_not(pages, found)], []),
            Section(pages.w("search.found"), [], parts),
        ],
        file=f"holdings-{day}.json",
        attached=pages.w("stated.title"),
        link=pages.desk.verify_page,
    )
