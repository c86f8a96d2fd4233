"""Legacy transactions with EIP-155 signatures: the one form that every engine takes, at gas price 0.

A permissioned network charges nothing, so the sender needs no coins; a gas price above 0 is refused by some engines.
"""

from __future__ import annotations

from dataclasses import dataclass

from coincurve import PrivateKey

from portledger.domain.hashing import keccak


@dataclass(frozen=True, slots=True)
class Transaction:
    """to: 20 bytes, empty to create a contract; gas: limit; gas_price: wei per gas."""

    nonce: int
    gas: int
    to: bytes
    data: bytes
    gas_price: int = 0
    value: int = 0

    def sign(self, private_key: bytes, chain_id: int) -> bytes:
        """The signed bytes that eth_sendRawTransaction takes. private_key: 32 bytes."""
        signature = PrivateKey(private_key).sign_recoverable(self.digest(chain_id), hasher=None)
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        return self.signed(chain_id, r, s, signature[64])

    def digest(self, chain_id: int) -> bytes:
        """What is signed (EIP-155)."""
        return keccak(_list([*map(_string, self.fields()), _number(chain_id), _number(0), _number(0)]))

    def signed(self, chain_id: int, r: int, s: int, parity: int) -> bytes:
        """The signed bytes, of a signature that was made elsewhere."""
        return _list([*map(_string, self.fields()), _number(parity + 35 + 2 * chain_id), _number(r), _number(s)])

    def fields(self) -> tuple[bytes, ...]:
        """nonce, gas price, gas, to, value and data, as RLP carries them."""
        numbers = [_shortest(one) for one in (self.nonce, self.gas_price, self.gas)]
        return (*numbers, self.to, _shortest(self.value), self.data)


def transaction_hash(raw: bytes) -> bytes:
    """Under which the chain knows a signed transaction."""
    return keccak(raw)


def contract_address(sender: bytes, nonce: int) -> bytes:
    """Where the contract that this transaction creates will stand, 20 bytes."""
    return keccak(_list([_string(sender), _number(nonce)]))[12:]


def fields_of(raw: bytes) -> list[bytes]:
    """The strings of a signed legacy transaction: six fields, v, r, s. Raises ValueError for anything else.

    Not strict about how lengths are written: who takes the answer for signed makes the bytes anew and compares.
    """
    if not raw or raw[0] < 0xC0:
        raise ValueError(f"a transaction of type {raw[:1].hex() or 'none'}")
    at, end = _span(raw, 0, 0xC0)
    if end != len(raw):
        raise ValueError("another length than it says")
    found = []
    while at < end:
        if raw[at] >= 0xC0:
            raise ValueError("a list inside")
        start, stop = (at, at + 1) if raw[at] < 0x80 else _span(raw, at, 0x80)
        if stop > end:
            raise ValueError("another length than it says")
        found.append(raw[start:stop])
        at = stop
    if len(found) != 9:
        raise ValueError(f"{len(found)} members")
    return found


def _span(raw: bytes, at: int, base: int) -> tuple[int, int]:
    """Where the body of the item at a place begins and ends."""
    code = raw[at] - base
    start = at + 1 + max(code - 55, 0)
    length = code if code < 56 else int.from_bytes(raw[at + 1 : start], "big")
    return start, start + length


def _number(value: int) -> bytes:
    return _string(_shortest(value))


def _shortest(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _string(value: bytes) -> bytes:
    if len(value) == 1 and value[0] < 0x80:
        return value
    return _length(0x80, len(value)) + value


def _list(items: list[bytes]) -> bytes:
    inside = b"".join(items)
    return _length(0xC0, len(inside)) + inside


def _length(base: int, length: int) -> bytes:
    """The head of an RLP item of this length."""
    if length < 56:
        return bytes([base + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([base + 55 + len(size)]) + size
