"""Time of the second verifier: a bill of lading with ten acts, from an evidence file to a verdict, offline, in Node
and, where there is one, in Chromium. The bill's number is shown, so that its reference key is checked as well.

Prints JSON lines {name, value, unit, peer, peer_value}: the first run, and the median of thirty.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from pathlib import Path

from tests.support.browsers import executable
from tests.support.corpus import NOW, Life, record_of
from tests.support.search import load, moves
from tests.support.second_verifier import VERIFIER, node
from tests.support.write_corpus import POLICY_JSON

from portledger.evidence.bundle import dump

PEERS = json.loads((Path(__file__).parent / "peers.json").read_text())
ACTS = 10


def bill(acts: int) -> Life:
    """A negotiable bill that never ends: each act the first that the table allows and that does not end it."""
    life, table = Life.begin("ebl-negotiable"), load("ebl_negotiable")
    for number in range(acts):
        allowed = [
            move
            for move in moves(table, record_of(life.town))
            if not move.note and move.after.state not in table.finals and (number or move.actor == 1)
        ]
        life.play(allowed[number % len(allowed)])
    return life


def measured(life: Life) -> dict[str, list[float] | None]:
    with tempfile.TemporaryDirectory() as folder:
        file, policy = Path(folder) / "file", Path(folder) / "policy"
        file.write_bytes(dump(life.bundle("qbft", show=("header",))))
        policy.write_text(json.dumps(POLICY_JSON))
        command = [node(), VERIFIER / "bench.mjs", file, policy, str(NOW), executable() or ""]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, list[float] | None] = json.loads(done.stdout)
    return found


def line(name: str, value: float) -> None:
    peer = PEERS["time"]["verify.one"]["value"]
    print(json.dumps({"name": name, "value": round(value, 1), "unit": "ms", "peer": PEERS["peer"], "peer_value": peer}))


if __name__ == "__main__":
    for where, times in measured(bill(ACTS)).items():
        if times is not None:
            line(f"verifier.{where}.first", times[0])
            line(f"verifier.{where}.median", statistics.median(times))
