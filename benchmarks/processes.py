"""What each process of a running system has used, from /proc: processor time, memory, open files. Linux only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICK: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
ROLES: Final = ("node", "gateway", "relay", "client")
"""client: the process that measures; relay: relayer, indexer, keeper and miner, which share one process."""


@dataclass(frozen=True, slots=True)
class Usage:
    """cpu: seconds of user and system time so far; memory: resident bytes; files: open handles."""

    cpu: float
    memory: int
    files: int


def usage(system: int) -> dict[str, Usage]:
    """By role, of the system whose first process has that id, and of this process as the client."""
    found: dict[str, Usage] = {role: Usage(0, 0, 0) for role in ROLES}
    for process in _family(system):
        role, one = _role(process, system), _usage(process)
        before = found[role]
        found[role] = Usage(before.cpu + one.cpu, before.memory + one.memory, before.files + one.files)
    found["client"] = _usage(os.getpid())
    return found


def cost(before: dict[str, Usage], after: dict[str, Usage], acts: int) -> dict[str, float]:
    """Microseconds of processor time for one act, by role."""
    return {role: round(1e6 * (after[role].cpu - before[role].cpu) / acts, 1) for role in ROLES}


def _family(first: int) -> Iterator[int]:
    yield first
    for task in Path(f"/proc/{first}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _role(process: int, system: int) -> str:
    if process == system:
        return "relay"
    command = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    return "node" if command[0].endswith(b"anvil") else "gateway"


def _usage(process: int) -> Usage:
    # The command's name stands in brackets and may hold spaces: fields are counted after it.
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    files = len(os.listdir(f"/proc/{process}/fd"))
    return Usage((int(fields[11]) + int(fields[12])) / _TICK, int(fields[21]) * _PAGE, files)
