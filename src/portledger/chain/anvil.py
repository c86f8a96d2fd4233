"""One anvil process: finding the program, starting it on a port, waiting for its answer, ending it."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from portledger.chain.chain_files import write_whole
from portledger.chain.rpc import ChainError, Rpc

ANVIL: Final = "PORTLEDGER_ANVIL"
"""Environment variable: path of the anvil binary to use."""
CHAIN_ID: Final = 1337
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
RPC_SECONDS: Final = 600.0
"""A dump or a block of a large chain takes its time."""


class NodeMissing(ChainError):
    """The embedded node's program is not installed."""

    REMEDY: ClassVar[str] = (
        f"Run scripts/setup, or put Foundry's anvil on the PATH, or name it in {ANVIL}, or give the address of "
        "another chain node."
    )


class NodeFailed(ChainError):
    """The embedded node does not start or stopped by itself."""

    REMEDY: ClassVar[str] = "Read the node's log beside its state; free the port or choose another one."


class NodeBusy(ChainError):
    """Another process runs a node on this folder."""

    REMEDY: ClassVar[str] = "Stop the other process, or choose another data folder."


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """port: 0 = any free one; hardfork: as anvil names it, None = its newest; gas_limit: of a block.

    block_seconds: least time between two blocks that `run` mines; poll_seconds: how often it looks for transactions;
    checkpoint_bytes: least size of the journal, some 390 bytes an act, at which `run` makes a checkpoint.
    binary: path of anvil, None = look for it.
    """

    chain_id: int = CHAIN_ID
    host: str = "127.0.0.1"
    port: int = 0
    hardfork: str | None = "berlin"
    gas_limit: int = 10**11
    prune_history: int = 200
    block_seconds: float = 0.25
    poll_seconds: float = 0.02
    checkpoint_bytes: int = 128 << 20
    binary: str | None = None


def find_anvil(binary: str | None = None) -> Path:
    """The anvil to run: the one named, $PORTLEDGER_ANVIL, the checkout's pinned one, the PATH's. Raises NodeMissing."""
    named = binary or os.environ.get(ANVIL)
    if named:
        if not os.access(named, os.X_OK):
            raise NodeMissing(f"no program at {named}", "an executable anvil")
        return Path(named)
    for root in (Path(__file__).resolve().parents[3], Path.cwd()):
        for path in sorted(root.glob("node_modules/@foundry-rs/anvil-*/bin/anvil*")):
            if os.access(path, os.X_OK):
                return path
    on_path = shutil.which("anvil")
    if on_path is None:
        raise NodeMissing("no anvil in node_modules and none on the PATH", "Foundry's anvil, 1.7")
    return Path(on_path)


class Anvil:
    """One anvil process. Raises NodeFailed when it does not answer, NodeBusy when the port is taken."""

    def __init__(self, folder: Path, settings: NodeSettings, began: int, port: int, checkpoint: Path | None) -> None:
        """began: block 0's time, unix seconds; port: 0 = any free one; checkpoint: None = a new chain."""
        self._folder, self._settings, self._began = folder, settings, began
        load = folder / "load.json"
        try:
            if checkpoint is not None:
                with gzip.open(checkpoint) as packed, load.open("wb") as plain:
                    shutil.copyfileobj(packed, plain, 1 << 20)
            self.port = _free_port(settings.host, port)
            self.process = self._begin(load if checkpoint is not None else None)
            self._wait(START_SECONDS + (load.stat().st_size >> 20 if checkpoint is not None else 0))
        finally:
            load.unlink(missing_ok=True)

    @property
    def url(self) -> str:
        return f"http://{self._settings.host}:{self.port}"

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        """Its state is ours to keep, so how it ends does not matter."""
        if not self.alive:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _begin(self, load: Path | None) -> subprocess.Popen[bytes]:
        with (self._folder / "anvil.log").open("wb") as log:
            process = subprocess.Popen(
                self._command(load),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        write_whole(self._folder / "process", f"{process.pid} {self.port}\n".encode())
        return process

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with Rpc(self.url, timeout=RPC_SECONDS) as rpc:
            while self.alive and time.monotonic() < until:
                with contextlib.suppress(ChainError):
                    if rpc.call("eth_chainId") == hex(self._settings.chain_id) and self.alive:
                        return
                time.sleep(0.02)
        self.end()
        raise NodeFailed(self._log_tail(), "a node that answers")

    def _command(self, load: Path | None) -> list[str]:
        settings = self._settings
        command = [
            str(find_anvil(settings.binary)), "--host", settings.host, "--port", str(self.port),
            "--chain-id", str(settings.chain_id), "--accounts", "0", "--no-mining", "--order", "fifo",
            "--block-base-fee-per-gas", "0", "--gas-price", "0", "--gas-limit", str(settings.gas_limit),
            "--prune-history", str(settings.prune_history), "--cache-path", str(self._folder.resolve() / "cache"),
            "--no-request-size-limit", "--no-cors", "--quiet", "--timestamp", str(self._began),
        ]  # fmt: skip
        if settings.hardfork is not None:
            command += ["--hardfork", settings.hardfork]
        if load is not None:
            command += ["--load-state", str(load)]
        return command

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError):
            return (self._folder / "anvil.log").read_text(errors="replace").strip()[-400:] or "a node that says nothing"
        return "a node that says nothing"


def _free_port(host: str, port: int) -> int:
    """The port if nobody has it; 0 = any that nobody has. Raises NodeBusy."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            raise NodeBusy(f"{host}:{port} in use", "a free port", "Stop what uses it, or choose another.") from failure
        found: int = probe.getsockname()[1]
        return found


def end_process(pid: int) -> None:
    """SIGTERM, then SIGKILL, for a process that is not our child."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        until = time.monotonic() + STOP_SECONDS
        while time.monotonic() < until:
            if not _runs(pid):
                return
            time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
