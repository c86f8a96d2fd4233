"""A spreadsheet of 500 rows becomes 500 documents on the ledger: from the file's bytes to the last result.

Run: scripts/bench desk_import [--rows 500]. A whole system of its own on this machine, blocks of one second.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from pathlib import Path

from portledger import resources
from portledger.desk import importing, jobs, outcomes
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
LINE = "BENCH-{number},2026-10-12,Hamakaze Pump Works,Laem Thong Water Systems,Pumps,48,PCE,USD,83640,83640\n"
TARGET = 60
"""Seconds for 500 rows."""


def joined(url: str, name: str, role: str) -> Wallet:
    keys = key_files.generate(1)
    with Client(url) as client:
        status = register(client, keys, Profile(name, "JP", (role,)))
        return Wallet(keys.with_party(wait_registered(client, status.request_id)))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=500)
    rows = parser.parse_args().rows
    data = TITLES + "Currency,Price / Amount,Total of the goods\n" + "".join(LINE.format(number=n) for n in range(rows))
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Settings(data=Path(folder), port=0, log_level="warning")) as system,
    ):
        carrier = joined(system.url, "Example Line", "carrier")
        session = BulkSession(Client(system.url), joined(system.url, "Example Trading", "shipperOrConsignee"))
        session.sign_in()
        begun = time.perf_counter()
        job = jobs.begun(resources.kind("commercial-invoice"), read_table(data.encode()))
        importing.judge(session, job)
        judged = time.perf_counter()
        if job.faults:
            raise SystemExit(f"a benchmark with mistakes: {next(iter(job.faults.values()))}")
        job.given, job.signed = {"endorsee": str(carrier.party)}, list(range(rows))
        job.signers = [one.hex() for one in session.wallet.keys.addresses()]
        jobs.run(session, job, lambda: None, threading.Event())
        ended = time.perf_counter()
        if job.count(outcomes.DONE) != rows:
            raise SystemExit(f"{job.count(outcomes.DONE)} of {rows} arrived: {job.note}")
    for name, seconds in (
        ("desk_import.looked_through", judged - begun),
        ("desk_import.on_the_ledger", ended - judged),
    ):
        print(
            json.dumps(
                {
                    "name": f"{name}.{rows}",
                    "value": round(seconds, 1),
                    "unit": "s",
                    "peer": "target",
                    "peer_value": TARGET,
                }
            )
        )


if __name__ == "__main__":
    main()
