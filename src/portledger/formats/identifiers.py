"""Check digits of identifiers that trade documents name: ISO 6346, LEI, Japan's corporate number, IMO number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from stdnum import imo, iso6346, lei
from stdnum.jp import cn

_VALID: Final[dict[str, Callable[[str], bool]]] = {
    "container": iso6346.is_valid,
    "lei": lei.is_valid,
    "corporate": cn.is_valid,
    "imo": imo.is_valid,
}
_LISTS: Final = {"GLEIF": "lei", "LEI": "lei", "JPNTA": "corporate", "法人番号": "corporate"}
"""What stands beside a party's code -> the scheme of the code."""


def scheme(digits: str, beside: tuple[str, ...] = ()) -> str:
    """The scheme whose digits count, or empty. digits: as the label says; beside: provider and name of a code list."""
    if digits != "party":
        return digits
    return next((_LISTS[text.strip().upper()] for text in beside if text.strip().upper() in _LISTS), "")


def digits_fit(scheme: str, text: str) -> bool:
    """Whether the check digits are right; true where there is no scheme."""
    return not scheme or _VALID[scheme](text)
