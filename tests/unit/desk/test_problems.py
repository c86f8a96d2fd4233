"""What went wrong is said in both languages: of every error that a person at the desk can meet, and of no other."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Final

import pytest

import portledger
from portledger.desk.problems import OTHERWISE, SAID, said
from portledger.domain.errors import PortledgerError

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
AT_THE_DESK: Final = ("domain", "evidence", "vault", "chain", "sdk", "desk")
"""The packages whose errors reach the desk: its own, what it uses, and what a gateway's problems are turned back into.
Errors of the servers' own packages (store, relay, services) stay with whoever runs them."""


def errors(kind: type[PortledgerError] = PortledgerError) -> Iterator[type[PortledgerError]]:
    for one in kind.__subclasses__():
        yield one
        yield from errors(one)


def at_the_desk() -> dict[str, type[PortledgerError]]:
    """By code; those that only gather others have no remedy and are never raised."""
    for name in AT_THE_DESK:
        package = importlib.import_module(f"{portledger.__name__}.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    homes = tuple(f"{portledger.__name__}.{name}." for name in AT_THE_DESK)
    return {one.__name__: one for one in errors() if one.REMEDY and one.__module__.startswith(homes)}


@pytest.mark.parametrize("code", sorted(at_the_desk()))
def test_every_error_that_reaches_the_desk_has_a_sentence_of_its_own_in_both_languages(code: str) -> None:
    assert code in SAID, f"{code}: say in desk/problems.py what happened and what to do, in English and Japanese"
    english, japanese = said(code, "en"), said(code, "ja")
    assert not JAPANESE.search(english)
    assert JAPANESE.search(japanese)
    assert (english[-1], japanese[-1]) == (".", "。")


def test_only_errors_that_exist_are_explained() -> None:
    assert set(SAID) - set(at_the_desk()) == set()


def test_an_error_without_a_sentence_of_its_own_has_the_general_one() -> None:
    assert said("NobodyKnowsThis", "ja") == OTHERWISE[1]
