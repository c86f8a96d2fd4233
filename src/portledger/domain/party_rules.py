"""The registry's rules that need no ledger: forms of values, how many signatures, how long a change waits.

docs/protocol §11. The numbers of `parameter` in BadParameter above 15 are the registry's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from portledger.domain.actions import PartyAction, Registration
from portledger.domain.codes import DAY, FULL_SCOPE, PartyAct
from portledger.domain.errors import BadParameter, SignaturesRefused, TooLong
from portledger.domain.parties import MAX_ACCOUNTS, Party, account_value

# `parameter` of BadParameter in the registry, beside those of an act.
LISTS: Final = 16
THRESHOLD: Final = 17
BARRED: Final = 18
SCOPE: Final = 19
WHAT: Final = 20
VALUE: Final = 21
UNTIL: Final = 22
ALREADY: Final = 23
ORDER_DIGEST: Final = 24
ADDRESS: Final = 25

PAUSE: Final = 90 * DAY
"""A registrar's suspension and a guardian's freeze come again only this long after the last end."""
MAX_STOP: Final = 30 * DAY
"""The longest suspension or freeze."""

_ADDRESS_MASK: Final = (1 << 160) - 1

WHILE_STOPPED: Final = {PartyAct.LOCK, PartyAct.UNLOCK, PartyAct.BUMP_EPOCH, PartyAct.REMOVE_ACCOUNT}
"""What a suspended or locked party may still do."""
PROPOSED: Final = {PartyAct.ADD_ACCOUNT, PartyAct.SET_THRESHOLD, PartyAct.SET_PROFILE, PartyAct.SET_ROLES}
ORDERED: Final = {PartyAct.ADD_ACCOUNT, PartyAct.SET_THRESHOLD, PartyAct.SET_ROLES}
_WAITS_ALONE: Final = {
    PartyAct.ADD_ACCOUNT: 7 * DAY,
    PartyAct.REMOVE_ACCOUNT: 7 * DAY,
    PartyAct.SET_THRESHOLD: 7 * DAY,
    PartyAct.UNLOCK: 2 * DAY,
}
"""With exactly one signature these wait so long, open to a veto."""


def bad(parameter: int, found: int, allowed: int = 0) -> BadParameter:
    return BadParameter(parameter=parameter, found=found, allowed=allowed)


def check_until(until: int, stored: int, now: int) -> None:
    if until <= now or until <= stored or until > now + MAX_STOP:
        raise bad(UNTIL, until, now + MAX_STOP)


def check_registration(registration: Registration) -> int:
    """The number of accounts with full scope."""
    count = len(registration.accounts)
    if count > MAX_ACCOUNTS:
        raise TooLong(found=count, allowed=MAX_ACCOUNTS)
    for column in (registration.scopes, registration.consents):
        if len(column) != count:
            raise bad(LISTS, len(column), count)
    full = sum(scope == FULL_SCOPE for scope in registration.scopes)
    if not 1 <= registration.threshold <= full:
        raise bad(THRESHOLD, registration.threshold, full)
    if registration.recovery_barred and (full < 3 or registration.threshold < 2):
        raise bad(BARRED, 1)
    return full


def check_value(what: PartyAct, value: bytes) -> None:
    """The form of a value, whatever the party."""
    number = int.from_bytes(value, "big")
    good = {
        PartyAct.ADD_ACCOUNT: bool(number & _ADDRESS_MASK) and 0 < number >> 160 < 256,
        PartyAct.REMOVE_ACCOUNT: number >> 160 == 0,
        PartyAct.SET_THRESHOLD: 1 <= number <= MAX_ACCOUNTS,
        PartyAct.SET_PROFILE: number != 0,
        PartyAct.ROTATE_ENCRYPTION_KEY: number != 0,
        PartyAct.SET_ROLES: number >> 64 == 0,
    }.get(what, number == 0)
    if not good:
        raise bad(VALUE, number, MAX_ACCOUNTS if what is PartyAct.SET_THRESHOLD else 0)


def signatures_needed(what: int, party: Party) -> int:
    """How many signatures make an act happen at once."""
    two = max(2, party.threshold)
    if what == PartyAct.LOCK:
        return 1
    if what <= PartyAct.SET_THRESHOLD:
        return two
    if what == PartyAct.UNLOCK:
        return min(two, party.accounts)
    return party.threshold


def seconds_to_wait(act: PartyAction, party: Party, signers: Sequence[bytes]) -> int:
    """Seconds that the act waits, 0 = at once. Raises SignaturesRefused when there are too few."""
    what, needed = PartyAct(act.what), signatures_needed(act.what, party)
    if what is PartyAct.REMOVE_ACCOUNT and len(signers) == 1 and account_value(signers[0]) == act.value:
        return 0
    if len(signers) >= needed:
        return 7 * DAY if what is PartyAct.UNBAR_RECOVERY else 0
    if len(signers) == 1 and what in _WAITS_ALONE:
        return _WAITS_ALONE[what]
    raise SignaturesRefused(party=act.party, given=len(signers), needed=needed)
