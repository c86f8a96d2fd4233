"""The README's first steps are run as they stand, by a shell, against a system of their own in a new folder."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BIN = Path(sys.executable).parent
START_SECONDS, RUN_SECONDS = 120, 900
"""Generous: each command opens key files, whose passphrase takes about a second of a core to try."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def system(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A running system, as the README starts it; the environment for a shell that uses it."""
    port, node = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    command = [BIN / "portledger", "up", "--data", tmp_path / "port", "--port", str(port), "--node-port", str(node)]
    with (tmp_path / "up.log").open("wb") as log:
        up = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_for(url, up)
            yield {
                **os.environ,
                "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
                "PORTLEDGER_HOME": str(tmp_path / "home"),
                "PORTLEDGER_GATEWAY": url,
                "NODE": f"http://127.0.0.1:{node}",
                "COLUMNS": "120",
            }
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(timeout=30)


def wait_for(url: str, up: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and up.poll() is None:
        try:
            if httpx.get(url + "/readyz", trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError("the system did not come up")


def test_the_first_steps_of_the_readme_run_as_they_stand(system: dict[str, str], tmp_path: Path) -> None:
    blocks = re.findall(r"<!-- tests/end_to_end/test_readme.py runs this -->\n```sh\n(.*?)```", README, re.DOTALL)
    steps = "".join(blocks)
    assert len(blocks) == 2
    assert "http://127.0.0.1:8545" in steps
    script = "set -eu\n" + steps.replace("http://127.0.0.1:8545", system["NODE"])
    script = script.replace("bill.evidence.json", str(tmp_path / "bill.evidence.json"))
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=ROOT,
        env=system,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "ISSUED" in done.stdout
    assert "It holds, as of block" in done.stdout
    assert (tmp_path / "bill.evidence.json").stat().st_size > 0


def test_every_folder_of_the_readme_s_map_exists() -> None:
    linked = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    names = {"src/portledger/cli/" if name == "cli/" else name for name in linked}
    assert [name for name in sorted(names) if not (ROOT / name).exists()] == []
