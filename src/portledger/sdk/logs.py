"""Every log of a ledger as its event, from what any JSON-RPC node answers: what an audit reads.

A table says what each event looks like; a test holds it to the contract's ABI.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from portledger.domain.errors import InvalidInput
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

_ACT: Final = "bytes32* bytes32* bytes32 uint256 uint256 bytes32 bytes32 bytes32 bytes"
EVENTS: Final[dict[type[LedgerEvent], str]] = {
    ActionApplied: _ACT,
    NoteApplied: _ACT,
    ActionRefused: "uint256 bytes32* bytes",
    Frozen: "bytes32* bytes32 uint256 uint40 bytes32 address",
    Unfrozen: "bytes32* bytes32 uint256 address",
    PartyChanged: "uint32* bytes32 uint256 bytes32 bytes32 uint256 bytes32 bytes32 bytes",
    ChangeProposed: "uint32* bytes32* uint8 uint8 bytes32 uint40",
    ChangeVetoed: "uint32* bytes32*",
    ChangeEnacted: "uint32* bytes32*",
    KindDefined: "uint16* bytes32 bytes32 bytes32 address bytes",
    Appointed: "uint8* address uint40 bytes32 address",
}
"""Types in the order of the dataclass's members after `where`; with a star what stands in a topic."""

TOPICS: Final = {
    event: "0x" + keccak(f"{event.__name__}({types.replace('*', '').replace(' ', ',')})".encode()).hex()
    for event, types in EVENTS.items()
}

_Read = Callable[[bytes, bytes], Any]


def _tail(data: bytes, word: bytes) -> bytes:
    offset = int.from_bytes(word, "big")
    length = int.from_bytes(data[offset : offset + 32], "big")
    tail = data[offset + 32 : offset + 32 + length]
    if len(tail) != length:
        raise InvalidInput("log", f"{len(tail)} bytes", f"{length} bytes")
    return tail


def _reader(abi_type: str) -> _Read:
    if abi_type == "bytes":
        return _tail
    if abi_type == "bytes32":
        return lambda _, word: word
    if abi_type == "address":
        return lambda _, word: word[12:]
    return lambda _, word: int.from_bytes(word, "big")


_SHAPES: Final = {
    TOPICS[event]: (event, [(_reader(one.rstrip("*")), one.endswith("*")) for one in types.split(" ")])
    for event, types in EVENTS.items()
}


def event_of(log: Mapping[str, Any], time: int) -> LedgerEvent:
    """One log as JSON-RPC has it. time: of its block, unix seconds. Raises InvalidInput for any other log."""
    try:
        event, members = _SHAPES[log["topics"][0]]
        where = Where(
            int(log["blockNumber"], 16), time, int(log["logIndex"], 16), bytes.fromhex(log["transactionHash"][2:])
        )
        data, topics = bytes.fromhex(log["data"][2:]), iter(log["topics"][1:])
        words = (data[at : at + 32] for at in range(0, len(data), 32))
        return event(where, *[
            read(data, bytes.fromhex(next(topics)[2:]) if indexed else next(words)) for read, indexed in members
        ])  # fmt: skip
    except (KeyError, ValueError, TypeError, IndexError, RuntimeError, StopIteration) as failure:
        raise InvalidInput(
            "log", f"{type(failure).__name__}: {str(failure)[:80]}", "an event of the ledger"
        ) from failure
