"""What went wrong is said in both languages, and only of errors that exist."""

import importlib
import pkgutil
import re

import pytest

import portledger
from portledger.desk.problems import OTHERWISE, SAID, said
from portledger.domain.errors import PortledgerError

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def codes(kind: type[PortledgerError] = PortledgerError) -> set[str]:
    return {kind.__name__}.union(*(codes(one) for one in kind.__subclasses__()))


@pytest.mark.parametrize("code", SAID)
def test_every_error_is_explained_in_english_and_in_japanese(code: str) -> None:
    assert not JAPANESE.search(said(code, "en"))
    assert JAPANESE.search(said(code, "ja"))


def test_only_errors_that_exist_are_explained() -> None:
    for name in ("domain", "sdk"):
        package = importlib.import_module(f"{portledger.__name__}.{name}")
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    assert set(SAID) - codes() == set()


def test_an_error_without_a_sentence_of_its_own_has_the_general_one() -> None:
    assert said("NobodyKnowsThis", "ja") == OTHERWISE[1]
