"""An archive alone is enough: the read model that is built from it is the one that a living gateway has, row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from tests.support.gateway import Gateway
from tests.support.node import Chain, deployed_chain
from tests.support.told import tell

from portledger import resources
from portledger.domain.codes import Role
from portledger.domain.errors import InvalidInput
from portledger.formats.archive import ArchiveDamaged, Reader
from portledger.gateway.settings import Settings
from portledger.gateway.system import free_port, running
from portledger.relay.indexer import Indexer, Place
from portledger.sdk.audit import export
from portledger.sdk.ledger_node import LedgerNode
from portledger.store import rebuild
from portledger.store.database import migrate, open_database, sqlite_url
from portledger.store.read_model import Block
from portledger.store.tables import POSITION_SHIFT, history, ledger

Rows = dict[str, list[tuple[object, ...]]]


def effects_of(kind: int, state: int, verb: int) -> int:
    file = resources.kinds().get(kind)
    rule = file.rule(state, verb) if file else None
    return rule.effects if rule else 0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Callable[[str], Engine]]:
    """Makes empty read models, each in a folder of its own."""
    made: list[Engine] = []

    def make(name: str) -> Engine:
        (tmp_path / name).mkdir()
        made.append(open_database(sqlite_url(tmp_path / name, "ledger"), "ledger"))
        migrate(made[-1], "ledger")
        return made[-1]

    yield make
    for one in made:
        one.dispose()


def rows(file: Path) -> Rows:
    """Every row of every table of the read model, by its key: types and bytes as SQLite holds them."""
    found: Rows = {}
    with closing(sqlite3.connect(file)) as connection:
        for table in ledger.sorted_tables:
            names = ", ".join(f'typeof("{column.name}"), "{column.name}"' for column in table.columns)
            keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
            found[table.name] = connection.execute(f"SELECT {names} FROM {table.name} ORDER BY {keys}").fetchall()
    return found


def rebuilt(archive: Path, engine: Engine) -> Rows:
    with archive.open("rb") as file:
        reader = Reader(file)
        header = reader.header
        last = Block(header.last_block, header.last_hash, header.last_time)
        cursor = rebuild.rebuild_from(engine, reader.events(), last, effects_of)
        assert reader.closing is not None
        assert cursor.ledger_head == reader.closing.ledger_head
    assert engine.url.database is not None
    return rows(Path(engine.url.database))


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Chain]:
    with deployed_chain(tmp_path / "chain") as chain:
        tell(chain)
        yield chain


def exported(chain: Chain, path: Path, last_block: int | None = None) -> Path:
    with LedgerNode(chain.url, chain.deployment.ledger) as node:
        export(node, path, last_block=last_block)
    return path


def indexed(chain: Chain, engine: Engine) -> Rows:
    indexer = Indexer(chain.rpc, Place(chain.deployment.ledger, chain.deployment.block), engine, effects_of)
    while indexer.step():
        pass
    assert engine.url.database is not None
    return rows(Path(engine.url.database))


@pytest.mark.parametrize("size", [1, 3, 2000])
def test_the_rows_from_an_archive_are_the_indexer_s(
    told: Chain, database: Callable[[str], Engine], tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuild, "_RANGE", size)
    living = indexed(told, database("living"))
    assert [name for name, found in living.items() if not found] == []
    again = rebuilt(exported(told, tmp_path / "archive"), database("again"))
    for name, found in living.items():
        assert again[name] == found, name


def test_what_stood_there_before_is_gone(told: Chain, database: Callable[[str], Engine], tmp_path: Path) -> None:
    engine = database("used")
    whole = indexed(told, engine)["history"]
    with engine.connect() as connection:
        positions = connection.scalars(select(history.c.position).order_by(history.c.position)).all()
    early = exported(told, tmp_path / "early", (positions[-1] >> POSITION_SHIFT) - 1)
    found = rebuilt(early, engine)
    assert found == rebuilt(early, database("fresh"))
    assert 0 < len(found["history"]) < len(whole)


def test_a_damaged_archive_leaves_the_read_model_as_it_was(
    told: Chain, database: Callable[[str], Engine], tmp_path: Path
) -> None:
    engine = database("used")
    before = indexed(told, engine)
    archive = exported(told, tmp_path / "archive")
    archive.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(ArchiveDamaged):
        rebuilt(archive, engine)
    assert engine.url.database is not None
    assert rows(Path(engine.url.database)) == before
    assert issubclass(ArchiveDamaged, InvalidInput)


def test_a_gateway_s_read_model_is_rebuilt_from_the_archive_of_its_node(
    database: Callable[[str], Engine], tmp_path: Path
) -> None:
    node_port = free_port("127.0.0.1")
    settings = Settings(data=tmp_path / "system", port=0, node_port=node_port, log_level="warning")
    with running(settings) as system:
        gateway = Gateway(system.url)
        carrier, shipper = gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE, accounts=3)
        for _ in range(3):
            document = gateway.issue(carrier, shipper.party)
        gateway.act(shipper, document, "ACCEPT", counterparty=carrier.party, endorsee=shipper.party)
        gateway.act(shipper, document, "BLANK_ENDORSE", endorsee=0xFFFF_FFFF)
        gateway.close()
        copy = tmp_path / "copy.db"
        with (
            closing(sqlite3.connect(tmp_path / "system" / "ledger.db")) as living,
            closing(sqlite3.connect(copy)) as kept,
        ):
            living.backup(kept)
        before = rows(copy)
        cursor = next(value for value in before["cursor"])
        last = int(str(cursor[3]))
        with LedgerNode(f"http://127.0.0.1:{node_port}", gateway.domain.ledger) as node:
            export(node, tmp_path / "archive", last_block=last)
    again = rebuilt(tmp_path / "archive", database("again"))
    for name, found in before.items():
        assert again[name] == found, name
    assert len(before["history"]) == 5
