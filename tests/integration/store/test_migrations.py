"""Migrations make exactly the tables that the code speaks of, and running them again changes nothing."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, event, insert, select, text, update
from tests.support.postgres import Postgres

from portledger.domain.errors import InvalidInput
from portledger.services.blob_uses import candidates, within
from portledger.services.ledger import Databases
from portledger.store import read_model
from portledger.store.database import METADATA, Name, database_url, migrate, open_database, sqlite_url
from portledger.store.rebuild import fingerprint
from portledger.store.tables import blob_uses, documents, history, involvements, manifest_blobs
from portledger.store.upkeep import ledger_upkeep, relay_upkeep


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.parametrize("name", METADATA)
def test_the_migrated_tables_are_those_of_the_code(tmp_path: Path, server: str | None, name: Name) -> None:
    engine = open_database(database_url(tmp_path, server, name), name)
    migrate(engine, name)
    migrate(engine, name)
    with engine.connect() as connection:
        beside = {"relay": relay_upkeep, "ledger": ledger_upkeep}.get(name)
        wanted = [METADATA[name], *([beside] if beside is not None else [])]
        assert compare_metadata(MigrationContext.configure(connection), wanted) == []
    engine.dispose()


_HISTORY = ("history_by_creation (created=?", "history_without_creation (<expr>=?")
ASKED: dict[str, tuple[tuple[str, ...], Callable[[Connection], object]]] = {
    "a document's history": (_HISTORY, lambda one: read_model.entries(one, bytes(32))),
    "what came after": (_HISTORY, lambda one: read_model.entries_after(one, 7, 10, document=bytes(32))),
    "a party's part of it": (
        _HISTORY,
        lambda one: read_model.entries_after(one, 7, 10, party=3, document=bytes(32)),
    ),
    "a party's part of all": ((), lambda one: read_model.entries_after(one, 7, 10, party=3)),
    "who is party to a document": (
        ("involvements_by_creation (created=?",),
        lambda one: read_model.involved_parties(one, bytes(32)),
    ),
    "an act by its digest": (("history_by_digest (<expr>=?",), lambda one: read_model.entry_of_digest(one, bytes(32))),
    "many acts by theirs": (
        ("history_by_digest (<expr>=?",),
        lambda one: read_model.applied(one, [bytes(32), b"1" * 32]),
    ),
}


@pytest.mark.parametrize("asked", ASKED)
def test_an_index_serves_what_is_asked_of_it(tmp_path: Path, asked: str) -> None:
    indexes, ask = ASKED[asked]
    engine = open_database(sqlite_url(tmp_path, "ledger"), "ledger")
    migrate(engine, "ledger")
    with engine.connect() as connection:
        said: list[tuple[str, Any]] = []

        @event.listens_for(connection, "before_cursor_execute")
        def _hear(_one: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
            said.append((statement, values))

        ask(connection)
        statement, values = said[0]
        plan = connection.exec_driver_sql("explain query plan " + statement, values).all()
    assert all(any(f"INDEX {index}" in str(step) for step in plan) for index in indexes), plan
    assert not [step for step in plan if str(step[3]).startswith("SCAN")], plan
    engine.dispose()


def test_what_older_versions_wrote_into_the_history_is_found_with_what_newer_ones_write(
    tmp_path: Path, server: str | None
) -> None:
    """A process of the version before may write after the tables have their newest form, too."""
    engine = open_database(database_url(tmp_path, server, "ledger"), "ledger")
    migrate(engine, "ledger", "ledger_0003")
    mine, other = b"d" * 32, b"d" * 8 + b"e" * 24
    word: dict[str, Any] = {"head": bytes(32), "control": bytes(32), "tx": bytes(32), "time": 1}

    def event_of(document: bytes, position: int, **more: object) -> dict[str, Any]:
        return {**word, "document": document, "position": position, "track": 0,
                "digest": position.to_bytes(32, "big"), **more}  # fmt: skip

    def record(document: bytes, created: int) -> dict[str, Any]:
        plain = dict.fromkeys(("kind", "state", "secured", "frozen_until", "created_at", "updated_at"), 1)
        words = dict.fromkeys(("control", "head", "notes_head"), bytes(32))
        return {**plain, **words, "document": document, "created": created}

    older = [name for name in history.columns.keys() if name != "created"]  # noqa: SIM118 - not its columns
    names = ", ".join(older)
    insert_older = text(f"insert into history ({names}) values ({', '.join(':' + one for one in older)})")

    def write_older(connection: Connection, rows: list[dict[str, Any]]) -> None:
        connection.execute(insert_older, [{**dict.fromkeys(older), **row} for row in rows])

    with engine.begin() as connection:
        connection.execute(insert(documents), [record(mine, 1), record(other, 2)])
        connection.execute(insert(involvements), [{"party": 7, "created": 1, "document": mine}])
        write_older(connection, [event_of(mine, 1), event_of(other, 2)])
    migrate(engine, "ledger")
    with engine.begin() as connection:
        connection.execute(insert(history), [event_of(mine, 3, created=1), event_of(other, 4, created=2)])
        write_older(connection, [event_of(mine, 5)])
    with engine.connect() as connection:
        assert len(read_model.entries(connection, other)) == 2
        found = [int.from_bytes(one.digest, "big") for one in read_model.entries(connection, mine)]
        assert found == [1, 3, 5]
        after = [
            [int.from_bytes(one.digest, "big") for one in read_model.entries_after(connection, 1, 10, **which)]
            for which in ({}, {"document": mine}, {"party": 7}, {"party": 7, "document": mine}, {"party": 8})
        ]
        assert after == [[2, 3, 4, 5], [3, 5], [3, 5], [3, 5], []]
        assert read_model.involved_parties(connection, mine) == [7]
        before = fingerprint(connection, history)
    with engine.begin() as connection:
        connection.execute(update(history).values(created=1))
        assert fingerprint(connection, history) == before
        connection.execute(update(history).where(history.c.position == 5).values(time=2))
        assert fingerprint(connection, history) != before
    engine.dispose()


def test_blobs_of_older_manifests_are_found_as_before(tmp_path: Path, server: str | None) -> None:
    url = database_url(tmp_path, server, "intake")
    engine = open_database(url, "intake")
    migrate(engine, "intake", "intake_0006")
    blob, document = b"b" * 32, b"d" * 32
    with engine.begin() as connection:
        row = {"sha256": blob, "document": document}
        connection.execute(insert(blob_uses), [{**row, "dataset": "cargo"}, {**row, "dataset": ""}])
    migrate(engine, "intake")
    with engine.connect() as connection:
        assert candidates(connection, blob) == {document}
        assert within(connection, document, [blob]) == {(blob, "cargo"), (blob, "")}
        assert connection.execute(select(manifest_blobs)).all() == [(blob[:8], document[:8])]
    engine.dispose()


def test_many_processes_may_bring_the_tables_to_their_newest_form_at_once(tmp_path: Path, server: str | None) -> None:
    code = (
        "import sys; from pathlib import Path; from portledger.services.ledger import Databases;"
        "Databases.open(Path(sys.argv[1]), sys.argv[2] or None).close()"
    )
    several = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), server or ""]) for _ in range(4)]
    assert [one.wait(60) for one in several] == [0] * 4


@pytest.mark.parametrize("name", METADATA)
def test_a_commit_on_postgres_is_on_the_disk_whatever_the_server_says(postgres: Postgres, name: Name) -> None:
    engine = open_database(database_url(Path(), postgres.new_database(), name), name)
    with engine.connect() as connection:
        assert connection.execute(text("show synchronous_commit")).scalar() == "on"
        assert connection.execute(text("show idle_in_transaction_session_timeout")).scalar() == "10s"
    engine.dispose()


@pytest.mark.parametrize("address", ["mysql://somewhere/portledger", "sqlite:///x.db", "portledger"])
def test_an_address_of_no_known_database_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(InvalidInput, match="postgresql://"):
        Databases.open(tmp_path, address)


@pytest.mark.parametrize(("name", "synchronous"), [("intake", 2), ("relay", 2), ("ledger", 1)])
def test_what_exists_nowhere_else_is_flushed_at_every_commit(tmp_path: Path, name: Name, synchronous: int) -> None:
    engine = open_database(sqlite_url(tmp_path, name), name)
    with engine.connect() as connection:
        assert connection.execute(text("pragma synchronous")).scalar() == synchronous
        assert connection.execute(text("pragma journal_mode")).scalar() == "wal"
    engine.dispose()


def test_grants_of_an_older_database_are_all_there_after_the_migration(tmp_path: Path) -> None:
    engine = open_database(sqlite_url(tmp_path, "intake"), "intake")
    migrate(engine, "intake", "intake_0001")
    row = {"document": b"d" * 32, "dataset": "goods", "sealed_version": 1, "recipient": 2, "granter": 1, "now": 5.0}
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into grants (document, dataset, sealed_version, recipient, granter, sealed, created_at) "
                "values (:document, :dataset, :sealed_version, :recipient, :granter, :sealed, :now)"
            ),
            {**row, "sealed": b"a grant"},
        )
    migrate(engine, "intake")
    with engine.connect() as connection:
        (found,) = connection.execute(text("select sealed, digest, recipient from grants")).all()
    assert tuple(found) == (b"a grant", hashlib.sha256(b"a grant").digest(), 2)
    engine.dispose()
