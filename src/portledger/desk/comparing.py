"""The page that shows two versions of a document beside each other."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from portledger.desk.pages import Pages, minute
from portledger.desk.plain import MAX_FIELDS, visible
from portledger.desk.requests import FORM, document_id, party
from portledger.desk.state import Desk
from portledger.domain.kind_file import KindFile
from portledger.formats import labels
from portledger.formats.comparing import Change, Dataset, Found, Sort, counted
from portledger.sdk import comparing
from portledger.sdk.party import PartySession

_SAID: Final = {
    Found.SAME: "compare.same",
    Found.SAME_UNSEEN: "compare.same_unseen",
    Found.RESEALED_UNSEEN: "compare.resealed_unseen",
    Found.ONLY_BEFORE: "compare.only_before",
    Found.ONLY_AFTER: "compare.only_after",
}
_SORTS: Final = {
    Sort.CHANGED: "compare.changed",
    Sort.ADDED: "compare.added",
    Sort.REMOVED: "compare.removed",
    Sort.MOVED: "compare.moved",
}


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /as/NAME/compare/DOCUMENT."""

    @app.get("/as/{name}/compare/{document}")
    def newest(name: str, document: str) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            return _page(session, pages, document_id(document))

    @app.get("/as/{name}/compare/{document}/{before}/{after}")
    def two(name: str, document: str, before: int, after: int) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            return _page(session, pages, document_id(document), before, after)

    @app.post("/as/{name}/compare/{document}")
    def choose(name: str, document: str, given: FORM) -> Response:
        wanted = [given.get("before", ""), given.get("after", "")]
        if not all(one.isascii() and one.isdigit() for one in wanted):
            raise HTTPException(404)
        return RedirectResponse("/".join([f"/as/{quote(name)}/compare/{document_id(document)}", *wanted]), 303)


def _page(
    session: PartySession, pages: Pages, document: str, before: int | None = None, after: int | None = None
) -> Response:
    """before, after: versions; by default the newest two. Of a document with one version there is nothing to show."""
    written = comparing.versions(session.proven(document))
    kind = session.kind(session.client.document(document).kind)
    shown: dict[str, Any] = {"before": 1, "after": 1, "datasets": []}
    if len(written) > 1:
        found = comparing.compare(session, document, before, after)
        shown = {
            "before": found.before,
            "after": found.after,
            "datasets": [_dataset(pages, found, one) for one in found.datasets],
        }
    return pages.show(
        "compare.html",
        document=document,
        kind=kind.title[pages.language],
        versions=[(one.number, _version(pages, kind, one)) for one in written],
        **shown,
    )


def _version(pages: Pages, kind: KindFile, one: comparing.Version) -> str:
    verb = kind.verb(kind.verb_name(one.verb)).title[pages.language]
    return f"{one.number} · {verb} · {pages.party(one.actor)} · {minute(one.time)}"


def _dataset(pages: Pages, found: comparing.Comparison, one: Dataset) -> dict[str, Any]:
    readable = [change for change in one.changes if not _of_a_key(change)]
    rows = [_change(pages, found.kind, change) for change in readable[:MAX_FIELDS]]
    left = len(readable) - len(rows)
    names = {"before": str(found.before), "after": str(found.after)}
    titles = {dataset.name: dataset.title[pages.language] for dataset in found.kind.datasets}
    return {
        "title": titles.get(one.name, visible(one.name)),
        "said": pages.w(_SAID[one.found], **names) if one.found in _SAID else "",
        "quiet": one.found in (Found.SAME, Found.SAME_UNSEEN),
        "changes": rows,
        "left": pages.w("value.fields_cut", count=str(left)) if left else "",
    }


def _of_a_key(change: Change) -> bool:
    """Whether it is what opens an attached file: keys are no reading matter."""
    return change.path[:1] == ("files",) and change.path[2:3] == ("sealed",)


def _change(pages: Pages, kind: KindFile, one: Change) -> dict[str, str]:
    return {
        "sort": one.sort.value,
        "said": pages.w(_SORTS[one.sort]),
        "field": visible(" / ".join(labels.titles(kind, counted(one.path), pages.language))),
        "old": pages.value(one.old) if one.sort in (Sort.CHANGED, Sort.REMOVED) else "",
        "new": pages.value(one.new) if one.sort in (Sort.CHANGED, Sort.ADDED) else "",
    }
