"""Acts per second through the whole system until they are final, and how long one act takes.

    python -m benchmarks.throughput [--documents 20000] [--singles 10000] [--light 50] [--request 500] [--database URL]

Starts node, relayer, indexer and gateway as `portledger up` does, on this machine, with the clients beside them, and a
fresh system for the batches and another for the acts one by one. Acts are signed before the clock starts. Each document
is issued (with a manifest of the kind's datasets) and then accepted; both phases are reported. Prints JSON lines {name,
value, unit, peer, peer_value, …}. Beside each figure stand the documents on the ledger, the acts in a block (median),
those in a request, and `cpu`: microseconds of processor time for one act in node, gateway, relay and client. On a
machine with other work the processor time says more than the rate. The peer's figure is FireFly's published peak
(117/s; 26.6/s over 141 hours), measured on another machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.gateway import EBL, Gateway, Trader

from benchmarks.processes import cost, usage
from portledger.domain.actions import Action, SignedAction, document_id
from portledger.domain.codes import ZERO, Role
from portledger.domain.signatures import join
from portledger.formats import api_json as wire
from portledger.gateway.settings import Settings
from portledger.gateway.system import Running, running
from portledger.vault.contents import seal_content
from portledger.vault.manifest import Manifest

PEER = "FireFly, published peak"
PEER_VALUE = 117
TRADERS = 16
DAY = 86_400


@dataclass
class Work:
    """One act as the gateway takes it, as JSON."""

    digest: bytes
    document: bytes
    item: bytes


def say(name: str, value: float, unit: str, **more: object) -> None:
    peer = {"peer": PEER, "peer_value": PEER_VALUE} if unit == "1/s" else {"peer": None, "peer_value": None}
    print(json.dumps({"name": name, "value": round(value, 2), "unit": unit, **peer, **more}), flush=True)


def talk(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Deal:
    """Carriers that issue to shippers, and shippers that accept."""

    def __init__(self, gateway: Gateway, traders: int = TRADERS) -> None:
        self.gateway = gateway
        self.carriers = [gateway.register(Role.CARRIER, sign_in=False) for _ in range(traders)]
        self.shippers = [gateway.register(Role.SHIPPER_OR_CONSIGNEE, sign_in=False) for _ in range(traders)]
        self.file = gateway.kind()
        names = [one.name for one in self.file.datasets]
        self.template = seal_content(gateway.place(bytes(32)), names, {})
        gateway.upload(self.template)

    def issues(self, count: int) -> list[Work]:
        return [self._issue(at) for at in range(count)]

    def _issue(self, at: int) -> Work:
        carrier, shipper = self.carriers[at % len(self.carriers)], self.shippers[at % len(self.shippers)]
        reference = os.urandom(32)
        document = document_id(EBL, carrier.party, reference)
        manifest = Manifest(self.gateway.place(document), 1, self.template.manifest.datasets)
        return self._signed(
            carrier,
            "ISSUE",
            document,
            manifest,
            previous=ZERO,
            content=manifest.digest(),
            document_reference=reference,
            counterparty=shipper.party,
            endorsee=shipper.party,
        )

    def accepts(self, documents: list[bytes], heads: dict[bytes, bytes]) -> list[Work]:
        return [self._accept(at, document, heads[document]) for at, document in enumerate(documents)]

    def _accept(self, at: int, document: bytes, head: bytes) -> Work:
        carrier, shipper = self.carriers[at % len(self.carriers)], self.shippers[at % len(self.shippers)]
        return self._signed(
            shipper, "ACCEPT", document, previous=head, counterparty=carrier.party, endorsee=shipper.party
        )

    def _signed(
        self, trader: Trader, verb: str, document: bytes, manifest: Manifest | None = None, **members: object
    ) -> Work:
        number = self.file.verb(verb).number
        action = Action(
            kind=EBL, verb=number, document=document, actor=trader.party, epoch=1, deadline=int(time.time()) + DAY,
            **members,  # type: ignore[arg-type]
        )  # fmt: skip
        digest = action.digest(self.gateway.domain, self.file.intent(number))
        signed = SignedAction(action, join(digest, trader.keys[:1]))
        body: dict[str, object] = {"action": wire.signed_action_json(signed)}
        if manifest is not None:
            body["manifest"] = manifest.members()
        return Work(digest, document, wire.encode(body))


# --- the load client: bytes over keep-alive connections ------------------------------------------------------------


class Connection:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        head = f"POST {path} HTTP/1.1\r\nhost: {self.host}\r\ncontent-type: application/json\r\n"
        self.writer.write(head.encode() + b"content-length: %d\r\n\r\n" % len(body) + body)
        await self.writer.drain()
        answer = await self.reader.readuntil(b"\r\n\r\n")
        lines = answer.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        return int(answer[9:12]), await self.reader.readexactly(length)


async def offer(url: str, path: str, bodies: list[bytes], connections: int) -> list[float]:
    """Offers all bodies, one request in flight per connection; each request's time in seconds."""
    waiting, times = iter(bodies), []

    async def one() -> None:
        connection = Connection(url)
        await connection.open()
        for body in waiting:
            began = time.perf_counter()
            status, answer = await connection.post(path, body)
            times.append(time.perf_counter() - began)
            if status != 202 or b'"problem"' in answer:
                raise SystemExit(f"refused: {status} {answer[:600]!r}")
        connection.writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return times


