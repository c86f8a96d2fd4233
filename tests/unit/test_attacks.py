"""Attacks of docs/protocol §13 on the rules themselves, tried on the model of the ledger (docs/threat_model.md).

The contract's own tests try them on a real chain; these say in the fewest lines what must fail and why.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.support.histories import DOMAIN, Town, added, key
from tests.support.registry import GOVERNOR, Registry, number

from portledger.domain import acts
from portledger.domain.actions import ACTION_TYPE, Action, SignedAction
from portledger.domain.codes import BEARER, DAY, MAX_SEQUENCE, PartyAct, RuleFlag, Scope, Who
from portledger.domain.errors import (
    BadKind,
    BadParameter,
    ChangeOpen,
    CounterFull,
    DeadlineTooFar,
    EpochPassed,
    Expired,
    KindUnknown,
    LedgerError,
    NoRecord,
    NoRule,
    NotAllowed,
    NoteRepeated,
    NotReady,
    NotVetoable,
    PartyInactive,
    PowerMissing,
    ScopeMissing,
    SignaturesRefused,
    StalePrevious,
)
from portledger.domain.hashing import keccak
from portledger.domain.signatures import address_of, join, recover, sign
from portledger.resources import kind as shipped_kind
from portledger.sdk.reading import DEADLINE_SECONDS

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def bill(**shipper: int) -> Town:
    """A bill that the shipper possesses: titleholder, state ISSUED. Parties 1 carrier, 2 shipper, 3 bank, 4 other."""
    town = Town()
    town.register("carrier", "carrier")
    town.register("shipper", "shipperOrConsignee", **shipper)
    town.register("bank", "bank")
    town.register("other", "forwarder", "platform")
    town.act("ISSUE", 1, counterparty=2, endorsee=2, content=keccak(b"manifest"), document_reference=keccak(b"number"))
    town.act("ACCEPT", 2, counterparty=1, endorsee=2, keys=town.keys[2][:1])
    return town


def held(town: Town, verb: str, actor: int, **members: int) -> SignedAction:
    """An act that is signed now, for whoever gets hold of it."""
    verb_number = town.kind.verb(verb).number
    action = Action(
        town.kind.number,
        verb_number,
        town.document,
        town.standing.head,
        actor,
        town.parties[actor].epoch,
        town.time + DAY,
        **members,
    )
    return SignedAction(action, join(action.digest(DOMAIN, town.kind.intent(verb_number)), town.keys[actor]))


def carried(town: Town, signed: SignedAction) -> None:
    """Carries a held act to the town's ledger, later. Raises its refusal."""
    acts.check(signed, town.time, DOMAIN, town.standing, town)


# --- A: acts ---------------------------------------------------------------------------------------------------------


def test_A1_of_two_acts_signed_on_one_head_the_second_is_dead_for_ever() -> None:
    town = bill()
    with_title, without = held(town, "OFFER", 2, counterparty=3, endorsee=3), held(town, "OFFER", 2, counterparty=3)
    carried(town, with_title)
    town.act("OFFER", 2, counterparty=3)
    town.act("WITHDRAW", 2)
    for old in (with_title, without):
        with pytest.raises(StalePrevious):
            carried(town, old)


def test_A7_notes_of_strangers_do_not_move_the_head_and_count_once() -> None:
    town = Town(shipped_kind("certificate-of-origin"))
    for name, role in (("exporter", "shipperOrConsignee"), ("chamber", "certifier"), ("customs", "customs")):
        town.register(name, role)
    town.act("APPLY", 1, counterparty=2, content=keccak(b"c"), document_reference=keccak(b"a"))
    town.act("CERTIFY", 2, endorsee=3, content=keccak(b"c2"), document_reference=keccak(b"n"))
    waiting = held(town, "USE_PART", 3, detail=keccak(b"use"), quantity=1)  # type: ignore[arg-type]
    note = town.act("VERIFY", 3, detail=keccak(b"seen"))
    carried(town, waiting)
    with pytest.raises(NoteRepeated):
        carried(town, SignedAction(note.action, note.signatures))


