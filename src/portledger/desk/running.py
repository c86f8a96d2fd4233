"""Runs that go on in the background, begun, continued and given up by a person: imports, and acts on several documents.

What is kept of one is its thread's while it runs: it is read and written here only when none does.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.responses import RedirectResponse, Response

from portledger.desk.jobs import Work
from portledger.desk.outcomes import DONE, FAILED, LEFT, SENT, WAITS, Outcome, Run
from portledger.desk.pages import Pages, minute
from portledger.desk.plain import cut
from portledger.desk.requests import FORM, party
from portledger.desk.state import Desk
from portledger.domain.kind_file import KindFile
from portledger.domain.refusals import NotFound
from portledger.sdk.bulk import fits
from portledger.sdk.party import PartySession

FREE: Final = 0.001
"""Seconds for which the desk's lock is let go by what takes it again and again: who asks for it at once gets it before
those who wait."""
REFRESH: Final = "2"
"""Seconds after which the page of a run is asked for again, by a header: no script. The address then ends with
?fetched=1: no person asks for it, and keys lock all the same."""

STATES: Final = {
    LEFT: "job.left", SENT: "job.sent", DONE: "job.done", FAILED: "job.failed", WAITS: "several.waits",
}  # fmt: skip
"""A row's state -> its name, a key of words."""


