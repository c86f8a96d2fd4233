"""The routes of acts that wait for other officers of the party (k of n): the summary anew, then a signature or an end.

What waits came through the gateway and is believed in nothing: each page shows what the SDK opened and checked just
now, and what is signed is the act of the digest that was shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from portledger.desk import files, signing
from portledger.desk.acting import LABELS
from portledger.desk.effects import effects
from portledger.desk.pages import Pages, minute
from portledger.desk.plain import fits
from portledger.desk.requests import FORM, document_id, party
from portledger.desk.state import Desk, Summary
from portledger.domain.codes import ZERO
from portledger.domain.errors import EpochPassed, Expired, NoRule, PortledgerError, StalePrevious
from portledger.domain.refusals import NotFound
from portledger.domain.vault_errors import VaultError
from portledger.domain.verification_errors import VerificationError
from portledger.formats.api_json import address_text
from portledger.sdk import attaching
from portledger.sdk.acts import Terms
from portledger.sdk.collecting import Collected, Waiting
from portledger.sdk.errors import UNDECIDED, KeyMissing, WaitingRefused
from portledger.sdk.party import PartySession
from portledger.sdk.session import Done
from portledger.sdk.signing import Unsigned

SPOILED: Final = (StalePrevious, NoRule, Expired, EpochPassed, WaitingRefused, VaultError, VerificationError)
"""What is wrong with an act that can only be withdrawn."""
_UNSAID: Final = ("salt", "schema")
"""Members of a detail that say nothing to a person."""


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /as/NAME/waiting/DIGEST."""

    @app.get("/as/{name}/waiting/{digest}")
    def look(name: str, digest: str) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            return _page(desk, session, pages, document_id(digest))

    @app.post("/as/{name}/waiting/{digest}/sign")
    def sign(name: str, digest: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            shown = desk.take(given.get("summary", ""), session, _place(document_id(digest)))
            if shown is None:
                return _gone(pages, digest)
            assert shown.act is not None, "a summary of an act"
            if not shown.whole:
                return signing.show(desk, pages, shown, status=409)
            try:
                made = signing.given_by(shown.act, given.get("signature", ""))
            except PortledgerError as refused:
                return signing.show(desk, pages, shown, refused)
        damaged = _damaged(session, shown.act)  # may take a while: others go on meanwhile
        with desk.lock:
            session, pages = party(desk, name)
            if session is not shown.session:  # locked and unlocked meanwhile
                return _gone(pages, digest)
            if damaged is not None:
                return _unread(desk, session, pages, digest, shown, damaged)
            try:
                return led(name, session.cosign(digest, made, own=signing.signers(shown, made)))
            except (NotFound, KeyMissing, *SPOILED):
                return _page(desk, session, pages, digest, 409)

    @app.post("/as/{name}/waiting/{digest}/files/{number}")
    def fetch(name: str, digest: str, number: int, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            found = attaching.of_act(session.collected(document_id(digest)).act)
        if not 0 < number <= len(found):
            raise HTTPException(404)
        data = attaching.read(session.client, found[number - 1])
        return files.download(data, attaching.file_names(found)[number - 1])

    @app.post("/as/{name}/waiting/{digest}/withdraw")
    def withdraw(name: str, digest: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            session.stop_waiting(document_id(digest))
            return RedirectResponse(f"/as/{quote(name)}/", 303)


def _gone(pages: Pages, digest: str) -> Response:
    back = f"/as/{quote(pages.name)}/waiting/{digest}"
    return pages.show("error.html", 409, problem={"note": "sign.gone", "found": ""}, back=back)


def _damaged(session: PartySession, act: Unsigned) -> PortledgerError | None:
    """Why a file that the act lists does not open; None where all do."""
    try:
        for one in attaching.of_act(act):
            attaching.check_file(session, one)
    except PortledgerError as error:
        return error
    return None


def led(name: str, done: Done) -> Response:
    """To what was signed: the document, or the page of the act while it waits for another officer."""
    place = f"waiting/{done.digest}" if done.missing else f"documents/{done.document}?done=1"
    return RedirectResponse(f"/as/{quote(name)}/{place}", 303)


def lines(session: PartySession, pages: Pages, heads: Mapping[str, str]) -> list[dict[str, Any]]:
    """What waits, for the inbox, what ends first first. heads: of the party's documents, 64 hex each; turn: whether
    accounts of the open key file may sign it."""
    return [_line(session, pages, one) for one in session.waiting(heads)]


def _line(session: PartySession, pages: Pages, one: Waiting) -> dict[str, Any]:
    line = {"digest": one.digest, "until": minute(one.deadline), "turn": False, "note": note(one.problem)}
    if one.found is None:
        return line
    act, signed = one.found.act, one.found.signatures
    return {
        **line,
        "kind": act.kind.title[pages.language],
        "document": act.action.document.hex(),
        "verb": act.kind.verb(act.verb).title[pages.language],
        "to": pages.party(act.action.counterparty) if act.action.counterparty else "",
        "signed": [account for account, _ in signers(session, one.found)],
        "signed_here": any(mine for _, mine in signers(session, one.found)),
        "missing": one.found.missing,
        "turn": not one.found.missing or bool(signing.may_add(session, act, list(signed))),
    }


def signers(session: PartySession, found: Collected) -> list[tuple[str, bool]]:
    """(account, whether it is one of the open key file's) of every signature that counts."""
    mine = signing.own(session)
    return [(address_text(one), one in mine) for one in sorted(found.signatures)]


def note(error: PortledgerError | None) -> str:
    """The key of the sentence that says why an act can not be signed any more."""
    if error is None:
        return ""
    if isinstance(error, UNDECIDED):
        return "waiting.later"
    if isinstance(error, StalePrevious | NoRule):
        return "waiting.moved"
    if isinstance(error, Expired):
        return "waiting.late"
    return "waiting.epoch" if isinstance(error, EpochPassed) else "waiting.altered"


def _place(digest: str) -> str:
    """What the summary of a waiting act is kept under: no document's id."""
    return f"waiting/{digest}"


def _page(desk: Desk, session: PartySession, pages: Pages, digest: str, status: int = 200) -> Response:
    """The act, opened and checked now. status: of the page where it can be signed."""
    try:
        found = session.collected(digest)
    except (NotFound, *SPOILED) as error:
        if session.is_sent(digest) and (document := session.client.status(digest).document):
            return RedirectResponse(f"/as/{quote(pages.name)}/documents/{document}", 303)
        if isinstance(error, NotFound):
            gone = {"note": "waiting.gone", "found": ""}
            return pages.show("error.html", 410, problem=gone, back=f"/as/{quote(pages.name)}/")
        return pages.show("waiting_spoiled.html", 409, digest=digest, problem=signing.said(error, note(error)))
    summary = Summary(
        session, _place(digest), found.act.verb, act=found.act, template="waiting.html",
        values=values(session, pages, found), signed=tuple(found.signatures), whole=_fits(found),
    )  # fmt: skip
    return signing.show(desk, pages, summary, status=status)


def _unread(
    desk: Desk, session: PartySession, pages: Pages, digest: str, shown: Summary, damaged: PortledgerError
) -> Response:
    """A file does not open: the act as it was, with a note; unless it waits no longer, which is why."""
    try:
        session.collected(digest)
    except (NotFound, *SPOILED):
        return _page(desk, session, pages, digest, 409)
    return signing.show(desk, pages, shown, damaged, note="waiting.files")


def _opened(act: Unsigned) -> dict[str, Any]:
    return {name: one.value for name, one in act.content.opened.items()} if act.content else {}


def read(found: Collected) -> list[Any]:
    """What a person reads of an act before it is signed, as JSON values."""
    return [_opened(found.act), found.detail]


def _fits(found: Collected) -> bool:
    return fits(read(found))


def values(session: PartySession, pages: Pages, found: Collected) -> dict[str, Any]:
    """What a page shows of an act before it is signed."""
    act, action, kind = found.act, found.act.action, found.act.kind
    rule = kind.rows[act.before.state, action.verb]
    terms = Terms(action.counterparty, action.endorsee, action.quantity)
    whole = _fits(found)
    said = {name: one for name, one in (found.detail or {}).items() if name not in _UNSAID}
    fields = pages.fields(said, whole=whole) if said else []
    detail = [(pages.w(LABELS[path]) if path in LABELS else path, text) for path, text in fields]
    if action.quantity:
        detail.append((pages.w("waiting.quantity"), str(action.quantity)))
    return {
        "digest": found.digest,
        "document": action.document.hex(),
        "exists": action.previous != ZERO,
        "kind": kind.title[pages.language],
        "intent": act.intent,
        "sentences": [pages.sentence(kind, one) for one in effects(kind, act.before, rule, terms, session.party)],
        "detail": detail,
        "checks": _checks(pages, found),
        "contents": pages.contents(kind, _opened(act), whole=whole),
        "files": [files.row(pages, one) for one in attaching.of_act(act)],
        "signers": signers(session, found),
        "until": minute(action.deadline),
    }


def _checks(pages: Pages, found: Collected) -> list[str]:
    """What was checked anew when the page was made."""
    done = ["waiting.digest"]
    done += ["sign.history", "sign.head"] if found.act.action.previous != ZERO else ["waiting.new"]
    done += ["waiting.opened"] if found.act.content or found.detail else []
    return [pages.w(key) for key in (*done, "waiting.accounts")]
