"""The tables are brought to a newer form while readers of the older version go on; and no form takes away what the one
before it reads or writes (docs/operation.md, "A new version")."""

import ast
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, MetaData, Table, insert, select

from portledger.domain.refusals import Unavailable
from portledger.store import database
from portledger.store.database import METADATA, Name, database_url, forms, migrate, open_database

MIGRATIONS = Path(database.__file__).parent / "migrations"
STEPS = [(name, *pair) for name in METADATA for pair in pairwise(forms(name))]
BEFORE_THE_RULE = {
    "intake_0002": ["grants.digest: a value that the older version does not write"],
}
"""What forms made before the first release broke; none may be added."""
ENDED_ON_PURPOSE = {"intake_0003": {"sessions"}}


# --- the rule --------------------------------------------------------------------------------------------------------


def broken(before: MetaData, after: MetaData) -> list[str]:
    """What a version that knows the tables as they were could not read or write any more."""
    found = []
    for name, old in sorted(before.tables.items()):
        if name not in after.tables:
            found.append(f"{name}: gone")
            continue
        new = after.tables[name]
        for column in old.columns:
            if column.name not in new.columns:
                found.append(f"{name}.{column.name}: gone")
                continue
            now = new.columns[column.name]
            if type(now.type) is not type(column.type):
                found.append(f"{name}.{column.name}: another type")
            if column.nullable and not now.nullable:
                found.append(f"{name}.{column.name}: no longer empty")
        for column in new.columns:
            if column.name not in old.columns and not column.nullable and column.server_default is None:
                found.append(f"{name}.{column.name}: a value that the older version does not write")
    return found


def table(name: str, **columns: sa.Column[Any]) -> MetaData:
    made = MetaData()
    sa.Table(name, made, *(sa.Column(key, one.type, nullable=one.nullable, server_default=one.server_default)
                           for key, one in columns.items()))  # fmt: skip
    return made


NUMBER: sa.Column[Any] = sa.Column(sa.Integer, nullable=False)
MAYBE: sa.Column[Any] = sa.Column(sa.Integer)
FILLED: sa.Column[Any] = sa.Column(sa.Integer, nullable=False, server_default="0")
WORDS: sa.Column[Any] = sa.Column(sa.Text, nullable=False)


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (table("acts", id=NUMBER, note=MAYBE), []),
        (table("acts", id=NUMBER, note=MAYBE, more=MAYBE), []),
        (table("acts", id=NUMBER, note=MAYBE, more=FILLED), []),
        (
            table("acts", id=NUMBER, note=MAYBE, more=NUMBER),
            ["acts.more: a value that the older version does not write"],
        ),
        (table("acts", id=NUMBER), ["acts.note: gone"]),
        (table("acts", id=NUMBER, remark=MAYBE), ["acts.note: gone"]),
        (table("acts", id=NUMBER, note=NUMBER), ["acts.note: no longer empty"]),
        (table("acts", id=WORDS, note=MAYBE), ["acts.id: another type"]),
        (table("deeds", id=NUMBER, note=MAYBE), ["acts: gone"]),
    ],
)
def test_the_rule_tells_what_an_older_version_could_not_do(after: MetaData, found: list[str]) -> None:
    assert broken(table("acts", id=NUMBER, note=MAYBE), after) == found


@pytest.mark.parametrize(("name", "before", "after"), STEPS)
def test_no_form_takes_away_what_the_one_before_it_reads_or_writes(
    tmp_path: Path, name: Name, before: str, after: str
) -> None:
    engine = open_database(database_url(tmp_path, None, name), name)
    migrate(engine, name, before)
    old = reflected(engine)
    migrate(engine, name, after)
    assert broken(old, reflected(engine)) == BEFORE_THE_RULE.get(after, [])
    engine.dispose()


@pytest.mark.parametrize("path", sorted(MIGRATIONS.glob("*/*.py")), ids=lambda one: one.stem)
def test_no_form_builds_an_index_while_it_keeps_a_table_from_its_readers(path: Path) -> None:
    """PostgreSQL keeps what a change of a table locks until the transaction ends, and an index of it takes long."""
    tree = ast.parse(path.read_text())
    (upgrade,) = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "upgrade"]
    called: dict[str, set[str]] = {"made": set(), "changed": set(), "indexed": set()}
    sorts = {"create_table": ("made", 0), "add_column": ("changed", 0), "drop_column": ("changed", 0),
             "alter_column": ("changed", 0), "create_index": ("indexed", 1)}  # fmt: skip
    for one in ast.walk(upgrade):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in sorts:
            sort, at = sorts[one.func.attr]
            called[sort].add(ast.unparse(one.args[at]))
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "drop_index":
            called["changed"] |= {ast.unparse(word.value) for word in one.keywords if word.arg == "table_name"}
    assert not (called["indexed"] - called["made"]) & called["changed"]


