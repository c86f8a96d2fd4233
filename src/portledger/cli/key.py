"""portledger key: key files."""

from __future__ import annotations

from typing import Annotated

import typer

from portledger.cli import output
from portledger.cli.command import Run, command, group
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import sha256
from portledger.formats.api_json import address_text
from portledger.sdk.wallet import PublicWallet, public_of
from portledger.vault import keys as key_files

app = group("Key files: one per party, protected by a passphrase.")


@command(app, "new", example="portledger key new carrier --issuer --accounts 3")
def new(
    run: Run,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What you call the party; the file becomes keys/NAME.json.")
    ],
    accounts: Annotated[
        int, typer.Option(min=1, max=15, help="Wallet accounts; three let you recover a lost one.")
    ] = 3,
    issuer: Annotated[
        bool, typer.Option("--issuer", help="With the key for document numbers: issuers, certifiers.")
    ] = False,
) -> None:
    """Make a key file: wallet accounts (Ethereum keystore V3), encryption key, and for issuers the reference key.

    Nobody can restore a lost passphrase. Keep a copy of the file elsewhere.
    """
    path = run.settings.key_path(name)
    if path.exists():
        raise InvalidInput(
            "key file", f"{path}, which exists", "a new name", "Choose another name; keys are never replaced."
        )
    secret = run.passphrase(f"New passphrase for {name}", twice=True)
    if len(secret) < 8:
        raise InvalidInput("passphrase", f"{len(secret)} characters", "at least 8")
    if accounts < 3:
        output.warn("with fewer than three accounts a lost key may lose the party: see `portledger party --help`")
    key_files.save(path, key_files.generate(accounts, reference=issuer), secret)
    _show(run, public_of(path))


@command(app, "show", example="portledger key show carrier")
def show(
    run: Run, name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Default: the acting party's.")] = None
) -> None:
    """Show what a key file says without its passphrase: accounts, party, public keys."""
    _show(run, public_of(run.settings.key_path(name) if name else run.key_path))


@command(app, "share", example="portledger key share colleague --as bank")
def share(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The officer's key file, with accounts of its own.")],
) -> None:
    """Make another officer's key file one of your party: with its own accounts, and the party's encryption keys.

    So that no single file can sign what needs several signatures, and every officer can read what is signed. Add its
    account with `portledger party add-account --of NAME`, and share again after `portledger party rotate`.
    """
    own = run.wallet.keys
    if own.party is None:
        raise InvalidInput("key file", "keys of no party", "keys whose party is registered", "Register it first.")
    path = run.settings.key_path(name)
    public_of(path)
    secret = run.passphrase(f"Passphrase of {name}")
    key_files.save(path, own.officer(key_files.load(path, secret)), secret)
    _show(run, public_of(path))


def _show(run: Run, wallet: PublicWallet) -> None:
    public = wallet.public
    accounts = [address_text(address) for address in public.addresses]
    digest = sha256(public.encryption).hex()
    value = {
        "file": str(wallet.path),
        "party": public.party,
        "accounts": accounts,
        "encryptionKeyDigest": digest,
        "referenceKey": public.reference is not None,
    }
    shown = {
        "file": wallet.path,
        "party": public.party if public.party is not None else "not registered yet",
        **{f"account {at}": account for at, account in enumerate(accounts, 1)},
        "encryption key": f"SHA-256 {digest}",
        "reference key": "yes" if public.reference else "no",
    }
    run.show(value, output.pairs(shown))
