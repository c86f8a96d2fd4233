"""docs/command_line.md lists the exit codes that the command line has, with the same words."""

from __future__ import annotations

from pathlib import Path

from portledger.cli.exit_codes import MEANING

PAGE = Path(__file__).parents[3] / "docs" / "command_line.md"


def test_the_page_lists_every_exit_code_with_its_meaning() -> None:
    rows = [line.strip("| \n").split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("|")]
    listed = {int(code): meaning for code, meaning in rows[2:]}
    assert listed == {int(code): meaning for code, meaning in MEANING.items()}
