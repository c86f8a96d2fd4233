"""RLP: one value, one encoding; everything else is refused with a typed error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portledger.domain.verification_errors import RlpError
from portledger.evidence import rlp

KNOWN = {
    # The yellow paper's and the Ethereum wiki's examples.
    "80": b"",
    "00": b"\0",
    "7f": b"\x7f",
    "8180": b"\x80",
    "83646f67": b"dog",
    "c0": [],
    "c88363617483646f67": [b"cat", b"dog"],
    "c7c0c1c0c3c0c1c0": [[], [[]], [[], [[]]]],
    "b838" + "61" * 56: b"a" * 56,
    "b7" + "61" * 55: b"a" * 55,
    "f838" + "01" * 56: [b"\1"] * 56,
    "f7" + "01" * 55: [b"\1"] * 55,
    "b90400" + "ff" * 1024: b"\xff" * 1024,
}
REFUSED = {
    "nothing": "",
    "a byte after the value": "8000",
    "a small byte with a length": "8100",
    "a small byte of 0x7f with a length": "817f",
    "a long form for 55 bytes": "b837" + "61" * 55,
    "a long list form for 55 bytes": "f837" + "01" * 55,
    "a length with a leading zero": "b90038" + "61" * 56,
    "a long length with a leading zero": "f90038" + "01" * 56,
    "a length cut off": "b9",
    "a length cut in the middle": "b904",
    "a string cut off": "83646f",
    "a list cut off": "c8836361",
    "an item that leaves its list": "c283646f67",
    "a list item that leaves its list": "c1c1c0",
    "a length near 2**64": "bfffffffffffffffff",
    "a list length near 2**64": "ffffffffffffffffff",
}

items = st.recursive(
    st.binary(max_size=80) | st.binary(min_size=250, max_size=300),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=20,
)


def in_a_list(encoded: bytes) -> bytes:
    """The encoding of a list that holds this one encoded value."""
    length = rlp.encode_integer(len(encoded))
    head = bytes([0xC0 + len(encoded)]) if len(encoded) < 56 else bytes([0xF7 + len(length)]) + length
    return head + encoded


@pytest.mark.parametrize("encoded", KNOWN)
def test_known_values_are_read_and_written(encoded: str) -> None:
    raw = bytes.fromhex(encoded)
    assert rlp.decode(raw) == KNOWN[encoded]
    assert rlp.encode(KNOWN[encoded]) == raw


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_the_one_encoding_is_refused(what: str) -> None:
    with pytest.raises(RlpError) as caught:
        rlp.decode(bytes.fromhex(REFUSED[what]))
    assert caught.value.found
    assert caught.value.allowed
    assert caught.value.parameters() == {"at": caught.value.at}


def test_lists_are_read_down_to_the_depth_that_is_allowed() -> None:
    four = b"\xc3\xc2\xc1\xc0"
    assert rlp.decode(four, max_depth=4) == [[[[]]]]
    with pytest.raises(RlpError, match="too deep"):
        rlp.decode(four, max_depth=3)
    with pytest.raises(RlpError, match="too deep"):
        rlp.decode(b"\xc0", max_depth=0)


def test_a_deeply_nested_value_is_refused_and_does_not_exhaust_the_stack() -> None:
    nested = b""
    for _ in range(5_000):
        nested = in_a_list(nested)
    with pytest.raises(RlpError, match="too deep"):
        rlp.decode(nested)


def test_more_bytes_than_allowed_are_refused_unread() -> None:
    with pytest.raises(RlpError, match="11 bytes at byte 0; allowed: 10 at most"):
        rlp.decode(bytes(11), max_bytes=10)


@pytest.mark.parametrize("value", [0, 1, 0x7F, 0x80, 255, 256, 2**64 - 1, 2**256 - 1])
def test_numbers_are_big_endian_without_leading_zeros(value: int) -> None:
    assert rlp.integer(rlp.decode(rlp.encode(rlp.encode_integer(value)))) == value


@pytest.mark.parametrize("item", [[], b"\0", b"\0\1", b"\1" * 9])
def test_what_is_no_number_of_eight_bytes_is_refused(item: rlp.Item) -> None:
    with pytest.raises(RlpError):
        rlp.integer(item, 8)


@settings(max_examples=500, deadline=None)
@given(items)
def test_what_was_encoded_is_read_back(item: rlp.Item) -> None:
    assert rlp.decode(rlp.encode(item)) == item


@settings(max_examples=2000, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_are_the_one_encoding_of_their_value(raw: bytes) -> None:
    try:
        item = rlp.decode(raw)
    except RlpError:
        return
    assert rlp.encode(item) == raw


@settings(max_examples=1000, deadline=None)
@given(items, st.data())
def test_a_damaged_encoding_is_refused_or_means_another_value(item: rlp.Item, data: st.DataObject) -> None:
    raw = bytearray(rlp.encode(item))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        other = rlp.decode(bytes(raw))
    except RlpError:
        return
    assert other != item
    assert rlp.encode(other) == bytes(raw)
