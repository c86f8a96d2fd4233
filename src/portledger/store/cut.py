"""The four databases as of one moment, while others go on writing: what a backup is copied from.

SQLite has no moment that spans files. So the writers of `intake` and `relay` are held for the milliseconds in which a
reading transaction is begun on each file; then everybody goes on, and the readers see that moment for as long as they
like. On PostgreSQL one exported snapshot spans the four schemas. Nothing is migrated or written here.

Within the cut: every row that a transaction or an outcome names is in the outbox; every outcome is of a block that the
read model has; every act in those blocks that went through this system is in the outbox, and its transaction is among
the relayer's (docs/adr/0021 says what a restored system makes of that).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import Connection, MetaData, NullPool, create_engine, func, inspect, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import Conflict, Unavailable
from portledger.store import api_tables, tables, upkeep
from portledger.store.database import Name, database_url

ORDER: Final[tuple[Name, ...]] = ("relay", "proofs", "ledger", "intake")
"""In which the readers begin: who names rows of another comes before it."""
TABLES: Final[Mapping[Name, tuple[MetaData, ...]]] = {
    "relay": (api_tables.relay, upkeep.relay_upkeep),
    "proofs": (tables.proofs,),
    "ledger": (tables.ledger, upkeep.ledger_upkeep),
    "intake": (api_tables.intake,),
}
"""All tables of each database."""
DUMP: Final = "tables.pgdump"
"""The file with all tables of a PostgreSQL database: pg_dump's custom format."""
_PAGES: Final = 1024
"""Copied at a time, then the progress is told."""
_WAIT_SECONDS: Final = 10.0
"""For a writer in the midst of a commit."""

Say = Callable[[str], None]


class ProgramMissing(Conflict):
    """A program of PostgreSQL's client package is needed, and is not there."""

    REMEDY: ClassVar[str] = "Install the client programs of the server's version or later, and put them on the PATH."


class ProgramFailed(Conflict):
    """A program of PostgreSQL's client package did not do its work."""

    REMEDY: ClassVar[str] = "Mend what it names, then try again."


@dataclass(frozen=True, slots=True)
class Cut:
    """connections: reading, as of the cut. write: copies all tables into a folder; the names of the files."""

    engine: str
    connections: Mapping[Name, Connection]
    write: Callable[[Path, Say], list[str]]

    def revisions(self) -> dict[str, str]:
        """Which form each database's tables have."""
        return {name: revision(self.connections[name]) for name in ORDER}

    def counts(self) -> dict[str, int]:
        """Rows of every table: name of the database, a point, name of the table."""
        return {key: count for name in ORDER for key, count in counted(self.connections[name], name).items()}


def counted(connection: Connection, name: Name) -> dict[str, int]:
    """Rows of every table of one database. Only tables that it has: an older form may lack some."""
    there = set(inspect(connection).get_table_names())
    return {
        f"{name}.{table.name}": connection.execute(select(func.count()).select_from(table)).scalar_one()
        for metadata in TABLES[name]
        for table in metadata.sorted_tables
        if table.name in there
    }


def revision(connection: Connection) -> str:
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return str(found)


@contextmanager
def cut(folder: Path, server: str | None) -> Iterator[Cut]:
    """One moment of the databases in the folder, or on the server (postgresql://…).

    Raises InvalidInput (no such databases), Unavailable (the server, or a writer that does not end).
    """
    if server is None:
        with _files(folder) as made:
            yield made
    else:
        with _schemas(database_url(folder, server, "intake")) as made:
            yield made


# --- files -----------------------------------------------------------------------------------------------------------


@contextmanager
def _files(folder: Path) -> Iterator[Cut]:
    places = {name: folder / f"{name}.db" for name in ORDER}
    if lacking := [path.name for path in places.values() if not path.is_file()]:
        raise InvalidInput(
            "--data", f"{folder} without {', '.join(lacking)}", "the data folder of a system",
            "Where the tables are on a server, PORTLEDGER_DATABASE says which.",
        )  # fmt: skip
    with ExitStack() as stack:
        readers = {name: stack.enter_context(_reader(places[name])) for name in ORDER}
        try:
            with _writers_held(places["intake"], places["relay"]):
                for reader in readers.values():
                    reader.exec_driver_sql("BEGIN")
                    reader.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar()
        except (sqlite3.Error, DBAPIError) as failure:
            found = "databases whose writer does not end" if "locked" in str(failure) else "databases that do not open"
            raise Unavailable(found, "databases that can be read", "Try again; `portledger doctor` looks closer.") \
                from failure  # fmt: skip

        def write(target: Path, say: Say) -> list[str]:
            return [_copy_file(readers[name], target / f"{name}.db", say) for name in ORDER]

        yield Cut("sqlite", readers, write)


