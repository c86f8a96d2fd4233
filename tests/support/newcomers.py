"""A system whose registrar decides at a desk, with an issuer at work: what somebody who is new comes to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser
from tests.desk.conftest import SAMPLE, desk_at
from tests.support import browsers
from tests.support.first_path import NAME, Person, Walked, walk

from portledger.cli import operator
from portledger.cli.desk import registrar
from portledger.formats import dcsa
from portledger.formats.strict_json import read_json
from portledger.gateway.settings import Settings
from portledger.gateway.system import running
from portledger.sdk.client import Client
from portledger.sdk.party import PartySession
from portledger.sdk.registration import Profile, register
from portledger.sdk.wallet import Wallet
from portledger.vault import keys as key_files

ISSUER: Final = "Example Line"


@dataclass
class Place:
    """url: of the gateway; data: its folder; issuer: a carrier's session."""

    url: str
    data: Path
    issuer: PartySession

    def bill(self, name: str) -> str:
        """A bill of lading offered to the party of this name; its id."""
        (party,) = [one.party for one in self.issuer.client.parties() if self._named(one.party) == name]
        bill = dcsa.document(read_json(SAMPLE.read_bytes()))
        return self.issuer.new_document(bill, counterparty=party, endorsee=party).document

    def _named(self, party: int) -> object:
        return self.issuer.client.profile(party).get("name")


@contextmanager
def place(folder: Path, block_seconds: float) -> Iterator[Place]:
    settings = Settings(
        data=folder / "port", port=0, block_seconds=block_seconds, log_level="warning", admit_automatically=False
    )
    with running(settings) as system, Client(system.url) as client:
        keys = key_files.generate(1, reference=True)
        asked = register(client, keys, Profile(ISSUER, "JP", ("carrier",)))
        session = PartySession(client, Wallet(keys.with_party(operator.admit(settings.data, asked.request_id).party)))
        session.sign_in()
        yield Place(system.url, settings.data, session)


def first_path(place: Place, browser: Browser, folder: Path, language: str) -> Walked:
    """Two desks in two browsers: the person's, on a machine without a key, and the registrar's."""
    own, powers = folder / "own", folder / "powers"
    own.mkdir()
    powers.mkdir()
    with (
        desk_at(own, place.url, language) as (_, origin, link),
        desk_at(powers, place.url, "en") as (office, its_origin, its_link),
        browsers.window(browser, origin, locale=language) as window,
        browsers.window(browser, its_origin, locale="en") as its_window,
    ):
        office.powers = registrar(place.data)
        its_window.page.goto(its_link)

        def admit() -> None:
            its_window.page.goto(f"{its_origin}/consortium")
            its_window.page.click("main a[href^='/consortium/requests/']")
            its_window.page.click("main form[action$='/admit'] button")
            its_window.page.wait_for_url(f"{its_origin}/consortium/parties/*")

        walked = walk(Person(window, language), link, admit, lambda: place.bill(NAME))
        assert window.troubles() == []
        return walked
