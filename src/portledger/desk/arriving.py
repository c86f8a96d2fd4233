"""The first run: keys, what to write down, the request to the registrar, and which gateway and ledger that is."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from portledger import resources
from portledger.desk.pages import Pages, problem
from portledger.desk.plain import visible
from portledger.desk.requests import FORM
from portledger.desk.state import Desk
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.formats.api_json import address_text
from portledger.sdk import joining
from portledger.sdk.client import Client
from portledger.sdk.registration import Profile
from portledger.sdk.wallet import Wallet, public_of

KEY_NAME: Final = re.compile(r"\w[\w-]{0,39}")
"""Letters and digits of any script: the name becomes a file's."""
_ROLE: Final = "role."
TEXTS: Final = (
    ("organisation", "new.organisation"),
    ("country", "new.country"),
    ("city", "new.city"),
    ("street", "new.street"),
    ("lei", "new.lei"),
    ("number", "new.number"),
    ("prefixes", "new.prefixes"),
)
"""Fields of the profile's form -> their label."""


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /new, and the choice of the gateway."""

    @app.get("/new")
    def begin() -> Response:
        return _begin(desk, {})

    @app.post("/new")
    def make(given: FORM) -> Response:
        wrong = _wrong_keys(desk, given)
        if wrong:
            return _begin(desk, given, wrong)
        try:
            joining.make_keys(
                desk.key_path(given["name"]), given.get("passphrase", ""), accounts=int(given["accounts"]),
                issuer=given.get("issuer") == "1",
            )  # fmt: skip
        except PortledgerError as refused:
            return _begin(desk, given, {"": ""}, problem(refused))
        return RedirectResponse(f"/new/{quote(given['name'])}", 303)

    @app.post("/gateway")
    def choose(given: FORM) -> Response:
        address = given.get("gateway", "")
        try:
            desk.choose(_address(address))
        except PortledgerError as refused:
            return unlock_page(desk, 409, problem=problem(refused), gateway_typed=address)
        return RedirectResponse("/unlock", 303)

    _keeping(app, desk)
    _asking(app, desk)


def unlock_page(desk: Desk, status: int = 200, **values: Any) -> Response:
    """Key files to open, those that are not registered yet, and the gateway with its ledger in words."""
    pages = Pages(desk)
    new = desk.new_files()
    asked = [name for name in new if joining.asked(desk.key_path(name))]
    given = {"chosen": "", "kept": "", "problem": None, "gateway_typed": desk.gateway, **values}
    return pages.show(
        "unlock.html", status,
        files=[*desk.key_files(), *asked], new=[name for name in new if name not in asked], asked=asked,
        spoken=desk.fingerprint(pages.language), **given,
    )  # fmt: skip


def _address(text: str) -> str:
    """A gateway's base address. Raises InvalidInput."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise InvalidInput("gateway", repr(text[:80]), "an address that begins with https:// or http://")
    return text.rstrip("/")


# --- keys ------------------------------------------------------------------------------------------------------------


def _begin(
    desk: Desk, given: dict[str, str], wrong: dict[str, str] | None = None, refused: dict[str, str] | None = None
) -> Response:
    pages = Pages(desk)
    return pages.show(
        "new.html", 422 if wrong else 200, given={"accounts": "3", **given}, wrong=wrong or {}, problem=refused,
        spoken=desk.fingerprint(pages.language), most=joining.MAX_ACCOUNTS,
        rules=pages.w("new.rules", shortest=str(joining.SHORTEST), different=str(joining.DIFFERENT)),
    )  # fmt: skip


def _wrong_keys(desk: Desk, given: dict[str, str]) -> dict[str, str]:
    """Field -> key of what is wrong with it."""
    found = {}
    name = given.get("name", "")
    if not KEY_NAME.fullmatch(name):
        found["name"] = "new.name_wrong"
    elif desk.key_path(name).exists():
        found["name"] = "new.name_taken"
    count = given.get("accounts", "")
    if not (count.isascii() and count.isdigit() and 1 <= int(count[:3]) <= joining.MAX_ACCOUNTS):
        found["accounts"] = "new.accounts_wrong"
    return found | wrong_passphrase(given)


