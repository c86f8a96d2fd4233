"""Calldata of the registry's functions, read back into values: what stands in the `call` of a PartyChanged event.

A party's log carries the whole msg.data of every call that changed the party (docs/protocol §12), and whoever carried
the call chose its layout. So this reads as the contract's own decoder does, neither stricter nor laxer: offsets may
point backwards, bytes may overlap or follow, and a consent that the act does not use may point nowhere. What the
contract would not have read raises InvalidInput.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portledger.domain.actions import Registration
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import keccak


@dataclass(frozen=True, slots=True)
class Register:
    registration: Registration


@dataclass(frozen=True, slots=True)
class PartyActCall:
    """One signed act of a party; its nonce is not in the call, the ledger knows it.

    consent: empty also when its offset points nowhere, which the ledger notices only in an act that uses it.
    """

    party: int
    what: int
    value: bytes
    deadline: int
    signatures: bytes
    consent: bytes


@dataclass(frozen=True, slots=True)
class Propose:
    party: int
    what: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Order:
    party: int
    what: int
    value: bytes
    order_digest: bytes


@dataclass(frozen=True, slots=True)
class CancelOrder:
    change_id: bytes


@dataclass(frozen=True, slots=True)
class VetoCall:
    change_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Enact:
    change_id: bytes
    consent: bytes


@dataclass(frozen=True, slots=True)
class Suspend:
    """until: unix seconds."""

    party: int
    until: int


@dataclass(frozen=True, slots=True)
class Reinstate:
    party: int


@dataclass(frozen=True, slots=True)
class DefineKind:
    """The table of a kind as the governor sealed it. Digests 32 bytes; words: rows, packed (docs/protocol §2, §3)."""

    kind: int
    file_digest: bytes
    keys: tuple[int, ...]
    words: tuple[int, ...]
    verbs: tuple[int, ...]
    intents: tuple[bytes, ...]


RegistryCall = Register | PartyActCall | Propose | Order | CancelOrder | VetoCall | Enact | Suspend | Reinstate


def call_digest(call: bytes) -> bytes:
    """`digest` of a log entry that nobody signed: keccak256(abi.encode(msg.sig, keccak256(msg.data[4:])))."""
    return keccak(call[:4].ljust(32, b"\0"), keccak(call[4:]))


def decode_call(call: bytes) -> RegistryCall:
    """The registry's call in msg.data. Raises InvalidInput for any other function and for bytes that do not decode."""
    name = _NAMES.get(call[:4])
    read = _Reader(call, 4)
    match name:
        case "register":
            return Register(_registration(read.tail(0)))
        case "partyAct":
            act = read.tail(0)
            return PartyActCall(
                act.number(0, 32), act.number(1, 8), act.word(2), act.number(3, 40), act.bytes_at(4), _unused(act, 5)
            )
        case "propose":
            return Propose(read.number(0, 32), read.number(1, 8), read.word(2))
        case "order":
            return Order(read.number(0, 32), read.number(1, 8), read.word(2), read.word(3))
        case "cancelOrder":
            return CancelOrder(read.word(0))
        case "veto":
            return VetoCall(read.word(0), read.bytes_at(1))
        case "enact":
            return Enact(read.word(0), read.bytes_at(1))
        case "suspend":
            return Suspend(read.number(0, 32), read.number(1, 40))
        case "reinstate":
            return Reinstate(read.number(0, 32))
        case _:
            raise InvalidInput("call", f"selector {call[:4].hex() or 'of no bytes'}", "a function of the registry")


def decode_define_kind(call: bytes) -> DefineKind:
    """The table in the msg.data of defineKind. Raises InvalidInput for another function and for broken data."""
    if call[:4] != _DEFINE_KIND:
        raise InvalidInput("call", f"selector {call[:4].hex() or 'of no bytes'}", "defineKind")
    read = _Reader(call, 4)
    lists = [read.items(at, MAX_ROWS) for at in (2, 3, 4, 5)]
    keys, words, verbs, intents = lists
    return DefineKind(
        read.number(0, 16),
        read.word(1),
        tuple(one.number(0, 256) for one in keys),
        tuple(one.number(0, 256) for one in words),
        tuple(one.number(0, 8) for one in verbs),
        tuple(one.word(0) for one in intents),
    )


