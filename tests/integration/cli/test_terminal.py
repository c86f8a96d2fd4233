"""Data on stdout, talk on stderr, the same JSON everywhere: in processes of their own, on a terminal and in a pipe."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

LINE = [sys.executable, "-c", "import sys; from portledger.cli.main import main; sys.exit(main(sys.argv[1:]))"]


def environment(**more: str) -> dict[str, str]:
    source = str(Path(__file__).parents[3] / "src")
    return {**os.environ, "PYTHONPATH": source, **more}


def on_a_terminal(arguments: list[str]) -> bytes:
    """What a terminal gets, without the carriage returns that it adds."""
    master, slave = pty.openpty()
    process = subprocess.Popen([*LINE, *arguments], stdout=slave, stderr=subprocess.DEVNULL, env=environment())
    os.close(slave)
    parts = []
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    process.wait()
    os.close(master)
    return b"".join(parts).replace(b"\r\n", b"\n")


def test_json_is_the_same_on_a_terminal_and_in_a_pipe() -> None:
    arguments = ["kind", "show", "ebl-negotiable", "--json"]
    piped = subprocess.run([*LINE, *arguments], capture_output=True, env=environment(), check=True).stdout
    assert on_a_terminal(arguments) == piped
    assert json.loads(piped)["id"] == "ebl-negotiable"


def test_without_colours_nothing_is_coloured() -> None:
    command = [*LINE, "kind", "list"]
    run = subprocess.run(command, capture_output=True, env=environment(NO_COLOR="1", FORCE_COLOR=""), check=True)
    assert b"\x1b" not in run.stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = " ".join(["exec", "'" + sys.executable + "'", "-c", f'"{LINE[2]}"', "kind", "show", "ebl-negotiable"])
    run = subprocess.run(f"{command} | head -n 1", shell=True, capture_output=True, env=environment(), check=False)
    assert b"Traceback" not in run.stderr
    assert b"Broken pipe" not in run.stderr
