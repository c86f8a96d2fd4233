"""The bill of lading of the demo, from the carrier to the consignee, by six parties at six desks in six browsers.

Each has a desk of its own with its own key file alone; every second one speaks Japanese. What writes contents (issuing
and amending) is done with the SDK; all else with the mouse.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from tests.desk.browser.conftest import unlock
from tests.desk.conftest import SAMPLE, desk_at
from tests.support import browsers
from tests.support.browsers import Window

from portledger.cli.demo_cast import PASSPHRASE, Cast, assemble
from portledger.desk.words import word
from portledger.domain.records import Control
from portledger.formats import dcsa
from portledger.formats.strict_json import read_json
from portledger.gateway.settings import Settings
from portledger.gateway.system import running

DESKS = {
    "carrier": "en", "shipper": "ja", "forwarder": "en", "seller_bank": "ja", "buyer_bank": "en", "consignee": "ja",
}  # fmt: skip
"""Who takes part in the deal, and the language of the desk."""

SIGNING = "main form[action$='/sign']"


@dataclass
class Person:
    """Someone before a screen."""

    key: str
    language: str
    window: Window

    def turn(self, document: str) -> str:
        """Under which turn the document stands in the inbox; empty when it does not."""
        self.window.page.goto(f"{self.window.origin}/as/{self.key}/")
        found = self.window.page.locator(f"section:has(a[href$='/{document}'])")
        return found.get_attribute("class") or "" if found.count() else ""

    def opens(self, document: str) -> str:
        """The document's page, by the inbox."""
        assert self.turn(document)
        self.window.page.click(f"a[href$='/{document}']")
        return self.window.text()

    def looks_at(self, document: str, verb: str, **typed: str) -> str:
        """What the page before signing says of an act. typed: field -> a text, or the name of a party to choose."""
        self.opens(document)
        page = self.window.page
        page.click(f"a[href$='/{document}/{verb}']")
        if not page.locator(SIGNING).count():
            for name, text in typed.items():
                if page.locator(f"select#{name}").count():
                    page.select_option(f"#{name}", label=text)
                else:
                    page.fill(f"#{name}", text)
            page.click("main button.main")
        return self.window.text()

    def signs(self) -> str:
        self.window.page.click(f"{SIGNING} button.main")
        said = self.window.page.inner_text("[role=status]")
        assert said == word("sign.done", self.language)
        return self.window.text()

    def does(self, document: str, verb: str, **typed: str) -> str:
        self.looks_at(document, verb, **typed)
        return self.signs()


@dataclass
class Deal:
    people: dict[str, Person]
    cast: Cast
    names: dict[str, str]

    def __getitem__(self, key: str) -> Person:
        return self.people[key]

    def record(self, document: str) -> Control:
        """As the chain has it, by the carrier's own verified history."""
        return Control.unpack(self.cast["carrier"].proven(document).entries[-1].control)


@pytest.fixture
def deal(tmp_path: Path, browser: Browser) -> Iterator[Deal]:
    settings = Settings(data=tmp_path / "port", port=0, block_seconds=0.05, log_level="warning")
    with running(settings) as system, ExitStack() as open_desks:
        made = tmp_path / "keys"
        cast = assemble(system.url, made)
        people = {}
        for key, language in DESKS.items():
            own = tmp_path / "desks" / key
            own.mkdir(parents=True)
            shutil.copy(made / f"{key}.json", own)
            _, origin, link = open_desks.enter_context(desk_at(own, system.url, language))
            window = open_desks.enter_context(browsers.window(browser, origin, locale=language))
            window.page.goto(link)
            unlock(window, key, PASSPHRASE)
            people[key] = Person(key, language, window)
        yield Deal(people, cast, {role.key: f"{role.name} ({session.party})" for role, session in cast})
        for _, session in cast:
            session.client.close()


