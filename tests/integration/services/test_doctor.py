"""`portledger doctor` finds what is wrong with a system, says what to do, and changes nothing."""

import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.databases import ENGINES
from tests.support.gateway import Gateway
from tests.support.node import Chain

from portledger.chain.node import AnvilNode, NodeSettings
from portledger.cli.exit_codes import Exit
from portledger.cli.main import main
from portledger.domain.codes import Role
from portledger.domain.hashing import sha256
from portledger.gateway.settings import Settings
from portledger.gateway.system import Running, running
from portledger.services import doctor
from portledger.services.doctor import Finding, Health, Patient, examine
from portledger.services.ledger import Databases
from portledger.store import outbox, upkeep
from portledger.store.outbox import Row, Type


@dataclass(frozen=True)
class Well:
    """A system that runs."""

    system: Running
    server: str | None


@pytest.fixture(scope="module", params=ENGINES)
def well(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Well]:
    data = tmp_path_factory.mktemp("well") / "data"
    server = None if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    with running(Settings(data=data, port=0, block_seconds=0.05, database=server)) as one:
        gateway = Gateway(one.url)
        carrier, shipper = gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE)
        gateway.issue(carrier, shipper.party)
        gateway.close()
        (data / "system.log").chmod(0o600)
        yield Well(one, server)


