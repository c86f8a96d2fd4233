"""A document's state on the ledger: one packed word `control` (docs/protocol §2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FROZEN: Final = 1
"""Bit of `flags`: the guardian froze the record; stays after expiry until the next applied control act."""
SECURED: Final = 2
"""Bit of `flags`: the record's extension names a secured party."""

_M32: Final = (1 << 32) - 1


def state_in(packed: int) -> int:
    """The state alone, out of a packed word: for whoever runs over many."""
    return packed >> 176 & 0xFF


@dataclass(frozen=True, slots=True)
class Control:
    """Low to high: issuer 32, possessor 32, endorsee 32, offeree 32, offeredEndorsee 32, kind 16, state 8, flags 8,
    version 16, sequence 24, used 24 (parts per million). A control of 0 is a record that does not exist."""

    issuer: int = 0
    possessor: int = 0
    endorsee: int = 0
    offeree: int = 0
    offered_endorsee: int = 0
    kind: int = 0
    state: int = 0
    flags: int = 0
    version: int = 0
    sequence: int = 0
    used: int = 0

    def pack(self) -> int:
        return (
            self.issuer
            | self.possessor << 32
            | self.endorsee << 64
            | self.offeree << 96
            | self.offered_endorsee << 128
            | self.kind << 160
            | self.state << 176
            | self.flags << 184
            | self.version << 192
            | self.sequence << 208
            | self.used << 232
        )

    @classmethod
    def unpack(cls, packed: int) -> Control:
        return cls(
            packed & _M32,
            packed >> 32 & _M32,
            packed >> 64 & _M32,
            packed >> 96 & _M32,
            packed >> 128 & _M32,
            packed >> 160 & 0xFFFF,
            packed >> 176 & 0xFF,
            packed >> 184 & 0xFF,
            packed >> 192 & 0xFFFF,
            packed >> 208 & 0xFF_FFFF,
            packed >> 232 & 0xFF_FFFF,
        )

    @property
    def frozen(self) -> bool:
        """The bit only; frozen *now* also needs the extension's frozenUntil to lie ahead."""
        return bool(self.flags & FROZEN)

    @property
    def secured(self) -> bool:
        return bool(self.flags & SECURED)


@dataclass(frozen=True, slots=True)
class Record:
    """One document on the ledger. head, notes_head: 32 bytes, running hashes over its acts and its notes."""

    document: bytes
    control: Control
    head: bytes
    notes_head: bytes
