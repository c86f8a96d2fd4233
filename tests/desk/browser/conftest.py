"""A real browser at a running desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from playwright.sync_api import Browser
from tests.desk.conftest import PASSPHRASE, Office
from tests.support import browsers
from tests.support.browsers import Window

from portledger.desk.state import Desk

Visit = Callable[..., AbstractContextManager[tuple[Window, Desk]]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for a module: while it runs, no event loop of the tests' own can."""
    with browsers.running() as found:
        yield found


@pytest.fixture
def visit(office: Office, browser: Browser) -> Visit:
    """visit(key="", language="en", **context options): (window, desk), the start link opened, a key unlocked."""

    @contextmanager
    def visited(key: str = "", language: str = "en", **options: object) -> Iterator[tuple[Window, Desk]]:
        with office.desk(language) as (desk, origin, link), browsers.window(browser, origin, **options) as window:
            window.page.goto(link)
            if key:
                unlock(window, key)
            yield window, desk

    return visited


def unlock(window: Window, key: str, passphrase: str = PASSPHRASE) -> None:
    """As a person does, from wherever the window is."""
    window.page.goto(f"{window.origin}/unlock")
    window.page.select_option("#key", key)
    window.page.fill("#passphrase", passphrase)
    with window.page.expect_navigation():
        window.page.click("main button.main")