def _unused(read: _Reader, index: int) -> bytes:
    """Bytes that the contract may not have looked at."""
    try:
        return read.bytes_at(index)
    except InvalidInput:
        return b""


def _registration(read: _Reader) -> Registration:
    return Registration(
        profile=read.word(0),
        roles=read.number(1, 64),
        encryption_key=read.word(2),
        threshold=read.number(3, 8),
        recovery_barred=bool(read.number(4, 1)),
        accounts=tuple(word.number(0, 160).to_bytes(20, "big") for word in read.items(5)),
        scopes=tuple(word.number(0, 8) for word in read.items(6)),
        consents=tuple(read.bytes_items(7)),
    )


_SIGNATURES: Final = (
    "register((bytes32,uint64,bytes32,uint8,bool,address[],uint8[],bytes[]))",
    "partyAct((uint32,uint8,bytes32,uint40,bytes,bytes))",
    "propose(uint32,uint8,bytes32)",
    "order(uint32,uint8,bytes32,bytes32)",
    "cancelOrder(bytes32)",
    "veto(bytes32,bytes)",
    "enact(bytes32,bytes)",
    "suspend(uint32,uint40)",
    "reinstate(uint32)",
)
_NAMES: Final = {keccak(text.encode())[:4]: text[: text.index("(")] for text in _SIGNATURES}
_DEFINE_KIND: Final = keccak(b"defineKind(uint16,bytes32,uint256[],uint256[],uint8[],bytes32[])")[:4]
MAX_ITEMS: Final = 64
"""Items of a list in a call; the registry itself takes at most 15."""
MAX_ROWS: Final = 1 << 16
"""Rows of a kind's table: one for each state and verb."""


class _Reader:
    """ABI words of a call from one place on; offsets count from there."""

    def __init__(self, call: bytes, base: int) -> None:
        self._call, self._base = call, base

    def word(self, index: int) -> bytes:
        at = self._base + 32 * index
        if not 0 <= at <= len(self._call) - 32:
            raise InvalidInput("call", f"a word at byte {at}", f"a place in a call of {len(self._call)} bytes")
        return self._call[at : at + 32]

    def number(self, index: int, bits: int) -> int:
        value = int.from_bytes(self.word(index), "big")
        if value >> bits:
            raise InvalidInput("call", f"{value} as word {index}", f"an integer of {bits} bits")
        return value

    def tail(self, index: int) -> _Reader:
        """Where the offset in this word points: a signed number for the contract's decoder, forwards or backwards."""
        offset = int.from_bytes(self.word(index), "big", signed=True)
        if self._base + offset > len(self._call) - 32:
            raise InvalidInput("call", f"offset {offset} in word {index}", f"at most {len(self._call) - self._base}")
        return _Reader(self._call, self._base + offset)

    def bytes_at(self, index: int) -> bytes:
        tail = self.tail(index)
        if tail._base < 0:  # before the call; the EVM reads zeros there: no bytes
            return b""
        length = tail.number(0, 64)
        start = tail._base + 32
        if start + length > len(self._call):
            raise InvalidInput("call", f"{length} bytes announced", f"at most {len(self._call) - start}")
        return self._call[start : start + length]

    def items(self, index: int, most: int = MAX_ITEMS) -> list[_Reader]:
        """One reader per word of a list of static values."""
        tail = self.tail(index)
        return [_Reader(self._call, tail._base + 32 * (1 + at)) for at in range(tail._count(most))]

    def bytes_items(self, index: int) -> list[bytes]:
        tail = self.tail(index)
        inside = _Reader(self._call, tail._base + 32)
        return [inside.bytes_at(at) for at in range(tail._count())]

    def _count(self, most: int = MAX_ITEMS) -> int:
        count = self.number(0, 64)
        if count > most:
            raise InvalidInput("call", f"a list of {count}", f"at most {most}")
        return count
