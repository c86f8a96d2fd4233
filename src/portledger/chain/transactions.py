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
        fields = [
            _number(self.nonce),
            _number(self.gas_price),
            _number(self.gas),
            _string(self.to),
            _number(self.value),
            _string(self.data),
        ]
        digest = keccak(_list([*fields, _number(chain_id), _number(0), _number(0)]))
        signature = PrivateKey(private_key).sign_recoverable(digest, hasher=None)
        v = signature[64] + 35 + 2 * chain_id
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        return _list([*fields, _number(v), _number(r), _number(s)])


def transaction_hash(raw: bytes) -> bytes:
    """Under which the chain knows a signed transaction."""
    return keccak(raw)


def contract_address(sender: bytes, nonce: int) -> bytes:
    """Where the contract that this transaction creates will stand, 20 bytes."""
    return keccak(_list([_string(sender), _number(nonce)]))[12:]


def _number(value: int) -> bytes:
    return _string(value.to_bytes((value.bit_length() + 7) // 8, "big"))


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
