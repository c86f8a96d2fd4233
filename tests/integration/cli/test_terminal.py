"""Data on stdout, talk on stderr, the same JSON everywhere: in processes of their own, on a terminal and in a pipe."""

import json
import subprocess
import sys

from tests.support.terminal import LINE, environment, on_a_terminal


def test_json_is_the_same_on_a_terminal_and_in_a_pipe() -> None:
    arguments = ["kind", "show", "ebl-negotiable", "--json"]
    piped = subprocess.run([*LINE, *arguments], capture_output=True, env=environment(), check=True).stdout
    assert on_a_terminal(arguments) == piped
    assert json.loads(piped)["id"] == "ebl-negotiable"


def test_without_colours_nothing_is_coloured() -> None:
    """On a terminal, where Rich would still write bold and italic: in tables, pairs, titles and errors."""
    for arguments in (["kind", "list"], ["kind", "show", "ebl-straight"], ["config", "show"], ["kind", "show", "nope"]):
        assert b"\x1b[" in on_a_terminal(arguments, NO_COLOR="")
        assert b"\x1b" not in on_a_terminal(arguments, NO_COLOR="1")


def test_a_pipe_gets_a_line_for_each_row_and_no_escape_sequence() -> None:
    command = [*LINE, "kind", "show", "ebl-negotiable"]
    run = subprocess.run(command, capture_output=True, env=environment(), check=True)
    assert b"\x1b" not in run.stdout
    row = next(line for line in run.stdout.decode().splitlines() if " CONFIRM_SWITCH" in line)
    assert row.split() == ["PENDING_SWITCH_PLATFORM", "CONFIRM_SWITCH*", "SWITCHED_PLATFORM", "offeree", "(platform)"]


def test_on_eighty_columns_no_state_is_broken_in_two() -> None:
    shown = on_a_terminal(["kind", "show", "ebl-negotiable"], NO_COLOR="1").decode()
    assert max(map(len, shown.splitlines())) <= 80
    assert "then      PENDING_SURRENDER_FOR_AMENDMENT\n" in shown


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = " ".join(["exec", "'" + sys.executable + "'", "-c", f'"{LINE[2]}"', "kind", "show", "ebl-negotiable"])
    run = subprocess.run(f"{command} | head -n 1", shell=True, capture_output=True, env=environment(), check=False)
    assert b"Traceback" not in run.stderr
    assert b"Broken pipe" not in run.stderr
