"""Code lists as their makers publish them: UN/LOCODE (UNECE Recommendation 16, the CSV files of its directory), SMDG's
liner codes (JSON), and a plain table for all others. Empty lines are passed over. Pure.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from portledger.domain.errors import InvalidInput
from portledger.formats import codelists
from portledger.formats.codelists import Titles

PLAIN: Final = ["code", "en", "ja"]
"""The titles of a plain table's columns; the last may be missing."""
MAX_BYTES: Final = 32 * 2**20
_REMOVED: Final = "X"
"""Change indicator of a UN/LOCODE entry that the next issue leaves out."""
_COLUMNS: Final = 12
_COUNTRY: Final = re.compile("[A-Z]{2}")
_LOCATION: Final = re.compile("[A-Z0-9]{3}")
_CODE: Final = re.compile(r"[0-9A-Z]{1,12}")


def read(name: str, file: str, data: bytes) -> dict[str, Titles]:
    """The codes of a published file. name: of the list; file: the file's name, for what is said of it; data: UTF-8, or
    of old UN/LOCODE files windows-1252.

    Raises InvalidInput with the file and line for what is no such list.
    """
    if name not in names():
        raise InvalidInput(file, f"a list {name!r}", f"a name that begins with one of {', '.join(names())}")
    if len(data) > MAX_BYTES:
        raise InvalidInput(file, f"{len(data)} bytes", f"at most {MAX_BYTES}")
    text = _text(data)
    if text.lstrip().startswith("["):
        found = dict(_liners(file, text))
    else:
        rows = [(line, row) for line, row in enumerate(_rows(file, text), 1) if any(one.strip() for one in row)]
        plain = bool(rows) and [one.strip().lower() for one in rows[0][1]] in (PLAIN, PLAIN[:2])
        found = dict(_plain(file, rows) if plain else _locations(file, rows))
    if not found:
        raise InvalidInput(file, "no code", "a published list, or a table with the columns code, en, ja")
    return found


def names() -> list[str]:
    """The lists that a published one may be added to."""
    return sorted(codelists.names() - {codelists.COUNTRIES, codelists.CURRENCIES})


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _rows(file: str, text: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as wrong:
        raise InvalidInput(file, str(wrong), "CSV, as it is published") from wrong


def _plain(file: str, rows: list[tuple[int, list[str]]]) -> Iterator[tuple[str, Titles]]:
    for line, row in rows[1:]:
        code, title, *other = (one.strip() for one in [*row, ""][:3])
        if not _CODE.fullmatch(code) or not title:
            raise InvalidInput(f"{file}, line {line}", repr(",".join(row)[:80]), "a code and its title")
        yield code, (title, other[0] if other and other[0] else title)


def _locations(file: str, rows: list[tuple[int, list[str]]]) -> Iterator[tuple[str, Titles]]:
    """Change, country, location, name, name without diacritics, subdivision, function, … : a row without a location
    names a country."""
    for line, row in rows:
        if len(row) < _COLUMNS - 1:
            raise InvalidInput(
                f"{file}, line {line}", f"{len(row)} columns", "the twelve of UN/LOCODE, or code, en, ja"
            )
        change, country, location, name, spelled = (one.strip() for one in row[:5])
        if location and change.upper() != _REMOVED:
            if not _COUNTRY.fullmatch(country) or not _LOCATION.fullmatch(location) or not name:
                raise InvalidInput(f"{file}, line {line}", repr(country + location), "a UN/LOCODE with its name")
            yield country + location, (name, spelled or name)


def _liners(file: str, text: str) -> Iterator[tuple[str, Titles]]:
    try:
        told: list[Any] = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise InvalidInput(file, "no JSON", "SMDG's liner codes, as they are published") from wrong
    for number, one in enumerate(told):
        code, title = (one.get("linerSMDGCode"), one.get("linerName")) if isinstance(one, dict) else (None, None)
        if not isinstance(code, str) or not _CODE.fullmatch(code) or not isinstance(title, str) or not title.strip():
            raise InvalidInput(
                f"{file}, item {number}", "no linerSMDGCode and linerName", "both, as they are published"
            )
        if one.get("isActive", True):
            named = " ".join(title.split())
            yield code, (named, named)
