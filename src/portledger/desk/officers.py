"""Several officers of one party: its accounts, key files for further officers, how many must sign.

A new officer's key is made, sealed under a passphrase, and forgotten in one request. What stays in memory until it is
fetched once is the sealed file, and until it is signed the account's consent, which is worth nothing by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from portledger.desk import signing
from portledger.desk.arriving import KEY_NAME, wrong_passphrase
from portledger.desk.files import download
from portledger.desk.members import change_row, own_change
from portledger.desk.pages import Pages, problem
from portledger.desk.requests import FORM, UPLOAD, Upload, party
from portledger.desk.state import Desk
from portledger.domain.codes import DAY, FULL_SCOPE, PartyAct, Scope
from portledger.domain.errors import InvalidInput, LedgerError, PortledgerError
from portledger.domain.parties import MAX_ACCOUNTS, account_value
from portledger.domain.refusals import SignInRefused
from portledger.domain.vault_errors import KeyFileRefused, WrongKey, WrongPassphrase
from portledger.formats import api_json as wire
from portledger.sdk import joining, officers
from portledger.sdk.errors import KeyMissing
from portledger.sdk.party import PartySession
from portledger.sdk.self_rule import UnsignedPartyAct
from portledger.sdk.session import accounts_of

_CHOICES: Final = {
    "full": FULL_SCOPE,
    "filing": int(Scope.FILING),
    "issue": int(Scope.ISSUE),
    "title": int(Scope.TITLE),
}
"""What an officer's account may sign, as the form names it; the first is offered first."""
MAX_KEY_FILE: Final = 256 * 1024
"""Bytes of a key file that is brought here: one with all accounts and a reference key has some twenty thousand."""


