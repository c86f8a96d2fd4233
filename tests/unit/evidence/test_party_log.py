"""A party's log is replayed from its calls: every function of the registry, and every way to bend an entry."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from tests.support.histories import added, key
from tests.support.registry import DOMAIN, GOVERNOR, Registry, number

from portledger.domain.calls_decode import call_digest
from portledger.domain.codes import ZERO, PartyAct
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.history import PartyEntry
from portledger.evidence.party_log import replay


@cache
def a_whole_life() -> Registry:
    """Every function of the registry, each at least once."""
    town = Registry()
    town.found(["a", "b", "c"], threshold=2)
    assert town.does(PartyAct.ADD_ACCOUNT, "a", "b", value=added(key("d"), 0x04), new="d")
    assert not town.does(PartyAct.ADD_ACCOUNT, "a", value=added(key("e")))
    town.enacts(town.last_change(PartyAct.ADD_ACCOUNT, added(key("e"))), 7, "e")
    assert town.does(PartyAct.REMOVE_ACCOUNT, "d", value=added(key("d"), 0))
    assert not town.does(PartyAct.SET_THRESHOLD, "a", value=number(1))
    town.vetoes(town.last_change(PartyAct.SET_THRESHOLD, number(1)), "c")
    assert town.does(PartyAct.SET_THRESHOLD, "a", "b", value=number(3))
    assert town.does(PartyAct.ROTATE_ENCRYPTION_KEY, "a", "b", "c", value=keccak(b"new encryption"))
    assert town.does(PartyAct.BUMP_EPOCH, "a", "b", "c")
    assert town.does(PartyAct.LOCK, "b")
    assert not town.does(PartyAct.UNLOCK, "b")
    town.enacts(town.last_change(PartyAct.UNLOCK, ZERO), 2)
    assert town.does(PartyAct.LOCK, "e")
    assert town.does(PartyAct.UNLOCK, "a", "b", "c")
    town.proposes(PartyAct.SET_PROFILE, keccak(b"profile 2"))
    assert town.does(PartyAct.SET_PROFILE, "a", "b", "c", value=keccak(b"profile 2"))
    town.enacts(town.proposes(PartyAct.SET_ROLES, number(6)), 7)
    town.enacts(town.proposes(PartyAct.SET_THRESHOLD, number(2)), 14)
    town.suspends(20)
    town.reinstates()
    town.orders(PartyAct.SET_ROLES, number(7))
    cancelled = town.orders(PartyAct.SET_THRESHOLD, number(1))
    assert cancelled
    town.cancels(cancelled)
    ordered = town.orders(PartyAct.ADD_ACCOUNT, added(key("f")))
    assert ordered
    town.enacts(ordered, 30, "f")
    town.reinstates(GOVERNOR)
    assert town.does(PartyAct.BAR_RECOVERY, "a", "b")
    assert not town.does(PartyAct.UNBAR_RECOVERY, "a", "b")
    town.enacts(town.last_change(PartyAct.UNBAR_RECOVERY, ZERO), 7)
    return town


def test_every_function_of_the_registry_is_replayed_to_the_same_party() -> None:
    town = a_whole_life()
    line = town.replayed()
    assert line.words[-1] == town.parties[1]
    assert line.accounts == town.accounts
    assert line.keys[-1] == town.encryption_keys[1]
    assert line.profiles[-1] == town.profiles[1]
    assert len(line.times) == len(town.entries)


def test_a_party_at_a_time_is_what_the_last_entry_before_left() -> None:
    town = Registry()
    town.found(["a"])
    born = town.now
    town.does(PartyAct.LOCK, "a")
    line = town.replayed()
    assert line.at(born - 1) == [None]
    assert line.at(born + 1) == [line.words[0]]
    assert line.at(town.now) == [line.words[0], line.words[1]]
    assert line.at(town.now + 1) == [line.words[1]]


@pytest.mark.parametrize("member", ["digest", "profile", "encryption_key", "signers", "head"])
def test_a_digest_that_is_not_the_entry_s_is_refused(member: str) -> None:
    town = a_whole_life()
    for at, item in enumerate(town.entries):
        refused(town, at, replace(item, **{member: keccak(b"x")}))


@pytest.mark.parametrize("member", ["party_word", "account_word", "time"])
def test_a_word_or_time_that_is_not_the_entry_s_is_refused(member: str) -> None:
    town = a_whole_life()
    for at, item in enumerate(town.entries):
        refused(town, at, replace(item, **{member: getattr(item, member) + 1}))


def test_an_entry_left_out_is_refused() -> None:
    town = a_whole_life()
    for at in range(len(town.entries)):
        with pytest.raises(VerificationError) as failure:
            replay(DOMAIN, 1, town.entries[:at] + town.entries[at + 1 :], town.party_heads[1])
        assert failure.value.step == 8


def test_a_log_of_another_party_is_refused() -> None:
    town = a_whole_life()
    with pytest.raises(VerificationError):
        replay(DOMAIN, 2, town.entries, town.party_heads[1])


def test_a_log_of_another_ledger_is_refused() -> None:
    town = a_whole_life()
    with pytest.raises(VerificationError):
        replay(replace(DOMAIN, chain_id=1), 1, town.entries, town.party_heads[1])


def test_an_empty_log_is_refused() -> None:
    with pytest.raises(VerificationError) as failure:
        replay(DOMAIN, 1, [], keccak(b"head"))
    assert "incomplete" in failure.value.remedy


def test_a_call_that_does_not_decode_is_refused() -> None:
    town = a_whole_life()
    for at, item in enumerate(town.entries):
        for call in (b"", item.call[:4], bytes(4) + item.call[4:], item.call[:35]):
            refused(town, at, replace(item, call=call))


def test_X1_a_registration_with_an_account_that_did_not_consent_is_refused() -> None:
    """Even from a ledger that let it through: the consents in the call are checked again."""
    town = Registry()
    town.found(["a", "b"])
    whole = town.entries[0]
    broken = bytearray(whole.call)
    at = whole.call.rindex(b"\x1b") if b"\x1b" in whole.call[-40:] else whole.call.rindex(b"\x1c")
    broken[at - 40] ^= 1
    call = bytes(broken)
    forged = rehashed(replace(whole, call=call, digest=call_digest(call)))
    with pytest.raises(VerificationError) as failure:
        replay(DOMAIN, 1, [forged], forged.head)
    assert "consent" in failure.value.check or "Signatures" in str(failure.value.__cause__)


def rehashed(item: PartyEntry) -> PartyEntry:
    result = keccak(abi_words(item.party_word, item.profile, item.encryption_key, item.account_word))
    return replace(item, head=entry(ZERO, item.digest, result, item.signers, item.time))


def test_B4_a_party_act_that_adds_an_account_without_its_consent_is_refused() -> None:
    town = Registry()
    town.found(["a", "b"], threshold=2)
    town.does(PartyAct.ADD_ACCOUNT, "a", "b", value=added(key("c")), new="c")
    item = town.entries[1]
    refused(town, 1, replace(item, call=item.call.replace(item.call[-96:-31], bytes(65))))


def refused(town: Registry, at: int, item: Any) -> None:
    entries = [*town.entries[:at], item, *town.entries[at + 1 :]]
    with pytest.raises(VerificationError) as failure:
        replay(DOMAIN, 1, entries, town.party_heads[1])
    assert failure.value.step == 8
    assert failure.value.entry.startswith("party 1")
