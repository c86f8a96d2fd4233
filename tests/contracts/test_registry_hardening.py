"""What could be turned against a party through its own registry, and no longer can (docs/adr/0012)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.contracts.twin import ANYBODY, DETAIL, GOVERNOR, Member, Twin, hexed

from portledger.domain.codes import DAY, FULL_SCOPE, PartyAct
from portledger.domain.errors import BadParameter, NotReady, PartyInactive, SignaturesRefused
from portledger.domain.events import ChangeEnacted
from portledger.domain.hashing import abi_words, keccak
from portledger.domain.parties import MAX_FULL, Party, account_value
from portledger.domain.signatures import address_of

NEW = keccak(b"new account")
ADD = account_value(address_of(NEW), FULL_SCOPE)
ENACT, ORDER, CANCEL = "enact(bytes32,bytes)", "order(uint32,uint8,bytes32,bytes32)", "cancelOrder(bytes32)"
ONE, TWO = abi_words(1), abi_words(2)


@pytest.fixture
def firm(twin: Twin) -> Member:
    return twin.member("firm", 1, accounts=3, threshold=2)


@pytest.fixture
def small(twin: Twin) -> Member:
    """Two accounts, of which one is enough."""
    return twin.member("small", 1, accounts=2, threshold=1)


def word(twin: Twin, member: Member) -> Party:
    assert twin.number("party(uint32)", member.id) == twin.model.parties[member.id].pack()
    return twin.model.parties[member.id]


# ---- LOCK ------------------------------------------------------------------------------------------------------------


def test_a_thief_with_one_key_cannot_overtake_a_lock_by_bumping_the_epoch(twin: Twin, small: Member) -> None:
    nonce = word(twin, small).unlocks
    thief, owner = small.keys
    for _ in range(3):
        assert twin.party_act(small, PartyAct.BUMP_EPOCH, keys=[thief]) is None
    assert twin.party_act(small, PartyAct.LOCK, keys=[owner], nonce=nonce) is None
    assert word(twin, small).locked


def test_a_change_enacted_meanwhile_does_not_spend_a_signed_lock(twin: Twin, small: Member) -> None:
    nonce = word(twin, small).unlocks
    assert twin.party_act(small, PartyAct.SET_THRESHOLD, TWO) is None
    twin.advance(7 * DAY)
    assert twin.power(ANYBODY, ENACT, twin.newest_change(), b"") is None
    assert twin.party_act(small, PartyAct.LOCK, keys=small.keys[1:], nonce=nonce) is None


def test_a_lock_is_spent_by_the_unlocking_after_it(twin: Twin, firm: Member) -> None:
    for at_once in (True, False):
        nonce = word(twin, firm).unlocks
        assert twin.party_act(firm, PartyAct.LOCK, nonce=nonce) is None
        assert twin.party_act(firm, PartyAct.LOCK, nonce=nonce) == PartyInactive(party=firm.id, why=3)
        assert twin.party_act(firm, PartyAct.UNLOCK, keys=firm.keys[: 2 if at_once else 1]) is None
        if not at_once:
            twin.advance(2 * DAY)
            assert twin.power(ANYBODY, ENACT, twin.newest_change(), b"") is None
        assert word(twin, firm).unlocks == nonce + 1
        again = twin.party_act(firm, PartyAct.LOCK, nonce=nonce)
        assert again == SignaturesRefused(party=firm.id, given=0, needed=1)


# ---- UNLOCK ----------------------------------------------------------------------------------------------------------


def test_an_unlocking_that_waits_ends_with_the_lock_it_was_about(twin: Twin, firm: Member) -> None:
    assert twin.party_act(firm, PartyAct.LOCK) is None
    assert twin.party_act(firm, PartyAct.UNLOCK) is None
    stale = twin.newest_change()
    assert twin.party_act(firm, PartyAct.UNLOCK, keys=firm.keys[:2]) is None
    assert [event.change_id for event in twin.events() if isinstance(event, ChangeEnacted)] == [stale]
    twin.advance(2 * DAY)
    assert twin.party_act(firm, PartyAct.LOCK) is None
    refusal = NotReady(ready_at=twin.model.changes[stale].ready_at)
    assert twin.power(ANYBODY, ENACT, stale, b"") == refusal
    assert word(twin, firm).locked
    # Its place is free for the next one.
    assert twin.party_act(firm, PartyAct.UNLOCK) is None
    twin.advance(2 * DAY)
    assert twin.power(ANYBODY, ENACT, twin.newest_change(), b"") is None
    assert not word(twin, firm).locked


def test_an_unlocking_that_lapsed_is_left_as_it_is(twin: Twin, firm: Member) -> None:
    assert twin.party_act(firm, PartyAct.LOCK) is None
    assert twin.party_act(firm, PartyAct.UNLOCK) is None
    twin.advance(16 * DAY + 1)
    assert twin.party_act(firm, PartyAct.UNLOCK, keys=firm.keys[:2]) is None
    assert [event for event in twin.events() if isinstance(event, ChangeEnacted)] == []


# ---- orders ----------------------------------------------------------------------------------------------------------


def test_taking_one_order_back_leaves_the_other_s_suspension(twin: Twin, firm: Member) -> None:
    assert twin.power(GOVERNOR, ORDER, firm.id, PartyAct.ADD_ACCOUNT, ADD, DETAIL) is None
    first = twin.newest_change()
    assert twin.power(GOVERNOR, ORDER, firm.id, PartyAct.SET_THRESHOLD, ONE, DETAIL) is None
    second = twin.newest_change()
    until = word(twin, firm).suspended_until
    assert twin.power(GOVERNOR, CANCEL, first) is None
    assert word(twin, firm).suspended_until == until
    assert twin.power(GOVERNOR, CANCEL, second) is None
    assert not word(twin, firm).suspended(twin.time)


def test_an_order_that_was_enacted_suspends_to_the_end_of_its_window(twin: Twin, firm: Member) -> None:
    assert twin.power(GOVERNOR, ORDER, firm.id, PartyAct.SET_THRESHOLD, ONE, DETAIL) is None
    first = twin.newest_change()
    twin.advance(30 * DAY)
    assert twin.power(ANYBODY, ENACT, first, b"") is None
    assert twin.power(GOVERNOR, ORDER, firm.id, PartyAct.ADD_ACCOUNT, ADD, DETAIL) is None
    assert twin.power(GOVERNOR, CANCEL, twin.newest_change()) is None
    assert word(twin, firm).suspended(twin.time)


# ---- threshold and accounts ------------------------------------------------------------------------------------------


def test_what_was_half_signed_is_not_completed_by_a_lower_threshold(twin: Twin, firm: Member) -> None:
    epoch = word(twin, firm).epoch
    assert twin.party_act(firm, PartyAct.SET_THRESHOLD, ONE, keys=firm.keys[:2]) is None
    after = word(twin, firm)
    assert (after.threshold, after.epoch) == (1, epoch + 1)


def test_full_accounts_have_an_end_far_from_the_next_field(twin: Twin, firm: Member) -> None:
    place = keccak(abi_words(firm.id, 0))
    for accounts, refusal in (
        (MAX_FULL - 1, None),
        (MAX_FULL, BadParameter(parameter=17, found=MAX_FULL + 1, allowed=MAX_FULL)),
    ):
        party = replace(twin.model.parties[firm.id], accounts=accounts)
        packed = party.pack().to_bytes(32, "big")
        twin.rpc("anvil_setStorageAt", hexed(twin.address), hexed(place), hexed(packed))
        twin.model.parties[firm.id] = party
        key = keccak(abi_words(accounts))
        value = account_value(address_of(key), FULL_SCOPE)
        assert twin.party_act(firm, PartyAct.ADD_ACCOUNT, value, firm.keys[:2], consent_key=key) == refusal
    assert word(twin, firm).accounts == MAX_FULL
    narrow = account_value(address_of(NEW), 4)
    assert twin.party_act(firm, PartyAct.ADD_ACCOUNT, narrow, firm.keys[:2], consent_key=NEW) is None
    assert word(twin, firm).unlocks == 0
