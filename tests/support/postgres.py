"""A real PostgreSQL server for the tests, where one is installed: in a folder of its own.

with Postgres() as server:
    url = server.new_database()      # postgresql://…, empty
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from uuid import uuid4

import psycopg

WHY_NOT = "no PostgreSQL 15 or later is installed"
_SECONDS = 30.0


def programs() -> Path | None:
    """The folder with initdb and postgres of the newest server that is installed."""
    folders = [Path("/usr/lib/postgresql"), Path("/usr/local/pgsql"), Path("/opt/homebrew/opt")]
    found = [path.parent for folder in folders if folder.is_dir() for path in folder.glob("**/bin/initdb")]
    on_path = shutil.which("initdb")
    if on_path is not None:
        found.append(Path(on_path).resolve().parent)
    fitting = [(version, folder) for folder in found if (version := _version(folder)) >= 15]
    return max(fitting)[1] if fitting else None


def _version(folder: Path) -> int:
    said = subprocess.run([folder / "initdb", "--version"], capture_output=True, text=True, check=False).stdout
    number = said.split()[2].split(".")[0] if len(said.split()) > 2 else ""
    return int(number) if number.isdigit() and (folder / "postgres").exists() else 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postgres:
    """port: of 127.0.0.1. The server's own files are on the disk, and it flushes them: it is production's."""

    def __init__(self) -> None:
        found = programs()
        assert found is not None, WHY_NOT
        self._programs = found
        # It refuses to run as root, and its own user may not come into everybody's TMPDIR.
        self._user = "postgres" if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="portledger-postgres-", dir="/tmp" if self._user else None))
        self.port = _free_port()
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "portledger", "--auth=trust", "--no-instructions",
                  "-E", "UTF8", "--locale=C")  # fmt: skip
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "synchronous_commit": "off",  # what the code asks for counts, not what the server does by itself
        }
        arguments = [item for name, value in options.items() for item in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [self._programs / "postgres", "-D", str(self.folder / "data"), *arguments],
                user=self._user, group=self._user, cwd="/", stdout=log, stderr=log,
            )  # fmt: skip
        until = time.monotonic() + _SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                assert process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return process

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments], user=self._user, group=self._user, cwd="/", check=True,
            capture_output=True,
        )  # fmt: skip

    def url(self, database: str) -> str:
        return f"postgresql://portledger@127.0.0.1:{self.port}/{database}"

    def new_database(self, like: str = "template1") -> str:
        """The address of an empty database, or of a copy of another."""
        name = f"test_{uuid4().hex}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}".encode())
        return self.url(name)

    def kill(self) -> None:
        """As a power cut: the server stands still, and so begins no session more, before those that there are are
        counted; then all of them end. None goes on, or the server would not begin again."""
        self._signal(signal.SIGSTOP, [self.process.pid])
        every = [*self._sessions(), self.process.pid]
        self._signal(signal.SIGKILL, every)
        self.process.wait()
        until = time.monotonic() + _SECONDS
        while any(map(_runs, every[:-1])) and time.monotonic() < until:
            time.sleep(0.01)

    def pause(self, seconds: float) -> None:
        """The server and its sessions stand still."""
        every = [self.process.pid, *self._sessions()]
        self._signal(signal.SIGSTOP, every)
        time.sleep(seconds)
        self._signal(signal.SIGCONT, every)

    def _sessions(self) -> list[int]:
        """And the server's other processes."""
        server = self.process.pid
        return [int(one) for one in Path(f"/proc/{server}/task/{server}/children").read_text().split()]

    def _signal(self, number: signal.Signals, processes: list[int]) -> None:
        for one in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, number)

    def restart(self) -> None:
        """After `kill`: the server recovers what was committed."""
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        self.process = self._start()

    def close(self) -> None:
        self.process.send_signal(signal.SIGINT)  # ends sessions and stops
        self.process.wait(_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Postgres:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _runs(process: int) -> bool:
    """Whether it is there and has not ended, be it that nobody has asked how."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
