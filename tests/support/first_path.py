"""The first time at a desk: from a machine without any key to the first accepted bill of lading, by the mouse.

What a person does is done by clicks that are counted; typing is not. The registrar's and the issuer's clicks are their
own: the registrar admits at its desk, the issuer's bill comes by the SDK.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import Page
from tests.support.browsers import Window

from portledger.desk.words import word

PASSPHRASE: Final = "correct horse battery staple"
NAME: Final = "株式会社髙﨑商店　第２"
COUNT: Final = "document.addEventListener('pointerdown', (event) => event.isTrusted && notePress(), true);"


@dataclass
class Person:
    """presses: of the mouse's button, as the browser saw them."""

    window: Window
    language: str
    clicks: list[str] = field(default_factory=list)
    presses: int = 0

    def __post_init__(self) -> None:
        def pressed() -> None:
            self.presses += 1

        self.window.context.expose_function("notePress", pressed)
        self.window.context.add_init_script(COUNT)

    @property
    def page(self) -> Page:
        return self.window.page

    def click(self, selector: str) -> None:
        self.clicks.append(selector)
        self.page.click(selector)


@dataclass(frozen=True, slots=True)
class Walked:
    """clicks: where; presses: how many the browser saw; seconds: from the start link to the accepted bill, of which
    nothing is spent on reading; document: the bill's id; said: what the last page says."""

    clicks: list[str]
    presses: int
    seconds: float
    document: str
    said: str


def walk(person: Person, link: str, registrar: Callable[[], None], issuer: Callable[[], str]) -> Walked:
    """registrar: admits who waits, and returns when the party is registered; issuer: offers it a bill; gives its id."""
    begun = time.perf_counter()
    page = person.page
    page.goto(link)
    person.click("main a.button.main")
    page.fill("#name", "newcomer")
    page.fill("#passphrase", PASSPHRASE)
    page.fill("#again", PASSPHRASE)
    person.click("main button.main")
    person.click("main form[action$='/copy'] button")
    page.fill("#passphrase", PASSPHRASE)
    person.click("main button.main")
    page.fill("#organisation", NAME)
    page.fill("#country", "JP")
    person.click("[name='role.shipperOrConsignee']")
    person.click("main button.main")
    person.click("main button.main")
    page.wait_for_selector(f"text={word('status.waiting', person.language)}")
    registrar()
    person.click("main a.button.main")
    document = issuer()
    page.fill("#passphrase", PASSPHRASE)
    person.click("main button.main")
    person.click(f"main a[href$='/documents/{document}']")
    person.click(f"main a[href$='/{document}/ACCEPT']")
    person.click("main form[action$='/sign'] button.main")
    page.wait_for_selector(f"text={word('sign.done', person.language)}")
    seconds = time.perf_counter() - begun
    return Walked(person.clicks, person.presses, seconds, document, page.inner_text("main"))
