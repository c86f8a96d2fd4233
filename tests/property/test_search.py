"""What every record that can be reached must keep (docs/protocol §4): safety, and that there is always a way on.

Four parties try everything that the tables of the kind files allow. `PORTLEDGER_SHOW=1` or `-s` prints the sizes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from portledger import resources
from portledger.domain import acts
from portledger.domain.actions import Action, Domain, document_id
from portledger.domain.codes import ZERO
from portledger.domain.errors import LedgerError
from portledger.domain.kinds import KindFile
from portledger.domain.model import Ledger
from portledger.domain.parties import Party
from portledger.domain.records import Control
from tests.support.search import BEARER, PARTIES, QUANTITIES, Move, Past, Reached, Record, Row, Table, explore, load

TITLES = ("ebl_negotiable", "ebl_straight")
OTHERS = ("certificate_of_origin", "shipping_instruction", "commercial_invoice")
SOME = b"\1" * 32
TRADERS = {
    1: ("carrier", "certifier"),
    2: ("shipperOrConsignee", "forwarder"),
    3: ("shipperOrConsignee", "bank", "customs"),
    4: ("platform", "customs", "customsBroker"),
}
"""A casting in which no party has every role, and only one is another platform."""
CASTINGS = {"everybody has every role": None, "traders": TRADERS}


def explored(name: str, casting: str = "everybody has every role") -> Reached:
    parties = CASTINGS[casting]
    return explore(load(name) if parties is None else load(name).cast(parties), PARTIES if parties else (1,))


# ---- safety ----------------------------------------------------------------------------------------------------------


def moves_what_another_holds(table: Table, before: Record, move: Move) -> bool:
    """Possession, endorsement, content or the record's life changes by another hand than the possessor's."""
    if before.state == "NONE" or move.actor == before.possessor:
        return False
    now = move.after
    changes_content = move.verb == "AMEND"
    ends = now.state in table.finals
    return (now.possessor, now.endorsee) != (before.possessor, before.endorsee) or changes_content or ends


def with_the_possessors_will(before: Record, past: Past, move: Move) -> bool:
    """The ways in which another hand may do so: each answers an act of the possessor, or serves him."""
    match move.verb:
        case "ACCEPT":
            return move.actor == before.offeree and past.offered_by == before.possessor
        case "ACCEPT_SURRENDER":
            return move.actor == before.issuer and past.asked_by == before.possessor
        case "CONFIRM_SWITCH":
            return move.actor == before.offeree and past.asked_by == past.offered_by == before.possessor
        case "RENOUNCE":
            return move.actor == before.endorsee and move.after.endorsee == before.possessor
        case "VOID":
            # The issuer holds what it was given back for an amendment: he who surrendered may end it.
            return before.state == "SURRENDERED_FOR_AMENDMENT" and move.actor == before.offeree == past.surrendered_by
    return False


def taken(reached: Reached) -> list[tuple[Record, Past, Move]]:
    return [
        step
        for step in reached.steps()
        if moves_what_another_holds(reached.table, step[0], step[2]) and not with_the_possessors_will(*step)
    ]


def robbed(reached: Reached) -> list[tuple[Record, Past, Move]]:
    """A named endorsee loses endorsement or record, after the first hand-over, without an act of his."""
    found = []
    for before, past, move in reached.steps():
        named = before.endorsee
        if not past.handed or named in (0, BEARER):
            continue
        loses = move.after.endorsee != named or (move.after.state in reached.table.finals and not move.note)
        if loses and named not in (move.actor, past.asked_by, past.offered_by):
            found.append((before, past, move))
    return found


def issuers_rows_too_late(reached: Reached) -> list[tuple[Record, Past, Move]]:
    """The issuer's own rows in ISSUED, used after somebody else ever possessed."""
    rows = ("REOFFER", "VOID", "AMEND")
    return [step for step in reached.steps() if step[0].state == "ISSUED" and step[2].verb in rows and step[1].handed]


@pytest.mark.parametrize("casting", CASTINGS)
@pytest.mark.parametrize("name", TITLES)
def test_nobody_but_the_possessor_moves_a_title_without_his_will(name: str, casting: str) -> None:
    reached = explored(name, casting)
    moved = [step for step in reached.steps() if moves_what_another_holds(reached.table, step[0], step[2])]
    print(f"\n{name}, {casting}: {len(reached.records)} records, {len(reached.live)} live;", end=" ")
    print("moved by another hand:", dict(Counter(move.verb for _, _, move in moved)))
    assert moved
    assert taken(reached) == []


