"""Calldata of the two calls that carry acts, by joining fixed-width words: an ABI library takes 30 times as long.

SignedAction is (bytes32 document, bytes32 previous, bytes32 content, bytes32 documentReference, bytes32 detail,
uint256 terms, bytes signatures): six words, the offset of the signatures (always seven words), then the signatures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from portledger.domain.actions import SignedAction
from portledger.domain.hashing import keccak

SIGNED_ACTION: Final = "(bytes32,bytes32,bytes32,bytes32,bytes32,uint256,bytes)"
_PAD: Final = tuple(bytes(-length % 32) for length in range(32))
_SEVEN_WORDS: Final = (7 * 32).to_bytes(32, "big")
_ONE_WORD: Final = (32).to_bytes(32, "big")


def selector(signature: str) -> bytes:
    """The first 4 bytes of a call or of an error: "accept(uint8)" -> 4 bytes."""
    return keccak(signature.encode())[:4]


EXECUTE: Final = selector(f"execute({SIGNED_ACTION})")
EXECUTE_BATCH: Final = selector(f"executeBatch({SIGNED_ACTION}[])")


def signed_action(signed: SignedAction) -> bytes:
    """One SignedAction as the ABI has it; a multiple of 32 bytes."""
    action, signatures = signed.action, signed.signatures
    length = len(signatures)
    return b"".join(
        (
            action.document,
            action.previous,
            action.content,
            action.document_reference,
            action.detail,
            action.terms().to_bytes(32, "big"),
            _SEVEN_WORDS,
            length.to_bytes(32, "big"),
            signatures,
            _PAD[length % 32],
        )
    )


def execute(signed: SignedAction) -> bytes:
    """Calldata of execute(SignedAction)."""
    return EXECUTE + _ONE_WORD + signed_action(signed)


def execute_batch(items: Sequence[SignedAction]) -> bytes:
    """Calldata of executeBatch(SignedAction[])."""
    return join_batch([signed_action(item) for item in items])


def join_batch(encoded: Sequence[bytes]) -> bytes:
    """The same from acts that were encoded before, by `signed_action`."""
    parts = [EXECUTE_BATCH, _ONE_WORD, len(encoded).to_bytes(32, "big")]
    at = 32 * len(encoded)
    for item in encoded:
        parts.append(at.to_bytes(32, "big"))
        at += len(item)
    parts.extend(encoded)
    return b"".join(parts)
