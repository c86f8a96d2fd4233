"""From "offer this to party 5" to the terms of an act: what a row's modes leave open, and who may know of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portledger.domain.codes import (
    BEARER,
    MILLION,
    CounterpartyMode,
    EndorseeMode,
    QuantityMode,
)
from portledger.domain.errors import InvalidInput
from portledger.domain.records import Control
from portledger.domain.table import Rule


@dataclass(frozen=True, slots=True)
class Terms:
    """What an act says beside its digests. Party ids; 0 = nobody; quantity: parts per million."""

    counterparty: int
    endorsee: int
    quantity: int


def terms(
    rule: Rule,
    control: Control,
    *,
    counterparty: int | None = None,
    endorsee: int | None = None,
    quantity: int | None = None,
) -> Terms:
    """The terms of an act under a row: what the record decides is filled in, what the caller says is kept.

    A value that the caller names is passed on even where the record says otherwise: the ledger judges it. Raises
    InvalidInput when the row needs a party or quantity that nobody named.
    """
    return Terms(
        counterparty=_counterparty(rule, control) if counterparty is None else counterparty,
        endorsee=_endorsee(rule, control) if endorsee is None else endorsee,
        quantity=_quantity(rule) if quantity is None else quantity,
    )


_NAMED: Final = "the id of a registered party"


def _counterparty(rule: Rule, control: Control) -> int:
    match rule.counterparty:
        case CounterpartyMode.NONE:
            return 0
        case CounterpartyMode.ENDORSEE:
            return control.endorsee
        case CounterpartyMode.POSSESSOR:
            return control.possessor
        case CounterpartyMode.OFFEREE:
            return control.offeree
        case _:
            raise InvalidInput("counterparty", "nobody named", _NAMED, "Name the party that the act is addressed to.")


def _endorsee(rule: Rule, control: Control) -> int:
    match rule.endorsee:
        case EndorseeMode.NONE | EndorseeMode.IF_TITLEHOLDER | EndorseeMode.NONE_PARTY_OR_BEARER:
            return 0
        case EndorseeMode.BEARER:
            return BEARER
        case EndorseeMode.AS_OFFERED:
            return control.offered_endorsee
        case EndorseeMode.POSSESSOR:
            return control.possessor
        case EndorseeMode.PARTY_OR_BEARER:
            raise InvalidInput("endorsee", "nobody named", _NAMED + ", or bearer", "Name to whose order it is.")
        case _:
            raise InvalidInput("endorsee", "nobody named", _NAMED, "Name to whose order the document is made.")


def _quantity(rule: Rule) -> int:
    if rule.quantity == QuantityMode.ZERO:
        return 0
    raise InvalidInput("quantity", "none", f"0 to {MILLION} parts per million", "Name the quantities that are used.")


def parties_of(control: Control) -> set[int]:
    """Everybody who has to do with the record at this moment."""
    named = {control.issuer, control.possessor, control.endorsee, control.offeree, control.offered_endorsee}
    return named - {0, BEARER}