def test_A8_a_signature_ends_by_deadline_by_epoch_and_by_a_remark() -> None:
    town = bill()
    offer = held(town, "OFFER", 2, counterparty=3)
    town.time = offer.action.deadline + 1
    with pytest.raises(Expired):
        carried(town, offer)
    with pytest.raises(DeadlineTooFar):
        carried(town, SignedAction(replace(offer.action, deadline=town.time + 31 * DAY), offer.signatures))
    again = held(town, "OFFER", 2, counterparty=3)
    town.party_act(2, PartyAct.BUMP_EPOCH)
    with pytest.raises(EpochPassed):
        carried(town, again)
    third = held(town, "OFFER", 2, counterparty=3)
    town.act("REMARK", 2, detail=keccak(b"burns the head"))
    with pytest.raises(StalePrevious):
        carried(town, third)


@pytest.mark.parametrize("member", ["chain_id", "ledger", "salt"])
def test_A9_an_act_of_another_chain_ledger_or_salt_has_other_signers_here(member: str) -> None:
    elsewhere: dict[str, object] = {"chain_id": 1, "ledger": bytes(20), "salt": bytes(32)}
    town = bill()
    action = held(town, "OFFER", 2, counterparty=3).action
    foreign = replace(DOMAIN, **{member: elsewhere[member]})  # type: ignore[arg-type]
    signature = join(action.digest(foreign, town.kind.intent(action.verb)), town.keys[2])
    with pytest.raises(SignaturesRefused):
        carried(town, SignedAction(action, signature))


def test_A11_only_one_form_of_a_signature_is_accepted() -> None:
    digest = keccak(b"digest")
    good = sign(digest, key("a"))
    assert recover(digest, good) == address_of(key("a"))
    high = good[:32] + (ORDER - int.from_bytes(good[32:64], "big")).to_bytes(32, "big") + bytes([55 - good[64]])
    short = good[:32] + bytes([good[32] | (good[64] - 27) << 7]) + good[33:64]
    for other in (high, short, good[:64] + bytes([good[64] - 27]), good + b"\0", b""):
        with pytest.raises(SignaturesRefused):
            recover(digest, other)


def test_A12_a_bad_item_stops_no_batch_and_writes_nothing() -> None:
    town = Registry()
    town.found(["a"])
    head = town.ledger_head
    bad = SignedAction(Action(0x0909, 1, keccak(b"d"), bytes(32), 1, 1, town.now), b"\0" * 65)
    outcomes = town.execute_batch([bad, bad], town.now)
    assert [type(one.refusal) for one in outcomes] == [KindUnknown, KindUnknown]
    assert town.ledger_head == head
    with pytest.raises(BadParameter):
        Action.from_terms(1 << 216, *[bytes(32)] * 5)


def test_A13_a_copied_act_is_the_same_act_whoever_carries_it() -> None:
    """A copy that comes second is refused, and its digest is found applied: success for everyone."""
    town = bill()
    offer = held(town, "OFFER", 2, counterparty=3)
    made = town.act("OFFER", 2, counterparty=3, seconds=0)
    with pytest.raises((StalePrevious, NoRule)):
        carried(town, offer)
    assert made.digest == offer.action.digest(DOMAIN, town.kind.intent(offer.action.verb))


def test_A14_the_first_thing_a_wallet_shows_is_words_and_they_are_signed() -> None:
    town = bill()
    action = held(town, "OFFER", 2, counterparty=3).action
    shown = action.typed_data(DOMAIN, town.kind.intent(action.verb))
    assert shown["types"]["Action"][0] == {"type": "string", "name": "intent"}
    assert shown["message"]["intent"] == "Bill of lading: OFFER"
    assert action.digest(DOMAIN, "Bill of lading: REMARK") != action.digest(DOMAIN, "Bill of lading: OFFER")


