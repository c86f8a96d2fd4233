"""Counters of one worker process, in Prometheus' text form at /metrics."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from portledger.domain.errors import PortledgerError

REGISTRY = CollectorRegistry()
ACCEPTED = Counter("portledger_acts_accepted_total", "Acts answered with 202.", registry=REGISTRY)
REFUSED = Counter("portledger_acts_refused_total", "Acts refused at the door.", ["code"], registry=REGISTRY)
BLOB_BYTES = Counter("portledger_blob_bytes_total", "Bytes of sealed blobs taken in.", registry=REGISTRY)
REQUESTS = Histogram(
    "portledger_request_seconds",
    "Time from the request's head to the answer's.",
    ["method", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 60),
    registry=REGISTRY,
)
CONFIRMED_BLOCK = Gauge("portledger_confirmed_block", "Newest block in the read model.", registry=REGISTRY)
WAITING = Gauge("portledger_outbox_waiting", "Accepted and without an outcome yet.", registry=REGISTRY)


_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"})


def answered(method: str, status: int, seconds: float) -> None:
    """One request. A method that nobody knows counts as `other`: each word would else be a counter of its own, kept for
    ever, and the words are the client's."""
    REQUESTS.labels(method if method in _METHODS else "other", str(status)).observe(seconds)


def refused(error: PortledgerError) -> None:
    REFUSED.labels(error.code).inc()


def text() -> bytes:
    return generate_latest(REGISTRY)
