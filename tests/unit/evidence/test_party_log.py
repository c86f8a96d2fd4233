"""A party's log is replayed from its calls: every function of the registry, and every way to bend an entry."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from eth_abi.abi import encode
from tests.support.histories import added, key, party_act_call, register_call, selector

from portledger.domain.actions import AccountConsent, Domain, PartyAction, Registration, SignedPartyAction, Veto
from portledger.domain.calls_decode import call_digest
from portledger.domain.codes import DAY, FULL_SCOPE, ZERO, PartyAct, Role
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.model import Ledger
from portledger.domain.parties import Account, Party, change_id
from portledger.domain.signatures import address_of, join, sign
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.history import PartyEntry
from portledger.evidence.party_log import PartyTimeline, replay

DOMAIN = Domain(1337, bytes.fromhex("5f" * 20), keccak(b"salt"))
GOVERNOR, REGISTRAR, GUARDIAN = (bytes([byte]) * 20 for byte in (0x10, 0x11, 0x12))


class Registry(Ledger):
    """The model of the registry, with the events that the contract would emit; one party, number 1."""

    def __init__(self) -> None:
        super().__init__(DOMAIN, GOVERNOR, REGISTRAR, GUARDIAN)
        self.now = 1_800_000_000
        self.calldata = b""
        self.entries: list[PartyEntry] = []

    def _log(
        self, party: int, word: Party, digest: bytes, touched: tuple[bytes, Account] | None, signers: bytes, now: int
    ) -> None:
        super()._log(party, word, digest, touched, signers, now)
        self.entries.append(
            PartyEntry(
                digest,
                word.pack(),
                self.profiles[party],
                self.encryption_keys[party],
                touched[1].pack() if touched else 0,
                signers,
                self.party_heads[party],
                self.calldata,
                now,
            )
        )

    def called(self, text: str, *values: int | bytes) -> bytes:
        """Sets the calldata of a call of static values, an hour later; its digest."""
        self.now += 3600
        self.calldata = selector(text) + abi_words(*values)
        return call_digest(self.calldata)

    def with_bytes(self, text: str, change: bytes, tail: bytes) -> bytes:
        self.now += 3600
        self.calldata = selector(text) + encode(["bytes32", "bytes"], [change, tail])
        return call_digest(self.calldata)

    def found(self, names: list[str], threshold: int = 1, scopes: dict[str, int] | None = None) -> None:
        """Registers the party with these accounts."""
        keys = sorted((key(name) for name in names), key=address_of)
        by_address = {address_of(key(name)): (scopes or {}).get(name, FULL_SCOPE) for name in names}
        bare = Registration(
            keccak(b"profile"), int(Role.CARRIER), keccak(b"encryption"), threshold, False,
            tuple(map(address_of, keys)), tuple(by_address[address_of(one)] for one in keys),
        )  # fmt: skip
        consents = tuple(
            sign(AccountConsent(1, address_of(one), by_address[address_of(one)], bare.digest()).digest(DOMAIN), one)
            for one in keys
        )
        whole = replace(bare, consents=consents)
        self.calldata = register_call(whole)
        self.register(REGISTRAR, whole, self.now, call_digest(self.calldata))

    def does(self, what: PartyAct, *names: str, value: bytes = ZERO, new: str = "") -> bool:
        self.now += 3600
        nonce = self.parties[1].epoch if what is PartyAct.LOCK else self.nonces.get(1, 0)
        act = PartyAction(1, nonce, what, value, self.now + DAY)
        digest = act.digest(DOMAIN)
        consent = b""
        if new:
            consent = sign(AccountConsent(1, value[12:], value[11], digest).digest(DOMAIN), key(new))
        signatures = join(digest, [key(name) for name in names])
        self.calldata = party_act_call(act, signatures, consent)
        return self.party_act(SignedPartyAction(act, signatures, consent), self.now)

    def proposes(self, what: PartyAct, value: bytes) -> bytes:
        digest = self.called("propose(uint32,uint8,bytes32)", 1, int(what), value)
        return self.propose(REGISTRAR, 1, what, value, self.now, digest)

    def orders(self, what: PartyAct, value: bytes) -> bytes | None:
        order = keccak(b"order")
        digest = self.called("order(uint32,uint8,bytes32,bytes32)", 1, int(what), value, order)
        return self.order(GOVERNOR, 1, what, value, order, self.now, digest)

    def enacts(self, change: bytes, days: int, new: str = "") -> None:
        self.now += days * DAY
        consent = b""
        if new:
            value = self.changes[change].value
            consent = sign(AccountConsent(1, value[12:], value[11], change).digest(DOMAIN), key(new))
        digest = self.with_bytes("enact(bytes32,bytes)", change, consent)
        self.enact(change, consent, self.now, digest)

    def vetoes(self, change: bytes, name: str) -> None:
        signature = sign(Veto(1, change).digest(DOMAIN), key(name))
        self.with_bytes("veto(bytes32,bytes)", change, signature)
        self.veto(change, signature, self.now)

    def suspends(self, days: int) -> None:
        until = self.now + 3600 + days * DAY
        self.suspend(REGISTRAR, 1, until, self.now + 3600, self.called("suspend(uint32,uint40)", 1, until))

    def reinstates(self, sender: bytes = REGISTRAR) -> None:
        digest = self.called("reinstate(uint32)", 1)
        self.reinstate(sender, 1, self.now, digest)

    def cancels(self, change: bytes) -> None:
        digest = self.called("cancelOrder(bytes32)", change)
        self.cancel_order(GOVERNOR, change, self.now, digest)

    def last_change(self, what: PartyAct, value: bytes) -> bytes:
        return change_id(1, what, value, self.entries[-2].head)

    def replayed(self) -> PartyTimeline:
        return replay(DOMAIN, 1, self.entries, self.party_heads[1])


def number(value: int) -> bytes:
    return value.to_bytes(32, "big")


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
        for call in (b"", item.call[:4], bytes(4) + item.call[4:], item.call[:-32]):
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
