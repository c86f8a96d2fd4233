"""Who the others are, and what is being changed of one's own party: address book, open changes, vetoes."""

from __future__ import annotations

import re
import time
from typing import Any, Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from portledger import resources
from portledger.desk.arriving import corporate_number_fits, lei_fits
from portledger.desk.pages import Pages, minute, problem
from portledger.desk.plain import visible
from portledger.desk.requests import FORM, party
from portledger.desk.state import Desk
from portledger.domain.codes import PartyAct, Source
from portledger.domain.errors import PortledgerError
from portledger.domain.refusals import NotFound
from portledger.formats import api_json as wire
from portledger.sdk import fingerprints, trust
from portledger.sdk.party import PartySession

_CHANGE: Final = re.compile(r"[0-9a-f]{64}")
BY: Final = {
    Source.PARTY: "change.by_party",
    Source.REGISTRAR: "change.by_registrar",
    Source.GOVERNOR: "change.by_governor",
}


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /as/NAME/parties and /as/NAME/changes."""

    @app.get("/as/{name}/parties")
    def book(name: str) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            rows = [
                {"party": one.party, "who": pages.party(one.party), "roles": role_titles(pages, one.role_names),
                 "state": standing(pages, one)}
                for one in session.client.parties()
            ]  # fmt: skip
            return pages.show("parties.html", rows=rows)

    @app.get("/as/{name}/parties/{number}")
    def one_party(name: str, number: int) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            return _party(session, pages, number)

    @app.get("/as/{name}/changes/{change}")
    def look(name: str, change: str) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            wanted = own_change(session, change)
            added = wanted.what == PartyAct.ADD_ACCOUNT and _account(wanted) not in session.wallet.keys.addresses()
            return pages.show("change.html", one=change_row(pages, wanted), by_officer=added)

    @app.post("/as/{name}/changes/{change}/veto")
    def veto(name: str, change: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            session.veto(own_change(session, change).change_id)
            return RedirectResponse(f"/as/{name}/parties/{session.party}", 303)

    @app.post("/as/{name}/changes/{change}/enact")
    def enact(name: str, change: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            wanted = own_change(session, change)
            key, scope = None, 0
            if wanted.what == PartyAct.ADD_ACCOUNT:
                key, scope = session.wallet.keys.account(_account(wanted)), int(wanted.value, 16) >> 160
            session.enact(change, consent_by=key, scope=scope)
            return RedirectResponse(f"/as/{name}/parties/{session.party}", 303)


def own_change(session: PartySession, change: str) -> wire.ChangeJson:
    """An open change of this party. Raises 404."""
    if _CHANGE.fullmatch(change):
        for one in session.me().open_changes:
            if one.change_id == change:
                return one
    raise HTTPException(404)


def _account(change: wire.ChangeJson) -> bytes:
    """The account that a change adds or removes, 20 bytes."""
    return (int(change.value, 16) & (1 << 160) - 1).to_bytes(20, "big")


def _party(session: PartySession, pages: Pages, number: int) -> Response:
    found = session.client.party(number)
    told: dict[str, Any] = {}
    refused: PortledgerError | None = None
    try:
        told = trust.profile(session.client, session.domain, number, session.known, session.node)
    except NotFound:
        pass  # it has shown none
    except PortledgerError as error:
        refused = error
    log = session.client.party_log(number)
    spoken = fingerprints.spoken(fingerprints.party_digest(log[0]), pages.language) if log else "–"
    return pages.show(
        "party.html",
        who=pages.party(number),
        rows=[*profile_rows(pages, told), ("party.state", standing(pages, found))],
        spoken=spoken,
        problem=problem(refused) if refused else None,
        accounts=[one.account for one in found.accounts if not one.removed_at],
        own=number == session.party,
        open_changes=[change_row(pages, one) for one in found.open_changes],
    )


# --- in words --------------------------------------------------------------------------------------------------------


def profile_rows(pages: Pages, told: dict[str, Any]) -> list[tuple[str, str]]:
    """(label, value) of a profile; check digits of what others wrote are remarks, not errors."""
    address = told.get("address")
    place = " · ".join(str(one) for one in address.values()) if isinstance(address, dict) else ""
    lei, number, country = (str(told.get(key) or "") for key in ("lei", "registrationNumber", "country"))
    roles, prefixes = (value if isinstance(value := told.get(key), list) else [] for key in ("roles", "numberPrefixes"))
    checked = number and country == "JP"
    return [
        ("new.organisation", visible(str(told.get("name") or "–"))),
        ("new.country", visible(country) or "–"),
        ("new.address", visible(place) or "–"),
        ("new.lei", _checked(pages, lei, lei_fits(lei)) if lei else "–"),
        ("new.number", _checked(pages, number, corporate_number_fits(number)) if checked else visible(number) or "–"),
        ("new.prefixes", visible(", ".join(str(one) for one in prefixes)) or "–"),
        ("new.roles", role_titles(pages, [str(one) for one in roles])),
    ]


def _checked(pages: Pages, text: str, fits: bool) -> str:
    return f"{visible(text)} – {pages.w('party.digits_fit' if fits else 'party.digits_wrong')}"


def role_titles(pages: Pages, names: list[str]) -> str:
    known = resources.roles()
    return " · ".join(known[one].title[pages.language] if one in known else visible(one) for one in names) or "–"


def standing(pages: Pages, found: wire.PartySummary | wire.PartyJson) -> str:
    """Active, locked, or suspended until when; the end of a suspension that is over stays on the ledger."""
    if found.locked:
        return pages.w("party.locked")
    if found.suspended_until > time.time():
        return pages.w("party.suspended", until=minute(found.suspended_until))
    return pages.w("party.active")


def change_row(pages: Pages, one: wire.ChangeJson) -> dict[str, Any]:
    """An open change in words. vetoable: by an account of the party; ready: anybody may bring it about now."""
    return {
        "id": one.change_id,
        "what": change_text(pages, one.what, int(one.value, 16)),
        "by": pages.w(BY[Source(one.source)]),
        "proposed": minute(one.proposed_at),
        "ready_at": minute(one.ready_at),
        "vetoable": one.source != Source.GOVERNOR,
        "ready": one.ready_at <= time.time(),
    }


def change_text(pages: Pages, what: int, value: int) -> str:
    """What a change does. value: its 32 bytes as a number."""
    account = wire.address_text((value & (1 << 160) - 1).to_bytes(20, "big"))
    if what == PartyAct.ADD_ACCOUNT:
        return pages.w("change.add_account", value=account)
    if what == PartyAct.REMOVE_ACCOUNT:
        return pages.w("change.remove_account", value=account)
    if what == PartyAct.SET_THRESHOLD:
        return pages.w("change.set_threshold", value=str(value))
    if what == PartyAct.SET_ROLES:
        names = [role.name for role in resources.roles().values() if value >> role.bit & 1]
        return pages.w("change.set_roles", value=role_titles(pages, names))
    if what == PartyAct.SET_PROFILE:
        return pages.w("change.set_profile", value=f"{value:064x}")
    return pages.w("change.unlock" if what == PartyAct.UNLOCK else "change.other", value=PartyAct(what).name)
