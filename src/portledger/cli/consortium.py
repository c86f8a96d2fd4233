"""portledger consortium: the powers, on the machine that runs the system and holds their keys.

Every command writes a row into the system's outbox and waits until the running system has carried it to the ledger.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from portledger.cli import output
from portledger.cli.command import Run, command, group
from portledger.domain.codes import DAY, PartyAct, Power
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import sha256
from portledger.domain.parties import account_value
from portledger.formats import api_json as wire
from portledger.sdk.registration import role_mask
from portledger.sdk.self_rule import scope_mask

app = group(
    "The consortium's powers: admit, propose, suspend (registrar), freeze (guardian), order, appoint (governor).\n\n"
    "Needs the data folder of a running system whose keys are the powers'. None of these can move a title."
)

_DATA = Annotated[Path, typer.Option("--data", metavar="DIR", help="The data folder of `portledger up`.")]
_HERE: Final = Path("portledger-data")
_PARTY = Annotated[int, typer.Argument(metavar="PARTY", help="The party's id.")]
_DOCUMENT = Annotated[str, typer.Argument(metavar="DOCUMENT", help="The document's id, 64 hex digits.")]
_DAYS = Annotated[int, typer.Option("--days", min=1, max=30, help="From now; at most 30.")]
_WHAT = Annotated[str, typer.Argument(metavar="WHAT", help="add-account, set-threshold, set-profile or set-roles.")]
_VALUE = Annotated[
    str, typer.Argument(metavar="VALUE", help="Address[:scope,…], number, digest, or roles joined by commas.")
]
_ORDER = Annotated[
    Path, typer.Option("--order", metavar="FILE", help="The order, as a file; its SHA-256 goes on the ledger.")
]
_BY_GOVERNOR = Annotated[bool, typer.Option("--governor", help="By the governor's power instead.")]


def _carried(
    run: Run, data: Path, power: str, call: str, *values: object, words: str, party: int | None = None
) -> None:
    """Has a power's call carried to the ledger and says what came of it. Raises the ledger's error."""
    from portledger.cli import operator  # the system's own rooms take a second to load: only for who needs them

    digest = operator.carry(data, power, call, values, party)
    run.show({"digest": digest.hex(), "by": power, "status": "final"}, words)


@command(app, "registrations", example="portledger consortium registrations --data ./data")
def registrations(run: Run, data: _DATA = _HERE) -> None:
    """List the registrations that wait for the registrar."""
    from portledger.cli import operator

    found = operator.waiting(data)
    value = [{"requestId": one, "party": asked.party, "profile": asked.profile} for one, asked in found]
    rows = [
        (one, asked.party, asked.profile.get("name", "?"), asked.profile.get("country", "?"),
         ", ".join(asked.profile.get("roles", [])))
        for one, asked in found
    ]  # fmt: skip
    shown = output.table(["request", "party", "name", "country", "roles"], rows, prose=["name", "roles"])
    run.show(value, shown if rows else "Nobody waits.")


@command(app, "admit", example="portledger consortium admit 5f0c… --data ./data")
def admit(
    run: Run, request: Annotated[str, typer.Argument(metavar="REQUEST", help="As `registrations` lists it.")],
    data: _DATA = _HERE,
) -> None:  # fmt: skip
    """Admit a party. Check who it is first: the ledger will believe you."""
    from portledger.cli import operator

    status = operator.admit(data, request)
    run.show(output.plain(status), f"Party {status.party} is {status.status}.")


@command(app, "refuse", example='portledger consortium refuse 5f0c… --reason "no register entry" --data ./data')
def refuse(
    run: Run,
    request: Annotated[str, typer.Argument(metavar="REQUEST", help="As `registrations` lists it.")],
    reason: Annotated[str, typer.Option("--reason")],
    data: _DATA = _HERE,
) -> None:
    """Refuse a registration."""
    from portledger.cli import operator

    operator.refuse(data, request, reason)
    run.show({"requestId": request, "status": "refused"}, "Refused.")


@command(app, "propose", example="portledger consortium propose 3 set-roles carrier,nvocc --data ./data")
def propose(run: Run, party: _PARTY, what: _WHAT, value: _VALUE, data: _DATA = _HERE) -> None:
    """Propose a change of a party (registrar). It waits 7 or 14 days and the party may veto it."""
    act, word = _change(what, value)
    words = f"Proposed for party {party}: {act.words.removeprefix('Party: ')}. `portledger party show` has its id."
    _carried(run, data, "registrar", "propose", party, int(act), word, words=words, party=party)


@command(
    app, "order",
    example="portledger consortium order 3 add-account 0x5aAe… --order court.pdf --data ./data",
)  # fmt: skip
def order(run: Run, party: _PARTY, what: _WHAT, value: _VALUE, order: _ORDER, data: _DATA = _HERE) -> None:
    """Order a change of a party (governor), on a court's or authority's order. No veto; accounts take 30 days."""
    act, word = _change(what, value)
    words = f"Ordered for party {party}: {act.words.removeprefix('Party: ')}. `portledger party show` has its id."
    _carried(run, data, "governor", "order", party, int(act), word, _digest(order), words=words, party=party)


@command(app, "cancel-order", example="portledger consortium cancel-order 9c1f… --data ./data")
def cancel_order(
    run: Run, change: Annotated[str, typer.Argument(metavar="CHANGE", help="The change's id.")], data: _DATA = _HERE
) -> None:
    """Cancel an order (governor); the party's suspension ends with it."""
    _carried(run, data, "governor", "cancel_order", wire.digest(change, "change"), words="Order cancelled.")


