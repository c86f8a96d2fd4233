"""One command's worth of system: node, deployment, relayer, indexer and gateway over one data folder; or, beside
others on one database, only some of them.

Three processes: this one with the threads of relayer, indexer and keeper of proofs, the node, and one worker with the
gateway; more workers only made everything slower on two cores (docs/performance.md). Everything that matters is in the
folder, so that any of them may be killed at any moment and started again. A node or a worker that dies is started again
from here; a worker that cannot stay up ends the whole system, with a message.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import multiprocessing
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import httpx
import structlog
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer
from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest

from portledger import __version__, faults, measures, resources, tracing
from portledger.chain.deploy import Deployment, define_kinds, deploy
from portledger.chain.node import AnvilNode, NodeSettings
from portledger.chain.rpc import Rpc
from portledger.chain.signers import KeySigner, Ring, Signer, SignerError
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.refusals import Conflict, Unavailable
from portledger.domain.signatures import address_of
from portledger.formats.api_json import address_text
from portledger.gateway import consortium_keys, logs, relayer_keys
from portledger.gateway.operator_port import OperatorPort
from portledger.gateway.settings import ENVIRONMENT, NODE, PARENT, ROLES, Settings
from portledger.relay.indexer import Indexer, Place
from portledger.relay.keeper import Keeper
from portledger.relay.loops import Loops
from portledger.relay.relayer import Relayer, RelaySettings
from portledger.relay.webhooks import Webhooks
from portledger.services import health
from portledger.services.health import Health
from portledger.services.ledger import Databases, Ledger
from portledger.services.measuring import Measuring
from portledger.services.prove import Prover
from portledger.services.webhooks import secrets_of
from portledger.store import relayer_keys as named_keys
from portledger.store import upkeep
from portledger.store.leases import Lease, LeaseTaken
from portledger.store.outbox import Sender

log = structlog.get_logger("system")

GATEWAY, RELAYER, INDEXER = ROLES
POWERS: Final = (Sender.GOVERNOR, Sender.REGISTRAR, Sender.GUARDIAN)
READY_SECONDS: Final = 60.0
RELAYER_SECONDS: Final = 10.0
"""So long the relayer waits for one answer of the node: one that hangs at one transaction holds up no other longer."""
GATEWAY_ENDS: Final = 3
"""So often within GATEWAY_ENDS_SECONDS the gateway's server may end: each time its worker died twice within seconds."""
GATEWAY_ENDS_SECONDS: Final = 60.0
GATEWAY_PAUSE_SECONDS: Final = 0.5
"""Before an ended server is started again."""
DRAIN_SECONDS: Final = 10
"""So long the gateway's worker has, after it was asked to end, for the requests that have begun."""
STOP_SECONDS: Final = 8.0
"""So long each loop has for the step that it is at. What it does not end is begun anew by whoever comes next."""
MOST_CONNECTIONS: Final = 16_384
"""Open connections of a gateway: above the streams and waits that it allows, so that slow clients fill it late."""
FILES_OF_OUR_OWN: Final = 1_024
"""Handles that connections leave to databases, logs and blobs."""


