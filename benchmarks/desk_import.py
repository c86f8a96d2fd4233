"""A spreadsheet of 500 rows becomes 500 documents on the ledger: from the file's bytes to the last result; and one that
names its ports is looked through with a code list as long as all of UN/LOCODE.

Run: scripts/bench desk_import [--rows 500] [--places 115000]. A whole system of its own on this machine, blocks of one
second.
"""

from __future__ import annotations

import argparse
import json
import random
import string
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portledger import resources
from portledger.desk import importing, jobs, outcomes
from portledger.formats import codelists
from portledger.formats.tables import read_table
from portledger.gateway.settings import Settings
from portledger.gateway.system import running
from portledger.sdk.bulk import BulkSession
from portledger.sdk.client import Client
from portledger.sdk.registration import Profile, register, wait_registered
from portledger.sdk.wallet import Wallet
from portledger.vault import keys as key_files

TITLES = (
    "Invoice number,Invoice date,Seller / Name,Buyer / Name,Description of goods,Quantity / Amount,Quantity / Unit,"
)
REST = "Currency,Price / Amount,Total of the goods"
LINE = "BENCH-{number},2026-10-12,Hamakaze Pump Works,Laem Thong Water Systems,Pumps,48,PCE,USD,83640,83640\n"
TARGET = 60
"""Seconds for 500 rows."""


def joined(url: str, name: str, role: str) -> Wallet:
    keys = key_files.generate(1)
    with Client(url) as client:
        status = register(client, keys, Profile(name, "JP", (role,)))
        return Wallet(keys.with_party(wait_registered(client, status.request_id)))


def places(count: int) -> dict[str, tuple[str, str]]:
    """Made-up places of UN/LOCODE's shape: code -> its name, twice."""
    letters, drawn = string.ascii_lowercase, random.Random(1)
    codes: set[str] = set()
    while len(codes) < count:
        codes.add("".join(drawn.choices(letters, k=5)).upper())
    names = ("".join(drawn.choices(letters, k=8)).title() for _ in codes)
    return {code: (name, name) for code, name in zip(sorted(codes), names, strict=True)}


def by_names(rows: int, named: list[str]) -> bytes:
    """Invoices with two places each: Yokohama, in every tenth with words that no name has, and its own."""
    lines = [
        f"{LINE.format(number=number).strip()},Yokohama{'' if number % 10 else f' Terminal {number}'},{named[number]}"
        for number in range(rows)
    ]
    return "\n".join([f"{TITLES}{REST},/route/pol/UNLocationCode,/route/pod/UNLocationCode", *lines]).encode()


class Lock:
    """The desk's lock, as another page waits for it. longest: seconds."""

    def __init__(self, session: BulkSession) -> None:
        self._session, self._lock, self.longest = session, threading.RLock(), 0.0

    @contextmanager
    def held(self) -> Iterator[BulkSession]:
        with self._lock:
            yield self._session

    def ask(self, until: threading.Event) -> None:
        while not until.wait(0.02):
            begun = time.perf_counter()
            with self._lock:
                self.longest = max(self.longest, time.perf_counter() - begun)


def look_through(session: BulkSession, data: bytes) -> tuple[jobs.Job, float, float]:
    """(job, seconds, the longest that another page waited)"""
    lock, ended = Lock(session), threading.Event()
    other = threading.Thread(target=lock.ask, args=(ended,))
    begun = time.perf_counter()
    job = jobs.begun(resources.kind("commercial-invoice"), read_table(data))
    other.start()
    importing.judge(job, lock.held)
    took = time.perf_counter() - begun
    ended.set()
    other.join()
    return job, took, lock.longest


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--places", type=int, default=115_000)
    given = parser.parse_args()
    rows = given.rows
    data = f"{TITLES}{REST}\n" + "".join(LINE.format(number=n) for n in range(rows))
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Settings(data=Path(folder), port=0, log_level="warning")) as system,
    ):
        carrier = joined(system.url, "Example Line", "carrier")
        session = BulkSession(Client(system.url), joined(system.url, "Example Trading", "shipperOrConsignee"))
        session.sign_in()
        job, plain, _ = look_through(session, data.encode())
        begun = time.perf_counter()
        if job.faults:
            raise SystemExit(f"a benchmark with mistakes: {next(iter(job.faults.values()))}")
        job.given, job.signed = {"endorsee": str(carrier.party)}, list(range(rows))
        job.signers = [one.hex() for one in session.wallet.keys.addresses()]
        jobs.run(session, job, lambda: None, threading.Event())
        ended = time.perf_counter()
        if job.count(outcomes.DONE) != rows:
            raise SystemExit(f"{job.count(outcomes.DONE)} of {rows} arrived: {job.note}")
        known = places(given.places)
        codelists.add({"port": known})
        job, named, waited = look_through(session, by_names(rows, [name for name, _ in known.values()]))
        if len(job.faults) != (rows + 9) // 10:
            raise SystemExit(f"{len(job.faults)} rows with mistakes: {next(iter(job.faults.values()), '')}")
    for name, seconds, target in (
        ("desk_import.looked_through", plain, TARGET),
        ("desk_import.on_the_ledger", ended - begun, TARGET),
        (f"desk_import.looked_through_by_names_of_{given.places}", named, TARGET),
        (f"desk_import.another_page_waited_by_names_of_{given.places}", waited, None),
    ):
        print(
            json.dumps(
                {
                    "name": f"{name}.{rows}",
                    "value": round(seconds, 2),
                    "unit": "s",
                    "peer": "target" if target else None,
                    "peer_value": target,
                }
            )
        )


if __name__ == "__main__":
    main()
