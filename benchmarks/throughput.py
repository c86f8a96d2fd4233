"""Acts per second through the whole system until they are final, and how long one act takes.

    python -m benchmarks.throughput [--documents 20000] [--singles 10000] [--light 50] [--request 500] [--database URL]

Starts node, relayer, indexer and gateway as `portledger up` does, on this machine, with the clients beside them, and a
fresh system for the batches and another for the acts one by one. Acts are signed before the clock starts. Each document
is issued (with a manifest of the kind's datasets) and then accepted; both phases are reported. Prints JSON lines {name,
value, unit, peer, peer_value, …}. Beside each figure stand the machine's load, the documents on the ledger, the acts in
a block (median), those in a request, and `cpu`: microseconds of processor time for one act in node, gateway, relay and
client. On a machine with other work the processor time says more than the rate. The peer's figure is FireFly's
published peak (117/s; 26.6/s over 141 hours), measured on another machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine, text

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.gateway import EBL, Gateway, Trader

from benchmarks.processes import cost, usage
from portledger.domain.actions import Action, SignedAction, document_id
from portledger.domain.codes import ZERO, Role
from portledger.domain.signatures import join
from portledger.formats import api_json as wire
from portledger.gateway.api_settings import ApiSettings
from portledger.gateway.settings import Settings
from portledger.gateway.system import Running, running
from portledger.store import read_model
from portledger.store.database import database_url, open_database
from portledger.store.tables import POSITION_SHIFT
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
    conditions = {"load": round(os.getloadavg()[0], 1), **more}
    print(json.dumps({"name": name, "value": round(value, 2), "unit": unit, **peer, **conditions}), flush=True)


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
        return self.signed(
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
        return self.signed(
            shipper, "ACCEPT", document, previous=head, counterparty=carrier.party, endorsee=shipper.party
        )

    def signed(
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
    """What the relayer knows and what the ledger holds, read from the system's databases."""

    def __init__(self, folder: Path, database: str | None = None) -> None:
        self._relay = open_database(database_url(folder, database, "relay"), "relay")
        self._ledger = open_database(database_url(folder, database, "ledger"), "ledger")
        self._intake = open_database(database_url(folder, database, "intake"), "intake")

    def _one(self, engine: Engine, query: str, **values: object) -> Any:
        with engine.connect() as connection:
            return connection.execute(text(query), values).one()

    def mark(self) -> int:
        """The newest outcome; those of acts that are offered from now on come after it."""
        return int(self._one(self._relay, "select coalesce(max(seq), 0) from outcomes")[0])

    def wait(self, mark: int, count: int, seconds: float = 600) -> float:
        """Wall time at which that many are known after the mark."""
        until = time.monotonic() + seconds
        query = "select count(*), max(known_at), min(final) from outcomes where seq > :mark"
        while True:
            known, moment, final = self._one(self._relay, query, mark=mark)
            if known >= count:
                break
            if time.monotonic() > until:
                raise SystemExit(f"only {known} of {count} outcomes after {seconds} s")
            time.sleep(0.05)
        if final == 0:
            raise SystemExit("the ledger refused acts")
        return float(moment)

    def incomplete(self) -> int:
        """Accepted and without an outcome."""
        accepted = self._one(self._intake, "select count(*) from outbox")[0]
        return int(accepted - self._one(self._relay, "select count(*) from outcomes")[0])

    def documents(self) -> int:
        return int(self._one(self._ledger, "select count(*) from documents")[0])

    def heads(self, documents: list[bytes]) -> dict[bytes, bytes]:
        with self._ledger.connect() as connection:
            return {key: one.head for key, one in read_model.documents_by_id(connection, documents).items()}

    def acts_per_block(self) -> float:
        query = text("select count(*) from history where track = 0 group by position >> :shift")
        with self._ledger.connect() as connection:
            return float(statistics.median(connection.execute(query, {"shift": POSITION_SHIFT}).scalars()))

    def close(self) -> None:
        for engine in (self._relay, self._ledger, self._intake):
            engine.dispose()


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
    mark, path, bodies = outcomes.mark(), "/v1/actions", [one.item for one in work]
    if way.size > 1:
        path, bodies = "/v1/actions/batch", batches(work, way.size)
    before, began = usage(system.process.pid), time.time()
    times = asyncio.run(offer(system.url, path, bodies, way.connections))
    ended = outcomes.wait(mark, len(work))
    return Phase(len(work) / (ended - began), times, cost(before, usage(system.process.pid), len(work)))


