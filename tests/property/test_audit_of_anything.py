"""Whatever an archive says in whatever member, an audit names it or finds the ledger's own word, and nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portledger.domain.codes import PartyAct
from portledger.domain.events import (
    ActionApplied,
    ActionRefused,
    LedgerEvent,
    NoteApplied,
    PartyChanged,
    Where,
    ledger_head,
)
from portledger.domain.hashing import abi_words, keccak
from portledger.domain.parties import account_value
from portledger.evidence.audit.replay import AuditFailed, Auditor
from portledger.formats.archive import event_line, read_event
from tests.support.chronicle import POWERS, Chronicle, fork, whole_life


@lru_cache(maxsize=1)
def life() -> Chronicle:
    return whole_life()


EVENTS = life().events
WORD, DIGEST = st.integers(0, 2**256 - 1), st.binary(min_size=32, max_size=32)
SMALL = st.integers(0, 300)


def like(value: Any) -> st.SearchStrategy[Any]:
    """Other values of the same form: far ones, and near ones."""
    if isinstance(value, Where):
        return st.builds(Where, st.integers(0, 300), st.integers(0, 2**37), SMALL, DIGEST)
    if isinstance(value, int):
        near = st.integers(0, 255).map(lambda bit: value ^ (1 << bit))
        return (SMALL | near | WORD).map(lambda found: found & _mask(value))
    if len(value) in (20, 32):
        return st.binary(min_size=len(value), max_size=len(value)) | _near(value)
    return st.binary(max_size=600) | _near(value) | st.integers(0, len(value)).map(lambda end: value[:end])


def _mask(value: int) -> int:
    """As many bits as the member may have: words stay words, small numbers small."""
    return 2**256 - 1 if value > 2**60 else 2**32 - 1 if value > 255 else 255


def _near(value: bytes) -> st.SearchStrategy[bytes]:
    def other(place: tuple[int, int]) -> bytes:
        at, byte = place[0] % max(len(value), 1), place[1]
        return value[:at] + bytes([byte]) + value[at + 1 :]

    return st.tuples(st.integers(0, 5000), st.integers(0, 255)).map(other)


@lru_cache(maxsize=1)
def stages() -> tuple[Auditor, ...]:
    """The audit of the good ledger before each of its events, and after the last."""
    found = [Auditor(life().domain, POWERS, 100)]
    for event in EVENTS:
        found.append(fork(found[-1]))
        found[-1].take(event)
    return tuple(found)


def told(events: list[LedgerEvent]) -> AuditFailed | None:
    """What an audit says of them; any other exception is a fault of the audit."""
    same = next((at for at, (a, b) in enumerate(zip(events, EVENTS, strict=False)) if a is not b), len(EVENTS))
    auditor = fork(stages()[same])
    try:
        for event in events[same:]:
            auditor.take(event)
        auditor.finish(ledger_head(b"\0" * 32, events), life().header().last_block)
    except AuditFailed as failed:
        return failed
    return None


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_any_member_of_any_event_may_be_anything(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(EVENTS) - 1))
    event = EVENTS[at]
    member = data.draw(st.sampled_from(fields(event))).name
    changed = replace(event, **{member: data.draw(like(getattr(event, member)))})
    found = told([*EVENTS[:at], changed, *EVENTS[at + 1 :]])
    if changed != event and member not in ("where", "call") and not isinstance(event, ActionRefused):
        assert found is not None, (at, member)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_the_calldata_of_a_party_s_entry_may_be_anything(data: st.DataObject) -> None:
    at = data.draw(st.sampled_from([n for n, event in enumerate(EVENTS) if isinstance(event, PartyChanged)]))
    event = EVENTS[at]
    assert isinstance(event, PartyChanged)
    other = data.draw(st.sampled_from([one.call for one in EVENTS if isinstance(one, PartyChanged)]))
    call = data.draw(
        like(event.call) | st.just(other) | st.binary(max_size=600).map(lambda tail: event.call[:4] + tail)
    )
    found = told([*EVENTS[:at], replace(event, call=call), *EVENTS[at + 1 :]])
    assert found is None or found.number >= at


@given(st.permutations(range(8)), st.integers(0, len(EVENTS) - 8))
@settings(max_examples=100, deadline=None)
def test_events_in_another_order_are_named(order: list[int], first: int) -> None:
    mixed = [EVENTS[first + at] for at in order]
    found = told([*EVENTS[:first], *mixed, *EVENTS[first + 8 :]])
    assert (found is None) == (order == list(range(8)))


@given(st.integers(0, 2**256 - 1), st.binary(max_size=200), st.sampled_from([ActionApplied, NoteApplied]))
@settings(max_examples=200, deadline=None)
def test_an_act_of_any_terms_and_signatures_is_named(
    terms: int, signatures: bytes, kind: type[ActionApplied] | type[NoteApplied]
) -> None:
    last = EVENTS[-1].where
    where = Where(last.block + 1, last.time, 0, bytes(32))
    for document in (life().document, b"\7" * 32):
        event = kind(where, document, b"\1" * 32, b"\2" * 32, 5, terms, b"\3" * 32, b"\4" * 32, b"\5" * 32, signatures)
        found = told([*EVENTS, event])
        assert found is not None
        assert found.number == len(EVENTS) + 1
        assert read_event(event_line(event)) == event


def test_every_power_s_call_with_an_odd_value_is_named() -> None:
    """Values that fit their ABI type and mean nothing."""
    at = next(n for n, e in enumerate(EVENTS) if isinstance(e, PartyChanged) and n > 40)
    event = EVENTS[at]
    assert isinstance(event, PartyChanged)
    for what in (0, int(PartyAct.SET_ROLES) + 1, 255):
        for text, size in ((b"propose", 3), (b"order", 4)):
            types = {b"propose": b"(uint32,uint8,bytes32)", b"order": b"(uint32,uint8,bytes32,bytes32)"}[text]
            words = [event.party, what, account_value(b"\1" * 20, 0), b"\2" * 32][:size]
            call = keccak(text + types)[:4] + abi_words(*words)
            assert told([*EVENTS[:at], replace(event, call=call)]) is not None
