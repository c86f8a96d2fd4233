"""The routes of signing many acts that wait for other officers: chosen in the inbox, shown on one page, signed once.

Each is opened and checked as on its own page; what no page can show whole, or what nobody here may sign, is left out
with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.responses import RedirectResponse, Response

from portledger.desk import cosigned, running, signing, waiting
from portledger.desk.cosigned import Cosigned, Row
from portledger.desk.outcomes import DONE
from portledger.desk.pages import Pages
from portledger.desk.plain import fits
from portledger.desk.requests import FORM, party
from portledger.desk.selecting import chosen, refused, wrong
from portledger.desk.state import Desk, Summary
from portledger.domain.codes import ZERO
from portledger.domain.errors import PortledgerError
from portledger.domain.refusals import NotFound
from portledger.sdk import attaching
from portledger.sdk.collecting import Collected
from portledger.sdk.errors import AWAY
from portledger.sdk.party import PartySession

COLLECTING: Final = "collecting"
"""The inbox's list of what waits, where its boxes are ticked."""
_SHOWN: Final = "cosigned/"
"""What the summary is kept under: no document's id, and no part of an address."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A chosen act that is not signed. note: key of the reason in words."""

    digest: str
    note: str


@dataclass(frozen=True, slots=True)
class _Looked:
    """An act, as the summary shows it. signers: the accounts that sign it, 20 bytes each."""

    found: Collected
    signers: list[bytes]
    values: dict[str, Any] = field(repr=False)

    @property
    def moves(self) -> bool:
        """Whether nothing else that waits on this document can follow it: all but notes."""
        act = self.found.act
        return not act.kind.rows[act.before.state, act.action.verb].note

    @property
    def read(self) -> list[Any]:
        return waiting.read(self.found)


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /as/NAME/waiting and /as/NAME/cosigned."""

    @app.get("/as/{name}/waiting")
    def choose(name: str) -> Response:
        """Where acts are chosen: for whoever comes back here without any, after a lock for one."""
        with desk.lock:
            party(desk, name)
            return RedirectResponse(f"/as/{quote(name)}/#{COLLECTING}", 303)

    @app.post("/as/{name}/waiting")
    def show(name: str, given: FORM) -> Response:
        picked = chosen(given)
        if (note := wrong(picked, "cosigned.none")) is not None:
            return refused(desk, name, note)
        found: list[_Looked] = []
        left_out: list[LeftOut] = []
        for digest in picked:  # takes a while: others go on meanwhile
            with desk.lock:
                session, pages = party(desk, name)
                one = _looked(session, pages, digest)
            if isinstance(one, LeftOut):
                left_out.append(one)
            elif one.values["document"] in [other.values["document"] for other in found if other.moves]:
                left_out.append(LeftOut(digest, "cosigned.twice"))
            elif not fits([*(other.read for other in found), one.read]):
                left_out.append(LeftOut(digest, "cosigned.too_long"))
            else:
                found.append(one)
        with desk.lock:
            session, pages = party(desk, name)
            return _summary(desk, session, pages, found, left_out)

    @app.post("/as/{name}/waiting/sign")
    def sign(name: str, given: FORM) -> Response:
        return running.signed(desk, name, given, _SHOWN, cosigned.SORT, "cosigned", cosigned.work)

    @app.get("/as/{name}/cosigned/{job}")
    def progress(name: str, job: str, fetched: str = "") -> Response:
        with desk.lock:
            session, pages = party(desk, name, used=not fetched)
            return _progress(desk, session, pages, job)

    running.add(app, desk, "cosigned", cosigned.SORT, cosigned.work)


def lines(desk: Desk, session: PartySession, pages: Pages) -> list[dict[str, Any]]:
    """The runs that are kept, for the inbox."""
    kept = desk.shelf(session, cosigned.SORT).all()
    runs = [(name, cosigned.from_json(told)) for name, told in kept.items()]
    return [running.listed(desk, f"cosigned/{name}", pages.w("cosigned.title"), one) for name, one in runs]


def _looked(session: PartySession, pages: Pages, digest: str) -> _Looked | LeftOut:
    """An act, opened and checked now."""
    try:
        found = session.collected(digest)
    except PortledgerError as error:
        if isinstance(error, AWAY) and session.is_away():
            raise
        if session.is_sent(digest):
            return LeftOut(digest, "cosigned.done")
        return LeftOut(digest, "waiting.gone" if isinstance(error, NotFound) else waiting.note(error))
    signers = signing.may_add(session, found.act, found.signatures)[: found.missing]
    if found.missing and not signers:
        return LeftOut(digest, "cosigned.nobody")
    if not fits(waiting.read(found)):
        return LeftOut(digest, "cosigned.too_long")
    values = {
        **waiting.values(session, pages, found),
        "issuer": pages.party(found.act.before.issuer or session.party),
        "lacks": found.missing - len(signers),
        "signers": [signing.account(pages, found.act, one) for one in signers],
        "signed": [account for account, _ in waiting.signers(session, found)],
        "typed": signing.typed(pages, found.act),
    }
    return _Looked(found, signers, values)


def _row(one: _Looked) -> Row:
    act = one.found.act
    return Row(
        one.values["document"], act.action.kind, [account.hex() for account in one.signers],
        bool(attaching.of_act(act)), act.action.previous == ZERO, digest=one.found.digest,
    )  # fmt: skip


def _summary(
    desk: Desk, session: PartySession, pages: Pages, found: list[_Looked], left_out: list[LeftOut]
) -> Response:
    """Every act with what signing it does. With none left nothing can be signed."""
    run = Cosigned(rows=[_row(one) for one in found])
    accounts = dict.fromkeys(account for one in found for account in one.values["signers"])
    return pages.show(
        "several_summary.html", 200 if found else 409,
        to="waiting", heading=pages.w("cosigned.many", count=str(len(found))), how=pages.w("cosigned.how"),
        count=len(found), documents=[one.values for one in found],
        left_out=[{"at": f"waiting/{one.digest}", "id": one.digest, "note": one.note, "code": ""} for one in left_out],
        accounts=list(accounts), waits=sum(bool(one.values["lacks"]) for one in found),
        summary=desk.shown(Summary(session, _SHOWN, "", {"run": run})) if found else "",
    )  # fmt: skip


def _progress(desk: Desk, session: PartySession, pages: Pages, job: str) -> Response:
    """How far it is, and the result of every act."""
    runs = desk.jobs.runs(job)  # before what it kept is read
    kept = cosigned.from_json(desk.shelf(session, cosigned.SORT).get(job))
    lines = [
        {
            **running.line(pages, number, session.kind(row.kind), row.document, row),
            "document": "" if row.new and row.state != DONE else row.document,
        }
        for number, row in enumerate(kept.rows, 1)
    ]
    return running.shown(
        pages, runs,
        place=f"cosigned/{job}", back=("", "document.back"), title=pages.w("cosigned.title"),
        heads=("several.number", "inbox.document"), lines=lines, **running.of(pages, kept),
    )  # fmt: skip
