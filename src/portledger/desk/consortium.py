"""The registrar's pages: who asks to be admitted, the parties, proposals with their delays, suspensions."""

from __future__ import annotations

import time
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from portledger import resources
from portledger.desk.members import change_row, change_text, profile_rows, role_titles, standing
from portledger.desk.pages import Pages, minute
from portledger.desk.plain import cut, visible
from portledger.desk.powers import DELAYS, MAX_DAYS, Order, Powers
from portledger.desk.requests import FORM
from portledger.desk.state import Desk
from portledger.domain.codes import DAY, PartyAct
from portledger.formats import api_json as wire
from portledger.sdk.registration import role_mask

_ROLE: Final = "role."
_MARGIN: Final = 60
"""Seconds less than the most that the ledger takes: its clock is a block's."""


class PowersLocked(Exception):
    """Nobody used the desk for a while."""


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /consortium; none of them exists at a desk without the powers."""

    @app.exception_handler(PowersLocked)
    def locked(request: Request, _: PowersLocked) -> Response:
        typed = getattr(request.state, "sent", {}).get("reason", "")
        said = {"note": "consortium.locked", "found": ""}
        return Pages(desk).show("error.html", 403, problem=said, typed=cut(typed)[0], back="/")

    @app.get("/consortium")
    def overview() -> Response:
        with desk.lock:
            powers, pages = _powers(desk)
            asked = [
                {"id": one, "party": request.party, "who": visible(str(request.profile.get("name") or "–"))}
                for one, request in powers.waiting()
            ]
            rows = [
                {"party": one.party, "who": visible(str(told.get("name") or "–")), "state": standing(pages, one),
                 "roles": role_titles(pages, one.role_names), "open": len(one.open_changes)}
                for one, told in powers.parties()
            ]  # fmt: skip
            return pages.show("consortium.html", asked=asked, rows=rows)

    _requests(app, desk)
    _members(app, desk)


def _powers(desk: Desk) -> tuple[Powers, Pages]:
    """Raises 404 at a desk without powers, PowersLocked after idle time."""
    if desk.powers is None:
        raise HTTPException(404)
    desk.lock_if_idle()
    if desk.powers_locked:
        raise PowersLocked
    desk.touch()
    return desk.powers, Pages(desk)


# --- requests --------------------------------------------------------------------------------------------------------


def _requests(app: FastAPI, desk: Desk) -> None:
    @app.get("/consortium/requests/{request}")
    def look(request: str) -> Response:
        with desk.lock:
            powers, pages = _powers(desk)
            return _request(pages, request, _waiting(powers, request))

    @app.post("/consortium/requests/{request}/admit")
    def admit(request: str, given: FORM) -> Response:
        with desk.lock:
            powers, _ = _powers(desk)
            _waiting(powers, request)
            status = powers.admit(request)
            return RedirectResponse(f"/consortium/parties/{status.party}", 303)

    @app.post("/consortium/requests/{request}/refuse")
    def refuse(request: str, given: FORM) -> Response:
        with desk.lock:
            powers, pages = _powers(desk)
            asked = _waiting(powers, request)
            if not given.get("reason"):
                return _request(pages, request, asked, 422)
            powers.refuse(request, given["reason"])
            return RedirectResponse("/consortium", 303)


def _waiting(powers: Powers, request: str) -> wire.RegistrationRequest:
    """Raises 404."""
    for one, asked in powers.waiting():
        if one == request:
            return asked
    raise HTTPException(404)


def _request(pages: Pages, request: str, asked: wire.RegistrationRequest, status: int = 200) -> Response:
    registration = asked.registration
    names = [role.name for role in resources.roles().values() if registration.roles >> role.bit & 1]
    return pages.show(
        "admission.html", status,
        request=request,
        party=asked.party,
        rows=[
            *[row for row in profile_rows(pages, asked.profile) if row[0] != "new.roles"],
            ("consortium.roles_asked", role_titles(pages, names)),
            ("consortium.threshold", str(registration.threshold)),
        ],
        accounts=registration.accounts,
        few=len(registration.accounts) < 3,
        wrong="act.missing" if status != 200 else "",
    )  # fmt: skip


# --- parties ---------------------------------------------------------------------------------------------------------


def _members(app: FastAPI, desk: Desk) -> None:
    @app.get("/consortium/parties/{number}")
    def member(number: int, done: str = "") -> Response:
        with desk.lock:
            powers, pages = _powers(desk)
            return _member(powers, pages, number, {}, done="1" if done == "1" else "")

    @app.post("/consortium/parties/{number}/do")
    def carry(number: int, given: FORM) -> Response:
        with desk.lock:
            powers, pages = _powers(desk)
            order = desk.take_order(given.get("summary", ""), number)
            if order is None:
                back = f"/consortium/parties/{number}"
                return pages.show("error.html", 409, problem={"note": "sign.gone", "found": ""}, back=back)
            order.carry(powers)
            return RedirectResponse(f"/consortium/parties/{number}?done=1", 303)

    @app.post("/consortium/parties/{number}/{call}")
    def show(number: int, call: str, given: FORM) -> Response:
        with desk.lock:
            powers, pages = _powers(desk)
            _known(powers, number)
            order, wrong = _order(call, number, given)
            if order is None:
                return _member(powers, pages, number, wrong)
            return pages.show(
                "order.html",
                party=number,
                member=_name(powers, pages, number),
                sentences=_effects(pages, order),
                summary=desk.shown_order(order),
            )


def _known(powers: Powers, number: int) -> tuple[wire.PartyJson, dict[str, Any]]:
    """Raises 404."""
    for one, told in powers.parties():
        if one.party == number:
            return one, told
    raise HTTPException(404)


def _name(powers: Powers, pages: Pages, number: int) -> str:
    """By name and number, as everywhere. Raises 404."""
    _, told = _known(powers, number)
    name = str(told.get("name") or "")
    return f"{visible(name)} ({number})" if name else f"{pages.w('party.unnamed')} {number}"


def _member(powers: Powers, pages: Pages, number: int, wrong: dict[str, str], done: str = "") -> Response:
    one, told = _known(powers, number)
    roles = [
        (_ROLE + role.name, role.title[pages.language], bool(one.roles >> role.bit & 1))
        for role in resources.roles().values()
    ]
    return pages.show(
        "member.html", 422 if wrong else 200,
        party=number,
        member=_name(powers, pages, number),
        rows=[*profile_rows(pages, told), ("party.state", standing(pages, one))],
        roles=roles,
        suspended=one.suspended_until > time.time(),
        open_changes=[change_row(pages, change) for change in one.open_changes],
        wrong=wrong,
        done=done,
        most=MAX_DAYS,
    )  # fmt: skip


def _order(call: str, number: int, given: dict[str, str]) -> tuple[Order | None, dict[str, str]]:
    """(the act, field -> what is wrong). Raises 404 for a call that there is not."""
    if call == "reinstate":
        return Order("reinstate", number), {}
    if call == "suspend":
        days = given.get("days", "")
        if not (days.isascii() and days.isdigit() and 1 <= int(days[:4]) <= MAX_DAYS):
            return None, {"days": "consortium.days_wrong"}
        return Order("suspend", number, until=int(time.time()) + int(days) * DAY - _MARGIN), {}
    if call == "roles":
        names = [name for name in resources.roles() if given.get(_ROLE + name) == "1"]
        if not names:
            return None, {"roles": "new.role_missing"}
        return Order("propose", number, int(PartyAct.SET_ROLES), role_mask(names).to_bytes(32, "big")), {}
    if call == "threshold":
        wanted = given.get("threshold", "")
        if not (wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:3]) <= 15):
            return None, {"threshold": "new.accounts_wrong"}
        return Order("propose", number, int(PartyAct.SET_THRESHOLD), int(wanted).to_bytes(32, "big")), {}
    raise HTTPException(404)


def _effects(pages: Pages, order: Order) -> list[str]:
    if order.call == "suspend":
        return [pages.w("consortium.suspends", until=minute(order.until)), pages.w("consortium.keeps")]
    if order.call == "reinstate":
        return [pages.w("consortium.reinstates")]
    delay = DELAYS[PartyAct(order.what)]
    return [
        change_text(pages, order.what, int.from_bytes(order.value, "big")),
        pages.w("consortium.waits", days=str(delay // DAY), ready=minute(int(time.time()) + delay)),
        pages.w("consortium.vetoes"),
    ]
