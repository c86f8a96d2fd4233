"""Acts per second through the whole system until they are final, and how long one act takes.

    python benchmarks/throughput.py [--documents 4000] [--singles 2000] [--light 30] [--keep DIR]

Starts node, relayer, indexer and gateway as `portledger up` does, on this machine, with the clients beside them. Acts
are signed before the clock starts. Each document is issued (with a manifest of the kind's datasets) and then accepted;
both phases are reported. Prints JSON lines {name, value, unit, peer, peer_value, …}; the peer's figure is FireFly's
published peak (117/s; 26.6/s over 141 hours), which was measured on another machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.gateway import EBL, Gateway, Trader

from portledger.domain.actions import Action, SignedAction, document_id
from portledger.domain.codes import ZERO, Role
from portledger.domain.signatures import join
from portledger.formats import api_json as wire
from portledger.gateway.settings import Settings
from portledger.gateway.system import running
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


def phase(url: str, outcomes: Outcomes, work: list[Work], *, size: int, connections: int) -> tuple[float, list[float]]:
    """Acts per second until final, and the requests' times."""
    already = outcomes.count()
    path, bodies = "/v1/actions", [one.item for one in work]
    if size > 1:
        path, bodies = "/v1/actions/batch", batches(work, size)
    began = time.time()
    times = asyncio.run(offer(url, path, bodies, connections))
    ended = outcomes.wait(already + len(work))
    return len(work) / (ended - began), times


def measure(url: str, folder: Path, documents: int, singles: int, light: int) -> None:
    gateway, outcomes = Gateway(url), Outcomes(folder)
    deal = Deal(gateway)
    talk(f"signing {documents} issues …")
    for name, count, size, connections in (("batch", documents, 250, 4), ("single", singles, 1, 50)):
        if not count:
            continue
        issues = deal.issues(count)
        issue_rate, issue_times = phase(url, outcomes, issues, size=size, connections=connections)
        heads = outcomes.heads()
        accepts = deal.accepts([one.document for one in issues], heads)
        accept_rate, accept_times = phase(url, outcomes, accepts, size=size, connections=connections)
        both = 2 * count / (count / issue_rate + count / accept_rate)
        more = {"documents": len(heads), "acts_per_block": outcomes.acts_per_block(), "acts_per_request": size}
        say(f"throughput.{name}.final", both, "1/s", **more)
        say(f"throughput.{name}.issue.final", issue_rate, "1/s", **more)
        say(f"throughput.{name}.accept.final", accept_rate, "1/s", **more)
        say(f"ack.{name}.loaded.p50", 1000 * statistics.median(issue_times + accept_times), "ms", **more)
    if light:
        measure_light(url, gateway, outcomes, deal, light)
    gateway.close()


def measure_light(url: str, gateway: Gateway, outcomes: Outcomes, deal: Deal, count: int) -> None:
    """One act at a time: until acknowledged, and until final."""
    issues = deal.issues(10 * count)
    acked = asyncio.run(offer(url, "/v1/actions", [one.item for one in issues], 1))
    outcomes.wait(outcomes.count())
    say("ack.single.p50", 1000 * statistics.median(acked), "ms", documents=len(outcomes.heads()))
    say("ack.single.p99", 1000 * statistics.quantiles(acked, n=100)[98], "ms", documents=len(outcomes.heads()))
    final = []
    for one in deal.issues(count):
        time.sleep(0.4)
        began = time.perf_counter()
        gateway.http.post("/v1/actions", content=one.item)
        gateway.wait(one.digest)
        final.append(time.perf_counter() - began)
    say("final.light.p50", 1000 * statistics.median(final), "ms", documents=len(outcomes.heads()))
    say("final.light.p95", 1000 * statistics.quantiles(final, n=20)[18], "ms", documents=len(outcomes.heads()))


def main() -> None:
    parser = argparse.ArgumentParser(description="Acts per second until final.")
    parser.add_argument("--documents", type=int, default=4000, help="through the batch endpoint, issued and accepted")
    parser.add_argument("--singles", type=int, default=2000, help="one by one, issued and accepted")
    parser.add_argument("--light", type=int, default=30, help="acts one after another on an idle system")
    parser.add_argument("--keep", type=Path, help="a folder for the data, kept")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        with running(Settings(data=folder, port=0, log_level="warning")) as system:
            measure(system.url, folder, asked.documents, asked.singles, asked.light)


if __name__ == "__main__":
    main()
