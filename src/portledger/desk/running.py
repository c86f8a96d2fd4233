"""Runs that go on in the background, begun, continued and given up by a person: imports, and acts on several documents.

What is kept of one is its thread's while it runs: it is read and written here only when none does.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

from portledger.desk.jobs import SENT, Work
from portledger.desk.pages import Pages
from portledger.desk.state import Desk
from portledger.sdk.party import PartySession

REFRESH: Final = "2"
"""Seconds after which the page of a run is asked for again, by a header: no script."""


def begin(desk: Desk, session: PartySession, sort: str, name: str, work: Work, kept: dict[str, Any]) -> None:
    """Begins a new run. sort: of shelf; kept: what is kept of it, as JSON. Under the desk's lock."""
    shelf = desk.shelf(session, sort)
    shelf.put(name, {**kept, "note": "", "changed": session.now()})
    desk.jobs.start(name, desk.for_a_job(session), shelf, work)


def go_on(desk: Desk, session: PartySession, sort: str, name: str, work: Work) -> None:
    """Continues a run that stopped; one that runs goes on as it does. Under the desk's lock. Raises NotKept."""
    if not desk.jobs.runs(name):  # before what it kept is read, or that would be older than what it kept last
        begin(desk, session, sort, name, work, desk.shelf(session, sort).get(name))


def give_up(desk: Desk, session: PartySession, sort: str, name: str) -> bool:
    """Forgets a run, and what of it was not sent yet. False while it runs, and while something of it may be on the
    ledger without its result being known: that is for `go_on` to find out. Under the desk's lock. Raises NotKept."""
    if desk.jobs.runs(name):
        return False
    shelf = desk.shelf(session, sort)
    if name in shelf.names() and any(row["state"] == SENT for row in shelf.get(name)["rows"]):
        return False
    shelf.delete(name)
    return True


def not_given_up(pages: Pages, place: str) -> Response:
    """place: the run's page, below the party's."""
    problem = {"note": "job.not_given_up", "found": ""}
    return pages.show("error.html", 409, problem=problem, back=f"/as/{quote(pages.name)}/{quote(place)}")


def shown(pages: Pages, running: bool, **values: Any) -> Response:
    """The page of a run's progress, with the result of every row; asks for itself again while it goes on."""
    page = pages.show("job_progress.html", running=running, **values)
    if running:
        page.headers["Refresh"] = REFRESH
    return page
