"""The routes of acting on several documents: chosen in the inbox, shown on one page, signed once, a result for each.

Only acts that ask nothing of the person come here: what they do is decided by the record and the kind's row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from portledger.desk import acting, running, several, signing
from portledger.desk.effects import effects
from portledger.desk.inbox import verbs_of
from portledger.desk.pages import Pages
from portledger.desk.plain import fits
from portledger.desk.requests import FORM, party, proven
from portledger.desk.several import Several
from portledger.desk.state import Desk, Summary
from portledger.domain.codes import Effect
from portledger.domain.errors import PortledgerError, StalePrevious
from portledger.domain.kind_file import KindFile
from portledger.domain.records import Control
from portledger.sdk import acts
from portledger.sdk.errors import AWAY
from portledger.sdk.party import PartySession
from portledger.sdk.signing import Unsigned

PICK: Final = "pick."
"""Before a document's id: the name of its box in the inbox."""
_PICKED: Final = re.compile(re.escape(PICK) + "([0-9a-f]{64})")
_SHOWN: Final = "several/"
"""What the summary is kept under: no document's id, and no part of an address."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A chosen document that is not signed for. note: key of the reason in words, or empty; code: of an error."""

    document: str
    note: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Looked:
    """A document with its act, as the summary shows it. signers: the accounts that sign it, 20 bytes each; read: the
    contents that were inspected, by dataset."""

    act: Unsigned
    signers: list[bytes]
    read: dict[str, Any] = field(repr=False)
    values: dict[str, Any] = field(repr=False)


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /as/NAME/many."""

    @app.get("/as/{name}/many")
    def choose(name: str) -> Response:
        """Where documents are chosen: for whoever comes back here without any, after a lock for one."""
        with desk.lock:
            party(desk, name)
            return RedirectResponse(f"/as/{quote(name)}/", 303)

    @app.post("/as/{name}/many")
    def show(name: str, given: FORM) -> Response:
        picked, verb = chosen(given), given.get("act", "")
        if (note := wrong(picked, "several.none")) is not None:
            return refused(desk, name, note)
        found: list[_Looked] = []
        left_out: list[LeftOut] = []
        for document in picked:  # takes a while: others go on meanwhile
            with desk.lock:
                session, pages = party(desk, name)
                one = _looked(session, pages, document, verb)
            if isinstance(one, LeftOut):
                left_out.append(one)
            elif not fits([*(it.read for it in found), one.read]):
                left_out.append(LeftOut(document, "several.too_long"))
            else:
                found.append(one)
        with desk.lock:
            session, pages = party(desk, name)
            return _summary(desk, session, pages, verb, found, left_out)

    @app.post("/as/{name}/many/sign")
    def sign(name: str, given: FORM) -> Response:
        return running.signed(desk, name, given, _SHOWN, several.SORT, "many", several.work)

    @app.get("/as/{name}/many/{job}")
    def progress(name: str, job: str, fetched: str = "") -> Response:
        with desk.lock:
            session, pages = party(desk, name, used=not fetched)
            return _progress(desk, session, pages, job)

    running.add(app, desk, "many", several.SORT, several.work)


def chosen(given: Mapping[str, str]) -> list[str]:
    """The documents, or acts that wait (64 hex), whose boxes were ticked, in the order of the page."""
    return [found[1] for name in given if (found := _PICKED.fullmatch(name))]


def wrong(picked: Sequence[str], none: str) -> str | None:
    """The key of why nothing is shown of what was chosen, or None. none: where nothing was."""
    if not picked:
        return none
    return "several.too_many" if len(picked) > several.MOST else None


def refused(desk: Desk, name: str, note: str) -> Response:
    """The page that says what is wrong with a choice. note: key of words."""
    with desk.lock:
        _, pages = party(desk, name)
        return pages.show("error.html", 422, problem={"note": note, "found": ""}, back=f"/as/{quote(name)}/")


def lines(desk: Desk, session: PartySession, pages: Pages) -> list[dict[str, Any]]:
    """The runs that are kept, for the inbox."""
    kept = desk.shelf(session, several.SORT).all()
    runs = [(name, several.from_json(told)) for name, told in kept.items()]
    return [running.listed(desk, f"many/{name}", _title(session, pages, one), one) for name, one in runs]


def _title(session: PartySession, pages: Pages, one: Several) -> str:
    """The act's title, in each kind that it is of."""
    acts_of = [row.act() for row in one.rows]
    kinds = {it.kind: session.kind(it.kind) for it in acts_of}
    return " / ".join(dict.fromkeys(kind.verb(one.verb).title[pages.language] for kind in kinds.values()))


