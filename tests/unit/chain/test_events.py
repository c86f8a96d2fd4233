"""Logs become domain events; eth_abi, which knows nothing of our offsets, makes the logs."""

from dataclasses import fields
from typing import Any

import eth_abi
import pytest

from portledger.chain import events
from portledger.domain.events import ActionApplied, ActionRefused, LedgerEvent, PartyChanged, Where
from portledger.domain.hashing import keccak

INDEXED = {
    "ActionApplied": 2,
    "NoteApplied": 2,
    "ActionRefused": 0,
    "Frozen": 1,
    "Unfrozen": 1,
    "PartyChanged": 1,
    "ChangeProposed": 2,
    "ChangeVetoed": 2,
    "ChangeEnacted": 2,
    "KindDefined": 1,
    "Appointed": 1,
}
"""How many of the leading parameters are topics; ActionRefused indexes its second one alone."""
WHERE = Where(17, 1_700_000_000, 3, keccak(b"tx"))


def example(abi_type: str, place: int) -> Any:
    if abi_type == "address":
        return bytes([place + 1]) * 20
    if abi_type == "bytes32":
        return bytes([place + 1]) * 32
    if abi_type == "bytes":
        return bytes(range(65)) + bytes([place])
    return 2 ** int(abi_type.removeprefix("uint")) - 1 - place


def types_of(event: type[LedgerEvent]) -> list[str]:
    signature = events.SIGNATURES[event]
    return signature[signature.index("(") + 1 : -1].split(",")


def make_log(event: type[LedgerEvent], values: list[Any]) -> dict[str, Any]:
    types = types_of(event)
    indexed = {1} if event is ActionRefused else set(range(INDEXED[event.__name__]))
    data = [place for place in range(len(types)) if place not in indexed]
    topics = [events.TOPICS[event]] + [eth_abi.encode([types[place]], [values[place]]) for place in sorted(indexed)]
    return {
        "topics": ["0x" + topic.hex() for topic in topics],
        "data": "0x" + eth_abi.encode([types[place] for place in data], [values[place] for place in data]).hex(),
        "blockNumber": hex(WHERE.block),
        "logIndex": hex(WHERE.index),
        "transactionHash": "0x" + WHERE.tx.hex(),
    }


@pytest.mark.parametrize("event", events.SIGNATURES, ids=lambda event: event.__name__)
def test_every_event_is_read_back_from_its_log(event: type[LedgerEvent]) -> None:
    values = [example(abi_type, place) for place, abi_type in enumerate(types_of(event))]
    found = events.decode(make_log(event, values), WHERE.time)
    assert type(found) is event
    assert (found.block, found.time, found.index, found.tx) == (17, 1_700_000_000, 3, keccak(b"tx"))
    assert [getattr(found, field.name) for field in fields(found)[1:]] == values


def test_an_applied_act_is_the_signed_act_again() -> None:
    values = [example(abi_type, place) for place, abi_type in enumerate(types_of(ActionApplied))]
    values[4] = 0x0101 | 9 << 16 | 7 << 24
    found = events.decode(make_log(ActionApplied, values), 0)
    assert isinstance(found, ActionApplied)
    signed = found.signed(previous=bytes(32))
    assert (signed.action.kind, signed.action.verb, signed.action.actor) == (0x0101, 9, 7)
    assert signed.action.terms() == values[4]
    assert signed.signatures == values[8]


@pytest.mark.parametrize("length", [0, 31, 32, 33, 5000])
def test_a_call_of_any_length_comes_whole(length: int) -> None:
    values = [example(abi_type, place) for place, abi_type in enumerate(types_of(PartyChanged))]
    values[8] = bytes(n % 251 for n in range(length))
    found = events.decode(make_log(PartyChanged, values), 0)
    assert isinstance(found, PartyChanged)
    assert found.call == values[8]


def test_a_foreign_log_is_refused() -> None:
    values = [example(abi_type, place) for place, abi_type in enumerate(types_of(ActionApplied))]
    log = make_log(ActionApplied, values)
    for wrong in (
        {**log, "topics": []},
        {**log, "topics": ["0x" + "00" * 32, *log["topics"][1:]]},
        {**log, "topics": log["topics"][:2]},
        {**log, "data": log["data"][:100]},
    ):
        with pytest.raises(events.UnknownLog):
            events.decode(wrong, 0)
