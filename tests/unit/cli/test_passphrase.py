"""A passphrase comes from a file, from the environment or from the person at a terminal, in this order."""

import getpass
from collections.abc import Iterator
from pathlib import Path

import pytest

from portledger.cli.command import passphrase
from portledger.domain.errors import InvalidInput


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Somebody sits at a terminal and types these, one after another."""
    texts: list[str] = []
    monkeypatch.delenv("PORTLEDGER_PASSPHRASE", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda *_, **__: texts.pop(0))
    yield texts
    assert texts == []


def test_it_is_asked_for_at_a_terminal_and_twice_where_it_is_new(typed: list[str]) -> None:
    typed += ["correct horse"]
    assert passphrase(None, "Passphrase") == "correct horse"
    typed += ["correct horse", "correct horse"]
    assert passphrase(None, "Passphrase", twice=True) == "correct horse"
    typed += ["correct horse", "correct hearse"]
    with pytest.raises(InvalidInput, match="two different texts"):
        passphrase(None, "Passphrase", twice=True)


def test_the_environment_goes_before_the_terminal_and_a_file_before_both(
    typed: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PORTLEDGER_PASSPHRASE", "of the environment")
    assert passphrase(None, "Passphrase") == "of the environment"
    file = tmp_path / "passphrase"
    file.write_bytes("of the file 四日市\r\nsecond line\n".encode())
    assert passphrase(file, "Passphrase") == "of the file 四日市"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--passphrase-file"):
        passphrase(tmp_path / "none", "Passphrase")
