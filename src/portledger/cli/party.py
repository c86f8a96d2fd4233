"""portledger party: becoming a party, and what a party does with itself."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

import typer

from portledger.cli import output
from portledger.cli.command import Run, command, group
from portledger.domain.codes import FULL_SCOPE, PartyAct, Role, Scope
from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import NotFound
from portledger.domain.signatures import address_of
from portledger.formats import api_json as wire
from portledger.sdk import registration
from portledger.sdk.errors import NotFinalYet
from portledger.sdk.party import PartySession
from portledger.sdk.registration import Profile
from portledger.sdk.self_rule import scope_mask
from portledger.sdk.trust import Known
from portledger.vault import keys as key_files

app = group(
    "Parties: register, look up, and rule your own accounts and keys.\n\n"
    "Have three accounts: then a lost key is replaced at once by the other two. With fewer, only the registrar's "
    "delayed proposal helps."
)

_ID = Annotated[str | None, typer.Argument(metavar="[PARTY]", help="Id or key file's name; default: yourself.")]
_ONE = Annotated[
    bool, typer.Option("--one-signature", help="Sign with one account: starts a delayed change that others may veto.")
]
_CHANGE = Annotated[str, typer.Argument(metavar="CHANGE", help="The change's id, 64 hex digits.")]
AT_ONCE_SECONDS: Final = 3.0
"""A registrar that admits by itself has answered by then."""

_Roles = Annotated[list[str], typer.Option("--role", help="A business role, such as carrier; may be repeated.")]


@command(
    app, "register",
    example='portledger party register --as carrier --name "Example Line" --country JP --role carrier --prefix EXLN',
)  # fmt: skip
def register(
    run: Run,
    role: _Roles,
    name: Annotated[str, typer.Option("--name", help="The organisation's name.")],
    country: Annotated[str, typer.Option("--country", help="ISO 3166 code, two letters.")],
    city: Annotated[str, typer.Option("--city")] = "",
    street: Annotated[str, typer.Option("--street")] = "",
    lei: Annotated[str, typer.Option("--lei", help="Legal Entity Identifier.")] = "",
    number: Annotated[str, typer.Option("--number", help="Number in the register of companies.")] = "",
    prefix: Annotated[
        list[str] | None, typer.Option("--prefix", help="What your documents' numbers begin with.")
    ] = None,
    threshold: Annotated[int, typer.Option("--threshold", help="Signatures that critical acts need.")] = 1,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for the registrar.")] = 30,
) -> None:
    """Ask the consortium to admit the party whose keys you have; the party's id is written into the key file."""
    _check_roles(role)
    wallet = run.wallet
    address = {key: value for key, value in {"city": city, "street": street, "countryCode": country}.items() if value}
    profile = Profile(name, country, role, address, lei, number, prefix or ())
    known = Known.beside(run.key_path)
    status = registration.register(run.client, wallet.keys, profile, threshold=threshold, known=known)
    party = _admitted(run, status.request_id, wait)
    key_files.save(run.key_path, wallet.keys.with_party(party), run.passphrase())
    run.show({"party": party, "name": name, "roles": list(role)}, f"{name} is party {party}.")


def _check_roles(names: list[str]) -> None:
    """Before anything else is asked for. Raises InvalidInput that names the option."""
    try:
        registration.role_mask(names)
    except InvalidInput as unknown:
        raise InvalidInput("--role", unknown.found, unknown.allowed) from unknown


def _admitted(run: Run, request_id: str, wait: float) -> int:
    """The party's id. Says that the registrar is waited for only where it does not answer at once."""
    at_once = min(wait, AT_ONCE_SECONDS)
    try:
        return registration.wait_registered(run.client, request_id, at_once)
    except NotFinalYet:
        if wait <= at_once:
            raise
    output.say(f"Asked (request {request_id}); waiting for the registrar, at most {wait:.0f} s.")
    return registration.wait_registered(run.client, request_id, wait - at_once)


@command(app, "resume", example="portledger party resume 5f0c… --as carrier")
def resume(
    run: Run,
    request_id: Annotated[str, typer.Argument(metavar="REQUEST", help="The registration's request id.")],
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for the registrar.")] = 30,
) -> None:
    """Wait on for a registration that the registrar had not answered, and write the party's id into the key file."""
    party = _admitted(run, request_id, wait)
    key_files.save(run.key_path, run.wallet.keys.with_party(party), run.passphrase())
    run.show({"party": party}, f"You are party {party}.")


