"""Opening a database: its settings, migrations, the order of its writers, and nothing that knows a table.

SQLite: one file for each name in the data folder. PostgreSQL: one schema for each name in one database
(docs/adr/0019). Both commit durably; what differs between them stands in this file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, Literal

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Dialect, Engine, MetaData, Table, create_engine, event, insert, text
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, InterfaceError, OperationalError

from portledger import measures
from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import Unavailable
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
_CHECKPOINT_PAGES: Final = 8_192
"""Pages of the write-ahead log, 32 MiB, before they are copied into the file. Digests fall anywhere in an index: a
commit touches a page for nearly each of them, and in a longer log most are written again before they are copied."""
_STUCK_MS: Final = 10_000
"""PostgreSQL: a session that keeps a transaction open and does nothing, such as that of a paused process or of a
machine without power, is ended by the server after this long, and what it held is free."""
_TURN_MS: Final = 500
_TURNS: Final = 120
"""PostgreSQL: so long a change of a table waits for its readers, then lets others pass for as long; and how often."""
_RESTED_SECONDS: Final = 0.1
_KEEPALIVE: Final = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "connect_timeout": 10}


def sqlite_url(folder: Path, name: Name) -> str:
    """The embedded database of this name: a file in the data folder."""
    return f"sqlite:///{(folder / (name + '.db')).resolve()}"


def database_url(folder: Path, server: str | None, name: Name) -> str:
    """Where the tables of this name are. server: postgresql://…, None = files in the folder. Raises InvalidInput."""
    if server is None:
        return sqlite_url(folder, name)
    try:
        url = make_url(server)
    except ArgumentError as failure:
        raise InvalidInput("database", "no address of a database", _ALLOWED) from failure
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise InvalidInput("database", f"{url.drivername}://…", _ALLOWED)
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


_ALLOWED: Final = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, or nothing for files in the data folder"


def open_database(url: str, name: Name) -> Engine:
    """An engine with its settings; the tables are there once `migrate` has run.

    SQLite: write-ahead log, so that readers never wait; all but the read model flush to the disk at every commit, which
    the read model need not, since the chain has it all, and a power cut takes all of a machine's readers with it.
    PostgreSQL: synchronous_commit for everything, whatever the server's own setting is.
    """
    engine = _open_sqlite(url, name) if url.startswith("sqlite") else _open_postgres(url, name)

    @event.listens_for(engine, "handle_error")
    def _count(context: ExceptionContext) -> None:
        if isinstance(context.sqlalchemy_exception, OperationalError | InterfaceError):
            measures.DATABASE_ERRORS.labels(name).inc()

    return engine


def _open_sqlite(url: str, name: Name) -> Engine:
    engine = create_engine(url, hide_parameters=True)
    synchronous = "NORMAL" if name == "ledger" else "FULL"

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        cursor.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.close()

    return engine


def reading(engine: Engine) -> Connection:
    """A connection for statements that only read, each of which sees what is committed when it begins.

    PostgreSQL says the same of the statements of an ordinary transaction, and charges two more round trips for it.
    """
    if engine.dialect.name == "sqlite":
        return engine.connect()
    return engine.execution_options(isolation_level="AUTOCOMMIT").connect()


def _open_postgres(url: str, name: Name) -> Engine:
    options = {
        "search_path": name,
        "synchronous_commit": "on",
        "idle_in_transaction_session_timeout": _STUCK_MS,
        "client_encoding": "UTF8",
        "timezone": "UTC",
    }
    engine = create_engine(
        url,
        # What is written must not come into a log with a failure's words.
        hide_parameters=True,
        pool_size=8,
        max_overflow=8,
        connect_args={
            "application_name": f"portledger {name}",
            "options": " ".join(f"-c {key}={value}" for key, value in options.items()),
            **_KEEPALIVE,
        },
    )
    event.listen(engine, "checkin", _rested)
    event.listen(engine, "checkout", _look_at_rested)
    return engine


def _rested(_driver: Any, record: Any) -> None:
    record.info["rested"] = time.monotonic()


def _look_at_rested(driver: Any, record: Any, _proxy: Any) -> None:
    """Asks the server on a connection that the pool kept for a while: it may have been started again meanwhile, and
    the first statement on each kept connection would fail. To ask each time would cost a round trip each time."""
    rested = record.info.get("rested")
    if rested is None or time.monotonic() - rested < _RESTED_SECONDS:
        return
    try:
        driver.execute("SELECT 1")
        driver.rollback()
    except psycopg.Error as failure:
        raise DisconnectionError("the server has closed the connection") from failure  # the pool tries another


