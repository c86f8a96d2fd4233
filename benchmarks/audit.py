"""Audit of a whole ledger: acts per second and memory, at 20,000 and at 200,000 acts.

Prints JSON lines {name, value, unit, peer, peer_value}. The archive is made here by the pure model, act by act and
never held as a whole; the audit runs in a process of its own, which reports its peak memory and the time of all its
cores, which says what an idle machine would do. No chain, no network.

  scripts/bench audit [--acts N] [--processes N] [--keep FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.chronicle import POWERS, Recording
from tests.support.market import GOVERNOR, START, Market, address

from portledger import resources
from portledger.domain.codes import ZERO
from portledger.domain.events import LedgerEvent
from portledger.domain.hashing import keccak
from portledger.evidence.audit.ledger import PackedLedger
from portledger.formats.archive import Header, Writer
from portledger.sdk.audit import ArchiveSource, audit

SMALL, LARGE = 20_000, 200_000
CARRIERS, SHIPPERS, BANKS = 8, 40, 8
AT_ONCE = 75
"""Documents whose lives run side by side."""
BLOCK = 750
"""Acts in a block."""
LIFE = (
    ("carrier", "ISSUE", {"to": "shipper", "endorsee": "shipper"}),
    ("shipper", "ACCEPT", {}),
    ("carrier", "NOTICE", {}),
    ("shipper", "ENDORSE", {"endorsee": "bank"}),
    ("shipper", "OFFER", {"to": "bank"}),
    ("bank", "ACCEPT", {}),
    ("bank", "ENDORSE", {"endorsee": "buyer"}),
    ("bank", "OFFER", {"to": "buyer"}),
    ("buyer", "ACCEPT", {}),
    ("buyer", "SURRENDER_FOR_DELIVERY", {}),
    ("carrier", "ACCEPT_SURRENDER", {}),
)


class Stream(PackedLedger, Recording):
    """A recording that keeps documents packed, fills its blocks, and believes the keys it signs with."""

    acts = 0
    signer = b""

    def called(self, now: int, text: str, values: Any = ()) -> bytes:
        if text != "execute()":
            return super().called(now, text, values)
        if self.acts % BLOCK == 0:
            self.block, self._index = self.block + 1, 0
        self.acts, self.now = self.acts + 1, START + self.block
        return ZERO

    def _recover(self, digest: bytes, signature: bytes, party: int) -> bytes:
        return self.signer


class Port(Market):
    """Parties and documents in any number."""

    def __init__(self) -> None:
        super().__init__()
        self._addresses: dict[str, bytes] = {}
        self.model: Stream = Stream(self.domain, *POWERS)
        for known in resources.kinds().values():
            self.model.define_kind(GOVERNOR, *known.define_arguments(), now=self.now)
        for count, role, business in (
            (CARRIERS, "carrier", "carrier"), (SHIPPERS, "shipper", "shipperOrConsignee"), (BANKS, "bank", "bank"),
        ):  # fmt: skip
            for number in range(count):
                self.join(f"{role}{number}", business)

    def drain(self) -> Iterator[LedgerEvent]:
        yield from self.model.events
        self.model.events.clear()

    def act(self, document: bytes, number: int, step: int) -> bytes:
        """One step in the life of the n-th document; its id."""
        role, verb, values = LIFE[step]
        cast = {
            "carrier": f"carrier{number % CARRIERS}", "shipper": f"shipper{number % SHIPPERS}",
            "bank": f"bank{number % BANKS}", "buyer": f"shipper{(number + 1) % SHIPPERS}",
        }  # fmt: skip
        self.document, name = document, cast[role]
        self.now = START + self.model.block + 1
        action = self.prepare(name, verb, **{key: cast[value] for key, value in values.items()})
        signed = self.sign(action, [f"{name} 0"])
        self.model.signer = self.address_of(f"{name} 0")
        self.model.execute(signed, START + self.model.block + (self.model.acts % BLOCK == 0))
        return action.document

    def address_of(self, key: str) -> bytes:
        if key not in self._addresses:
            self._addresses[key] = address(key)
        return self._addresses[key]


def events(port: Port, acts: int) -> Iterator[LedgerEvent]:
    """So many acts and notes, and what a ledger has before its first."""
    yield from port.drain()
    done = first = 0
    while True:
        documents = [ZERO] * AT_ONCE
        for step in range(len(LIFE)):
            for at in range(AT_ONCE):
                if done == acts:
                    return
                documents[at] = port.act(documents[at], first + at, step)
                done += 1
                yield from port.drain()
        first += AT_ONCE


def write(path: Path, acts: int) -> None:
    """The archive of a ledger of so many acts."""
    port = Port()
    last = port.model.block + acts // BLOCK + 1
    header = Header(port.domain, POWERS, 100, last, keccak(b"block"), START + 10**8, keccak(b"code"))
    with path.open("wb") as file:
        writer = Writer(file, header)
        for event in events(port, acts):
            writer.add(event)
        writer.close()


def child(path: Path, processes: int) -> None:
    """Audits one archive, and says what it took."""
    start = time.perf_counter()
    with ArchiveSource(path) as source:
        done = audit(source, resources.kinds(), processes=processes)
    seconds = time.perf_counter() - start
    assert done.failure is None, done.failure
    own, helpers = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = own.ru_utime + own.ru_stime + helpers.ru_utime + helpers.ru_stime
    acts = done.report.acts + done.report.notes
    print(json.dumps({"acts": acts, "seconds": seconds, "cpu": cpu, "kib": own.ru_maxrss}))


def measured(path: Path, processes: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.audit", "--child", str(path), "--processes", str(processes)]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    result: dict[str, Any] = json.loads(made.stdout)
    return result


def line(name: str, value: float, unit: str) -> None:
    print(json.dumps({"name": name, "value": value, "unit": unit, "peer": None, "peer_value": None}))


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--acts", type=int, default=LARGE)
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options.add_argument("--keep", type=Path)
    options.add_argument("--child", type=Path)
    given = options.parse_args()
    if given.child:
        child(given.child, given.processes)
        return
    with tempfile.TemporaryDirectory() as folder:
        for acts in sorted({min(SMALL, given.acts), given.acts}):
            path = given.keep if given.keep and acts == given.acts else Path(folder) / f"{acts}.archive"
            write(path, acts)
            found = measured(path, given.processes)
            assert found["acts"] == acts
            line(f"audit.{acts}.acts_per_second", round(acts / found["seconds"]), "acts/s")
            line(f"audit.{acts}.cpu", round(1e6 * found["cpu"] / acts), "µs/act")
            line(f"audit.{acts}.peak_memory", round(found["kib"] / 1024, 1), "MiB")
            line(f"audit.{acts}.archive", round(path.stat().st_size / acts), "bytes/act")


if __name__ == "__main__":
    main()
