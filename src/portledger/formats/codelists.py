"""Code lists that forms search (protocol/labels/codes.toml), with countries and currencies from the Unicode CLDR.

What travels with the package is what is in everyday use. Whole lists, as their makers publish them, are added by who
has them (published_lists.py): once, when a program starts.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from portledger import resources

COUNTRIES: Final = "country"
CURRENCIES: Final = "currency"
Titles = tuple[str, str]
"""In English and Japanese; where there is no Japanese one, another spelling that is searched too."""

_added: dict[str, dict[str, Titles]] = {}


@lru_cache(maxsize=1)
def _own() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(resources.read("labels/codes.toml").decode())


def names() -> set[str]:
    return {*_own(), COUNTRIES, CURRENCIES}


def add(lists: Mapping[str, Mapping[str, Titles]]) -> None:
    """Adds codes to lists, for the whole program; titles that travel with the package stay. Raises KeyError for a list
    that there is not, or that is whole already."""
    for name, told in lists.items():
        _added.setdefault(name, {}).update({code: titles for code, titles in told.items() if code not in _own()[name]})
    entries.cache_clear()
    _searched.cache_clear()


def clear() -> None:
    """Forgets what was added."""
    _added.clear()
    entries.cache_clear()
    _searched.cache_clear()


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


def search(name: str, asked: str, language: str, most: int = 50) -> list[tuple[str, str]]:
    """The entries whose code begins with the text, then those whose title in either language is it, begins with it, or
    holds it."""
    wanted = _folded(asked)
    told = entries(name, language)
    ranks = {code: rank for code, *titles in _searched(name) if (rank := _rank(wanted, code, titles)) is not None}
    return [(code, told[code]) for code in sorted(ranks, key=lambda code: ranks[code])[:most]]


@lru_cache(maxsize=16)
def _searched(name: str) -> list[tuple[str, str, str]]:
    """(code, its titles as they are compared)"""
    english, japanese = entries(name, "en"), entries(name, "ja")
    return [(code, _folded(title), _folded(japanese.get(code, title))) for code, title in english.items()]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _rank(wanted: str, code: str, titles: list[str]) -> int | None:
    """The smaller the nearer; None where it is not found."""
    if code.casefold().startswith(wanted):
        return 0
    if wanted in titles:
        return 1
    if any(title.startswith(wanted) for title in titles):
        return 2
    return 3 if any(wanted in title for title in titles) else None
