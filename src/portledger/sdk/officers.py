"""Key files of a party's further officers: made and opened in memory, and kept where they are received."""

from __future__ import annotations

import json
from pathlib import Path

from portledger.domain.errors import InvalidInput
from portledger.formats.strict_json import read_json
from portledger.sdk.client import Client
from portledger.sdk.errors import KeyMissing
from portledger.sdk.joining import check_passphrase
from portledger.sdk.party import PartySession
from portledger.sdk.wallet import Wallet
from portledger.vault import keys as key_files
from portledger.vault.keys import Keys


def new_officer(wallet: Wallet) -> Keys:
    """Keys of another officer of the wallet's party: one account of its own, and what the party seals and refers by."""
    return wallet.keys.officer(key_files.generate(1))


def sealed(keys: Keys, passphrase: str) -> bytes:
    """The key file as `portledger key new` writes it. Raises InvalidInput for a passphrase that is guessed."""
    check_passphrase(passphrase)
    return (json.dumps(key_files.seal_keys(keys, passphrase), indent=1) + "\n").encode()


def opened(data: bytes, passphrase: str) -> Keys:
    """Opens a key file's bytes, which a stranger may have written: one key derivation, which may take a gigabyte, and
    no second. Raises InvalidInput, KeyFileRefused, WrongPassphrase."""
    return key_files.open_keys(read_json(data), passphrase, derivations=1)


def check_party(gateway: str, keys: Keys) -> None:
    """Whether one of the keys' accounts signs in at this gateway for their party: which only an active one can.

    Raises KeyMissing, SignInRefused, GatewayUnreachable.
    """
    if keys.party is None:
        raise KeyMissing("keys of no party", "keys whose party is registered")
    with Client(gateway) as client:
        party = PartySession(client, Wallet(keys)).sign_in().party
    if party != keys.party:
        raise KeyMissing(f"keys of party {keys.party} with an account of party {party}", "keys of one party")


def keep(path: Path, data: bytes) -> None:
    """Keeps a key file that was received, as it is. Raises InvalidInput where there is a file already."""
    if path.exists():
        raise InvalidInput("key file", f"{path.name}, which exists", "a new name", "Keys are never replaced.")
    key_files.write_whole(path, data)
