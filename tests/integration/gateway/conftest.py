"""One whole system for the gateway's tests: node, relayer, indexer, gateway, in processes of their own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.gateway import Gateway, Trader

from portledger.domain.codes import Role
from portledger.gateway.settings import Settings
from portledger.gateway.system import Running, free_port, running


@pytest.fixture(scope="session")
def node_port() -> int:
    return free_port("127.0.0.1")


@pytest.fixture(scope="session")
def node(system: Running, node_port: int) -> str:
    """The address of the system's own node."""
    return f"http://127.0.0.1:{node_port}"


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, node_port: int) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("system")
    with running(Settings(data=folder, port=0, node_port=node_port, block_seconds=0.05)) as one:
        yield one


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
