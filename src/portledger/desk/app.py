"""The desk's routes. Nothing is signed but through `sign`, which takes only what a summary page has shown."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import quote, unquote, urlsplit

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Match

from portledger.desk import (
    acting,
    again,
    arriving,
    attached,
    auditing,
    calls,
    comparing,
    consortium,
    cosigning,
    files,
    finding,
    giving,
    importing,
    live,
    members,
    officers,
    selecting,
    several,
    signing,
    stating,
    waiting,
    writing,
)
from portledger.desk.effects import effects
from portledger.desk.inbox import Line, by_turn, line, verbs_of
from portledger.desk.kept import Page
from portledger.desk.pages import FOLDER, Pages, minute, problem
from portledger.desk.plain import fits
from portledger.desk.requests import FORM, Elsewhere, party, proven
from portledger.desk.safety import LISTENING, START, Safety
from portledger.desk.state import Desk, Summary
from portledger.desk.words import LANGUAGES
from portledger.domain.codes import Effect, Role
from portledger.domain.errors import PortledgerError
from portledger.domain.kind_file import PROGRESS, KindFile
from portledger.domain.records import Control
from portledger.formats import api_json as wire
from portledger.sdk import acts
from portledger.sdk.party import PartySession
from portledger.sdk.timeline import timeline

COOKIE: Final = "portledger_desk"
FREE: Final = (START, "/static/desk.css", "/static/wallet.js")
"""What is served to a browser that has no session."""
SHOWN: Final = "/shown/"
"""Where the pages are that answered a form."""
_READS: Final = frozenset({"GET", "HEAD"})


def build(desk: Desk, origin: str) -> Safety:
    """The application. origin: its own, http://127.0.0.1:PORT."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk
    cookie = f"{COOKIE}_{origin.rsplit(':', 1)[-1]}"

    @app.middleware("http")
    async def only_our_browser(request: Request, following: Any) -> Any:
        if request.url.path not in FREE and not desk.knows(request.cookies.get(cookie, "")):
            return Pages(desk).show(
                "error.html", 403, known=False, problem={"note": "error.closed", "found": ""}, back=""
            )
        lockings = desk.lockings()
        answer = await following(request)
        return answer if request.method in _READS else await _with_address(desk, request, answer, lockings)

    @app.exception_handler(Elsewhere)
    def led(request: Request, _: Elsewhere) -> Response:
        again.keep(desk, request)
        return RedirectResponse("/unlock", 303)

    @app.exception_handler(PortledgerError)
    def refused(request: Request, error: PortledgerError) -> Response:
        note = "error.maybe" if request.url.path.endswith("/sign") else ""
        place = next(
            (
                part
                for part in ("/documents/", "/drafts/", "/jobs/", "/import", "/waiting", "/many", "/cosigned/")
                if part in request.url.path
            ),
            "",
        )
        back = request.url.path.split(place)[0] + "/" if place else "/"
        return Pages(desk).show("error.html", 409, problem=problem(error, note), back=back)

    @app.exception_handler(HTTPException)
    async def none(request: Request, error: HTTPException) -> Response:
        note = "sign.gone" if error.status_code == 403 else "error.not_found"
        return Pages(desk).show("error.html", error.status_code, problem={"note": note, "found": ""}, back="/")

    @app.get(START)
    def start(ticket: str = "", language: str = "en") -> Response:
        if not desk.start(ticket):
            return Pages(desk).show(
                "error.html", 403, known=False, problem={"note": "error.closed", "found": ""}, back=""
            )
        desk.language = language if language in LANGUAGES else "en"
        answer = RedirectResponse("/", 303)
        answer.set_cookie(cookie, desk.cookie, httponly=True, samesite="strict")
        return answer

    @app.get(SHOWN + "{token}")
    def shown(token: str) -> Response:
        page = desk.kept_page(token)
        if page is None:
            gone = {"note": "error.page_gone", "found": ""}
            return Pages(desk).show("error.html", 410, problem=gone, back="/")
        return HTMLResponse(page.body, page.status, page.headers)

    @app.get("/static/desk.css")
    def style() -> Response:
        return FileResponse(FOLDER / "static" / "desk.css", media_type="text/css")

    @app.get("/static/wallet.js")
    def script() -> Response:
        return FileResponse(FOLDER / "static" / "wallet.js", media_type="text/javascript")

    @app.post("/language")
    def language(given: FORM, request: Request) -> Response:
        desk.language = LANGUAGES[1 - LANGUAGES.index(desk.language)]
        return RedirectResponse(_same_page(app, desk, request, origin), 303)

    _keys(app, desk)
    arriving.add(app, desk)
    _reading(app, desk)
    members.add(app, desk)
    officers.add(app, desk)
    consortium.add(app, desk)
    auditing.add(app, desk)
    finding.add(app, desk)
    live.add(app, desk)
    giving.add(app, desk)
    comparing.add(app, desk)
    files.add(app, desk)
    stating.add(app, desk)
    _signing(app, desk)
    waiting.add(app, desk)
    writing.add(app, desk)
    attached.add(app, desk)
    importing.add(app, desk)
    again.add(app, desk)
    selecting.add(app, desk)
    cosigning.add(app, desk)
    return Safety(app, origin)


