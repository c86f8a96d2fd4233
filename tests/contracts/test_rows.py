"""Every row of every kind, taken and refused; and every verb where a state has no row for it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from tests.contracts.twin import CONTENT, DETAIL, Twin
from tests.support import secured_kind

from portledger.domain.actions import Action, SignedAction, document_id
from portledger.domain.codes import BEARER, CounterpartyMode, EndorseeMode
from portledger.domain.errors import LedgerError, NoRule
from portledger.domain.hashing import keccak
from portledger.domain.model import Ledger
from portledger.domain.records import Control
from portledger.domain.table import Rule
from portledger.resources import kinds

KINDS = [*kinds(), secured_kind.NUMBER]


@dataclass(frozen=True)
class Move:
    """One act of a path, without what depends on the document."""

    verb: int
    actor: int
    counterparty: int
    endorsee: int
    quantity: int


class Explorer:
    """Walks a kind breadth first on a copy of the model, to learn how every row can be reached."""

    def __init__(self, twin: Twin, kind: int) -> None:
        self.twin, self.kind = twin, kind
        self.rules = twin.model.kinds[kind].rules
        self.verbs = sorted(twin.model.kinds[kind].intents)
        self.parties = sorted(twin.model.parties)

    def signed(self, label: str, creator: int, path: list[Move], move: Move, **changed: object) -> SignedAction:
        """The move on the document `label`, on the model's present head."""
        reference = keccak(label.encode())
        document = document_id(self.kind, creator, reference)
        state = self.twin.model.document(document).standing.control.state
        rule = self.rules.get((state, move.verb))
        values = {
            "counterparty": move.counterparty, "endorsee": move.endorsee, "quantity": move.quantity, "detail": DETAIL,
            "content": CONTENT if rule and rule.content else bytes(32),
            "document_reference": (reference if rule.creates else keccak(b"number", reference))
            if rule and rule.reference else bytes(32),
        }  # fmt: skip
        action = self.twin.action(self.kind, move.verb, move.actor, document, **values)
        return self.twin.sign(replace(action, **changed))  # type: ignore[arg-type]

    def moves(self, control: Control, state: int, verb: int, rule: Rule) -> Iterator[Move]:
        """Candidates for a row: every party as actor, with what the modes leave to choose."""
        quantities = {0: [0], 1: [max(control.used, 400_000)], 3: [control.used // 2]}[rule.quantity]
        for actor in self.parties:
            for counterparty in self._counterparties(control, rule):
                for endorsee in self._endorsees(control, rule):
                    for quantity in quantities:
                        yield Move(verb, actor, counterparty, endorsee, quantity)

    def _counterparties(self, control: Control, rule: Rule) -> list[int]:
        fixed = {
            CounterpartyMode.NONE: 0, CounterpartyMode.ENDORSEE: control.endorsee,
            CounterpartyMode.POSSESSOR: control.possessor, CounterpartyMode.OFFEREE: control.offeree,
        }  # fmt: skip
        mode = CounterpartyMode(rule.counterparty)
        return [fixed[mode]] if mode in fixed else self.parties

    def _endorsees(self, control: Control, rule: Rule) -> list[int]:
        mode = EndorseeMode(rule.endorsee)
        if mode is EndorseeMode.NONE:
            return [0]
        if mode is EndorseeMode.AS_OFFERED:
            return [control.offered_endorsee]
        if mode is EndorseeMode.POSSESSOR:
            return [control.possessor]
        return [2, 3, 7, BEARER, 0]

    def found(self) -> dict[tuple[int, int], tuple[int, list[Move]]]:
        """(state, verb) -> creator and the path whose last move takes that row."""
        rows: dict[tuple[int, int], tuple[int, list[Move]]] = {}
        seen: set[Control] = set()
        original = self.twin.model
        queue: list[tuple[int, list[Move], Ledger, Control]] = [(0, [], copy.deepcopy(original), Control())]
        number = 0
        try:
            while queue and len(rows) < len(self.rules):
                creator, path, model, control = queue.pop(0)
                for (state, verb), rule in self.rules.items():
                    if state != control.state or (path and rule.creates):
                        continue
                    taken = 0
                    for move in self.moves(control, state, verb, rule):
                        if taken == 3 or (taken and (state, verb) in rows and rule.note):
                            break
                        number += 1
                        self.twin.model = after = copy.copy(model)
                        after.documents = copy.deepcopy(model.documents) if path else {}
                        after.claims, after.notes = {}, set()
                        who = creator or move.actor
                        signed = self.signed("explored", who, path, move)
                        try:
                            after.execute(signed, self.twin.time)
                        except LedgerError:
                            continue
                        taken += 1
                        rows.setdefault((state, verb), (who, [*path, move]))
                        reached = replace(
                            after.document(signed.action.document).standing.control, sequence=0, version=0
                        )
                        if reached not in seen and len(path) < 9:
                            seen.add(reached)
                            queue.append((who, [*path, move], after, reached))
        finally:
            self.twin.model = original
        return rows


def mutations(signed: SignedAction, twin: Twin, parties: list[int]) -> Iterator[Action]:
    """The same act with one thing changed."""
    action = signed.action
    for actor in parties:
        yield replace(action, actor=actor)
    for other in (0, 1, 2, 3, 4, 5, 99, BEARER):
        yield replace(action, counterparty=other)
        yield replace(action, endorsee=other)
    for name in ("content", "document_reference", "detail", "previous", "document"):
        yield replace(action, **{name: bytes(32)})
        yield replace(action, **{name: keccak(b"another")})
    for quantity in (0, 1, 399_999, 400_000, 1_000_000, 1_000_001):
        yield replace(action, quantity=quantity)
    yield replace(action, epoch=action.epoch + 1)
    yield replace(action, deadline=twin.time - 1)
    yield replace(action, deadline=twin.time + 30 * 86_400 + 1)
    yield replace(action, kind=0x0999)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"0x{kind:04x}")
def test_every_row_of_the_kind_is_taken_by_who_may_and_refused_to_all_else(twin: Twin, kind: int) -> None:
    explorer = Explorer(twin, kind)
    paths = explorer.found()
    assert set(paths) == set(explorer.rules), "every row can be reached"
    tried = refused = 0
    for (state, verb), (creator, path) in sorted(paths.items()):
        label = f"row {state} {verb}"
        for number, move in enumerate(path):
            signed = explorer.signed(label, creator, path[:number], move)
            if number == len(path) - 1:
                with twin.undone():
                    wrong = [twin.sign(action) for action in mutations(signed, twin, explorer.parties)]
                    outcomes = twin.batch(wrong)
                    tried, refused = tried + len(outcomes), refused + sum(o is not None for o in outcomes)
            assert twin.batch([signed]) == [None], (state, verb, move)
        document = signed.action.document
        control = twin.model.document(document).standing.control
        assert twin.number("control(bytes32)", document) == control.pack()
    assert refused > tried // 2, f"{refused} of {tried} refused"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"0x{kind:04x}")
def test_every_verb_without_a_row_in_a_state_is_refused_with_no_rule(twin: Twin, kind: int) -> None:
    explorer = Explorer(twin, kind)
    states: dict[int, tuple[int, list[Move]]] = {0: (1, [])}
    for (state, verb), (creator, path) in explorer.found().items():
        states.setdefault(explorer.rules[state, verb].next, (creator, path))
    items, expected = [], []
    for state, (creator, path) in states.items():
        label = f"state {state}"
        for number, move in enumerate(path):
            assert twin.batch([explorer.signed(label, creator, path[:number], move)]) == [None]
        for verb in range(max(explorer.verbs) + 2):
            if (state, verb) not in explorer.rules:
                items.append(explorer.signed(label, creator, path, Move(verb, creator, 0, 0, 0)))
                expected.append(NoRule(kind=kind, state=state, verb=verb))
    assert twin.batch(items) == expected
