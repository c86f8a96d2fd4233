"""partyAct: what a party does to itself, at once with enough signatures, delayed with one."""

from __future__ import annotations

import pytest
from tests.contracts.twin import ANYBODY, REGISTRAR, Member, Twin

from portledger.domain.codes import DAY, FULL_SCOPE, Scope
from portledger.domain.errors import (
    AccountTaken,
    BadConsent,
    BadParameter,
    ChangeOpen,
    DeadlineTooFar,
    Expired,
    NotReady,
    PartyInactive,
    ScopeMissing,
    SignaturesRefused,
)
from portledger.domain.hashing import keccak
from portledger.domain.parties import account_value
from portledger.domain.signatures import address_of

NEW = keccak(b"new account")
ADD = account_value(address_of(NEW), FULL_SCOPE)
ONE = (1).to_bytes(32, "big")
TWO = (2).to_bytes(32, "big")


@pytest.fixture
def firm(twin: Twin) -> Member:
    return twin.member("firm", 1, accounts=3, threshold=2)


def word(twin: Twin, member: Member):  # type: ignore[no-untyped-def]
    assert twin.number("party(uint32)", member.id) == twin.model.parties[member.id].pack()
    assert twin.number("partyNonce(uint32)", member.id) == twin.model.nonces.get(member.id, 0)
    return twin.model.parties[member.id]


def test_two_signatures_add_an_account_at_once_with_its_consent(twin: Twin, firm: Member) -> None:
    two = firm.keys[:2]
    assert twin.party_act(firm, 1, ADD, two) == BadConsent(account=address_of(NEW))
    assert twin.party_act(firm, 1, ADD, two, consent_key=keccak(b"other")) == BadConsent(account=address_of(NEW))
    assert twin.party_act(firm, 1, ADD, two, consent_key=NEW) is None
    assert word(twin, firm).accounts == 4
    assert twin.party_act(firm, 1, ADD, two, consent_key=NEW) == AccountTaken(account=address_of(NEW))


def test_one_signature_makes_a_change_of_seven_days(twin: Twin, firm: Member) -> None:
    ready = twin.time + 7 * DAY
    assert twin.party_act(firm, 1, ADD) is None
    change = twin.newest_change()
    other = account_value(address_of(keccak(b"other")), FULL_SCOPE)
    assert twin.party_act(firm, 1, other) == ChangeOpen(change_id=change, until=ready + 14 * DAY)
    consent = twin.consent(firm.id, ADD, change, NEW)
    assert twin.power(ANYBODY, "enact(bytes32,bytes)", change, consent) == NotReady(ready_at=ready)
    twin.advance(7 * DAY)
    assert twin.power(ANYBODY, "enact(bytes32,bytes)", change, b"") == BadConsent(account=address_of(NEW))
    assert twin.power(ANYBODY, "enact(bytes32,bytes)", change, consent) is None
    assert word(twin, firm).epoch == 2
    assert twin.power(ANYBODY, "enact(bytes32,bytes)", change, consent) == NotReady(ready_at=ready)


def test_accounts_are_removed_but_never_below_the_threshold(twin: Twin, firm: Member) -> None:
    value = account_value(firm.accounts[2])
    assert twin.party_act(firm, 2, value, firm.keys[:2]) is None
    assert word(twin, firm).accounts == 2
    assert twin.party_act(firm, 2, value, firm.keys[:2]) == BadParameter(
        parameter=21, found=int.from_bytes(value, "big"), allowed=0
    )
    refused = twin.party_act(firm, 2, account_value(firm.accounts[1]), firm.keys[:2])
    assert refused == BadParameter(parameter=17, found=1, allowed=2)


def test_an_account_of_any_scope_removes_itself_alone(twin: Twin) -> None:
    firm = twin.member("mixed", 1, accounts=2, scopes=(FULL_SCOPE, int(Scope.FILING)))
    value = account_value(firm.accounts[1])
    other = twin.party_act(firm, 2, account_value(firm.accounts[0]), firm.keys[1:])
    assert isinstance(other, BadParameter)
    assert twin.party_act(firm, 2, value, firm.keys[1:]) is None
    assert not twin.model.accounts[firm.accounts[1]].active


def test_the_threshold_follows_the_full_accounts(twin: Twin, firm: Member) -> None:
    assert twin.party_act(firm, 3, (4).to_bytes(32, "big"), firm.keys[:2]) == BadParameter(
        parameter=17, found=4, allowed=3
    )
    assert twin.party_act(firm, 3, (16).to_bytes(32, "big"), firm.keys[:2]) == BadParameter(
        parameter=21, found=16, allowed=15
    )
    assert twin.party_act(firm, 3, bytes(32), firm.keys[:2]) == BadParameter(parameter=21, found=0, allowed=15)
    assert twin.party_act(firm, 3, ONE, firm.keys[:2]) is None
    assert word(twin, firm).threshold == 1


def test_a_profile_is_set_only_where_the_registrar_proposes_the_same(twin: Twin, firm: Member) -> None:
    new = keccak(b"new profile")
    assert twin.party_act(firm, 4, new, firm.keys[:2]) == NotReady(ready_at=0)
    assert twin.power(REGISTRAR, "propose(uint32,uint8,bytes32)", firm.id, 4, new) is None
    assert twin.party_act(firm, 4, keccak(b"else"), firm.keys[:2]) == NotReady(ready_at=0)
    assert twin.party_act(firm, 4, new, firm.keys[:2]) is None
    assert twin.read("profile(uint32)", firm.id) == new
    assert twin.party_act(firm, 4, new, firm.keys[:2]) == NotReady(ready_at=0)


