"""What an operator would look at, in one go: every line says whether it is well, and what to do when it is not.

Nothing is changed but for a few bytes in the payload store, which are taken away again. Each check stands by itself:
what cannot be looked at is a finding, not an end.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from portledger import __version__, resources
from portledger.chain.artifacts import ledger_artifact
from portledger.chain.deploy import Deployment
from portledger.chain.node import find_anvil
from portledger.chain.rpc import Rpc
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.vault_errors import VaultError
from portledger.services import queue, webhooks
from portledger.services.ledger import Databases
from portledger.services.webhooks import Secrets
from portledger.store import cut as cuts
from portledger.store import read_model, tables, upkeep
from portledger.store.database import Name, database_url, forms, is_older, newest_form, open_database
from portledger.store.leases import at_work
from portledger.store.payloads import PayloadStore
from portledger.store.upkeep import LEASES

PYTHON: Final = ((3, 11), (3, 13))
"""From which version of Python on, and below which."""
MANY: Final = 2 << 30
LITTLE: Final = 256 << 20
"""Bytes of free disk below which there is a warning, and below which it fails."""
SKEW_WARN: Final = 5.0
SKEW_FAIL: Final = 60.0
"""Seconds between this clock and another."""
WAITING_SECONDS: Final = 300.0
"""So long an accepted act may wait before somebody should look."""
BEHIND: Final = 100
"""Blocks that the read model may be behind the node."""
_WORKS: Final[tuple[tuple[Name, str], ...]] = (("relay", "relayer"), ("ledger", "indexer"), ("relay", "webhooks"))


class Health(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """remedy: what to do, "" where nothing is to be done."""

    check: str
    health: Health
    found: str
    remedy: str = ""


@dataclass(slots=True)
class Patient:
    """What is looked at. server: postgresql://…, None = files in the folder; payloads: s3://…, None = in the folder;
    node: an address, None = the folder's own, which need not run; now: unix seconds; webhook_key: the file of the key
    that webhooks' secrets are derived from, "" = in the folder."""

    data: Path
    server: str | None
    payloads: str | None
    node: str | None
    now: Callable[[], float] = time.time
    webhook_key: str = ""
    engines: dict[Name, Engine] = field(default_factory=dict)
    deployment: Deployment | None = None

    @property
    def databases(self) -> Databases | None:
        return Databases(**self.engines) if len(self.engines) == len(cuts.ORDER) else None


def examine(patient: Patient) -> list[Finding]:
    """All checks, one after the other."""
    found: list[Finding] = []
    try:
        for name, check in _CHECKS:
            found += _done(name, lambda check=check: check(patient))  # type: ignore[misc]
    finally:
        for engine in patient.engines.values():
            engine.dispose()
    return found


