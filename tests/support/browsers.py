"""A real browser for the tests: which one, and a window that notes all that a page asks for and complains about."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING: Final = (
    "no Chromium on this machine: scripts/browser installs one, or name one in PORTLEDGER_CHROMIUM (what needs it "
    "fails instead of skipping where PORTLEDGER_NEED_BROWSER=1)"
)
ELSEWHERE: Final = "--host-resolver-rules=MAP *.example 127.0.0.1"
"""Sites of our own on this machine under names that are not its own."""
NO_HELP: Final = "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"
"""What this browser keeps strangers' pages from, and others do not: a desk defends itself."""
_NOTE_VIOLATIONS: Final = """
document.addEventListener('securitypolicyviolation', (event) =>
    noteViolation(`${event.violatedDirective} ${event.blockedURI}`));
"""
_KEPT: Final = """async () => [
    ...Object.entries(localStorage).flat(), ...Object.entries(sessionStorage).flat(),
    ...(await indexedDB.databases()).map((one) => one.name), ...(await caches.keys()),
]"""


def executable() -> str | None:
    """The browser's program: the one named in PORTLEDGER_CHROMIUM, or the first on the path."""
    return os.environ.get("PORTLEDGER_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def missing() -> bool:
    """Whether a test that needs a browser is skipped; with PORTLEDGER_NEED_BROWSER=1 none is."""
    return executable() is None and os.environ.get("PORTLEDGER_NEED_BROWSER") != "1"


@contextmanager
def running() -> Iterator[Browser]:
    """A browser, headless. Skips the test where there is none."""
    if missing():
        pytest.skip(MISSING)
    program = executable()
    assert program, MISSING
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=program, args=[ELSEWHERE, NO_HELP, *as_root])


@dataclass
class Window:
    """A browser of its own (cookies, storage) with one page. origin: the only one that it may ask for anything."""

    context: BrowserContext
    page: Page
    origin: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """Console messages, uncaught errors and breaches of the content security policy."""

    def troubles(self) -> list[str]:
        """What no page of ours may cause: requests to others, complaints, anything kept in the browser."""
        foreign = [one for one in self.asked if not one.startswith(f"{self.origin}/")]
        kept = self.page.evaluate(_KEPT) if self.page.url.startswith(self.origin) else []
        return [*foreign, *self.complaints, *map(str, kept)]

    def text(self) -> str:
        return self.page.inner_text("body")


@contextmanager
def window(browser: Browser, origin: str, **options: Any) -> Iterator[Window]:
    """options: of Playwright's new_context, such as viewport and locale."""
    context = browser.new_context(**options)
    context.set_default_timeout(60_000)
    found = Window(context, context.new_page(), origin)
    context.on("request", lambda request: found.asked.append(request.url))
    found.page.on("console", lambda message: _complain(found, message))
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    context.expose_function("noteViolation", lambda text: found.complaints.append(text))
    context.add_init_script(_NOTE_VIOLATIONS)
    try:
        yield found
    finally:
        context.close()


def _complain(found: Window, message: ConsoleMessage) -> None:
    """Every message but that a page was refused on purpose: its status is told apart by the test itself."""
    if not message.text.startswith("Failed to load resource: the server responded with a status of 4"):
        found.complaints.append(message.text)
