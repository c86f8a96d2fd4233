"""What has happened since: a party's events, from now on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from portledger.sdk.client import Client

_LAST: Final = 1 << 62
_DOCUMENT: Final = re.compile(r"documents/([0-9a-f]{64})")
_PARTY: Final = re.compile(r"parties/([0-9]{1,10})")


@dataclass(slots=True)
class News:
    """Who changed. cursor: after all of it; what follows it is for the next time."""

    cursor: str
    documents: set[str] = field(default_factory=set)
    parties: set[int] = field(default_factory=set)


def newest(client: Client) -> str:
    """The cursor after everything that has happened so far, found by halving: some sixty short requests at most."""
    low, high = 0, 1
    while (page := client.events(str(high))).items and high < _LAST:
        low, high = max(int(page.next), high), high << 4
    while low < high:
        middle = (low + high) // 2
        page = client.events(str(middle))
        if page.items:
            low = max(int(page.next), middle + 1)
        else:
            high = middle
    return str(high)


def since(client: Client, cursor: str) -> News:
    """What happened after the cursor. Subjects that are neither a document's nor a party's are passed over."""
    news = News(cursor)
    while (page := client.events(news.cursor)).items:
        for one in page.items:
            if found := _DOCUMENT.fullmatch(one.subject):
                news.documents.add(found[1])
            elif found := _PARTY.fullmatch(one.subject):
                news.parties.add(int(found[1]))
        if page.next == news.cursor:
            break
        news.cursor = page.next
    return news