def _done(name: str, check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """The findings; a check that cannot be done is one that fails."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except PortledgerError as failure:
        where = f"{failure.where}: " if isinstance(failure, InvalidInput | VaultError) else ""
        found.append(Finding(name, Health.FAIL, f"{where}{failure.found}; allowed: {failure.allowed}", failure.remedy))
    except (SQLAlchemyError, OSError) as failure:
        said = str(failure).splitlines()[0][:200]
        found.append(Finding(name, Health.FAIL, f"{type(failure).__name__}: {said}", "Mend what it names, look again."))
    return found


# --- this machine ----------------------------------------------------------------------------------------------------


def _versions(patient: Patient) -> Iterator[Finding]:
    here, (lowest, above) = sys.version_info[:2], PYTHON
    told = f"portledger {__version__}, Python {'.'.join(map(str, sys.version_info[:3]))}"
    if lowest <= here < above:
        yield Finding("versions", Health.OK, told)
    else:
        yield Finding(
            "versions", Health.FAIL, told, f"Use Python {lowest[0]}.{lowest[1]} to {above[0]}.{above[1] - 1}."
        )
    artifact, kinds = ledger_artifact(), resources.kinds()
    yield Finding("contract", Health.OK, f"{artifact.name}, {len(artifact.runtime)} bytes; {len(kinds)} kinds")
    if (patient.node is None and patient.server is None) or (patient.data / "chain").is_dir():
        program = find_anvil()
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
        first = (said.stdout or said.stderr).splitlines()[:1]
        ok = said.returncode == 0 and bool(first)
        yield Finding(
            "anvil", Health.OK if ok else Health.FAIL, first[0] if ok else f"{program} ends with {said.returncode}",
            "" if ok else "Run scripts/setup, or install Foundry's anvil.",
        )  # fmt: skip


def _folder(patient: Patient) -> Iterator[Finding]:
    data = patient.data
    if not data.is_dir():
        yield Finding("folder", Health.FAIL, f"{data} is no folder", "Name the data folder with --data.")
        return
    mode = data.stat().st_mode & 0o777
    if mode & 0o077:
        yield Finding("folder", Health.WARN, f"{data} is open to others ({mode:04o})", f"chmod 700 {data}")
    else:
        yield Finding("folder", Health.OK, f"{data}, for its owner only")
    secret = [*sorted((data / "consortium").glob("*")), webhooks.key_path(data, patient.webhook_key)]
    there = [path for path in secret if path.is_file()]
    for path in there:
        if (mode := path.stat().st_mode & 0o777) & 0o077:
            yield Finding("keys", Health.FAIL, f"{path} can be read by others ({mode:04o})", f"chmod 600 {path}; if "
                          "others have read it, change the keys.")  # fmt: skip
    if all(not path.stat().st_mode & 0o077 for path in there):
        yield Finding("keys", Health.OK, f"{len(there)} key files, for their owner only")


def _disk(patient: Patient) -> Iterator[Finding]:
    if not patient.data.is_dir():
        return
    usage = shutil.disk_usage(patient.data)
    told = f"{usage.free >> 20} MiB free of {usage.total >> 20}"
    health = Health.FAIL if usage.free < LITTLE else Health.WARN if usage.free < MANY else Health.OK
    yield Finding("disk", health, told, "" if health == Health.OK else "Make room: nothing is accepted on a full disk.")


# --- databases -------------------------------------------------------------------------------------------------------


def _databases(patient: Patient) -> Iterator[Finding]:
    for name in cuts.ORDER:
        yield from _done(f"database {name}", lambda name=name: _database(patient, name))  # type: ignore[misc]


def _database(patient: Patient, name: Name) -> Iterator[Finding]:
    check = f"database {name}"
    if patient.server is None and not (patient.data / f"{name}.db").is_file():
        yield Finding(check, Health.FAIL, f"no {name}.db in the folder", "Name the system's data folder, or "
                      "--database; a lost one is restored from a backup.")  # fmt: skip
        return
    engine = open_database(database_url(patient.data, patient.server, name), name)
    try:
        with engine.connect() as connection:
            sound = _sound(connection)
            form = cuts.revision(connection)
    except BaseException:
        engine.dispose()
        raise
    patient.engines[name] = engine
    if sound != "ok":
        yield Finding(check, Health.FAIL, f"damaged: {sound}"[:200], "Stop the system, restore from the last backup.")
    if form == newest_form(name):
        yield Finding(check, Health.OK, f"whole, its form {form}")
    elif form in forms(name):
        yield Finding(check, Health.WARN, f"its form {form} is older than {newest_form(name)}",
                      "The next start brings it up; back up first.")  # fmt: skip
    else:
        yield Finding(check, Health.FAIL, f"its form {form} is unknown to portledger {__version__}",
                      "Use the version that wrote it, or a later one.")  # fmt: skip


def _sound(connection: Connection) -> str:
    """What SQLite's own check says; a server checks its pages itself as it reads them."""
    if connection.dialect.name != "sqlite":
        return "ok"
    rows = connection.execute(text("PRAGMA integrity_check(3)")).scalars()
    return "; ".join(str(one).replace("\n", " ") for one in rows)


def _leases(patient: Patient) -> Iterator[Finding]:
    for name, work in _WORKS:
        engine = patient.engines.get(name)
        if engine is None:
            continue
        with engine.connect() as connection:
            known = {one.name: one for one in upkeep.holders(connection, LEASES[name])}
        holder, held = known.get(work), at_work(engine, patient.data, work)
        if held and holder is not None:
            yield Finding(f"lease {work}", Health.OK, f"{holder.by}, taken {holder.token} times")
        elif holder is None:
            yield Finding(f"lease {work}", Health.WARN, "never taken", f"Start the {work}.")
        else:
            yield Finding(f"lease {work}", Health.WARN, f"nobody at work; {holder.by} was last",
                          "Start `portledger up`, or the role; if it should run, read its log.")  # fmt: skip


def _queue(patient: Patient) -> Iterator[Finding]:
    databases = patient.databases
    if databases is None:
        return
    found = queue.look(databases, 1)
    told = f"{found.waiting} waiting, {found.sent} sent, {found.parked} parked"
    if found.parked:
        yield Finding("queue", Health.WARN, told, "`portledger admin queue` says why; --release lets them go on.")
    elif found.rows and (age := patient.now() - found.rows[0].row.received_at) > WAITING_SECONDS:
        yield Finding("queue", Health.WARN, f"{told}; the oldest for {age:.0f} s", "Look at relayer and node: "
                      "`portledger admin queue` shows what waits.")  # fmt: skip
    else:
        yield Finding("queue", Health.OK, told)


def _webhook_key(patient: Patient) -> Iterator[Finding]:
    intake, path = patient.engines.get("intake"), webhooks.key_path(patient.data, patient.webhook_key)
    if intake is None or is_older(intake, "intake"):
        return
    if not path.is_file():
        yield Finding("webhooks' key", Health.WARN, f"no {path}", "Name it with --webhook-key; a machine with neither "
                      "gateway nor relayer needs none.")  # fmt: skip
        return
    fits = webhooks.fits(intake, Secrets.load(path))
    if fits is False:
        yield Finding("webhooks' key", Health.FAIL, f"{path} is another than this database's", webhooks.SAME_KEY)
    else:
        yield Finding("webhooks' key", Health.OK, f"{path}, " + ("this database's" if fits else "not in use yet"))


# --- the chain -------------------------------------------------------------------------------------------------------


def _ledger(patient: Patient) -> Iterator[Finding]:
    kept = None
    if (relay := patient.engines.get("relay")) is not None:
        with relay.connect() as connection:
            kept = upkeep.kept_deployment(connection)
    if kept is not None:
        patient.deployment = Deployment.from_json(json.loads(kept))
    elif (patient.data / "deployment.json").is_file():
        patient.deployment = Deployment.load(patient.data / "deployment.json")
    else:
        yield Finding("ledger", Health.FAIL, "no deployment.json, and none in the database", "Start the relayer once: "
                      "it deploys the ledger, or restore from a backup.")  # fmt: skip
        return
    missing = sorted(set(resources.kinds()) - set(patient.deployment.kinds))
    told = f"0x{patient.deployment.ledger.hex()} on chain {patient.deployment.chain_id}"
    if missing:
        yield Finding("ledger", Health.WARN, f"{told}, without kind 0x{missing[0]:04x}", "The relayer's start adds it.")
    else:
        yield Finding("ledger", Health.OK, told)


def _node(patient: Patient) -> Iterator[Finding]:
    if patient.node is None:
        yield Finding("node", Health.WARN, "none is named, and the folder's own never ran", "Name it with --node.")
        return
    if patient.deployment is None:
        return
    with Rpc(patient.node) as rpc:
        contract = patient.deployment.check(rpc)
        block = rpc.block() or {"number": "0x0", "timestamp": "0x0"}
        number, time_of = int(block["number"], 16), int(block["timestamp"], 16)
        yield Finding("node", Health.OK, f"{patient.node}, block {number}, the ledger's chain and code")
        if not ledger_artifact().made(rpc.code(contract.address)):
            yield Finding("contract on the chain", Health.WARN, "it was compiled from another version's source",
                          "Nothing to do where an earlier version deployed it.")  # fmt: skip
        # A chain that rests has old blocks; only one from the future tells of a clock.
        ahead = time_of - patient.now()
        yield (
            _skew("node's clock", ahead, f"newest block's time is {ahead:+.0f} s from here")
            if ahead > 0
            else Finding("node's clock", Health.OK, f"newest block {-ahead:.0f} s ago")
        )
        yield from _lag(patient, number)


def _lag(patient: Patient, number: int) -> Iterator[Finding]:
    engine = patient.engines.get("ledger")
    if engine is None:
        return
    with engine.connect() as connection:
        seen = upkeep.seen(connection)
        event = read_model.last_position(connection)
        documents = connection.execute(select(func.count()).select_from(tables.documents)).scalar_one()
    if seen.confirmed is None:
        yield Finding("read model", Health.WARN, "empty", "Start the indexer.")
        return
    behind = number - seen.confirmed.number
    told = f"block {seen.confirmed.number}, {max(behind, 0)} behind; event {event}; {documents} documents"
    if behind > BEHIND:
        yield Finding("read model", Health.WARN, told, "Look whether the indexer runs and what its log says.")
    elif behind < 0:
        yield Finding("read model", Health.WARN, f"{told}; the node is {-behind} blocks behind it",
                      "The node lags, or its chain went back: ask it again, read the indexer's log.")  # fmt: skip
    else:
        yield Finding("read model", Health.OK, told)


def _server_clock(patient: Patient) -> Iterator[Finding]:
    engine = patient.engines.get("intake")
    if patient.server is None or engine is None:
        return
    with engine.connect() as connection:
        before = patient.now()
        there = float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
        away = there - (before + patient.now()) / 2
    yield _skew("database's clock", away, f"{away:+.1f} s from here")


def _skew(check: str, seconds: float, told: str) -> Finding:
    size = abs(seconds)
    health = Health.FAIL if size > SKEW_FAIL else Health.WARN if size > SKEW_WARN else Health.OK
    return Finding(check, health, told, "" if health == Health.OK else "Set both clocks by NTP.")


# --- sealed contents -------------------------------------------------------------------------------------------------


def _payloads(patient: Patient) -> Iterator[Finding]:
    where = patient.payloads or str(patient.data / "blobs")
    PayloadStore.beside(patient.payloads, patient.data / "blobs").try_out()
    yield Finding("payload store", Health.OK, f"{where}: written, read, taken away")


_CHECKS: Final[tuple[tuple[str, Callable[[Patient], Iterator[Finding]]], ...]] = (
    ("versions", _versions),
    ("folder", _folder),
    ("disk", _disk),
    ("databases", _databases),
    ("database's clock", _server_clock),
    ("webhooks' key", _webhook_key),
    ("leases", _leases),
    ("queue", _queue),
    ("ledger", _ledger),
    ("node", _node),
    ("payload store", _payloads),
)
