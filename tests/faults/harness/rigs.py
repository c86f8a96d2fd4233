"""The systems that the harness attacks, and the faults of each. Every fault is followed by what a supervisor would do:
start again what has ended.

own_node            the whole system with its own node, which lies behind a proxy for relayer, indexer and gateway
reorganising_node   the whole system on a node of its operator's, which makes blocks by itself and takes some back
on_a_server         the first one with its tables on a PostgreSQL server, which is killed and paused
"""

from __future__ import annotations

import contextlib
import resource
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

from tests.faults.harness import proxy as proxies
from tests.faults.harness.proxy import Proxy
from tests.faults.steps import ACTING
from tests.support.gateway import DAY
from tests.support.postgres import Postgres, programs
from tests.support.victim import WORKER, Victim

from portledger.chain.anvil import CHAIN_ID, find_anvil
from portledger.chain.rpc import ChainError, NodeAnsweredError, Rpc
from portledger.chain.transactions import Transaction
from portledger.domain.refusals import Unavailable
from portledger.domain.signatures import address_of
from portledger.gateway import consortium_keys
from portledger.gateway.system import free_port, wait_until_ready
from portledger.store.outbox import Sender

POINT_SECONDS: Final = 3.0
"""So long a named point has to be passed; then its fault is taken back."""
READY_SECONDS: Final = 300.0
CONFIRMATIONS: Final = 3
BLOCK_SECONDS: Final = 1
"""Of the node that reorganises; anvil takes whole ones."""
JUMPS: Final = (3600, -3600, DAY, -DAY)
"""Seconds by which the clock is wrong for a moment."""

Fault = tuple[str, Callable[[], None]]


@dataclass
class Progress:
    """How far a run came."""

    faults: int = 0
    acts: int = 0
    done: Counter[str] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)
    """What this machine cannot do, in words."""


