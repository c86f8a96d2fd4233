"""Whose turn it is, what an act asks for, and the sentences that are read before signing."""

import pytest

from portledger import resources
from portledger.desk.acting import arguments, on_a_page, questions, wrong
from portledger.desk.effects import Sentence, effects
from portledger.desk.inbox import Line, by_turn, line, turn_of
from portledger.desk.plain import MAX_CHARACTERS, cut, fields, leaves, visible
from portledger.desk.words import WORDS
from portledger.domain.codes import BEARER, Role
from portledger.domain.records import Control
from portledger.sdk.acts import Terms

BILL = resources.kind("ebl-negotiable")
CARRIER, SHIPPER, BANK = 1, 2, 3
TRADER = int(Role.SHIPPER_OR_CONSIGNEE)


def state(name: str, **members: int) -> Control:
    standing = {"issuer": CARRIER, "possessor": SHIPPER, "endorsee": SHIPPER, "version": 1, **members}
    return Control(kind=BILL.number, state=BILL.states[name].number, **standing)


OFFERED = state("OFFERED", offeree=BANK, offered_endorsee=BANK)
ISSUED = state("ISSUED")


def verb(name: str) -> int:
    return BILL.verb(name).number


def said(control: Control, name: str, me: int, counterparty: int = 0, endorsee: int = 0) -> list[Sentence]:
    rule = BILL.rows[control.state, verb(name)]
    return effects(BILL, control, rule, Terms(counterparty, endorsee, 0), me)


def test_an_offer_is_to_do_for_the_offeree_and_in_progress_for_the_others() -> None:
    assert turn_of(BILL, OFFERED, BANK, int(Role.BANK)) == "todo"
    assert turn_of(BILL, OFFERED, SHIPPER, TRADER) == "processing"
    assert turn_of(BILL, OFFERED, CARRIER, int(Role.CARRIER)) == "processing"


@pytest.mark.parametrize(("name", "turn"), [("SURRENDERED_FOR_DELIVERY", "done"), ("VOIDED", "cancelled")])
def test_what_has_ended_is_done_or_cancelled_for_everybody(name: str, turn: str) -> None:
    assert [turn_of(BILL, state(name), party, TRADER) for party in (CARRIER, SHIPPER, BANK)] == [turn] * 3


def test_what_waits_longest_comes_first_and_other_news_come_newest_first() -> None:
    def at(since: int, party: int) -> Line:
        return line(f"{since:064x}", BILL, OFFERED, since, party, 0)

    found = by_turn([at(2, BANK), at(1, BANK), at(3, SHIPPER), at(4, SHIPPER)])
    assert [one.since for one in found["todo"]] == [1, 2]
    assert [one.since for one in found["processing"]] == [4, 3]


def test_an_offer_says_when_possession_leaves_and_to_whose_order_it_goes() -> None:
    assert said(ISSUED, "OFFER", SHIPPER, BANK, BANK) == [
        Sentence("effect.offer", BANK),
        Sentence("effect.endorsed_on_accept", BANK),
        Sentence("effect.state", state=OFFERED.state),
    ]


def test_accepting_says_who_gives_possession_and_to_whose_order_the_bill_is_then() -> None:
    assert said(OFFERED, "ACCEPT", BANK, SHIPPER, BANK)[:2] == [
        Sentence("effect.take", SHIPPER),
        Sentence("effect.endorsed", BANK),
    ]


def test_declining_says_who_keeps_possession() -> None:
    assert Sentence("effect.offer_ends", SHIPPER) in said(OFFERED, "DECLINE", BANK)


def test_an_act_that_ends_the_document_says_so() -> None:
    pending = state("PENDING_SURRENDER_FOR_DELIVERY")
    told = said(pending, "ACCEPT_SURRENDER", CARRIER, SHIPPER)
    assert told[0] == Sentence("effect.to_issuer", SHIPPER)
    assert told[-1] == Sentence("effect.final")


