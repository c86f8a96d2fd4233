"""Pages that answered a form, kept in memory so that each has an address of its own.

A page that answers a form cannot be gone back to, nor loaded again, without sending the form once more. So every such
page is led to by an address with nothing in it but a random token: back, forward and reload then only look at it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

PAGES: Final = 50
"""How many are kept; the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Page:
    """path: where the form was sent to; body: HTML; policy: its own Content-Security-Policy, empty = every page's."""

    path: str
    status: int
    body: bytes = field(repr=False)
    policy: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"content-security-policy": self.policy} if self.policy else {}


class KeptPages:
    """The pages of one desk; they are gone as soon as the keys are."""

    def __init__(self) -> None:
        self._pages: dict[str, Page] = {}
        self.cleared = 0
        """How often all were forgotten: a page that was begun before is not kept after."""

    def keep(self, page: Page) -> str:
        """The page's token."""
        token = secrets.token_urlsafe(24)
        self._pages[token] = page
        while len(self._pages) > PAGES:
            self._pages.pop(next(iter(self._pages)))
        return token

    def get(self, token: str) -> Page | None:
        return self._pages.get(token)

    def clear(self) -> None:
        self._pages.clear()
        self.cleared += 1
