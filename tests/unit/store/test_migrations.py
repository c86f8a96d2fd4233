"""Migrations make exactly the tables that the code speaks of, and running them again changes nothing."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from portledger.store.database import METADATA, Name, migrate, open_database, sqlite_url


@pytest.mark.parametrize("name", METADATA)
def test_the_migrated_tables_are_those_of_the_code(tmp_path: Path, name: Name) -> None:
    engine = open_database(sqlite_url(tmp_path, name), name)
    migrate(engine, name)
    migrate(engine, name)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA[name]) == []
    engine.dispose()


@pytest.mark.parametrize(("name", "synchronous"), [("intake", 2), ("relay", 2), ("ledger", 1)])
def test_what_exists_nowhere_else_is_flushed_at_every_commit(tmp_path: Path, name: Name, synchronous: int) -> None:
    engine = open_database(sqlite_url(tmp_path, name), name)
    with engine.connect() as connection:
        assert connection.execute(text("pragma synchronous")).scalar() == synchronous
        assert connection.execute(text("pragma journal_mode")).scalar() == "wal"
    engine.dispose()