async def _with_address(desk: Desk, request: Request, answer: Any, lockings: int) -> Response:
    """A page that answers a form, led to by an address of its own; every other answer as it is."""
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return cast(Response, answer)
    body = b"".join([part async for part in answer.body_iterator])
    page = Page(request.scope["path"], answer.status_code, body, answer.headers.get("content-security-policy", ""))
    token = desk.keep_page(page, lockings)
    return RedirectResponse(f"{SHOWN}{token}", 303) if token else HTMLResponse(page.body, page.status, page.headers)


def _same_page(app: FastAPI, desk: Desk, request: Request, origin: str) -> str:
    """The page that a form of every page was sent from, or the nearest one above that can be read; of a page that
    answered a form, where that form is. Never an address that is not the desk's."""
    sent_from = urlsplit(request.headers.get("referer", ""))
    if f"{sent_from.scheme}://{sent_from.netloc}" != origin:
        return "/"
    path = unquote(sent_from.path)
    if path.startswith(SHOWN):
        page = desk.kept_page(path.removeprefix(SHOWN))
        path = page.path if page else "/"
    path = path.removesuffix("/sign")
    while path.strip("/"):
        for one in (path, path + "/"):
            if any(
                route.matches({"type": "http", "method": "GET", "path": one})[0] == Match.FULL for route in app.routes
            ):
                return "/" + quote(one.lstrip("/"))
        path = path.rpartition("/")[0]
    return "/"


def _keys(app: FastAPI, desk: Desk) -> None:
    @app.get("/")
    def home() -> Response:
        parties = desk.open_parties()
        return RedirectResponse(f"/as/{quote(parties[-1])}/" if parties else "/unlock", 303)

    @app.get("/unlock")
    def ask() -> Response:
        kept = desk.held.newest()
        return arriving.unlock_page(desk, chosen=kept, kept=kept)

    @app.post("/unlock")
    def unlock(given: FORM) -> Response:
        chosen = given.get("key", "")
        try:
            desk.unlock(chosen, given.get("passphrase", ""))
        except PortledgerError as error:
            return arriving.unlock_page(desk, 409, chosen=chosen, problem=problem(error))
        return RedirectResponse(f"/as/{quote(chosen)}/{'again' if desk.held.has(chosen) else ''}", 303)

    @app.post("/lock")
    def lock(given: FORM) -> Response:
        desk.lock_up()
        desk.held.clear()
        return RedirectResponse("/unlock", 303)


def _reading(app: FastAPI, desk: Desk) -> None:
    @app.get("/as/{name}/")
    def inbox(name: str, request: Request) -> Response:
        with desk.lock:
            session, pages = party(desk, name, used=live.FETCHED not in request.headers)
            return _inbox(desk, session, pages)

    @app.get("/as/{name}/select/{turn}")
    def select(name: str, turn: str, request: Request) -> Response:
        """The inbox, every box of one list ticked."""
        if turn not in (*PROGRESS, cosigning.COLLECTING):
            raise HTTPException(404)
        with desk.lock:
            session, pages = party(desk, name, used=live.FETCHED not in request.headers)
            return _inbox(desk, session, pages, ticked=turn)

    @app.get("/as/{name}/documents/{document}")
    def one_document(name: str, document: str, request: Request, done: str = "") -> Response:
        with desk.lock:
            session, pages = party(desk, name, used=live.FETCHED not in request.headers)
            return _document(desk, session, pages, document, done="1" if done == "1" else "")


