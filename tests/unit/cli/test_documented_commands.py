"""The commands shown in docs/command_line.md exist, with the options that they are shown with."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from portledger.cli.main import build

PAGE = (Path(__file__).parents[3] / "docs" / "command_line.md").read_text()
SHOWN = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("line", SHOWN)
def test_a_shown_command_parses(line: str) -> None:
    program, *words = shlex.split(line)
    here = typer.main.get_command(build(words[0]))
    assert program == "portledger"
    while hasattr(here, "commands"):
        here = here.commands[words.pop(0)]
    here.make_context("shown", words)


def test_the_page_shows_commands() -> None:
    assert len(SHOWN) >= 5
