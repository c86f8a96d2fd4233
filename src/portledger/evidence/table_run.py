"""The kind's table, run on one entry with the parties as they were at its time (steps 7 to 9)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from portledger.domain import acts
from portledger.domain.actions import Action, Domain, SignedAction, words_hash
from portledger.domain.acts import Standing
from portledger.domain.codes import BEARER, DAY, ZERO
from portledger.domain.errors import (
    BadParameter,
    EpochPassed,
    InvalidInput,
    LedgerError,
    NoRecord,
    PortledgerError,
    ScopeMissing,
)
from portledger.domain.kinds import KindFile
from portledger.domain.parties import Account, Party
from portledger.domain.records import FROZEN
from portledger.domain.table import Rule
from portledger.evidence.history import Act, Freeze
from portledger.evidence.party_log import PartyTimeline
from portledger.evidence.result import Step

_UNTIL: Final = 22
"""BadParameter's number for a time (docs/adr/0005)."""
_ALREADY: Final = 23
"""BadParameter's number for what is not so."""
_STEPS: Final = {
    "3 kind": Step.DIGESTS,
    "6 document id": Step.REFERENCE,
    "7 actor": Step.PARTIES,
    "8 epoch": Step.PARTIES,
    "9 roles": Step.PARTIES,
    "12 previous": Step.DIGESTS,
    "13 signatures": Step.PARTIES,
}
"""By the numbered check of docs/protocol §1; what is not listed belongs to the table, step 9."""


@dataclass(slots=True)
class Scene:
    """The ledger at one moment, as far as the logs tell it: what `acts.check` asks its view for.

    accounts: packed words as of the block; chosen: by party, which of several entries of one second is taken; answers:
    by party, what it may have been in this second; worked: what was chosen for an act that asked the same of the same
    parties in this second. Without the last two, thousands of entries in one second would be tried for every act.
    """

    kind: KindFile
    timelines: Mapping[int, PartyTimeline]
    accounts: Mapping[bytes, int]
    time: int = -1
    chosen: dict[int, int] = field(default_factory=dict)
    answers: dict[int, list[Party | None]] = field(default_factory=dict)
    worked: dict[tuple[int, ...], dict[int, int]] = field(default_factory=dict)

    def move_to(self, time: int, asked: tuple[int, ...]) -> None:
        """asked: what of an act decides which of its parties' entries fit it."""
        if time != self.time:
            self.time, self.answers, self.worked = time, {}, {}
        self.chosen = dict(self.worked.get(asked, {}))

    def answers_of(self, number: int) -> list[Party | None]:
        """What the party may have been in this second; nothing where its log is not shown."""
        found = self.answers.get(number)
        if found is None:
            line = self.timelines.get(number)
            found = self.answers[number] = line.at(self.time) if line else []
        return found

    def kind_known(self, kind: int) -> bool:
        return kind == self.kind.number

    def rule(self, kind: int, state: int, verb: int) -> Rule | None:
        return self.kind.rule(state, verb) if kind == self.kind.number else None

    def intent_hash(self, kind: int, verb: int) -> bytes:
        try:
            return words_hash(self.kind.intent(verb)) if kind == self.kind.number else ZERO
        except InvalidInput:
            return ZERO

    def party(self, number: int) -> Party | None:
        found = self.answers_of(number)
        return found[self.chosen.get(number, 0)] if found else None

    def account(self, address: bytes) -> Account | None:
        """The account as it was then: one that was removed later counts as there."""
        found = Account.unpack(self.accounts.get(address, 0))
        if found is None or not found.active_at(self.time):
            return None
        return replace(found, removed_at=0) if found.removed_at else found

    def claim(self, claim: bytes) -> bytes | None:
        """Whether the claim is this document's is read from the ledger as it is today, in step 11."""
        return None

    def noted(self, digest: bytes) -> bool:
        """A repeated note is seen in step 10."""
        return False

    def several(self, number: int) -> bool:
        """Whether the party changed within this very second."""
        return len(self.answers_of(number)) > 1

    def other_order(self, failure: LedgerError, epoch: int) -> bool:
        """Take the next entry of the party that a refusal speaks about, if its log has several in this second.

        epoch: the act's; epochs only ascend, so entries of others need not be tried one by one.
        """
        party = failure.values().get("party", failure.values().get("actor"))
        if not isinstance(party, int):
            return False
        answers, after = self.answers_of(party), self.chosen.get(party, 0) + 1
        if isinstance(failure, EpochPassed):
            after = bisect_left(answers, epoch, lo=min(after, len(answers)), key=lambda one: one.epoch if one else 0)
        if after >= len(answers):
            return False
        self.chosen[party] = after
        return True


def run(scene: Scene, domain: Domain, at: Standing, item: Act, signers: Sequence[bytes]) -> tuple[Standing, bool]:
    """What the record is after an act, and whether a party changed in the same second.

    A note leaves the standing as it is. The act's digest was recomputed and its signers recovered before. Raises the
    LedgerError of the check that fails.
    """
    act, row = item.action, at.control.state
    asked = (row, act.verb, act.actor, act.epoch, act.counterparty, act.endorsee, len(item.signatures))
    scene.move_to(item.time, asked)
    while True:
        try:
            signed = SignedAction(item.action, item.signatures)
            checked = acts.check(signed, item.time, domain, at, scene, _in_turn(signers), item.digest)
        except LedgerError as failure:
            if scene.other_order(failure, act.epoch):
                continue
            raise
        break
    if scene.chosen:
        scene.worked[asked] = scene.chosen
    ambiguous = any(scene.several(party) for party in {item.action.actor, *named_parties(item.action)})
    if checked.rule.note:
        return at, ambiguous
    after = acts.effects(item.action, checked.rule, at.control)
    secured = acts.secured_party(item.action, checked.rule, at.secured_party)
    return Standing(after, item.head, secured, at.frozen_until), ambiguous


def _in_turn(signers: Sequence[bytes]) -> acts.Recover:
    """A `recover` that hands out signers found before: recovering is what costs time."""
    known = iter(signers)
    return lambda _digest, _signature, _party: next(known)


def freeze(kind: KindFile, at: Standing, item: Freeze) -> Standing:
    """What the record is after a freeze or an unfreeze: the bit, the time, one more in sequence; nothing moves."""
    control, now = at.control, item.time
    if not at.exists or (item.until and not kind.verbs_in(control.state)):
        raise NoRecord(document=ZERO)
    if item.until:
        if not max(now, at.frozen_until) < item.until <= now + 30 * DAY:
            raise BadParameter(parameter=_UNTIL, found=item.until, allowed=now + 30 * DAY)
        until = item.until
    else:
        if not (control.frozen and at.frozen_until > now):
            raise BadParameter(parameter=_ALREADY, found=0, allowed=1)
        until = now
    after = replace(control, flags=control.flags | FROZEN, sequence=control.sequence + 1)
    return Standing(after, item.head, at.secured_party, until)


def named_parties(action: Action) -> set[int]:
    """The parties that an act names beside its actor."""
    return {action.counterparty, action.endorsee} - {0, BEARER}


def step_of(failure: PortledgerError, otherwise: Step) -> Step:
    """The step of docs/protocol §7 that a refusal of §1 belongs to; `otherwise` for what the table itself refuses."""
    if isinstance(failure, ScopeMissing):
        return Step.SIGNATURES
    if "party" in failure.parameters() and "parameter" not in failure.parameters():
        return Step.PARTIES
    at_step = getattr(failure, "at_step", None)
    return _STEPS.get(at_step or "", otherwise)
