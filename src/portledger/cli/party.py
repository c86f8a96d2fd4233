"""portledger party: becoming a party, and what a party does with itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from portledger.cli import output
from portledger.cli.command import Run, command, group
from portledger.domain.refusals import NotFound
from portledger.formats import api_json as wire
from portledger.sdk import registration
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
    wallet = run.wallet
    address = {key: value for key, value in {"city": city, "street": street, "countryCode": country}.items() if value}
    profile = Profile(name, country, role, address, lei, number, prefix or ())
    known = Known.beside(run.key_path)
    status = registration.register(run.client, wallet.keys, profile, threshold=threshold, known=known)
    output.say(f"Asked as party {status.party}; waiting for the registrar (request {status.request_id}).")
    party = registration.wait_registered(run.client, status.request_id, wait)
    key_files.save(run.key_path, wallet.keys.with_party(party), run.passphrase())
    run.show({"party": party, "name": name, "roles": list(role)}, f"{name} is party {party}.")


@command(app, "resume", example="portledger party resume 5f0c… --as carrier")
def resume(
    run: Run,
    request_id: Annotated[str, typer.Argument(metavar="REQUEST", help="The registration's request id.")],
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for the registrar.")] = 30,
) -> None:
    """Wait on for a registration that the registrar had not answered, and write the party's id into the key file."""
    party = registration.wait_registered(run.client, request_id, wait)
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
    run.show(value, output.table(["party", "name", "country", "roles", "state"], rows))


def _profile(run: Run, party: int) -> dict[str, Any]:
    try:
        return run.client.profile(party)
    except NotFound:
        return {}


def _state(item: wire.PartySummary) -> str:
    if item.locked:
        return "locked"
    return f"suspended until {output.time_text(item.suspended_until)}" if item.suspended_until else "active"


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
        "locked": "yes" if found.locked else "no",
        "recovery": "barred" if found.recovery_barred else "possible",
        **{f"account {item.account}": _account(item) for item in found.accounts},
        **{f"open change {item.change_id}": _open(item) for item in found.open_changes},
    }
    run.show({**output.plain(found), "profileDocument": who}, output.pairs(shown))


def _account(item: wire.AccountJson) -> str:
    until = f", removed {output.time_text(item.removed_at)}" if item.removed_at else ""
    return f"scope {item.scope:#04x}, since {output.time_text(item.added_at)}{until}"


def _open(item: wire.ChangeJson) -> str:
    return f"{item.what_name}, value {item.value}, ready {output.time_text(item.ready_at)}"


def _said(run: Run, status: wire.ActionStatus, words: str) -> None:
    run.show(output.plain(status), f"{words} Final in block {status.block}.")


@command(app, "add-account", example="portledger party add-account --as carrier --scope filing")
def add_account(
    run: Run,
    scope: Annotated[list[str] | None, typer.Option(help="filing, issue, title, official, admin or full.")] = None,
    one_signature: _ONE = False,
) -> None:
    """Make a new account, keep it in the key file, and add it to the party.

    The key file is written first, so that no account is on the ledger whose key is lost.
    """
    session = run.session()
    keys = run.wallet.keys.with_account()
    key_files.save(run.key_path, keys, run.passphrase())
    key = keys.accounts[-1]
    status = session.add_account(key, scope_mask(scope or ["full"]), one_signature=one_signature)
    _said(run, status, f"Account {wire.address_text(keys.addresses()[-1])} added.")


@command(app, "remove-account", example="portledger party remove-account 0x5aAe… --as carrier")
def remove_account(
    run: Run,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="0x and 40 hex digits.")],
    one_signature: _ONE = False,
) -> None:
    """Remove an account; it never comes back."""
    address = wire.address(account, "account")
    _said(run, run.session().remove_account(address, one_signature=one_signature), f"Account {account} removed.")


@command(app, "set-threshold", example="portledger party set-threshold 2 --as carrier")
def set_threshold(
    run: Run, threshold: Annotated[int, typer.Argument(min=1, max=15)], one_signature: _ONE = False
) -> None:
    """Set how many signatures critical acts need."""
    status = run.session().set_threshold(threshold, one_signature=one_signature)
    _said(run, status, f"Critical acts now need {threshold} signatures.")


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
    _said(run, run.session().unlock(one_signature=one_signature), "Unlocked.")


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
