"""The page of forms that came while the desk was locked: what was typed is there again, and sent by one click.

A form that signs is not sent again: its summary is gone, and what is signed is shown first. Its page leads to the place
where the summary is made anew, with what was typed for it.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from portledger.desk.held import Form
from portledger.desk.pages import Pages
from portledger.desk.plain import visible
from portledger.desk.requests import FORM, SENT, Upload, party
from portledger.desk.state import Desk
from portledger.sdk.party import PartySession

_SIGNS: Final = ("/sign", "/present")
"""Ends of the addresses of forms that sign."""


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
            if form is None:
                gone = {"note": "again.gone", "found": ""}
                return pages.show("error.html", 410, problem=gone, back=f"/as/{quote(name)}/")
            desk.held.drop(token)
            if given.get("do") == "forget":
                return _on(desk, name)
            return RedirectResponse(_place(desk, form.path), 303) if _signs(form) else _Sent(app, form)


class _Sent(Response):
    """The answer to a form that is sent once more, as if its page had sent it now."""

    def __init__(self, app: FastAPI, form: Form) -> None:
        super().__init__()
        self._app, self._form = app, form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        form = self._form
        sent = form.given if form.data is None else Upload(form.given, form.data, form.name)
        scope["path"] = form.path  # of the page that answers, for those who keep it
        await self._app.router({**scope, "raw_path": quote(form.path).encode(), SENT: sent}, receive, send)


def keep(desk: Desk, request: Request) -> None:
    """Keeps a form whose party is locked."""
    sent = getattr(request.state, "sent", None)
    steps = request.scope["path"].split("/")
    if sent is None or steps[1] != "as":
        return
    whole = sent if isinstance(sent, Upload) else Upload(sent, b"")
    if whole.oversize:
        return
    path = request.scope["path"]
    given = {} if path.endswith(_SIGNS) else {one: text for one, text in whole.given.items() if one != "token"}
    form = Form(path, given, whole.data if isinstance(sent, Upload) else None, whole.name)
    desk.hold(steps[2], form)


def _signs(form: Form) -> bool:
    return form.path.endswith(_SIGNS)


def _place(desk: Desk, path: str) -> str:
    """Where the summary of a form that signs is made anew: the act's own form as far as one was filled in."""
    above = path.rpartition("/")[0]
    return quote(desk.last_typed(above + "/") or above)


def _on(desk: Desk, name: str) -> Response:
    """To what is left, or to the inbox."""
    return RedirectResponse(f"/as/{quote(name)}/{'again' if desk.held.has(name) else ''}", 303)


def _page(desk: Desk, session: PartySession, pages: Pages) -> Response:
    found = desk.held.forms(pages.name, session.wallet.encryption)
    if not found:
        return RedirectResponse(f"/as/{quote(pages.name)}/", 303)
    return pages.show("again.html", forms=[_line(pages, token, form) for token, form in found.items()])


def _line(pages: Pages, token: str, form: Form) -> dict[str, Any]:
    said = {name: text for name, text in form.given.items() if text}
    return {
        "form": token, "signs": _signs(form), "path": visible(form.path), "file": form.name,
        "fields": pages.fields(said) if said else [],
    }  # fmt: skip
