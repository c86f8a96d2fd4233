"""Logs of the chain -> domain events, by fixed offsets.

An act's event is decoded in a few microseconds: one hex conversion, then slices. Topics are computed from the ABI
signatures below; a test holds them to the contract's ABI.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from portledger.chain.rpc import ChainError, Rpc
from portledger.domain.events import (
    ActionApplied,
    ActionRefused,
    Appointed,
    ChangeEnacted,
    ChangeProposed,
    ChangeVetoed,
    Frozen,
    KindDefined,
    LedgerEvent,
    NoteApplied,
    PartyChanged,
    Unfrozen,
    Where,
)
from portledger.domain.hashing import keccak


class UnknownLog(ChainError):
    """A log of the ledger's address is none of the ledger's events."""

    REMEDY = "Check that the address is the ledger's and that this program's version fits the ledger."


SIGNATURES: Final = {
    ActionApplied: "ActionApplied(bytes32,bytes32,bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes)",
    NoteApplied: "NoteApplied(bytes32,bytes32,bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes)",
    ActionRefused: "ActionRefused(uint256,bytes32,bytes)",
    Frozen: "Frozen(bytes32,bytes32,uint256,uint40,bytes32,address)",
    Unfrozen: "Unfrozen(bytes32,bytes32,uint256,address)",
    PartyChanged: "PartyChanged(uint32,bytes32,uint256,bytes32,bytes32,uint256,bytes32,bytes32,bytes)",
    ChangeProposed: "ChangeProposed(uint32,bytes32,uint8,uint8,bytes32,uint40)",
    ChangeVetoed: "ChangeVetoed(uint32,bytes32)",
    ChangeEnacted: "ChangeEnacted(uint32,bytes32)",
    KindDefined: "KindDefined(uint16,bytes32,bytes32,bytes32,address,bytes)",
    Appointed: "Appointed(uint8,address,uint40,bytes32,address)",
}
"""What topic 0 is the Keccak-256 of."""

TOPICS: Final[dict[type[LedgerEvent], bytes]] = {
    event: keccak(signature.encode()) for event, signature in SIGNATURES.items()
}

Topics = Sequence[str]
_Decoder = Callable[[Where, Topics, bytes], LedgerEvent]


def _int(data: bytes, at: int) -> int:
    return int.from_bytes(data[32 * at : 32 * at + 32], "big")


def _word(data: bytes, at: int) -> bytes:
    return data[32 * at : 32 * at + 32]


def _address(data: bytes, at: int) -> bytes:
    return data[32 * at + 12 : 32 * at + 32]


def _tail(data: bytes, at: int) -> bytes:
    """The dynamic bytes whose offset stands in word `at`."""
    offset = _int(data, at)
    length = int.from_bytes(data[offset : offset + 32], "big")
    return data[offset + 32 : offset + 32 + length]


def _topic(topics: Topics, at: int) -> bytes:
    return bytes.fromhex(topics[at][2:])


def _number(topics: Topics, at: int) -> int:
    return int(topics[at], 16)


def _act(event: type[ActionApplied] | type[NoteApplied]) -> _Decoder:
    def decode_act(where: Where, topics: Topics, data: bytes) -> LedgerEvent:
        offset = int.from_bytes(data[192:224], "big") + 32
        return event(
            where,
            bytes.fromhex(topics[1][2:]),
            bytes.fromhex(topics[2][2:]),
            data[:32],
            int.from_bytes(data[32:64], "big"),
            int.from_bytes(data[64:96], "big"),
            data[96:128],
            data[128:160],
            data[160:192],
            data[offset : offset + int.from_bytes(data[offset - 32 : offset], "big")],
        )

    return decode_act


def _refused(where: Where, topics: Topics, data: bytes) -> LedgerEvent:
    return ActionRefused(where, _int(data, 0), _topic(topics, 1), _tail(data, 1))


def _frozen(where: Where, topics: Topics, data: bytes) -> LedgerEvent:
    return Frozen(
        where, _topic(topics, 1), _word(data, 0), _int(data, 1), _int(data, 2), _word(data, 3), _address(data, 4)
    )


def _unfrozen(where: Where, topics: Topics, data: bytes) -> LedgerEvent:
    return Unfrozen(where, _topic(topics, 1), _word(data, 0), _int(data, 1), _address(data, 2))


def _party_changed(where: Where, topics: Topics, data: bytes) -> LedgerEvent:
    return PartyChanged(
        where,
        _number(topics, 1),
        _word(data, 0),
        _int(data, 1),
        _word(data, 2),
        _word(data, 3),
        _int(data, 4),
        _word(data, 5),
        _word(data, 6),
        _tail(data, 7),
    )


def _proposed(where: Where, topics: Topics, data: bytes) -> LedgerEvent:
    return ChangeProposed(
        where, _number(topics, 1), _topic(topics, 2), _int(data, 0), _int(data, 1), _word(data, 2), _int(data, 3)
    )


def _vetoed(where: Where, topics: Topics, data: bytes) -> LedgerEvent:
    return ChangeVetoed(where, _number(topics, 1), _topic(topics, 2))


def _enacted(where: Where, topics: Topics, data: bytes) -> LedgerEvent:
    return ChangeEnacted(where, _number(topics, 1), _topic(topics, 2))


def _kind_defined(where: Where, topics: Topics, data: bytes) -> LedgerEvent:
    return KindDefined(
        where, _number(topics, 1), _word(data, 0), _word(data, 1), _word(data, 2), _address(data, 3), _tail(data, 4)
    )


def _appointed(where: Where, topics: Topics, data: bytes) -> LedgerEvent:
    return Appointed(where, _number(topics, 1), _address(data, 0), _int(data, 1), _word(data, 2), _address(data, 3))


_SHAPES: Final[dict[type[LedgerEvent], tuple[_Decoder, int, int]]] = {
    ActionApplied: (_act(ActionApplied), 3, 8),
    NoteApplied: (_act(NoteApplied), 3, 8),
    ActionRefused: (_refused, 2, 3),
    Frozen: (_frozen, 2, 5),
    Unfrozen: (_unfrozen, 2, 3),
    PartyChanged: (_party_changed, 2, 9),
    ChangeProposed: (_proposed, 3, 4),
    ChangeVetoed: (_vetoed, 3, 0),
    ChangeEnacted: (_enacted, 3, 0),
    KindDefined: (_kind_defined, 2, 6),
    Appointed: (_appointed, 2, 4),
}
"""Decoder, number of topics, least number of data words."""

_BY_TOPIC: Final = {"0x" + TOPICS[event].hex(): shape for event, shape in _SHAPES.items()}


def decode(log: Mapping[str, Any], time: int) -> LedgerEvent:
    """One log as JSON-RPC has it -> its event. time: the timestamp of the log's block, unix seconds.

    Raises UnknownLog.
    """
    topics = log["topics"]
    shape = _BY_TOPIC.get(topics[0]) if topics else None
    data = bytes.fromhex(log["data"][2:])
    if shape is None or len(topics) != shape[1] or len(data) < 32 * shape[2]:
        raise UnknownLog(f"a log with topics {list(topics)} and {len(data)} bytes", "an event of the ledger")
    where = Where(
        int(log["blockNumber"], 16), time, int(log["logIndex"], 16), bytes.fromhex(log["transactionHash"][2:])
    )
    return shape[0](where, topics, data)


def read(rpc: Rpc, ledger: bytes, first: int, last: int) -> list[LedgerEvent]:
    """All events of the ledger in blocks first..last inclusive, in order."""
    return decode_all(rpc, rpc.logs(ledger, first, last))


def decode_all(rpc: Rpc, logs: Iterable[Mapping[str, Any]]) -> list[LedgerEvent]:
    """Logs -> events in the chain's order; block times come with the log or are asked for."""
    kept = [log for log in logs if not log.get("removed")]
    told = {log["blockNumber"]: log.get("blockTimestamp") for log in kept}
    times = {number: int(moment, 16) for number, moment in told.items() if moment}
    unknown = sorted(int(number, 16) for number in told if number not in times)
    for number, block in zip(unknown, rpc.blocks(unknown), strict=True):
        if block is None:
            raise UnknownLog(f"a log of block {number}, which the node does not have", "logs of known blocks")
        times[hex(number)] = int(block["timestamp"], 16)
    events = [decode(log, times[log["blockNumber"]]) for log in kept]
    events.sort(key=_place)
    return events


def _place(event: LedgerEvent) -> tuple[int, int]:
    return event.where.block, event.where.index
