"""A fixed piece of work, in a process of its own beside what is measured.

Processor time does not only grow with the work: whoever shares the caches and the memory of a machine makes the same
instructions slower. What this piece costs at one moment and another tells the one from the other.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import random
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from types import TracebackType
from typing import Final

_PAUSE: Final = 0.1
_KEYS: Final = 1 << 16
_LOOKS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Mark:
    """How many pieces were done so far, and their processor time in seconds."""

    pieces: int
    seconds: float


class Yardstick(AbstractContextManager["Yardstick"]):
    """About two per cent of one core."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pieces: Synchronized[int] = context.Value("q", 0)
        self._seconds: Synchronized[float] = context.Value("d", 0.0)
        self._process = context.Process(target=_work, args=(self._pieces, self._seconds), daemon=True)
        self._process.start()

    def __exit__(self, kind: type[BaseException] | None, one: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()  # SIGTERM may be ignored where this was started, and there is nothing to put away
        self._process.join()

    def mark(self) -> Mark:
        with self._pieces.get_lock():
            return Mark(self._pieces.value, self._seconds.value)

    def wait(self) -> None:
        """Until the first piece is done, which is slow and not counted."""
        while not self.mark().pieces:
            time.sleep(0.05)


def piece_cost(before: Mark, after: Mark) -> float | None:
    """Microseconds of processor time for one piece between two marks; None when there was none."""
    pieces = after.pieces - before.pieces
    return 1e6 * (after.seconds - before.seconds) / pieces if pieces else None


def _work(pieces: Synchronized[int], seconds: Synchronized[float]) -> None:
    table = {hashlib.sha256(at.to_bytes(4)).digest(): str(at) for at in range(_KEYS)}
    keys, chosen = list(table), random.Random(1)
    while True:
        began = time.thread_time()
        _piece(table, keys, chosen)
        spent = time.thread_time() - began
        with pieces.get_lock():
            pieces.value += 1
            seconds.value += spent
        time.sleep(_PAUSE)


def _piece(table: dict[bytes, str], keys: list[bytes], chosen: random.Random) -> None:
    """What an act costs a process is mostly this: objects made and dropped, digests, texts, places in a large table."""
    found = {keys[chosen.randrange(_KEYS)].hex(): index for index in range(_LOOKS)}
    read = json.loads(json.dumps(found))
    hashlib.sha256("".join(table[bytes.fromhex(key)] for key in read).encode()).digest()