def test_A15_no_member_of_an_act_is_a_reserved_word() -> None:
    reserved = {"reference", "sealed", "final", "partial", "apply", "alias", "auto", "case", "copyof", "default", "in"}
    names = set(re.findall(r"\w+ (\w+)", ACTION_TYPE))
    assert "documentReference" in names
    assert names & reserved == set()


def test_A16_an_acceptance_says_what_it_accepts() -> None:
    town = bill()
    town.act("OFFER", 2, counterparty=3, endorsee=3)
    for wrong in ({"counterparty": 2, "endorsee": 0}, {"counterparty": 1, "endorsee": 3}):
        with pytest.raises(BadParameter):
            town.act("ACCEPT", 3, **wrong)
    town.act("ACCEPT", 3, counterparty=2, endorsee=3)


def test_A18_what_a_relayer_sat_on_dies_by_itself_within_a_day() -> None:
    assert DEADLINE_SECONDS == DAY
    town = bill()
    kept = held(town, "OFFER", 2, counterparty=3)
    town.time += DEADLINE_SECONDS + 1
    with pytest.raises(Expired):
        carried(town, kept)


def test_A19_a_replaced_certificate_names_its_successor() -> None:
    kind = shipped_kind("certificate-of-origin")
    assert "successors" in kind.verb("REPLACE").required
    verb = kind.verb("REPLACE").number
    rows = [rule for (_, at), rule in kind.rows.items() if at == verb]
    assert rows
    assert all(rule.detail and kind.final(rule.next) for rule in rows)


# --- B: evidence -----------------------------------------------------------------------------------------------------


def test_B6_one_hash_runs_over_every_entry_of_every_log() -> None:
    """Whoever rewrites any part of the past ends at another ledgerHead than the one that was stamped outside."""
    seen = []
    for member in ("profile", "another profile"):
        town = Registry()
        town.found(["a", "b"], threshold=2)
        town.proposes(PartyAct.SET_PROFILE, keccak(member.encode()))
        before = town.ledger_head
        town.does(PartyAct.BUMP_EPOCH, "a", "b")
        assert town.ledger_head != before
        seen.append(town.ledger_head)
    assert seen[0] != seen[1]


# --- C: the table ----------------------------------------------------------------------------------------------------


def test_C1_a_table_with_an_error_is_not_sealed() -> None:
    kind = shipped_kind("shipping-instruction")
    _, file_digest, keys, words, verbs, intents = kind.define_arguments()
    wrong: list[Callable[[list[int]], list[int]]] = [
        lambda rows: [rows[0] | 1 << 240, *rows[1:]],
        lambda rows: [rows[0] & ~0xFF, *rows[1:]],
        lambda rows: [*rows[:1], rows[1] | 1 << 8, *rows[2:]],
        lambda rows: [rows[0] & ~(0xFFFF << 24), *rows[1:]],
    ]
    for spoil in wrong:
        ledger = Registry()
        with pytest.raises(BadKind):
            ledger.define_kind(
                GOVERNOR, kind.number, file_digest, keys, spoil(words), verbs, intents, now=1, call=keccak(b"call")
            )


def test_C2_an_issuer_who_does_not_possess_may_not_void() -> None:
    kind = shipped_kind("ebl-negotiable")
    row = kind.rule(kind.state("ISSUED").number, kind.verb("VOID").number)
    assert row is not None
    assert row.who == Who.ISSUER | Who.POSSESSOR
    assert row.flags & RuleFlag.ALL
    with pytest.raises(NotAllowed):
        bill().act("VOID", 1, detail=keccak(b"why"))


def test_C3_an_account_for_filings_moves_no_title() -> None:
    town = Town()
    town.register("carrier", "carrier")
    town.register("shipper", "shipperOrConsignee")
    town.act("ISSUE", 1, counterparty=2, endorsee=2, content=keccak(b"m"), document_reference=keccak(b"n"))
    clerk = address_of(town.keys[2][0])
    town.accounts[clerk] = replace(town.accounts[clerk], scope=int(Scope.FILING))
    with pytest.raises(ScopeMissing):
        town.act("ACCEPT", 2, counterparty=1, endorsee=2)


