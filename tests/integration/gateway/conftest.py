"""One whole system for the gateway's tests: node, relayer, indexer, gateway, in processes of their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from tests.support.databases import ENGINES
from tests.support.gateway import Gateway, Trader

from portledger.domain.codes import Role
from portledger.gateway.settings import Settings
from portledger.gateway.system import Running, free_port, running
from portledger.store.database import database_url, open_database


@pytest.fixture(scope="session")
def node_port() -> int:
    return free_port("127.0.0.1")


@pytest.fixture(scope="session")
def node(system: Running, node_port: int) -> str:
    """The address of the system's own node."""
    return f"http://127.0.0.1:{node_port}"


@pytest.fixture(scope="session", params=ENGINES)
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, node_port: int) -> Settings:
    """Once on files, once on a PostgreSQL server: all tests of this folder run on both."""
    folder = tmp_path_factory.mktemp("system")
    database = None if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    metrics = f"127.0.0.1:{free_port('127.0.0.1')}"
    return Settings(data=folder, port=0, node_port=node_port, block_seconds=0.05, database=database, metrics=metrics)


@pytest.fixture(scope="session")
def system(settings: Settings) -> Iterator[Running]:
    with running(settings) as one:
        yield one


@pytest.fixture(scope="session")
def operator(system: Running, settings: Settings) -> Iterator[httpx.Client]:
    """At the operator's port of the system."""
    with httpx.Client(base_url=f"http://{settings.metrics}", timeout=20, trust_env=False) as one:
        yield one


@pytest.fixture(scope="session")
def intake(system: Running, settings: Settings) -> Iterator[Engine]:
    """What the running gateway writes, to be looked at."""
    engine = open_database(database_url(settings.data, settings.database, "intake"), "intake")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def folder(system: Running) -> Path:
    return system.folder


@pytest.fixture(scope="session")
def gateway(system: Running) -> Iterator[Gateway]:
    one = Gateway(system.url)
    yield one
    one.close()


@dataclass(frozen=True)
class Cast:
    """Parties that the tests share; nobody changes their accounts."""

    carrier: Trader
    shipper: Trader
    consignee: Trader
    bank: Trader
    customs: Trader
    auditor: Trader
    stranger: Trader


@pytest.fixture(scope="session")
def cast(gateway: Gateway) -> Cast:
    return Cast(
        carrier=gateway.register(Role.CARRIER),
        shipper=gateway.register(Role.SHIPPER_OR_CONSIGNEE),
        consignee=gateway.register(Role.SHIPPER_OR_CONSIGNEE),
        bank=gateway.register(Role.BANK),
        customs=gateway.register(Role.CUSTOMS),
        auditor=gateway.register(Role.AUDITOR),
        stranger=gateway.register(Role.SHIPPER_OR_CONSIGNEE),
    )