@dataclass(slots=True)
class OwnChange:
    """A party's act on itself as it was shown. consent: of an account that it adds; file_name, file: that account's
    key file, sealed, until it is fetched; fetched: whether it was, or there is none; scopes: of the act's signers, as
    the page names them."""

    session: PartySession = field(repr=False)
    unsigned: UnsignedPartyAct
    sentence: tuple[str, dict[str, str]]
    consent: bytes = field(default=b"", repr=False)
    file_name: str = ""
    file: bytes = field(default=b"", repr=False)
    scopes: tuple[int, ...] = ()

    @property
    def fetched(self) -> bool:
        return not self.file


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /as/NAME/officers, and /bring."""

    @app.get("/as/{name}/officers")
    def look(name: str, done: str = "") -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            return _page(session, pages, done="1" if done == "1" else "")

    @app.post("/as/{name}/officers/new")
    def make(name: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            wrong = _wrong_officer(given)
            if wrong:
                return _page(session, pages, 422, given=given, wrong=wrong)
            return _asked(desk, session, pages, given, lambda: _new_officer(session, pages, given))

    @app.post("/as/{name}/officers/file")
    def fetch(name: str, given: FORM) -> Response:
        """The sealed file, once."""
        with desk.lock:
            session, pages = party(desk, name)
            change = desk.own_change(given.get("summary", ""), session)
            if change is None or not change.file:
                gone = {"note": "officers.file_gone", "found": ""}
                return pages.show("error.html", 410, problem=gone, back=f"/as/{quote(name)}/officers")
            data, change.file = change.file, b""
            return download(data, f"{change.file_name}.json")

    @app.post("/as/{name}/officers/threshold")
    def threshold(name: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            me = session.me()
            text = given.get("threshold", "")
            wrong = ""
            if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_ACCOUNTS):
                wrong = pages.w("officers.threshold_wrong", most=str(MAX_ACCOUNTS))
            elif int(text) > me.full_accounts:
                wrong = pages.w("officers.threshold_many", asked=text, active=str(me.full_accounts))
            elif int(text) == me.threshold:
                wrong = pages.w("officers.threshold_same", asked=text)
            if wrong:
                return _page(session, pages, 422, given=given, wrong={"threshold": wrong})
            value = int(text).to_bytes(32, "big")
            said = ("change.set_threshold", {"value": str(int(text))})
            return _asked(
                desk, session, pages, given,
                lambda: OwnChange(session, _unsigned(session, PartyAct.SET_THRESHOLD, value), said),
            )  # fmt: skip

    @app.post("/as/{name}/officers/remove")
    def remove(name: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            me = session.me()
            active = {one.account: one for one in me.accounts if not one.removed_at}
            chosen = active.get(given.get("account", ""))
            wrong = ""
            if chosen is None:
                wrong = pages.w("officers.no_account")
            elif chosen.scope == FULL_SCOPE and me.full_accounts - 1 < me.threshold:
                left, needed = str(me.full_accounts - 1), str(me.threshold)
                wrong = pages.w("officers.too_few_left", left=left, needed=needed)
            if chosen is None or wrong:
                return _page(session, pages, 422, given=given, wrong={"account": wrong})
            value = account_value(wire.address(chosen.account, "account"))
            said = ("change.remove_account", {"value": chosen.account})
            return _asked(
                desk, session, pages, given,
                lambda: OwnChange(session, _unsigned(session, PartyAct.REMOVE_ACCOUNT, value), said),
            )  # fmt: skip

    @app.post("/as/{name}/officers/sign")
    def sign(name: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            token = given.get("summary", "")
            change = desk.own_change(token, session)
            if change is not None and not change.fetched:
                return _summary(pages, change, token, 409, {"note": "officers.fetch_first", "found": ""})
            if change is None:
                gone = {"note": "officers.gone", "found": ""}
                return pages.show("error.html", 409, problem=gone, back=f"/as/{quote(name)}/officers")
            try:
                session.finish_party_act(change.unsigned, change.consent)
            except LedgerError as refused:
                desk.drop_own_change(token)
                return _page(session, pages, 409, refused=refused)
            except PortledgerError as undecided:  # the same act once more is taken once, and is still worth its file
                return _summary(pages, change, token, 409, problem(undecided, "officers.maybe"))
            desk.drop_own_change(token)
            if change.unsigned.act.what == PartyAct.REMOVE_ACCOUNT:
                session.signed_in_until = 0  # the gateway ends what the removed account had opened
            return RedirectResponse(f"/as/{quote(name)}/officers?done=1", 303)

    @app.post("/as/{name}/officers/bring")
    def enact(name: str, sent: UPLOAD) -> Response:
        """The officer is there with his file: its account consents once more, now to the change itself."""
        with desk.lock:
            session, pages = party(desk, name)
            if sent.oversize:  # nothing else is known of it, not even for which change it was
                large = {"note": "bring.too_large", "found": ""}
                return pages.show("error.html", 413, problem=large, back=f"/as/{quote(name)}/officers")
            wanted = own_change(session, sent.given.get("change", ""))
            if wanted.what != PartyAct.ADD_ACCOUNT:
                raise HTTPException(404)
            if len(sent.data) > MAX_KEY_FILE:
                return _page(session, pages, 422, wrong={"officer_file": "bring.too_large"})
            value = int(wanted.value, 16)
            account, scope = (value & (1 << 160) - 1).to_bytes(20, "big"), value >> 160
        key = _account_in(sent, account)  # takes up to seconds: others go on meanwhile
        with desk.lock:
            now, pages = party(desk, name)
            if now is not session:  # locked and unlocked meanwhile
                gone = {"note": "officers.gone", "found": ""}
                return pages.show("error.html", 409, problem=gone, back=f"/as/{quote(name)}/officers")
            if isinstance(key, WrongPassphrase):
                wrong = {"officer_passphrase": "bring.passphrase_wrong"}
                return _page(session, pages, 422, wrong=wrong, refused=key)
            if isinstance(key, PortledgerError):
                return _page(session, pages, 422, wrong={"officer_file": "officers.other_file"}, refused=key)
            session.enact(wanted.change_id, consent_by=key, scope=scope)
            return RedirectResponse(f"/as/{quote(name)}/officers?done=1", 303)

    @app.get("/bring")
    def ask() -> Response:
        return _bring(desk, {}, {})

    @app.post("/bring")
    def bring(sent: UPLOAD) -> Response:
        wrong = _wrong_file(desk, sent)
        if wrong:
            return _bring(desk, sent.given, wrong)
        name = _name_of(sent)
        try:
            officers.check_party(desk.gateway, officers.opened(sent.data, sent.given.get("passphrase", "")))
            with desk.lock:
                if desk.key_path(name).exists():
                    return _bring(desk, sent.given, {"name": "new.name_taken"})
                officers.keep(desk.key_path(name), sent.data)
        except WrongPassphrase as refused:
            return _bring(desk, sent.given, {"passphrase": "bring.passphrase_wrong"}, refused)
        except (KeyFileRefused, KeyMissing, InvalidInput) as refused:
            return _bring(desk, sent.given, {"file": "bring.not_a_party"}, refused)
        except SignInRefused as refused:
            return _bring(desk, sent.given, {"file": "bring.unknown_here"}, refused)
        except PortledgerError as refused:
            return _bring(desk, sent.given, {"": ""}, refused)
        return RedirectResponse("/unlock", 303)


# --- what a party does with itself ------------------------------------------------------------------------------------


def _unsigned(session: PartySession, what: PartyAct, value: bytes) -> UnsignedPartyAct:
    """Works at once where this key file has the signatures that it takes; else one signature starts the delay."""
    try:
        return session.unsigned_party_act(what, value)
    except KeyMissing:
        return session.unsigned_party_act(what, value, one_signature=True)


def _new_officer(session: PartySession, pages: Pages, given: dict[str, str]) -> OwnChange:
    """The officer's key file, sealed, and the act that adds its account. The account's key is in that file alone: it
    consents here, and is forgotten."""
    keys = officers.new_officer(session.wallet)
    (key,) = keys.accounts
    (address,) = keys.addresses()
    scope = _CHOICES[given["scope"]]
    unsigned = _unsigned(session, PartyAct.ADD_ACCOUNT, account_value(address, scope))
    file = officers.sealed(keys, given["passphrase"])
    said = ("officers.adds", {"account": wire.address_text(address), "scope": signing.scope_words(pages, scope)})
    return OwnChange(session, unsigned, said, session.consent(unsigned, key), given["file"], file)


def _wrong_officer(given: dict[str, str]) -> dict[str, str]:
    """Field -> key of what is wrong with it."""
    found = {}
    if not KEY_NAME.fullmatch(given.get("file", "")):
        found["file"] = "new.name_wrong"
    if given.get("scope") not in _CHOICES:
        found["scope"] = "act.missing"
    return found | wrong_passphrase(given)


def _asked(desk: Desk, session: PartySession, pages: Pages, given: dict[str, str], made: Any) -> Response:
    """The summary of a change; where this key file cannot sign it, the page with the reason."""
    try:
        change = made()
    except KeyMissing as refused:
        return _page(session, pages, 409, given=given, refused=refused)
    accounts = accounts_of(session.me())
    change.scopes = tuple(accounts[one].scope for one in change.unsigned.signers)
    return _summary(pages, change, desk.shown_own_change(change))


def _summary(
    pages: Pages, change: OwnChange, token: str, status: int = 200, trouble: dict[str, str] | None = None
) -> Response:
    """Asks the gateway nothing: the page is there again when that did not answer."""
    key, names = change.sentence
    waits = change.unsigned.waits
    return pages.show(
        "officer_summary.html", status,
        problem=trouble,
        sentence=pages.w(key, **names),
        when=pages.w("officers.waits", days=str(waits // DAY)) if waits else pages.w("officers.at_once"),
        waits=waits,
        adds=change.unsigned.act.what == PartyAct.ADD_ACCOUNT,
        signers=[
            (wire.address_text(one), signing.scope_words(pages, scope))
            for one, scope in zip(change.unsigned.signers, change.scopes, strict=True)
        ],
        file=not change.fetched, summary=token,
    )  # fmt: skip


def _page(
    session: PartySession, pages: Pages, status: int = 200, *, given: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None, refused: PortledgerError | None = None, done: str = "",
) -> Response:  # fmt: skip
    """wrong: field -> key of words, or for the threshold and the account the words themselves."""
    me = session.me()
    here = set(signing.own(session))
    rows = [
        {
            "account": one.account,
            "scope": signing.scope_words(pages, one.scope),
            "active": not one.removed_at,
            "here": wire.address(one.account, "account") in here,
        }
        for one in me.accounts
    ]
    alone = sum(
        not one.removed_at and one.scope == FULL_SCOPE and wire.address(one.account, "account") in here
        for one in me.accounts
    )
    open_changes = [one for one in me.open_changes if one.what in _SHOWN]
    return pages.show(
        "officers.html", status,
        rows=rows, threshold=str(me.threshold), full=str(me.full_accounts), most=str(MAX_ACCOUNTS), done=done,
        open_changes=[
            {**change_row(pages, one), "adds": one.what == PartyAct.ADD_ACCOUNT} for one in open_changes
        ],
        alone=str(alone) if alone >= max(2, me.threshold) else "",
        choices=[(name, signing.scope_words(pages, scope)) for name, scope in _CHOICES.items()],
        given={one: text for one, text in (given or {}).items() if one not in ("passphrase", "again")},
        wrong=wrong or {}, problem=problem(refused) if refused else None, number=str(session.party),
        rules=pages.w("new.rules", shortest=str(joining.SHORTEST), different=str(joining.DIFFERENT)),
    )  # fmt: skip


_SHOWN: Final = frozenset({PartyAct.ADD_ACCOUNT, PartyAct.REMOVE_ACCOUNT, PartyAct.SET_THRESHOLD})


def _account_in(sent: Upload, account: bytes) -> bytes | PortledgerError:
    """The account's key, which the key file that was sent holds, or why there is none."""
    try:
        return officers.opened(sent.data, sent.given.get("passphrase", "")).account(account)
    except (WrongPassphrase, KeyFileRefused, InvalidInput, WrongKey) as refused:
        return refused


