"""The keys of the embedded consortium: governor, registrar and guardian, made on the first start; and the relayer's,
where none is given otherwise (gateway/relayer_keys.py).

One key file each under DIR/consortium and one passphrase file beside them. Whoever can read the folder can act for the
consortium of this installation; in production the three powers are accounts of the members, and only the relayer's key
is here.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from portledger.store.outbox import Sender
from portledger.vault import keys as vault_keys

PASSPHRASE_FILE: Final = "passphrase"  # noqa: S105 - the file's name
# The passphrase is 256 random bits, so no cost is needed against guessing.
_COST: Final = vault_keys.Cost(2**12)


def load_or_make(folder: Path, senders: Iterable[Sender] = tuple(Sender)) -> Mapping[Sender, bytes]:
    """The secret key of every one of these, 32 bytes each. Raises KeyFileRefused, WrongPassphrase."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    passphrase = _passphrase(folder / PASSPHRASE_FILE)
    return {sender: _key(key_path(folder, sender), passphrase) for sender in senders}


def key_path(folder: Path, sender: Sender) -> Path:
    return folder / f"{sender.name.lower()}.json"


def _passphrase(path: Path) -> str:
    if path.exists():
        return path.read_text().strip()
    passphrase = secrets.token_urlsafe(32)
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(passphrase + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return passphrase


def _key(path: Path, passphrase: str) -> bytes:
    if not path.exists():
        vault_keys.save(path, vault_keys.generate(), passphrase, _COST)
    return vault_keys.load(path, passphrase).accounts[0]
