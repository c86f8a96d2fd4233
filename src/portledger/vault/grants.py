"""Grants: a dataset's key sealed to one party's encryption key by HPKE (RFC 9180, docs/protocol §8).

Suite: KEM MLKEM768-X25519 (X-Wing, draft-ietf-hpke-pq, 0x647A), HKDF-SHA256, AES-256-GCM, base mode. Anybody can make a
grant; a wrong one opens to a key that fails the manifest's commitment.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from portledger.domain.hashing import sha256
from portledger.domain.vault_errors import GrantRefused, WrongKey
from portledger.vault.canonical import encode
from portledger.vault.manifest import DatasetEntry, Manifest, Place
from portledger.vault.sealing import check_key
from portledger.vault.wire import bytes_of_base64, integer_of, text_of, with_members

SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
PUBLIC_LENGTH: Final = 1216
"""ML-KEM-768 encapsulation key (1184 bytes), then X25519 public key (32 bytes)."""
PRIVATE_LENGTH: Final = 32
"""The seed that SHAKE-256 expands to the ML-KEM seed (64 bytes) and the X25519 private key (32 bytes)."""
GRANT_LABEL: Final = b"portledger/grant/1"
_MLKEM_PUBLIC: Final = 1184


class EncryptionKey:
    """A party's private encryption key. `seed`: 32 bytes, secret; `public`: 1216 bytes."""

    __slots__ = ("_private", "public", "seed")

    def __init__(self, seed: bytes) -> None:
        """Raises WrongKey."""
        if len(seed) != PRIVATE_LENGTH:
            raise WrongKey("encryption key", f"{len(seed)} bytes", f"{PRIVATE_LENGTH} bytes")
        expanded = hashlib.shake_256(seed).digest(96)
        mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
        self.seed = seed
        self._private = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()

    @property
    def digest(self) -> bytes:
        """SHA-256 of the raw public key: what the party's own signature sets on the ledger."""
        return sha256(self.public)

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """HPKE open. Raises GrantRefused."""
        try:
            return SUITE.decrypt(sealed, self._private, info)
        except (InvalidTag, ValueError) as error:
            raise GrantRefused("grant", "bytes that this key does not open", "a grant to this key") from error

    def __repr__(self) -> str:
        return f"EncryptionKey({self.digest.hex()})"


def seal_to(public: bytes, ledger_digest: bytes, secret: bytes, info: bytes) -> bytes:
    """HPKE seal to a party's public key; 1,136 bytes longer than the secret.

    ledger_digest: the encryption key's digest that the ledger holds for the party. A key with another digest is
    refused, whoever named it (docs/protocol §13, G3). Raises GrantRefused, WrongKey.
    """
    if sha256(public) != ledger_digest:
        raise GrantRefused(
            "encryption key", f"a key with digest {sha256(public).hex()}", f"{ledger_digest.hex()}, the ledger's"
        )
    if len(public) != PUBLIC_LENGTH:
        raise WrongKey("encryption key", f"{len(public)} bytes", f"{PUBLIC_LENGTH} bytes")
    try:
        key = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC]),
            X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:]),
        )
        return SUITE.encrypt(secret, key, info)
    except ValueError as error:
        raise WrongKey("encryption key", str(error) or "malformed bytes", "an MLKEM768-X25519 public key") from error


@dataclass(frozen=True, slots=True)
class Recipient:
    """party: id; public: raw encryption key, from anywhere; ledger_digest: what the ledger holds for the party."""

    party: int
    public: bytes = field(repr=False)
    ledger_digest: bytes


@dataclass(frozen=True, slots=True)
class Grant:
    """recipient: party id; sealed: HPKE encapsulation and ciphertext."""

    dataset: str
    sealed_version: int
    recipient: int
    sealed: bytes = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        return {
            "dataset": self.dataset,
            "sealedVersion": self.sealed_version,
            "recipient": self.recipient,
            "sealed": b64encode(self.sealed).decode(),
        }

    @classmethod
    def from_json(cls, data: Any) -> Grant:
        """Raises GrantRefused for another form."""
        members = with_members(data, {"dataset", "sealedVersion", "recipient", "sealed"}, "grant", GrantRefused)
        return cls(
            text_of(members["dataset"], "grant/dataset", GrantRefused),
            integer_of(members["sealedVersion"], 1, 65_535, "grant/sealedVersion", GrantRefused),
            integer_of(members["recipient"], 1, 0xFFFF_FFFE, "grant/recipient", GrantRefused),
            bytes_of_base64(members["sealed"], "grant/sealed", GrantRefused),
        )


def grant_info(place: Place, entry: DatasetEntry, recipient: int) -> bytes:
    """The HPKE info: label | 00 | JCS of the dataset's AAD members, recipient and keyCommitment."""
    members = place.dataset_members(entry.name, entry.sealed_version)
    return (
        GRANT_LABEL + b"\0" + encode({**members, "recipient": recipient, "keyCommitment": entry.key_commitment.hex()})
    )


def make_grant(
    manifest: Manifest, dataset: str, key: bytes, recipient: int, public: bytes, ledger_digest: bytes
) -> Grant:
    """Gives one dataset's key to one party.

    recipient: party id; public: its raw encryption key; ledger_digest: the digest the ledger holds for it.
    Raises GrantRefused, WrongKey, KeyCommitmentMismatch (not the key of this dataset), ManifestRefused.
    """
    entry = manifest.entry(dataset)
    check_key(key, entry.key_commitment, manifest.aad(dataset), dataset)
    sealed = seal_to(public, ledger_digest, key, grant_info(manifest.place, entry, recipient))
    return Grant(dataset, entry.sealed_version, recipient, sealed)


def make_grants(
    manifest: Manifest, keys: Mapping[str, bytes], recipients: Mapping[Recipient, Iterable[str]]
) -> list[Grant]:
    """Grants of several datasets to several parties: recipient -> names of its datasets. Raises as make_grant."""
    return [
        make_grant(manifest, name, keys[name], one.party, one.public, one.ledger_digest)
        for one, names in recipients.items()
        for name in names
    ]


def open_grant(manifest: Manifest, grant: Grant, recipient: int, private: EncryptionKey) -> bytes:
    """The dataset's key, 32 bytes, checked against the manifest's commitment.

    recipient: the reader's own party id. Raises GrantRefused, WrongKey, KeyCommitmentMismatch, ManifestRefused.
    """
    entry = manifest.entry(grant.dataset)
    if grant.recipient != recipient:
        raise GrantRefused(grant.dataset, f"a grant to party {grant.recipient}", f"party {recipient}")
    if grant.sealed_version != entry.sealed_version:
        raise GrantRefused(
            grant.dataset, f"a grant of sealed version {grant.sealed_version}", str(entry.sealed_version)
        )
    key = private.open(grant.sealed, grant_info(manifest.place, entry, recipient))
    check_key(key, entry.key_commitment, manifest.aad(grant.dataset), grant.dataset)
    return key