def wrong_passphrase(given: dict[str, str]) -> dict[str, str]:
    """Field -> key of what is wrong with a new key file's passphrase, which is typed twice."""
    found = {}
    try:
        joining.check_passphrase(given.get("passphrase", ""))
    except InvalidInput:
        found["passphrase"] = "new.passphrase_wrong"  # noqa: S105 - the key of a text
    if given.get("again", "") != given.get("passphrase", ""):
        found["again"] = "new.again_wrong"
    return found


def _keeping(app: FastAPI, desk: Desk) -> None:
    @app.get("/new/{name}")
    def keep(name: str) -> Response:
        return _keep(desk, name)

    @app.post("/new/{name}/copy")
    def copy(name: str, given: FORM) -> Response:
        """The file as it lies there: sealed under the passphrase."""
        path = _new(desk, name)
        where = {"content-disposition": f"attachment; filename*=UTF-8''{quote(path.name)}"}
        return Response(path.read_bytes(), media_type="application/json", headers=where)

    @app.post("/new/{name}")
    def kept(name: str, given: FORM) -> Response:
        path = _new(desk, name)
        try:
            wallet = Wallet.open(path, given.get("passphrase", ""))
        except PortledgerError as refused:
            return _keep(desk, name, problem(refused))
        with desk.lock:
            desk.joining[name] = wallet
            desk.touch()
        return RedirectResponse(f"/new/{quote(name)}/register", 303)


def _new(desk: Desk, name: str) -> Path:
    """The key file of a party that is not registered yet. Raises 404."""
    if name not in desk.new_files():
        raise HTTPException(404)
    return desk.key_path(name)


def _keep(desk: Desk, name: str, refused: dict[str, str] | None = None) -> Response:
    public = public_of(_new(desk, name)).public
    return Pages(desk).show(
        "keep.html", 409 if refused else 200, file=name, path=str(desk.key_path(name)), problem=refused,
        accounts=[address_text(one) for one in public.addresses],
    )  # fmt: skip


# --- the request -----------------------------------------------------------------------------------------------------


def _asking(app: FastAPI, desk: Desk) -> None:
    @app.get("/new/{name}/register")
    def describe(name: str) -> Response:
        _new(desk, name)
        if _opened(desk, name) is None:
            return RedirectResponse(f"/new/{quote(name)}", 303)
        return _profile_form(desk, name, desk.typed_at(_typed_at(name)))

    @app.post("/new/{name}/register")
    def show(name: str, given: FORM) -> Response:
        _new(desk, name)
        wallet = _opened(desk, name)
        desk.typed(_typed_at(name), given)  # also when the file was locked by now: a profile is public
        if wallet is None:
            return RedirectResponse(f"/new/{quote(name)}", 303)
        given = understood(given)
        if wrong := wrong_profile(given):
            return _profile_form(desk, name, given, wrong)
        return _request(desk, name, wallet, _profile(given))

    @app.post("/new/{name}/send")
    def send(name: str, given: FORM) -> Response:
        path = _new(desk, name)
        wallet = _opened(desk, name)
        shown = desk.take_request(given.get("summary", ""), name)
        if wallet is None or shown is None:
            return Pages(desk).show(
                "error.html", 409, problem={"note": "sign.gone", "found": ""}, back=f"/new/{quote(name)}/register"
            )
        with Client(desk.gateway) as client:
            joining.ask(client, wallet, shown)
        desk.forget_typed(_typed_at(name))
        return RedirectResponse(f"/new/{quote(path.stem)}/status", 303)

    @app.get("/new/{name}/status")
    def stands(name: str) -> Response:
        path = _new(desk, name)
        with Client(desk.gateway) as client:
            found = joining.status(client, path)
        if found is None:
            return RedirectResponse(f"/new/{quote(name)}", 303)
        return Pages(desk).show(
            "status.html", file=name, request=found.request_id, state=found.status, reason=visible(found.reason),
            party=found.party,
        )  # fmt: skip