def test_a_blank_endorsement_says_that_whoever_possesses_has_the_title() -> None:
    assert said(ISSUED, "BLANK_ENDORSE", SHIPPER, endorsee=BEARER) == [Sentence("effect.bearer")]


def test_a_note_says_that_nothing_moves() -> None:
    assert said(ISSUED, "NOTICE", CARRIER) == [Sentence("effect.note")]


@pytest.mark.parametrize("kind", resources.kinds().values(), ids=lambda kind: kind.id)
def test_every_row_of_every_kind_has_sentences_with_words(kind) -> None:  # type: ignore[no-untyped-def]
    for (number, _), rule in kind.rows.items():
        control = Control(kind=kind.number, state=number, issuer=CARRIER, possessor=SHIPPER, offeree=BANK)
        told = effects(kind, control, rule, Terms(BANK, BANK, 0), SHIPPER)
        assert told
        assert {one.key for one in told} <= set(WORDS)


def test_the_form_asks_for_what_the_row_leaves_open_and_for_nothing_else() -> None:
    assert [one.name for one in questions(BILL, ISSUED, verb("OFFER"), SHIPPER)][:2] == ["counterparty", "endorsee"]
    assert questions(BILL, OFFERED, verb("ACCEPT"), BANK) == []
    lent = state("ISSUED", endorsee=BANK)
    assert "endorsee" not in [one.name for one in questions(BILL, lent, verb("OFFER"), SHIPPER)]


def test_acts_that_write_contents_have_no_page() -> None:
    assert not on_a_page(BILL, state("ISSUED", possessor=CARRIER), verb("AMEND"), CARRIER)
    assert on_a_page(BILL, ISSUED, verb("OFFER"), SHIPPER)


@pytest.mark.parametrize("text", ["", "9", "x", "-3", "３", str(BEARER)])
def test_a_party_that_is_not_in_the_list_is_refused(text: str) -> None:
    asked = questions(BILL, ISSUED, verb("OFFER"), SHIPPER)
    assert set(wrong(asked, {"counterparty": text}, {BANK: int(Role.BANK)})) == {"counterparty"}


def test_the_issuer_is_not_to_be_chosen_where_the_row_does_not_take_it() -> None:
    known = {CARRIER: int(Role.CARRIER), BANK: int(Role.BANK)}
    asked = questions(BILL, ISSUED, verb("OFFER"), SHIPPER)
    assert set(wrong(asked, {"counterparty": str(CARRIER)}, known)) == {"counterparty"}
    assert wrong(asked, {"counterparty": str(BANK)}, known) == {}


def test_what_was_asked_becomes_the_acts_arguments() -> None:
    asked = questions(BILL, ISSUED, verb("RENOUNCE"), SHIPPER)
    assert wrong(asked, {"reasonCode": ""}, {}) == {"reasonCode": "act.missing"}
    assert arguments(asked, {"reasonCode": "documents refused"}) == {"detail": {"reasonCode": "documents refused"}}


def test_direction_and_control_characters_are_written_out() -> None:
    assert visible("a\u202eb\x00\u2066c\n髙﨑１") == "a⟦U+202E⟧b⟦U+0000⟧⟦U+2066⟧c\n髙﨑１"


def test_a_huge_value_is_cut_and_says_by_how_much() -> None:
    shown, left = cut("x" * 10_000_000)
    assert (len(shown), left) == (MAX_CHARACTERS, 10_000_000 - MAX_CHARACTERS)


def test_fields_are_listed_by_path_in_their_order() -> None:
    value = {"a": {"b": [1, {"c": "x"}]}, "d": None}
    assert list(fields(value)) == [("a / b / 1", "1"), ("a / b / 2 / c", "x"), ("d", "–")]


def test_yes_and_no_are_said_in_the_page_s_words() -> None:
    value = {"electronic": True, "toOrder": [False], "said": "true", "count": 1}
    assert [text for _, text in leaves(value, words=("はい", "いいえ"))] == ["はい", "いいえ", "true", "1"]
