"""The auditor's pages: the whole ledger replayed from a node, the powers used, and who held what on a day."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from portledger import resources
from portledger.desk import powers_said
from portledger.desk.pages import Pages, minute, problem
from portledger.desk.plain import visible
from portledger.desk.requests import FORM, party
from portledger.desk.state import Desk
from portledger.domain.codes import Role
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.sdk import audit
from portledger.sdk.ledger_node import LedgerNode
from portledger.sdk.party import PartySession

MAX_ROWS: Final = 1_000


@dataclass(slots=True)
class Running:
    """An audit under way, or done. share: 0 to 1; problem: of an audit that could not be made at all."""

    share: float = 0.0
    events: int = 0
    done: audit.Audited | None = None
    failure: PortledgerError | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self, share: float, events: int) -> None:
        self.share, self.events = share, events

    def run(self, node: str, ledger: bytes) -> None:
        try:
            with LedgerNode(node, ledger) as reader:
                source = audit.NodeSource(reader, reader.header())
                self.done = audit.audit(source, resources.kinds(), watch=self.watch)
        except PortledgerError as failure:
            self.failure = failure
        finally:
            self.ended.set()


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /as/NAME/audit; they exist for parties with the role auditor."""
    audits: dict[str, Running] = {}

    @app.get("/as/{name}/audit")
    def look(name: str) -> Response:
        with desk.lock:
            session, pages = _auditor(desk, name)
            return _page(session, pages, audits.get(name), {})

    @app.post("/as/{name}/audit")
    def begin(name: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = _auditor(desk, name)
            before = audits.get(name)
            if desk.node is None:
                raise InvalidInput("node", "none", "a node of the ledger's chain", "portledger config set node URL")
            if before is None or before.ended.is_set():
                audits[name] = made = Running()
                threading.Thread(target=made.run, args=(desk.node, session.domain.ledger), daemon=True).start()
            return RedirectResponse(f"/as/{name}/audit", 303)

    @app.post("/as/{name}/audit/holdings")
    def holdings(name: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = _auditor(desk, name)
            if desk.node is None:
                raise InvalidInput("node", "none", "a node of the ledger's chain", "portledger config set node URL")
            if wrong := _wrong(given):
                return _page(session, pages, audits.get(name), given, wrong)
            ledger = session.domain.ledger
        held = _held(desk.node, ledger, given)  # may take a while: others go on meanwhile
        with desk.lock:
            session, pages = _auditor(desk, name)
            return _page(
                session,
                pages,
                audits.get(name),
                given,
                rows=[_row(pages, one) for one in held[:MAX_ROWS]],
                all_rows=len(held),
            )


def _auditor(desk: Desk, name: str) -> tuple[PartySession, Pages]:
    """Raises 404 for a party that is no auditor."""
    session, pages = party(desk, name)
    if not session.me().roles & Role.AUDITOR:
        raise HTTPException(404)
    return session, pages


def _page(
    session: PartySession, pages: Pages, running: Running | None, given: dict[str, str],
    wrong: dict[str, str] | None = None, rows: list[dict[str, Any]] | None = None, all_rows: int = 0,
) -> Response:  # fmt: skip
    return pages.show(
        "audit.html", 422 if wrong else 200,
        node=pages.desk.node or "",
        running=running is not None and not running.ended.is_set(),
        share=f"{int(100 * running.share)}" if running else "",
        events=str(running.events) if running else "",
        report=_report(pages, running.done) if running and running.done else None,
        refused=_refused(running),
        given={"day": datetime.now(UTC).strftime("%Y-%m-%d"), **given},
        wrong=wrong or {},
        rows=rows,
        all_rows=all_rows,
    )  # fmt: skip


def _refused(running: Running | None) -> dict[str, str] | None:
    """What does not hold, or why nothing could be checked."""
    failure = running and (running.failure or (running.done and running.done.failure))
    return problem(failure) if failure else None


def _report(pages: Pages, done: audit.Audited) -> dict[str, Any]:
    """The report in words. Digests and accounts stand as they are: whoever compares, compares those."""
    found = done.report
    return {
        "holds": done.failure is None,
        "as_of": pages.w("audit.as_of", block=str(found.block), time=minute(found.time)),
        "head": found.head.hex(),
        "counts": [
            ("audit.parties", found.parties), ("audit.accounts", found.accounts), ("audit.acts", found.acts),
            ("audit.notes", found.notes), ("audit.freezes", found.freezes),
        ],
        "documents": [
            (*_titles(pages, kind, state), count)
            for (kind, state), count in found.documents.items()
        ],
        "holders": [
            (powers_said.power(power, pages.language), "0x" + account.hex()) for power, account in found.holders.items()
        ],
        "uses": [
            {
                "time": minute(one.time),
                "power": powers_said.power(one.power or "–", pages.language),
                "what": powers_said.done(one.what, pages.language),
                "on": _on(pages, one.on),
                "sender": "0x" + one.sender.hex(),
            }
            for one in found.uses[-MAX_ROWS:]
        ],
        "open": [
            {"party": pages.party(one.party), "what": powers_said.change(one.what, pages.language),
             "source": powers_said.power(one.source, pages.language), "ready": minute(one.ready_at)}
            for one in found.open_changes
        ],
        "suspended": [(pages.party(number), minute(until)) for number, until in found.suspended],
        "remarks": found.remarks,
    }  # fmt: skip


def _on(pages: Pages, text: str) -> str:
    """On whom or what a power was used: a party and a kind by name, all else as it stands."""
    sort, _, value = text.partition(" ")
    if sort == "party" and value.isdigit():
        return pages.party(int(value))
    kind = next((one for number, one in resources.kinds().items() if text == f"kind {number:#06x}"), None)
    if kind:
        return kind.title[pages.language]
    return visible(value if sort == "document" else text)


# --- who held what on a day ------------------------------------------------------------------------------------------


def _wrong(given: dict[str, str]) -> dict[str, str]:
    """Field -> key of what is wrong with it."""
    found = {}
    try:
        date.fromisoformat(given.get("day", ""))
    except ValueError:
        found["day"] = "audit.day_wrong"
    who = given.get("party", "")
    if who and not (who.isascii() and who.isdigit() and int(who[:11]) < 1 << 32):
        found["party"] = "act.unknown_party"
    return found


def _held(node: str, ledger: bytes, given: dict[str, str]) -> list[Any]:
    """Everything until the day's end (UTC) is checked as in an audit. Raises AuditFailed, NodeUnreachable."""
    end = datetime.combine(date.fromisoformat(given["day"]) + timedelta(days=1), datetime.min.time(), UTC)
    who = int(given["party"]) if given.get("party") else None
    with LedgerNode(node, ledger) as reader:
        source = audit.NodeSource(reader, reader.header())
        return audit.holdings_at(source, int(end.timestamp()) - 1, resources.kinds(), who)


def _row(pages: Pages, one: Any) -> dict[str, Any]:
    kind, state = _titles(pages, one.kind, one.state)
    return {
        "document": one.document.hex(),
        "kind": kind,
        "state": state,
        "issuer": pages.party(one.issuer),
        "possessor": pages.party(one.possessor),
        "endorsee": pages.party(one.endorsee),
        "frozen": one.frozen,
    }


def _titles(pages: Pages, kind: str, state: str) -> tuple[str, str]:
    """Kind and state as this release calls them; by the names on the ledger where it does not ship the kind."""
    for known in resources.kinds().values():
        if known.id == kind and state in known.states:
            return known.title[pages.language], known.states[state].title[pages.language]
    return kind, state