class Outcomes:
    """What the relayer knows, read from its database."""

    def __init__(self, folder: Path) -> None:
        self._relay = sqlite3.connect(folder / "relay.db")
        self._ledger = sqlite3.connect(folder / "ledger.db")

    def count(self) -> int:
        return int(self._relay.execute("select coalesce(max(seq), 0) from outcomes").fetchone()[0])

    def wait(self, count: int, seconds: float = 300) -> float:
        """Wall time at which that many are known."""
        until = time.monotonic() + seconds
        while self.count() < count:
            if time.monotonic() > until:
                raise SystemExit(f"only {self.count()} of {count} outcomes after {seconds} s")
            time.sleep(0.02)
        if self._relay.execute("select count(*) from outcomes where final = 0").fetchone()[0]:
            raise SystemExit("the ledger refused acts")
        return float(self._relay.execute("select known_at from outcomes where seq = ?", (count,)).fetchone()[0])

    def heads(self) -> dict[bytes, bytes]:
        return dict(self._ledger.execute("select document, head from documents"))

    def acts_per_block(self) -> float:
        found = self._ledger.execute("select count(*) from history where track = 0 group by position >> 20").fetchall()
        return statistics.median(row[0] for row in found)


def batches(work: list[Work], size: int) -> list[bytes]:
    return [
        b'{"actions":[' + b",".join(one.item for one in work[at : at + size]) + b"]}"
        for at in range(0, len(work), size)
    ]


@dataclass(frozen=True)
class Way:
    """How acts are offered. size: acts in a request."""

    name: str
    size: int
    connections: int


@dataclass(frozen=True)
class Phase:
    """rate: acts per second until final; times: of the requests, in seconds; cpu: microseconds for an act, by role."""

    rate: float
    times: list[float]
    cpu: dict[str, float]


def phase(system: Running, outcomes: Outcomes, work: list[Work], way: Way) -> Phase:
    already, path, bodies = outcomes.count(), "/v1/actions", [one.item for one in work]
    if way.size > 1:
        path, bodies = "/v1/actions/batch", batches(work, way.size)
    before, began = usage(system.process.pid), time.time()
    times = asyncio.run(offer(system.url, path, bodies, way.connections))
    ended = outcomes.wait(already + len(work))
    return Phase(len(work) / (ended - began), times, cost(before, usage(system.process.pid), len(work)))