def _looked(session: PartySession, pages: Pages, document: str, verb: str) -> _Looked | LeftOut:
    """A document by its verified history, inspected where the act takes possession, with the act for its head."""
    try:
        kind, control, head = proven(session, document)
        numbers = verbs_of(kind, control, session.party, session.me().roles)
        possible = {kind.verb_name(one): one for one in acting.together(kind, control, numbers, session.party)}
        if verb not in possible:
            return LeftOut(document, "several.not_here")
        return _act(session, pages, document, kind, control, head, possible[verb])
    except HTTPException:
        return LeftOut(document, "several.not_here")
    except PortledgerError as error:
        if isinstance(error, AWAY) and session.is_away():
            raise
        return LeftOut(document, code=error.code)


def _act(
    session: PartySession, pages: Pages, document: str, kind: KindFile, control: Control, head: bytes, number: int
) -> _Looked | LeftOut:
    rule, verb = kind.rows[control.state, number], kind.verb_name(number)
    terms = acts.terms(rule, control)
    inspection = session.inspect(document) if rule.effects & Effect.TAKE else None
    act = session.unsigned(
        document, verb, counterparty=terms.counterparty, endorsee=terms.endorsee, previous=head, inspected=inspection
    )
    if (act.before, act.action.previous) != (control, head):  # between two looks, or the gateway says otherwise
        raise StalePrevious(document=act.action.document, given=act.action.previous, head=head)
    signers = signing.may_add(session, act, [])[: act.needed]
    if not signers:
        return LeftOut(document, "several.nobody")
    read = dict(inspection.values) if inspection else {}
    if not fits(read):
        return LeftOut(document, "several.too_long")
    checks: list[str] = []
    if inspection:
        open_now = set(inspection.values)
        checks = [pages.w("sign.history"), pages.w("sign.content"), pages.w("sign.head")]
        checks += [one.title[pages.language] for one in kind.checks if set(one.needs) <= open_now]
    values = {
        "document": document,
        "kind": kind.title[pages.language],
        "issuer": pages.party(control.issuer),
        "intent": act.intent,
        "sentences": [pages.sentence(kind, one) for one in effects(kind, control, rule, terms, session.party)],
        "checks": checks,
        "contents": pages.contents(kind, read, whole=True),
        "lacks": session.lacks(act),
        "signed": [],
        "detail": [],
        "files": [],
        "signers": [signing.account(pages, act, one) for one in signers],
        "typed": signing.typed(pages, act),
    }
    return _Looked(act, signers, read, values)


def _summary(
    desk: Desk, session: PartySession, pages: Pages, verb: str, found: list[_Looked], left_out: list[LeftOut]
) -> Response:
    """Every document with what signing does to it. With none left nothing can be signed."""
    run = Several(verb=verb, rows=[several.row_of(one.act, one.signers) for one in found])
    accounts = dict.fromkeys(account for one in found for account in one.values["signers"])
    return pages.show(
        "several_summary.html", 200 if found else 409,
        to="many", heading=pages.w("several.many", count=str(len(found)), act=_title(session, pages, run)),
        how=pages.w("several.how"), count=len(found), documents=[one.values for one in found],
        left_out=[
            {"at": f"documents/{one.document}", "id": one.document, "note": one.note, "code": one.code}
            for one in left_out
        ],
        accounts=list(accounts), waits=sum(bool(one.values["lacks"]) for one in found),
        summary=desk.shown(Summary(session, _SHOWN, verb, {"run": run})) if found else "",
    )  # fmt: skip


def _progress(desk: Desk, session: PartySession, pages: Pages, job: str) -> Response:
    """How far it is, and the result of every document."""
    runs = desk.jobs.runs(job)  # before what it kept is read
    kept = several.from_json(desk.shelf(session, several.SORT).get(job))
    lines = [
        running.line(pages, number, session.kind(row.act().kind), row.document, row)
        for number, row in enumerate(kept.rows, 1)
    ]
    return running.shown(
        pages, runs,
        place=f"many/{job}", back=("", "document.back"), title=_title(session, pages, kept),
        heads=("several.number", "inbox.document"), lines=lines, **running.of(pages, kept),
    )  # fmt: skip
