"""What a page asks for an act, from the kind's row: parties to choose, words to write. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from portledger.desk.inbox import can_be_done_here
from portledger.domain.codes import BEARER, CounterpartyMode, DetailMode, Effect, EndorseeMode
from portledger.domain.kind_file import KindFile
from portledger.domain.records import Control
from portledger.domain.table import Rule

LABELS: Final = {
    "reasonCode": "act.reason",
    "comments": "act.comments",
    "requestedChanges": "act.changes",
    "platform": "act.platform",
    "platformReference": "act.reference",
}
"""Members of a detail that a page asks for -> their label in desk/words.py."""


@dataclass(frozen=True, slots=True)
class Question:
    """One field of an act's form. what: party or text; bearer: may be chosen too; roles: those to choose, 0 = any;
    never: a party that the row does not take, 0 = none."""

    name: str
    label: str
    what: str
    needed: bool = True
    bearer: bool = False
    roles: int = 0
    never: int = 0

    def fits(self, party: int, roles: int) -> bool:
        """Whether a party of these roles may be chosen."""
        return party != self.never and (not self.roles or bool(self.roles & roles))


def questions(kind: KindFile, control: Control, verb: int, me: int) -> list[Question]:
    """What is asked before the act can be shown and signed; empty when the record decides everything.

    Of an act that takes possession only what is needed: its summary is the page of the inspection.
    """
    rule = kind.rows[control.state, verb]
    asked = [*_counterparty(rule, control), *_endorsee(rule, control, me), *_detail(kind, verb, rule)]
    return [one for one in asked if one.needed] if rule.effects & Effect.TAKE else asked


def _counterparty(rule: Rule, control: Control) -> list[Question]:
    if rule.counterparty in (CounterpartyMode.PARTY, CounterpartyMode.NOT_ISSUER):
        never = control.issuer if rule.counterparty == CounterpartyMode.NOT_ISSUER else 0
        return [Question("counterparty", "act.party", "party", roles=rule.counterparty_roles, never=never)]
    return []


def _endorsee(rule: Rule, control: Control, me: int) -> list[Question]:
    if rule.endorsee in (EndorseeMode.PARTY, EndorseeMode.PARTY_OR_BEARER):
        return [Question("endorsee", "act.endorsee", "party", bearer=rule.endorsee == EndorseeMode.PARTY_OR_BEARER)]
    if rule.endorsee == EndorseeMode.IF_TITLEHOLDER and control.endorsee in (me, BEARER):
        return [Question("endorsee", "act.endorsee", "party", needed=False)]
    return []


def _detail(kind: KindFile, verb: int, rule: Rule) -> list[Question]:
    known = kind.verb(kind.verb_name(verb))
    wanted = list(known.required)
    if rule.detail == DetailMode.MUST and not wanted:
        wanted = ["reasonCode" if "reasonCode" in known.detail else "comments"]
    optional = [name for name in LABELS if name in known.detail and name not in wanted]
    asked = [(name, True) for name in wanted] + [(name, False) for name in optional]
    return [Question(name, LABELS.get(name, ""), "text", needed) for name, needed in asked]


def on_a_page(kind: KindFile, control: Control, verb: int, me: int) -> bool:
    """Whether the desk has a page for the act: all it says can be chosen or written in one line."""
    return can_be_done_here(kind, control, verb) and all(one.label for one in questions(kind, control, verb, me))


def together(kind: KindFile, control: Control, verbs: Iterable[int], me: int) -> list[int]:
    """Those of the verbs that the desk can do on many documents at once: they need nothing to be chosen or written."""
    return [
        verb
        for verb in verbs
        if on_a_page(kind, control, verb, me) and not any(one.needed for one in questions(kind, control, verb, me))
    ]


def wrong(asked: list[Question], given: Mapping[str, str], parties: Mapping[int, int]) -> dict[str, str]:
    """Field -> key of what is wrong with it. parties: id -> roles of those that may be chosen."""
    found = {}
    for one in asked:
        text = given.get(one.name, "")
        if not text:
            if one.needed:
                found[one.name] = "act.missing"
        elif one.what == "party" and not _may_be_chosen(one, text, parties):
            found[one.name] = "act.unknown_party"
    return found


def _may_be_chosen(one: Question, text: str, parties: Mapping[int, int]) -> bool:
    if not (text.isascii() and text.isdigit()):
        return False
    party = int(text)
    if party == BEARER:
        return one.bearer
    return party in parties and one.fits(party, parties[party])


def arguments(asked: list[Question], given: Mapping[str, str]) -> dict[str, Any]:
    """What PartySession.act takes: counterparty, endorsee, detail; of fields that `wrong` found right."""
    said = {one.name: given[one.name] for one in asked if given.get(one.name)}
    texts = {one.name: said[one.name] for one in asked if one.what == "text" and one.name in said}
    parties: dict[str, Any] = {
        one.name: int(said[one.name]) for one in asked if one.what == "party" and one.name in said
    }
    return {**parties, **({"detail": texts} if texts else {})}
