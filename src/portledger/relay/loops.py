"""The two loops as threads of one process: each does what it can, sleeps when there is nothing, survives failures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from portledger.domain.errors import PortledgerError
from portledger.relay.indexer import Indexer
from portledger.relay.relayer import Relayer

log = structlog.get_logger("relay")

IDLE_SECONDS: Final = 0.01
"""Half of what a lone act waits for each loop."""
QUIET_SECONDS: Final = 0.05
"""When nothing has happened for a second."""
FAILURE_SECONDS: Final = 0.5


@dataclass(slots=True)
class Loops:
    """`start`, and `stop` until both have ended. The relayer follows the indexer's cursor."""

    indexer: Indexer
    relayer: Relayer
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for name, work in (("indexer", self._index), ("relayer", self._relay)):
            thread = threading.Thread(target=self._run, args=(work,), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, work: Callable[[], Callable[[], bool]]) -> None:
        """`work` prepares a loop's state anew and returns its step; after a failure it is called again."""
        while not self._stopping.is_set():
            try:
                self._repeat(work())
            except PortledgerError as failure:
                log.warning("loop_failed", loop=threading.current_thread().name, error=str(failure))
                self._stopping.wait(FAILURE_SECONDS)
            except Exception:
                log.exception("loop_failed", loop=threading.current_thread().name)
                self._stopping.wait(FAILURE_SECONDS)

    def _repeat(self, step: Callable[[], bool]) -> None:
        worked_at = time.monotonic()
        while not self._stopping.is_set():
            if step():
                worked_at = time.monotonic()
                continue
            quiet = time.monotonic() - worked_at > 1
            self._stopping.wait(QUIET_SECONDS if quiet else IDLE_SECONDS)

    def _index(self) -> Callable[[], bool]:
        return self.indexer.step

    def _relay(self) -> Callable[[], bool]:
        self.relayer.start()
        looked_at: int | None = None

        def step() -> bool:
            nonlocal looked_at
            rebuilds = self.indexer.rebuilds
            if rebuilds != looked_at and self.indexer.complete:
                # At first nobody knows what happened before: this loop may have failed while the chain went back.
                if looked_at is not None or self.relayer.lost_outcomes():
                    self.relayer.chain_went_back()
                looked_at = rebuilds
            return self.relayer.step(self.indexer.confirmed)

        return step