@pytest.mark.parametrize("casting", CASTINGS)
def test_a_named_endorsee_never_loses_a_negotiable_bill_without_his_act(casting: str) -> None:
    assert robbed(explored("ebl_negotiable", casting)) == []


def test_under_a_straight_bill_only_the_possessor_surrenders_without_the_consignee() -> None:
    """That is the shipper's right of control: what the consignee loses, he loses by the possessor's own request."""
    found = robbed(explored("ebl_straight"))
    assert found
    assert {move.verb for _, _, move in found} <= {"ACCEPT_SURRENDER", "CONFIRM_SWITCH", "ACCEPT", "VOID"}
    for before, past, _ in found:
        assert before.possessor in (past.asked_by, past.offered_by, before.issuer)


@pytest.mark.parametrize("casting", CASTINGS)
@pytest.mark.parametrize("name", TITLES)
def test_the_issuers_rows_end_with_the_first_hand_over(name: str, casting: str) -> None:
    assert issuers_rows_too_late(explored(name, casting)) == []


@pytest.mark.parametrize("name", [*TITLES, "certificate_of_origin"])
def test_the_issuer_is_never_endorsee_nor_offered_possession_for_endorsement(name: str) -> None:
    for record in explored(name).records:
        assert record.issuer not in (record.endorsee, record.offered)


@pytest.mark.parametrize("name", [*TITLES, *OTHERS])
def test_an_ended_record_has_no_act(name: str) -> None:
    reached = explored(name)
    ended = [record for record in reached.records if record.state in reached.table.finals]
    assert ended
    assert all(reached.moves[record] == [] for record in ended)


# ---- life ------------------------------------------------------------------------------------------------------------


def nobody_can_act(reached: Reached) -> list[Record]:
    return [record for record in reached.live if all(move.note for move in reached.moves[record])]


def endless(reached: Reached) -> list[Record]:
    """Live records from which no ending can be reached although all cooperate."""
    able = reached.can_end()
    return [record for record in reached.live if record not in able]


@pytest.mark.parametrize("casting", CASTINGS)
@pytest.mark.parametrize("name", [*TITLES, *OTHERS])
def test_somebody_can_always_act_and_an_ending_can_be_reached(name: str, casting: str) -> None:
    reached = explored(name, casting)
    print(f"\n{name}, {casting}: {len(reached.records)} records, {sum(map(len, reached.moves.values()))} acts")
    assert reached.live
    assert nobody_can_act(reached) == []
    assert endless(reached) == []


KNOWN = {
    "offeree in AMENDED",
    "offeree to be in AMENDED",
    "possessor",
    "endorsee who does not possess",
    "issuer",
}


def by(party: int) -> Callable[[Move], bool]:
    return lambda move: move.actor == party


def why_stuck(record: Record, silent: int) -> str:
    """Which of the exceptions of docs/protocol §4 (and docs/adr/0014) a silent party is."""
    if record.state == "AMENDED" and silent == record.offeree:
        return "offeree in AMENDED"
    if record.state == "SURRENDERED_FOR_AMENDMENT" and silent == record.offeree:
        # The same party, one act of the issuer earlier: whatever the issuer writes, he has to accept it or to VOID.
        return "offeree to be in AMENDED"
    if silent == record.possessor:
        return "possessor"
    if silent == record.endorsee:
        return "endorsee who does not possess"
    if silent == record.issuer:
        return "issuer"
    return "nobody in particular"


@pytest.mark.parametrize("casting", CASTINGS)
@pytest.mark.parametrize("name", TITLES)
def test_one_silent_party_keeps_a_title_from_ending_only_where_it_is_known(name: str, casting: str) -> None:
    reached = explored(name, casting)
    stuck: Counter[str] = Counter()
    for silent in PARTIES:
        able = reached.can_end(by(silent))
        stuck.update(why_stuck(record, silent) for record in reached.live if record not in able)
    print(f"\n{name}, {casting}: no ending with one party silent:", dict(stuck))
    assert set(stuck) <= KNOWN


@pytest.mark.parametrize("name", TITLES)
def test_a_silent_surrenderer_keeps_a_title_from_ending_from_the_accepted_surrender_on(name: str) -> None:
    """docs/adr/0014: on the protocol's list in AMENDED, he stalls it one act earlier too, unless he VOIDs."""
    reached = explored(name)
    for state in ("SURRENDERED_FOR_AMENDMENT", "AMENDED"):
        waiting = [record for record in reached.live if record.state == state]
        assert waiting
        for record in waiting:
            assert record not in reached.can_end(by(record.offeree))
            assert record in reached.can_end()
            if state == "SURRENDERED_FOR_AMENDMENT":
                moves = {(move.actor, move.verb) for move in reached.moves[record] if not move.note}
                assert {verb for actor, verb in moves if actor != record.offeree} <= {"AMEND", "RETURN_POSSESSION"}
                assert (record.offeree, "VOID") in moves


