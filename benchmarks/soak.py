"""A long run: whether anything grows, slows down or is left behind.

    python -m benchmarks.soak [--acts 1000000] [--documents 4000] [--life 10] [--minutes 600] [--every 1]
        [--database URL]

Rounds of documents that each live a whole life (ISSUE, ACCEPT, then OFFER and ACCEPT between two parties), through the
batch endpoint, until so many acts are final. Each round prints JSON lines {name, value, unit, peer, peer_value, …} with
its rate, its requests' times, and of every process the processor time per act, memory and open handles. The last lines
compare the first and the last tenth of the rounds: what an act costs in gateway and relay is ours; what it costs in the
development node, which slows down with the size of its state, is measured by itself. What a fixed piece of work
costs beside all this is measured too (benchmarks/yardstick.py): `soak.end.cost.evened` is the cost at the end had that
piece cost what it did at the start, for a node that fills memory and caches slows down whoever works beside it.
`soak.incomplete` must be 0.
Signing happens between the measured stretches.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.gateway import Gateway, Trader

from benchmarks.processes import ROLES, Usage, cost, usage
from benchmarks.throughput import Deal, Outcomes, Work, batches, measured, offer, percentile, say, talk
from benchmarks.yardstick import Yardstick, piece_cost
from portledger.domain.codes import Role
from portledger.gateway.system import Running, running

MIB = 1 << 20
OURS = ("gateway", "relay")
SOAK_PEER = ("FireFly, published soak of 141 hours", 26.6)


@dataclass(frozen=True)
class Round:
    """acts; seconds: of the measured stretches; times: of the requests, seconds; cpu: microseconds for an act; piece:
    microseconds of the yardstick's."""

    acts: int
    seconds: float
    times: list[float]
    cpu: dict[str, float]
    now: dict[str, Usage]
    piece: float

    @property
    def rate(self) -> float:
        return self.acts / self.seconds

    @property
    def ours(self) -> float:
        return sum(self.cpu[role] for role in OURS)