def test_the_encryption_key_is_rotated_and_the_epoch_bumped_at_once(twin: Twin, firm: Member) -> None:
    assert twin.party_act(firm, 5, NEW, firm.keys[:1]) == SignaturesRefused(party=firm.id, given=1, needed=2)
    assert twin.party_act(firm, 5, NEW, firm.keys[:2]) is None
    assert twin.read("encryptionKey(uint32)", firm.id) == NEW
    assert twin.party_act(firm, 6, keys=firm.keys[:2]) is None
    assert word(twin, firm).epoch == 2


def test_lock_and_unlock(twin: Twin, firm: Member) -> None:
    assert twin.party_act(firm, 8, keys=firm.keys[:2]) == BadParameter(parameter=23, found=0, allowed=1)
    assert twin.party_act(firm, 7) is None
    assert twin.party_act(firm, 7) == PartyInactive(party=firm.id, why=3)
    assert twin.party_act(firm, 5, NEW, firm.keys[:2]) == PartyInactive(party=firm.id, why=3)
    with twin.undone():
        assert twin.party_act(firm, 8, keys=firm.keys[:2]) is None
        assert not word(twin, firm).locked
        assert word(twin, firm).epoch == 2
    assert twin.party_act(firm, 8) is None  # one signature: two days
    change = twin.newest_change()
    twin.advance(2 * DAY)
    assert twin.power(ANYBODY, "enact(bytes32,bytes)", change, b"") is None
    assert not word(twin, firm).locked


def test_a_title_account_may_lock_and_a_filing_account_may_not(twin: Twin) -> None:
    firm = twin.member("desks", 1, accounts=3, scopes=(FULL_SCOPE, int(Scope.TITLE), int(Scope.FILING)))
    assert twin.party_act(firm, 7, keys=firm.keys[2:]) == ScopeMissing(account=firm.accounts[2], scope=1, needed=132)
    assert twin.party_act(firm, 6, keys=firm.keys[1:2]) == ScopeMissing(account=firm.accounts[1], scope=4, needed=128)
    assert twin.party_act(firm, 7, keys=firm.keys[1:2]) is None


def test_recovery_is_barred_with_three_accounts_and_unbarred_after_seven_days(twin: Twin, firm: Member) -> None:
    shipper = twin.members["shipper"]
    assert twin.party_act(shipper, 9) == BadParameter(parameter=18, found=1, allowed=3)
    assert twin.party_act(firm, 10, keys=firm.keys[:2]) == BadParameter(parameter=23, found=0, allowed=1)
    assert twin.party_act(firm, 9, keys=firm.keys[:2]) is None
    assert twin.party_act(firm, 9, keys=firm.keys[:2]) == BadParameter(parameter=23, found=1, allowed=0)
    assert twin.party_act(firm, 10, keys=firm.keys[:2]) is None
    assert word(twin, firm).recovery_barred
    twin.advance(7 * DAY)
    assert twin.power(ANYBODY, "enact(bytes32,bytes)", twin.newest_change(), b"") is None
    assert not word(twin, firm).recovery_barred


def test_what_is_malformed_is_refused(twin: Twin, firm: Member) -> None:
    two, now = firm.keys[:2], twin.time
    assert twin.party_act(Member(99, firm.keys), 6) == PartyInactive(party=99, why=1)
    for what in (0, 11, 12):
        assert twin.party_act(firm, what, keys=two) == BadParameter(parameter=20, found=what, allowed=10)
    assert twin.party_act(firm, 6, keys=two, deadline=now - 1) == Expired(deadline=now - 1, time=now)
    far = now + 30 * DAY + 1
    assert twin.party_act(firm, 6, keys=two, deadline=far) == DeadlineTooFar(deadline=far, latest=far - 1)
    for what, value in (
        (1, account_value(bytes(20), 255)), (1, account_value(address_of(NEW), 0)), (1, b"\1" + ADD[1:]),
        (2, ADD), (4, bytes(32)), (5, bytes(32)), (6, ONE), (7, ONE), (8, ONE), (9, ONE), (10, ONE),
    ):  # fmt: skip
        assert twin.party_act(firm, what, value, two) == BadParameter(
            parameter=21, found=int.from_bytes(value, "big"), allowed=0
        )
    for signatures, given in ((b"", 0), (bytes(64), 0), (bytes(65 * 16), 16), (bytes(66), 1), (bytes(130), 0)):
        assert twin.party_act(firm, 6, signatures=signatures) == SignaturesRefused(party=firm.id, given=given, needed=2)


def test_a_used_nonce_is_a_strangers_signature(twin: Twin, firm: Member) -> None:
    assert twin.party_act(firm, 6, keys=firm.keys[:2], nonce=1) == SignaturesRefused(party=firm.id, given=0, needed=2)


def test_while_suspended_a_party_may_only_protect_itself(twin: Twin, firm: Member) -> None:
    two = firm.keys[:2]
    assert twin.power(REGISTRAR, "suspend(uint32,uint40)", firm.id, twin.time + DAY) is None
    for what, value in ((1, ADD), (3, TWO), (4, NEW), (5, NEW), (9, bytes(32)), (10, bytes(32))):
        assert twin.party_act(firm, what, value, two) == PartyInactive(party=firm.id, why=2)
    assert twin.party_act(firm, 6, keys=two) is None
    assert twin.party_act(firm, 2, account_value(firm.accounts[2]), two) is None
    assert twin.party_act(firm, 7) is None
    assert twin.party_act(firm, 8, keys=two) is None