# --- F, H: parties and powers ----------------------------------------------------------------------------------------


def party(*names: str, threshold: int = 2) -> Registry:
    town = Registry()
    town.found(list(names) or ["a", "b", "c"], threshold)
    return town


def test_F1_a_registrar_s_account_waits_14_days_and_is_vetoed() -> None:
    town = party()
    change = town.proposes(PartyAct.ADD_ACCOUNT, added(key("thief")))
    with pytest.raises(NotReady):
        town.enacts(change, 13, "thief")
    town.vetoes(change, "a")
    with pytest.raises(NotReady):
        town.enacts(change, 1, "thief")


def test_F2_a_suspended_party_still_vetoes_and_no_power_removes_an_account() -> None:
    town = party()
    change = town.proposes(PartyAct.SET_THRESHOLD, number(1))
    town.suspends(30)
    town.vetoes(change, "b")
    with pytest.raises(BadParameter):
        town.proposes(PartyAct.REMOVE_ACCOUNT, added(key("a"), 0))
    with pytest.raises(BadParameter):
        town.orders(PartyAct.REMOVE_ACCOUNT, added(key("a"), 0))


def test_F3_a_thief_with_one_key_waits_seven_days_and_is_vetoed_or_locked_out() -> None:
    town = party()
    assert not town.does(PartyAct.ADD_ACCOUNT, "a", value=added(key("thief")), new="thief")
    change = town.last_change(PartyAct.ADD_ACCOUNT, added(key("thief")))
    assert town.does(PartyAct.LOCK, "b")
    town.vetoes(change, "b")
    with pytest.raises(NotReady):
        town.enacts(change, 7, "thief")


def test_F4_suspensions_end_by_themselves_and_pause_ninety_days() -> None:
    town = party()
    with pytest.raises(BadParameter):
        town.suspends(31)
    town.suspends(29)
    town.now += 31 * DAY
    assert not town.parties[1].suspended(town.now)
    with pytest.raises(NotReady):
        town.suspends(29)
    town.now += 90 * DAY
    town.suspends(29)


def test_F5_an_acceptance_that_a_freeze_burned_is_signed_again() -> None:
    town = bill()
    town.act("OFFER", 2, counterparty=3)
    waiting = held(town, "ACCEPT", 3, counterparty=2)
    town.freeze()
    town.unfreeze()
    with pytest.raises(StalePrevious):
        carried(town, waiting)
    town.act("ACCEPT", 3, counterparty=2)


def test_H1_two_of_three_accounts_replace_the_lost_one_at_once() -> None:
    town = party()
    assert town.does(PartyAct.REMOVE_ACCOUNT, "a", "b", value=added(key("c"), 0))
    assert town.does(PartyAct.ADD_ACCOUNT, "a", "b", value=added(key("d")), new="d")
    assert town.parties[1].accounts == 3


def test_H2_one_stolen_key_of_two_makes_no_critical_act() -> None:
    town = bill(threshold=2, accounts=3)
    with pytest.raises(SignaturesRefused):
        town.act("OFFER", 2, counterparty=3, keys=town.keys[2][:1])


def test_H2_an_order_cannot_be_vetoed_by_the_thief() -> None:
    town = party(threshold=1)
    change = town.orders(PartyAct.ADD_ACCOUNT, added(key("owner")))
    assert change
    with pytest.raises(NotVetoable):
        town.vetoes(change, "a")
    town.enacts(change, 30, "owner")


def test_H3_a_party_may_bar_every_recovery_from_outside() -> None:
    town = party()
    town.does(PartyAct.BAR_RECOVERY, "a", "b")
    for what, value in ((PartyAct.ADD_ACCOUNT, added(key("x"))), (PartyAct.SET_THRESHOLD, number(1))):
        with pytest.raises(BadParameter):
            town.proposes(what, value)
        with pytest.raises(BadParameter):
            town.orders(what, value)