@pytest.mark.parametrize("name", TITLES)
def test_a_silent_issuer_keeps_nobody_from_taking_his_request_back(name: str) -> None:
    reached = explored(name)
    for record in reached.live:
        without_issuer = {(move.actor, move.verb) for move in reached.moves[record] if move.actor != record.issuer}
        if record.state.startswith("PENDING") and record.possessor != record.issuer:
            assert (record.possessor, "WITHDRAW") in without_issuer
        if record.offeree == record.issuer:
            continue  # it surrendered to itself what nobody ever accepted
        if record.state == "SURRENDERED_FOR_AMENDMENT":
            assert (record.offeree, "VOID") in without_issuer
        if record.state == "AMENDED":
            assert (record.offeree, "ACCEPT") in without_issuer


@pytest.mark.parametrize("name", TITLES)
def test_an_offer_that_nobody_answers_can_be_taken_back(name: str) -> None:
    reached = explored(name)
    offered = [record for record in reached.live if record.state == "OFFERED"]
    assert offered
    for record in offered:
        assert any(move.actor == record.possessor and move.verb == "WITHDRAW" for move in reached.moves[record])


# ---- the search sees what the protocol was changed for ---------------------------------------------------------------


def rows(state: str, verb: str) -> Callable[[Row], bool]:
    return lambda row: (row.state, row.verb) == (state, verb)


def test_A2_a_mere_possessor_who_could_name_an_endorsee_would_rob_the_owner() -> None:
    table = load("ebl_negotiable").changed(rows("ISSUED", "OFFER"), endorsee="none_party_or_bearer")
    assert robbed(explore(table))


def test_A3_possession_handed_to_the_issuer_would_let_it_void_anothers_title() -> None:
    table = load("ebl_negotiable").changed(rows("ISSUED", "OFFER"), counterparty="party")
    assert issuers_rows_too_late(explore(table))


def test_A4_without_a_reserved_return_a_surrender_for_amendment_could_not_be_undone() -> None:
    table = load("ebl_negotiable").changed(
        rows("PENDING_SURRENDER_FOR_AMENDMENT", "ACCEPT_SURRENDER"), effects=frozenset({"to_issuer"})
    )
    reached = explore(table)
    waiting = [record for record in reached.live if record.state == "SURRENDERED_FOR_AMENDMENT"]
    assert all(record.offeree == 0 for record in waiting)
    assert endless(reached)


def test_A17_without_withdraw_a_silent_issuer_would_lock_the_holder_out() -> None:
    table = load("ebl_negotiable").without("WITHDRAW")
    reached = explore(table)
    pending = [record for record in reached.live if record.state.startswith("PENDING")]
    assert any(all(move.actor != record.possessor for move in reached.moves[record]) for record in pending)


def declines_everything(party: int) -> Callable[[Move], bool]:
    """A bank that signs away what it was given, but never takes a document."""
    return lambda move: move.actor == party and move.verb == "ACCEPT"


def test_X4_a_title_endorsed_to_a_bank_that_refuses_it_lives_by_renounce() -> None:
    def dead(table: Table) -> list[Record]:
        reached = explore(table)
        return [
            record
            for record in reached.live
            if record.endorsee in PARTIES
            and record.possessor not in (record.endorsee, record.issuer)
            and record.state == "ISSUED"
            and record not in reached.can_end(declines_everything(record.endorsee))
        ]

    assert dead(load("ebl_negotiable").without("RENOUNCE"))
    assert dead(load("ebl_negotiable")) == []


def test_X4_a_title_endorsed_to_its_issuer_could_only_die() -> None:
    table = load("ebl_negotiable").changed(rows("ISSUED", "ENDORSE"), endorsee="any")
    reached = explore(table)
    endorsed = [record for record in reached.live if record.endorsee == record.issuer != record.possessor]
    assert endorsed
    assert any(record not in reached.can_end(by(record.issuer)) for record in endorsed)


