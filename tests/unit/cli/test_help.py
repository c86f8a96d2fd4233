"""Every command explains itself, with an example that is a command line of its own."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from portledger.cli.exit_codes import MEANING
from portledger.cli.main import WORDS, build, main

SNAPSHOT = Path(__file__).parent / "commands.txt"


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its path."""
    here = typer.main.get_command(build()) if group is None else group
    for name, one in sorted(here.commands.items()):
        if hasattr(one, "commands"):
            yield from commands(one, (*path, name))
        else:
            yield (*path, name), one


ALL = dict(commands())


def test_the_commands_and_their_options_are_the_ones_that_were_agreed(request: pytest.FixtureRequest) -> None:
    """A change of the command line shows here. Write the file anew with PORTLEDGER_SNAPSHOT=1."""
    import os

    lines = [" ".join([*path, *_options(one)]) for path, one in sorted(ALL.items())]
    text = "\n".join(lines) + "\n"
    if os.environ.get("PORTLEDGER_SNAPSHOT"):
        SNAPSHOT.write_text(text)
    assert SNAPSHOT.read_text() == text


COMMON = {"--json", "--home", "--gateway", "--as", "--passphrase-file", "--key", "--propose", "--help"}


def _options(one: Any) -> list[str]:
    found = []
    for parameter in one.params:
        names = [name for name in parameter.opts if name.startswith("--")]
        if not names:
            found.append(f"<{parameter.name}>")
        elif names[0] not in COMMON:
            found.append(names[0])
    return found


def _help(path: tuple[str, ...]) -> str:
    one = ALL[path]
    return str(one.get_help(one.make_context(" ".join(["portledger", *path]), [], resilient_parsing=True)))


@pytest.mark.parametrize("path", sorted(ALL), ids=" ".join)
def test_a_command_has_help_json_and_an_example_that_is_itself(path: tuple[str, ...]) -> None:
    shown = _help(path)
    assert "--json" in shown
    assert "\x1b" not in shown
    example = re.search(r"Example:\n((?:    .*\n)+)", shown)
    assert example is not None, shown
    words = shlex.split(example.group(1).split(" > ")[0])
    assert tuple(words[: 1 + len(path)]) == ("portledger", *path)
    known = {name for parameter in ALL[path].params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("path", sorted(ALL), ids=" ".join)
def test_no_command_takes_a_passphrase_as_an_argument(path: tuple[str, ...]) -> None:
    names = {name for parameter in ALL[path].params for name in parameter.opts}
    assert not names & {"--passphrase", "--password", "-p"}


def test_the_exit_codes_stand_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for code, text in MEANING.items():
        assert re.search(rf"^ +{int(code)}  {re.escape(text)}$", shown, re.MULTILINE)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_alone_has_the_same_commands_as_among_the_others(word: str) -> None:
    alone = dict(commands(typer.main.get_command(build(word))))
    assert [" ".join(path) for path in alone] == [" ".join(path) for path in ALL if path[0] == word]


def test_a_command_loads_no_other_words_rooms() -> None:
    """Every room costs every command: a third of a second of a core when all were loaded."""
    code = "import sys; from portledger.cli.main import main; main(['kind', 'list']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    others = {f"portledger.cli.{word}" for word in WORDS if word != "kind"}
    assert others.isdisjoint(loaded)
    assert {"jsonschema", "celpy"}.isdisjoint(loaded)
