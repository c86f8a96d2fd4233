"""A party's own shelf on its disk: drafts and running jobs, sealed, each in a file with a name that says nothing."""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from portledger.domain.actions import Domain
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.hashing import sha256
from portledger.sdk.errors import NotKept
from portledger.sdk.wallet import Wallet
from portledger.vault.at_rest import open_at_rest, seal_at_rest
from portledger.vault.keys import write_whole

MAX_FILE: Final = 64 * 2**20
"""Bytes of one sealed file."""
_NAME: Final = re.compile(r"[0-9a-f]{32}")
_END: Final = ".sealed"


class Shelf:
    """One party's files of one sort, on one ledger. folder: of the whole desk; sort: such as "draft"."""

    def __init__(self, folder: Path, wallet: Wallet, domain: Domain, sort: str) -> None:
        self._wallet = wallet
        self._about = f"{sort}|{domain.chain_id}|{domain.ledger.hex()}|{wallet.party}"
        self._folder = folder / sha256(self._about.encode()).hex()[:24]

    @staticmethod
    def new_name() -> str:
        return secrets.token_hex(16)

    def put(self, name: str, value: Any) -> None:
        """Keeps a strict value under a name, whole or not at all, over an older one. Raises NotKept, NotCanonical."""
        blob = seal_at_rest(self._wallet.encryption, f"{self._about}|{_known(name)}", value)
        if len(blob) > MAX_FILE:
            raise InvalidInput("draft", f"{len(blob)} bytes", f"at most {MAX_FILE}")
        try:
            write_whole(self._folder / (name + _END), blob)
        except OSError as failure:
            raise NotKept(str(failure), "a folder of the desk that can be written", "Free the disk.") from failure

    def get(self, name: str) -> Any:
        """Raises NotKept when there is none, CiphertextMismatch when it is not this party's or was altered."""
        path = self._folder / (_known(name) + _END)
        try:
            if path.stat().st_size > MAX_FILE:
                raise NotKept(f"a file of {path.stat().st_size} bytes", f"at most {MAX_FILE}")
            blob = path.read_bytes()
        except OSError as failure:
            raise NotKept("nothing under this name", "a draft or job that was kept here and not deleted") from failure
        return open_at_rest(self._wallet.encryption, f"{self._about}|{name}", blob)

    def delete(self, name: str) -> None:
        """Forgets it; nothing happens when there is none."""
        with suppress(FileNotFoundError):
            (self._folder / (_known(name) + _END)).unlink()

    def names(self) -> list[str]:
        """Newest change first."""
        found = []
        for path in self._folder.glob(f"*{_END}"):
            with suppress(OSError):
                found.append((path.stat().st_mtime_ns, path.name.removesuffix(_END)))
        return [name for _, name in sorted(found, reverse=True) if _NAME.fullmatch(name)]

    def all(self) -> dict[str, Any]:
        """Everything that opens, newest change first; what does not is left where it is."""
        kept = {}
        for name in self.names():
            with suppress(PortledgerError):
                kept[name] = self.get(name)
        return kept


def _known(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise NotKept("a name of another form", "a name that the desk gave")
    return name
