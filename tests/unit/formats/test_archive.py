"""The archive has one spelling, is bounded whatever it decompresses to, and goes on after an interruption."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import lru_cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.chronicle import Chronicle, archive, whole_life

from portledger.domain.errors import InvalidInput
from portledger.domain.events import ActionRefused, LedgerEvent, Where
from portledger.formats import archive as form
from portledger.formats.archive import ArchiveDamaged, Reader, Writer, event_line, read_event, resume


@lru_cache(maxsize=1)
def life() -> Chronicle:
    return whole_life()


@lru_cache(maxsize=1)
def lines() -> tuple[bytes, ...]:
    return tuple(gzip.decompress(life().archive()).splitlines())


def read(data: bytes) -> list[LedgerEvent]:
    return list(Reader(io.BytesIO(data)).events())


def packed(parts: list[bytes] | tuple[bytes, ...]) -> bytes:
    # Any level is read alike; the lowest takes a fifth of the time, and these tests pack some thousand archives.
    return gzip.compress(b"".join(line + b"\n" for line in parts), 1, mtime=0)


def damaged(data: bytes) -> ArchiveDamaged:
    with pytest.raises(ArchiveDamaged) as caught:
        read(data)
    return caught.value


def long(count: int) -> Iterator[LedgerEvent]:
    """Events without heads, as many as wanted."""
    for number in range(count):
        yield ActionRefused(Where(200 + number, 1, 0, bytes(32)), 0, number.to_bytes(32, "big"), b"\1" * 36)


# --- good files ------------------------------------------------------------------------------------------------------


def test_every_event_is_read_back_as_it_was_written() -> None:
    assert read(life().archive()) == life().events


def test_the_closing_line_counts_and_carries_the_ledger_s_head() -> None:
    reader = Reader(io.BytesIO(life().archive()))
    assert len(list(reader.events())) == len(life().events)
    assert reader.closing is not None
    assert reader.closing.ledger_head == life().model.ledger_head
    assert sum(reader.closing.counts.values()) == len(life().events)
    assert reader.header == life().header()


def test_the_same_events_make_the_same_bytes() -> None:
    assert life().archive() == life().archive()
    assert life().archive()[4:8] == bytes(4)  # no time in the gzip header


def test_every_line_is_canonical_json_in_ascii() -> None:
    for line in lines():
        assert line.isascii()
        assert json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")).encode() == line


def test_an_empty_ledger_has_an_archive() -> None:
    assert read(archive(life().header(), [])) == []


def test_every_member_of_every_event_stands_in_its_line() -> None:
    for event in life().events:
        names = {form._json_name(member.name) for member in fields(event)[1:]}
        assert set(json.loads(event_line(event))) == names | {"block", "time", "logIndex", "tx", "type"}


# --- an interrupted export -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 4094, 4095, 4096, 4097, 9000])
def test_an_export_that_goes_on_makes_the_bytes_of_one_that_was_not_interrupted(count: int) -> None:
    header, events = life().header(last_block=20_000), list(long(count))
    whole = archive(header, events)
    for cut in {1, len(whole) // 3, len(whole) // 2, len(whole) - 1, len(whole) - len(whole) // 5}:
        sink = io.BytesIO(whole[:cut])
        kept = resume(sink)
        if kept is None:
            continue
        found, tally, length = kept
        assert found == header
        sink.seek(length)
        sink.truncate()
        writer = Writer(sink, found, tally)
        for event in events[tally.lines - 1 :]:
            writer.add(event)
        writer.close()
        assert sink.getvalue() == whole


def test_an_export_cut_within_its_header_starts_anew() -> None:
    assert resume(io.BytesIO(life().archive()[:20])) is None
    assert resume(io.BytesIO(b"")) is None


def test_a_finished_archive_is_not_gone_on_with() -> None:
    with pytest.raises(ArchiveDamaged, match="finished"):
        resume(io.BytesIO(life().archive()))


def test_a_file_that_is_no_archive_is_not_gone_on_with() -> None:
    with pytest.raises(ArchiveDamaged):
        resume(io.BytesIO(gzip.compress(b"hello\n")))


# --- damage ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_is_named_as_such(share: float) -> None:
    data = life().archive()
    error = damaged(data[: int(len(data) * share)])
    assert "cut" in error.allowed or "whole file" in error.allowed or "empty" in error.found


def test_lines_that_were_cut_are_named_as_such() -> None:
    error = damaged(packed(lines()[:-1]))
    assert error.where == f"line {len(lines())}"
    assert "cut off" in error.allowed
    assert "without its end" in damaged(gzip.compress(b"\n".join(lines()), mtime=0)).found


def test_a_damaged_byte_of_the_file_is_named() -> None:
    data = bytearray(life().archive())
    for at in range(0, len(data), 97):
        data[at] ^= 0x10
        if at not in (4, 5, 6, 7, 8, 9):  # gzip's own time and system mean nothing
            damaged(bytes(data))
        data[at] ^= 0x10


def test_something_after_the_end_is_refused() -> None:
    damaged(life().archive() + b"more")
    assert "after it" in damaged(packed([*lines(), lines()[1]])).found
    assert "after it" in damaged(packed([*lines(), b""])).found


def test_another_kind_of_file_is_named() -> None:
    assert "no gzip" in damaged(b"PK\x03\x04 a zip").found
    assert damaged(packed([b"hello"])).where == "line 1"
    assert damaged(packed([b'{"schema":"portledger/archive/2"}'])).allowed == form.SCHEMA
    assert "empty" in damaged(gzip.compress(b"")).found


TYPES = sorted({type(event).__name__ for event in life().events})


def line_of(name: str) -> int:
    return 1 + next(at for at, event in enumerate(life().events) if type(event).__name__ == name)


@pytest.mark.parametrize("name", TYPES)
def test_each_member_left_out_doubled_or_of_another_type_is_named_with_its_line(name: str) -> None:
    at = line_of(name)
    members = json.loads(lines()[at])
    for member, value in members.items():
        for wrong in (_without(members, member), {**members, member: None}, {**members, member: [value]},
                      {**members, member: str(value) + "0"}, {**members, member: -1}, {**members, member: 1.0},
                      {**members, member: True}, {**members, member: {"a": 1}}, {**members, "extra": 1}):  # fmt: skip
            text = json.dumps(wrong, sort_keys=True, separators=(",", ":")).encode()
            assert damaged(packed([*lines()[:at], text, *lines()[at + 1 :]])).where == f"line {at + 1}"
        doubled = lines()[at][:-1] + f',"{member}":{json.dumps(value)}}}'.encode()
        assert damaged(packed([*lines()[:at], doubled])).where == f"line {at + 1}"


def _without(members: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in members.items() if key != name}


@pytest.mark.parametrize(
    "spell",
    [
        lambda line: line.replace(b":", b": ", 1),
        lambda line: line.replace(b"{", b"{ ", 1),
        lambda line: line + b" ",
        lambda line: line + b"\r",
        lambda line: line.upper().replace(b'"TYPE"', b'"type"'),
        lambda line: b"\xef\xbb\xbf" + line,
        lambda line: line.replace(b"a", b"\\u0061", 1),
        lambda line: line.replace(b'":1', b'":01', 1),
        lambda line: line[:-1],
        lambda line: line * 2,
        lambda line: b"[" * 50_000 + b"]" * 50_000,
        lambda line: b"9" * 100_000,
        lambda line: b"null",
        lambda line: b"",
    ],
)
def test_every_other_spelling_of_a_line_is_refused(spell: Callable[[bytes], bytes]) -> None:
    at = line_of("ActionApplied")
    error = damaged(packed([*lines()[:at], spell(lines()[at]), *lines()[at + 1 :]]))
    assert error.where == f"line {at + 1}"


def test_unknown_and_missing_members_are_told_apart() -> None:
    line = lines()[line_of("Frozen")]
    members = json.loads(line)
    del members["until"]
    members["untill"] = 5
    with pytest.raises(ArchiveDamaged) as caught:
        read_event(json.dumps(members, sort_keys=True, separators=(",", ":")).encode())
    assert "unknown untill" in caught.value.found
    assert "missing until" in caught.value.found


@pytest.mark.parametrize("member", sorted(json.loads(lines()[0])))
def test_a_header_with_any_member_left_out_or_wrong_is_refused(member: str) -> None:
    value = json.loads(lines()[0])
    for wrong in (_without(value, member), {**value, member: 5.5}, {**value, member: None}, {**value, "extra": 1}):
        text = json.dumps(wrong, sort_keys=True, separators=(",", ":")).encode()
        assert damaged(packed([text, *lines()[1:]])).where == "line 1"


@pytest.mark.parametrize("member", sorted(json.loads(lines()[-1])))
def test_a_closing_line_that_does_not_agree_with_the_events_is_refused(member: str) -> None:
    value = json.loads(lines()[-1])
    other: dict[str, Any] = {"counts": {"Frozen": 1}, "events": 3, "ledgerHead": "00" * 32, "sha256": "11" * 32}
    for wrong in (_without(value, member), {**value, member: other.get(member, 0)}):
        text = json.dumps(wrong, sort_keys=True, separators=(",", ":")).encode()
        error = damaged(packed([*lines()[:-1], text]))
        assert error.where in (f"line {len(lines())}", f"line {len(lines()) + 1}")


def test_a_transaction_hash_that_was_altered_is_seen_at_the_closing_line() -> None:
    """No head covers it: the digest over the lines does."""
    at = line_of("ActionApplied")
    members = json.loads(lines()[at])
    members["tx"] = "ab" * 32
    text = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    error = damaged(packed([*lines()[:at], text, *lines()[at + 1 :]]))
    assert "sha256" in error.found
    assert error.where == f"line {len(lines())}"


def test_a_line_left_out_doubled_or_moved_is_seen_at_the_closing_line_at_the_latest() -> None:
    own = list(lines())
    for at in range(1, len(own) - 1):
        damaged(packed([*own[:at], *own[at + 1 :]]))
        damaged(packed([*own[: at + 1], *own[at:]]))
        if at < len(own) - 2:
            damaged(packed([*own[:at], own[at + 1], own[at], *own[at + 2 :]]))


# --- bounds ----------------------------------------------------------------------------------------------------------


def bomb(head: bytes, size: int) -> bytes:
    """A small file that decompresses to a great many spaces."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [deflate.compress(head)] + [deflate.compress(b" " * (1 << 20)) for _ in range(size >> 20)]
    return b"".join(parts) + deflate.flush()


