"""Signatures: 65 bytes r | s | v each, s in the lower half, v 27 or 28, ascending by signer (docs/protocol §1).

One form only: there is no EIP-2098, no v of 0 or 1, no ERC-1271, so that a signature can be checked for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from coincurve import PrivateKey, PublicKey

from portledger.domain.errors import SignaturesRefused
from portledger.domain.hashing import keccak

SIGNATURE_BYTES: Final = 65
_HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
_HALF_ORDER_BYTES: Final = _HALF_ORDER.to_bytes(32, "big")


def sign(digest: bytes, private_key: bytes) -> bytes:
    """The signature of a 32-byte digest by a 32-byte secret key: deterministic (RFC 6979), low s."""
    compact = PrivateKey(private_key).sign_recoverable(digest, hasher=None)
    return compact[:64] + bytes([27 + compact[64]])


def recover(digest: bytes, signature: bytes, party: int = 0) -> bytes:
    """The address (20 bytes) that made the signature.

    Raises SignaturesRefused (naming `party`) when the bytes are not in the one accepted form or fit no key.
    """
    if len(signature) != SIGNATURE_BYTES or signature[64] not in (27, 28) or signature[32:64] > _HALF_ORDER_BYTES:
        raise SignaturesRefused(party=party, given=0, needed=1)
    try:
        public = PublicKey.from_signature_and_message(signature[:64] + bytes([signature[64] - 27]), digest, hasher=None)
    except Exception as failure:  # coincurve raises a bare Exception for what fits no key
        raise SignaturesRefused(party=party, given=0, needed=1) from failure
    return keccak(public.format(compressed=False)[1:])[12:]


def address_of(private_key: bytes) -> bytes:
    """The account (20 bytes) of a 32-byte secret key."""
    return keccak(PrivateKey(private_key).public_key.format(compressed=False)[1:])[12:]


def split(signatures: bytes) -> list[bytes]:
    """Joined signatures, cut into pieces of 65 bytes; a shorter last piece stays, so that it is refused later."""
    return [signatures[at : at + SIGNATURE_BYTES] for at in range(0, len(signatures), SIGNATURE_BYTES)]


def join(digest: bytes, private_keys: Sequence[bytes]) -> bytes:
    """The signatures of several keys over one digest, joined ascending by signer address."""
    return b"".join(sign(digest, key) for key in sorted(private_keys, key=address_of))


def signers_word(addresses: Sequence[bytes]) -> bytes:
    """`signers` of a log entry (docs/protocol §2): the address itself when there is one, else a hash over all."""
    if len(addresses) == 1:
        return bytes(12) + addresses[0]
    return keccak(*addresses)
