"""Time to seal and open a document of 64 kB in five datasets, to prove a field, and to seal a file of 100 MB.

Prints one JSON object a line: {name, value, unit, peer, peer_value}. The peers publish no sealing: their value is null.
The document is cargo lines as an e-B/L carries them, about 45 bytes a field with its name; times are medians.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from portledger.vault.attachments import open_file, seal_file
from portledger.vault.canonical import encode
from portledger.vault.contents import open_content, seal_content
from portledger.vault.grants import EncryptionKey, make_grant, open_grant
from portledger.vault.manifest import Place

NAMES = ["header", "parties", "route", "cargo", "equipment"]
SIZE = 64_000
FILE_SIZE = 100_000_000


def line(number: int) -> dict[str, Any]:
    return {
        "descriptionOfGoods": f"Frozen tuna loins, carton {number}, packed in polyethylene bags, vessel-frozen at sea",
        "shippingMarks": f"HARBOUR GOODS LTD / ORDER 2026-{number:06d} / PORT KLANG / MADE IN JAPAN",
        "handlingInstructions": "Keep at or below minus 18 degrees Celsius; do not stack above four layers high",
        "harmonizedSystemCode": "030487",
        "grossWeight": "1204.500",
        "containerReference": f"PLGU{number:07d}",
    }


def document() -> dict[str, Any]:
    lines = []
    while len(encode(lines)) < SIZE // len(NAMES) - 200:
        lines.append(line(len(lines)))
    return {name: {"lines": lines} for name in NAMES}


def median_ms(call: Callable[[], object], times: int = 40) -> float:
    measured = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        measured.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(measured), 3)


def report(name: str, value: float, unit: str) -> None:
    print(json.dumps({"name": name, "value": value, "unit": unit, "peer": None, "peer_value": None}), flush=True)


def contents() -> None:
    place = Place(1337, os.urandom(20), os.urandom(32), 0x0101)
    values = document()
    sealed = seal_content(place, NAMES, values)
    opened = open_content(sealed.manifest, sealed.keys, sealed.blobs)
    report("seal.64kB.5datasets", median_ms(lambda: seal_content(place, NAMES, values)), "ms")
    report("open.64kB.5datasets", median_ms(lambda: open_content(sealed.manifest, sealed.keys, sealed.blobs)), "ms")
    report("seal.fields", sum(len(one.tree.paths()) for one in opened.values()), "fields")
    report("seal.bytes", sum(len(encode(value)) for value in values.values()), "bytes")
    key = EncryptionKey(os.urandom(32))
    grant = make_grant(sealed.manifest, "cargo", sealed.keys["cargo"], 5, key.public, key.digest)
    secret = sealed.keys["cargo"]
    report(
        "grant.make", median_ms(lambda: make_grant(sealed.manifest, "cargo", secret, 5, key.public, key.digest)), "ms"
    )
    report("grant.open", median_ms(lambda: open_grant(sealed.manifest, grant, 5, key)), "ms")
    tree, path = opened["cargo"].tree, "/lines/3/grossWeight"
    proof, root = tree.prove(path), tree.commitment
    report("field.verify", median_ms(lambda: proof.verify(root)), "ms")


def attachments() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "plain").open("wb") as file:
            for _ in range(FILE_SIZE // 10**6):
                file.write(os.urandom(10**6))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.perf_counter()
        with (folder / "plain").open("rb") as source, (folder / "sealed").open("wb") as target:
            one = seal_file(source, target, "scan.pdf", "application/pdf")
        sealed_at = time.perf_counter()
        with (folder / "sealed").open("rb") as source:
            open_file(one, iter(lambda: source.read(2**20), b""), folder / "back")
        opened_at = time.perf_counter()
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report("attachment.seal.100MB", round(FILE_SIZE / 1e6 / (sealed_at - start), 1), "MB/s")
    report("attachment.open.100MB", round(FILE_SIZE / 1e6 / (opened_at - sealed_at), 1), "MB/s")
    report("attachment.memory.100MB", round((after - before) / 1024, 1), "MiB more")


if __name__ == "__main__":
    contents()
    attachments()
