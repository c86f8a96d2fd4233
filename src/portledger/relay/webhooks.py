"""The sender of webhooks: a role beside the relayer. Events of the read model in, signed posts out, at least once.

Everything it needs is in its tables, so it may die at any instruction; a post whose answer it did not live to write
down is sent again. One slow or dead receiver holds up nobody else: each webhook has one worker at a time, each party a
few, and a worker's turn is short. Where another process has the lease by now, nothing is taken up, and what was tried
meanwhile is neither sent nor written over.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import Connection

from portledger import __version__, measures
from portledger.domain.errors import PortledgerError
from portledger.formats import api_json as wire
from portledger.relay.webhook_http import Poster
from portledger.services import feed, webhooks
from portledger.services.ledger import Ledger
from portledger.services.query import viewer
from portledger.services.webhooks import Secrets, Webhook
from portledger.store import webhook_queue
from portledger.store.leases import Lease, LeaseLost, LeaseTaken
from portledger.store.webhook_queue import Attempt, Delivery, DeliveryState, Progress

log = structlog.get_logger("webhooks")

CONTENT_TYPE: Final = "application/cloudevents+json"
PAGE: Final = 200
MAX_WAITING: Final = 1000
"""Deliveries of one webhook that are queued and not done: no more events are taken up beyond it."""
AT_ONCE: Final = 50
"""Deliveries in one turn of a webhook's worker."""
TURN_SECONDS: Final = 15.0
"""After so long a worker turns to the next webhook, however many deliveries are left."""
WORKERS: Final = 32
WORKERS_OF_PARTY: Final = 4
"""Receivers that answer as slowly as they may, and all belong to one party, keep so many and no more."""
KEPT_DELIVERED: Final = 1000
KEPT_SECONDS: Final = 30 * 86_400
GONE: Final = 410
"""The receiver says that it wants nothing more: parked at once."""
IDLE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Patience:
    """first: seconds before the second attempt, doubled each time; total: seconds after the first attempt at which the
    last one is made."""

    first: float = 5.0
    total: float = 24 * 3600.0

    def after(self, one: Delivery, at: float) -> float | None:
        """When the next attempt is due after one that failed at that moment; None = no more."""
        end = (at if one.first_at is None else one.first_at) + self.total
        if at >= end:
            return None
        return min(at + self.first * float(2**one.attempts), end)


