"""From "offer this to party 5" to the terms of an act: what a row's modes leave open, and who may know of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from portledger.domain.codes import (
    BEARER,
    MILLION,
    CounterpartyMode,
    EndorseeMode,
    QuantityMode,
    RuleFlag,
    Who,
)
from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import KindFile
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


def check_detail(kind: KindFile, verb: str, members: Mapping[str, Any]) -> None:
    """Raises InvalidInput for members that the kind does not list for the verb, and for required ones that lack."""
    known = kind.verb(verb)
    unknown = [name for name in members if name not in known.detail]
    missing = [name for name in known.required if not members.get(name)]
    if unknown or missing:
        found = ", ".join([*(f"unknown {name}" for name in unknown), *(f"no {name}" for name in missing)])
        raise InvalidInput(
            f"detail of {verb}", found, ", ".join(known.detail),
            f"Needed: {', '.join(known.required) or 'nothing'}; the kind's file lists the members.",
        )  # fmt: skip


def may(rule: Rule, control: Control, party: int, roles: int) -> bool:
    """Whether a party stands to the record as the row demands, roles included; what the ledger checks in 9 and 10."""
    if rule.roles and not rule.roles & roles:
        return False
    standing = _standing(control, party) | (Who.ROLE if rule.roles else 0)
    asked = rule.who & ~Who.SECURED if not control.secured else rule.who
    if rule.flags & RuleFlag.ALL:
        return rule.who & ~standing == 0
    return bool(asked & standing)


def _standing(control: Control, party: int) -> int:
    bearer = control.endorsee == BEARER
    is_endorsee = control.endorsee == party
    possesses = control.possessor == party
    return int(
        Who.ANYONE
        | (Who.ISSUER if control.issuer == party else 0)
        | (Who.POSSESSOR if possesses else 0)
        | (Who.ADDRESSEE if is_endorsee or bearer else 0)
        | (Who.TITLEHOLDER if possesses and (is_endorsee or bearer) else 0)
        | (Who.OFFEREE if control.offeree == party else 0)
        | (Who.NAMED_ENDORSEE if is_endorsee else 0)
    )


def waits_for(kind: KindFile, control: Control, party: int, roles: int) -> bool:
    """Whether it is this party's turn: it may move the record on, and nobody else is asked first.

    An open offer or a pending surrender waits for him who must answer; anything else for whoever can take it further.
    """
    moves = {
        verb: rule
        for verb in kind.verbs_in(control.state)
        if (rule := kind.rule(control.state, verb)) and not rule.note and rule.next != control.state
    }
    mine = [verb for verb, rule in moves.items() if may(rule, control, party, roles)]
    if not mine:
        return False
    answers = [rule for rule in moves.values() if not rule.who & ~_ANSWERS.get(_asked(control, moves), 0)]
    if answers:
        return any(may(rule, control, party, roles) for rule in answers)
    return True


def _asked(control: Control, moves: Mapping[int, Rule]) -> str:
    """Who is asked to answer in this state: the offeree of an open offer, else the issuer of a pending request."""
    if control.offeree and any(rule.who & Who.OFFEREE for rule in moves.values()):
        return "offeree"
    if any(rule.who == Who.ISSUER and not rule.flags & RuleFlag.ALL for rule in moves.values()):
        return "issuer"
    return ""


_ANSWERS: Final[dict[str, int]] = {"offeree": int(Who.OFFEREE), "issuer": int(Who.ISSUER)}