class Rig:
    """`start`, then `next` as often as there are faults, then `calm`; `close` in any case."""

    def __init__(self, folder: Path, seed: int, **victim: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.seed, self.random, self.done = seed, Random(f"{seed} {folder.name}"), Counter[str]()
        self._clock = folder / "clock"
        self.proxy = Proxy(self._target, seed)
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(self.proxy)
        environment = {"PORTLEDGER_CLOCK": str(self._clock), **victim.pop("environment", {})}
        self.victim = Victim(
            folder, seed=seed, module="tests.faults.harness.system", ready_seconds=READY_SECONDS, deadline=3 * DAY,
            environment=environment, **victim,
        )  # fmt: skip
        self.faults: Sequence[Fault] = ()

    def node_url(self) -> str:
        raise NotImplementedError

    def _target(self) -> tuple[str, int]:
        where = urlsplit(self.node_url())
        assert where.hostname is not None
        assert where.port is not None
        return where.hostname, where.port

    def start(self) -> None:
        self.victim.will_die_at()
        self.victim.start()
        self.victim.prepare(sign_in=True)

    def close(self) -> None:
        """Everything that was started, whatever state it is in."""
        with contextlib.suppress(Exception):
            self._limit_files(resource.RLIM_INFINITY)
        self.victim.close()
        self._stack.close()

    def told(self) -> dict[str, int]:
        """How often what was done, exchanges that went wrong included."""
        return {**self.done, **{f"exchanges: {name}": times for name, times in self.proxy.done.items()}}

    def next(self) -> None:
        name, work = self.random.choice(self.faults)
        self.done[name] += 1
        work()

    def calm(self) -> None:
        self.proxy.calm()
        self._clock.write_text("0")
        self.revive()

    # --- what a supervisor does -----------------------------------------------------------------------------------

    def revive(self) -> None:
        """Waits until the gateway answers; a system that ended is started again."""
        try:
            wait_until_ready(self.victim.settings.base, READY_SECONDS, self._alive)
        except Unavailable:
            self._start_again()

    def _start_again(self) -> None:
        """It may fail on the way, as its node's answers are lost: then once more."""
        while True:
            self.victim.kill()
            with contextlib.suppress(Unavailable):
                self.victim.start()
                return
            self.done["start that failed"] += 1

    def _alive(self) -> bool:
        return self.victim.running is not None and self.victim.running.process.poll() is None

    # --- faults of both -------------------------------------------------------------------------------------------

    def _kill_system(self) -> None:
        self._start_again()

    def _kill_worker(self) -> None:
        self.victim.kill_worker()
        self.revive()

    def _die_at_one_of(self, points: Sequence[str]) -> None:
        point = self.random.choice(points)
        self.victim.will_die_at(point)
        until = time.monotonic() + POINT_SECONDS
        while self.victim.deaths_left() and time.monotonic() < until:
            time.sleep(0.01)
        if self.victim.deaths_left():
            self.done["named point that nothing passed"] += 1
        self.victim.will_die_at()
        if point.startswith(WORKER) or self._alive():
            self.revive()
        else:
            self._start_again()

    def _pause_system(self) -> None:
        self.victim.pause_system(self.random.uniform(0.05, 1.0))

    def _answers(self) -> None:
        """The node's answers, for a while, which may last over the next fault."""
        fault = self.random.choice(proxies.FAULTS)
        seconds = self.random.uniform(0.5, 2.5)
        self.proxy.misbehave(fault, self.random.uniform(0.2, 1.0), seconds)
        if self.random.random() < 0.6:
            time.sleep(seconds)

    def _fill_disk(self) -> None:
        """No file of relayer, indexer and gateway can be written, as on a full disk; then there is room again."""
        self._limit_files(0)
        time.sleep(self.random.uniform(0.3, 2.0))
        if self.random.random() < 0.2 and self._alive():
            self.victim.kill_worker()
            time.sleep(1)
        self._limit_files(resource.RLIM_INFINITY)
        self.revive()

    def _limit_files(self, size: int) -> None:
        for pid in self.victim.processes():
            with contextlib.suppress(ProcessLookupError):
                _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size == resource.RLIM_INFINITY else size, hard))

    def _jump(self) -> None:
        """The clock of relayer, indexer and gateway, forth and back."""
        for _ in range(self.random.choice((1, 2))):
            self._clock.write_text(str(self.random.choice(JUMPS)))
            time.sleep(self.random.uniform(0.3, 1.0))
        if self.random.random() < 0.2:
            self._start_again()
        self._clock.write_text("0")

    def _stranger(self) -> None:
        """A copy of the installation sends with the relayer's key."""
        key = consortium_keys.load_or_make(self.victim.settings.data / "consortium")[Sender.RELAYER]
        address = address_of(key)
        until, taken = time.monotonic() + 2, 0
        with Rpc(self.node_url(), timeout=10) as rpc:
            while taken < 3 and time.monotonic() < until:
                with contextlib.suppress(ChainError):
                    nonce = rpc.nonce(address, "pending")
                    rpc.send_raw(Transaction(nonce, 21_000, address, b"", value=0).sign(key, CHAIN_ID))
                    taken += 1
        if not taken:
            self.done["stranger who came too late"] += 1

    def _common(self) -> list[Fault]:
        return [
            ("system killed", self._kill_system),
            ("worker killed", self._kill_worker),
            ("system paused", self._pause_system),
            *[("answers of the node", self._answers)] * 4,
            *[("disk full", self._fill_disk)] * 2,
            *[("clock jumped", self._jump)] * 2,
            ("stranger with the relayer's key", self._stranger),
        ]


class _OwnNode(Rig):
    def __init__(self, folder: Path, seed: int, mistake: str | None, **victim: Any) -> None:
        # The proxy's port is known before the system starts.
        super().__init__(folder, seed, environment={"PORTLEDGER_BREAK": mistake} if mistake else {}, **victim)
        self.victim.surround(PORTLEDGER_PROXY=self.proxy.url)
        self.faults = [
            *self._common(),
            ("node killed", self._kill_node),
            ("system and node killed", self._kill_both),
            ("node paused", lambda: self.victim.pause_node(self.random.uniform(0.05, 1.0))),
            *[("killed at a named point", self._named_point)] * 3,
        ]

    def node_url(self) -> str:
        return self.victim.node_url()

    def _kill_node(self) -> None:
        self.victim.kill_node()
        self.revive()

    def _kill_both(self) -> None:
        self.victim.kill_node()
        self._start_again()

    def _named_point(self) -> None:
        self._die_at_one_of([one for one in ACTING if not one.startswith(("party.", "registration."))])


