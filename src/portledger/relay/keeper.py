"""The keeper of proofs: what a node will forget is asked for in time (docs/protocol §13, B5).

Every few seconds for the records that came to an end, once a night for all that changed. A thread of its own: an answer
of the node may take a second, and neither the relayer nor the indexer waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from portledger import measures
from portledger.domain.errors import PortledgerError
from portledger.services.prove import Prover

log = structlog.get_logger("keeper")


class Keeper:
    """`start`, and `stop` until it has ended. seconds: between two looks for ended records; hour: of the day, UTC, from
    which the nightly round is due; clock: unix seconds; mine: whether this process has the indexer's work now, and the
    keeper's with it."""

    def __init__(
        self,
        prover: Prover,
        seconds: float,
        hour: int,
        clock: Callable[[], float] = time.time,
        mine: Callable[[], bool] = lambda: True,
    ) -> None:
        self._prover, self._seconds, self._hour, self._clock, self._mine = prover, seconds, hour, clock, mine
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def ask_to_stop(self) -> None:
        self._stopping.set()

    def stop(self, seconds: float | None = None) -> bool:
        """Whether it has ended, after at most that many seconds; what it was at it begins anew in its next life."""
        self._stopping.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def step(self) -> None:
        """One look, and the nightly round when it is due. Raises Unavailable when the node does not answer."""
        kept = self._prover.keep_ended()
        if kept:
            log.info("proofs_kept", records=kept)
        self._prover.follow_seals()
        now = self._clock()
        at = self._prover.nightly_at()
        if at < due_before(now, self._hour) or at > now:  # a round of to-morrow was one of a clock that was wrong
            kept, swept = self._prover.keep_changed(), self._prover.sweep()
            self._prover.nightly_done(now)
            log.info("nightly_proofs", records=kept, swept=swept)

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            if not self._mine():
                continue
            try:
                self.step()
                measures.came_round("keeper")
            except PortledgerError as failure:
                log.warning("keeping_failed", error=str(failure))
                measures.LOOP_FAILURES.labels("keeper").inc()
            except Exception:
                log.exception("keeping_failed")
                measures.LOOP_FAILURES.labels("keeper").inc()


def due_before(now: float, hour: int) -> float:
    """The newest moment, not after now, at which the nightly round was due. Unix seconds."""
    moment = datetime.fromtimestamp(now, UTC)
    due = moment.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (due if due <= moment else due - timedelta(days=1)).timestamp()
