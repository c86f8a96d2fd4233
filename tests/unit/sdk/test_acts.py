"""What a row leaves open, who may act, and whose turn it is."""

import pytest

from portledger import resources
from portledger.domain.codes import BEARER, Role
from portledger.domain.errors import InvalidInput
from portledger.domain.records import Control
from portledger.domain.table import Rule
from portledger.sdk import acts

EBL = resources.kind("ebl-negotiable")
CERTIFICATE = resources.kind("certificate-of-origin")
CARRIER, SHIPPER, BANK, BUYER = 1, 2, 3, 4


def control(state: str, **more: int) -> Control:
    return Control(kind=EBL.number, state=EBL.state(state).number, issuer=CARRIER, **more)


def row(state: str, verb: str) -> Rule:
    rule = EBL.rule(EBL.state(state).number, EBL.verb(verb).number)
    assert rule is not None
    return rule


def test_accepting_restates_the_possessor_and_the_offered_endorsee() -> None:
    offered = control("OFFERED", possessor=SHIPPER, endorsee=SHIPPER, offeree=BANK, offered_endorsee=BUYER)
    assert acts.terms(row("OFFERED", "ACCEPT"), offered) == acts.Terms(SHIPPER, BUYER, 0)


def test_a_blank_endorsement_names_the_bearer() -> None:
    assert acts.terms(row("ISSUED", "BLANK_ENDORSE"), control("ISSUED")).endorsee == BEARER


def test_an_offer_without_an_addressee_is_refused_before_it_is_signed() -> None:
    with pytest.raises(InvalidInput, match="counterparty"):
        acts.terms(row("ISSUED", "OFFER"), control("ISSUED"))


def test_what_the_caller_names_is_passed_on_for_the_ledger_to_judge() -> None:
    assert acts.terms(row("OFFERED", "ACCEPT"), control("OFFERED", possessor=SHIPPER), counterparty=9).counterparty == 9


def test_details_hold_only_what_the_kind_lists_and_all_that_it_requires() -> None:
    acts.check_detail(EBL, "VOID", {"reasonCode": "ERROR"})
    with pytest.raises(InvalidInput, match="unknown price"):
        acts.check_detail(EBL, "VOID", {"reasonCode": "ERROR", "price": "1"})
    with pytest.raises(InvalidInput, match="no reasonCode"):
        acts.check_detail(EBL, "VOID", {"comments": "x"})


@pytest.mark.parametrize(
    ("state", "verb", "record", "party", "may"),
    [
        ("ISSUED", "OFFER", {"possessor": BANK, "endorsee": BUYER}, BANK, True),
        ("ISSUED", "OFFER", {"possessor": BANK, "endorsee": BUYER}, BUYER, False),
        ("ISSUED", "ENDORSE", {"possessor": BANK, "endorsee": BUYER}, BANK, False),
        ("ISSUED", "ENDORSE", {"possessor": BANK, "endorsee": BEARER}, BANK, True),
        ("ISSUED", "RENOUNCE", {"possessor": BANK, "endorsee": BUYER}, BUYER, True),
        ("ISSUED", "RENOUNCE", {"possessor": BANK, "endorsee": BEARER}, BANK, False),
        ("ISSUED", "VOID", {"possessor": CARRIER}, CARRIER, True),
        ("ISSUED", "VOID", {"possessor": SHIPPER}, CARRIER, False),
    ],
)
def test_who_may_act_follows_from_the_record(
    state: str, verb: str, record: dict[str, int], party: int, may: bool
) -> None:
    assert acts.may(row(state, verb), control(state, **record), party, 0) is may


def test_a_role_opens_a_row_only_to_who_has_it() -> None:
    rule = CERTIFICATE.rule(CERTIFICATE.state("ISSUED").number, CERTIFICATE.verb("VERIFY").number)
    assert rule is not None
    assert acts.may(rule, Control(), 9, int(Role.CUSTOMS))
    assert not acts.may(rule, Control(), 9, int(Role.CARRIER))


@pytest.mark.parametrize(
    ("state", "record", "party", "waits"),
    [
        ("OFFERED", {"possessor": SHIPPER, "offeree": BANK}, BANK, True),
        ("OFFERED", {"possessor": SHIPPER, "offeree": BANK}, SHIPPER, False),
        ("PENDING_SURRENDER_FOR_DELIVERY", {"possessor": BUYER}, CARRIER, True),
        ("PENDING_SURRENDER_FOR_DELIVERY", {"possessor": BUYER}, BUYER, False),
        ("ISSUED", {"possessor": BUYER, "endorsee": BUYER}, BUYER, True),
        ("ISSUED", {"possessor": BUYER, "endorsee": BUYER}, CARRIER, False),
        ("AMENDED", {"possessor": CARRIER, "offeree": SHIPPER}, SHIPPER, True),
        ("AMENDED", {"possessor": CARRIER, "offeree": SHIPPER}, CARRIER, False),
        ("SURRENDERED_FOR_DELIVERY", {"possessor": CARRIER}, CARRIER, False),
    ],
)
def test_a_record_waits_for_whoever_must_answer(state: str, record: dict[str, int], party: int, waits: bool) -> None:
    assert acts.waits_for(EBL, control(state, **record), party, 0) is waits


def test_the_bearer_is_nobody_in_particular() -> None:
    assert acts.parties_of(control("ISSUED", possessor=BANK, endorsee=BEARER)) == {CARRIER, BANK}