class Life:
    """What happens to a document: acts are made for the whole cohort at once, one verb after the other."""

    def __init__(self, gateway: Gateway) -> None:
        self.deal = Deal(gateway)
        self.others = [gateway.register(Role.SHIPPER_OR_CONSIGNEE, sign_in=False) for _ in self.deal.shippers]

    def acts(self, step: int, documents: list[bytes], heads: dict[bytes, bytes]) -> list[Work]:
        """step 1: the first ACCEPT; then OFFER and ACCEPT by turns, to and fro."""
        if step == 1:
            return self.deal.accepts(documents, heads)
        return [self._handed_on(step, at, document, heads[document]) for at, document in enumerate(documents)]

    def _handed_on(self, step: int, at: int, document: bytes, head: bytes) -> Work:
        one, other = self._pair(at)
        giver, taker = (one, other) if (step // 2) % 2 else (other, one)
        actor, counterparty = (giver, taker) if step % 2 == 0 else (taker, giver)
        verb = "OFFER" if step % 2 == 0 else "ACCEPT"
        return self.deal.signed(
            actor, verb, document, previous=head, counterparty=counterparty.party, endorsee=taker.party
        )

    def _pair(self, at: int) -> tuple[Trader, Trader]:
        return self.deal.shippers[at % len(self.others)], self.others[at % len(self.others)]


def one_round(
    system: Running, outcomes: Outcomes, life: Life, yardstick: Yardstick, documents: int, steps: int
) -> Round:
    seconds, times, cohort, heads = 0.0, list[float](), list[bytes](), dict[bytes, bytes]()
    spent, pieces = dict.fromkeys(ROLES, 0.0), list[float]()
    for step in range(steps):
        work = life.acts(step, cohort, heads) if step else life.deal.issues(documents)
        cohort = [one.document for one in work]
        mark, before, began = outcomes.mark(), usage(system.process.pid), time.time()
        laid = yardstick.mark()
        times += asyncio.run(offer(system.url, "/v1/actions/batch", batches(work, 500), 4))
        seconds += outcomes.wait(mark, len(work)) - began
        for role, each in cost(before, usage(system.process.pid), len(work)).items():
            spent[role] += each / steps
        if (piece := piece_cost(laid, yardstick.mark())) is not None:
            pieces.append(piece)
        heads = outcomes.heads(cohort)
    piece = statistics.mean(pieces) if pieces else math.nan
    return Round(documents * steps, seconds, times, spent, usage(system.process.pid), piece)


def report(number: int, found: Round, acts: int, documents: int) -> None:
    cpu = {role: round(value, 1) for role, value in found.cpu.items()}
    more: dict[str, object] = {"round": number, "acts": acts, "documents": documents}
    say("soak.round.final_per_second", found.rate, "1/s", **more, cpu=cpu)
    say("soak.round.yardstick", found.piece, "us", **more)
    say("soak.round.request.p50", 1000 * statistics.median(found.times), "ms", **more)
    say("soak.round.request.p99", 1000 * percentile(found.times, 99), "ms", **more)
    for role in ("node", *OURS):
        say(f"soak.round.memory.{role}", found.now[role].memory / MIB, "MiB", **more)
        say(f"soak.round.files.{role}", found.now[role].files, "", **more)


def compare(rounds: list[Round], incomplete: int) -> None:
    """The first and the last tenth of the rounds; the very first is left out, in which everything is still cold."""
    warm = rounds[1:] or rounds
    tenth = max(1, len(warm) // 10)
    at_start = statistics.mean(one.piece for one in warm[:tenth])
    peer, value = SOAK_PEER
    for name, part in (("start", warm[:tenth]), ("end", warm[-tenth:])):
        talk(f"{name}: {len(part)} of {len(rounds)} rounds")
        rate = sum(one.acts for one in part) / sum(one.seconds for one in part)
        say(f"soak.{name}.final_per_second", rate, "1/s", peer=peer, peer_value=value)
        ours, piece = statistics.mean(one.ours for one in part), statistics.mean(one.piece for one in part)
        say(f"soak.{name}.cost", ours, "us")
        say(f"soak.{name}.yardstick", piece, "us")
        say(f"soak.{name}.cost.evened", ours * at_start / piece, "us")
        say(f"soak.{name}.node.cost", statistics.mean(one.cpu["node"] for one in part), "us")
        say(f"soak.{name}.request.p50", 1000 * statistics.median(t for one in part for t in one.times), "ms")
        for role in ("node", *OURS):
            say(f"soak.{name}.memory.{role}", statistics.mean(one.now[role].memory for one in part) / MIB, "MiB")
            say(f"soak.{name}.files.{role}", statistics.mean(one.now[role].files for one in part), "")
    say("soak.acts", sum(one.acts for one in rounds), "")
    say("soak.incomplete", incomplete, "")


def soak(
    system: Running,
    yardstick: Yardstick,
    database: str | None,
    acts: int,
    minutes: float,
    documents: int,
    steps: int,
    every: int,
) -> None:
    gateway, outcomes = Gateway(system.url), Outcomes(system.folder, database)
    life, rounds, done = Life(gateway), list[Round](), 0
    until = time.monotonic() + 60 * minutes
    while done < acts and time.monotonic() < until:
        found = one_round(system, outcomes, life, yardstick, documents, steps)
        rounds.append(found)
        done += found.acts
        talk(f"{done} acts, {found.rate:.0f}/s, {found.ours:.0f} us each here, {found.cpu['node']:.0f} in the node")
        if len(rounds) % every == 0:
            report(len(rounds), found, done, len(rounds) * documents)
    compare(rounds, outcomes.incomplete())
    gateway.close()
    outcomes.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="A long run through the batch endpoint.")
    parser.add_argument("--acts", type=int, default=1_000_000, help="how many at least")
    parser.add_argument("--minutes", type=float, default=600, help="no new round after so long")
    parser.add_argument("--documents", type=int, default=4000, help="new ones in each round")
    parser.add_argument("--life", type=int, default=10, help="acts of each document, at least 2")
    parser.add_argument("--every", type=int, default=1, help="print only each so many-th round")
    parser.add_argument("--database", help="postgresql://…: an empty database, instead of files")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = measured(Path(folder), asked.database)
        with running(settings, stop_seconds=600) as system, Yardstick() as yardstick:
            yardstick.wait()
            steps = max(2, asked.life)
            soak(system, yardstick, asked.database, asked.acts, asked.minutes, asked.documents, steps, asked.every)


if __name__ == "__main__":
    main()