def reflected(engine: Engine) -> MetaData:
    made = MetaData()
    with warnings.catch_warnings():  # such indexes are passed over: only columns count here
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")
        made.reflect(engine)
    return made


# --- readers ---------------------------------------------------------------------------------------------------------


def row_of(one: Table) -> dict[str, Any]:
    """Some value in every column."""
    values: dict[type, Any] = {int: 1, float: 1.0, str: "x", bytes: b"x" * 32}
    found = {}
    for column in one.columns:
        kind = column.type.python_type
        found[column.name] = values.get(kind, 1)
    return found


@dataclass
class Reader:
    """One of the older version: asks for the columns that it knows, each time in a transaction of its own."""

    engine: Engine
    known: MetaData
    reads: int = 0
    failure: Exception | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        try:
            while not self.stopping.is_set():
                with self.engine.connect() as connection:
                    for one in self.known.sorted_tables:
                        connection.execute(select(one)).all()
                self.reads += 1
                time.sleep(0.001)
        except Exception as failure:  # noqa: BLE001 - told by who waits for it
            self.failure = failure
        finally:
            self.engine.dispose()


@pytest.fixture
def reader() -> Iterator[Callable[[Engine, MetaData], Reader]]:
    with ExitStack() as stack:

        def start(engine: Engine, known: MetaData) -> Reader:
            made = Reader(engine, known)
            thread = threading.Thread(target=made.work)
            thread.start()
            stack.callback(thread.join)
            stack.callback(made.stopping.set)
            return made

        yield start


def wait(until: Callable[[], bool], *readers: Reader) -> None:
    while not until():
        assert [one.failure for one in readers] == [None] * len(readers)
        time.sleep(0.002)


@pytest.mark.parametrize(("name", "before", "after"), STEPS)
def test_readers_of_the_older_version_go_on_while_the_tables_change(
    tmp_path: Path, server: str | None, name: Name, before: str, after: str,
    reader: Callable[[Engine, MetaData], Reader],
) -> None:  # fmt: skip
    url = database_url(tmp_path, server, name)
    engine = open_database(url, name)
    migrate(engine, name, before)
    known = reflected(engine)
    tables = [one for one in known.sorted_tables if one.name != "alembic_version"]
    with engine.begin() as connection:
        for one in tables:
            if not connection.execute(select(one)).all():
                connection.execute(insert(one).values(row_of(one)))
        rows = {one.name: connection.execute(select(one)).all() for one in tables}
    readers = [reader(open_database(url, name), known) for _ in range(2)]
    wait(lambda: all(one.reads > 2 for one in readers), *readers)
    migrate(engine, name, after)
    seen = [one.reads for one in readers]
    wait(lambda: all(one.reads > old + 2 for one, old in zip(readers, seen, strict=True)), *readers)
    with engine.connect() as connection:
        for one in tables:
            if one.name not in ENDED_ON_PURPOSE.get(after, ()):
                assert connection.execute(select(one)).all() == rows[one.name], one.name
    engine.dispose()


def test_a_reader_that_takes_long_holds_up_the_change_and_not_the_other_readers(
    tmp_path: Path, server: str | None, reader: Callable[[Engine, MetaData], Reader]
) -> None:
    """A copy of the tables takes minutes. A change that stood in line behind it would keep all others waiting."""
    url = database_url(tmp_path, server, "intake")
    engine = open_database(url, "intake")
    migrate(engine, "intake", "intake_0002")
    known = reflected(engine)
    long, changed = open_database(url, "intake").connect(), threading.Event()
    for one in known.sorted_tables:
        long.execute(select(one)).all()

    def change() -> None:
        migrate(engine, "intake", "intake_0003")
        changed.set()

    thread = threading.Thread(target=change)
    thread.start()
    other = reader(open_database(url, "intake"), known)
    wait(lambda: other.reads > 30, other)
    assert changed.is_set() == (server is None)
    for one in known.sorted_tables:
        long.execute(select(one)).all()
    long.rollback()
    thread.join()
    wait(lambda: changed.is_set() and other.reads > 40, other)
    long.close()
    long.engine.dispose()
    engine.dispose()


def test_a_change_that_never_gets_its_turn_is_given_up_and_changes_nothing(
    tmp_path: Path, server: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if server is None:
        pytest.skip("SQLite's readers hold up nobody")
    monkeypatch.setattr(database, "_TURNS", 2)
    monkeypatch.setattr(database, "_TURN_MS", 50)
    engine = open_database(database_url(tmp_path, server, "intake"), "intake")
    migrate(engine, "intake", "intake_0002")
    with engine.connect() as long:
        long.execute(sa.text("SELECT count(*) FROM sessions"))
        with pytest.raises(Unavailable, match="reads for long"):
            migrate(engine, "intake")
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "intake_0002"
    migrate(engine, "intake")
    engine.dispose()
