"""Log 0, the consortium's: who held which power when, and whether what was done in a power's name was theirs to do
(docs/protocol §2, §11; step 8)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from portledger.domain.codes import DAY, ZERO, Power
from portledger.domain.errors import moment
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.history import PowerEntry

STEP: Final = 8
_CHECK: Final = "powers"
RENEWAL_PAUSE: Final = 90 * DAY
"""A guardian freezes the same record again only so long after the last freeze's end."""

MAY: Final = {
    "Register": (Power.REGISTRAR,),
    "Propose": (Power.REGISTRAR,),
    "Order": (Power.GOVERNOR,),
    "CancelOrder": (Power.GOVERNOR,),
    "Suspend": (Power.REGISTRAR, Power.GOVERNOR),
    "Reinstate": (Power.REGISTRAR, Power.GOVERNOR),
    "FREEZE": (Power.GUARDIAN,),
    "FREEZE again": (Power.GUARDIAN, Power.GOVERNOR),
    "UNFREEZE": (Power.GUARDIAN, Power.GOVERNOR),
}
"""Which powers may do what."""


@dataclass(slots=True)
class Powers:
    """The holders entry by entry. times: unix seconds, ascending; holders[i]: governor, registrar, guardian from
    times[i] on, 20 bytes each."""

    times: list[int] = field(default_factory=list)
    holders: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)
    head: bytes = ZERO

    def held(self, sender: bytes, powers: Sequence[Power], time: int) -> bool | None:
        """Whether the sender held one of the powers at that time; within one second either order counts.

        None before the first entry: nothing says who held them then.
        """
        first, end = bisect_left(self.times, time), bisect_right(self.times, time)
        candidates = self.holders[max(0, first - 1) : end]
        if not candidates:
            return None
        if any(sender == one[power - 1] for one in candidates for power in powers):
            return True
        return None if first == 0 else False

    def require(self, what: str, sender: bytes, time: int, where: str) -> bool:
        """False when it is not shown. Raises VerificationError when the sender did not hold the power."""
        found = self.held(sender, MAY[what], time)
        if found is False:
            names = " or ".join(power.name for power in MAY[what])
            raise VerificationError(
                STEP, _CHECK, f"{what} by 0x{sender.hex()}", f"the {names} at {moment(time)}", entry=where
            )
        return bool(found)


def replay(entries: Sequence[PowerEntry], head: bytes, until: int) -> Powers:
    """Log 0 against partyHead(0). until: the block's time. Raises VerificationError."""
    found = Powers()
    for number, item in enumerate(entries):
        where = f"consortium, entry {number}"
        if (found.times and item.time < found.times[-1]) or item.time > until:
            raise _wrong(where, f"time {item.time}", f"times that ascend, up to {until}")
        holders = (item.governor, item.registrar, item.guardian)
        _change(found, item, holders, where)
        result = keccak(abi_words(*holders, item.kind, item.kind_digest))
        found.head = entry(found.head, item.digest, result, item.signers, item.time)
        found.times.append(item.time)
        found.holders.append(holders)
    if found.head != head:
        raise _wrong(
            "consortium", f"head {found.head.hex()} after {len(entries)} entries", f"{head.hex()}, the ledger's"
        )
    return found


def _change(before: Powers, item: PowerEntry, holders: tuple[bytes, bytes, bytes], where: str) -> None:
    """A kind is defined, or somebody is appointed, by the governor; or one appointed takes a power over."""
    sender = item.signers[12:]
    if item.signers[:12] != bytes(12):
        raise _wrong(where, f"signers {item.signers.hex()}", "one account")
    changed = (
        [new for old, new in zip(before.holders[-1], holders, strict=True) if old != new] if before.holders else []
    )
    if changed:
        if len(changed) > 1 or changed[0] != sender or item.kind:
            raise _wrong(where, f"{len(changed)} powers changed by 0x{sender.hex()}", "one, by who takes it over")
    elif before.holders and sender != item.governor:
        raise _wrong(where, f"0x{sender.hex()}", f"0x{item.governor.hex()}, the governor")


def _wrong(where: str, found: str, allowed: str) -> VerificationError:
    return VerificationError(STEP, _CHECK, found, allowed, entry=where)