def test_X14_an_issuer_that_could_void_after_surrender_would_end_anothers_claim() -> None:
    table = load("ebl_negotiable").changed(rows("SURRENDERED_FOR_AMENDMENT", "VOID"), who=frozenset({"issuer"}))
    steps = [step for step in explore(table).steps() if step[2].verb == "VOID" and step[0].state != "ISSUED"]
    assert any(move.actor != record.offeree for record, _, move in steps)


def test_X17_a_mere_possessor_who_could_switch_platforms_would_rob_the_owner() -> None:
    table = load("ebl_negotiable").changed(rows("ISSUED", "SWITCH_PLATFORM"), who=frozenset({"possessor"}))
    assert robbed(explore(table))


def test_X18_a_straight_bill_amended_to_bearer_or_nobody_could_never_be_offered_again() -> None:
    table = load("ebl_straight").changed(rows("SURRENDERED_FOR_AMENDMENT", "AMEND"), endorsee="none_party_or_bearer")
    reached = explore(table)
    held = [record for record in reached.live if record.state == "ISSUED" and record.endorsee == BEARER]
    assert held
    assert all(move.verb != "OFFER" for record in held for move in reached.moves[record])
    assert all(record.endorsee in PARTIES for record in explored("ebl_straight").records)


# ---- the search speaks about the code that runs ----------------------------------------------------------------------


def judge(kind: KindFile, record: Record, verb: int, actor: int, named: tuple[int, int, int]) -> Control | None:
    """What the ledger's own code makes of an act: the record after it, None when it is refused."""
    state = kind.state(record.state).number if record.state != "NONE" else 0
    rule = kind.rule(state, verb)
    if rule is None:
        return None
    exists = record.state != "NONE"
    control = Control(
        *record[1:6], kind=kind.number if exists else 0, state=state, sequence=1 if exists else 0, used=record.used
    )
    reference = SOME if rule.reference else ZERO
    action = Action(
        kind.number,
        verb,
        document_id(kind.number, actor, reference),
        ZERO,
        actor,
        1,
        1,
        content=SOME if rule.content else ZERO,
        document_reference=reference,
        detail=SOME,
        counterparty=named[0],
        endorsee=named[1],
        quantity=named[2],
    )
    at = acts.Standing(control)
    try:
        acts.check_roles(actor, EVERYTHING, rule.roles)
        acts.check_who(action, rule, at)
        acts.check_parameters(action, rule, control, LEDGER, 0)
    except LedgerError:
        return None
    return control if rule.note else acts.effects(action, rule, control)


EVERYTHING = Party((1 << 19) - 1)


class Everybody(Ledger):
    """A ledger of the four parties, each with every role."""

    def party(self, number: int) -> Party | None:
        return EVERYTHING if number in PARTIES else None


LEDGER = Everybody(Domain(1, b"\1" * 20, ZERO), *(bytes([number]) * 20 for number in (1, 2, 3)))


@pytest.mark.parametrize("name", [*TITLES, *OTHERS])
def test_the_search_and_the_ledgers_own_code_allow_the_same_acts_with_the_same_outcome(name: str) -> None:
    kind = resources.kind(name.replace("_", "-"))
    reached, compared = explored(name), 0
    names = (0, BEARER, *PARTIES)
    for record, possible in reached.moves.items():
        found = {
            (move.actor, move.verb, move.counterparty, move.endorsee, move.quantity): move.after
            for move in moves_of_everybody(reached, record, possible)
        }
        state = kind.state(record.state).number if record.state != "NONE" else 0
        for verb in kind.verbs_in(state):
            rule = kind.rule(state, verb)
            assert rule is not None
            amounts = QUANTITIES if rule.quantity else (0,)
            for key in (
                (actor, kind.verb_name(verb), counterparty, endorsee, quantity)
                for actor in PARTIES
                for counterparty in names
                for endorsee in names
                for quantity in amounts
            ):
                compared += 1
                control = judge(kind, record, verb, key[0], key[2:])
                expected = found.pop(key, None)
                assert (control is None) == (expected is None), (record, key)
                if control is not None and expected is not None:
                    got = Record(kind.state_name(control.state), *_holders(control), control.used)
                    assert got == expected, (record, key)
        assert not found
    print(f"\n{name}: {compared} acts judged by both")


def moves_of_everybody(reached: Reached, record: Record, possible: list[Move]) -> list[Move]:
    """In the search only party 1 creates; the ledger's code lets all of them."""
    if record.state != "NONE":
        return possible
    return explore(reached.table, PARTIES).moves[record]


def _holders(control: Control) -> tuple[int, int, int, int, int]:
    return control.issuer, control.possessor, control.endorsee, control.offeree, control.offered_endorsee