# --- a key file that was received -------------------------------------------------------------------------------------


def _name_of(sent: Upload) -> str:
    """The name that the file gets here: as typed, else its own."""
    return sent.given.get("name", "") or PurePath(sent.name).stem


def _wrong_file(desk: Desk, sent: Upload) -> dict[str, str]:
    """Field -> key of what is wrong with it."""
    if sent.oversize or len(sent.data) > MAX_KEY_FILE:
        return {"file": "bring.too_large"}
    found = {}
    if not sent.data:
        found["file"] = "act.missing"
    elif not KEY_NAME.fullmatch(_name_of(sent)):
        found["name"] = "new.name_wrong"
    elif desk.key_path(_name_of(sent)).exists():
        found["name"] = "new.name_taken"
    if not sent.given.get("passphrase"):
        found["passphrase"] = "act.missing"  # noqa: S105 - the key of a text
    return found


def _bring(
    desk: Desk, given: dict[str, str], wrong: dict[str, str], refused: PortledgerError | None = None
) -> Response:
    pages = Pages(desk)
    return pages.show(
        "bring.html", 422 if wrong else 200,
        given={"name": given.get("name", "")}, wrong=wrong, problem=problem(refused) if refused else None,
        spoken=desk.fingerprint(pages.language),
    )  # fmt: skip
