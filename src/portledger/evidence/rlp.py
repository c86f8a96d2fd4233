"""RLP, the encoding of block headers and trie nodes: one value, one encoding.

A value is bytes or a list of values. Decoding is strict: whatever it accepts, `encode` gives back byte for byte, so
that a hash over decoded and re-encoded data is the hash of the data. (Ethereum's yellow paper, appendix B.)
"""

from __future__ import annotations

from typing import Final, TypeAlias

from portledger.domain.verification_errors import RlpError

Item: TypeAlias = "bytes | list[Item]"
"""bytes, or a list of items."""

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 16
"""Lists within lists; a header nests 4 deep, a trie node 4."""


def decode(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Item:
    """The one value that these bytes encode.

    Raises RlpError, with the place, for anything but one whole canonical encoding: shortest lengths, single bytes below
    0x80 as themselves, nothing after the end, not more than max_bytes, lists not deeper than max_depth.
    """
    if len(data) > max_bytes:
        raise RlpError(0, f"{len(data)} bytes", f"{max_bytes} at most")
    item, end = _item(data, 0, len(data), max_depth)
    if end != len(data):
        raise RlpError(end, f"{len(data) - end} bytes after the value", "nothing after it")
    return item


def encode(item: Item) -> bytes:
    """The canonical encoding of bytes or a list."""
    if isinstance(item, list):
        body = b"".join(map(encode, item))
        return _head(0xC0, len(body)) + body
    if len(item) == 1 and item[0] < 0x80:
        return item
    return _head(0x80, len(item)) + item


def encode_integer(value: int) -> bytes:
    """A number's bytes as RLP carries them: big-endian, no leading zero, 0 = no byte. Not yet encoded."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def integer(item: Item, max_bytes: int = 32) -> int:
    """The number that an item stands for. Raises RlpError for a list, a leading zero, more than max_bytes bytes."""
    if isinstance(item, list):
        raise RlpError(0, "a list", "a number")
    if len(item) > max_bytes or item[:1] == b"\0":
        raise RlpError(0, f"0x{item[:33].hex()}", f"a number of at most {max_bytes} bytes, without leading zeros")
    return int.from_bytes(item, "big")


def _head(offset: int, length: int) -> bytes:
    if length < 56:
        return bytes([offset + length])
    size = encode_integer(length)
    return bytes([offset + 55 + len(size)]) + size


def _item(data: bytes, at: int, end: int, depth: int) -> tuple[Item, int]:
    """The value that begins at a place, and where it ends."""
    if at >= end:
        raise RlpError(at, "nothing", "a value")
    first = data[at]
    if first < 0x80:
        return data[at : at + 1], at + 1
    offset = 0x80 if first < 0xC0 else 0xC0
    start, stop = _span(data, at, end, first - offset)
    if offset == 0x80:
        if stop - start == 1 and data[start] < 0x80:
            raise RlpError(at, f"0x{data[start]:02x} with a length before it", "a byte below 0x80 as itself")
        return data[start:stop], stop
    if depth == 0:
        raise RlpError(at, "a list too deep inside lists", "fewer lists within lists")
    items: list[Item] = []
    while start < stop:
        inner, start = _item(data, start, stop, depth - 1)
        items.append(inner)
    return items, stop


def _span(data: bytes, at: int, end: int, code: int) -> tuple[int, int]:
    """Where the body of the value at a place begins and ends; code: the first byte without its offset."""
    start, length = at + 1, code
    if code > 55:
        size = code - 55
        start = at + 1 + size
        digits = data[at + 1 : min(start, end)]
        length = int.from_bytes(digits, "big")
        if len(digits) != size or digits[0] == 0 or length < 56:
            raise RlpError(at, f"length 0x{digits.hex()}", f"a length of {size} bytes, above 55, as short as possible")
    if length > end - start:
        raise RlpError(at, f"a length of {length} bytes", f"{end - start}, all that is left here")
    return start, start + length