def _inbox(desk: Desk, session: PartySession, pages: Pages, ticked: str = "") -> Response:
    """ticked: the list whose boxes are ticked, as far as that many can be shown together."""
    heard = live.heard(desk, session)
    roles = session.me().roles
    records = {one.document: one for one in session.client.documents()}
    lines = [
        line(one.document, session.kind(one.kind), wire.control_of(one), one.updated_at, session.party, roles)
        for one in records.values()
    ]
    index = finding.of(desk, session)
    index.learn(session, records.values())
    turns, offered = {}, {}
    for turn, found in by_turn(lines).items():
        titles: dict[str, list[str]] = {}
        shown, left = [], several.MOST
        for one in found:
            together = acting.together(one.kind, one.control, one.verbs, session.party)
            for verb in together:
                titles.setdefault(one.kind.verb_name(verb), []).append(pages.link(one.kind, one.control, verb))
            picked = turn == ticked and bool(together) and left > 0
            left -= picked
            due = _due(pages, index, one, records[one.document])
            shown.append({**pages.line(one), "due": due, "pick": bool(together), "picked": picked})
        turns[turn] = shown
        offered[turn] = [(verb, " / ".join(dict.fromkeys(told)), len(told)) for verb, told in titles.items()]
    return pages.show(
        "inbox.html",
        headers=LISTENING,
        heard=heard,
        turns=turns,
        offered=offered,
        ticked=ticked,
        most=str(several.MOST),
        runs=selecting.lines(desk, session, pages) + cosigning.lines(desk, session, pages),
        collecting=waiting.lines(session, pages, {one.document: one.head for one in records.values()}),
        me=pages.party(session.party),
        number=session.party,
        auditor=bool(roles & Role.AUDITOR),
    )


def _due(pages: Pages, index: finding.Index, one: Line, record: wire.DocumentJson) -> str:
    """By when: the day that the document names, and the end of a freeze that stops it."""
    if one.control.frozen and record.frozen_until > time.time():
        return pages.w("inbox.frozen", until=minute(record.frozen_until))
    return finding.due_text(index, record, one.kind.final(one.control.state)) or "–"


def _document(desk: Desk, session: PartySession, pages: Pages, document: str, **more: Any) -> Response:
    heard = live.heard(desk, session)
    kind, control, head = proven(session, document)
    verbs = verbs_of(kind, control, session.party, session.me().roles)
    here = [verb for verb in verbs if acting.on_a_page(kind, control, verb, session.party)]
    values: dict[str, Any] = {"contents": [], "closed": [], "files": False}
    titles = {one.name: one.title[pages.language] for one in kind.datasets}
    try:
        index = finding.of(desk, session)
        index.told([(document, head.hex())])
        opened, number = session.numbered(document)
        index.keep(opened, number, head.hex())
        values = {
            "files": any(isinstance(one, dict) and one.get("files") for one in opened.values().values()),
            "contents": pages.contents(kind, opened.values()),
            "closed": [titles.get(one, one) for one in opened.closed],
        }
    except PortledgerError as error:
        values["problem"] = problem(error, "document.unopened")
    return pages.show(
        "document.html",
        headers=LISTENING,
        heard=heard,
        document=document,
        kind=kind.title[pages.language],
        like=bool(verbs_of(kind, Control(), session.party, session.me().roles)),
        state=kind.states[kind.state_name(control.state)].title[pages.language],
        links=[{"verb": kind.verb_name(verb), "title": pages.link(kind, control, verb)} for verb in here],
        versions=control.version,
        elsewhere=[kind.verb(kind.verb_name(verb)).title[pages.language] for verb in verbs if verb not in here],
        calls=[
            (kind.verb(kind.verb_name(one.verb)).title[pages.language], one)
            for one in calls.every(
                kind,
                control,
                verbs,
                session.party,
                document,
                _where(desk, pages.name),
                [verb for verb in verbs if signing.waits(session, kind.rows[control.state, verb])],
            )
        ],
        sending=calls.sending(_where(desk, pages.name)),
        record=pages.record(document, control),
        timeline=[pages.happened(kind, one) for one in timeline(session, document)],
        **{"done": "", **values, **more},
    )


def _where(desk: Desk, name: str) -> calls.Where:
    return calls.Where(name, str(desk.key_path(name)), str(desk.keys.parent), desk.gateway)