def connections() -> int:
    """How many clients may be connected at once, by the process's limit of open files, which is raised as far as it may
    be. What the server would take by itself is 1,024, which one address with idle connections could hold."""
    wanted = MOST_CONNECTIONS + FILES_OF_OUR_OWN
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    files = wanted if soft == resource.RLIM_INFINITY else soft
    return min(MOST_CONNECTIONS, max(files - FILES_OF_OUR_OWN, files // 2))


def _silent(_: str) -> None:
    """For who does not want to hear how far the start is."""


@dataclass(slots=True)
class System:
    """`start`, then `serve` until a signal, then `stop`. `start` alone runs everything but the gateway.

    say: told in a few words, for a person, what is being started; ask: for a passphrase, where one is needed.
    """

    settings: Settings
    say: Callable[[str], None] = _silent
    ask: relayer_keys.Ask = relayer_keys.nobody
    node: AnvilNode | None = None
    ledger: Ledger | None = None
    url: str = ""
    _rpc: Rpc | None = None
    _loops: Loops | None = None
    _keeper: Keeper | None = None
    _webhooks: Webhooks | None = None
    _held: int | None = None
    _databases: Databases | None = None
    _port: OperatorPort | None = None
    _health: Health = field(default_factory=Health)
    _started: bool = False

    def start(self) -> None:
        """Raises ChainError when node or deployment fail, Conflict when another system runs on the folder, Unavailable
        when there is no ledger and this process is not the one that deploys it, and of the relayer's key what
        gateway/relayer_keys.py raises, of the webhooks' key services.webhooks.secrets_of."""
        folder, settings = self.settings.data, self.settings
        secrets = relayer_keys.Secrets.take(os.environ)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if settings.whole or (settings.database is None and GATEWAY in settings.roles):
            self._hold(folder, "lock" if settings.whole else "lock.gateway")
        consortium = folder / "consortium"
        keys = relayer_keys.ring(settings.relayer, consortium, secrets, self.ask) if RELAYER in settings.roles else None
        self.url = self._start_node()
        self._rpc = Rpc(self.url)
        databases = self._databases = Databases.open(folder, settings.database)
        signing = None
        if GATEWAY in settings.roles or RELAYER in settings.roles:
            signing = secrets_of(folder, settings.api.webhook_key, databases.intake)
        self._open_port(databases)
        relayer = Lease(databases.relay, "relay", RELAYER, folder) if RELAYER in settings.roles else None
        indexer = Lease(databases.ledger, "ledger", INDEXER, folder) if INDEXER in settings.roles else None
        deployment = self._kept_deployment(self._rpc, databases)
        governing: Mapping[Sender, bytes] = {}
        if relayer is not None:
            assert keys is not None
            governing = consortium_keys.load_or_make(consortium, POWERS)
            deployer = _relayers_signer(databases, keys)
            deployment = self._deployed(self._rpc, governing, deployer, databases, relayer, deployment)
        elif deployment is None:
            deployment = self._wait_for_deployment(self._rpc, databases)
        # For the gateway's worker, and for the operator's tools on this folder.
        deployment.save(folder / "deployment.json")
        self.ledger = Ledger(deployment, databases, resources.kinds())
        self._loops = self._make_loops(self.ledger, governing, keys, relayer, indexer)
        if self._loops.indexer is not None:
            self._read_all(self._loops.indexer)
        self._loops.start()
        if indexer is not None:
            prover = Prover(self.ledger, Rpc(self.url), settings.engine)
            work = indexer
            self._keeper = Keeper(prover, settings.proof_seconds, settings.nightly_hour, mine=lambda: work.held)
            self._keeper.start()
        if relayer is not None:
            assert signing is not None
            lease = Lease(databases.relay, "relay", "webhooks", folder)
            self._webhooks = Webhooks(self.ledger, signing, settings.api.private_webhooks, lease)
            self._webhooks.start()
        self._started = True

    def _open_port(self, databases: Databases) -> None:
        settings = self.settings
        if settings.metrics is None:
            return
        rpc, found = Rpc(self.url, health.SECONDS), self._health
        health.add_databases(found, databases)
        health.add_node(found, rpc, lambda: self.ledger.deployment.chain_id if self.ledger is not None else None)
        found.add("work", self._working)
        if INDEXER in settings.roles:
            health.add_reading(found, databases, rpc, settings.confirmations)
        folder = None
        if GATEWAY in settings.roles:
            found.add("gateway", self._gateway)
            folder = settings.data / "metrics"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
        text = metrics_of(Measuring(found, databases, rpc, settings.confirmations), settings.roles, folder)
        self._port = OperatorPort(settings.metrics, self._alive, found, text)
        self._port.start()
        self.say(f"Operator: {self._port.url}/livez, /readyz, /metrics.")

    def _alive(self) -> str:
        """Failures do not end a loop; whatever does, this process does not do its work any more."""
        works = [one for one in (self._loops, self._keeper, self._webhooks) if one is not None]
        return health.READY if not self._started or all(one.alive for one in works) else "a loop has ended"

    def _working(self) -> str:
        return self._alive() if self._started else "still starting"

    def _gateway(self) -> str:
        """What the worker says of itself."""
        with httpx.Client(timeout=health.SECONDS, trust_env=False) as client:
            answer = client.get(f"{self.settings.base}/readyz")
        if answer.status_code == 200:
            return health.READY
        return str(answer.json().get("found", "not ready"))[:200]

    def _read_all(self, indexer: Indexer) -> None:
        """A whole system answers when its read model is up to date; one beside others reads on while it answers."""
        assert indexer.lease is not None
        try:
            indexer.lease.take()
        except LeaseTaken:
            self.say("Indexer: another one is at work; this one stands by.")
            return
        self.say("Indexer: reading the ledger up to its last block …")
        indexer.start()
        while indexer.step():
            indexer.lease.keep()

    def _hold(self, folder: Path, name: str) -> None:
        held = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            os.close(held)
            raise Conflict(f"{folder} in use", "one system per data folder") from failure
        self._held = held

    def _start_node(self) -> str:
        if self.settings.node is not None:
            self.say(f"Node: {self.settings.node}, as given.")
            return self.settings.node
        if not self.settings.whole:
            raise InvalidInput("node", "none", "a JSON-RPC node's address, since only a whole system has its own")
        self.say("Node: starting the embedded chain …")
        self.node = AnvilNode(
            self.settings.data / "chain",
            NodeSettings(
                chain_id=self.settings.chain_id,
                port=self.settings.node_port,
                block_seconds=self.settings.block_seconds,
            ),
        )
        self.node.start()
        self.node.run()
        self.say(f"Node: {self.node.url}")
        return self.node.url

    def _kept_deployment(self, rpc: Rpc, databases: Databases) -> Deployment | None:
        """The ledger that the databases belong to, or the folder's; checked against the node."""
        path = self.settings.data / "deployment.json"
        with databases.relay.connect() as connection:
            kept = upkeep.kept_deployment(connection)
        if kept is not None:
            found = Deployment.from_json(json.loads(kept))
        elif path.exists():
            found = Deployment.load(path)
        else:
            return None
        self.say(f"Ledger: checking {address_text(found.ledger)} …")
        found.check(rpc)
        return found

    def _deployed(
        self,
        rpc: Rpc,
        governing: Mapping[Sender, bytes],
        deployer: Signer | None,
        databases: Databases,
        lease: Lease,
        found: Deployment | None,
    ) -> Deployment:
        """The ledger, a new one where there is none; kinds that it lacks are defined. One relayer at a time does it."""
        while True:
            try:
                lease.take()
                break
            except LeaseTaken:
                if found is not None:
                    self.say("Relayer: another one is at work; this one stands by.")
                    return found
                # What the other one deploys is kept before it does anything else.
                time.sleep(0.2)
                found = self._kept_deployment(rpc, databases)
        found = found or self._kept_deployment(rpc, databases) or self._deploy(rpc, governing, deployer)
        self._keep(databases, found)
        known = define_kinds(rpc, found, governing[Sender.GOVERNOR], resources.kinds().values())
        faults.point("system.after_kinds")
        if known != found:
            self._keep(databases, known)
        return known

    def _deploy(self, rpc: Rpc, governing: Mapping[Sender, bytes], deployer: Signer | None) -> Deployment:
        if deployer is None:
            raise Unavailable("a relayer whose signing service does not answer", "one that can sign the deployment")
        self.say(f"Ledger: deploying a new one with {len(resources.kinds())} kinds of documents …")
        deployment = deploy(
            rpc,
            deployer,
            self.settings.consortium,
            address_of(governing[Sender.GOVERNOR]),
            address_of(governing[Sender.REGISTRAR]),
            address_of(governing[Sender.GUARDIAN]),
        )
        faults.point("system.before_deployment_kept")
        return deployment

    def _keep(self, databases: Databases, deployment: Deployment) -> None:
        deployment.save(self.settings.data / "deployment.json")
        with databases.relay.begin() as connection:
            upkeep.keep_deployment(connection, json.dumps(deployment.to_json()).encode())
        faults.point("system.after_deployment_kept")

    def _wait_for_deployment(self, rpc: Rpc, databases: Databases) -> Deployment:
        self.say("Ledger: waiting for the relayer, which deploys it …")
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            found = self._kept_deployment(rpc, databases)
            if found is not None:
                return found
            time.sleep(0.2)
        raise Unavailable(
            "databases of no ledger", "those that a relayer has begun", "Start `portledger relayer` on them first."
        )

    def _make_loops(
        self,
        ledger: Ledger,
        governing: Mapping[Sender, bytes],
        keys: Ring | None,
        relaying: Lease | None,
        indexing: Lease | None,
    ) -> Loops:
        deployment, databases, node = ledger.deployment, ledger.databases, self.node
        indexer = relayer = None
        if indexing is not None:
            indexer = Indexer(
                Rpc(self.url),
                Place(deployment.ledger, deployment.block),
                databases.ledger,
                ledger.effects_of,
                (lambda: node.saved_block) if node is not None else None,
                self.settings.confirmations,
                lease=indexing,
            )
        if relaying is not None:
            assert keys is not None
            relayer = Relayer(
                Rpc(self.url, RELAYER_SECONDS),
                deployment.ledger,
                deployment.chain_id,
                {sender: KeySigner(key) for sender, key in governing.items()},
                keys,
                databases.intake,
                databases.relay,
                databases.ledger,
                RelaySettings(self.settings.acts_per_transaction, self.settings.transactions_in_flight),
                lease=relaying,
            )
        # Where two systems share a database, the indexer that works may be the other one's.
        return Loops(indexer, relayer, None if self.settings.database is None and indexer else self._reading)

    def _reading(self) -> upkeep.Seen:
        assert self._databases is not None
        with self._databases.ledger.connect() as connection:
            return upkeep.seen(connection)

    def serve(self) -> None:
        """The gateway, in a worker process, until SIGTERM or Ctrl-C.

        The server replaces a worker that dies, but ends when that one dies within seconds, too; then it is started
        again. Raises Unavailable when it ends so too often: something is wrong that starting again does not mend.
        """
        os.environ[ENVIRONMENT] = self.settings.to_json()
        os.environ[NODE] = self.url
        os.environ[PARENT] = str(os.getpid())
        if self.settings.metrics is not None:
            os.environ[measures.FOLDER_VARIABLE] = str(self.settings.data / "metrics")
        # A forked worker would inherit the locks of this process's threads, held for ever.
        multiprocessing.set_start_method("spawn", force=True)
        ends: deque[float] = deque(maxlen=GATEWAY_ENDS)
        while not self._served():
            ends.append(time.monotonic())
            if len(ends) == GATEWAY_ENDS and ends[-1] - ends[0] < GATEWAY_ENDS_SECONDS:
                raise Unavailable(
                    f"a gateway whose worker died {2 * GATEWAY_ENDS} times within {GATEWAY_ENDS_SECONDS:g} seconds",
                    "one that stays up",
                    "Read above what the worker said, then start again on the same folder: nothing acknowledged is "
                    "lost.",
                )
            log.error("gateway_ended", ends=len(ends), remedy="It is started again.")
            time.sleep(GATEWAY_PAUSE_SECONDS)

    def _served(self) -> bool:
        """One life of the server. Whether it ended because somebody asked it to."""
        server = self._server()
        try:
            server.serve()
        except SystemExit as end:
            if not end.code:  # a signal that came before the server took them over
                raise
        _stop_on_signals()
        return bool(server.interrupt_signal)

    def _server(self) -> MPServer:
        settings = self.settings
        return MPServer(
            "portledger.gateway.app:create",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            factory=True,
            workers=1,
            respawn_failed_workers=True,
            websockets=False,
            backpressure=connections(),
            workers_kill_timeout=DRAIN_SECONDS,
            log_level=LogLevels(settings.log_level),
            log_dictconfig=logs.granian(settings.log_level),
        )

    def stop(self) -> None:
        """Everything that `start` started, in the other order; within a bound, whatever hangs.

        All loops are asked first, then waited for: each gives its lease back as it ends, so that another process has
        the work at once. The lease of one that hangs ends with this process.
        """
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, signal.SIG_IGN)
        works = {"webhooks": self._webhooks, "keeper": self._keeper, "loops": self._loops}
        for one in works.values():
            if one is not None:
                one.ask_to_stop()
        until = time.monotonic() + STOP_SECONDS
        for name, one in works.items():
            if one is not None and not one.stop(max(0.1, until - time.monotonic())):
                log.warning("stopped_in_the_midst", work=name, remedy="It is begun anew by whoever comes next.")
        self._health.close()
        if self._port is not None:
            self._port.close()
        if self._databases is not None:
            self._databases.close()
        tracing.close()
        if self.node is not None:
            self.node.stop()
        if self._held is not None:
            os.close(self._held)
            self._held = None


def _relayers_signer(databases: Databases, keys: Ring) -> Signer | None:
    """Who signs for the relayer that is at work, or for the first one; None while a signing service does not answer.

    Asked at every start, so that a wrong passphrase or a missing key is noticed by who starts it, and not by the first
    act. A key that is gone is no reason not to start once another one was named that is there. Raises what `Ring` does.
    """
    with databases.relay.connect() as connection:
        at_work, following = named_keys.present(connection)
    if at_work is None:
        return keys.first()
    try:
        found = keys.find(at_work.address) or (keys.find(following.address) if following is not None else None)
        return found or keys.require(at_work.address)
    except SignerError as failure:
        log.error("relayer_signer_not_there", error=str(failure))
        return None


def run(
    settings: Settings,
    on_ready: Callable[[str], None] | None = None,
    say: Callable[[str], None] = _silent,
    ask: relayer_keys.Ask = relayer_keys.nobody,
) -> None:
    """What the settings' roles name, until SIGTERM or Ctrl-C. on_ready: called once with the gateway's address when it
    answers, with "" where there is none.

    say: told on the way what is being started; ask: for a passphrase.

    Raises what `System.start` and `System.serve` raise, after everything was stopped.
    """
    logs.configure(settings.log_level)
    works = [role for role in settings.roles if role != GATEWAY]
    if settings.traces is not None and works:
        tracing.configure(settings.traces, "-".join(works))
    system = System(settings, say, ask)
    _stop_on_signals()
    try:
        system.start()
        if GATEWAY not in settings.roles:
            if on_ready is not None:
                on_ready("")
            threading.Event().wait()
        say(f"Gateway: starting on {settings.base} …")
        if on_ready is not None:
            threading.Thread(target=_announce, args=(settings.base, on_ready), daemon=True).start()
        system.serve()
    except KeyboardInterrupt:
        pass
    finally:
        system.stop()


def _stop_on_signals() -> None:
    """While no server has the signals, they must still end the node and leave everything in order."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _announce(base: str, on_ready: Callable[[str], None]) -> None:
    with contextlib.suppress(Unavailable):
        wait_until_ready(base)
        on_ready(base)


def wait_until_ready(base: str, seconds: float = READY_SECONDS, alive: Callable[[], bool] = lambda: True) -> None:
    """Raises Unavailable when the gateway does not answer in time, or `alive` says it never will."""
    until = time.monotonic() + seconds
    with httpx.Client(timeout=5, trust_env=False) as client:
        while alive() and time.monotonic() < until:
            with contextlib.suppress(httpx.HTTPError):
                if client.get(f"{base}/readyz").status_code == 200:
                    return
            time.sleep(0.05)
    raise Unavailable(f"no gateway at {base}", "one that answers", "Read the log of the system.")


@dataclass(frozen=True, slots=True)
class Running:
    """A system in processes of its own. url: the gateway's; folder: its data."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """As a power cut: SIGKILL to all its processes but the node, which is found again at the next start."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def running(
    settings: Settings,
    environment: Mapping[str, str] | None = None,
    log_file: Path | None = None,
    module: str = "portledger.gateway.system",
    stop_seconds: float = 30,
    ready_seconds: float = READY_SECONDS,
) -> Iterator[Running]:
    """The whole system beside this process, ready; stopped at the end. port 0 = a free one; module: what runs it.

    stop_seconds: after so long it is killed, and the embedded node stays behind: a large chain, whose last checkpoint
    takes long, needs more; ready_seconds: how long its start may take.

    Raises Unavailable when it does not come up.
    """
    if settings.port == 0:
        settings = replace(settings, port=free_port(settings.host))
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = log_file or settings.data / "system.log"
    with path.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            env={**os.environ, **(environment or {}), ENVIRONMENT: settings.to_json()},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        wait_until_ready(settings.base, ready_seconds, lambda: process.poll() is None)
        yield Running(settings.base, settings.data, process)
    finally:
        _end(process, stop_seconds)


def _end(process: subprocess.Popen[bytes], seconds: float) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def metrics_of(measuring: Measuring, roles: Sequence[str], workers: Path | None) -> Callable[[], bytes]:
    """The text of /metrics. workers: the folder in which workers leave their counts."""
    registry = CollectorRegistry()
    info = Gauge(
        "portledger_info", "Always 1; which version runs, and which roles.", ["version", "roles"], registry=registry
    )
    info.labels(__version__, " ".join(roles)).set(1)
    registry.register(measures.REGISTRY if workers is None else measures.Together(workers))
    registry.register(measuring)
    ProcessCollector(registry=registry)
    return lambda: generate_latest(registry)


if __name__ == "__main__":
    try:
        run(Settings.from_json(os.environ[ENVIRONMENT]))
    except PortledgerError as failure:
        log.critical("system_ended", error=str(failure))
        sys.exit(1)
