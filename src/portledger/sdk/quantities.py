"""Certificate quantities (docs/protocol §9): used now, used in total, and the one public percentage. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import ceil
from typing import Any, Final

from portledger.domain.codes import MILLION
from portledger.domain.errors import InvalidInput

MOST: Final = 2**24 - 1
"""The greatest quantity that an act can carry."""


@dataclass(frozen=True, slots=True)
class Use:
    """One item's part in a use. item: its number in the certificate; quantity: decimal string, in the item's unit."""

    item: str
    quantity: str


@dataclass(frozen=True, slots=True)
class Certified:
    """What the certificate says of one item. quantity: decimal string."""

    item: str
    quantity: str
    unit: str


def certified(goods: Mapping[str, Any]) -> list[Certified]:
    """The items of a certificate's `goods` dataset. Raises InvalidInput where one lacks number, quantity or unit."""
    found = []
    for at, item in enumerate(goods.get("items", [])):
        try:
            quantity = item["quantity"]
            found.append(Certified(str(item["number"]), str(quantity["value"]), str(quantity["unit"])))
        except (KeyError, TypeError) as missing:
            raise InvalidInput(
                f"goods.items[{at}]", f"no {missing}", "number, quantity.value and quantity.unit"
            ) from missing
    return found


def used(items: Sequence[Certified], before: Mapping[str, str], uses: Iterable[Use]) -> list[dict[str, str]]:
    """The `items` of a use's detail: per item certified, used now, total so far, unit; those used before stay listed.

    before: item -> total so far. A total above what was certified is passed on: the ledger refuses it.
    Raises InvalidInput for an unknown item or a quantity that is no decimal above zero.
    """
    known = {item.item: item for item in items}
    now: dict[str, Decimal] = {}
    for use in uses:
        if use.item not in known:
            raise InvalidInput("item", use.item, ", ".join(known))
        quantity = decimal(use.quantity, f"item {use.item}")
        if quantity <= 0:
            raise InvalidInput(f"item {use.item}", use.quantity, "a quantity above zero")
        now[use.item] = now.get(use.item, Decimal(0)) + quantity
    rows = []
    for item in items:
        total = decimal(before.get(item.item, "0"), f"item {item.item}") + now.get(item.item, Decimal(0))
        if total:
            rows.append(_row(item, now.get(item.item, Decimal(0)), total))
    return rows


def corrected(items: Sequence[Certified], before: Mapping[str, str], totals: Iterable[Use]) -> list[dict[str, str]]:
    """The `items` of a correction: the totals named replace those before; `used` is the difference, below zero."""
    known = {item.item: item for item in items}
    changed = {}
    for total in totals:
        if total.item not in known:
            raise InvalidInput("item", total.item, ", ".join(known))
        changed[total.item] = decimal(total.quantity, f"item {total.item}")
    rows = []
    for item in items:
        old = decimal(before.get(item.item, "0"), f"item {item.item}")
        new = changed.get(item.item, old)
        if old or new:
            rows.append(_row(item, new - old, new))
    return rows


def _row(item: Certified, now: Decimal, total: Decimal) -> dict[str, str]:
    return {
        "item": item.item,
        "certified": item.quantity,
        "used": _text(now),
        "total": _text(total),
        "unit": item.unit,
    }


def ppm(rows: Iterable[Mapping[str, str]]) -> int:
    """`quantity` of the act: ceil(10^6 · max over items(total / certified)); above 10^6 when too much is used.

    Never more than the act has room for, so that the ledger is the one to refuse any excess.
    """
    shares = [
        Fraction(decimal(row["total"], row["item"])) / Fraction(decimal(row["certified"], row["item"])) for row in rows
    ]
    return min(ceil(max(shares, default=Fraction(0)) * MILLION), MOST)


def totals(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """item -> total, of a detail's items."""
    return {row["item"]: row["total"] for row in rows}


def exhausted(items: Sequence[Certified], rows: Iterable[Mapping[str, str]]) -> bool:
    """Whether nothing of any item is left."""
    after = totals(rows)
    return all(decimal(after.get(item.item, "0"), item.item) >= decimal(item.quantity, item.item) for item in items)


def decimal(text: str, where: str) -> Decimal:
    """Raises InvalidInput."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise InvalidInput(where, repr(text), "a decimal number, such as 12.5")
    return value


def _text(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