def migrate(engine: Engine, name: Name, to: str = "head") -> None:
    """Brings the tables to the newest form (or to a revision); does nothing when they are. Several processes may call
    it at once: one does it.

    Readers go on: SQLite's see the old form until they begin anew. On PostgreSQL a change of a table waits for who
    reads it, and whoever comes later waits for the change: so it waits for a moment only, then lets the others pass.
    Raises Unavailable when it never gets its turn.
    """
    url = make_url(engine.url)
    if url.database and engine.dialect.name == "sqlite":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    for form in _between(engine, name, to):
        _in_turn(engine, name, form)


def _between(engine: Engine, name: Name, to: str) -> list[str]:
    """The forms that are to be taken, one after the other: what one of them locks, the next one need not hold. Of
    tables that this program does not know, only the end: alembic says what is wrong with them."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    known = forms(name)
    wanted = known if to == "head" else known[: known.index(to) + 1]
    if found is None:
        return wanted
    return wanted[known.index(found) + 1 :] if found in known else [to]


def _in_turn(engine: Engine, name: Name, to: str) -> None:
    for turn in range(_TURNS):
        try:
            _migrate(engine, name, to)
        except OperationalError as failure:
            if not isinstance(failure.orig, psycopg.errors.LockNotAvailable):
                raise
            time.sleep(_TURN_MS / 1000 * (turn + 1 < _TURNS))
        else:
            return
    raise Unavailable(
        f"tables of {name} that somebody reads for long", "a moment for their new form",
        "Wait until the backup or whoever reads has ended, then start again; nothing was changed.",
    )  # fmt: skip


def _migrate(engine: Engine, name: Name, to: str) -> None:
    config = _config(name)
    with engine.begin() as connection:
        write_alone(connection, "migrate")
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_TURN_MS}")
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {name}"))
        if to in _behind(connection, name):  # another process was faster
            return
        config.attributes["connection"] = connection
        config.attributes["metadata"] = METADATA[name]
        command.upgrade(config, to)


def _behind(connection: Connection, name: Name) -> list[str]:
    """The forms that the tables have had, their present one among them."""
    found, known = MigrationContext.configure(connection).get_current_revision(), forms(name)
    return known[: known.index(found) + 1] if found in known else []


def is_older(engine: Engine, name: Name) -> bool:
    """Whether the tables lack a migration that this program knows, or are not there. Newer ones are none of its own."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    known = _revisions(name)
    return found is None or found in known[1:]


@lru_cache
def _revisions(name: Name) -> tuple[str, ...]:
    """The migrations that this program knows, the newest first."""
    return tuple(one.revision for one in ScriptDirectory.from_config(_config(name)).walk_revisions())


def newest_form(name: Name) -> str:
    """The revision that this version brings the tables to."""
    return _revisions(name)[0]


def forms(name: Name) -> list[str]:
    """All revisions of the tables, the oldest first."""
    return [*reversed(_revisions(name))]


def _config(name: Name) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("version_locations", str(_MIGRATIONS / name))
    config.set_main_option("path_separator", "newline")
    return config


# --- one writer after the other --------------------------------------------------------------------------------------


def write_alone(connection: Connection, what: str) -> None:
    """Holds the place of the one writer of `what` until the transaction ends; waits for who has it.

    Must be the first statement of its transaction. SQLite has one writer in all, PostgreSQL one for each `what`.
    """
    if connection.dialect.name == "sqlite" and not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    write_after_others(connection, what)


def write_after_others(connection: Connection, what: str) -> None:
    """As `write_alone`, in the midst of a transaction that writes; SQLite's has its place already."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ADVISORY, {"what": f"portledger {what}"})


_ADVISORY: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")


def execute_many(connection: Connection, statement: Any, rows: Sequence[dict[str, Any]]) -> None:
    """One statement for many rows, all with the same members, whose values are what the driver takes as they are.

    Preparing the parameters of each row in SQLAlchemy took longer than the database's own work on it.
    """
    if rows:
        words, order = _compiled(connection.dialect, statement, tuple(rows[0]))
        connection.exec_driver_sql(words, [order(row) for row in rows] if order else list(rows))


@lru_cache(maxsize=64)
def _compiled(dialect: Dialect, statement: Any, names: tuple[str, ...]) -> tuple[str, Callable[..., Any] | None]:
    """The statement's words, and how a row becomes its parameters; None where the driver takes them by name."""
    compiled = statement.compile(dialect=dialect, column_keys=names)
    order = compiled.positiontup
    if order is None:
        return str(compiled), None
    return str(compiled), itemgetter(*order) if len(order) > 1 else lambda row: (row[order[0]],)


def or_ignore(connection: Connection, table: Table) -> Any:
    """An INSERT that leaves out the rows whose key is there already."""
    return _or_ignore(connection.dialect.name, table)


@lru_cache(maxsize=64)
def _or_ignore(dialect: str, table: Table) -> Any:
    if dialect == "sqlite":
        return insert(table).prefix_with("OR IGNORE").inline()
    return postgres_insert(table).on_conflict_do_nothing().inline()