def measure(system: Running, database: str | None, count: int, way: Way) -> None:
    """Issues that many documents and accepts them."""
    gateway, outcomes = Gateway(system.url), Outcomes(system.folder, database)
    deal = Deal(gateway)
    talk(f"{way.name}: signing {count} issues …")
    issues = deal.issues(count)
    issued = phase(system, outcomes, issues, way)
    documents = [one.document for one in issues]
    accepted = phase(system, outcomes, deal.accepts(documents, outcomes.heads(documents)), way)
    both = 2 * count / (count / issued.rate + count / accepted.rate)
    more = {
        "documents": outcomes.documents(),
        "acts_per_block": outcomes.acts_per_block(),
        "acts_per_request": way.size,
    }
    cpu = {role: round((issued.cpu[role] + accepted.cpu[role]) / 2, 1) for role in issued.cpu}
    say(f"throughput.{way.name}.final_per_second", both, "1/s", **more, cpu=cpu)
    say(f"throughput.{way.name}.issue.final_per_second", issued.rate, "1/s", **more, cpu=issued.cpu)
    say(f"throughput.{way.name}.accept.final_per_second", accepted.rate, "1/s", **more, cpu=accepted.cpu)
    times = issued.times + accepted.times
    say(f"ack.{way.name}.saturated.p50", 1000 * statistics.median(times), "ms", **more)
    say(f"ack.{way.name}.saturated.p99", 1000 * percentile(times, 99), "ms", **more)
    gateway.close()
    outcomes.close()


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def measure_light(system: Running, database: str | None, count: int) -> None:
    """One act at a time, of one client: until acknowledged, and until final."""
    gateway, outcomes = Gateway(system.url), Outcomes(system.folder, database)
    deal = Deal(gateway, traders=1)
    issues = deal.issues(10 * count)
    mark = outcomes.mark()
    acked = asyncio.run(offer(system.url, "/v1/actions", [one.item for one in issues], 1))
    outcomes.wait(mark, len(issues))
    final = []
    for one in deal.issues(count):
        time.sleep(0.4 + random.random() / 4)  # at any moment between two blocks
        began = time.perf_counter()
        gateway.http.post("/v1/actions", content=one.item)
        gateway.wait(one.digest)
        final.append(time.perf_counter() - began)
    documents = outcomes.documents()
    for name, times in (("ack.light", acked), ("final.light", final)):
        say(f"{name}.p50", 1000 * statistics.median(times), "ms", documents=documents, acts=len(times))
        say(f"{name}.p99", 1000 * percentile(times, 99), "ms", documents=documents, acts=len(times))
    gateway.close()
    outcomes.close()


def measured(folder: Path, database: str | None) -> Settings:
    """The defaults, but for what is not measured: all clients come from one address, whose rate is counted but not
    limited; the keeper of proofs, which works once a night for each record, does not do so in the midst of a run."""
    limits = ApiSettings(address_rate=1e6, address_burst=1_000_000, door_rate=1e6, door_burst=1_000_000)
    return Settings(data=folder, port=0, log_level="warning", database=database, api=limits, proof_seconds=DAY)


def main() -> None:
    parser = argparse.ArgumentParser(description="Acts per second until final.")
    parser.add_argument("--documents", type=int, default=20_000, help="through the batch endpoint, issued and accepted")
    parser.add_argument("--singles", type=int, default=10_000, help="one by one, issued and accepted")
    parser.add_argument("--light", type=int, default=50, help="acts one after another on an idle system")
    parser.add_argument("--request", type=int, default=500, help="acts in one request of the batch endpoint")
    parser.add_argument(
        "--database", help="postgresql://…: an empty database, instead of files; for one of the three parts"
    )
    asked = parser.parse_args()
    database: str | None = asked.database
    runs: list[tuple[int, Callable[[Running], None]]] = [
        (asked.documents, lambda system: measure(system, database, asked.documents, Way("batch", asked.request, 4))),
        (asked.singles, lambda system: measure(system, database, asked.singles, Way("single", 1, 50))),
        (asked.light, lambda system: measure_light(system, database, asked.light)),
    ]
    for count, run in runs:
        if not count:
            continue
        with (
            tempfile.TemporaryDirectory() as folder,
            running(measured(Path(folder), database), stop_seconds=600) as system,
        ):
            run(system)


if __name__ == "__main__":
    main()
