"""Code lists that forms search (protocol/labels/codes.toml), with countries and currencies from the Unicode CLDR."""

from __future__ import annotations

import tomllib
import unicodedata
from functools import lru_cache
from typing import Final

from portledger import resources

COUNTRIES: Final = "country"
CURRENCIES: Final = "currency"


@lru_cache(maxsize=1)
def _own() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(resources.read("labels/codes.toml").decode())


def names() -> set[str]:
    return {*_own(), COUNTRIES, CURRENCIES}


@lru_cache(maxsize=128)
def entries(name: str, language: str) -> dict[str, str]:
    """code -> title, in the list's order. Raises KeyError for a list that there is not."""
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
    """The entries whose code begins with the text, or whose title in either language holds it; codes first."""
    wanted = unicodedata.normalize("NFKC", asked).strip().casefold()
    told = entries(name, language)
    first = [(code, title) for code, title in told.items() if code.casefold().startswith(wanted)]
    by_title = {
        code for one in ("en", "ja") for code, title in entries(name, one).items()
        if wanted in unicodedata.normalize("NFKC", title).casefold()
    }  # fmt: skip
    return [*first, *((code, told[code]) for code in told if code in by_title and (code, told[code]) not in first)][
        :most
    ]
