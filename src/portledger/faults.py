"""Named places at which a process can be made to die, for the tests that kill it between any two steps.

Active only when the environment names them: PORTLEDGER_FAULT=name, or name:3 for the third time the place is passed;
or PORTLEDGER_FAULT=@path, a file with one such line per death. Its first line counts; who dies of it takes it away, so
that a process that is started again goes on to the next one, and more can be added while the system runs.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

_ASKED = os.environ.get("PORTLEDGER_FAULT", "")
_passed: dict[str, int] = {}


def point(name: str) -> None:
    """Dies here, as by `kill -9`, when the environment names this place."""
    if _ASKED:
        _at(name)


def _at(name: str) -> None:
    first, rest = (_ASKED, []) if _ASKED[0] != "@" else _listed(Path(_ASKED[1:]))
    wanted, _, count = first.partition(":")
    if name != wanted:
        return
    _passed[first] = _passed.get(first, 0) + 1
    if _passed[first] < int(count or 1):
        return
    if _ASKED[0] == "@":
        Path(_ASKED[1:]).write_text("".join(line + "\n" for line in rest))
    os.kill(os.getpid(), signal.SIGKILL)


def _listed(path: Path) -> tuple[str, list[str]]:
    """The first death to come, "" when there is none, and the others."""
    lines = path.read_text().split() if path.exists() else []
    return (lines[0] if lines else ""), lines[1:]
