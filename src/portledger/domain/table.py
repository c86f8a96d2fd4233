"""One row of a kind's table as the ledger stores it: a packed word (docs/protocol §2, §3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from portledger.domain.codes import (
    BadKindWhy,
    ContentMode,
    CounterpartyMode,
    DetailMode,
    Effect,
    EndorseeMode,
    QuantityMode,
    ReferenceMode,
    RuleFlag,
    Scope,
    Who,
)
from portledger.domain.errors import BadKind

_PRESENT: Final = 1 << 255
_ZERO_BITS: Final = ((1 << 15) - 1) << 240
LAST_STATE: Final = 63
"""States above are refused: `liveStates` has one bit per state, and 64 are plenty."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Low to high: next 8, effects 16, who 16, flags 16, roles 64, counterpartyRoles 64, then 8 bits each of the
    modes counterparty, endorsee, content, reference, detail, quantity and of the class, 15 zero bits, 1 present."""

    next: int
    effects: int
    who: int
    flags: int
    roles: int
    counterparty_roles: int
    counterparty: int
    endorsee: int
    content: int
    reference: int
    detail: int
    quantity: int
    scope: int

    @property
    def creates(self) -> bool:
        return bool(self.effects & Effect.CREATE)

    @property
    def note(self) -> bool:
        return bool(self.flags & RuleFlag.NOTE)

    @property
    def critical(self) -> bool:
        return bool(self.flags & RuleFlag.CRITICAL)

    @property
    def locked_too(self) -> bool:
        return bool(self.flags & RuleFlag.LOCKED_TOO)

    @property
    def writes_content(self) -> bool:
        return bool(self.effects & (Effect.CREATE | Effect.NEW_CONTENT))

    def word(self) -> int:
        return (
            self.next
            | self.effects << 8
            | self.who << 24
            | self.flags << 40
            | self.roles << 56
            | self.counterparty_roles << 120
            | self.counterparty << 184
            | self.endorsee << 192
            | self.content << 200
            | self.reference << 208
            | self.detail << 216
            | self.quantity << 224
            | self.scope << 232
            | _PRESENT
        )


@lru_cache(maxsize=4096)
def unpack(word: int) -> Rule:
    """The row of a word; the present and zero bits are the caller's to judge (see `well_formed`)."""
    return Rule(
        next=word & 0xFF,
        effects=word >> 8 & 0xFFFF,
        who=word >> 24 & 0xFFFF,
        flags=word >> 40 & 0xFFFF,
        roles=word >> 56 & (1 << 64) - 1,
        counterparty_roles=word >> 120 & (1 << 64) - 1,
        counterparty=word >> 184 & 0xFF,
        endorsee=word >> 192 & 0xFF,
        content=word >> 200 & 0xFF,
        reference=word >> 208 & 0xFF,
        detail=word >> 216 & 0xFF,
        quantity=word >> 224 & 0xFF,
        scope=word >> 232 & 0xFF,
    )


def present(word: int) -> bool:
    return bool(word & _PRESENT)


_ALL_EFFECTS: Final = sum(Effect)
_ALL_WHO: Final = sum(Who)
_ALL_FLAGS: Final = sum(RuleFlag)
_CLASSES: Final = (Scope.FILING, Scope.ISSUE, Scope.TITLE, Scope.OFFICIAL)


def known_bits_only(word: int) -> bool:
    """Present bit set, zero bits zero, and no effect, who or flag bit without a meaning (role bits are free)."""
    rule = unpack(word)
    return (
        present(word)
        and not word & _ZERO_BITS
        and not rule.effects & ~_ALL_EFFECTS
        and not rule.who & ~_ALL_WHO
        and not rule.flags & ~_ALL_FLAGS
    )


def creates_only_from_nothing(state: int, rule: Rule) -> bool:
    """Creating rows stand in state 0, and only they."""
    return (state == 0) == rule.creates


def next_in_range(rule: Rule) -> bool:
    return 0 < rule.next <= LAST_STATE


def note_is_harmless(state: int, rule: Rule) -> bool:
    """A note row has no effects and leaves the state as it is."""
    return not rule.note or (rule.effects == 0 and rule.next == state)


def who_is_said(rule: Rule) -> bool:
    """Somebody is named, and who asks for a role names one."""
    return rule.who != 0 and (not rule.who & Who.ROLE or rule.roles != 0)


def content_is_consistent(rule: Rule) -> bool:
    """content `new` exactly with create or new_content; a creating row sets the reference."""
    return (rule.content == ContentMode.NEW) == rule.writes_content and (
        not rule.creates or rule.reference == ReferenceMode.SET
    )


def modes_in_range(rule: Rule) -> bool:
    """No mode above those listed; quantity 2 has no meaning either."""
    return (
        rule.counterparty <= max(CounterpartyMode)
        and rule.endorsee <= max(EndorseeMode)
        and rule.content <= max(ContentMode)
        and rule.reference <= max(ReferenceMode)
        and rule.detail <= max(DetailMode)
        and rule.quantity in tuple(QuantityMode)
    )


def class_is_one(rule: Rule) -> bool:
    return rule.scope in _CLASSES


def check_table(keys: Sequence[int], words: Sequence[int], verbs: Sequence[int], intents: Sequence[bytes]) -> None:
    """What a table must keep to become a kind (docs/protocol §3). Raises BadKind with the first thing that is wrong."""
    _check_lists(keys, words, verbs, intents)
    _check_rows(keys, words)


def _check_lists(keys: Sequence[int], words: Sequence[int], verbs: Sequence[int], intents: Sequence[bytes]) -> None:
    """Keys and verbs ascend strictly from above 0; every verb of a row has its words, and all words a row."""
    if len(words) != len(keys) or not keys:
        raise BadKind(key=0, why=int(BadKindWhy.ORDER))
    for before, key in pairwise((0, *keys)):
        if key <= before or key >> 16:
            raise BadKind(key=key, why=int(BadKindWhy.ORDER))
    if len(verbs) != len(intents):
        raise BadKind(key=0, why=int(BadKindWhy.VERBS))
    for before, verb in pairwise((0, *verbs)):
        if verb <= before:
            raise BadKind(key=verb, why=int(BadKindWhy.VERBS))
    if {key & 0xFF for key in keys} != set(verbs):
        raise BadKind(key=0, why=int(BadKindWhy.VERBS))


def _check_rows(keys: Sequence[int], words: Sequence[int]) -> None:
    for key, word in zip(keys, words, strict=True):
        why = _wrong_row(key >> 8, word)
        if why is not None:
            raise BadKind(key=key, why=int(why))


def _wrong_row(state: int, word: int) -> BadKindWhy | None:
    rule = unpack(word)
    tests = (
        (BadKindWhy.BITS, known_bits_only(word)),
        (BadKindWhy.CREATE_STATE, creates_only_from_nothing(state, rule)),
        (BadKindWhy.NEXT, next_in_range(rule)),
        (BadKindWhy.NOTE, note_is_harmless(state, rule)),
        (BadKindWhy.WHO, who_is_said(rule)),
        (BadKindWhy.CONTENT, content_is_consistent(rule)),
        (BadKindWhy.MODE, modes_in_range(rule)),
        (BadKindWhy.CLASS, class_is_one(rule)),
    )
    return next((why for why, good in tests if not good), None)