class _OnAServer(_OwnNode):
    def __init__(self, folder: Path, seed: int) -> None:
        self._server = Postgres()
        super().__init__(folder, seed, None, database=self._server.new_database())
        self._stack.callback(self._server.close)
        self.faults = [
            *self.faults,
            *[("database killed", self._kill_database)] * 5,
            *[("database paused", self._pause_database)] * 2,
            ("system and database killed", self._kill_with_database),
        ]

    def _kill_database(self) -> None:
        """As a power cut of its machine; who asks meanwhile is told to come again."""
        self._server.kill()
        time.sleep(self.random.uniform(0.0, 2.0))
        self._server.restart()
        self.revive()

    def _pause_database(self) -> None:
        self._server.pause(self.random.uniform(0.05, 2.0))

    def _kill_with_database(self) -> None:
        self._server.kill()
        self.victim.kill()
        self._server.restart()
        self._start_again()


class _Reorganising(Rig):
    def __init__(self, folder: Path, seed: int) -> None:
        self._port = free_port("127.0.0.1")
        super().__init__(folder, seed, confirmations=CONFIRMATIONS, node="")
        self.victim.point_at(self.proxy.url)
        self._anvil = self._begin(folder / "anvil.log")
        self.faults = [
            *self._common(),
            *[("chain reorganised", self._reorganise)] * 6,
            *[("pending transaction dropped", self._drop)] * 4,
            *[("killed at a named point", self._named_point)] * 2,
        ]

    def node_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _begin(self, log: Path) -> subprocess.Popen[bytes]:
        command = [
            str(find_anvil()), "--port", str(self._port), "--chain-id", str(CHAIN_ID), "--accounts", "0",
            "--block-time", str(BLOCK_SECONDS), "--order", "fifo", "--block-base-fee-per-gas", "0", "--gas-price", "0",
            "--gas-limit", str(10**11), "--hardfork", "berlin", "--quiet",
        ]  # fmt: skip
        with log.open("wb") as sink:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
            )
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        until = time.monotonic() + 60
        with Rpc(self.node_url()) as rpc:
            while True:
                try:
                    rpc.block_number()
                    return process
                except ChainError:
                    assert time.monotonic() < until, log.read_text(errors="replace")
                    time.sleep(0.05)

    @contextlib.contextmanager
    def _without_blocks(self) -> Iterator[Rpc]:
        """The node makes no blocks meanwhile, and has ended the one that it was at."""
        with Rpc(self.node_url()) as rpc:
            rpc.call("evm_setIntervalMining", 0)
            try:
                rpc.call("evm_mine")  # waits for its turn, behind the one that is being made
                yield rpc
            finally:
                rpc.call("evm_setIntervalMining", BLOCK_SECONDS)

    def _reorganise(self) -> None:
        """As deep as what is not shown yet, or less. anvil does not make blocks and take them back one after the other:
        one that it makes in the midst of it leaves it with a state that its own logs contradict, for good."""
        with self._without_blocks() as rpc:
            rpc.call("anvil_reorg", self.random.randint(1, CONFIRMATIONS), [])

    def _drop(self) -> None:
        """One transaction that waits in the node, while it makes no blocks."""
        with self._without_blocks() as rpc:
            until = time.monotonic() + 3
            while time.monotonic() < until:
                found = rpc.call("txpool_content")["pending"]
                waiting = [one["hash"] for sent in found.values() for one in sent.values()]
                if waiting:
                    with contextlib.suppress(NodeAnsweredError):
                        rpc.call("anvil_dropTransaction", self.random.choice(sorted(waiting)))
                    return
                time.sleep(0.02)
            self.done["dropped nothing"] += 1

    def _named_point(self) -> None:
        self._die_at_one_of([one for one in ACTING if not one.startswith(("party.", "registration.", "node."))])


def own_node(folder: Path, seed: int, mistake: str | None) -> Rig:
    return _OwnNode(folder, seed, mistake)


def reorganising_node(folder: Path, seed: int) -> Rig:
    return _Reorganising(folder, seed)


class Skipped(Exception):
    """A system that this machine cannot have, and why. Whoever catches it says so: a run without it proves less."""


NO_SERVER: Final = "skipped: PostgreSQL is not installed; nothing was done to a database (15 or later is needed)"


def on_a_server(folder: Path, seed: int) -> Rig:
    """Raises Skipped."""
    if programs() is None:
        raise Skipped(NO_SERVER)
    return _OnAServer(folder, seed)
