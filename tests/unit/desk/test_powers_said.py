"""What an audit says of powers is said in both languages."""

import re

import pytest

from portledger.desk import powers_said
from portledger.domain.codes import PartyAct, Power, Source

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def spoken(name: str) -> str:
    return name.lower().replace("_", " ")


@pytest.mark.parametrize("one", [*Power, *Source], ids=str)
def test_every_power_and_source_has_its_word(one: Power | Source) -> None:
    assert JAPANESE.search(powers_said.power(spoken(one.name), "ja"))
    assert not JAPANESE.search(powers_said.power(spoken(one.name), "en"))


@pytest.mark.parametrize("one", PartyAct, ids=str)
def test_every_change_has_its_word(one: PartyAct) -> None:
    assert JAPANESE.search(powers_said.change(spoken(one.name), "ja"))
    assert not JAPANESE.search(powers_said.change(spoken(one.name), "en"))


@pytest.mark.parametrize(
    ("what", "english", "japanese"),
    [
        ("register", "register", "登録"),
        ("propose set roles", "propose: set roles", "提案：業種の変更"),
        ("appoint guardian", "appoint: guardian", "任命：保全機関"),
        ("suspend until 2026-11-26 00:00", "suspend until 2026-11-26 00:00", "2026-11-26 00:00 まで停止"),
        ("something new\u202e", "something new⟦U+202E⟧", "something new⟦U+202E⟧"),
        ("propose {0.__class__}", "propose: {0.__class__}", "提案：{0.__class__}"),
    ],
)
def test_what_was_done_is_said_and_what_is_unknown_stands_as_it_came(what: str, english: str, japanese: str) -> None:
    assert (powers_said.done(what, "en"), powers_said.done(what, "ja")) == (english, japanese)