def _typed_at(name: str) -> str:
    """Under what a profile that is being typed is remembered."""
    return f"/new/{name}/register"


def _opened(desk: Desk, name: str) -> Wallet | None:
    with desk.lock:
        desk.lock_if_idle()
        desk.touch()
        return desk.joining.get(name)


def understood(given: dict[str, str]) -> dict[str, str]:
    """A profile as it was typed, its codes and numbers in the form that counts: full-width and small letters are
    meant as capitals."""
    codes = {name: unicodedata.normalize("NFKC", given.get(name, "")).strip() for name in ("country", "lei", "number")}
    return given | codes | {name: codes[name].upper() for name in ("country", "lei")}


def wrong_profile(given: dict[str, str]) -> dict[str, str]:
    """Field -> key of what is wrong with it. Check digits are errors here: the person types its own numbers."""
    found = {}
    if not given.get("organisation"):
        found["organisation"] = "act.missing"
    if not re.fullmatch(r"[A-Z]{2}", given.get("country", "")):
        found["country"] = "new.country_wrong"
    if given.get("lei") and not lei_fits(given["lei"]):
        found["lei"] = "new.lei_wrong"
    if given.get("country") == "JP" and given.get("number") and not corporate_number_fits(given["number"]):
        found["number"] = "new.number_wrong"
    if not _roles(given):
        found["roles"] = "new.role_missing"
    return found


def lei_fits(text: str) -> bool:
    """Whether a Legal Entity Identifier's check digits are right (ISO 17442)."""
    return bool(re.fullmatch(r"[0-9A-Z]{18}[0-9]{2}", text)) and int("".join(str(int(c, 36)) for c in text)) % 97 == 1


def corporate_number_fits(text: str) -> bool:
    """Whether the first digit of a Japanese corporate number (法人番号) fits the other twelve."""
    if not re.fullmatch(r"[1-9][0-9]{12}", text):
        return False
    total = sum(int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(text[1:])))
    return int(text[0]) == 9 - total % 9


def _roles(given: dict[str, str]) -> list[str]:
    return [name for name in resources.roles() if given.get(_ROLE + name) == "1"]


def _profile(given: dict[str, str]) -> Profile:
    address = {"city": given.get("city", ""), "street": given.get("street", ""), "countryCode": given["country"]}
    return Profile(
        name=given["organisation"],
        country=given["country"],
        roles=_roles(given),
        address={key: value for key, value in address.items() if value},
        lei=given.get("lei", ""),
        registration_number=given.get("number", ""),
        prefixes=[one.strip() for one in given.get("prefixes", "").split(",") if one.strip()],
    )


def _profile_form(desk: Desk, name: str, given: dict[str, str], wrong: dict[str, str] | None = None) -> Response:
    pages = Pages(desk)
    roles = [
        (_ROLE + role.name, role.title[pages.language], given.get(_ROLE + role.name) == "1")
        for role in resources.roles().values()
    ]
    return pages.show(
        "register.html", 422 if wrong else 200, file=name, given=given, wrong=wrong or {}, roles=roles,
        fields=TEXTS,
    )  # fmt: skip


def _request(desk: Desk, name: str, wallet: Wallet, profile: Profile) -> Response:
    """What is asked and who signs it, before it is signed."""
    pages = Pages(desk)
    titles = resources.roles()
    rows = [
        ("new.organisation", visible(profile.name)),
        ("new.country", profile.country),
        (
            "new.address",
            visible(" · ".join(profile.address.get(one, "") for one in ("city", "street")).strip(" ·")) or "–",
        ),
        ("new.lei", profile.lei or "–"),
        ("new.number", visible(profile.registration_number) or "–"),
        ("new.prefixes", visible(", ".join(profile.prefixes)) or "–"),
        ("new.roles", " · ".join(titles[one].title[pages.language] for one in profile.roles)),
    ]
    return pages.show(
        "request.html", file=name, rows=rows, spoken=desk.fingerprint(pages.language),
        accounts=[address_text(one) for one in wallet.keys.addresses()],
        summary=desk.shown_request(name, profile),
    )  # fmt: skip
