"""Block headers sealed with keys of one's own, for tests that need validators: QBFT and Istanbul (Kaia).

    keys = [key(f"validator {n}") for n in range(4)]
    raw = sealed_header("qbft", 7, time, state_root, parent_hash, addresses(keys), keys[:3])

`validators` is what the header lists, `keys` who seals it: they may differ, for damaged evidence.
"""

from __future__ import annotations

from collections.abc import Sequence

from portledger.domain.hashing import keccak
from portledger.domain.signatures import address_of, sign
from portledger.evidence import rlp
from portledger.evidence.headers import Engine
from portledger.evidence.trie import EMPTY_ROOT

_NO_UNCLES = keccak(b"\xc0")
_QBFT_MIX = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")


def addresses(keys: Sequence[bytes]) -> list[bytes]:
    """The validators that hold these secret keys, ascending, as engines list them."""
    return sorted(address_of(key) for key in keys)


def sealed_header(
    engine: Engine | str,
    number: int,
    time: int,
    state_root: bytes,
    parent_hash: bytes,
    validators: Sequence[bytes],
    keys: Sequence[bytes],
    round: int = 0,
    later: Sequence[bytes] = (),
) -> bytes:
    """The RLP of a header with this state root, which lists `validators` and carries one seal of each of `keys`.

    validators: addresses, 20 bytes; keys: secret keys, 32 bytes, the first is the proposer's. later: fields that
    forks have added, as they stand in the header. Engine.NONE makes a plain header without seals.
    """
    proposer = address_of(keys[0]) if keys else bytes(20)
    make = _kaia_fields if engine == Engine.ISTANBUL else _ethereum_fields
    fields = [*make(number, time, state_root, parent_hash, proposer), *later]
    if engine == Engine.ISTANBUL:
        return _istanbul(fields, validators, keys, round)
    return _qbft(fields, validators, keys, round) if engine == Engine.QBFT else rlp.encode(fields)


def _ethereum_fields(number: int, time: int, state_root: bytes, parent: bytes, proposer: bytes) -> list[rlp.Item]:
    """A Berlin header; extraData (place 12) is filled in by who seals it."""
    numbers = [rlp.encode_integer(value) for value in (1, number, 10**9, 0, time)]
    head = [parent, _NO_UNCLES, proposer, state_root, EMPTY_ROOT, EMPTY_ROOT, bytes(256)]
    return [*head, *numbers, b"", _QBFT_MIX, bytes(8)]


def _kaia_fields(number: int, time: int, state_root: bytes, parent: bytes, proposer: bytes) -> list[rlp.Item]:
    """A Kaia header; extra (place 11) is filled in by who seals it."""
    numbers = [rlp.encode_integer(value) for value in (1, number, 0, time, 0)]
    head = [parent, proposer, state_root, EMPTY_ROOT, EMPTY_ROOT, bytes(256)]
    return [*head, *numbers, b"", b"", b"", b""]


def _qbft(fields: list[rlp.Item], validators: Sequence[bytes], keys: Sequence[bytes], round: int) -> bytes:
    def with_seals(seals: list[rlp.Item]) -> bytes:
        extra: list[rlp.Item] = [bytes(32), list(validators), [], rlp.encode_integer(round), seals]
        return rlp.encode([*fields[:12], rlp.encode(extra), *fields[13:]])

    return with_seals([_seal(keccak(with_seals([])), key) for key in keys])


def _istanbul(fields: list[rlp.Item], validators: Sequence[bytes], keys: Sequence[bytes], round: int) -> bytes:
    def with_seals(number: int, proposer: bytes, seals: list[rlp.Item]) -> bytes:
        extra = bytes(31) + bytes([number]) + rlp.encode([list(validators), proposer, seals])
        return rlp.encode([*fields[:11], extra, *fields[12:]])

    proposer = _seal(keccak(keccak(with_seals(0, b"", []))), keys[0]) if keys else bytes(65)
    committed = keccak(keccak(with_seals(0, proposer, [])), b"\x02")
    return with_seals(round, proposer, [_seal(committed, key) for key in keys])


def _seal(digest: bytes, key: bytes) -> bytes:
    """A signature as engines write it: v 0 or 1."""
    signature = sign(digest, key)
    return signature[:64] + bytes([signature[64] - 27])
