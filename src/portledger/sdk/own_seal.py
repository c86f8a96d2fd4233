"""Bytes sealed to a party's own key: anybody can seal them, and they are read once its keys are unlocked."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from portledger.domain.hashing import sha256
from portledger.domain.vault_errors import GrantRefused
from portledger.vault.grants import EncryptionKey as EncryptionKey
from portledger.vault.grants import seal_to


def seal(public: bytes, secret: bytes, about: bytes) -> bytes:
    """public: the encryption key as its file says, 1216 bytes; about: what it is for, the same when it is opened."""
    return seal_to(public, sha256(public), secret, about)


def unseal(keys: Iterable[EncryptionKey], sealed: bytes, about: bytes) -> bytes | None:
    """None where none of the keys opens it."""
    for key in keys:
        with suppress(GrantRefused):
            return key.open(sealed, about)
    return None