def measure(system: Running, count: int, way: Way) -> None:
    """Issues that many documents and accepts them."""
    gateway, outcomes = Gateway(system.url), Outcomes(system.folder)
    deal = Deal(gateway)
    talk(f"{way.name}: signing {count} issues …")
    issues = deal.issues(count)
    issued = phase(system, outcomes, issues, way)
    heads = outcomes.heads()
    accepted = phase(system, outcomes, deal.accepts([one.document for one in issues], heads), way)
    both = 2 * count / (count / issued.rate + count / accepted.rate)
    more = {"documents": len(heads), "acts_per_block": outcomes.acts_per_block(), "acts_per_request": way.size}
    cpu = {role: round((issued.cpu[role] + accepted.cpu[role]) / 2, 1) for role in issued.cpu}
    say(f"throughput.{way.name}.final_per_second", both, "1/s", **more, cpu=cpu)
    say(f"throughput.{way.name}.issue.final_per_second", issued.rate, "1/s", **more, cpu=issued.cpu)
    say(f"throughput.{way.name}.accept.final_per_second", accepted.rate, "1/s", **more, cpu=accepted.cpu)
    times = issued.times + accepted.times
    say(f"ack.{way.name}.saturated.p50", 1000 * statistics.median(times), "ms", **more)
    say(f"ack.{way.name}.saturated.p99", 1000 * percentile(times, 99), "ms", **more)
    gateway.close()


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def measure_light(system: Running, count: int) -> None:
    """One act at a time, of one client: until acknowledged, and until final."""
    gateway, outcomes = Gateway(system.url), Outcomes(system.folder)
    deal = Deal(gateway, traders=1)
    issues = deal.issues(10 * count)
    already = outcomes.count()
    acked = asyncio.run(offer(system.url, "/v1/actions", [one.item for one in issues], 1))
    outcomes.wait(already + len(issues))
    final = []
    for one in deal.issues(count):
        time.sleep(0.4 + random.random() / 4)  # at any moment between two blocks
        began = time.perf_counter()
        gateway.http.post("/v1/actions", content=one.item)
        gateway.wait(one.digest)
        final.append(time.perf_counter() - began)
    documents = len(outcomes.heads())
    for name, times in (("ack.light", acked), ("final.light", final)):
        say(f"{name}.p50", 1000 * statistics.median(times), "ms", documents=documents, acts=len(times))
        say(f"{name}.p99", 1000 * percentile(times, 99), "ms", documents=documents, acts=len(times))
    gateway.close()


def unlimited(settings: Settings) -> Settings:
    """All clients of a benchmark come from one address, whose rate is not what is measured; it is counted all the
    same."""
    limits = replace(settings.api, address_rate=1e6, address_burst=1_000_000, door_rate=1e6, door_burst=1_000_000)
    return replace(settings, api=limits)


def main() -> None:
    parser = argparse.ArgumentParser(description="Acts per second until final.")
    parser.add_argument("--documents", type=int, default=20_000, help="through the batch endpoint, issued and accepted")
    parser.add_argument("--singles", type=int, default=10_000, help="one by one, issued and accepted")
    parser.add_argument("--light", type=int, default=50, help="acts one after another on an idle system")
    parser.add_argument("--request", type=int, default=500, help="acts in one request of the batch endpoint")
    parser.add_argument("--database", help="postgresql://…: an empty database, instead of files")
    asked = parser.parse_args()
    runs: list[tuple[int, Callable[[Running], None]]] = [
        (asked.documents, lambda system: measure(system, asked.documents, Way("batch", asked.request, 4))),
        (asked.singles, lambda system: measure(system, asked.singles, Way("single", 1, 50))),
        (asked.light, lambda system: measure_light(system, asked.light)),
    ]
    for count, run in runs:
        if not count:
            continue
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(data=Path(folder), port=0, log_level="warning", database=asked.database)
            with running(unlimited(settings)) as system:
                run(system)


if __name__ == "__main__":
    main()