def add(app: FastAPI, desk: Desk, place: str, sort: str, work: Work) -> None:
    """The forms of a run's page, /as/NAME/PLACE/JOB, that continue it and give it up."""

    @app.post(f"/as/{{name}}/{place}/{{job}}/continue")
    def go_on_with(name: str, job: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            go_on(desk, session, sort, job, work)
            return RedirectResponse(f"/as/{quote(name)}/{place}/{job}", 303)

    @app.post(f"/as/{{name}}/{place}/{{job}}/delete")
    def delete(name: str, job: str, given: FORM) -> Response:
        return given_up(desk, name, sort, job, f"{place}/{job}", "")


def signed(desk: Desk, name: str, given: Mapping[str, str], shown: str, sort: str, place: str, work: Work) -> Response:
    """Begins the run that a summary shows, once, and leads to its page. shown: what the summary is kept under; place:
    of the run's page, below the party's."""
    with desk.lock:
        session, pages = party(desk, name)
        summary = desk.take(given.get("summary", ""), session, shown)
        if summary is None:
            back = f"/as/{quote(name)}/"
            return pages.show("error.html", 409, problem={"note": "sign.gone", "found": ""}, back=back)
        job = desk.shelf(session, sort).new_name()
        begin(desk, session, sort, job, work, summary.arguments["run"].to_json())
        return RedirectResponse(f"/as/{quote(name)}/{place}/{job}", 303)


def begin(desk: Desk, session: PartySession, sort: str, name: str, work: Work, kept: dict[str, Any]) -> None:
    """Begins a new run. sort: of shelf; kept: what is kept of it, as JSON. Under the desk's lock."""
    shelf = desk.shelf(session, sort)
    shelf.put(name, {**kept, "note": "", "changed": session.now()})
    desk.jobs.start(name, desk.for_a_job(session), shelf, work)


def go_on(desk: Desk, session: PartySession, sort: str, name: str, work: Work) -> None:
    """Continues a run that stopped; one that runs goes on as it does. Under the desk's lock. Raises NotKept."""
    if not desk.jobs.runs(name):  # before what it kept is read, or that would be older than what it kept last
        begin(desk, session, sort, name, work, desk.shelf(session, sort).get(name))


def given_up(desk: Desk, name: str, sort: str, job: str, place: str, back: str) -> Response:
    """Forgets a run, and what of it was not sent yet. Not while it runs, and not while something of it may be on the
    ledger without its result being known, unless the gateway says that it has no such act: that is for `go_on` to find
    out. The gateway is asked about each such row, and other pages go on between two of them.

    place, back: of the run's page and of the one that follows, below the party's. Raises NotKept.
    """
    with desk.lock:
        session, _ = party(desk, name)
        kept, gone = _kept(desk, session, sort, job), not desk.jobs.runs(job)
    left = [row for row in kept.get("rows", []) if row["state"] == SENT or (row["state"] == FAILED and row.get("keys"))]
    while gone and left:
        with desk.lock:
            session, _ = party(desk, name)
            gone = _is_gone(session, left.pop())
        time.sleep(FREE)
    with desk.lock:
        session, pages = party(desk, name)
        now = _kept(desk, session, sort, job)
        if now and (not gone or desk.jobs.runs(job) or now != kept):
            problem = {"note": "job.not_given_up", "found": ""}
            return pages.show("error.html", 409, problem=problem, back=f"/as/{quote(name)}/{quote(place)}")
        desk.shelf(session, sort).delete(job)
        return RedirectResponse(f"/as/{quote(name)}/{back}", 303)


def _kept(desk: Desk, session: PartySession, sort: str, job: str) -> dict[str, Any]:
    """What is kept of a run; nothing where it was given up before."""
    shelf = desk.shelf(session, sort)
    return dict(shelf.get(job)) if job in shelf.names() else {}


def _is_gone(session: PartySession, row: dict[str, Any]) -> bool:
    """Whether the gateway says that no act of a row is on the ledger or on its way, nor waits for another officer."""
    digests = _digests(row)
    refused = bool(digests) and all(map(session.is_refused, digests))
    return refused and not (row.get("keys") and _made_new(session, row))


def _digests(row: dict[str, Any]) -> list[str]:
    """Of all acts that were made of a row of any run."""
    return list(filter(None, row.get("digests", [row.get("digest", "")])))


def _made_new(session: PartySession, row: dict[str, Any]) -> bool:
    """Whether a document of an import stands with contents that were sealed for this row, or waits for another officer.
    One of that number with other contents is another's: nothing of the row is in it."""
    if session.exists(row["document"]):
        manifest = session.current(row["document"])[1]
        return any(fits(manifest, {name: bytes.fromhex(key) for name, key in one.items()}) for one in row["keys"])
    for digest in _digests(row):
        with suppress(NotFound):
            session.client.waiting_act(digest)
            return True
    return False


def listed(desk: Desk, place: str, title: str, run: Run[Any]) -> dict[str, Any]:
    """A run that is kept, as a line of the inbox. place: of its page, below the party's; it ends with its name."""
    return {
        "at": place, "title": title, "count": len(run.rows), "left": len(run.left()),
        "runs": desk.jobs.runs(place.rpartition("/")[2]), "changed": minute(run.changed),
    }  # fmt: skip


def line(pages: Pages, number: int, kind: KindFile, document: str, row: Outcome) -> dict[str, Any]:
    """A row's result. number: counted from 1; kind, document: what its act is on, named so and led to."""
    return {
        "line": number,
        "kind": kind.title[pages.language],
        "id": document,
        "document": document,
        "state": pages.w(STATES[row.state]),
        "waits": row.digest if row.state == WAITS else "",
        "code": row.code,
        "keyless": row.state == DONE and bool(row.code),
        "why": cut(row.why)[0],
    }


def of(pages: Pages, run: Run[Any]) -> dict[str, Any]:
    """How far a run of acts is, for its page."""
    left = run.left()
    counts = {state: str(run.count(state)) for state in (DONE, WAITS, FAILED)}
    return {
        "total": len(run.rows), "ended": len(run.rows) - len(left), "failed": run.count(FAILED),
        "result": pages.w("several.result", done=counts[DONE], waits=counts[WAITS], failed=counts[FAILED]),
        "left": bool(left), "sent": run.count(SENT), "note": cut(run.note)[0],
    }  # fmt: skip


def shown(pages: Pages, running: bool, *, place: str, doubtful: bool = False, **values: Any) -> Response:
    """The page of a run's progress, with the result of every row; asks for itself again while it goes on. place: as of
    `given_up`; doubtful: refused rows can be looked for once more."""
    page = pages.show("job_progress.html", running=running, place=place, doubtful=doubtful, **values)
    if running:
        page.headers["Refresh"] = f"{REFRESH}; url=/as/{quote(pages.name)}/{quote(place)}?fetched=1"
    return page
