"""Sealing in chunks (the STREAM construction: Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015).

Chunk i of 1 MiB is AES-256-GCM under the nonce: 7 bytes of the base nonce | uint32 big-endian i | 01 for the last
chunk, else 00. So chunks cannot be left out, swapped, repeated or cut off at the end. Constant memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portledger.domain.vault_errors import CiphertextMismatch

CHUNK: Final = 2**20
"""Bytes of plaintext in every chunk but the last, which has 1 to CHUNK."""
TAG_LENGTH: Final = 16
NONCE_LENGTH: Final = 12
_PREFIX: Final = 7
_MAX_CHUNKS: Final = 2**32


def stream_nonce(nonce: bytes) -> bytes:
    """The base nonce of a chunked sealing: 7 random bytes, then five zero bytes for number and last flag."""
    return nonce[:_PREFIX] + bytes(5)


def sealed_length(length: int) -> int:
    """Bytes of the ciphertext of `length` > 0 bytes of plaintext."""
    return length + TAG_LENGTH * -(-length // CHUNK)


def seal_chunks(key: bytes, nonce: bytes, parts: Iterable[bytes], aad: bytes) -> Iterator[bytes]:
    """The sealed chunks, one after another, of parts of any size; at least one byte in all."""
    cipher = AESGCM(key)
    for number, (chunk, last) in enumerate(_regroup(parts, CHUNK)):
        yield cipher.encrypt(_nonce(nonce, number, last), chunk, aad)


def open_chunks(key: bytes, nonce: bytes, parts: Iterable[bytes], aad: bytes, where: str) -> Iterator[bytes]:
    """The plaintext chunks of sealed parts of any size. Raises CiphertextMismatch, possibly after some chunks: use
    nothing of it before the iteration has ended."""
    if nonce[_PREFIX:] != bytes(5):
        raise CiphertextMismatch(where, f"nonce {nonce.hex()}", "five zero bytes at its end, as chunks have it")
    cipher = AESGCM(key)
    for number, (chunk, last) in enumerate(_regroup(parts, CHUNK + TAG_LENGTH)):
        try:
            yield cipher.decrypt(_nonce(nonce, number, last), chunk, aad)
        except InvalidTag:
            raise CiphertextMismatch(
                f"{where}, chunk {number}", "bytes that do not decrypt", "what was sealed under this key"
            ) from None


def _nonce(nonce: bytes, number: int, last: bool) -> bytes:
    return nonce[:_PREFIX] + number.to_bytes(4, "big") + bytes([last])


def _regroup(parts: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Pieces of exactly `size` bytes, the last of 1 to `size`, each with whether it is the last."""
    kept = bytearray()
    for part in parts:
        kept += part
        while len(kept) > size:
            yield bytes(kept[:size]), False
            del kept[:size]
    yield bytes(kept), True
