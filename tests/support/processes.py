"""Processes of one system that does its work in several: gateways, relayers, indexers on one database and one node."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from portledger.chain.node import AnvilNode, NodeSettings
from portledger.gateway.api_settings import ApiSettings
from portledger.gateway.settings import ENVIRONMENT, Settings
from portledger.gateway.system import free_port, wait_until_ready


@dataclass
class Process:
    """One of them. `start`, `kill`, `stop`; its folder is its own, as on another machine."""

    settings: Settings
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.settings.base

    def start(self) -> None:
        self.settings.data.mkdir(parents=True, exist_ok=True)
        with (self.settings.data / "system.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portledger.gateway.system"],
                env={**os.environ, **self.environment, ENVIRONMENT: self.settings.to_json()},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def ready(self) -> None:
        """Waits for a gateway to answer."""
        process = self.process
        assert process is not None
        wait_until_ready(self.url, alive=lambda: process.poll() is None)

    def kill(self) -> None:
        """As a power cut."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def signal(self, number: int) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def log(self) -> str:
        return (self.settings.data / "system.log").read_text(errors="replace")


class Machines:
    """Two of each role. payloads, environment: of the blobs' store; database: postgresql://…"""

    def __init__(self, folder: Path, database: str, payloads: str | None, environment: Mapping[str, str]) -> None:
        self.node = AnvilNode(folder / "chain", NodeSettings(block_seconds=0.05))
        self.node.start()
        self.node.run()
        common = Settings(
            data=folder,
            node=self.node.url,
            database=database,
            payloads=payloads,
            log_level="info",
            api=ApiSettings(webhook_key=str(folder / "webhooks.key")),
        )
        self.all = {
            f"{role}{number}": Process(
                replace(common, roles=(role,), data=folder / f"{role}{number}", port=free_port("127.0.0.1")),
                environment,
            )
            for role in ("relayer", "indexer", "gateway")
            for number in (1, 2)
        }
        self._same_keys(folder)

    def _same_keys(self, folder: Path) -> None:
        """Both relayers have the operator's keys."""
        from portledger.gateway import consortium_keys

        keys = folder / "relayer1" / "consortium"
        keys.parent.mkdir(parents=True)
        consortium_keys.load_or_make(keys)
        (folder / "relayer2").mkdir()
        (folder / "relayer2" / "consortium").mkdir(mode=0o700)
        for file in keys.iterdir():
            copy = folder / "relayer2" / "consortium" / file.name
            copy.write_bytes(file.read_bytes())
            copy.chmod(0o600)

    def start(self) -> None:
        for one in self.all.values():
            one.start()
        for name in ("gateway1", "gateway2"):
            self.all[name].ready()

    def __getitem__(self, name: str) -> Process:
        return self.all[name]

    def working(self, role: str) -> str:
        """Which of the two has the work, by what the database says of the holder's process."""
        from sqlalchemy import select

        from portledger.store.database import database_url, open_database
        from portledger.store.upkeep import LEASES

        place = "relay" if role == "relayer" else "ledger"
        settings = self.all[f"{role}1"].settings
        engine = open_database(database_url(settings.data, settings.database, place), place)  # type: ignore[arg-type]
        with engine.connect() as connection:
            table = LEASES[place]
            holder = connection.execute(select(table.c.holder).where(table.c.name == role)).scalar_one()
        engine.dispose()
        pid = int(holder.rsplit(" ", 1)[1])
        return next(name for name, one in self.all.items() if one.process is not None and one.process.pid == pid)

    def close(self) -> None:
        for one in self.all.values():
            one.kill()
        self.node.stop()


def eventually(what: str, found: object, seconds: float = 30) -> None:
    """found: called until it is true."""
    assert callable(found)
    until = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < until, what
        time.sleep(0.05)
