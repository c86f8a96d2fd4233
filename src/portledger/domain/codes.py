"""The numbers of the protocol (docs/protocol §3, §11): never renumbered once a kind has been defined with them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, IntFlag
from typing import Final

CONSORTIUM: Final = 0
"""Party 0 never acts; its log records what the powers do to the ledger itself."""
BEARER: Final = 0xFFFF_FFFF
"""An endorsee that is nobody in particular: whoever possesses. Never registered."""
ZERO: Final = bytes(32)
"""The empty digest: no content, no reference, no detail, no previous head."""
MILLION: Final = 1_000_000
"""`quantity` and `used` are parts per million of what was certified (docs/protocol §9)."""
MAX_VERSION: Final = 65_535
MAX_SEQUENCE: Final = 2**24 - 1
DAY: Final = 86_400
"""Seconds."""
MAX_DEADLINE_AHEAD: Final = 30 * DAY
"""An action or party act may be valid for at most this many seconds from now."""


class Who(IntFlag):
    """Who may act in a row: any of the set bits, or all of them with RuleFlag.ALL."""

    ISSUER = 1
    POSSESSOR = 2
    ADDRESSEE = 4
    """The endorsee, or anybody under BEARER."""
    TITLEHOLDER = 8
    """The possessor who is endorsee, or the possessor under BEARER."""
    OFFEREE = 16
    SECURED = 32
    ROLE = 64
    ANYONE = 128
    NAMED_ENDORSEE = 256
    """The endorsee by name, never BEARER."""


class Effect(IntFlag):
    """What a row does to the record; applied in the order of EFFECT_ORDER, not of the bits."""

    CREATE = 1
    ISSUER_IS_COUNTERPARTY = 2
    OFFER = 4
    TAKE = 8
    CLEAR = 16
    ENDORSE = 32
    TO_ISSUER = 64
    RESERVE_RETURN = 128
    NEW_CONTENT = 256
    USE = 512
    CLAIM = 1024
    SECURE = 2048
    RELEASE = 4096


EFFECT_ORDER: Final = (
    Effect.CREATE,
    Effect.ISSUER_IS_COUNTERPARTY,
    Effect.NEW_CONTENT,
    Effect.CLAIM,
    Effect.TAKE,
    Effect.CLEAR,
    Effect.RESERVE_RETURN,
    Effect.OFFER,
    Effect.ENDORSE,
    Effect.TO_ISSUER,
    Effect.USE,
    Effect.SECURE,
    Effect.RELEASE,
)


class RuleFlag(IntFlag):
    ALL = 1
    """The actor must be all that `who` names, not any of it."""
    NOTE = 2
    """Runs on the notes' track: changes nothing of the record."""
    CRITICAL = 4
    """Needs as many signatures as the party's threshold."""
    LOCKED_TOO = 8
    """Open to a party that has locked itself."""


class CounterpartyMode(IntEnum):
    NONE = 0
    PARTY = 1
    ENDORSEE = 2
    POSSESSOR = 3
    NOT_ISSUER = 4
    OFFEREE = 5


class EndorseeMode(IntEnum):
    NONE = 0
    PARTY = 1
    BEARER = 2
    IF_TITLEHOLDER = 3
    AS_OFFERED = 4
    PARTY_OR_BEARER = 5
    POSSESSOR = 6
    NONE_PARTY_OR_BEARER = 7


class ContentMode(IntEnum):
    NONE = 0
    NEW = 1


class ReferenceMode(IntEnum):
    NONE = 0
    SET = 1


class DetailMode(IntEnum):
    FREE = 0
    MUST = 1


class QuantityMode(IntEnum):
    """2 was never given: the column keeps the numbers of the first draft."""

    ZERO = 0
    GROWS = 1
    """used <= quantity <= 1,000,000"""
    SHRINKS = 3
    """quantity <= used"""


class Parameter(IntEnum):
    """The `parameter` of BadParameter."""

    TERMS = 0
    COUNTERPARTY = 1
    ENDORSEE = 2
    CONTENT = 3
    REFERENCE = 4
    DETAIL = 5
    QUANTITY = 6


class Scope(IntFlag):
    """What an account may sign; a row's class is one of the first four."""

    FILING = 1
    ISSUE = 2
    TITLE = 4
    OFFICIAL = 8
    ADMIN = 128


FULL_SCOPE: Final = 0xFF
"""Only accounts with this scope count for a party's threshold."""


class Role(IntFlag):
    """The business roles of a party: Cyber Port's business types, then certifier, customs, bank, insurer, auditor."""

    CARRIER = 1 << 0
    COASTAL_FEEDER = 1 << 1
    SHIPPING_AGENT = 1 << 2
    ROAD_TRANSPORT = 1 << 3
    TERMINAL_OPERATOR = 1 << 4
    WAREHOUSE_OPERATOR = 1 << 5
    CUSTOMS_BROKER = 1 << 6
    FORWARDER = 1 << 7
    NVOCC = 1 << 8
    SHIPPER_OR_CONSIGNEE = 1 << 9
    BANK = 1 << 10
    INSURER = 1 << 11
    CERTIFIER = 1 << 12
    CUSTOMS = 1 << 13
    AUDITOR = 1 << 14
    PORT_AUTHORITY = 1 << 15
    PLATFORM = 1 << 16
    VGM_NOTIFICATION = 1 << 17
    VGM_REGISTRATION = 1 << 18

    @classmethod
    def from_names(cls, names: Iterable[str]) -> Role:
        """The mask of camelCase names such as "shipperOrConsignee". Raises KeyError with the unknown name."""
        mask = cls(0)
        for name in names:
            mask |= ROLE_BY_NAME[name]
        return mask

    def names(self) -> list[str]:
        """The camelCase names of the set bits, in bit order."""
        return [name for name, role in ROLE_BY_NAME.items() if self & role]


def camel(name: str) -> str:
    """SHIPPER_OR_CONSIGNEE -> shipperOrConsignee"""
    head, *tail = name.lower().split("_")
    return head + "".join(word.capitalize() for word in tail)


ROLE_BY_NAME: Final[dict[str, Role]] = {camel(str(role.name)): role for role in Role}


class PartyAct(IntEnum):
    """`what` of a party's act or of a change; the words a wallet shows are "Party: " + the name with spaces."""

    ADD_ACCOUNT = 1
    REMOVE_ACCOUNT = 2
    SET_THRESHOLD = 3
    SET_PROFILE = 4
    ROTATE_ENCRYPTION_KEY = 5
    BUMP_EPOCH = 6
    LOCK = 7
    UNLOCK = 8
    BAR_RECOVERY = 9
    UNBAR_RECOVERY = 10
    SET_ROLES = 11

    @property
    def words(self) -> str:
        """What a wallet shows: "Party: ADD ACCOUNT"."""
        return "Party: " + self.name.replace("_", " ")


class Source(IntEnum):
    """Who started a change of a party."""

    PARTY = 0
    REGISTRAR = 1
    GOVERNOR = 2


class Power(IntEnum):
    """The three separate powers of the consortium."""

    GOVERNOR = 1
    REGISTRAR = 2
    GUARDIAN = 3


class Inactive(IntEnum):
    """`why` of PartyInactive."""

    NOT_REGISTERED = 1
    SUSPENDED = 2
    LOCKED = 3


class BadKindWhy(IntEnum):
    """`why` of BadKind: the first thing that is wrong with an uploaded table."""

    ORDER = 1
    VERBS = 2
    BITS = 3
    CREATE_STATE = 4
    NEXT = 5
    NOTE = 6
    WHO = 7
    CONTENT = 8
    MODE = 9
    CLASS = 10
