"""Readiness names the part that fails, in words of this program, quickly, and for however many ask."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from portledger.chain.rpc import Rpc
from portledger.gateway import problems
from portledger.services import health
from portledger.services.health import READY, Health
from portledger.services.ledger import Databases
from portledger.store import database
from portledger.store.database import migrate, open_database, sqlite_url
from portledger.store.payloads import PayloadStore

SECRET = "hunter2"


def raising(words: str) -> health.Check:
    def check() -> str:
        raise RuntimeError(words)

    return check


def test_what_is_ready_and_what_is_not_is_named_part_by_part() -> None:
    one = Health()
    one.add("database", lambda: READY)
    one.add("reading", lambda: "70 blocks behind")
    found = one.look()
    assert not found.ready
    assert found.wrong == {"reading": "70 blocks behind"}
    said = problems.not_ready(found.parts, found.wrong)
    assert (said.status, said.code) == (503, "Unavailable")
    assert "reading: 70 blocks behind" in said.detail
    assert said.parameters == {"parts": {"database": "ok", "reading": "70 blocks behind"}}


def test_words_of_a_driver_stay_out_of_the_answer() -> None:
    one = Health()
    one.add("database", raising(f"postgresql://user:{SECRET}@db/portledger refused"))
    found = one.look()
    assert found.parts == {"database": "does not answer as it should"}
    assert SECRET not in problems.not_ready(found.parts, found.wrong).detail


def test_a_part_that_hangs_fails_in_time_and_is_not_asked_twice() -> None:
    going_on, asked = threading.Event(), []
    one = Health(seconds=0.05, fresh=0)

    def hang() -> str:
        asked.append(1)
        going_on.wait(30)
        return READY

    one.add("node", hang)
    one.add("database", lambda: READY)
    assert one.look().parts == {"node": "does not answer in time", "database": READY}
    assert one.look().wrong == {"node": "does not answer in time"}
    assert len(asked) == 1
    going_on.set()
    one._running["node"].result()
    assert one.look().ready


def test_many_who_ask_are_one_burden() -> None:
    asked: list[int] = []
    one = Health(fresh=3600)
    one.add("node", lambda: asked.append(1) or READY)  # type: ignore[func-returns-value]
    assert {one.look().ready for _ in range(100)} == {True}
    assert len(asked) == 1


@pytest.fixture
def databases(tmp_path: Path) -> Databases:
    return Databases.open(tmp_path)


def test_tables_that_lack_a_migration_are_told_apart_from_newer_ones(databases: Databases, tmp_path: Path) -> None:
    one = Health(fresh=0)
    health.add_databases(one, databases)
    assert one.look().ready
    with databases.intake.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'of a later program'")
    assert one.look().ready  # that one goes on while this one serves
    old = open_database(sqlite_url(tmp_path / "old", "intake"), "intake")
    migrate(old, "intake", database._revisions("intake")[-1])
    one = Health()
    health.add_databases(one, Databases(old, databases.relay, databases.ledger, databases.proofs))
    assert one.look().wrong == {"schema": "older than this program: intake"}


def test_a_database_that_is_gone(databases: Databases, tmp_path: Path) -> None:
    gone = create_engine(f"sqlite:///{tmp_path}/no/such/folder/intake.db")
    one = Health()
    health.add_databases(one, Databases(gone, databases.relay, databases.ledger, databases.proofs))
    assert set(one.look().wrong) == {"database", "schema"}


def test_a_payload_store_that_cannot_be_written_to_or_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = PayloadStore.local(tmp_path / "blobs")
    one = Health(fresh=0)
    health.add_payloads(one, store)
    assert one.look().ready
    monkeypatch.setattr("os.access", lambda *_: False)
    assert set(one.look().wrong) == {"payloads"}


def test_a_node_that_does_not_answer_is_the_node_s_fault_alone(databases: Databases) -> None:
    one = Health()
    rpc = Rpc("http://127.0.0.1:9/key-of-the-operator")
    health.add_node(one, rpc, lambda: 1337)
    health.add_reading(one, databases, rpc, 0)
    assert one.look().wrong == {"node": "does not answer as it should", "reading": "being built"}
