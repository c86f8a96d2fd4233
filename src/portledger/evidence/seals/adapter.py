"""What a consensus engine says about its headers; qbft, istanbul and none fill it in.

An adapter is pure reading: which field stands where, what is hashed, what was signed by whom. Which signers count, and
how many are enough, is the same for all engines and stands in `check`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from portledger.domain.verification_errors import RlpError, VerificationError
from portledger.evidence import rlp
from portledger.evidence.result import TITLES, Step

MAX_HEADER: Final = 1 << 15
"""Bytes of one header; a hundred validators with all their seals need 10,000."""
_NUMBER_BYTES: Final = 8

Fields: TypeAlias = list[bytes]
"""A header's fields in their order, not interpreted."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where what stands in a header.

    sizes: bytes of each field that every header has, 0 = any; most: fields at most; the others: places from 0.
    """

    sizes: tuple[int, ...]
    most: int
    parent: int
    state: int
    number: int
    time: int
    extra: int

    def read(self, raw: bytes) -> Fields:
        """The fields of a header. Raises VerificationError (step 1) where they are not of this layout."""
        try:
            item = rlp.decode(raw, max_bytes=MAX_HEADER, max_depth=1)
        except RlpError as failure:
            raise refused(f"header: {failure.found}", failure.allowed) from failure
        if not isinstance(item, list) or not len(self.sizes) <= len(item) <= self.most:
            found = f"a list of {len(item)}" if isinstance(item, list) else "bytes"
            raise refused(f"header: {found}", f"a list of {len(self.sizes)} to {self.most} fields")
        fields = [field for field in item if isinstance(field, bytes)]
        if len(fields) != len(item):
            raise refused("header: a list as a field", "bytes")
        for at, size in enumerate(self.sizes):
            if size and len(fields[at]) != size:
                raise refused(f"header: field {at} of {len(fields[at])} bytes", f"{size} bytes")
        return fields

    def integer(self, fields: Fields, at: int) -> int:
        """A field as the number that it is. Raises VerificationError."""
        try:
            return rlp.integer(fields[at], _NUMBER_BYTES)
        except RlpError as failure:
            raise refused(f"header: field {at}: {failure.found}", failure.allowed) from failure


@dataclass(frozen=True, slots=True)
class Signed:
    """A 32-byte digest and one signature over it, as the header carries it: 65 bytes r | s | v, v 0 or 1."""

    digest: bytes
    seal: bytes


@dataclass(frozen=True, slots=True)
class Sealing:
    """The seals of one header. validators: the addresses that it lists, the set that seals this very block;
    proposer: the proposer's own seal, where the engine has one."""

    validators: tuple[bytes, ...]
    committed: tuple[Signed, ...]
    proposer: Signed | None = None


@dataclass(frozen=True, slots=True)
class Adapter:
    """block_hash: under which the chain knows the header; sealing: its seals, None where the engine has none."""

    layout: Layout
    block_hash: Callable[[Fields], bytes]
    sealing: Callable[[Fields], Sealing] | None


ETHEREUM: Final = Layout(
    sizes=(32, 32, 20, 32, 32, 32, 256, 0, 0, 0, 0, 0, 0, 32, 8),
    most=21,
    parent=0,
    state=3,
    number=8,
    time=11,
    extra=12,
)
"""parentHash, sha3Uncles, miner, stateRoot, transactionsRoot, receiptsRoot, logsBloom, difficulty, number, gasLimit,
gasUsed, timestamp, extraData, mixHash, nonce; then, by fork, baseFeePerGas, withdrawalsRoot, blobGasUsed,
excessBlobGas, parentBeaconBlockRoot, requestsHash."""


def decode_extra(data: bytes, members: int) -> list[rlp.Item]:
    """The list inside extraData. Raises VerificationError when it is not one list of so many members."""
    try:
        item = rlp.decode(data, max_depth=3)
    except RlpError as failure:
        raise refused(f"extraData: {failure.found}", failure.allowed) from failure
    if not isinstance(item, list) or len(item) != members:
        raise refused("extraData: another value", f"a list of {members}")
    return item


def strings(item: rlp.Item, size: int, what: str) -> tuple[bytes, ...]:
    """A list whose items are all bytes of one size. Raises VerificationError."""
    if not isinstance(item, list):
        raise refused(f"extraData: no list of {what}", f"a list of {what}, {size} bytes each")
    found = tuple(one for one in item if isinstance(one, bytes) and len(one) == size)
    if len(found) != len(item):
        raise refused(f"extraData: {what} of another length", f"{size} bytes each")
    return found


def refused(found: str, expected: str, remedy: str = "") -> VerificationError:
    """The failure of step 1."""
    return VerificationError(int(Step.BLOCK), TITLES[Step.BLOCK], found, expected, remedy)