# --- X ---------------------------------------------------------------------------------------------------------------


def test_X5_an_amended_consignee_stands_in_the_record_after_the_acceptance() -> None:
    town = bill()
    town.act("SURRENDER_FOR_AMENDMENT", 2, detail=keccak(b"wrong consignee"))
    town.act("ACCEPT_SURRENDER", 1, counterparty=2)
    town.act("AMEND", 1, counterparty=2, endorsee=4, content=keccak(b"new"), detail=keccak(b"why"))
    town.act("ACCEPT", 2, counterparty=1, endorsee=4)
    assert (town.standing.control.endorsee, town.standing.control.possessor) == (4, 2)


def test_X7_a_full_counter_is_a_refusal_like_any_other() -> None:
    town = bill()
    town.standing = replace(town.standing, control=replace(town.standing.control, sequence=MAX_SEQUENCE))
    with pytest.raises(CounterFull):
        town.act("OFFER", 2, counterparty=3)
    assert issubclass(CounterFull, LedgerError)


def test_X8_what_does_not_exist_is_not_frozen() -> None:
    guardian = bytes([0x12]) * 20
    with pytest.raises(NoRecord):
        Registry().freeze(guardian, keccak(b"nothing"), 1_800_000_000 + DAY, keccak(b"order"), 1_800_000_000)


def test_X9_no_act_expires_a_certificate_and_using_it_up_is_critical() -> None:
    kind = shipped_kind("certificate-of-origin")
    assert "EXPIRE" not in kind.verbs
    verb = kind.verb("USE_FULL").number
    assert all(rule.critical for (_, at), rule in kind.rows.items() if at == verb)


def test_X10_roles_are_taken_away_after_seven_days_and_with_a_veto() -> None:
    town = party()
    change = town.proposes(PartyAct.SET_ROLES, number(0))
    with pytest.raises(NotReady):
        town.enacts(change, 6)
    town.vetoes(change, "c")


def test_X11_a_thief_s_offer_sleeps_while_the_owner_is_locked_and_is_withdrawn_before_he_unlocks() -> None:
    town = bill()
    town.act("OFFER", 2, counterparty=4)
    town.party_act(2, PartyAct.LOCK)
    with pytest.raises(PartyInactive):
        town.act("ACCEPT", 4, counterparty=2)
    town.act("WITHDRAW", 2)
    town.party_act(2, PartyAct.UNLOCK)
    assert town.standing.control.offeree == 0


def test_X12_a_place_is_taken_for_its_own_source_only() -> None:
    town = party()
    town.does(PartyAct.ADD_ACCOUNT, "a", value=added(key("x")))
    with pytest.raises(ChangeOpen):
        town.does(PartyAct.ADD_ACCOUNT, "b", value=added(key("y")))
    town.proposes(PartyAct.ADD_ACCOUNT, added(key("y")))
    assert town.orders(PartyAct.ADD_ACCOUNT, added(key("z")))
    with pytest.raises(PowerMissing):
        town.reinstates()


def test_X17_who_only_possesses_does_not_take_the_bill_to_another_platform() -> None:
    town = bill()
    town.act("OFFER", 2, counterparty=3)
    town.act("ACCEPT", 3, counterparty=2)
    with pytest.raises(NotAllowed):
        town.act("SWITCH_PLATFORM", 3, counterparty=4, detail=keccak(b"why"))


def test_A2_who_only_possesses_offers_no_endorsement() -> None:
    town = bill()
    town.act("OFFER", 2, counterparty=3)
    town.act("ACCEPT", 3, counterparty=2)
    for endorsee in (4, BEARER):
        with pytest.raises(BadParameter):
            town.act("OFFER", 3, counterparty=4, endorsee=endorsee)
    town.act("OFFER", 3, counterparty=4)


def test_A3_possession_is_never_offered_to_the_issuer() -> None:
    with pytest.raises(BadParameter):
        bill().act("OFFER", 2, counterparty=1)
