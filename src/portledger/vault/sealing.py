"""Sealing one dataset under its own key, and opening it with every check (docs/protocol §8, docs/protocol/sealing.md).

Plaintext = JCS{seed, carried, value}, then zero bytes (padding.py). AES-256-GCM alone can open under two keys with two
contents; so the key is held by a commitment that is checked before decrypting, and the root of the field tree is
computed again over everything that was decrypted: seed, carried salts and value are all of it, byte for byte.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portledger.domain.hashing import sha256
from portledger.domain.vault_errors import (
    CiphertextMismatch,
    KeyCommitmentMismatch,
    NotCanonical,
    RootMismatch,
    WrongKey,
)
from portledger.vault.canonical import decode_canonical, encode_checked
from portledger.vault.field_tree import SALT_LENGTH, SEED_LENGTH, FieldTree, Salts
from portledger.vault.manifest import NONCE_LENGTH, DatasetEntry, Place
from portledger.vault.padding import pad, unpad
from portledger.vault.streaming import TAG_LENGTH, open_chunks, seal_chunks, stream_nonce
from portledger.vault.wire import bytes_of_hex, with_members

KEY_LENGTH: Final = 32
WHOLE_LIMIT: Final = 64 * 2**20
"""Bytes of padded plaintext sealed in one piece; more is cut into chunks."""
KEY_LABEL: Final = b"portledger/key/1"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a dataset holds: the value, and with it seed, carried salts and tree, from which its fields are proved."""

    name: str
    value: Any
    tree: FieldTree = field(repr=False, compare=False)
    carried: Mapping[str, bytes] = field(repr=False, compare=False)

    def salt(self, path: str) -> bytes:
        """The 16-byte salt of a leaf: what a document that carries the value over takes with it."""
        return self.tree.salts.of(path)


@dataclass(frozen=True, slots=True)
class SealedDataset:
    """entry: what goes into the manifest; key: 32 bytes, secret; ciphertext: the blob."""

    entry: DatasetEntry
    key: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    opened: Opened = field(repr=False, compare=False)


def key_commitment(key: bytes, aad: bytes, label: bytes = KEY_LABEL) -> bytes:
    """HMAC-SHA256(key, label | 00 | AAD), 32 bytes."""
    return hmac.digest(key, label + b"\0" + aad, "sha256")


def check_key(key: bytes, commitment: bytes, aad: bytes, where: str, label: bytes = KEY_LABEL) -> None:
    """Raises WrongKey (length) or KeyCommitmentMismatch."""
    if len(key) != KEY_LENGTH:
        raise WrongKey(where, f"a key of {len(key)} bytes", f"{KEY_LENGTH} bytes")
    found = key_commitment(key, aad, label)
    if not hmac.compare_digest(found, commitment):
        raise KeyCommitmentMismatch(where, f"a key with commitment {found.hex()}", commitment.hex())


def seal_dataset(
    place: Place,
    name: str,
    sealed_version: int,
    value: Any,
    carried: Mapping[str, bytes] | None = None,
) -> SealedDataset:
    """Seals a strict value under a fresh key, nonce and seed.

    carried: path -> salt of values taken over from another document. Raises NotCanonical (value not strict, or a
    carried path that is no leaf of it).
    """
    carried = dict(carried or {})
    aad = place.aad(name, sealed_version)
    tree = FieldTree.of(place.document, aad, Salts(os.urandom(SEED_LENGTH), carried), value)
    _check_carried(tree, carried)
    plaintext = pad(_plaintext(tree.salts.seed, carried, value))
    key, nonce = os.urandom(KEY_LENGTH), os.urandom(NONCE_LENGTH)
    nonce, ciphertext = _encrypt(key, nonce, plaintext, aad)
    entry = DatasetEntry(
        name, sealed_version, nonce, len(ciphertext), sha256(ciphertext), key_commitment(key, aad), tree.root
    )
    return SealedDataset(entry, key, ciphertext, Opened(name, value, tree, carried))


def open_dataset(place: Place, entry: DatasetEntry, key: bytes, ciphertext: bytes) -> Opened:
    """Opens a dataset with all checks, in this order: key commitment, ciphertext digest, decryption, padding,
    canonical form to the byte, root.

    Raises WrongKey, KeyCommitmentMismatch, CiphertextMismatch, PaddingRefused, NotCanonical, RootMismatch.
    """
    aad = place.aad(entry.name, entry.sealed_version)
    check_key(key, entry.key_commitment, aad, entry.name)
    check_ciphertext(entry, ciphertext)
    text = unpad(_decrypt(entry, key, ciphertext, aad))
    return _rooted(place, entry, *_parse(text))


