"""A database server that was started again: connections that the pool kept are of no use, and nobody notices."""

import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from tests.support.postgres import WHY_NOT, Postgres, programs

from portledger.store import database
from portledger.store.database import database_url, migrate, open_database, reading

pytestmark = pytest.mark.skipif(programs() is None, reason=WHY_NOT)


def test_connections_that_rested_over_a_restart_of_the_server_are_made_anew() -> None:
    with Postgres() as server:
        engine = open_database(database_url(Path(), server.new_database(), "intake"), "intake")
        migrate(engine, "intake")
        kept = [engine.connect() for _ in range(3)]
        for one in kept:
            one.execute(text("SELECT 1"))
            one.close()
        server.kill()
        server.restart()
        time.sleep(database._RESTED_SECONDS)
        again = [engine.connect() for _ in range(3)]
        assert [one.execute(text("SELECT 1")).scalar() for one in again] == [1, 1, 1]
        for one in again:
            one.close()
        engine.dispose()


def test_the_first_failure_on_a_kept_connection_is_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_RESTED_SECONDS", 3600.0)
    with Postgres() as server:
        engine = open_database(database_url(Path(), server.new_database(), "intake"), "intake")
        migrate(engine, "intake")
        kept = [engine.connect() for _ in range(3)]
        for one in kept:
            one.close()
        server.kill()
        server.restart()
        with pytest.raises(OperationalError), engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        for _ in range(3):
            with engine.connect() as connection:
                assert connection.execute(text("SELECT 1")).scalar() == 1
        engine.dispose()


def test_reading_opens_no_transaction_and_leaves_none_behind() -> None:
    with Postgres() as server:
        engine = open_database(database_url(Path(), server.new_database(), "intake"), "intake")
        migrate(engine, "intake")
        with reading(engine) as read:
            state = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
            pid = read.execute(text("SELECT pg_backend_pid()")).scalar()
            with engine.connect() as other:
                assert other.execute(state, {"pid": pid}).scalar() == "idle"
        with engine.begin() as write:  # the same connection, now in a transaction again
            write.execute(text("CREATE TABLE undone (id int)"))
            write.rollback()
        with reading(engine) as read:
            assert read.execute(text("SELECT to_regclass('intake.undone')")).scalar() is None
        engine.dispose()
