"""Opening a database: pragmas, migrations, and nothing that knows a table."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, insert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.engine import make_url

from portledger.store import api_tables, tables

Name = Literal["intake", "relay", "ledger", "proofs"]
METADATA: Final[dict[Name, MetaData]] = {
    "intake": api_tables.intake,
    "relay": api_tables.relay,
    "ledger": tables.ledger,
    "proofs": tables.proofs,
}
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_BUSY_MS: Final = 10_000
"""How long a reader or the operator's tool waits for the one writer."""


def sqlite_url(folder: Path, name: Name) -> str:
    """The embedded database of this name: a file in the data folder."""
    return f"sqlite:///{(folder / (name + '.db')).resolve()}"


def open_database(url: str, name: Name) -> Engine:
    """An engine with its pragmas set; the tables are there once `migrate` has run.

    SQLite: write-ahead log, so that readers never wait; all but the read model flush to the disk at every commit, which
    the read model need not, since the chain has it all.
    """
    engine = create_engine(url, pool_size=8, max_overflow=8) if not url.startswith("sqlite") else create_engine(url)
    if engine.dialect.name == "sqlite":
        synchronous = "NORMAL" if name == "ledger" else "FULL"

        @event.listens_for(engine, "connect")
        def _pragmas(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute(f"PRAGMA synchronous={synchronous}")
            cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
            cursor.execute("PRAGMA cache_size=-65536")
            cursor.execute("PRAGMA temp_store=MEMORY")
            cursor.close()

    return engine


def migrate(engine: Engine, name: Name, to: str = "head") -> None:
    """Brings the tables to the newest form (or to a revision); does nothing when they are."""
    url = make_url(engine.url)
    if url.database and engine.dialect.name == "sqlite":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("version_locations", str(_MIGRATIONS / name))
    config.set_main_option("path_separator", "newline")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        config.attributes["metadata"] = METADATA[name]
        command.upgrade(config, to)


def or_ignore(connection: Connection, table: Table) -> Any:
    """An INSERT that leaves out the rows whose key is there already."""
    return _or_ignore(connection.dialect.name, table)


@lru_cache(maxsize=64)
def _or_ignore(dialect: str, table: Table) -> Any:
    if dialect == "sqlite":
        return insert(table).prefix_with("OR IGNORE")
    return postgres_insert(table).on_conflict_do_nothing()
