"""What the operator's port measures in the tables costs little, however large they are and however often is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from prometheus_client.metrics_core import Metric
from sqlalchemy import event

from portledger.chain.rpc import Rpc
from portledger.services.health import Health, add_databases
from portledger.services.ledger import Databases
from portledger.services.measuring import OLDEST_SECONDS, QUICK_SECONDS, Measuring
from portledger.store import outbox
from portledger.store.outbox import Row, Type


class Slow:
    """A timer, and databases whose every statement takes so long by it."""

    def __init__(self, databases: Databases, seconds: float) -> None:
        self.now, self.seconds, self.asked = 1000.0, seconds, 0
        for engine in (databases.intake, databases.relay):
            event.listen(engine, "before_cursor_execute", self._took)
        self._thread = threading.get_ident()

    def _took(self, *_: Any) -> None:
        if threading.get_ident() == self._thread:  # not the probes of /readyz
            self.now, self.asked = self.now + self.seconds, self.asked + 1

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def health(databases: Databases) -> Iterator[Health]:
    found = Health()
    add_databases(found, databases)
    yield found
    found.close()


def waiting(found: Iterable[Metric]) -> float | None:
    return next(
        (one.value for metric in found for one in metric.samples
         if one.name == "portledger_queue_acts" and one.labels == {"state": "waiting"}),
        None,
    )  # fmt: skip


def accept(databases: Databases, name: bytes) -> None:
    with databases.intake.begin() as connection:
        outbox.add(connection, [Row(Type.ACT, name * 32, b"", 5.0)])


def test_what_is_quick_is_measured_each_time(databases: Databases, health: Health) -> None:
    measuring = Measuring(health, databases, Rpc("http://127.0.0.1:1"), timer=Slow(databases, 0.0))
    for number in range(3):
        assert waiting(measuring.collect()) == number
        accept(databases, bytes([number]))


@pytest.mark.parametrize("seconds", [2 * QUICK_SECONDS, 1.0])
def test_what_takes_long_is_not_measured_again_before_a_multiple_of_that_has_passed(
    databases: Databases, health: Health, seconds: float
) -> None:
    timer = Slow(databases, seconds)
    measuring = Measuring(health, databases, Rpc("http://127.0.0.1:1"), timer=timer)
    assert waiting(measuring.collect()) == 0
    accept(databases, b"a")
    accept(databases, b"b")
    began, asked = timer.now, timer.asked
    for _ in range(200):
        assert waiting(measuring.collect()) == 0
    assert timer.asked == asked
    timer.now = began + OLDEST_SECONDS + 1
    assert waiting(measuring.collect()) == 2


def test_the_longest_rest_is_a_minute(databases: Databases, health: Health) -> None:
    timer = Slow(databases, 100.0)
    measuring = Measuring(health, databases, Rpc("http://127.0.0.1:1"), timer=timer)
    assert waiting(measuring.collect()) == 0
    accept(databases, b"a")
    timer.now += OLDEST_SECONDS + 1
    assert waiting(measuring.collect()) == 1
