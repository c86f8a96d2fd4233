"""One whole system, and parties that act through the SDK."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from portledger import samples
from portledger.formats import dcsa
from portledger.formats.document import Document
from portledger.formats.strict_json import read_json
from portledger.gateway.settings import Settings
from portledger.gateway.system import Running, free_port, running
from portledger.sdk.client import Client
from portledger.sdk.party import PartySession
from portledger.sdk.registration import Profile, register, wait_registered
from portledger.sdk.verify import LogReader
from portledger.sdk.wallet import Wallet
from portledger.vault import keys as key_files

SAMPLES = Path(samples.__file__).parent


@dataclass
class Port:
    """The system as the tests see it; numbers: makes document numbers that nobody used."""

    running: Running
    node: LogReader
    data: Path
    operator: str
    """The address of the operator's port."""
    made: int = 0
    parties: dict[str, PartySession] = field(default_factory=dict)
    clients: list[Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.running.url

    def join(self, *roles: str, accounts: int = 1, threshold: int = 1, issuer: bool = False) -> PartySession:
        """A new party, registered and signed in."""
        keys = key_files.generate(accounts, reference=issuer)
        client = self.client(self.url)
        profile = Profile(f"Party of {', '.join(roles)}", "JP", roles)
        status = register(client, keys, profile, threshold=threshold)
        session = PartySession(client, Wallet(keys.with_party(wait_registered(client, status.request_id))))
        session.sign_in()
        return session

    def client(self, url: str) -> Client:
        """A client that is closed at the end."""
        self.clients.append(Client(url))
        return self.clients[-1]

    def party(self, name: str, make: Callable[[], PartySession]) -> PartySession:
        if name not in self.parties:
            self.parties[name] = make()
        return self.parties[name]

    def bill(self, *, to_order: bool = True) -> Document:
        """A bill of lading with a number of its own."""
        self.made += 1
        name = "transport_document_negotiable.json" if to_order else "transport_document_straight.json"
        value = read_json((SAMPLES / name).read_bytes())
        value["transportDocumentReference"] = f"PLLTYO26{self.made:05}"
        return dcsa.document(value)


@contextmanager
def open_port(data: Path, environment: Mapping[str, str] | None = None, **settings: Any) -> Iterator[Port]:
    """settings: of Settings, beside those that every port has."""
    node_port = free_port("127.0.0.1")
    chosen = Settings(
        data=data, port=0, node_port=node_port, block_seconds=0.05, log_level="info",
        metrics=f"127.0.0.1:{free_port('127.0.0.1')}", **settings,
    )  # fmt: skip
    with running(chosen, environment) as one, LogReader(f"http://127.0.0.1:{node_port}") as node:
        made = Port(one, node, data, f"http://{chosen.metrics}")
        yield made
        for client in made.clients:
            client.close()


@pytest.fixture(scope="session")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    with open_port(tmp_path_factory.mktemp("system")) as made:
        yield made


@pytest.fixture
def carrier(port: Port) -> PartySession:
    return port.party("carrier", lambda: port.join("carrier", issuer=True))


@pytest.fixture
def shipper(port: Port) -> PartySession:
    return port.party("shipper", lambda: port.join("shipperOrConsignee"))


@pytest.fixture
def bank(port: Port) -> PartySession:
    return port.party("bank", lambda: port.join("bank", accounts=3, threshold=2))


@pytest.fixture
def chamber(port: Port) -> PartySession:
    return port.party("chamber", lambda: port.join("certifier", issuer=True))


@pytest.fixture
def customs(port: Port) -> PartySession:
    return port.party("customs", lambda: port.join("customs"))
