"""From nothing to a party: a key file, a request to the registrar that survives a restart, and the id when it came."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from portledger.domain.errors import InvalidInput
from portledger.formats import api_json as wire
from portledger.sdk import registration
from portledger.sdk.client import Client
from portledger.sdk.errors import NotAdmitted, NotFinalYet, error_of
from portledger.sdk.registration import Profile
from portledger.sdk.trust import Known
from portledger.sdk.wallet import Wallet
from portledger.vault import keys as key_files

SUFFIX: Final = ".request"
"""alice.json waits for the registrar as long as alice.request lies beside it."""
SHORTEST: Final = 12
"""Characters of a passphrase: a stolen key file is guessed at on somebody else's machines."""
DIFFERENT: Final = 6
MAX_ACCOUNTS: Final = 15


@dataclass(frozen=True, slots=True)
class Asked:
    """A registration that was sent. gateway: base address of who took it."""

    request: str
    gateway: str


def check_passphrase(text: str) -> None:
    """Raises InvalidInput."""
    if len(text) < SHORTEST or len(set(text)) < DIFFERENT:
        raise InvalidInput(
            "passphrase", f"{len(text)} characters, {len(set(text))} different ones",
            f"at least {SHORTEST} characters, {DIFFERENT} of them different",
            "Take four words or more that have nothing to do with each other.",
        )  # fmt: skip


def make_keys(path: Path, passphrase: str, *, accounts: int = 3, issuer: bool = False) -> None:
    """Makes a key file. issuer: with the key for document numbers. Raises InvalidInput, KeyFileRefused."""
    check_passphrase(passphrase)
    if path.exists():
        raise InvalidInput("key file", f"{path.name}, which exists", "a new name", "Keys are never replaced.")
    if not 1 <= accounts <= MAX_ACCOUNTS:
        raise InvalidInput("accounts", str(accounts), f"1 to {MAX_ACCOUNTS}")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_files.save(path, key_files.generate(accounts, reference=issuer), passphrase)


def asked(path: Path) -> Asked | None:
    """The request beside a key file. A damaged one counts as none: asking again with the same keys is safe."""
    try:
        value = json.loads(path.with_suffix(SUFFIX).read_text())
        return Asked(str(value["requestId"]), str(value["gateway"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ask(client: Client, wallet: Wallet, profile: Profile, *, threshold: int = 1) -> Asked:
    """Sends the request, signed by every account of the key file. Raises InvalidInput, Unavailable, LedgerChanged."""
    assert wallet.path is not None, "keys of a file"
    told = registration.register(client, wallet.keys, profile, threshold=threshold, known=Known.beside(wallet.path))
    made = Asked(told.request_id, client.url)
    wallet.path.with_suffix(SUFFIX).write_text(json.dumps({"requestId": made.request, "gateway": made.gateway}))
    return made


def status(client: Client, path: Path) -> wire.RegistrationStatus | None:
    """Where the request beside a key file stands; None when nothing was asked."""
    found = asked(path)
    return client.registration(found.request) if found else None


def finish(client: Client, path: Path, passphrase: str) -> Wallet:
    """Writes the party's id into the key file once the ledger has it, and opens it.

    Raises WrongPassphrase, InvalidInput (nothing was asked), NotFinalYet, NotAdmitted and the ledger's refusals.
    """
    wallet = Wallet.open(path, passphrase)
    found = status(client, path)
    if found is None:
        raise InvalidInput("key file", f"{path.name}, of no party", "keys for which registration was asked")
    if found.status == "refused":
        if found.problem is not None:
            raise error_of(found.problem)
        raise NotAdmitted(f"refused by the registrar: {found.reason or 'no reason given'}", "an admitted party")
    if found.status != "registered":
        raise NotFinalYet(f"registration {found.request_id} {found.status}", "an answer of the registrar")
    wallet = replace(wallet, keys=wallet.keys.with_party(found.party))
    key_files.save(path, wallet.keys, passphrase)
    path.with_suffix(SUFFIX).unlink(missing_ok=True)
    return wallet
