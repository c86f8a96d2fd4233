"""Whole lives of documents on the model: who holds what after every act."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.market import GUARDIAN, Market

from portledger.domain.codes import BEARER, DAY, PartyAct
from portledger.domain.errors import BadParameter, NoRule, NotAllowed, PartyInactive, StalePrevious

# (who, verb, what it names) -> (state, possessor, endorsee)
Story = list[tuple[str, str, dict[str, Any], tuple[str, str, str]]]


def bill(kind: str) -> Market:
    market = Market(kind)
    market.join("carrier", "carrier")
    market.join("shipper", "shipperOrConsignee")
    market.join("bank", "bank")
    market.join("buyer", "shipperOrConsignee")
    market.join("platform", "platform")
    return market


def tell(market: Market, story: Story) -> None:
    for who, verb, named, (state, possessor, endorsee) in story:
        sequence = market.control.sequence if verb not in ("ISSUE", "APPLY", "SUBMIT") else 0
        market.do(who, verb, **named)
        control = market.control
        assert market.state == state, verb
        assert control.possessor == market.numbers[possessor], verb
        assert control.endorsee == market.numbers[endorsee], verb
        assert control.sequence == sequence + 1
        market.pass_time(60)


ISSUED: Story = [
    ("carrier", "ISSUE", {"to": "shipper", "endorsee": "shipper"}, ("OFFERED", "carrier", "shipper")),
    ("shipper", "ACCEPT", {}, ("ISSUED", "shipper", "shipper")),
]
DELIVERED: Story = [
    *ISSUED,
    ("shipper", "OFFER", {"to": "bank", "endorsee": "bank"}, ("OFFERED", "shipper", "shipper")),
    ("bank", "ACCEPT", {}, ("ISSUED", "bank", "bank")),
    ("bank", "OFFER", {"to": "buyer", "endorsee": "buyer"}, ("OFFERED", "bank", "bank")),
    ("bank", "WITHDRAW", {}, ("ISSUED", "bank", "bank")),
    ("bank", "OFFER", {"to": "buyer", "endorsee": "buyer"}, ("OFFERED", "bank", "bank")),
    ("buyer", "DECLINE", {}, ("ISSUED", "bank", "bank")),
    ("bank", "BLANK_ENDORSE", {}, ("ISSUED", "bank", "bearer")),
    ("bank", "OFFER", {"to": "buyer"}, ("OFFERED", "bank", "bearer")),
    ("buyer", "ACCEPT", {}, ("ISSUED", "buyer", "bearer")),
    ("buyer", "REMARK", {}, ("ISSUED", "buyer", "bearer")),
    ("buyer", "SURRENDER_FOR_DELIVERY", {}, ("PENDING_SURRENDER_FOR_DELIVERY", "buyer", "bearer")),
    ("carrier", "REJECT_SURRENDER", {}, ("ISSUED", "buyer", "bearer")),
    ("buyer", "SURRENDER_FOR_DELIVERY", {}, ("PENDING_SURRENDER_FOR_DELIVERY", "buyer", "bearer")),
    ("buyer", "WITHDRAW", {}, ("ISSUED", "buyer", "bearer")),
    ("buyer", "SURRENDER_FOR_DELIVERY", {}, ("PENDING_SURRENDER_FOR_DELIVERY", "buyer", "bearer")),
    ("carrier", "ACCEPT_SURRENDER", {}, ("SURRENDERED_FOR_DELIVERY", "carrier", "bearer")),
]
RENOUNCED: Story = [
    *ISSUED,
    ("shipper", "ENDORSE", {"endorsee": "bank"}, ("ISSUED", "shipper", "bank")),
    ("bank", "RENOUNCE", {}, ("ISSUED", "shipper", "shipper")),
    ("shipper", "ENDORSE_TO_ORDER", {"endorsee": "bank"}, ("ISSUED", "shipper", "bank")),
    ("shipper", "OFFER", {"to": "bank"}, ("OFFERED", "shipper", "bank")),
    ("bank", "ACCEPT", {}, ("ISSUED", "bank", "bank")),
]
AMENDED: Story = [
    *ISSUED,
    ("shipper", "SURRENDER_FOR_AMENDMENT", {}, ("PENDING_SURRENDER_FOR_AMENDMENT", "shipper", "shipper")),
    ("carrier", "ACCEPT_SURRENDER", {}, ("SURRENDERED_FOR_AMENDMENT", "carrier", "shipper")),
    ("carrier", "AMEND", {"endorsee": "buyer"}, ("AMENDED", "carrier", "shipper")),
    ("shipper", "DECLINE", {}, ("SURRENDERED_FOR_AMENDMENT", "carrier", "shipper")),
    ("carrier", "AMEND", {"endorsee": "bank"}, ("AMENDED", "carrier", "shipper")),
    ("shipper", "ACCEPT", {}, ("ISSUED", "shipper", "bank")),
]
RETURNED: Story = [
    *AMENDED[:4],
    ("carrier", "RETURN_POSSESSION", {}, ("AMENDED", "carrier", "shipper")),
    ("shipper", "ACCEPT", {}, ("ISSUED", "shipper", "shipper")),
]
VOIDED_BY_HOLDER: Story = [
    *AMENDED[:4],
    ("shipper", "VOID", {}, ("VOIDED", "carrier", "shipper")),
]
NEVER_HANDED_OVER: Story = [
    ISSUED[0],
    ("shipper", "DECLINE", {}, ("ISSUED", "carrier", "shipper")),
    ("carrier", "AMEND", {}, ("ISSUED", "carrier", "shipper")),
    ("carrier", "REOFFER", {"to": "buyer", "endorsee": "buyer"}, ("OFFERED", "carrier", "buyer")),
    ("buyer", "DECLINE", {}, ("ISSUED", "carrier", "buyer")),
    ("carrier", "VOID", {}, ("VOIDED", "carrier", "buyer")),
]
TO_PAPER: Story = [
    *ISSUED,
    ("shipper", "SWITCH_TO_PAPER", {}, ("PENDING_SWITCH_TO_PAPER", "shipper", "shipper")),
    ("carrier", "REJECT_SURRENDER", {}, ("ISSUED", "shipper", "shipper")),
    ("shipper", "SWITCH_TO_PAPER", {}, ("PENDING_SWITCH_TO_PAPER", "shipper", "shipper")),
    ("carrier", "ACCEPT_SURRENDER", {}, ("SWITCHED_TO_PAPER", "carrier", "shipper")),
]
TO_PLATFORM: Story = [
    *ISSUED,
    ("shipper", "SWITCH_PLATFORM", {"to": "platform"}, ("PENDING_SWITCH_PLATFORM", "shipper", "shipper")),
    ("platform", "REJECT_SWITCH", {}, ("ISSUED", "shipper", "shipper")),
    ("shipper", "SWITCH_PLATFORM", {"to": "platform"}, ("PENDING_SWITCH_PLATFORM", "shipper", "shipper")),
    ("platform", "CONFIRM_SWITCH", {}, ("SWITCHED_PLATFORM", "shipper", "shipper")),
]
NEGOTIABLE = {
    "delivered": DELIVERED,
    "renounced": RENOUNCED,
    "amended": AMENDED,
    "returned": RETURNED,
    "voided by the holder": VOIDED_BY_HOLDER,
    "never handed over": NEVER_HANDED_OVER,
    "to paper": TO_PAPER,
    "to another platform": TO_PLATFORM,
}
CONSIGNED: Story = [
    ("carrier", "ISSUE", {"to": "shipper", "endorsee": "buyer"}, ("OFFERED", "carrier", "buyer")),
    ("shipper", "ACCEPT", {}, ("ISSUED", "shipper", "buyer")),
]
STRAIGHT = {
    "delivered": [
        *CONSIGNED,
        ("shipper", "OFFER", {}, ("OFFERED", "shipper", "buyer")),
        ("buyer", "ACCEPT", {}, ("ISSUED", "buyer", "buyer")),
        ("buyer", "SURRENDER_FOR_DELIVERY", {}, ("PENDING_SURRENDER_FOR_DELIVERY", "buyer", "buyer")),
        ("carrier", "ACCEPT_SURRENDER", {}, ("SURRENDERED_FOR_DELIVERY", "carrier", "buyer")),
    ],
    "the shipper's right of control": [
        *CONSIGNED,
        ("shipper", "SURRENDER_FOR_AMENDMENT", {}, ("PENDING_SURRENDER_FOR_AMENDMENT", "shipper", "buyer")),
        ("carrier", "ACCEPT_SURRENDER", {}, ("SURRENDERED_FOR_AMENDMENT", "carrier", "buyer")),
        ("carrier", "AMEND", {"endorsee": "bank"}, ("AMENDED", "carrier", "buyer")),
        ("shipper", "ACCEPT", {}, ("ISSUED", "shipper", "bank")),
    ],
}


@pytest.mark.parametrize("life", NEGOTIABLE)
def test_a_negotiable_bill_lives(life: str) -> None:
    tell(bill("ebl-negotiable"), NEGOTIABLE[life])


@pytest.mark.parametrize("life", STRAIGHT)
def test_a_straight_bill_lives(life: str) -> None:
    tell(bill("ebl-straight"), STRAIGHT[life])


def test_an_ended_bill_takes_no_act() -> None:
    market = bill("ebl-negotiable")
    tell(market, DELIVERED)
    with pytest.raises(NoRule):
        market.do("carrier", "VOID")


def test_only_acts_that_write_content_raise_the_version() -> None:
    market = bill("ebl-negotiable")
    tell(market, AMENDED)
    assert market.control.version == 3


def test_A1_a_held_offer_dies_when_anything_else_happens() -> None:
    market = bill("ebl-negotiable")
    tell(market, ISSUED)
    held = market.sign(market.prepare("shipper", "OFFER", to="bank", endorsee="bank"), ["shipper 0"])
    market.do("shipper", "OFFER", to="buyer")
    market.do("shipper", "WITHDRAW")
    assert market.state == "ISSUED"
    with pytest.raises(StalePrevious):
        market.model.execute(held, market.now)


def test_A2_a_mere_possessor_cannot_name_an_endorsee() -> None:
    market = bill("ebl-negotiable")
    tell(market, [*ISSUED, ("shipper", "OFFER", {"to": "bank"}, ("OFFERED", "shipper", "shipper"))])
    market.do("bank", "ACCEPT")
    with pytest.raises(BadParameter) as refusal:
        market.do("bank", "OFFER", to="buyer", endorsee="buyer")
    assert refusal.value == BadParameter(parameter=2, found=market.numbers["buyer"], allowed=0)


def test_X11_an_offer_sleeps_while_its_maker_is_locked_and_can_be_taken_back() -> None:
    market = bill("ebl-negotiable")
    tell(market, [*ISSUED, ("shipper", "OFFER", {"to": "bank"}, ("OFFERED", "shipper", "shipper"))])
    market.do_party("shipper", PartyAct.LOCK)
    with pytest.raises(PartyInactive):
        market.do("bank", "ACCEPT")
    market.do("shipper", "WITHDRAW")
    assert market.state == "ISSUED"
    with pytest.raises(PartyInactive):
        market.do("shipper", "REMARK")


def test_a_frozen_record_takes_notes_only_and_the_next_act_clears_the_bit() -> None:
    market = bill("ebl-negotiable")
    tell(market, ISSUED)
    market.model.freeze(GUARDIAN, market.document, market.now + DAY, market.fresh(), market.now)
    assert market.control.frozen
    head = market.head
    market.do("carrier", "NOTICE")
    assert market.head == head
    market.pass_time(DAY)
    market.do("shipper", "REMARK")
    assert not market.control.frozen


# ---- certificates ----------------------------------------------------------------------------------------------------


def certificate() -> Market:
    market = Market("certificate-of-origin")
    market.join("exporter", "shipperOrConsignee")
    market.join("chamber", "certifier")
    market.join("customs", "customs")
    market.join("other customs", "customs")
    return market


CERTIFIED: Story = [
    ("exporter", "APPLY", {"to": "chamber"}, ("APPLIED", "exporter", "nobody")),
    ("chamber", "RETURN", {}, ("RETURNED", "exporter", "nobody")),
    ("exporter", "RESUBMIT", {}, ("APPLIED", "exporter", "nobody")),
    ("chamber", "APPROVE", {}, ("APPROVED", "exporter", "nobody")),
    ("chamber", "CERTIFY", {"endorsee": "customs"}, ("ISSUED", "exporter", "customs")),
]


def use(amount: int) -> dict[str, int]:
    return {"quantity": amount}


CERTIFICATES: dict[str, Story] = {
    "used in part, corrected, used up": [
        *CERTIFIED,
        ("customs", "USE_PART", use(400_000), ("PARTIALLY_USED", "exporter", "customs")),
        ("customs", "USE_PART", use(700_000), ("PARTIALLY_USED", "exporter", "customs")),
        ("customs", "CORRECT_USE", use(500_000), ("PARTIALLY_USED", "exporter", "customs")),
        ("customs", "USE_FULL", use(1_000_000), ("USED", "exporter", "customs")),
        ("customs", "CORRECT_USE", use(900_000), ("PARTIALLY_USED", "exporter", "customs")),
        ("chamber", "REVOKE", {}, ("REVOKED", "exporter", "customs")),
    ],
    "replaced": [*CERTIFIED, ("chamber", "REPLACE", {}, ("REPLACED", "exporter", "customs"))],
    "revoked after use": [
        *CERTIFIED,
        ("customs", "USE_FULL", use(1_000_000), ("USED", "exporter", "customs")),
        ("chamber", "REVOKE", {}, ("REVOKED", "exporter", "customs")),
    ],
    "withdrawn": [CERTIFIED[0], ("exporter", "WITHDRAW", {}, ("CANCELLED", "exporter", "nobody"))],
    "rejected": [*CERTIFIED[:2], ("chamber", "REJECT", {}, ("REJECTED", "exporter", "nobody"))],
}


@pytest.mark.parametrize("life", CERTIFICATES)
def test_a_certificate_lives(life: str) -> None:
    tell(certificate(), CERTIFICATES[life])


@pytest.mark.parametrize(
    ("verb", "amount", "allowed"),
    [("USE_PART", 399_999, 400_000), ("USE_FULL", 1_000_001, 1_000_000), ("CORRECT_USE", 400_001, 400_000)],
)
def test_quantities_go_no_further_than_the_row_says(verb: str, amount: int, allowed: int) -> None:
    market = certificate()
    tell(market, [*CERTIFIED, ("customs", "USE_PART", use(400_000), ("PARTIALLY_USED", "exporter", "customs"))])
    with pytest.raises(BadParameter) as refusal:
        market.do("customs", verb, quantity=amount)
    assert refusal.value == BadParameter(parameter=6, found=amount, allowed=allowed)


def test_X6_a_second_item_may_be_used_without_the_first_growing() -> None:
    market = certificate()
    tell(market, [*CERTIFIED, ("customs", "USE_PART", use(400_000), ("PARTIALLY_USED", "exporter", "customs"))])
    market.do("customs", "USE_PART", quantity=400_000)
    assert market.control.used == 400_000


def test_X9_only_the_named_customs_uses_a_certificate_unless_it_is_to_bearer() -> None:
    market = certificate()
    tell(market, CERTIFIED)
    with pytest.raises(NotAllowed):
        market.do("other customs", "USE_PART", quantity=1)
    free = certificate()
    tell(free, CERTIFIED[:4])
    free.do("chamber", "CERTIFY", endorsee="bearer")
    free.do("other customs", "USE_PART", quantity=1)
    assert free.control.endorsee == BEARER


def test_anybody_with_the_role_verifies_and_nothing_changes() -> None:
    market = certificate()
    tell(market, CERTIFIED)
    before = market.control, market.head
    market.do("other customs", "VERIFY")
    market.do("customs", "VERIFY")
    assert (market.control, market.head) == before


# ---- filings ---------------------------------------------------------------------------------------------------------

FILINGS: dict[str, Story] = {
    "completed": [
        ("sender", "SUBMIT", {"endorsee": "receiver"}, ("SUBMITTED", "sender", "receiver")),
        ("receiver", "DECLINE", {}, ("DECLINED", "sender", "receiver")),
        ("sender", "REVISE", {}, ("SUBMITTED", "sender", "receiver")),
        ("receiver", "ACKNOWLEDGE", {}, ("ACKNOWLEDGED", "sender", "receiver")),
        ("sender", "REVISE", {}, ("SUBMITTED", "sender", "receiver")),
        ("receiver", "ACKNOWLEDGE", {}, ("ACKNOWLEDGED", "sender", "receiver")),
        ("receiver", "COMPLETE", {}, ("COMPLETED", "sender", "receiver")),
    ],
    "cancelled": [
        ("sender", "SUBMIT", {"endorsee": "receiver"}, ("SUBMITTED", "sender", "receiver")),
        ("receiver", "ACKNOWLEDGE", {}, ("ACKNOWLEDGED", "sender", "receiver")),
        ("sender", "CANCEL", {}, ("CANCELLED", "sender", "receiver")),
    ],
}


@pytest.mark.parametrize("kind", ["shipping-instruction", "commercial-invoice"])
@pytest.mark.parametrize("life", FILINGS)
def test_a_filing_lives(life: str, kind: str) -> None:
    market = Market(kind)
    market.join("sender", "shipperOrConsignee")
    market.join("receiver", "carrier")
    tell(market, FILINGS[life])
