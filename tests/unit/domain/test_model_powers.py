"""The consortium on the model: tables sealed, powers handed over, records frozen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.market import CALL, GOVERNOR, GUARDIAN, REGISTRAR, STRANGER, Market

from portledger.domain.codes import DAY, BadKindWhy, Power
from portledger.domain.errors import (
    BadKind,
    BadParameter,
    KindSealed,
    LedgerError,
    NoRecord,
    NotReady,
    PowerMissing,
    RecordFrozen,
)
from portledger.domain.hashing import keccak
from portledger.domain.model import Ledger

SOME = b"\7" * 32
# NONE -> 1: who anyone, create, content new, reference set, class filing; and a note in state 1.
CREATE = 1 | 1 << 8 | 128 << 24 | 1 << 200 | 1 << 208 | 1 << 232 | 1 << 255
NOTE = 1 | 128 << 24 | 2 << 40 | 1 << 232 | 1 << 255
KEYS, ROWS, VERBS, INTENTS = [0x0001, 0x0102], [CREATE, NOTE], [1, 2], [keccak(b"make"), keccak(b"note")]


def refused(market: Market, run: Callable[[], object], expected: LedgerError) -> None:
    before = market.model.ledger_head, dict(market.model.holders), set(market.model.kinds)
    with pytest.raises(LedgerError) as refusal:
        run()
    assert refusal.value == expected
    assert (market.model.ledger_head, market.model.holders, set(market.model.kinds)) == before


def define(market: Market, sender: bytes = GOVERNOR, kind: int = 0x7F00, **changed: Any) -> None:
    table = {"keys": KEYS, "words": ROWS, "verbs": VERBS, "intents": INTENTS, **changed}
    market.model.define_kind(sender, kind, SOME, **table, now=market.now, call=CALL)


def why(key: int, reason: BadKindWhy) -> BadKind:
    return BadKind(key=key, why=int(reason))


def test_a_table_is_sealed_once() -> None:
    market = Market()
    define(market)
    refused(market, lambda: define(market), KindSealed(kind=0x7F00))
    refused(market, lambda: define(market, STRANGER, 1), PowerMissing(power=1, sender=STRANGER))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"keys": [], "words": []}, why(0, BadKindWhy.ORDER)),
        ({"words": [CREATE]}, why(0, BadKindWhy.ORDER)),
        ({"keys": [0x0102, 0x0001]}, why(0x0001, BadKindWhy.ORDER)),
        ({"keys": [0x0001, 0x0001]}, why(0x0001, BadKindWhy.ORDER)),
        ({"keys": [0x0000, 0x0102]}, why(0x0000, BadKindWhy.ORDER)),
        ({"keys": [0x0001, 0x10102]}, why(0x10102, BadKindWhy.ORDER)),
        ({"intents": INTENTS[:1]}, why(0, BadKindWhy.VERBS)),
        ({"verbs": [2, 1]}, why(1, BadKindWhy.VERBS)),
        ({"verbs": [0, 1]}, why(0, BadKindWhy.VERBS)),
        ({"verbs": [1, 3]}, why(0, BadKindWhy.VERBS)),
        ({"keys": [0x0001, 0x0103]}, why(0, BadKindWhy.VERBS)),
        ({"words": [CREATE, 0]}, why(0x0102, BadKindWhy.BITS)),
        ({"words": [CREATE, NOTE | 1 << 240]}, why(0x0102, BadKindWhy.BITS)),
        ({"words": [CREATE | 1 << 21, NOTE]}, why(0x0001, BadKindWhy.BITS)),
        ({"words": [CREATE, NOTE | 1 << 33]}, why(0x0102, BadKindWhy.BITS)),
        ({"words": [CREATE, NOTE | 16 << 40]}, why(0x0102, BadKindWhy.BITS)),
        ({"words": [CREATE, CREATE]}, why(0x0102, BadKindWhy.CREATE_STATE)),
        ({"words": [NOTE, NOTE]}, why(0x0001, BadKindWhy.CREATE_STATE)),
        ({"words": [CREATE - 1, NOTE]}, why(0x0001, BadKindWhy.NEXT)),
        ({"words": [CREATE + 63, NOTE]}, why(0x0001, BadKindWhy.NEXT)),
        ({"words": [CREATE, NOTE + 1]}, why(0x0102, BadKindWhy.NOTE)),
        ({"words": [CREATE, NOTE | 16 << 8]}, why(0x0102, BadKindWhy.NOTE)),
        ({"words": [CREATE, NOTE ^ 128 << 24]}, why(0x0102, BadKindWhy.WHO)),
        ({"words": [CREATE, NOTE | 64 << 24]}, why(0x0102, BadKindWhy.WHO)),
        ({"words": [CREATE ^ 1 << 200, NOTE]}, why(0x0001, BadKindWhy.CONTENT)),
        ({"words": [CREATE ^ 1 << 208, NOTE]}, why(0x0001, BadKindWhy.CONTENT)),
        ({"words": [CREATE, NOTE | 1 << 200]}, why(0x0102, BadKindWhy.CONTENT)),
        ({"words": [CREATE, NOTE | 6 << 184]}, why(0x0102, BadKindWhy.MODE)),
        ({"words": [CREATE, NOTE | 8 << 192]}, why(0x0102, BadKindWhy.MODE)),
        ({"words": [CREATE, NOTE | 2 << 216]}, why(0x0102, BadKindWhy.MODE)),
        ({"words": [CREATE, NOTE | 2 << 224]}, why(0x0102, BadKindWhy.MODE)),
        ({"words": [CREATE, NOTE | 4 << 224]}, why(0x0102, BadKindWhy.MODE)),
        ({"words": [CREATE, NOTE | 2 << 232]}, why(0x0102, BadKindWhy.CLASS)),
        ({"words": [CREATE, NOTE ^ 1 << 232]}, why(0x0102, BadKindWhy.CLASS)),
    ],
)
def test_C1_a_table_that_breaks_a_rule_is_refused_with_row_and_reason(
    changed: dict[str, Any], expected: BadKind
) -> None:
    market = Market()
    refused(market, lambda: define(market, **changed), expected)


def test_X2_a_hidden_row_changes_the_kinds_digest() -> None:
    honest, hidden = Market(), Market()
    define(honest)
    define(hidden, keys=[*KEYS, 0x0202], words=[*ROWS, NOTE + 1])
    assert honest.model.kinds[0x7F00].digest != hidden.model.kinds[0x7F00].digest


def test_a_power_is_handed_over_after_seven_days_by_the_word_of_both() -> None:
    market = Market()
    model = market.model
    model.appoint(GOVERNOR, 3, STRANGER, market.now, CALL)
    ready = market.now + 7 * DAY
    refused(market, lambda: model.accept(STRANGER, 3, market.now, CALL), NotReady(ready_at=ready))
    refused(market, lambda: model.accept(STRANGER, 1, market.now, CALL), PowerMissing(power=1, sender=STRANGER))
    market.now = ready
    model.accept(STRANGER, 3, market.now, CALL)
    assert model.holders[Power.GUARDIAN] == STRANGER
    refused(market, lambda: model.accept(STRANGER, 3, market.now, CALL), PowerMissing(power=3, sender=STRANGER))


def test_an_unknown_power_has_nobody_appointed() -> None:
    market = Market()
    market.model.appoint(GOVERNOR, 3, STRANGER, market.now, CALL)
    market.pass_time(7 * DAY)
    expected = PowerMissing(power=7, sender=STRANGER)
    refused(market, lambda: market.model.accept(STRANGER, 7, market.now, CALL), expected)


@pytest.mark.parametrize("account", [bytes(20), GOVERNOR, REGISTRAR, GUARDIAN])
def test_the_three_powers_stay_three_different_accounts(account: bytes) -> None:
    market = Market()
    expected = BadParameter(parameter=25, found=int.from_bytes(account, "big"), allowed=0)
    refused(market, lambda: market.model.appoint(GOVERNOR, 3, account, market.now, CALL), expected)


def test_who_was_appointed_twice_cannot_hold_two_powers() -> None:
    market = Market()
    market.model.appoint(GOVERNOR, 2, STRANGER, market.now, CALL)
    market.model.appoint(GOVERNOR, 3, STRANGER, market.now, CALL)
    market.pass_time(7 * DAY)
    market.model.accept(STRANGER, 2, market.now, CALL)
    expected = BadParameter(parameter=25, found=int.from_bytes(STRANGER, "big"), allowed=0)
    refused(market, lambda: market.model.accept(STRANGER, 3, market.now, CALL), expected)


@pytest.mark.parametrize("power", [0, 4])
def test_there_are_three_powers(power: int) -> None:
    market = Market()
    expected = BadParameter(parameter=20, found=power, allowed=3)
    refused(market, lambda: market.model.appoint(GOVERNOR, power, STRANGER, market.now, CALL), expected)


@pytest.mark.parametrize(
    "powers", [(GOVERNOR, GOVERNOR, GUARDIAN), (GOVERNOR, REGISTRAR, REGISTRAR), (bytes(20), REGISTRAR, GUARDIAN)]
)
def test_a_ledger_starts_with_three_different_powers(powers: tuple[bytes, bytes, bytes]) -> None:
    with pytest.raises(BadParameter):
        Ledger(Market().domain, *powers)


# ---- freeze ----------------------------------------------------------------------------------------------------------


def issued() -> Market:
    market = Market()
    market.join("carrier", "carrier")
    market.join("shipper", "shipperOrConsignee")
    market.do("carrier", "ISSUE", to="shipper", endorsee="shipper")
    return market


def freeze(market: Market, until: int, sender: bytes = GUARDIAN, document: bytes | None = None) -> None:
    market.model.freeze(sender, document or market.document, until, SOME, market.now)


def test_a_freeze_stops_acts_moves_nothing_and_ends_by_itself() -> None:
    market = issued()
    before = market.control
    freeze(market, market.now + DAY)
    assert market.control.sequence == before.sequence + 1
    assert (market.control.possessor, market.control.state) == (before.possessor, before.state)
    with pytest.raises(RecordFrozen):
        market.do("shipper", "ACCEPT")
    market.pass_time(DAY)
    market.do("shipper", "ACCEPT")


def test_F5_a_freeze_moves_the_head_so_that_what_was_signed_is_signed_again() -> None:
    market = issued()
    head = market.head
    freeze(market, market.now + DAY)
    assert market.head != head


def test_an_unfreeze_ends_it_at_once() -> None:
    market = issued()
    freeze(market, market.now + DAY)
    market.model.unfreeze(GOVERNOR, market.document, market.now)
    market.do("shipper", "ACCEPT")
    again = BadParameter(parameter=23, found=0, allowed=1)
    refused(market, lambda: market.model.unfreeze(GUARDIAN, market.document, market.now), again)


def test_X8_a_freeze_needs_a_live_record_a_future_end_and_a_pause_of_90_days() -> None:
    market = issued()
    until = market.now + 30 * DAY
    refused(market, lambda: freeze(market, until, document=SOME), NoRecord(document=SOME))
    refused(market, lambda: market.model.unfreeze(GUARDIAN, SOME, market.now), NoRecord(document=SOME))
    for wrong in (market.now, until + 1):
        expected = BadParameter(parameter=22, found=wrong, allowed=until)
        refused(market, lambda wrong=wrong: freeze(market, wrong), expected)  # type: ignore[misc]
    refused(market, lambda: freeze(market, until, STRANGER), PowerMissing(power=3, sender=STRANGER))
    refused(market, lambda: freeze(market, until, GOVERNOR), PowerMissing(power=3, sender=GOVERNOR))
    freeze(market, until)
    refused(market, lambda: freeze(market, until + DAY), NotReady(ready_at=until + 90 * DAY))
    market.pass_time(DAY)
    freeze(market, until + DAY, GOVERNOR)
    market.now = until + 91 * DAY
    freeze(market, market.now + DAY)


def test_an_ended_record_cannot_be_frozen() -> None:
    market = issued()
    market.do("shipper", "DECLINE")
    market.do("carrier", "VOID")
    refused(market, lambda: freeze(market, market.now + DAY), NoRecord(document=market.document))
