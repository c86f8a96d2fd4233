"""A whole system, its parties' key files in one folder, and a desk at work on a loopback address."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from portledger import samples
from portledger.desk.serving import bound, server, start_link
from portledger.desk.state import Desk
from portledger.formats import dcsa
from portledger.formats.strict_json import read_json
from portledger.gateway.settings import Settings
from portledger.gateway.system import running
from portledger.sdk.client import Client
from portledger.sdk.party import PartySession
from portledger.sdk.registration import Profile, register, wait_registered
from portledger.sdk.wallet import Wallet
from portledger.vault import keys as key_files

PASSPHRASE = "only for trying out"
PARTIES = (
    ("carrier", "Example Line", "carrier"),
    ("shipper", "株式会社髙﨑 <b>商店</b>", "shipperOrConsignee"),
    ("bank", "Example Bank", "bank"),
)
"""Key file, name and role."""
SAMPLE = Path(samples.__file__).parent / "transport_document_negotiable.json"


@dataclass
class Office:
    """What the tests have at hand: the gateway, the key files, the carrier's own session."""

    url: str
    keys: Path
    carrier: PartySession
    shipper: int
    parties: dict[str, str] = field(default_factory=dict)
    """Key file -> the party's name and number, as pages show it."""
    made: int = 0

    def name_of(self, key: str) -> str:
        return self.parties[key]

    def bill(self, to: int | None = None, **changes: object) -> str:
        """A new bill of lading offered to the shipper, or to this party; its id."""
        self.made += 1
        if self.carrier.signed_in_until < time.time() + 60:
            self.carrier.sign_in()
        value = read_json(SAMPLE.read_bytes())
        value |= {"transportDocumentReference": f"DESK26{self.made:05}", **changes}
        holder = to or self.shipper
        return self.carrier.new_document(dcsa.document(value), counterparty=holder, endorsee=holder).document

    def desk(self, language: str = "en") -> AbstractContextManager[tuple[Desk, str, str]]:
        """(desk, its origin, its start link), running until the end of the block."""
        return desk_at(self.keys, self.url, language)


@contextmanager
def desk_at(keys: Path, gateway: str, language: str = "en") -> Iterator[tuple[Desk, str, str]]:
    """A desk at work with a folder of key files."""
    desk = Desk(keys, gateway)
    with bound() as (place, origin):
        serving = server(desk, origin)
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [place]})
        thread.start()
        try:
            yield desk, origin, start_link(desk, origin, language)
        finally:
            serving.should_exit = True
            thread.join()
            desk.lock_up()


def joined(url: str, folder: Path, file: str, name: str, role: str) -> Wallet:
    """A new party with a key file of its own."""
    keys = key_files.generate(1, reference=role == "carrier")
    with Client(url) as client:
        status = register(client, keys, Profile(name, "JP", (role,)))
        keys = keys.with_party(wait_registered(client, status.request_id))
    path = folder / f"{file}.json"
    key_files.save(path, keys, PASSPHRASE, key_files.FAST)
    return Wallet(keys, path)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One for a file of tests: what one leaves behind is in no other's inbox, and they can run beside each other."""
    folder = tmp_path_factory.mktemp("desk")
    keys = folder / "keys"
    keys.mkdir()
    with running(Settings(data=folder / "port", port=0, block_seconds=0.05, log_level="warning")) as system:
        wallets = {key: joined(system.url, keys, key, name, role) for key, name, role in PARTIES}
        with Client(system.url) as client:
            session = PartySession(client, wallets["carrier"])
            session.sign_in()
            names = {key: f"{name} ({wallets[key].party})" for key, name, _ in PARTIES}
            yield Office(system.url, keys, session, wallets["shipper"].party, names)


@dataclass
class Visitor:
    """A browser without a screen."""

    http: httpx.Client
    origin: str
    desk: Desk

    def get(self, path: str) -> str:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, code: int = 200, **fields: str) -> str:
        fields = {"token": self.desk.form_token, **fields}
        answer = self.http.post(path, data=fields, headers={"Origin": self.origin})
        assert answer.status_code == code, answer.text
        return answer.text

    def unlock(self, key: str) -> str:
        return self.post("/unlock", key=key, passphrase=PASSPHRASE)


def browsing(origin: str) -> httpx.Client:
    """Follows as a browser does; patient, for the desk shares the machine with the system that it asks."""
    return httpx.Client(base_url=origin, follow_redirects=True, timeout=60)


@pytest.fixture
def visitor(office: Office) -> Iterator[Visitor]:
    with (
        office.desk() as (desk, origin, link),
        browsing(origin) as http,
    ):
        assert http.get(link).status_code == 200
        yield Visitor(http, origin, desk)


def summary_of(page: str) -> str:
    (token,) = re.findall(r'name="summary" value="([^"]+)"', page)
    return token