def reopen(
    place: Place, entry: DatasetEntry, key: bytes, seed: bytes, carried: Mapping[str, bytes], value: Any
) -> Opened:
    """A dataset from what its plaintext held, without the ciphertext: key commitment, then the root over all of it.

    Raises WrongKey, KeyCommitmentMismatch, NotCanonical, RootMismatch.
    """
    aad = place.aad(entry.name, entry.sealed_version)
    check_key(key, entry.key_commitment, aad, entry.name)
    return _rooted(place, entry, seed, carried, value)


def _rooted(place: Place, entry: DatasetEntry, seed: bytes, carried: Mapping[str, bytes], value: Any) -> Opened:
    aad = place.aad(entry.name, entry.sealed_version)
    tree = FieldTree.of(place.document, aad, Salts(seed, carried), value)
    _check_carried(tree, carried)
    if tree.root != entry.root:
        raise RootMismatch(entry.name, f"root {tree.root.hex()}", entry.root.hex())
    return Opened(entry.name, value, tree, carried)


def check_ciphertext(entry: DatasetEntry, ciphertext: bytes) -> None:
    """Raises CiphertextMismatch unless size and SHA-256 are the manifest's. Needs no key: a gateway can do it."""
    found = sha256(ciphertext)
    if found != entry.ciphertext_sha256 or len(ciphertext) != entry.size:
        raise CiphertextMismatch(
            entry.name,
            f"{len(ciphertext)} bytes, SHA-256 {found.hex()}",
            f"{entry.size}, {entry.ciphertext_sha256.hex()}",
        )


def _plaintext(seed: bytes, carried: Mapping[str, bytes], value: Any) -> bytes:
    return encode_checked(
        {"seed": seed.hex(), "carried": {path: salt.hex() for path, salt in carried.items()}, "value": value}
    )


def _parse(text: bytes) -> tuple[bytes, dict[str, bytes], Any]:
    """seed, carried salts, value. Strict: the text is the JCS form of exactly these members."""
    data = with_members(decode_canonical(text), {"seed", "carried", "value"}, "plaintext", NotCanonical)
    carried = data["carried"]
    if not isinstance(carried, dict):
        raise NotCanonical("carried", f"a {type(carried).__name__}", "an object of path and salt")
    return (
        bytes_of_hex(data["seed"], SEED_LENGTH, "seed", NotCanonical),
        {path: bytes_of_hex(salt, SALT_LENGTH, f"carried {path}", NotCanonical) for path, salt in carried.items()},
        data["value"],
    )


def _check_carried(tree: FieldTree, carried: Mapping[str, bytes]) -> None:
    strangers = sorted(carried.keys() - set(tree.paths())) if carried else []
    if strangers:
        # Without this, bytes of the plaintext could differ under one root.
        raise NotCanonical(f"carried {strangers[0]}", "a salt without a field", "paths of the value's leaves")
    for path, salt in carried.items():
        if len(salt) != SALT_LENGTH:
            raise NotCanonical(f"carried {path}", f"a salt of {len(salt)} bytes", f"{SALT_LENGTH} bytes")


def _encrypt(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes]:
    """(nonce, ciphertext)"""
    if len(plaintext) <= WHOLE_LIMIT:
        return nonce, AESGCM(key).encrypt(nonce, plaintext, aad)
    nonce = stream_nonce(nonce)
    return nonce, b"".join(seal_chunks(key, nonce, _slices(plaintext), aad))


def _decrypt(entry: DatasetEntry, key: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    try:
        if len(ciphertext) <= WHOLE_LIMIT + TAG_LENGTH:
            return AESGCM(key).decrypt(entry.nonce, ciphertext, aad)
    except InvalidTag:
        raise CiphertextMismatch(entry.name, "bytes that do not decrypt", "what was sealed under this key") from None
    return b"".join(open_chunks(key, entry.nonce, _slices(ciphertext), aad, entry.name))


def _slices(data: bytes, step: int = 2**20) -> Any:
    view = memoryview(data)
    return (bytes(view[start : start + step]) for start in range(0, len(view), step))
