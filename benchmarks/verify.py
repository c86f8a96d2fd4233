"""Time to verify a document's whole history, signatures and all: 1,000 hand-overs, and one ordinary bill of lading;
from a history in memory, and offline from an evidence file's bytes with seals, proofs, party logs and log 0.

Prints JSON lines {name, value, unit, peer, peer_value}. No chain: the history is made by the pure checks and effects.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.evidence import POLICY, RELEASE, bundle_of
from tests.support.histories import Town, bill_of_lading

from portledger.domain.hashing import keccak
from portledger.evidence.bundle import dump
from portledger.evidence.verdict import Class, judge
from portledger.evidence.verify import verify

PEERS = json.loads((Path(__file__).parent / "peers.json").read_text())
REPEAT = 5


def handed_over(times: int) -> Town:
    """A bill that two forwarders pass back and forth: one ISSUE, then an ACCEPT and an OFFER for each hand-over."""
    town = Town()
    carrier = town.register("carrier", "carrier")
    first, second = town.register("first", "forwarder"), town.register("second", "forwarder")
    town.act(
        "ISSUE",
        carrier,
        counterparty=first,
        endorsee=first,
        content=keccak(b"manifest"),
        document_reference=keccak(b"number"),
    )
    town.act("ACCEPT", first, counterparty=carrier, endorsee=first)
    for _ in range(times):
        town.act("OFFER", first, counterparty=second)
        town.act("ACCEPT", second, counterparty=first)
        first, second = second, first
    return town


def best_of(work: Callable[[], object], times: int = REPEAT) -> float:
    """Milliseconds of the fastest of a few runs."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return round(best * 1000, 2)


def from_memory(town: Town) -> float:
    history, facts = town.history(), town.facts()
    return best_of(lambda: verify(history, facts))


def from_file(town: Town, times: int = REPEAT) -> float:
    """A sealed file's bytes, uncompressed, to a verdict."""
    data = dump(bundle_of(town, "qbft"))

    def work() -> None:
        found = judge(data, POLICY, RELEASE, town.time + 60)
        if found.verdict is not Class.VALID:
            raise SystemExit(f"verify: {found.failure}")

    return best_of(work, times)


def line(name: str, value: float, peer: str) -> None:
    other = PEERS["time"][peer]
    print(json.dumps({"name": name, "value": value, "unit": "ms", "peer": PEERS["peer"], "peer_value": other["value"]}))


if __name__ == "__main__":
    long, bill = handed_over(1000), bill_of_lading()
    line("verify.1000handovers", from_memory(long), "history.1000transfers")
    line("verify.bill", from_memory(bill), "verify.one")
    line("evidence.verify.1000handovers", from_file(long), "history.1000transfers")
    line("evidence.verify.bill", from_file(bill, 20), "verify.one")