def test_a_line_without_end_is_refused_in_bounded_memory() -> None:
    data = bomb(lines()[0] + b"\n", 1 << 27)
    assert len(data) < 1 << 20
    tracemalloc.start()
    try:
        error = damaged(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.where == "line 2"
    assert peak < 8 * form.MAX_LINE


def test_many_empty_parts_are_no_archive() -> None:
    assert "empty" in damaged(gzip.compress(b"") * 10_000).found


def test_an_event_that_no_line_can_hold_is_not_written() -> None:
    writer = Writer(io.BytesIO(), life().header())
    with pytest.raises(InvalidInput):
        writer.add(ActionRefused(Where(200, 1, 0, bytes(32)), 0, bytes(32), bytes(form.MAX_LINE)))


# --- anything --------------------------------------------------------------------------------------------------------

NUMBERS = st.integers(-(2**70), 2**70)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats() | st.text(max_size=70),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=12), inside, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for raw in (data, gzip.compress(data), gzip.compress(lines()[0] + b"\n" + data)):
        with pytest.raises(ArchiveDamaged):
            read(raw)


@given(st.sampled_from(TYPES), st.data())
@settings(max_examples=300, deadline=None)
def test_a_line_with_any_value_in_a_member_is_read_as_itself_or_refused(name: str, data: st.DataObject) -> None:
    members = json.loads(lines()[line_of(name)])
    member = data.draw(st.sampled_from(sorted(members)))
    members[member] = data.draw(JSON)
    text = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    try:
        event = read_event(text)
    except ArchiveDamaged:
        return
    assert event_line(event) == text


@given(st.integers(0, len(lines()) - 1), st.integers(0, 10_000), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_any_byte_of_any_line_may_be_another_and_is_noticed(at: int, place: int, byte: int) -> None:
    line = bytearray(lines()[at])
    if line[place % len(line)] == byte:
        return
    line[place % len(line)] = byte
    damaged(packed([*lines()[:at], bytes(line), *lines()[at + 1 :]]))
