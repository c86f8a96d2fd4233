"""register: the registrar admits a party whose every account agreed to the whole registration."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.contracts.twin import GOVERNOR, KEY, PROFILE, Twin

from portledger.domain.codes import FULL_SCOPE
from portledger.domain.errors import AccountTaken, BadConsent, BadParameter, PowerMissing, TooLong
from portledger.domain.hashing import keccak
from portledger.domain.signatures import address_of

THREE = [keccak(f"new {n}".encode()) for n in range(3)]


def test_ids_ascend_and_every_word_is_stored(twin: Twin) -> None:
    last = twin.number("lastParty()")
    member = twin.member("new", 5, accounts=3, threshold=2, recovery_barred=True)
    assert member.id == last + 1 == twin.number("lastParty()")
    assert twin.number("party(uint32)", member.id) == twin.model.parties[member.id].pack()
    assert twin.read("profile(uint32)", member.id) == PROFILE
    assert twin.read("encryptionKey(uint32)", member.id) == KEY
    assert twin.read("partyHead(uint32)", member.id) == twin.model.party_heads[member.id]
    for account in member.accounts:
        assert twin.number("account(address)", "0x" + account.hex()) == twin.model.accounts[account].pack()


def test_only_the_registrar_registers(twin: Twin) -> None:
    assert twin.register(twin.registration(THREE), GOVERNOR) == PowerMissing(power=2, sender=GOVERNOR)


def test_more_than_fifteen_accounts_are_too_many(twin: Twin) -> None:
    keys = [keccak(f"many {n}".encode()) for n in range(16)]
    assert twin.register(twin.registration(keys)) == TooLong(found=16, allowed=15)
    assert twin.register(twin.registration(keys[:15], threshold=15)) is None


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scopes": (255, 255)}, BadParameter(parameter=16, found=2, allowed=3)),
        ({"consents": (b"", b"")}, BadParameter(parameter=16, found=2, allowed=3)),
        ({"threshold": 0}, BadParameter(parameter=17, found=0, allowed=3)),
        ({"threshold": 4}, BadParameter(parameter=17, found=4, allowed=3)),
        ({"scopes": (255, 4, 1), "threshold": 2}, BadParameter(parameter=17, found=2, allowed=1)),
        ({"recovery_barred": True}, BadParameter(parameter=18, found=1, allowed=0)),
        (
            {"recovery_barred": True, "scopes": (255, 255, 4), "threshold": 2},
            BadParameter(parameter=18, found=1, allowed=0),
        ),
        ({"scopes": (255, 0, 255)}, BadParameter(parameter=19, found=0, allowed=0)),
    ],
)  # fmt: skip
def test_a_registration_that_cannot_stand_is_refused(twin, changed, error) -> None:  # type: ignore[no-untyped-def]
    assert twin.register(twin.registration(THREE, **changed)) == error


def test_an_account_belongs_to_one_party_for_ever(twin: Twin) -> None:
    taken = twin.members["shipper"].keys[0]
    assert twin.register(twin.registration([taken])) == AccountTaken(account=address_of(taken))
    twice = twin.registration([THREE[0], THREE[0]])
    assert twin.register(twice) == AccountTaken(account=address_of(THREE[0]))
    nobody = replace(twin.registration(THREE[:1]), accounts=(bytes(20),))
    assert twin.register(nobody) == AccountTaken(account=bytes(20))


def test_a_consent_is_the_accounts_own_and_for_all_of_the_registration(twin: Twin) -> None:
    honest = twin.registration(THREE)
    first = address_of(THREE[0])
    for changed in (
        {"profile": keccak(b"x")}, {"roles": 2}, {"encryption_key": keccak(b"x")}, {"threshold": 2},
        {"scopes": (FULL_SCOPE, FULL_SCOPE, 4)}, {"consents": (b"", *honest.consents[1:])},
        {"consents": (honest.consents[1], *honest.consents[1:])},
    ):  # fmt: skip
        assert twin.register(replace(honest, **changed)) == BadConsent(account=first)
    assert twin.register(honest) is None
