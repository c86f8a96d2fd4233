"""Any single byte that is changed is noticed: of acts, notes, freezes, party logs and the ledger's word."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.histories import Town, bill_of_lading, certificate

from portledger.domain.calls_decode import PartyActCall, VetoCall, decode_call
from portledger.domain.codes import PartyAct
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.history import Act, Freeze, History, PartyEntry
from portledger.evidence.verify import verify

TOWNS = (bill_of_lading, certificate)
LENGTHS = {"control": 32, "party_word": 32, "account_word": 32, "time": 5, "until": 5}
"""Bytes of members that are integers; members of an action have those of their ABI type."""
UNBOUND = {"block"}
"""For the reader only: no hash covers a block's number."""
ACTION = {"kind": 2, "verb": 1, "actor": 4, "epoch": 4, "counterparty": 4, "endorsee": 4, "quantity": 3, "deadline": 5}


@cache
def town(at: int) -> Town:
    return TOWNS[at]()


def flipped(value: Any, length: int, at: int, mask: int) -> Any:
    """The value with one byte changed by a mask that is not 0."""
    raw = bytearray(value if isinstance(value, bytes) else value.to_bytes(length, "big"))
    raw[at % len(raw)] ^= mask
    return bytes(raw) if isinstance(value, bytes) else int.from_bytes(raw, "big")


def changed(item: Any, member: int, at: int, mask: int) -> Any:
    """An entry with one byte of one member changed; of an act's action as well."""
    action = item.action if isinstance(item, Act) else None
    names = [field.name for field in fields(item) if field.name not in UNBOUND | {"action"}]
    inner = [field.name for field in fields(action)] if action else []
    inner = [name for name in inner if getattr(action, name) != b""]
    names = [name for name in names if getattr(item, name) != b""]
    name = (names + inner)[member % (len(names) + len(inner))]
    if name in names:
        return replace(item, **{name: flipped(getattr(item, name), LENGTHS.get(name, 0), at, mask)})
    assert action is not None
    return replace(
        item, action=replace(action, **{name: flipped(getattr(action, name), ACTION.get(name, 0), at, mask)})
    )


BYTES = {"member": st.integers(0, 63), "at": st.integers(0, 2047), "mask": st.integers(1, 255)}


@settings(max_examples=300, deadline=None)
@given(which=st.integers(0, 1), entry=st.integers(0, 63), **BYTES)
def test_a_single_byte_of_an_entry_is_noticed(which: int, entry: int, member: int, at: int, mask: int) -> None:
    history = town(which).history()
    entries: list[Act | Freeze] = list(history.entries)
    place = entry % len(entries)
    entries[place] = changed(entries[place], member, at, mask)
    refused(replace(history, entries=tuple(entries)), which)


@settings(max_examples=150, deadline=None)
@given(which=st.integers(0, 1), entry=st.integers(0, 63), **BYTES)
def test_a_single_byte_of_a_note_is_noticed(which: int, entry: int, member: int, at: int, mask: int) -> None:
    history = town(which).history()
    notes = list(history.notes)
    place = entry % len(notes)
    notes[place] = changed(notes[place], member, at, mask)
    refused(replace(history, notes=tuple(notes)), which)


@settings(max_examples=400, deadline=None)
@given(which=st.integers(0, 1), party=st.integers(0, 63), entry=st.integers(0, 63), **BYTES)
def test_a_single_byte_of_a_party_log_is_noticed_or_means_nothing(
    which: int, party: int, entry: int, member: int, at: int, mask: int
) -> None:
    history = town(which).history()
    number = sorted(history.parties)[party % len(history.parties)]
    log: list[PartyEntry] = list(history.parties[number])
    place = entry % len(log)
    before = log[place]
    log[place] = changed(before, member, at, mask)
    if same_meaning(before.call, log[place].call) and replace(log[place], call=before.call) == before:
        return
    refused(replace(history, parties={**history.parties, number: tuple(log)}), which)


@settings(max_examples=150, deadline=None)
@given(which=st.integers(0, 1), name=st.sampled_from(("control", "head", "notes_head", "kind_digest")), **BYTES)
def test_a_single_byte_of_the_ledger_s_word_is_noticed(which: int, name: str, member: int, at: int, mask: int) -> None:
    facts = town(which).facts()
    value = getattr(facts, name)
    with pytest.raises(VerificationError):
        verify(town(which).history(), replace(facts, **{name: flipped(value, 32, at, mask)}))


def same_meaning(first: bytes, second: bytes) -> bool:
    """Whether two calls differ only in what is signed by nobody and read by nobody: padding, an unused consent.

    Calls of powers are hashed whole, so for them every byte counts.
    """
    try:
        one, other = decode_call(first), decode_call(second)
    except InvalidInput:
        return False
    if isinstance(one, PartyActCall) and isinstance(other, PartyActCall) and one.what != PartyAct.ADD_ACCOUNT:
        one, other = replace(one, consent=b""), replace(other, consent=b"")
    return isinstance(one, PartyActCall | VetoCall) and one == other


def refused(history: History, which: int) -> None:
    """Refused, and by a VerificationError: no other exception may come out."""
    with pytest.raises(VerificationError) as failure:
        verify(history, town(which).facts())
    assert isinstance(failure.value, PortledgerError)