def told(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = main(["doctor", "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def by_check(found: list[Finding]) -> dict[str, Finding]:
    return {one.check: one for one in found}


def test_a_system_that_is_well_has_no_warning(
    well: Well, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "MANY", 0)  # this machine's disk is not what is looked at
    if well.server is not None:
        monkeypatch.setenv("PORTLEDGER_DATABASE", well.server)
    code, found = told("--strict", "--data", str(well.system.folder), capsys=capsys)
    assert [one for one in found["checks"] if one["health"] != "ok"] == []
    assert (code, found["ok"]) == (0, True)
    assert {one["check"] for one in found["checks"]} == {
        "versions", "contract", "anvil", "folder", "keys", "disk", "database relay", "database proofs",
        "database ledger", "database intake", "lease relayer", "lease indexer", "lease webhooks", "queue", "ledger",
        "node", "node's clock", "read model", "payload store", "webhooks' key",
    } | ({"database's clock"} if well.server is not None else set())  # fmt: skip
    code = main(["doctor", "--data", str(well.system.folder)])
    assert (code, "what to do" in capsys.readouterr().out) == (0, True)


# --- a system that is not well ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a system that was killed."""
    data = tmp_path_factory.mktemp("stopped") / "data"
    with running(Settings(data=data, port=0, block_seconds=0.05)) as one:
        gateway = Gateway(one.url)
        carrier, shipper = gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE)
        gateway.issue(carrier, shipper.party)
        gateway.close()
    return data


@pytest.fixture
def ill(stopped: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    shutil.copytree(stopped, tmp_path / "data")
    (tmp_path / "data").chmod(0o700)
    return tmp_path / "data"


@pytest.fixture
def node(ill: Path) -> Iterator[str]:
    """The folder's own chain, running."""
    with AnvilNode(ill / "chain", NodeSettings(chain_id=1337)) as own:
        yield own.url


def patient(data: Path, node: str | None = None) -> Patient:
    return Patient(data, None, None, node)


def sql(name: str, statement: str, *values: object) -> Callable[[Path], None]:
    def run(data: Path) -> None:
        with closing(sqlite3.connect(data / f"{name}.db")) as connection:
            connection.execute(statement, values)
            connection.commit()

    return run


def damage_page(data: Path) -> None:
    content = bytearray((data / "ledger.db").read_bytes())
    content[4096:8192] = bytes(range(256)) * 16
    (data / "ledger.db").write_bytes(bytes(content))


def wait_for_long(data: Path) -> None:
    databases = Databases.open(data)
    with databases.intake.begin() as connection:
        outbox.add(connection, [Row(Type.ACT, b"w" * 32, b"", time.time() - 4000)])
    databases.close()


def park(data: Path) -> None:
    wait_for_long(data)
    databases = Databases.open(data)
    with databases.intake.connect() as intake, databases.relay.begin() as relay:
        upkeep.park(relay, [outbox.last_id(intake)], "asked its sender", 1.0)
    databases.close()


@pytest.mark.parametrize(
    ("damage", "check", "health", "found"),
    [
        (lambda data: (data / "consortium" / "relayer.json").chmod(0o644), "keys", Health.FAIL, "relayer.json"),
        (lambda data: (data / "webhooks.key").chmod(0o640), "keys", Health.FAIL, "webhooks.key"),
        (lambda data: data.chmod(0o755), "folder", Health.WARN, "0755"),
        (shutil.rmtree, "folder", Health.FAIL, "no folder"),
        (lambda data: (data / "relay.db").unlink(), "database relay", Health.FAIL, "no relay.db"),
        (lambda data: (data / "relay.db").write_bytes(b"nonsense" * 999), "database relay", Health.FAIL, "Database"),
        (damage_page, "database ledger", Health.FAIL, ""),
        (sql("intake", "UPDATE alembic_version SET version_num = 'intake_0001'"), "database intake", Health.WARN,
         "older"),
        (sql("intake", "UPDATE alembic_version SET version_num = 'intake_9999'"), "database intake", Health.FAIL,
         "intake_9999"),
        (sql("relay", "DROP TABLE outcomes"), "queue", Health.FAIL, "outcomes"),
        (sql("relay", "DELETE FROM leases WHERE name = 'relayer'"), "lease relayer", Health.WARN, "never"),
        (lambda data: None, "lease indexer", Health.WARN, "nobody at work"),
        (wait_for_long, "queue", Health.WARN, "1 waiting"),
        (park, "queue", Health.WARN, "1 parked"),
        (lambda data: shutil.rmtree(data / "blobs"), "payload store", Health.FAIL, ""),
        (lambda data: ((data / "deployment.json").unlink(), sql("relay", "DELETE FROM ledger_kept")(data)), "ledger",
         Health.FAIL, "no deployment.json"),
        (sql("relay", "UPDATE ledger_kept SET deployment = '{}'"), "ledger", Health.FAIL, "deployment"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_what_to_do(
    ill: Path, damage: Callable[[Path], Any], check: str, health: Health, found: str
) -> None:
    before = by_check(examine(patient(ill)))[check]
    damage(ill)
    after = by_check(examine(patient(ill)))[check]
    assert (after.health, found in after.found) == (health, True), after
    assert after.remedy
    assert before.health == Health.OK or check.startswith("lease")


def test_a_disk_that_runs_full_is_named(ill: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, health in ((doctor.LITTLE - 1, Health.FAIL), (doctor.MANY - 1, Health.WARN), (doctor.MANY, Health.OK)):
        usage = shutil._ntuple_diskusage(1 << 40, 0, free)
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _, usage=usage: usage)
        assert by_check(examine(patient(ill)))["disk"].health == health


def test_the_node_of_another_ledger_is_named(ill: Path, chain: Chain) -> None:
    found = by_check(examine(patient(ill, chain.url)))["node"]
    assert found.health == Health.FAIL
    assert found.found.startswith(("no contract at", "genesis", "chain id"))


def test_a_node_that_does_not_answer_is_named(ill: Path) -> None:
    assert by_check(examine(patient(ill, "http://127.0.0.1:9")))["node"].health == Health.FAIL


@pytest.mark.parametrize(
    ("seconds", "health"), [(0, Health.OK), (-20, Health.WARN), (-4000, Health.FAIL), (4000, Health.OK)]
)
def test_a_clock_that_is_behind_the_chain_s_is_named(ill: Path, node: str, seconds: float, health: Health) -> None:
    """A chain that rests has an old block: only one from the future tells of a clock."""
    newest = _time_of(node)
    found = by_check(examine(replace(patient(ill, node), now=lambda: newest + seconds)))
    assert found["node's clock"].health == health


def _time_of(node: str) -> int:
    from portledger.chain.rpc import Rpc

    with Rpc(node) as rpc:
        return int((rpc.block() or {})["timestamp"], 16)


def test_a_read_model_that_is_far_behind_is_named(ill: Path, node: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert by_check(examine(patient(ill, node)))["read model"].health == Health.OK
    monkeypatch.setattr(doctor, "BEHIND", 0)
    sql("ledger", "UPDATE cursor SET block = block - 1")(ill)
    assert by_check(examine(patient(ill, node)))["read model"].health == Health.WARN


def test_a_python_or_an_anvil_that_does_not_fit_is_named(
    ill: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PYTHON", ((3, 99), (3, 100)))
    monkeypatch.setenv("PORTLEDGER_ANVIL", str(tmp_path / "no-such"))
    found = examine(patient(ill))
    assert {one.check for one in found if one.health == Health.FAIL} == {"versions"}
    assert [one.found for one in found if one.health == Health.FAIL][1].startswith("no program at")
    assert "database intake" in by_check(found)


def test_the_doctor_changes_nothing(ill: Path) -> None:
    def state() -> dict[str, tuple[bytes, int]]:
        return {
            path.relative_to(ill).as_posix(): (sha256(path.read_bytes()), path.stat().st_mode)
            for path in ill.rglob("*")
            if path.is_file()
        }

    sql("intake", "UPDATE alembic_version SET version_num = 'intake_0002'")(ill)
    before = state()
    examine(patient(ill))
    assert state() == before


def test_a_failure_ends_with_13_and_a_warning_only_when_asked(
    ill: Path, node: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "MANY", 0)
    words = ["--data", str(ill), "--node", node]
    assert told(*words, capsys=capsys)[0] == 0
    code, found = told("--strict", *words, capsys=capsys)
    assert (code, found["ok"]) == (Exit.UNSOUND, True)
    (ill / "webhooks.key").chmod(0o644)
    code, found = told(*words, capsys=capsys)
    assert (code, found["ok"]) == (Exit.UNSOUND, False)
