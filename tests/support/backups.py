"""A system that is at work while it is backed up, and what it acknowledged before the backup began."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.gateway import Gateway, Trader

from portledger.domain.hashing import jcs, sha256
from portledger.services import backup as backups

QUIET = lambda _: None  # noqa: E731


@dataclass
class Writer:
    """Offers acts without a pause until it is stopped. acknowledged: digests, each noted after its 202."""

    gateway: Gateway
    carrier: Trader
    shipper: Trader
    acknowledged: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        while not self._stop.is_set():
            document = self._offer_one()
            # Now and then one that builds on what has just become final, as a party's next act does.
            if document is not None and len(self.acknowledged) % 5 == 0:
                self._accept(document)

    def _offer_one(self) -> bytes | None:
        signed, content = self.gateway.issue_act(self.carrier, self.shipper.party)
        answer = self.gateway.post(signed, content)
        if answer.status_code != 202:
            self.failed.append(answer.text)
            return None
        self.acknowledged.append(answer.json()["digest"])
        return signed.action.document

    def _accept(self, document: bytes) -> None:
        self.gateway.wait(self.acknowledged[-1])
        done = self.gateway.act(
            self.shipper, document, "ACCEPT", counterparty=self.carrier.party, endorsee=self.shipper.party
        )
        self.acknowledged.append(done.digest)


@contextmanager
def at_work(gateway: Gateway, carrier: Trader, shipper: Trader) -> Iterator[Writer]:
    writer = Writer(gateway, carrier, shipper)
    thread = threading.Thread(target=writer.work)
    thread.start()
    try:
        yield writer
    finally:
        writer._stop.set()
        thread.join()
        gateway.close()


def resealed(folder: Path, change: Callable[[dict[str, Any]], None] = lambda _: None) -> None:
    """Writes the manifest anew for the files as they are now: what somebody does who means to deceive, or a backup of
    a system that was broken already."""
    path = folder / backups.MANIFEST
    manifest = json.loads(path.read_bytes())
    for one in manifest["files"]:
        data = (folder / one["name"]).read_bytes()
        one |= {"sha256": sha256(data).hex(), "size": len(data)}
    change(manifest)
    manifest["digest"] = backups.digest_of(manifest)
    path.write_bytes(jcs(manifest))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
