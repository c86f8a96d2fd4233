"""Whether a process can do its work now, part by part: what /readyz says.

Each part is asked in a thread of its own and has SECONDS to answer; one that hangs is not asked again before it has
answered. A finding is good for FRESH_SECONDS, however many ask: the probe of a load balancer is nobody's burden. What a
part is found to be is said in words of this program, never in those of a driver, which may hold an address or a
password.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import Engine, text

from portledger.chain.rpc import ChainError, Rpc
from portledger.domain.errors import PortledgerError
from portledger.services.ledger import Databases
from portledger.store import read_model
from portledger.store.database import Name, is_older
from portledger.store.payloads import PayloadStore

log = structlog.get_logger("health")

SECONDS: Final = 3.0
FRESH_SECONDS: Final = 1.0
MAX_BEHIND: Final = 60
"""Blocks that the read model may be behind what it could show while a gateway counts as ready."""
READY: Final = "ok"

Check = Callable[[], str]
"""READY, or what is wrong in a few words. What it raises is wrong, too."""


@dataclass(frozen=True, slots=True)
class Found:
    """parts: what each part was found to be. node, confirmed: newest block of the node and of the read model."""

    parts: Mapping[str, str]
    node: int | None = None
    confirmed: int | None = None

    @property
    def ready(self) -> bool:
        return not self.wrong

    @property
    def wrong(self) -> dict[str, str]:
        return {part: words for part, words in self.parts.items() if words != READY}


@dataclass(slots=True)
class Health:
    """`add` the parts, then `look`, from any thread."""

    seconds: float = SECONDS
    fresh: float = FRESH_SECONDS
    heights: dict[str, int] = field(default_factory=dict)
    """Newest block of the `node`, and the one `confirmed` by the read model: written by their checks."""
    _checks: dict[str, Check] = field(default_factory=dict)
    _running: dict[str, Future[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8, thread_name_prefix="health"))
    _found: Found | None = None
    _found_at: float = 0.0

    def add(self, part: str, check: Check) -> None:
        self._checks[part] = check

    def look(self) -> Found:
        """The newest finding. Who comes while another one looks gets the one before."""
        found = self._found
        if not self._lock.acquire(blocking=found is None):
            assert found is not None
            return found
        try:
            if self._found is None or time.monotonic() - self._found_at > self.fresh:
                self._found, self._found_at = self._look(), time.monotonic()
            return self._found
        finally:
            self._lock.release()

    def close(self) -> None:
        """Without waiting: a part that hangs shall not keep a process from ending."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _look(self) -> Found:
        for part, check in self._checks.items():
            if part not in self._running or self._running[part].done():
                self._running[part] = self._pool.submit(_tried, part, check)
        wait(self._running.values(), self.seconds)
        parts = {part: one.result() if one.done() else _SILENT for part, one in self._running.items()}
        return Found(parts, self.heights.get("node"), self.heights.get("confirmed"))


_SILENT: Final = "does not answer in time"


def _tried(part: str, check: Check) -> str:
    try:
        return check()
    except PortledgerError as failure:
        log.warning("not_ready", part=part, found=failure.found[:300])
    except Exception as failure:
        log.warning("not_ready", part=part, exc_info=failure)
    return "does not answer as it should"


# --- the parts ------------------------------------------------------------------------------------------------------


def add_databases(health: Health, databases: Databases) -> None:
    """`database`: all four answer. `schema`: none is older than this program; a newer one is another program's, which
    moves on while this one serves."""
    named: dict[Name, Engine] = {
        "intake": databases.intake, "relay": databases.relay, "ledger": databases.ledger, "proofs": databases.proofs,
    }  # fmt: skip

    def answers() -> str:
        for engine in named.values():
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        return READY

    def schema() -> str:
        old = [name for name, engine in named.items() if is_older(engine, name)]
        return f"older than this program: {', '.join(old)}" if old else READY

    health.add("database", answers)
    health.add("schema", schema)


def add_node(health: Health, rpc: Rpc, chain_id: Callable[[], int | None]) -> None:
    """chain_id: of the ledger, None while it is not known."""

    def check() -> str:
        health.heights["node"] = rpc.block_number()
        wanted = chain_id()
        return READY if wanted is None or rpc.chain_id() == wanted else "of another chain"

    health.add("node", check)


def add_payloads(health: Health, payloads: PayloadStore) -> None:
    def check() -> str:
        payloads.probe()
        return READY

    health.add("payloads", check)


def add_reading(health: Health, databases: Databases, rpc: Rpc, confirmations: int) -> None:
    """`reading`: the read model is near the node. confirmations: those of the indexer."""

    def check() -> str:
        with databases.ledger.connect() as connection:
            block = read_model.confirmed(connection)
        if block is None:
            return "being built"
        health.heights["confirmed"] = block.number
        try:
            behind = rpc.block_number() - confirmations - block.number
        except ChainError:
            return READY  # as far as anybody knows: `node` says what is wrong
        return f"{behind} blocks behind" if behind > MAX_BEHIND else READY

    health.add("reading", check)
