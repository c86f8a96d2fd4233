"""What a second officer reads at the terminal before "Sign this?": all that is signed, and nothing that steers it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from tests.support.vault import place

from portledger.cli import waiting
from portledger.domain.actions import Action
from portledger.sdk.collecting import Collected


def found(**terms: Any) -> Collected:
    action = Action(
        kind=1, verb=1, document=place().document, previous=bytes(32), actor=1, epoch=0, deadline=2_000_000_000, **terms
    )
    act = SimpleNamespace(
        action=action, intent="use a part", kind=SimpleNamespace(id="coo/1"), verb="USE_PART", digest=bytes(32),
        needed=2, content=None,
    )  # fmt: skip
    return Collected("00", cast(Any, act), {b"\1" * 20: bytes(65)}, {"purpose": "\x1b[2K\u202egood"})


def told(one: Collected, name: str = "Bank") -> str:
    run = SimpleNamespace(names=lambda parties: {party: name for party in parties if party})
    return waiting._told(cast(Any, run), one)


def test_the_quantity_is_shown_in_words_and_as_data() -> None:
    one = found(quantity=250_000)
    assert "quantity      250000 parts per million" in told(one)
    assert waiting._facts(one)["quantity"] == 250_000
    assert "quantity" not in told(found())


def test_a_name_or_a_detail_neither_steers_the_terminal_nor_turns_its_line() -> None:
    shown = told(found(counterparty=3), "\x1b[1A\x1b[2KBank\u202e")
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\u001b[1A" in shown
