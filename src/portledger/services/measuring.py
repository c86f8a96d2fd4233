"""What stands in the databases and at the node, measured when the operator's port is asked: the queue, how far the read
model is, webhooks, stamps. Every process of a system measures the same; `max` over them is the figure.

A part that is not ready is not measured, and its figures are left out: no figure is better than an old one. What takes
long to measure, because tables are large or a database is busy, is measured less often instead: however often is asked,
measuring takes a twentieth of the time at most, and a figure is never older than a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import structlog
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy.exc import SQLAlchemyError

from portledger.chain.rpc import Rpc, quantity
from portledger.domain.errors import PortledgerError
from portledger.services.health import READY, Health
from portledger.services.ledger import Databases
from portledger.store import backlog, proofs, read_model, stamps, upkeep, webhook_queue
from portledger.store.webhook_queue import DeliveryState

log = structlog.get_logger("measuring")

QUICK_SECONDS: Final = 0.1
"""What takes no longer is measured each time."""
RESTS: Final = 20
"""Other figures are good for so many times as long as they took."""
OLDEST_SECONDS: Final = 60.0
_PARTS: Final = ("queue", "reading", "webhooks", "proofs")


@dataclass(slots=True, eq=False)
class Measuring:
    """A collector. confirmations: those of the indexer; clock: unix seconds; timer: seconds of one that never jumps."""

    health: Health
    databases: Databases
    rpc: Rpc
    confirmations: int = 0
    clock: Callable[[], float] = time.time
    timer: Callable[[], float] = time.monotonic
    _queue: backlog.Backlog = field(default_factory=backlog.Backlog)
    _failures: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_PARTS, 0))
    _kept: dict[str, tuple[float, list[Metric]]] = field(default_factory=dict)
    """Figures of parts that took long, and until when they are good."""

    def collect(self) -> Iterator[Metric]:
        found = self.health.look()
        ready = GaugeMetricFamily("portledger_part_ready", "1 for each part of /readyz that is ready.", labels=["part"])
        for part, words in found.parts.items():
            ready.add_metric([part], float(words == READY))
        yield ready
        if found.parts.get("database") == READY and found.parts.get("schema") == READY:
            yield from self._tried("queue", self._measure_queue)
            yield from self._tried("webhooks", self._measure_webhooks)
            yield from self._tried("proofs", self._measure_proofs)
            if found.parts.get("node") == READY:
                yield from self._tried("reading", self._measure_reading)
        failures = CounterMetricFamily(
            "portledger_measure_failures", "Times that a figure could not be measured.", labels=["what"]
        )
        for what, count in self._failures.items():
            failures.add_metric([what], count)
        yield failures

    def _tried(self, what: str, measure: Callable[[], Iterable[Metric]]) -> list[Metric]:
        began = self.timer()
        until, figures = self._kept.get(what, (0.0, []))
        if began < until:
            return figures
        try:
            figures = list(measure())
        except (PortledgerError, SQLAlchemyError) as failure:
            self._failures[what] += 1
            log.warning("not_measured", what=what, exc_info=failure)
            figures = []
        took = self.timer() - began
        self._kept[what] = (0.0, [])
        if took > QUICK_SECONDS:
            self._kept[what] = (began + took + min(RESTS * took, OLDEST_SECONDS), figures)
        return figures

    def _measure_queue(self) -> Iterator[Metric]:
        found = self._queue.measure(self.databases.intake, self.databases.relay, self.databases.ledger)
        acts = GaugeMetricFamily(
            "portledger_queue_acts",
            "Acts and calls that were accepted and have no outcome: waiting, sent in a transaction, or parked.",
            labels=["state"],
        )
        oldest = GaugeMetricFamily(
            "portledger_queue_oldest_seconds",
            "Age of the oldest of them, 0 when there is none; of what is sent, since its transaction was made.",
            labels=["state"],
        )
        now = self.clock()
        for state, one in found.items():
            acts.add_metric([state], one.count)
            oldest.add_metric([state], 0.0 if one.since is None else max(0.0, now - one.since))
        yield acts
        yield oldest

    def _measure_reading(self) -> Iterator[Metric]:
        head = self.rpc.block()
        with self.databases.ledger.connect() as connection:
            block = read_model.confirmed(connection)
            seen = upkeep.seen(connection)
        number, moment = (0, 0) if head is None else (quantity(head["number"]), quantity(head["timestamp"]))
        shown = block.number if block is not None else 0
        behind = max(0, number - self.confirmations - shown)
        seconds = max(0, moment - block.time) if behind and block is not None else 0
        yield _gauge("portledger_node_block", "Newest block of the node.", number)
        yield _gauge("portledger_confirmed_block", "Newest block in the read model.", shown)
        yield _gauge(
            "portledger_indexer_behind_blocks", "Blocks of the node that the read model should have and lacks.", behind
        )
        yield _gauge(
            "portledger_indexer_behind_seconds",
            "Time of the chain between the newest block of the read model and the node's, 0 when none is lacking.",
            seconds,
        )
        yield _gauge("portledger_rebuilds", "How often the read model was built anew by itself.", seen.rebuilds)

    def _measure_webhooks(self) -> Iterator[Metric]:
        with self.databases.relay.connect() as connection:
            found = webhook_queue.undone(connection)
        deliveries = GaugeMetricFamily(
            "portledger_webhook_deliveries", "Deliveries to webhooks that were not taken yet.", labels=["state"]
        )
        for state in (DeliveryState.WAITING, DeliveryState.PARKED):
            deliveries.add_metric([state.word], found[state].count if state in found else 0)
        yield deliveries
        waiting = found.get(DeliveryState.WAITING)
        age = 0.0 if waiting is None else max(0.0, self.clock() - waiting.since)
        yield _gauge("portledger_webhook_oldest_seconds", "Age of the oldest delivery that waits, 0 for none.", age)

    def _measure_proofs(self) -> Iterator[Metric]:
        with self.databases.proofs.connect() as connection:
            nightly, stamped = proofs.progress(connection).nightly_at, stamps.newest_time(connection)
        yield _gauge(
            "portledger_nightly_proofs_time_seconds",
            "When the last nightly round of proofs began that came to its end, unix seconds; 0 = never.",
            nightly,
        )
        yield _gauge(
            "portledger_stamp_time_seconds", "Time of the newest outside time stamp, unix seconds; 0 = never.", stamped
        )


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)
