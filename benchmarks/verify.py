"""Time to verify a document's whole history, signatures and all: 1,000 hand-overs, and one ordinary bill of lading.

Prints JSON lines {name, value, unit, peer, peer_value}. No chain: the history is made by the pure checks and effects.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.support.histories import Town, bill_of_lading

from portledger.domain.hashing import keccak
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


def milliseconds(town: Town) -> float:
    """The best of a few runs."""
    history, facts = town.history(), town.facts()
    best = float("inf")
    for _ in range(REPEAT):
        start = time.perf_counter()
        verify(history, facts)
        best = min(best, time.perf_counter() - start)
    return round(best * 1000, 2)


def line(name: str, value: float, peer: str) -> None:
    other = PEERS["time"][peer]
    print(json.dumps({"name": name, "value": value, "unit": "ms", "peer": PEERS["peer"], "peer_value": other["value"]}))


if __name__ == "__main__":
    line("verify.1000handovers", milliseconds(handed_over(1000)), "history.1000transfers")
    line("verify.bill", milliseconds(bill_of_lading()), "verify.one")
