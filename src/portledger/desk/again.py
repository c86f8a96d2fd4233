"""The page of forms that came while the desk was locked: what was typed is there again, and sent by one click.

Only forms that keep or show what was typed are sent again. Whatever signs, sends, changes or deletes something is not:
a person would see an address, and not what it does. Its page is shown instead, where it can be done anew.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from portledger.desk import drafts
from portledger.desk.held import Form
from portledger.desk.pages import Pages, minute
from portledger.desk.plain import visible
from portledger.desk.requests import FORM, SENT, Upload, party
from portledger.desk.state import Desk
from portledger.sdk.errors import NotKept
from portledger.sdk.party import PartySession

_TYPED: Final = re.compile(
    r"/as/[^/]+/(new|import|many|waiting|search|statement|audit/holdings|documents/[^/]+/[A-Z_]+|compare/[^/]+|"
    r"drafts/[^/]+(/files|/prefill)?|jobs/[^/]+|out/[^/]+/disclose)"
)
"""Addresses of the forms that are sent again; all others lead to their page."""
_DRAFT: Final = re.compile(r"/as/[^/]+/drafts/([0-9a-f]{32})")
"""Address of a form that writes a draft."""
_NAMES: Final = {
    "new": "write.title", "import": "job.import", "many": "several.runs", "search": "search.title",
    "statement": "stated.title", "audit": "audit.title", "documents": "inbox.document", "compare": "compare.title",
    "drafts": "write.drafts", "jobs": "job.title", "out": "out.title", "waiting": "waiting.title",
    "changes": "change.title", "files": "files.title", "officers": "officers.title", "cosigned": "cosigned.title",
}  # fmt: skip
"""First step of a form's address below the party's -> the page's name, a key of words."""
_SIGNS: Final = ("/sign", "/present")
"""Ends of the addresses of forms that sign what another form was filled in for."""


def add(app: FastAPI, desk: Desk) -> None:
    """The page under /as/NAME/again."""

    @app.get("/as/{name}/again")
    def look(name: str) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            return _page(desk, session, pages)

    @app.post("/as/{name}/again")
    def again(name: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            token = given.get("form", "")
            form = desk.held.forms(name, session.wallet.encryption).get(token)
            sends = form is not None and given.get("do") != "forget" and sent_again(form.path)
            saved = _saved_since(desk, session, form) if form and sends else 0
            if saved and given.get("saved") != str(saved):  # what would be replaced is said first
                return _page(desk, session, pages, 409)
            taken = desk.held.take(token) if form else None  # now: a second click finds it no more
            if form is None or taken is None:
                gone = {"note": "again.gone", "found": ""}
                return pages.show("error.html", 410, problem=gone, back=f"/as/{quote(name)}/")
            if sends:
                return _Sent(app, form, lambda: desk.held.put_back(taken))
            if given.get("do") == "forget":
                return _on(desk, name)
            return RedirectResponse(_place(app, desk, name, form.path), 303)


def sent_again(path: str) -> bool:
    """Whether a form only keeps or shows what was typed into it. path: where it is sent to."""
    return _TYPED.fullmatch(path) is not None


class _Sent(Response):
    """The answer to a form that is sent once more, as if its page had sent it now.

    put_back: called unless it is a page, or the form with its mistakes: after a gateway that did not answer, or another
    lock, the form is there again.
    """

    def __init__(self, app: FastAPI, form: Form, put_back: Callable[[], None]) -> None:
        super().__init__()
        self._app, self._form, self._put_back = app, form, put_back

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        form = self._form
        sent = form.given if form.data is None else Upload(form.given, form.data, form.name)
        scope["path"] = form.path  # of the page that answers, for those who keep it

        answered = False

        async def seen(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                if not _has_taken(message["status"], Headers(scope=message)):
                    self._put_back()
            await send(message)

        try:
            await self._app.router({**scope, "raw_path": quote(form.path).encode(), SENT: sent}, receive, seen)
        finally:
            if not answered:
                self._put_back()


def _has_taken(status: int, headers: Headers) -> bool:
    """Whether a page took the form: with 422 it shows what was typed with its mistakes."""
    return (status < 400 or status == 422) and headers.get("location") != "/unlock"


def keep(desk: Desk, request: Request) -> None:
    """Keeps a form whose party is locked; of one that is not sent again only where it came from."""
    sent = getattr(request.state, "sent", None)
    steps = request.scope["path"].split("/")
    kept = SENT in request.scope or steps[3:] == ["again"]  # by the time it is asked to be sent again
    if sent is None or steps[1] != "as" or kept:
        return
    whole = sent if isinstance(sent, Upload) else Upload(sent, b"")
    if whole.oversize:
        return
    path = request.scope["path"]
    form = Form(path, {}, came=int(time.time()))
    if sent_again(path):
        given = {one: text for one, text in whole.given.items() if one != "token"}
        form = Form(path, given, whole.data if isinstance(sent, Upload) else None, whole.name, form.came)
    desk.hold(steps[2], form)


def _place(app: FastAPI, desk: Desk, name: str, path: str) -> str:
    """The page that a form belongs to: the nearest one above its address. Of a form that signs, the one that was filled
    in for it, where the summary is made anew."""
    above = path.rpartition("/")[0]
    if path.endswith(_SIGNS) and (typed := desk.last_typed(above + "/")):
        return quote(typed)
    while above.count("/") > 2 and not _is_page(app, above):
        above = above.rpartition("/")[0]
    return quote(above) if above.count("/") > 2 else f"/as/{quote(name)}/"


def _is_page(app: FastAPI, path: str) -> bool:
    asked = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(one.matches(asked)[0] == Match.FULL for one in app.router.routes)


def _on(desk: Desk, name: str) -> Response:
    """To what is left, or to the inbox."""
    return RedirectResponse(f"/as/{quote(name)}/{'again' if desk.held.has(name) else ''}", 303)


def _page(desk: Desk, session: PartySession, pages: Pages, status: int = 200) -> Response:
    found = desk.held.forms(pages.name, session.wallet.encryption)
    if not found:
        return RedirectResponse(f"/as/{quote(pages.name)}/", 303)
    lines = [_line(pages, token, form, _saved_since(desk, session, form)) for token, form in found.items()]
    return pages.show("again.html", status, forms=lines)


def _saved_since(desk: Desk, session: PartySession, form: Form) -> int:
    """When the draft that a form writes was saved, unix seconds, if that was after the form came; else 0."""
    found = _DRAFT.fullmatch(form.path)
    try:
        changed = drafts.from_json(desk.shelf(session, drafts.SORT).get(found[1])).changed if found else 0
    except NotKept:
        return 0
    return changed if changed > form.came else 0


def _line(pages: Pages, token: str, form: Form, saved: int) -> dict[str, Any]:
    """saved: as of `_saved_since`."""
    said = {name: text for name, text in form.given.items() if text}
    return {
        "form": token, "sent": sent_again(form.path), "path": visible(form.path), "file": form.name,
        "page": _NAMES.get(form.path.split("/")[3], "error.page"),
        "fields": pages.fields(said) if said else [], "saved": saved, "when": minute(saved),
    }  # fmt: skip
