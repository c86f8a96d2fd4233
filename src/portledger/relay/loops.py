"""The two loops as threads of one process: each does what it can, sleeps when there is nothing, survives failures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from portledger import measures
from portledger.domain.errors import PortledgerError
from portledger.relay.indexer import Indexer
from portledger.relay.relayer import Relayer
from portledger.store.leases import Lease, LeaseTaken
from portledger.store.upkeep import Seen

log = structlog.get_logger("relay")

IDLE_SECONDS: Final = 0.01
"""Half of what a lone act waits for each loop, as long as something has just happened."""
QUIET_SECONDS: Final = 0.05
"""The longest, when nothing has happened for half a second. A node that is slow to make a block must not be asked for
it all the more often: what asking costs would grow with every act it has."""
PATIENCE: Final = 0.1
"""In between: this much of the time that nothing has happened for."""
FAILURE_SECONDS: Final = 0.5
WAIT_SECONDS: Final = 0.5
"""Between two attempts at work that another process has."""


def pause(idle: float) -> float:
    """Seconds until a loop looks again that has found nothing for so many seconds."""
    return min(QUIET_SECONDS, max(IDLE_SECONDS, idle * PATIENCE))


@dataclass(slots=True)
class Loops:
    """`start`, and `stop` until all have ended. The relayer follows the indexer's cursor.

    Where one of the two is None, it works in another process: `reading` then says how far the indexer is. Work whose
    lease another process has is waited for.
    """

    indexer: Indexer | None
    relayer: Relayer | None
    reading: Callable[[], Seen] | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        works: list[tuple[str, Lease | None, Callable[[], Callable[[], bool]]]] = []
        if self.indexer is not None:
            works.append(("indexer", self.indexer.lease, self._index))
        if self.relayer is not None:
            works.append(("relayer", self.relayer.lease, self._relay))
        for name, lease, work in works:
            thread = threading.Thread(target=self._run, args=(lease, work), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    @property
    def alive(self) -> bool:
        """Whether every loop that was started still runs; failures do not end them."""
        return all(thread.is_alive() for thread in self._threads)

    def ask_to_stop(self) -> None:
        self._stopping.set()

    def stop(self, seconds: float | None = None) -> bool:
        """Whether all have ended, each after at most that many seconds; their leases are free then."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(seconds)
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, lease: Lease | None, work: Callable[[], Callable[[], bool]]) -> None:
        """`work` prepares a loop's state anew and returns its step; after a failure it is called again."""
        name = threading.current_thread().name
        waited = False
        while not self._stopping.is_set():
            try:
                if lease is not None:
                    lease.take()
                waited = False
                self._repeat(work(), lease)
            except LeaseTaken as failure:
                if not waited:
                    log.info("waits_for_its_turn", loop=name, found=failure.found)
                waited = True
                measures.came_round(name)
                self._stopping.wait(WAIT_SECONDS)
            except PortledgerError as failure:
                log.warning("loop_failed", loop=name, error=str(failure))
                measures.LOOP_FAILURES.labels(name).inc()
                self._stopping.wait(FAILURE_SECONDS)
            except Exception:
                log.exception("loop_failed", loop=name)
                measures.LOOP_FAILURES.labels(name).inc()
                self._stopping.wait(FAILURE_SECONDS)
        if lease is not None:
            lease.release()

    def _repeat(self, step: Callable[[], bool], lease: Lease | None) -> None:
        worked_at = time.monotonic()
        while not self._stopping.is_set():
            if lease is not None:
                lease.keep()
            worked = step()
            measures.came_round(threading.current_thread().name)
            if worked:
                worked_at = time.monotonic()
                continue
            self._stopping.wait(pause(time.monotonic() - worked_at))

    def _index(self) -> Callable[[], bool]:
        assert self.indexer is not None
        self.indexer.start()
        return self.indexer.step

    def _relay(self) -> Callable[[], bool]:
        relayer, reading = self.relayer, self.reading or (self.indexer.seen if self.indexer else None)
        assert relayer is not None
        assert reading is not None
        relayer.start()
        looked_at: int | None = None

        def step() -> bool:
            nonlocal looked_at
            seen = reading()
            if seen.rebuilds != looked_at and seen.complete:
                # At first nobody knows what happened before: this loop may have failed while the chain went back.
                if looked_at is not None or relayer.lost_outcomes():
                    relayer.chain_went_back()
                looked_at = seen.rebuilds
            return relayer.step(seen.confirmed)

        return step
