"""What a party keeps for itself on its own disk: sealed under a key that only its opened key file gives.

The key is HKDF-SHA256 of the secret encryption seed, so nothing is stored beside the file, and nobody else can write
one either: a file that opens was sealed here. Form: label, 12-byte nonce, AES-256-GCM of the padded JCS of the value.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portledger.domain.vault_errors import CiphertextMismatch
from portledger.vault.canonical import decode_canonical, encode
from portledger.vault.grants import EncryptionKey
from portledger.vault.padding import pad, unpad
from portledger.vault.sealing import KEY_LENGTH

LABEL: Final = b"portledger/at-rest/1"
NONCE_LENGTH: Final = 12


def _key(seed: bytes) -> bytes:
    return HKDF(SHA256(), KEY_LENGTH, None, LABEL).derive(seed)


def seal_at_rest(keys: Sequence[EncryptionKey], name: str, value: Any) -> bytes:
    """Seals a strict value under the newest key. name: what it is and where it belongs; it opens under no other.

    Raises NotCanonical.
    """
    nonce = os.urandom(NONCE_LENGTH)
    sealed = AESGCM(_key(keys[0].seed)).encrypt(nonce, pad(encode(value)), LABEL + b"\0" + name.encode())
    return LABEL + nonce + sealed


def open_at_rest(keys: Sequence[EncryptionKey], name: str, blob: bytes) -> Any:
    """The value. keys: newest first, former ones open what was sealed before.

    Raises CiphertextMismatch (another party's, another name's, or damaged), PaddingRefused, NotCanonical.
    """
    start = len(LABEL) + NONCE_LENGTH
    for key in keys if blob.startswith(LABEL) else ():
        try:
            plain = AESGCM(_key(key.seed)).decrypt(
                blob[len(LABEL) : start], blob[start:], LABEL + b"\0" + name.encode()
            )
        except (InvalidTag, ValueError):
            continue
        return decode_canonical(unpad(plain))
    raise CiphertextMismatch(name, f"{len(blob)} bytes that do not open", "what this party sealed here under this name")
