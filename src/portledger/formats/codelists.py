"""Code lists that forms search (protocol/labels/codes.toml), with countries and currencies from the Unicode CLDR.

What travels with the package is what is in everyday use. Whole lists, as their makers publish them, are added by who
has them (published_lists.py): once, when a program starts.
"""

from __future__ import annotations

import tomllib
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final

from portledger import resources

COUNTRIES: Final = "country"
CURRENCIES: Final = "currency"
_HS: Final = "hs"
Titles = tuple[str, str]
"""In English and Japanese; where there is no Japanese one, another spelling that is searched too."""

_added: dict[str, dict[str, Titles]] = {}


@lru_cache(maxsize=1)
def _own() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(resources.read("labels/codes.toml").decode())


def names() -> set[str]:
    return {*_own(), COUNTRIES, CURRENCIES}


def add(lists: Mapping[str, Mapping[str, Titles]]) -> None:
    """Adds codes to lists, for the whole program; titles that travel with the package stay. What they are looked up by
    is made at once, or the first form would wait for it. Raises KeyError for a list that there is not, or that is whole
    already."""
    for name, told in lists.items():
        _added.setdefault(name, {}).update({code: titles for code, titles in told.items() if code not in _own()[name]})
    _forget()
    for name in lists:
        _index(name)


def clear() -> None:
    """Forgets what was added."""
    _added.clear()
    _forget()


def _forget() -> None:
    for made in (entries, _index, _found, longest):
        made.cache_clear()


@lru_cache(maxsize=128)
def entries(name: str, language: str) -> dict[str, str]:
    """code -> title, in the list's order, added ones last. Raises KeyError for a list that there is not."""
    return everyday(name, language) | {
        code: titles[0 if language == "en" else 1] for code, titles in _added.get(name, {}).items()
    }


@lru_cache(maxsize=128)
def everyday(name: str, language: str) -> dict[str, str]:
    """The same without what was added: few enough to be offered all at once. Raises KeyError."""
    if name == COUNTRIES:
        return _countries(language)
    if name == CURRENCIES:
        return _currencies(language)
    return {code: titles[0 if language == "en" else 1] for code, titles in _own()[name].items()}


def _countries(language: str) -> dict[str, str]:
    from babel import Locale  # a twentieth of a second, and only who fills in a form pays it

    told: dict[str, str] = dict(Locale(language).territories)
    codes = sorted(code for code in told if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES)
    return {code: told[code] for code in codes}


_NO_COUNTRIES: Final = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
"""Codes of the CLDR that ISO 3166 gives to no country."""


def _currencies(language: str) -> dict[str, str]:
    from babel import Locale
    from babel.core import get_global

    told: dict[str, str] = dict(Locale(language).currencies)
    tender = {
        code
        for used in get_global("territory_currencies").values()
        for code, _, until, is_tender in used
        if until is None and is_tender
    }
    return {code: told[code] for code in sorted(tender) if code in told}


@dataclass(frozen=True, slots=True)
class _Index:
    """What a list is looked up by. codes: in the list's order; named: title as it is compared -> codes; begun, titled:
    codes and titles as they are compared, a line end before each; starts: where each code's titles begin in them."""

    codes: list[str]
    named: dict[str, list[str]]
    begun: str
    titled: str
    starts: list[int]

    def beginning(self, wanted: str) -> Iterator[str]:
        """The codes that begin with a text."""
        at = self.begun.find(f"\n{wanted}")
        while at >= 0:
            yield self.codes[self.begun.count("\n", 0, at)]
            at = self.begun.find(f"\n{wanted}", at + 1)

    def holding(self, wanted: str) -> Iterator[str]:
        """The codes that have a title with this in it; after a line end: at its beginning."""
        at = self.titled.find(wanted)
        while at >= 0:
            number = bisect_right(self.starts, at)
            yield self.codes[number - 1]
            at = self.titled.find(wanted, self.starts[number]) if number < len(self.starts) else -1


@lru_cache(maxsize=32)
def _index(name: str) -> _Index:
    english, japanese = entries(name, "en"), entries(name, "ja")
    named: dict[str, list[str]] = {}
    lines: list[str] = []
    starts: list[int] = []
    length = 0
    for code, title in english.items():
        starts.append(length)
        for one in dict.fromkeys(map(folded, {title: None, japanese.get(code, title): None})):
            named.setdefault(one, []).append(code)
            lines.append(f"\n{one}")
            length += len(one) + 1
    codes = list(english)
    begun = "".join(f"\n{code.casefold()}" for code in codes)
    return _Index(codes, named, begun, "".join(lines), starts)


def search(name: str, asked: str, language: str, most: int = 50) -> list[tuple[str, str]]:
    """The entries whose code begins with the text, then those whose title in either language is it, begins with it, or
    holds it."""
    told = entries(name, language)
    return [(code, told[code]) for code in _found(name, folded(asked), most)]


@lru_cache(maxsize=1024)
def _found(name: str, wanted: str, most: int) -> list[str]:
    """Kept for a while: columns of a spreadsheet say the same again and again."""
    index = _index(name)
    found: dict[str, None] = {}
    for code in chain(
        index.beginning(wanted), index.named.get(wanted, ()), index.holding(f"\n{wanted}"), index.holding(wanted)
    ):
        found[code] = None
        if len(found) == most:
            break
    return list(found)


def named(name: str, asked: str) -> list[str]:
    """The codes whose title in either language is exactly this, in the list's order."""
    return list(_index(name).named.get(folded(asked), ()))


def goes_with(name: str, code: str, text: str) -> bool:
    """Whether a text may stand for a code's title in either language: it is its beginning, or holds it."""
    said = folded(text)
    titles = [folded(entries(name, language).get(code, "")) for language in ("en", "ja")]
    return any(title and (title.startswith(said) or title in said) for title in titles)


@lru_cache(maxsize=32)
def longest(name: str) -> int:
    """Characters of the longest code."""
    return max(map(len, entries(name, "en")))


def is_whole(name: str) -> bool:
    """Whether a list was added: then a code that it does not have is worth a second look."""
    return bool(_added.get(name))


def knows(name: str, code: str) -> bool:
    """Whether a code is in a list. Of HS the first six digits count: countries add their own behind them."""
    known = entries(name, "en")
    digits = "".join(one for one in code if one.isdigit())
    return code in known or (name == _HS and (digits in known or digits[:6] in known))


def folded(text: str) -> str:
    """As it is compared: without width, case, and how many spaces there are."""
    narrow = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(narrow.split()).casefold()