class Sender:
    """`step` takes up what is new and has what is due sent. clock: unix seconds; lease: proven with every taking up."""

    def __init__(
        self,
        ledger: Ledger,
        secrets: Secrets,
        poster: Poster,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
        lease: Lease | None = None,
    ) -> None:
        self._ledger, self._secrets, self._poster, self._clock = ledger, secrets, poster, clock
        self._lease = lease
        self._patience = patience or Patience()
        self._closing = False
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="webhook")
        self._busy: dict[str, Future[int]] = {}
        self._party: dict[str, int] = {}
        """Whose webhook each of the busy ones is."""

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction of the sender's tables. Raises LeaseLost."""
        with self._ledger.databases.relay.begin() as connection:
            if self._lease is not None:
                self._lease.prove(connection)
            yield connection

    def step(self) -> bool:
        """Whether anything was taken up or is being sent."""
        databases = self._ledger.databases
        known = webhooks.every(databases.intake)
        with databases.relay.connect() as connection:
            progress = webhook_queue.progress(connection)
        for gone in progress.keys() - {one.id for one in known}:
            with self._writing() as connection:
                webhook_queue.forget(connection, gone)
        self._look_at_workers()
        served = [self._served(one, progress.get(one.id)) for one in known]
        return any(served)

    def _served(self, one: Webhook, found: Progress | None) -> bool:
        """One webhook's turn: what is wrong with it is not the others' business."""
        try:
            grown = self._take_up(one, found)
            return self._send(one) or grown
        except LeaseLost:
            raise
        except Exception:
            log.exception("webhook_failed", webhook=one.id)
            return False

    def _look_at_workers(self) -> None:
        for webhook, busy in list(self._busy.items()):
            if busy.done():
                if (failure := busy.exception()) is not None:
                    log.error("sending_failed", webhook=webhook, exc_info=failure)
                del self._busy[webhook], self._party[webhook]

    def close(self) -> None:
        """Waits for the posts that are on their way; what else is due stays due."""
        self._closing = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    # --- events into the queue --------------------------------------------------------------------------------------

    def _take_up(self, one: Webhook, found: Progress | None) -> bool:
        now = self._clock()
        if found is None or found.run != one.run:
            found = Progress(one.run, one.retries, one.from_position)
            with self._writing() as connection:
                webhook_queue.begin_run(connection, one.id, found)
        elif found.retries != one.retries:
            with self._writing() as connection:
                webhook_queue.retry_parked(connection, one.id, one.retries, now)
        with self._ledger.databases.relay.connect() as connection:
            undone = webhook_queue.counts(connection, [one.id])[one.id]
        if undone.get(DeliveryState.WAITING, 0) >= MAX_WAITING:
            return False
        with self._ledger.databases.ledger.connect() as connection:
            who = viewer(connection, one.party)
        page = feed.page(self._ledger, who, found.position, PAGE, feed.Filter(one.types))
        if page.last == found.position:
            return False
        wanted = [(position, event.subject, event.type, wire.encode(event)) for position, event in page.items]
        with self._writing() as connection:
            webhook_queue.add(connection, one.id, one.run, wanted, page.last, now)
            webhook_queue.trim(connection, one.id, KEPT_DELIVERED, now - KEPT_SECONDS)
        return True

    # --- the queue into the world -----------------------------------------------------------------------------------

    def _send(self, one: Webhook) -> bool:
        if one.id in self._busy or Counter(self._party.values())[one.party] >= WORKERS_OF_PARTY:
            return True
        with self._ledger.databases.relay.connect() as connection:
            due = webhook_queue.due(connection, one.id, self._clock(), AT_ONCE)
        if not due:
            return False
        self._party[one.id] = one.party
        self._busy[one.id] = self._pool.submit(self._send_all, one, due)
        return True

    def _send_all(self, one: Webhook, due: list[Delivery]) -> int:
        """Until one fails, when the receiver gets its pause, or the time is over; the rest comes in a later turn. How
        many were taken."""
        until = time.monotonic() + TURN_SECONDS
        for at, delivery in enumerate(due):
            if self._closing or time.monotonic() >= until or not self._attempt(one, delivery):
                return at
        return len(due)

    def _attempt(self, one: Webhook, delivery: Delivery) -> bool:
        with self._ledger.databases.relay.connect() as connection:
            if not webhook_queue.still_due(connection, delivery):
                return False
        now, began = self._clock(), time.monotonic()
        headers = {
            "content-type": CONTENT_TYPE,
            "user-agent": f"portledger/{__version__}",
            **self._secrets.headers(one, delivery.message_id, delivery.body, now),
        }
        answer = self._poster.post(one.url, headers, delivery.body)
        attempt = Attempt(now, time.monotonic() - began, answer.status, answer.error)
        state, next_at = DeliveryState.DELIVERED, now
        if not answer.taken:
            after = None if answer.status == GONE else self._patience.after(delivery, now)
            state = DeliveryState.PARKED if after is None else DeliveryState.WAITING
            next_at = now if after is None else after
        with self._ledger.databases.relay.begin() as connection:
            webhook_queue.tried(connection, delivery, attempt, state, next_at)
        measures.WEBHOOK_ATTEMPTS.labels(_RESULTS[state]).inc()
        if state == DeliveryState.PARKED:
            log.warning("webhook_parked", webhook=one.id, delivery=delivery.message_id, error=answer.error)
        return answer.taken


_RESULTS: Final = {
    DeliveryState.DELIVERED: "taken", DeliveryState.WAITING: "failed", DeliveryState.PARKED: "parked",
}  # fmt: skip


def run_webhooks(
    ledger: Ledger,
    secrets: Secrets,
    private: bool,
    stopping: threading.Event,
    patience: Patience | None = None,
    lease: Lease | None = None,
) -> None:
    """The sender's loop, until `stopping`. private: see ApiSettings.private_webhooks.

    lease: where another process may be at the same work, which is then waited for; one at a time for each ledger.
    """
    sender = Sender(ledger, secrets, Poster(private), patience, lease=lease)
    try:
        while not stopping.is_set():
            worked = False
            try:
                if lease is not None:
                    lease.take()
                worked = sender.step()
                measures.came_round("webhooks")
            except LeaseTaken:
                measures.came_round("webhooks")
            except PortledgerError as failure:
                log.warning("webhooks_failed", error=str(failure))
                measures.LOOP_FAILURES.labels("webhooks").inc()
            except Exception:
                log.exception("webhooks_failed")
                measures.LOOP_FAILURES.labels("webhooks").inc()
            stopping.wait(IDLE_SECONDS / 10 if worked else IDLE_SECONDS)
    finally:
        sender.close()
        if lease is not None:
            lease.release()


class Webhooks:
    """The loop as a thread: `start`, and `stop` until it has ended."""

    def __init__(self, ledger: Ledger, secrets: Secrets, private: bool, lease: Lease | None = None) -> None:
        self._stopping = threading.Event()
        arguments = (ledger, secrets, private, self._stopping, None, lease)
        self._thread = threading.Thread(target=run_webhooks, args=arguments, name="webhooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def ask_to_stop(self) -> None:
        self._stopping.set()

    def stop(self, seconds: float | None = None) -> bool:
        """Whether it has ended, after at most that many seconds; its lease is free then."""
        self._stopping.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()