@contextmanager
def _reader(path: Path) -> Iterator[Connection]:
    # mode=rw opens only what is there, and may put up the shared memory beside a file that nobody else has open.
    engine = create_engine(f"sqlite:///file:{path.resolve()}?mode=rw&uri=true", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


@contextmanager
def _writers_held(*paths: Path) -> Iterator[None]:
    """Nobody commits to these files meanwhile; who wants to waits, as for any other writer."""
    with ExitStack() as stack:
        for path in paths:
            holder = stack.enter_context(
                closing(sqlite3.connect(f"file:{path.resolve()}?mode=rw", uri=True, timeout=_WAIT_SECONDS))
            )
            holder.isolation_level = None
            holder.execute("BEGIN IMMEDIATE")
            stack.callback(holder.execute, "ROLLBACK")
        yield


def _copy_file(reader: Connection, target: Path, say: Say) -> str:
    """By SQLite's own backup, in the reader's transaction: the copy is of its moment, whatever is written meanwhile."""
    source: Any = reader.connection.driver_connection
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(target)) as copy:

        def progress(_status: int, left: int, pages: int) -> None:
            say(f"{target.name}: {pages - left} of {pages} pages")

        source.backup(copy, pages=_PAGES, progress=progress)
        # One file that is whole by itself, without a log beside it; opened as the system does, it has one again.
        copy.execute("PRAGMA journal_mode=DELETE")
    return target.name


# --- schemas ---------------------------------------------------------------------------------------------------------


@contextmanager
def _schemas(url: str) -> Iterator[Cut]:
    with ExitStack() as stack:
        try:
            keeper = stack.enter_context(_session(url, "intake"))
            if lacking := sorted(set(ORDER) - _present(keeper)):
                raise InvalidInput(
                    "database", f"one without the schemas {', '.join(lacking)}", "the database of a system"
                )
            snapshot = str(keeper.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one())
            readers = {name: stack.enter_context(_session(url, name, snapshot)) for name in ORDER}
        except DBAPIError as failure:
            raise _no_server(failure) from failure

        def write(target: Path, say: Say) -> list[str]:
            say(f"{DUMP}: pg_dump …")
            path = target / DUMP
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            schemas = [f"--schema={name}" for name in ORDER]
            run("pg_dump", url, "--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges",
                *schemas, f"--file={path}")  # fmt: skip
            return [DUMP]

        yield Cut("postgresql", readers, write)


@contextmanager
def _session(url: str, name: Name, snapshot: str | None = None) -> Iterator[Connection]:
    """A reading transaction that may stay open for as long as the copying takes."""
    options = f"-c search_path={name} -c idle_in_transaction_session_timeout=0 -c timezone=UTC"
    engine = create_engine(
        url, poolclass=NullPool,
        connect_args={"application_name": "portledger backup", "connect_timeout": 10, "options": options},
    )  # fmt: skip
    with engine.connect() as connection:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if snapshot is not None:
            connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        yield connection


def _present(connection: Connection) -> set[str]:
    """Which of the schemas the database has."""
    asked = text("SELECT nspname FROM pg_namespace WHERE nspname = ANY(:names)")
    return set(connection.execute(asked, {"names": list(ORDER)}).scalars())


def require_empty(server: str) -> None:
    """Raises Conflict unless the database has none of the schemas; InvalidInput, Unavailable."""
    try:
        with _session(database_url(Path(), server, "intake"), "intake") as connection:
            found = _present(connection)
    except DBAPIError as failure:
        raise _no_server(failure) from failure
    if found:
        raise Conflict(
            f"a database with the schemas {', '.join(sorted(found))}", "an empty one",
            "Make a new database for it; this one was left as it is.",
        )  # fmt: skip


def load_dump(dump: Path, server: str) -> None:
    """Puts all tables into an empty database, in one transaction. Raises what `run` and `require_empty` raise."""
    require_empty(server)
    url = database_url(Path(), server, "intake")
    run("pg_restore", url, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(dump),
        connects=f"--dbname={_without_secret(url)}")  # fmt: skip


def empty(server: str) -> None:
    """Drops the four schemas: only of a database that a rehearsal filled."""
    url = database_url(Path(), server, "intake")
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for name in ORDER:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")


def require_programs(*names: str) -> None:
    """Raises ProgramMissing."""
    for name in names:
        if shutil.which(name) is None:
            raise ProgramMissing(f"no {name} on the PATH", f"{name}, version 15 or later")


def run(program: str, url: str, *arguments: str, connects: str | None = None) -> None:
    """One of PostgreSQL's own programs. The password goes through the environment: arguments show in process lists.

    Raises ProgramMissing, ProgramFailed with what the program said.
    """
    require_programs(program)
    given: Sequence[str] = [connects or f"--dbname={_without_secret(url)}", "--no-password", *arguments]
    password = make_url(url).password
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password is not None else {})}
    done = subprocess.run(
        [program, *given], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or done.stderr.splitlines()
        raise ProgramFailed(f"{program}: {lines[0] if lines else 'no word'}", f"a {program} that ends well")


def _without_secret(url: str) -> str:
    made = make_url(url)
    bare = URL.create("postgresql", made.username, None, made.host, made.port, made.database, made.query)
    return bare.render_as_string(hide_password=False)


def _no_server(failure: Exception) -> Unavailable:
    return Unavailable(
        f"a database server that does not serve us: {type(failure).__name__}", "one that does",
        "Check address, user and password, and that the server runs.",
    )  # fmt: skip
