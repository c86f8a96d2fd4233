"""The two engines, for tests that run on both.

def test_something(databases: Databases) -> None:      # once on sqlite, once on postgres
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.postgres import WHY_NOT, Postgres, programs

from portledger.services.ledger import Databases

ENGINES = ("sqlite", "postgres")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's server; the test is skipped where none is installed."""
    if programs() is None:
        pytest.skip(WHY_NOT)
    with Postgres() as server:
        yield server


@pytest.fixture(params=ENGINES)
def server(request: pytest.FixtureRequest) -> str | None:
    """Settings.database: None for files in the data folder, or the address of an empty database."""
    if request.param == "sqlite":
        return None
    running: Postgres = request.getfixturevalue("postgres")
    return running.new_database()


@pytest.fixture(scope="session")
def migrated(postgres: Postgres) -> str:
    """Name of a database with all tables, to be copied: quicker than bringing each up from nothing."""
    url = postgres.new_database()
    Databases.open(Path(), url).close()
    return url.rsplit("/", 1)[1]


@pytest.fixture(params=ENGINES)
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Databases]:
    """Empty tables, once on each engine."""
    url = None
    if request.param == "postgres":
        running: Postgres = request.getfixturevalue("postgres")
        url = running.new_database(request.getfixturevalue("migrated"))
    opened = Databases.open(tmp_path, url)
    yield opened
    opened.close()
