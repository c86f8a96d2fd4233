"""Everything that this process counts, in one registry: what the operator's port shows at /metrics.

Labels hold only words of this program (routes, codes, roles), never a client's: so there is a bound to their number.
What stands in the databases is not counted here but measured when it is asked for (services/measuring.py).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable of a worker process: where it leaves its counts, so that its parent can show them and they
outlive it. Read by prometheus_client when it is imported."""

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY: Final = CollectorRegistry()

_REQUEST_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 60)
_ACT_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)

# --- the gateway ----------------------------------------------------------------------------------------------------

REQUESTS: Final = Histogram(
    "portledger_request_seconds",
    "Time from a request's head to its answer's, by the path's template and the answer's status.",
    ["method", "route", "status"],
    buckets=_REQUEST_SECONDS,
    registry=REGISTRY,
)
REFUSALS: Final = Counter(
    "portledger_refusals_total",
    "Problems answered, by code; place: a whole answer, or one item of a batch.",
    ["code", "place"],
    registry=REGISTRY,
)
ACCEPTED: Final = Counter("portledger_acts_accepted_total", "Acts acknowledged as durable.", registry=REGISTRY)
ACKNOWLEDGED: Final = Histogram(
    "portledger_acknowledged_seconds",
    "Time from a whole request for acts to its durable commit; form: single or batch.",
    ["form"],
    buckets=_REQUEST_SECONDS,
    registry=REGISTRY,
)
BLOB_BYTES: Final = Counter("portledger_blob_bytes_total", "Bytes of sealed blobs taken in.", registry=REGISTRY)
DATABASE_ERRORS: Final = Counter(
    "portledger_database_errors_total",
    "Statements and connections that the database failed, by its name.",
    ["database"],
    registry=REGISTRY,
)

# --- relayer, indexer, webhooks -------------------------------------------------------------------------------------

FINAL: Final = Histogram(
    "portledger_final_seconds",
    "Time from the acceptance of an act or call to its outcome, by the gateway's and the relayer's clocks.",
    buckets=_ACT_SECONDS,
    registry=REGISTRY,
)
OUTCOMES: Final = Counter(
    "portledger_outcomes_total",
    "Acts and calls that got their outcome: final or refused.",
    ["result"],
    registry=REGISTRY,
)
LEDGER_REFUSALS: Final = Counter(
    "portledger_ledger_refusals_total", "Refusals by the ledger itself, by code.", ["code"], registry=REGISTRY
)
SENT: Final = Counter("portledger_transactions_sent_total", "Transactions handed to the node.", registry=REGISTRY)
GIVEN_UP: Final = Counter(
    "portledger_transactions_given_up_total",
    "Transactions whose acts went into others: failed as a whole, or with a nonce that was spent.",
    registry=REGISTRY,
)
NOT_SIGNED: Final = Counter(
    "portledger_not_signed_total",
    "Transactions and keys of the relayer's that its signer refused, missed or got wrong, by code.",
    ["code"],
    registry=REGISTRY,
)
TURNS: Final = Gauge(
    "portledger_loop_turn_time_seconds",
    "When a loop last came round without a failure, unix seconds; also while it stands by.",
    ["loop"],
    registry=REGISTRY,
)
LOOP_FAILURES: Final = Counter(
    "portledger_loop_failures_total", "Turns of a loop that failed and are tried again.", ["loop"], registry=REGISTRY
)
LEASE_HELD: Final = Gauge(
    "portledger_lease_held", "1 in the process that has this work, 0 where it stands by.", ["lease"], registry=REGISTRY
)
LEASES_LOST: Final = Counter(
    "portledger_leases_lost_total", "Times that a lease went to another process unasked.", ["lease"], registry=REGISTRY
)
WEBHOOK_ATTEMPTS: Final = Counter(
    "portledger_webhook_attempts_total", "Posts to webhooks: taken, failed or parked.", ["result"], registry=REGISTRY
)

METHODS: Final = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"})
NO_ROUTE: Final = "none"


def answered(method: str, route: str | None, status: int, seconds: float) -> None:
    """One request. route: the template of its path. A method that nobody knows counts as `other`: each word would else
    be a counter of its own, kept for ever, and the words are the client's."""
    word = method if method in METHODS else "other"
    REQUESTS.labels(word, route or NO_ROUTE, str(status)).observe(seconds)


def settled(accepted_at: float, known_at: float, refusal: str | None) -> None:
    """One outcome. Unix seconds; refusal: the code of the ledger's error, None = final."""
    FINAL.observe(max(0.0, known_at - accepted_at))
    OUTCOMES.labels("final" if refusal is None else "refused").inc()
    if refusal is not None:
        LEDGER_REFUSALS.labels(refusal).inc()


def came_round(loop: str) -> None:
    TURNS.labels(loop).set(time.time())


# --- several processes, one answer ----------------------------------------------------------------------------------


class Together:
    """This process's counts and those that workers left in a folder: a collector. Of gauges only this process's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        own = {one.name: one for one in REGISTRY.collect()}
        for theirs in MultiProcessCollector(CollectorRegistry(), path=str(self._folder)).collect():  # type: ignore[no-untyped-call]
            mine = own.get(theirs.name)
            if mine is not None and mine.type in ("counter", "histogram"):
                own[theirs.name] = _sum(mine, theirs)
        return own.values()


def _sum(mine: Metric, theirs: Metric) -> Metric:
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for sample in [*mine.samples, *theirs.samples]:
        key = (sample.name, _labels(sample.labels))
        found[key] = found.get(key, 0.0) + sample.value
    both = Metric(mine.name, mine.documentation, mine.type)
    for (name, labels), value in found.items():
        both.add_sample(name, dict(labels), value)
    return both


def _labels(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(given.items()))