@command(app, "suspend", example="portledger consortium suspend 3 --days 10 --data ./data")
def suspend(run: Run, party: _PARTY, days: _DAYS = 30, governor: _BY_GOVERNOR = False, data: _DATA = _HERE) -> None:
    """Suspend a party for a time: it cannot act nor be named, and keeps what it holds."""
    until = int(time.time()) + days * DAY - 60
    words = f"Party {party} is suspended until {output.time_text(until)}."
    power = "governor" if governor else "registrar"
    _carried(run, data, power, "suspend", party, until, words=words, party=party)


@command(app, "reinstate", example="portledger consortium reinstate 3 --data ./data")
def reinstate(run: Run, party: _PARTY, governor: _BY_GOVERNOR = False, data: _DATA = _HERE) -> None:
    """End a party's suspension."""
    power = "governor" if governor else "registrar"
    _carried(run, data, power, "reinstate", party, words=f"Party {party} is reinstated.", party=party)


@command(app, "freeze", example="portledger consortium freeze 4f1c… --order court.pdf --days 14 --data ./data")
def freeze(
    run: Run, document: _DOCUMENT, order: _ORDER, days: _DAYS = 30, governor: _BY_GOVERNOR = False, data: _DATA = _HERE
) -> None:
    """Freeze a document (guardian): it stops for a time and moves nowhere. The history shows it."""
    until = int(time.time()) + days * DAY - 60
    power, words = "governor" if governor else "guardian", f"Frozen until {output.time_text(until)}."
    _carried(run, data, power, "freeze", wire.digest(document, "document"), until, _digest(order), words=words)


@command(app, "unfreeze", example="portledger consortium unfreeze 4f1c… --data ./data")
def unfreeze(run: Run, document: _DOCUMENT, governor: _BY_GOVERNOR = False, data: _DATA = _HERE) -> None:
    """End a document's freeze."""
    power = "governor" if governor else "guardian"
    _carried(run, data, power, "unfreeze", wire.digest(document, "document"), words="Unfrozen.")


@command(app, "appoint", example="portledger consortium appoint guardian 0x5aAe… --data ./data")
def appoint(
    run: Run,
    power: Annotated[str, typer.Argument(metavar="POWER", help="governor, registrar or guardian.")],
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="0x and 40 hex digits.")],
    data: _DATA = _HERE,
) -> None:
    """Appoint another account to a power (governor); after seven days it accepts from that account."""
    names = {one.name.lower(): one for one in Power}
    if power not in names:
        raise InvalidInput("power", power, ", ".join(names))
    words = f"{account} may accept the power of {power} in seven days."
    _carried(run, data, "governor", "appoint", int(names[power]), wire.address(account, "account"), words=words)


def _digest(file: Path) -> bytes:
    try:
        return sha256(file.read_bytes())
    except OSError as wrong:
        raise InvalidInput(str(file), str(wrong), "a readable file") from wrong


def _change(what: str, value: str) -> tuple[PartyAct, bytes]:
    """(what, its 32-byte value) from words. Raises InvalidInput."""
    readers: dict[str, tuple[PartyAct, Callable[[str], bytes]]] = {
        "add-account": (PartyAct.ADD_ACCOUNT, _account),
        "set-threshold": (PartyAct.SET_THRESHOLD, _number),
        "set-profile": (PartyAct.SET_PROFILE, lambda text: wire.digest(text, "value")),
        "set-roles": (PartyAct.SET_ROLES, lambda text: role_mask(text.split(",")).to_bytes(32, "big")),
    }
    if what not in readers:
        raise InvalidInput("what", what, ", ".join(readers))
    act, reader = readers[what]
    return act, reader(value)


def _account(text: str) -> bytes:
    address, _, scopes = text.partition(":")
    return account_value(wire.address(address, "value"), scope_mask(scopes.split(",") if scopes else ["full"]))


def _number(text: str) -> bytes:
    if not text.isdigit() or not 1 <= int(text) <= 15:
        raise InvalidInput("value", text, "1 to 15")
    return int(text).to_bytes(32, "big")
