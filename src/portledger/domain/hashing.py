"""Hashes of the protocol: Keccak-256 over ABI words for the ledger, SHA-256 over canonical JSON for everything else."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785
from sha3 import keccak_256


def keccak(*parts: bytes) -> bytes:
    """Keccak-256 of the joined parts, 32 bytes."""
    return keccak_256(b"".join(parts)).digest()  # type: ignore[no-any-return]


def sha256(*parts: bytes) -> bytes:
    """SHA-256 of the joined parts, 32 bytes."""
    return hashlib.sha256(b"".join(parts)).digest()


def abi_words(*values: int | bytes) -> bytes:
    """abi.encode of static values: integers as uint256, bytes of length 20 as address, of length 32 as bytes32."""
    return b"".join(word(value) for value in values)


def word(value: int | bytes) -> bytes:
    """One ABI word of 32 bytes; integers and addresses are padded on the left."""
    if isinstance(value, int):
        return value.to_bytes(32, "big")
    if len(value) == 32:
        return value
    if len(value) == 20:
        return bytes(12) + value
    raise ValueError(f"an ABI word takes 32 bytes or an address of 20, not {len(value)} bytes")


def entry(previous: bytes, digest: bytes, result: bytes, signers: bytes, time: int) -> bytes:
    """The next head of any log (docs/protocol §2): the one formula of the ledger.

    previous, digest, result, signers: 32 bytes each; time: the block's timestamp, unix seconds.
    """
    return keccak(previous, digest, result, signers, time.to_bytes(32, "big"))


def jcs(value: Any) -> bytes:
    """Canonical JSON (RFC 8785), UTF-8. Raises rfc8785.CanonicalizationError for what JSON cannot say."""
    return rfc8785.dumps(value)


def json_digest(value: Any) -> bytes:
    """SHA-256 of the canonical JSON of a value, 32 bytes."""
    return sha256(jcs(value))