@command(app, "list", example="portledger party list --as shipper")
def list_(run: Run) -> None:
    """List all parties with name, country and roles."""
    client = run.reader()
    found = [(item, _profile(run, item.party)) for item in client.parties()]
    value = [{**output.plain(item), "name": who.get("name"), "country": who.get("country")} for item, who in found]
    rows = [
        (item.party, who.get("name", "?"), who.get("country", "?"), ", ".join(item.role_names), _state(item))
        for item, who in found
    ]
    run.show(value, output.table(["party", "name", "country", "roles", "state"], rows, prose=["name", "roles"]))


def _profile(run: Run, party: int) -> dict[str, Any]:
    try:
        return run.profile(party)
    except NotFound:
        return {}


def _state(item: wire.PartySummary | wire.PartyJson) -> str:
    if item.locked:
        return "locked"
    suspended = item.suspended_until > time.time()  # the end of a suspension that is over stays on the ledger
    return f"suspended until {output.time_text(item.suspended_until)}" if suspended else "active"


@command(app, "show", example="portledger party show 3 --as shipper")
def show(run: Run, party: _ID = None) -> None:
    """Show a party: profile, accounts, threshold, open changes."""
    client = run.reader()
    found = client.party(run.party(party) if party else run.me())
    who = _profile(run, found.party)
    shown = {
        "party": found.party,
        "name": who.get("name", "?"),
        "country": who.get("country", "?"),
        "roles": ", ".join(found.role_names),
        "epoch": found.epoch,
        "threshold": f"{found.threshold} of {found.full_accounts} full accounts",
        "state": _state(found),
        "recovery": "barred" if found.recovery_barred else "possible",
        **{f"account {at}": _account(item) for at, item in enumerate(found.accounts, 1)},
        **{f"open change {at}": _open(item) for at, item in enumerate(found.open_changes, 1)},
    }
    run.show({**output.plain(found), "profileDocument": who}, output.pairs(shown))


def _account(item: wire.AccountJson) -> str:
    until = f", removed {output.time_text(item.removed_at)}" if item.removed_at else ""
    return f"{item.account}\n{_scope(item.scope)}, since {output.time_text(item.added_at)}{until}"


def _scope(mask: int) -> str:
    """What an account may sign, by the names that --scope takes."""
    return "full" if mask == FULL_SCOPE else "+".join(str(one.name).lower() for one in Scope if mask & one)


def _open(item: wire.ChangeJson) -> str:
    by = ("the party", "the registrar", "the governor")[item.source]
    what = item.what_name.replace("_", " ")
    wanted = " ".join(filter(None, (what, _wanted(item))))
    return f"{item.change_id}\n{wanted}, asked for by {by}, ready {output.time_text(item.ready_at)}"


def _wanted(item: wire.ChangeJson) -> str:
    """The change's value as it is read: an account with its scope, a number, roles; else the digest itself."""
    value, what = int(item.value, 16), PartyAct(item.what)
    if what in (PartyAct.ADD_ACCOUNT, PartyAct.REMOVE_ACCOUNT):
        address = wire.address_text((value & (1 << 160) - 1).to_bytes(20, "big"))
        return f"{address} ({_scope(value >> 160)})" if what == PartyAct.ADD_ACCOUNT else address
    if what == PartyAct.SET_THRESHOLD:
        return str(value)
    if what == PartyAct.SET_ROLES:
        return ", ".join(Role(value & ((1 << len(Role)) - 1)).names())
    return item.value if value else ""


def _said(run: Run, status: wire.ActionStatus, words: str, *, waits: bool = False) -> None:
    """waits: it was only proposed, by one signature; `party show` says until when it waits."""
    if waits:
        words = f"Proposed, open to a veto until its delay has passed; then `portledger party enact`: {words}"
    run.show(output.plain(status), f"{words} Final in block {status.block}.")


def _waits(session: PartySession, act: PartyAct) -> bool:
    """Whether the party has an open change of this kind of its own."""
    return any(item.what == act and item.source == 0 for item in session.me().open_changes)


@command(app, "add-account", example="portledger party add-account --as carrier --scope filing")
def add_account(
    run: Run,
    scope: Annotated[list[str] | None, typer.Option(help="filing, issue, title, official, admin or full.")] = None,
    of: Annotated[
        str | None, typer.Option("--of", metavar="NAME", help="The first account of this key file, not a new one.")
    ] = None,
    one_signature: _ONE = False,
) -> None:
    """Make a new account, keep it in the key file, and add it to the party.

    The key file is written first, so that no account is on the ledger whose key is lost. With --of the account is a
    colleague's, kept in a key file of its own: then no single file can do what needs several signatures.
    """
    session = run.session()
    if of is None:
        keys = run.wallet.keys.with_account()
        key_files.save(run.key_path, keys, run.passphrase())
        key = keys.accounts[-1]
    else:
        key = run.open_keys(run.settings.key_path(of)).keys.accounts[0]
    status = session.add_account(key, scope_mask(scope or ["full"]), one_signature=one_signature)
    words = f"Account {wire.address_text(address_of(key))} added."
    _said(run, status, words, waits=_waits(session, PartyAct.ADD_ACCOUNT))