def test_a_bill_of_lading_passes_through_six_desks_and_ends(deal: Deal) -> None:
    bill: Any = read_json(SAMPLE.read_bytes())
    carrier, shipper = deal.cast["carrier"], deal.cast["shipper"].party
    document = carrier.new_document(dcsa.document(copy.deepcopy(bill)), counterparty=shipper, endorsee=shipper).document

    read = deal["shipper"].looks_at(document, "ACCEPT")
    assert bill["transportDocumentReference"] in read
    assert word("effect.take", "ja", party=deal.names["carrier"]) in read
    deal["shipper"].signs()

    deal["shipper"].does(
        document, "SURRENDER_FOR_AMENDMENT", reasonCode="PACKAGES", requestedChanges="25 cases in the first container"
    )
    assert "25 cases in the first container" in deal["carrier"].opens(document)
    deal["carrier"].does(document, "ACCEPT_SURRENDER")
    amend(deal, document, bill)
    assert "25" in deal["shipper"].looks_at(document, "ACCEPT")
    deal["shipper"].signs()
    assert deal.record(document).version == 2

    deal["shipper"].does(document, "OFFER", counterparty=deal.names["forwarder"])
    assert bill["transportDocumentReference"] in deal["forwarder"].opens(document)
    deal["forwarder"].does(document, "DECLINE", reasonCode="NOT_OURS")
    assert "NOT_OURS" in deal["shipper"].opens(document)
    deal["shipper"].does(document, "OFFER", counterparty=deal.names["forwarder"])
    deal["shipper"].does(document, "WITHDRAW")
    assert deal["forwarder"].turn(document) in ("", "processing")

    order = deal["shipper"].looks_at(document, "ENDORSE_TO_ORDER", endorsee=deal.names["buyer_bank"])
    assert word("effect.endorsed", "ja", party=deal.names["buyer_bank"]) in order
    deal["shipper"].signs()
    hand_over(deal, document, "shipper", "seller_bank")
    hand_over(deal, document, "seller_bank", "buyer_bank")
    deal["buyer_bank"].does(document, "ENDORSE", endorsee=deal.names["consignee"])
    hand_over(deal, document, "buyer_bank", "consignee")
    record = deal.record(document)
    assert (record.possessor, record.endorsee) == (deal.cast["consignee"].party,) * 2

    deal["consignee"].does(document, "SURRENDER_FOR_DELIVERY")
    ended = deal["carrier"].does(document, "ACCEPT_SURRENDER")
    assert word("document.nothing", "en") in ended
    assert deal["consignee"].turn(document) == "done"
    acts = len(carrier.proven(document).entries)
    deal["consignee"].opens(document)
    assert deal["consignee"].window.page.locator("main ol > li").count() == acts >= 20
    assert {key: person.window.troubles() for key, person in deal.people.items()} == {key: [] for key in DESKS}


def amend(deal: Deal, document: str, bill: Any) -> None:
    """25 cases in the first container, not 24."""
    corrected = copy.deepcopy(bill)
    corrected["consignmentItems"][0]["cargoItems"][0]["outerPackaging"]["numberOfPackages"] = 25
    carrier = deal.cast["carrier"]
    values = carrier.kept(document, dcsa.document(corrected).datasets)
    carrier.amend(document, values, reason="PACKAGES", endorsee=deal.cast["shipper"].party)


def hand_over(deal: Deal, document: str, giver: str, taker: str) -> None:
    """One offers, the other inspects and accepts, each after having read what that does."""
    offer = deal[giver].looks_at(document, "OFFER", counterparty=deal.names[taker])
    assert word("effect.offer", deal[giver].language, party=deal.names[taker]) in offer
    deal[giver].signs()
    assert deal.record(document).possessor == deal.cast[giver].party
    assert (deal[giver].turn(document), deal[taker].turn(document)) == ("processing", "todo")
    inspected = deal[taker].looks_at(document, "ACCEPT")
    assert word("sign.history", deal[taker].language) in inspected
    deal[taker].signs()
    assert deal.record(document).possessor == deal.cast[taker].party
