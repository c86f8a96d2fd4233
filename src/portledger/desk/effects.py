"""What an act does, in sentences that a person reads before signing; from the kind's row, never from its name. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from portledger.domain.codes import BEARER, Effect
from portledger.domain.kind_file import KindFile
from portledger.domain.records import Control
from portledger.domain.table import Rule
from portledger.sdk.acts import Terms


@dataclass(frozen=True, slots=True)
class Sentence:
    """key: of desk/words.py; party: whom the sentence names (0 = nobody, BEARER); state: a state's number, or 0."""

    key: str
    party: int = 0
    state: int = 0


def effects(kind: KindFile, control: Control, rule: Rule, terms: Terms, me: int) -> list[Sentence]:
    """The act's effects in the order that matters to the signer: possession, endorsement, state, finality."""
    if rule.note:
        return [Sentence("effect.note")]
    if rule.effects & Effect.CREATE and not rule.effects & Effect.OFFER:
        key = "effect.applied" if rule.effects & Effect.ISSUER_IS_COUNTERPARTY else "effect.sent"
        return [Sentence(key, terms.counterparty or terms.endorsee), Sentence("effect.state", state=rule.next)]
    said = [*_possession(control, rule, terms, me), *_endorsement(control, rule, terms)]
    if rule.effects & Effect.CREATE:
        said.insert(0, Sentence("effect.created"))
    if rule.next != control.state:
        said.append(Sentence("effect.state", state=rule.next))
    if kind.states[kind.state_name(rule.next)].final:
        said.append(Sentence("effect.final"))
    return said or [Sentence("effect.nothing_moves")]


def _possession(control: Control, rule: Rule, terms: Terms, me: int) -> list[Sentence]:
    if rule.effects & Effect.TAKE:
        return [Sentence("effect.take", terms.counterparty)]
    if rule.effects & Effect.TO_ISSUER:
        return [Sentence("effect.to_issuer", control.possessor)]
    if rule.effects & Effect.OFFER:
        mine = control.possessor == me or rule.effects & Effect.CREATE
        return [Sentence("effect.offer" if mine else "effect.offer_back", terms.counterparty)]
    if rule.effects & Effect.CLEAR and control.offeree:
        return [Sentence("effect.offer_ends", control.possessor)]
    return []


def _endorsement(control: Control, rule: Rule, terms: Terms) -> list[Sentence]:
    if rule.effects & Effect.TAKE:
        return [Sentence("effect.endorsed", control.offered_endorsee)] if control.offered_endorsee else []
    if not terms.endorsee:
        return []
    if terms.endorsee == BEARER:
        return [Sentence("effect.bearer")]
    if rule.effects & Effect.OFFER and not rule.effects & Effect.ENDORSE:
        return [Sentence("effect.endorsed_on_accept", terms.endorsee)]
    return [Sentence("effect.endorsed", terms.endorsee)]
