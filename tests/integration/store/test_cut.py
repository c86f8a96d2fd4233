"""A cut is one moment of four databases, however busily others write; and reads on at that moment."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select
from tests.support.backups import QUIET

from portledger.domain.refusals import Conflict, Unavailable
from portledger.services.ledger import Databases
from portledger.store import cut as cuts
from portledger.store import outbox, projection, tables
from portledger.store.cut import Cut
from portledger.store.database import database_url, migrate, open_database
from portledger.store.outbox import Outcome, Row, Type
from portledger.store.read_model import Block


class Busy:
    """What gateway, relayer and indexer do with one act after the other, each in its own transaction. The id of the row
    is the nonce, the block and the position."""

    def __init__(self, databases: Databases) -> None:
        self.databases, self.made, self.stopping = databases, 0, threading.Event()
        self.failure: Exception | None = None

    def one(self) -> None:
        self.made += 1
        digest = self.made.to_bytes(32, "big")
        with self.databases.intake.begin() as connection:
            outbox.add(connection, [Row(Type.ACT, digest, b"body", 1.0)])
        with self.databases.relay.begin() as connection:
            tx = outbox.add_transaction(connection, bytes(20), self.made, digest, b"raw", [self.made], 1.0)
        with self.databases.ledger.begin() as connection:
            projection.move_cursor(connection, Block(self.made, digest, 1, digest))
        with self.databases.relay.begin() as connection:
            outbox.add_outcomes(connection, [Outcome(self.made, digest, True, self.made, digest, None, 1.0)])
            outbox.settle(connection, tx, self.made)

    def work(self) -> None:
        try:
            while not self.stopping.is_set():
                self.one()
        except Exception as failure:  # noqa: BLE001 - told by who waits for it
            self.failure = failure


@contextmanager
def busy(databases: Databases) -> Iterator[Busy]:
    one = Busy(databases)
    one.one()
    thread = threading.Thread(target=one.work)
    thread.start()
    try:
        yield one
    finally:
        one.stopping.set()
        thread.join()
    assert one.failure is None


def where(cut: Cut) -> tuple[int, int, int, int]:
    """Newest outcome, cursor, transaction, accepted row: as the work goes, none may be behind the one before it."""
    relay, ledger, intake = (cut.connections[name] for name in ("relay", "ledger", "intake"))
    return (
        relay.execute(select(func.max(tables.outcomes.c.block))).scalar() or 0,
        ledger.execute(select(func.max(tables.cursor.c.block))).scalar() or 0,
        relay.execute(select(func.max(tables.transactions.c.nonce))).scalar() or 0,
        intake.execute(select(func.max(tables.outbox.c.id))).scalar() or 0,
    )


def test_no_database_is_behind_another_that_relies_on_it(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = address_of(databases)
    quickly = Connection.exec_driver_sql

    def slowly(self: Connection, statement: str, *given: Any, **named: Any) -> Any:
        """Leaves others time between the readers' beginnings."""
        if statement == "BEGIN" or statement.startswith("SET TRANSACTION"):
            threading.Event().wait(0.02)
        return quickly(self, statement, *given, **named)

    monkeypatch.setattr(Connection, "exec_driver_sql", slowly)
    seen = []
    with busy(databases) as work:
        while len({one[0] for one in seen}) < 12:
            with cuts.cut(tmp_path, server) as cut:
                found = where(cut)
                assert list(found) == sorted(found)
                done = work.made
                while work.made < done + 2 and work.failure is None:
                    threading.Event().wait(0.001)
                assert where(cut) == found
            seen.append(found)
    assert seen[-1] > seen[0]


def test_a_copy_is_of_the_moment_of_the_cut_although_it_is_written_later(databases: Databases, tmp_path: Path) -> None:
    server = address_of(databases)
    target = tmp_path / "copy"
    target.mkdir()
    with busy(databases) as work, cuts.cut(tmp_path, server) as cut:
        found, counts, done = where(cut), cut.counts(), work.made
        while work.made < done + 5 and work.failure is None:
            threading.Event().wait(0.001)
        names = cut.write(target, QUIET)
    if server is not None:
        assert names == [cuts.DUMP]
        from sqlalchemy.engine import make_url

        name = make_url(server).database
        assert name is not None
        empty = server.rsplit("/", 1)[0] + "/postgres"
        other = new_database(empty, name + "_copy")
        cuts.load_dump(target / cuts.DUMP, other)
        with pytest.raises(Conflict, match="schemas"):
            cuts.load_dump(target / cuts.DUMP, other)
        with cuts.cut(target, other) as copied:
            assert (where(copied), copied.counts()) == (found, counts)
        return
    assert names == ["relay.db", "proofs.db", "ledger.db", "intake.db"]
    assert sorted(path.name for path in target.iterdir()) == sorted(names)
    with cuts.cut(target, None) as copied:
        assert (where(copied), copied.counts()) == (found, counts)


def test_writers_go_on_while_a_cut_is_read(databases: Databases, tmp_path: Path) -> None:
    with cuts.cut(tmp_path, address_of(databases)), busy(databases) as work:
        while work.made < 20 and work.failure is None:
            threading.Event().wait(0.001)
    assert work.made >= 20


def test_tables_of_an_older_form_are_cut_as_they_are(tmp_path: Path, server: str | None) -> None:
    for name in cuts.ORDER:
        engine = open_database(database_url(tmp_path, server, name), name)
        migrate(engine, name, f"{name}_0001")
        engine.dispose()
    with cuts.cut(tmp_path, server) as cut:
        assert cut.revisions() == {name: f"{name}_0001" for name in cuts.ORDER}
        assert cut.counts()["intake.outbox"] == 0
        assert "intake.api_keys" not in cut.counts()
    with cuts.cut(tmp_path, server) as cut:
        assert cut.revisions() == {name: f"{name}_0001" for name in cuts.ORDER}


def test_a_writer_that_does_not_end_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "_WAIT_SECONDS", 0.05)
    databases = Databases.open(tmp_path)
    with databases.intake.connect() as holder:
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="does not end"), cuts.cut(tmp_path, None):
            pass
    with cuts.cut(tmp_path, None):
        pass
    databases.close()


def test_a_server_that_does_not_answer_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="Check address"), cuts.cut(tmp_path, "postgresql://x@127.0.0.1:9/nothing"):
        pass


def address_of(databases: Databases) -> str | None:
    url = databases.intake.url
    if url.drivername.startswith("sqlite"):
        return None
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def new_database(beside: str, name: str) -> str:
    import psycopg

    with psycopg.connect(beside, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return beside.rsplit("/", 1)[0] + f"/{name}"
