"""Strict reading of the vault's own JSON forms: no unknown members, one spelling of every value."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Set
from heapq import nsmallest
from typing import Any, Final

from portledger.domain.vault_errors import VaultError

_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")


def with_members(data: Any, names: Set[str], where: str, error: type[VaultError]) -> dict[str, Any]:
    """data as an object with exactly these members. Raises `error`."""
    if not isinstance(data, dict):
        raise error(where, f"a {type(data).__name__}", "an object")
    if data.keys() != names:
        unknown, missing = nsmallest(5, map(str, data.keys() - names)), sorted(names - data.keys())
        found = ", ".join([*(f"unknown {name[:80]}" for name in unknown), *(f"no {name}" for name in missing)])
        raise error(where, found, ", ".join(sorted(names)))
    return data


def bytes_of_hex(value: Any, length: int | None, where: str, error: type[VaultError]) -> bytes:
    """Lower-case hex without 0x, of `length` bytes unless None."""
    digits = "hex" if length is None else f"{2 * length}"
    if not isinstance(value, str) or not _HEX.fullmatch(value) or (length is not None and len(value) != 2 * length):
        raise error(
            where, f"{ascii(value)[:80]}", f"{digits} lower-case hex digits" if length else "lower-case hex digits"
        )
    return bytes.fromhex(value)


def address_of(value: Any, where: str, error: type[VaultError]) -> bytes:
    """An address as 0x and 40 lower-case hex digits, 20 bytes."""
    if not isinstance(value, str) or not re.fullmatch(r"0x[0-9a-f]{40}", value):
        raise error(where, f"{ascii(value)[:80]}", "0x and 40 lower-case hex digits")
    return bytes.fromhex(value[2:])


def integer_of(value: Any, low: int, high: int, where: str, error: type[VaultError]) -> int:
    """An integer, low <= value <= high; true and false are none."""
    if type(value) is not int or not low <= value <= high:
        raise error(where, f"{ascii(value)[:80]}", f"an integer from {low} to {high}")
    return value


def text_of(value: Any, where: str, error: type[VaultError]) -> str:
    if type(value) is not str:
        raise error(where, f"a {type(value).__name__}", "a string")
    return value


def bytes_of_base64(value: Any, where: str, error: type[VaultError]) -> bytes:
    """Standard base64 with padding (RFC 4648 §4)."""
    try:
        return b64decode(text_of(value, where, error), validate=True)
    except BadBase64:
        raise error(where, "text that is no base64", "base64 with padding (RFC 4648 §4)") from None