@command(app, "remove-account", example="portledger party remove-account 0x5aAe… --as carrier")
def remove_account(
    run: Run,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="0x and 40 hex digits.")],
    one_signature: _ONE = False,
) -> None:
    """Remove an account; it never comes back."""
    address = wire.address(account, "account")
    session = run.session()
    status = session.remove_account(address, one_signature=one_signature)
    run.sign_in(session)  # the gateway ends what the removed account had opened
    _said(run, status, f"Account {account} removed.", waits=_waits(session, PartyAct.REMOVE_ACCOUNT))


@command(app, "set-threshold", example="portledger party set-threshold 2 --as carrier")
def set_threshold(
    run: Run, threshold: Annotated[int, typer.Argument(min=1, max=15)], one_signature: _ONE = False
) -> None:
    """Set how many signatures critical acts need."""
    session = run.session()
    status = session.set_threshold(threshold, one_signature=one_signature)
    words = f"Critical acts need {threshold} signature{'s' if threshold > 1 else ''}."
    _said(run, status, words, waits=_waits(session, PartyAct.SET_THRESHOLD))


@command(app, "rotate", example="portledger party rotate --as shipper")
def rotate(run: Run) -> None:
    """Replace the encryption key, and grant everything that you can read to the new one.

    The former key stays in the file, for grants that arrive late.
    """
    session = run.session()
    keys = session.wallet.keys.with_new_encryption()
    key_files.save(run.key_path, keys, run.passphrase())
    session.rotate_encryption_key(keys)
    made = session.regrant()
    digest = keys.encryption[0].digest.hex()
    run.show({"encryptionKey": digest, "grants": made}, f"New encryption key {digest}; {made} grants renewed.")


@command(app, "lock", example="portledger party lock --as shipper")
def lock(run: Run) -> None:
    """Stop the party at once: for the day a key is stolen. One account is enough."""
    _said(run, run.session().lock(), "Locked: the party can neither act nor be named.")


@command(app, "unlock", example="portledger party unlock --as shipper")
def unlock(run: Run, one_signature: _ONE = False) -> None:
    """Free a locked party. Withdraw what a thief offered first."""
    session = run.session()
    status = session.unlock(one_signature=one_signature)
    _said(run, status, "Unlocked.", waits=_waits(session, PartyAct.UNLOCK))


@command(app, "bump-epoch", example="portledger party bump-epoch --as shipper")
def bump_epoch(run: Run) -> None:
    """Kill every signature of the party that was given and not used."""
    _said(run, run.session().bump_epoch(), "All outstanding signatures are dead.")


@command(app, "bar-recovery", example="portledger party bar-recovery --as shipper")
def bar_recovery(run: Run) -> None:
    """Bar the registrar and the governor from adding accounts. Needs three full accounts and a threshold of two."""
    _said(run, run.session().bar_recovery(), "Recovery barred.")


@command(app, "unbar-recovery", example="portledger party unbar-recovery --as shipper")
def unbar_recovery(run: Run) -> None:
    """Allow recovery again; takes seven days."""
    _said(run, run.session().unbar_recovery(), "Proposed; ready in seven days.")


@command(app, "veto", example="portledger party veto 9c1f… --as shipper")
def veto(run: Run, change: _CHANGE) -> None:
    """Say no to an open change of your party."""
    _said(run, run.session().veto(change), "Vetoed.")


@command(app, "enact", example="portledger party enact 9c1f… --as shipper")
def enact(run: Run, change: _CHANGE) -> None:
    """Bring an open change about whose delay has passed; an account that it adds must be in your key file."""
    session = run.session()
    wanted = next((item for item in session.me().open_changes if item.change_id == change), None)
    key, scope = None, 0
    if wanted is not None and wanted.what_name.replace(" ", "_").upper() == "ADD_ACCOUNT":
        value = int(wanted.value, 16)
        key, scope = run.wallet.keys.account((value & (1 << 160) - 1).to_bytes(20, "big")), value >> 160
    _said(run, session.enact(change, consent_by=key, scope=scope), "Enacted.")
