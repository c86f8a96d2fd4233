"""JSON from outside, read without a trap (docs/protocol §8, "Values").

Duplicate members, NaN, integers from 2^53 on, text that is not in Unicode NFC and deep nesting are refused with their
JSON path. A number with a fraction or an exponent is read as Decimal, never as a float; where a standard has such
numbers, `to_text` carries them as decimal strings in one canonical spelling ("12000.0" and "1.2e4" are both "12000"),
and `to_number` writes them back. Only numbers that a double holds exactly as written are taken, because RFC 8785 would
silently round every other one; so equal values stay equal, and DCSA's checksums stay the same.
"""

from __future__ import annotations

import json
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from portledger.domain.errors import InvalidInput

MAX_INTEGER: Final = 2**53 - 1
MAX_DEPTH: Final = 60
"""Nesting; trade documents use about ten levels."""
MAX_DIGITS: Final = 40
"""Characters of a decimal string."""
DECIMAL: Final = r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?"
"""The canonical spelling of a decimal string: no plus, no exponent, no leading or trailing zeros."""

_DECIMAL: Final = re.compile(DECIMAL)
_DOUBLED: Final = "\0duplicate member"


def read_json(raw: bytes | str, where: str = "$") -> Any:
    """The value of a JSON text in UTF-8; numbers are int or Decimal. Raises InvalidInput with the JSON path."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        value = json.loads(text, object_pairs_hook=_members, parse_float=Decimal, parse_constant=_no_constant)
    except InvalidInput:
        raise
    except (ValueError, InvalidOperation, RecursionError) as error:
        raise InvalidInput(where, str(error)[:200] or "nesting without end", "JSON in UTF-8 (RFC 8259)") from error
    check(value, where)
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        # The path is known only once the whole text is read: `check` finds the mark.
        members[_DOUBLED] = next(name for name in names if names.count(name) > 1)
    return members


def _no_constant(token: str) -> NoReturn:
    raise InvalidInput("$", token, "a number that JSON can write", "Leave the member out where there is no value.")


def check(value: Any, where: str = "$") -> None:
    """Raises InvalidInput unless the value is strict: text in NFC, integers below 2^53, no member twice."""
    _check(value, where, 0)


def _check(value: Any, where: str, depth: int) -> None:
    if isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise InvalidInput(where, f"the integer {str(value)[:40]}", "below 2^53; greater ones as decimal strings")
    elif isinstance(value, float | Decimal):
        decimal_of(value, where)
    elif isinstance(value, dict | list):
        if depth >= MAX_DEPTH:
            raise InvalidInput(where[:200], "deeper nesting", f"{MAX_DEPTH} levels")
        if isinstance(value, dict):
            _check_members(value, where, depth)
        else:
            for index, item in enumerate(value):
                _check(item, f"{where}[{index}]", depth + 1)
    else:
        raise InvalidInput(where, f"a {type(value).__name__}", "a JSON value")


def _check_members(value: dict[Any, Any], where: str, depth: int) -> None:
    for name, member in value.items():
        if name == _DOUBLED:
            raise InvalidInput(f"{where}.{member}", "the same member twice", "every member once")
        if not isinstance(name, str):
            raise InvalidInput(where, f"the member name {name!r}", "a text")
        _check_text(name, where)
        _check(member, f"{where}.{name}", depth + 1)


def _check_text(text: str, where: str) -> None:
    if text.isascii():
        return
    if not unicodedata.is_normalized("NFC", text):
        raise InvalidInput(
            where, f"{text[:40]!a}, not in NFC", "Unicode normalisation form C", "Normalise the text to NFC."
        )
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInput(where, "half of a surrogate pair", "text that UTF-8 can write")


def decimal_of(number: int | float | Decimal, where: str) -> Decimal:
    """The number exactly as written. Raises InvalidInput for one that a double would round, or that is too long."""
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    try:
        kept = exact.is_finite() and Decimal(repr(float(exact))) == exact
    except OverflowError:
        kept = False
    if not kept or len(format(exact.normalize(), "f")) > MAX_DIGITS:
        raise InvalidInput(
            where,
            f"the number {str(number)[:40]}",
            "a number that a double holds exactly as written (about 15 digits)",
            "Send fewer digits.",
        )
    return exact


def to_text(number: int | float | Decimal, where: str = "$") -> str:
    """The canonical decimal string of a number. Raises InvalidInput like decimal_of."""
    exact = decimal_of(number, where)
    return "0" if exact == 0 else format(exact.normalize(), "f")


def to_number(text: str, where: str = "$") -> int | float:
    """The JSON number of a decimal string: int where it is whole. Raises InvalidInput for another spelling."""
    if not _DECIMAL.fullmatch(text):
        raise InvalidInput(where, repr(text[:40]), 'a decimal string such as "12000.5"')
    exact = decimal_of(Decimal(text), where)
    whole = exact == exact.to_integral_value() and abs(exact) <= MAX_INTEGER
    return int(exact) if whole else float(exact)


def is_decimal(text: str) -> bool:
    """Whether a text is a decimal string in canonical spelling."""
    return len(text) <= MAX_DIGITS and _DECIMAL.fullmatch(text) is not None and text != "-0"
