"""Parties, their accounts and pending changes, as the registry packs them (docs/protocol §2, §11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portledger.domain.codes import DAY, FULL_SCOPE, Inactive, PartyAct, Role, Scope, Source
from portledger.domain.hashing import abi_words, keccak

MAX_ACCOUNTS: Final = 15
"""Accounts in a registration, and signatures of one act of a party."""
MAX_FULL: Final = 255
"""Full accounts that a party may have at a time."""
ENACT_WINDOW: Final = 14 * DAY
"""A change may be enacted for this long after it became ready; then its place is free again."""

_M40: Final = (1 << 40) - 1


@dataclass(frozen=True, slots=True)
class Party:
    """Low to high: roles 64, epoch 32, threshold 8, suspendedUntil 40, accounts 16, locked 8, recoveryBarred 8,
    unlocks 32.

    epoch counts from 1; accounts: how many full ones it has now; suspended_until: unix seconds, 0 = never yet;
    unlocks: how often it was unlocked, which is the nonce of LOCK.
    """

    roles: int
    epoch: int = 1
    threshold: int = 1
    suspended_until: int = 0
    accounts: int = 0
    locked: bool = False
    recovery_barred: bool = False
    unlocks: int = 0

    def pack(self) -> int:
        return (
            self.roles
            | self.epoch << 64
            | self.threshold << 96
            | self.suspended_until << 104
            | self.accounts << 144
            | int(self.locked) << 160
            | int(self.recovery_barred) << 168
            | self.unlocks << 176
        )

    @classmethod
    def unpack(cls, packed: int) -> Party | None:
        """None for 0: not registered."""
        if packed == 0:
            return None
        return cls(
            packed & (1 << 64) - 1,
            packed >> 64 & 0xFFFF_FFFF,
            packed >> 96 & 0xFF,
            packed >> 104 & _M40,
            packed >> 144 & 0xFFFF,
            bool(packed >> 160 & 0xFF),
            bool(packed >> 168 & 0xFF),
            packed >> 176 & 0xFFFF_FFFF,
        )

    def suspended(self, now: int) -> bool:
        return self.suspended_until > now

    def role_names(self) -> list[str]:
        return Role(self.roles & (1 << 19) - 1).names()


def inactive(party: Party | None, now: int, *, locked_too: bool = False) -> Inactive | None:
    """Why a party may neither act nor be named, or None when it is active."""
    if party is None:
        return Inactive.NOT_REGISTERED
    if party.suspended(now):
        return Inactive.SUSPENDED
    if party.locked and not locked_too:
        return Inactive.LOCKED
    return None


@dataclass(frozen=True, slots=True)
class Account:
    """Low to high: party 32, addedAt 40, removedAt 40, scope 8. One party for ever, one interval, one scope.

    added_at, removed_at: unix seconds; removed_at 0 = still there.
    """

    party: int
    added_at: int
    removed_at: int
    scope: int

    def pack(self) -> int:
        return self.party | self.added_at << 32 | self.removed_at << 72 | self.scope << 112

    @classmethod
    def unpack(cls, packed: int) -> Account | None:
        """None for 0: nobody's account."""
        if packed == 0:
            return None
        return cls(packed & 0xFFFF_FFFF, packed >> 32 & _M40, packed >> 72 & _M40, packed >> 112 & 0xFF)

    @property
    def active(self) -> bool:
        return self.removed_at == 0

    @property
    def full(self) -> bool:
        return self.scope == FULL_SCOPE

    def active_at(self, time: int) -> bool:
        return self.added_at <= time and (self.removed_at == 0 or time <= self.removed_at)

    def covers(self, scope: Scope | int) -> bool:
        return bool(self.scope & scope)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a party that waits for its delay. value: 32 bytes; proposed_at, ready_at: unix seconds."""

    party: int
    what: PartyAct
    source: Source
    proposed_at: int
    ready_at: int
    dead: bool
    value: bytes

    def lapsed(self, now: int) -> bool:
        return now > self.ready_at + ENACT_WINDOW

    def open(self, now: int) -> bool:
        """Whether it still occupies its place."""
        return not self.dead and not self.lapsed(now)


def change_id(party: int, what: int, value: bytes, party_head: bytes) -> bytes:
    """keccak256(abi.encode(uint32 party, uint8 what, bytes32 value, bytes32 partyHead before))."""
    return keccak(abi_words(party, what, value, party_head))


def account_value(account: bytes, scope: int = 0) -> bytes:
    """`value` of ADD ACCOUNT (address and scope) and of REMOVE ACCOUNT (address alone), 32 bytes."""
    return (int.from_bytes(account, "big") | scope << 160).to_bytes(32, "big")