def _signing(app: FastAPI, desk: Desk) -> None:
    def asked(session: PartySession, document: str, verb: str) -> tuple[KindFile, Control, bytes, int]:
        """The act, if this party may do it now on a page. Raises 404."""
        kind, control, head = proven(session, document)
        for number in verbs_of(kind, control, session.party, session.me().roles):
            if kind.verb_name(number) == verb and acting.on_a_page(kind, control, number, session.party):
                return kind, control, head, number
        raise HTTPException(404)

    @app.get("/as/{name}/documents/{document}/{verb}")
    def ask(name: str, document: str, verb: str) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            kind, control, head, number = asked(session, document, verb)
            wanted = acting.questions(kind, control, number, session.party)
            if not wanted:
                return _summary(desk, session, pages, document, number, kind, control, head, {})
            typed = desk.typed_at(_typed_at(name, document, verb))
            return _form(session, pages, document, number, kind, control, typed, {})

    @app.post("/as/{name}/documents/{document}/sign")
    def sign(name: str, document: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            shown = desk.take(given.get("summary", ""), session, document)
            if shown is None:
                back = f"/as/{name}/"
                return pages.show("error.html", 409, problem={"note": "sign.gone", "found": ""}, back=back)
            done = signing.carried(desk, pages, shown, given.get("signature", ""))
            if isinstance(done, Response):
                return done
            desk.forget_typed(_typed_at(name, document))
            return waiting.led(name, done)

    @app.post("/as/{name}/documents/{document}/{verb}")
    def summarise(name: str, document: str, verb: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            desk.typed(_typed_at(name, document, verb), given)  # first: the gateway may not answer
            kind, control, head, number = asked(session, document, verb)
            wanted = acting.questions(kind, control, number, session.party)
            roles = {one.party: one.roles for one in session.client.parties() if one.party != session.party}
            if found := acting.wrong(wanted, given, roles | _self(session, wanted)):
                return _form(session, pages, document, number, kind, control, given, found)
            said = acting.arguments(wanted, given)
            return _summary(desk, session, pages, document, number, kind, control, head, said)


def _typed_at(name: str, document: str, verb: str = "") -> str:
    """Under what the answers to an act's questions are remembered; without a verb of every act on the document."""
    return f"/as/{name}/documents/{document}/{verb}"


def _self(session: PartySession, wanted: list[acting.Question]) -> dict[int, int]:
    """Oneself may be named as endorsee, not as counterparty: only where no counterparty is asked for."""
    return {} if any(one.name == "counterparty" for one in wanted) else {session.party: session.me().roles}


def _form(
    session: PartySession, pages: Pages, document: str, verb: int, kind: KindFile, control: Control,
    given: Mapping[str, str], wrong: Mapping[str, str],
) -> Response:  # fmt: skip
    """What the act needs, each mistake beside its field, and nothing typed is lost."""
    wanted = acting.questions(kind, control, verb, session.party)
    others = [one for one in session.client.parties() if one.party != session.party]
    shown = [
        {
            "name": one.name,
            "label": one.label,
            "sealed": one.what == "text",
            "needed": one.needed,
            "first": one.name == next(iter(wrong), None),
            "value": given.get(one.name, ""),
            "wrong": wrong.get(one.name, ""),
            "options": pages.options(one, others) if one.what == "party" else [],
        }
        for one in wanted
    ]
    title = kind.verb(kind.verb_name(verb)).title[pages.language]
    return pages.show(
        "act.html", 422 if wrong else 200,
        document=document, verb=kind.verb_name(verb), kind=kind.title[pages.language], title=title, fields=shown,
    )  # fmt: skip


def _summary(
    desk: Desk, session: PartySession, pages: Pages, document: str, verb: int, kind: KindFile, control: Control,
    head: bytes, said: Mapping[str, Any],
) -> Response:  # fmt: skip
    """The page before signing. The act that it shows is whole but for its signatures."""
    rule = kind.rows[control.state, verb]
    terms = acts.terms(rule, control, counterparty=said.get("counterparty"), endorsee=said.get("endorsee"))
    arguments: dict[str, Any] = {
        "counterparty": terms.counterparty, "endorsee": terms.endorsee, "detail": said.get("detail"), "previous": head,
    }  # fmt: skip
    checks: list[str] = []
    contents: list[dict[str, Any]] = []
    detail, whole = said.get("detail") or {}, fits(said.get("detail"))
    if rule.effects & Effect.TAKE:
        inspection = session.inspect(document)
        arguments["inspected"] = inspection
        checks = [pages.w("sign.history"), pages.w("sign.content"), pages.w("sign.head")]
        open_now = set(inspection.values)
        checks += [one.title[pages.language] for one in kind.checks if set(one.needs) <= open_now]
        whole = fits([detail, inspection.values])
        contents = pages.contents(kind, inspection.values, whole=whole)
    name = kind.verb_name(verb)
    act = session.unsigned(document, name, **arguments)
    values = {
        "document": document,
        "kind": kind.title[pages.language],
        "intent": act.intent,
        "sentences": [pages.sentence(kind, one) for one in effects(kind, control, rule, terms, session.party)],
        "detail": [(acting.LABELS[key], pages.value(text, whole=whole)) for key, text in detail.items()],
        "checks": checks,
        "contents": contents,
    }
    summary = Summary(session, document, name, act=act, template="summary.html", values=values, whole=whole)
    return signing.show(desk, pages, summary)
