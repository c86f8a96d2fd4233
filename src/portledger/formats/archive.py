"""The archive of a whole ledger: every event in the chain's order, as compressed lines (docs/protocol/audit.md).

A header line, one line per event, a closing line; each canonical JSON in ASCII. Reading is strict: a line is taken only
if writing its event again gives the same bytes, so there is one spelling, no unknown member and no doubled one. Lines,
counts and memory are bounded whatever the file decompresses to. The same ledger gives the same lines, and with the same
zlib the same bytes, however often writing was interrupted.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar, Final, Protocol

import orjson

from portledger.domain.actions import Domain
from portledger.domain.codes import ZERO
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

SCHEMA: Final = "portledger/archive/1"
MAX_LINE: Final = 1 << 22
"""Bytes of one line; the longest that a ledger can make is a kind's table with a few thousand rows."""
MAX_EVENTS: Final = 100_000_000
MAX_TIME: Final = 253_402_300_799
"""The last second of the year 9999."""
MEMBER_LINES: Final = 4096
"""Lines in one gzip member, after the header's own; an interrupted export goes on after the last whole one."""
_CHUNK: Final = 1 << 16
_LEVEL: Final = 6
_GZIP: Final = 16 + zlib.MAX_WBITS


class ArchiveDamaged(InvalidInput):
    """The file is not a whole archive of this form; `where` names the line."""

    REMEDY: ClassVar[str] = (
        "The file was damaged, cut, or is something else: fetch it again, or export the ledger anew."
    )


# --- events <-> lines ------------------------------------------------------------------------------------------------

_Render = Callable[[Any], object]
_Parse = Callable[[Any], Any]


def _plain(value: int) -> int:
    return value


def _word_text(value: int) -> str:
    return f"{value:064x}"


def _address_text(value: bytes) -> str:
    return "0x" + value.hex()


def _digest(value: Any) -> bytes:
    found = bytes.fromhex(value)
    if len(found) != 32:
        raise ValueError(f"{len(found)} bytes, where 32 belong")
    return found


def _address(value: Any) -> bytes:
    found = bytes.fromhex(value[2:])
    if len(found) != 20:
        raise ValueError(f"an address of {len(found)} bytes")
    return found


def _word(value: Any) -> int:
    return int.from_bytes(_digest(value), "big")


def _number(most: int) -> _Parse:
    def parse(value: Any) -> int:
        if type(value) is not int or not 0 <= value <= most:
            raise ValueError(f"{str(value)[:40]}, where an integer from 0 to {most} belongs")
        return value

    return parse


_FORMS: Final[dict[str, tuple[str, _Render, _Parse]]] = {
    "digest": ('"%s"', bytes.hex, _digest),
    "bytes": ('"%s"', bytes.hex, bytes.fromhex),
    "address": ('"%s"', _address_text, _address),
    "word": ('"%s"', _word_text, _word),
    "u8": ("%d", _plain, _number(0xFF)),
    "u16": ("%d", _plain, _number(0xFFFF)),
    "u32": ("%d", _plain, _number(0xFFFF_FFFF)),
    "time": ("%d", _plain, _number(MAX_TIME)),
    "index": ("%d", _plain, _number((1 << 20) - 1)),
    "block": ("%d", _plain, _number((1 << 40) - 1)),
}
"""By form: how it stands in a line, how it is written, how it is read."""

_ACT: Final = {
    "document": "digest",
    "digest": "digest",
    "head": "digest",
    "control": "word",
    "terms": "word",
    "content": "digest",
    "document_reference": "digest",
    "detail": "digest",
    "signatures": "bytes",
}
_MEMBERS: Final[dict[type[LedgerEvent], dict[str, str]]] = {
    ActionApplied: _ACT,
    NoteApplied: _ACT,
    ActionRefused: {"item": "u32", "digest": "digest", "reason": "bytes"},
    Frozen: {
        "document": "digest", "head": "digest", "control": "word", "until": "time", "reason": "digest",
        "sender": "address",
    },
    Unfrozen: {"document": "digest", "head": "digest", "control": "word", "sender": "address"},
    PartyChanged: {
        "party": "u32", "digest": "digest", "party_word": "word", "profile": "digest", "encryption_key": "digest",
        "account_word": "word", "signers": "digest", "head": "digest", "call": "bytes",
    },
    ChangeProposed: {
        "party": "u32", "change_id": "digest", "what": "u8", "source": "u8", "value": "digest", "ready_at": "time",
    },
    ChangeVetoed: {"party": "u32", "change_id": "digest"},
    ChangeEnacted: {"party": "u32", "change_id": "digest"},
    KindDefined: {
        "kind": "u16", "kind_digest": "digest", "file_digest": "digest", "head": "digest", "sender": "address",
        "call": "bytes",
    },
    Appointed: {"power": "u8", "account": "address", "ready_at": "time", "head": "digest", "sender": "address"},
}  # fmt: skip
"""The members of each event in the order of its dataclass, after `where`."""

_PLACE: Final = {"block": "block", "time": "time", "index": "index", "tx": "digest"}


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _json_name(name: str) -> str:
    return "logIndex" if name == "index" else _camel(name)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How one type of event is written and read."""

    make: type[LedgerEvent]
    template: str
    written: tuple[tuple[str, _Render], ...]
    read: tuple[tuple[str, _Parse], ...]
    names: frozenset[str]


def _shape(event: type[LedgerEvent], members: dict[str, str]) -> _Shape:
    written = sorted((_json_name(name), name, form) for name, form in {**_PLACE, **members}.items())
    cells = [f'"{shown}":{_FORMS[form][0]}' for shown, _, form in written]
    at = sum(shown < "type" for shown, _, _ in written)
    cells.insert(at, f'"type":"{event.__name__}"')
    return _Shape(
        event,
        "{" + ",".join(cells) + "}",
        tuple((name, _FORMS[form][1]) for _, name, form in written),
        tuple((_json_name(name), _FORMS[form][2]) for name, form in members.items()),
        frozenset(shown for shown, _, _ in written) | {"type"},
    )


_SHAPES: Final = {event: _shape(event, members) for event, members in _MEMBERS.items()}
_BY_NAME: Final = {event.__name__: shape for event, shape in _SHAPES.items()}
_block, _time, _index = (_FORMS[form][2] for form in ("block", "time", "index"))


def event_line(event: LedgerEvent) -> bytes:
    """The event as its line, without the line end."""
    shape = _SHAPES[type(event)]
    return (shape.template % tuple(render(getattr(event, name)) for name, render in shape.written)).encode()


def read_event(line: bytes, where: str = "line") -> LedgerEvent:
    """The event of a line. Raises ArchiveDamaged for every other spelling."""
    try:
        value = orjson.loads(line)
        shape = _BY_NAME[value["type"]]
        place = Where(_block(value["block"]), _time(value["time"]), _index(value["logIndex"]), _digest(value["tx"]))
        event = shape.make(place, *[parse(value[name]) for name, parse in shape.read])
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as failure:
        raise _malformed(line, where, failure) from failure
    if event_line(event) != line:
        raise _malformed(line, where, ValueError("another spelling"))
    return event


def _malformed(line: bytes, where: str, failure: Exception) -> ArchiveDamaged:
    """Says as precisely as possible what is wrong with a line."""
    try:
        value = orjson.loads(line)
    except (ValueError, RecursionError) as wrong:
        return ArchiveDamaged(where, f"no JSON ({str(wrong)[:80]})", "canonical JSON in one line")
    if not isinstance(value, dict):
        return ArchiveDamaged(where, f"a {type(value).__name__}", "a JSON object")
    shape = _BY_NAME.get(str(value.get("type")))
    if shape is None:
        return ArchiveDamaged(where, f"type {str(value.get('type'))[:40]!r}", "an event of the ledger")
    unknown, missing = sorted(set(value) - shape.names), sorted(shape.names - set(value))
    if unknown or missing:
        told = [f"unknown {', '.join(unknown)[:80]}"] if unknown else []
        told += [f"missing {', '.join(missing)}"] if missing else []
        return ArchiveDamaged(where, f"members of {shape.make.__name__}: {'; '.join(told)}", "its members, no others")
    return ArchiveDamaged(where, f"{shape.make.__name__}: {str(failure)[:120]}", "its canonical form")


# --- header and closing line -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Header:
    """Which ledger, and up to where. powers: governor, registrar, guardian of the deployment, 20 bytes each.

    first_block: in which it was deployed; code_digest: keccak256 of the runtime code; last_*: of the newest block that
    the archive covers (hash 32 bytes, time in unix seconds).
    """

    domain: Domain
    powers: tuple[bytes, bytes, bytes]
    first_block: int
    last_block: int
    last_hash: bytes
    last_time: int
    code_digest: bytes

    def line(self) -> bytes:
        governor, registrar, guardian = map(_address_text, self.powers)
        value = {
            "chainId": self.domain.chain_id,
            "codeDigest": self.code_digest.hex(),
            "firstBlock": self.first_block,
            "lastBlock": self.last_block,
            "lastBlockHash": self.last_hash.hex(),
            "lastBlockTime": self.last_time,
            "ledger": _address_text(self.domain.ledger),
            "powers": {"governor": governor, "guardian": guardian, "registrar": registrar},
            "salt": self.domain.salt.hex(),
            "schema": SCHEMA,
        }
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def read_header(line: bytes) -> Header:
    """Raises ArchiveDamaged."""
    try:
        value = orjson.loads(line)
        if value["schema"] != SCHEMA:
            raise ArchiveDamaged("line 1", f"schema {str(value['schema'])[:60]!r}", SCHEMA)
        powers = value["powers"]
        header = Header(
            Domain(_number((1 << 53) - 1)(value["chainId"]), _address(value["ledger"]), _digest(value["salt"])),
            (_address(powers["governor"]), _address(powers["registrar"]), _address(powers["guardian"])),
            _block(value["firstBlock"]),
            _block(value["lastBlock"]),
            _digest(value["lastBlockHash"]),
            _time(value["lastBlockTime"]),
            _digest(value["codeDigest"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as failure:
        raise ArchiveDamaged(
            "line 1", f"no header ({type(failure).__name__}: {str(failure)[:80]})", f"the header of a {SCHEMA}"
        ) from failure
    if header.line() != line:
        raise ArchiveDamaged("line 1", "members or spelling that do not belong", f"the header of a {SCHEMA}")
    return header


@dataclass(frozen=True, slots=True)
class Closing:
    """counts: events by type; ledger_head: over all of them, 32 bytes; sha256: of all lines before, with line ends."""

    counts: dict[str, int]
    ledger_head: bytes
    sha256: bytes

    def line(self) -> bytes:
        value = {
            "counts": self.counts,
            "events": sum(self.counts.values()),
            "ledgerHead": self.ledger_head.hex(),
            "sha256": self.sha256.hex(),
            "type": "End",
        }
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


_CLOSES: Final = b',"type":"End"}'


def _read_closing(line: bytes, where: str) -> Closing:
    try:
        value = orjson.loads(line)
        counts = {name: _number(MAX_EVENTS)(count) for name, count in value["counts"].items()}
        closing = Closing(counts, _digest(value["ledgerHead"]), _digest(value["sha256"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as failure:
        raise ArchiveDamaged(where, f"no closing line ({type(failure).__name__})", "counts and ledgerHead") from failure
    if closing.line() != line:
        raise ArchiveDamaged(where, "a closing line with other members or spelling", "counts and ledgerHead")
    return closing


class Tally:
    """What header, events and closing line have to agree on, kept while lines pass: the same in writing and reading."""

    def __init__(self) -> None:
        self.lines = 0
        self.counts: Counter[str] = Counter()
        self.head = ZERO
        self.last: Where | None = None
        self._sha256 = hashlib.sha256()

    def line(self, line: bytes) -> None:
        self.lines += 1
        self._sha256.update(line)
        self._sha256.update(b"\n")

    def event(self, event: LedgerEvent) -> None:
        head: bytes | None = getattr(event, "head", None)
        if head is not None:
            self.head = keccak(self.head, head)
        self.counts[type(event).__name__] += 1
        self.last = event.where

    def closing(self) -> Closing:
        return Closing(dict(self.counts), self.head, self._sha256.digest())


# --- reading ---------------------------------------------------------------------------------------------------------


class Readable(Protocol):
    """What is needed of an open file."""

    def read(self, size: int, /) -> bytes: ...


class Reader:
    """An archive being read, front to back. `header` is there at once, `closing` once `events` has come to its end.

    file: open for reading; consumed: compressed bytes taken from it. Raises ArchiveDamaged.
    """

    def __init__(self, file: Readable) -> None:
        self.consumed = 0
        self.closing: Closing | None = None
        self.tally = Tally()
        self._file = file
        self._lines = self._split()
        line = next(self._lines, None)
        if line is None:
            raise ArchiveDamaged("line 1", "an empty file", f"a {SCHEMA}")
        self.header = read_header(line)
        self.tally.line(line)

    def events(self, *, unfinished: bool = False) -> Iterator[LedgerEvent]:
        """The events in their order. The closing line must agree with them, and nothing may follow it.

        unfinished: an export that was interrupted, which may end after any line.
        """
        tally = self.tally
        for line in self._lines:
            where = f"line {tally.lines + 1}"
            if line.endswith(_CLOSES):
                self._close(_read_closing(line, where), where)
                return
            if tally.lines > MAX_EVENTS:
                raise ArchiveDamaged(where, f"more than {MAX_EVENTS} events", f"at most {MAX_EVENTS}")
            event = read_event(line, where)
            tally.line(line)
            tally.event(event)
            yield event
        if unfinished:
            return
        raise ArchiveDamaged(f"line {tally.lines + 1}", "the end of the file", "a closing line: the file was cut off")

    def _close(self, closing: Closing, where: str) -> None:
        seen = self.tally.closing()
        if closing.counts != seen.counts:
            raise ArchiveDamaged(where, f"counts {_counted(closing.counts)}", f"{_counted(seen.counts)}, as read")
        if closing.ledger_head != seen.ledger_head:
            raise ArchiveDamaged(
                where, f"ledgerHead {closing.ledger_head.hex()}", f"{seen.ledger_head.hex()}, over the heads read"
            )
        if closing.sha256 != seen.sha256:
            raise ArchiveDamaged(
                where, f"sha256 {closing.sha256.hex()}", f"{seen.sha256.hex()}, of the lines read: a member that no "
                "head covers (block, tx, a refusal) was altered",
            )  # fmt: skip
        if next(self._lines, None) is not None:
            raise ArchiveDamaged(where, "something after it", "the end of the file")
        self.closing = closing

    def _split(self) -> Iterator[bytes]:
        """Lines without their ends, each bounded."""
        rest, count = b"", 0
        for piece in self._decompressed():
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                count += 1
                if len(line) > MAX_LINE:
                    raise _too_long(count, len(line))
                yield line
            if len(rest) > MAX_LINE:
                raise _too_long(count + 1, len(rest))
        if rest:
            raise ArchiveDamaged(f"line {count + 1}", "a line without its end", "a whole line: the file was cut off")

    def _decompressed(self) -> Iterator[bytes]:
        """At most 64 KiB at a time, whatever is behind them."""
        inflate, begun, data = zlib.decompressobj(_GZIP), False, b""
        while True:
            data = data or self._more()
            if not data:
                if begun:
                    raise ArchiveDamaged("file", f"its end after {self.consumed} bytes, amid a part", "a whole file")
                return
            begun = True
            try:
                piece = inflate.decompress(data, _CHUNK)
            except zlib.error as failure:
                raise ArchiveDamaged(
                    "file", f"no gzip near byte {self.consumed} ({failure})", "an archive as `audit export` writes it"
                ) from failure
            if inflate.eof:
                data = inflate.unused_data
                inflate, begun = zlib.decompressobj(_GZIP), False
            else:
                data = inflate.unconsumed_tail
            if piece:
                yield piece

    def _more(self) -> bytes:
        data = self._file.read(_CHUNK)
        self.consumed += len(data)
        return data


def _too_long(line: int, found: int) -> ArchiveDamaged:
    return ArchiveDamaged(f"line {line}", f"{found} bytes or more", f"at most {MAX_LINE}")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


# --- writing ---------------------------------------------------------------------------------------------------------


class Writer:
    """Writes an archive in parts of a fixed number of lines, so that the bytes do not depend on interruptions.

    sink: open for writing at its end. `tally`: given by `resume`, else a new archive begins with the header.
    """

    def __init__(self, sink: BinaryIO, header: Header, tally: Tally | None = None) -> None:
        self._sink, self.header = sink, header
        self._part: list[bytes] = []
        self.tally = tally or Tally()
        if tally is None:
            self._put(header.line())

    def add(self, event: LedgerEvent) -> None:
        """The next event of the chain."""
        line = event_line(event)
        if len(line) > MAX_LINE:
            raise InvalidInput("event", f"a line of {len(line)} bytes", f"at most {MAX_LINE}")
        self._put(line)
        self.tally.event(event)

    def close(self) -> Closing:
        """Writes the closing line; what it says."""
        closing = self.tally.closing()
        self._put(closing.line())
        self._flush()
        return closing

    def _put(self, line: bytes) -> None:
        self.tally.line(line)
        self._part += (line, b"\n")
        if self.tally.lines % MEMBER_LINES == 1:
            self._flush()

    def _flush(self) -> None:
        if self._part:
            deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
            self._sink.write(deflate.compress(b"".join(self._part)) + deflate.flush())
            self._sink.flush()
            self._part = []


def resume(file: BinaryIO) -> tuple[Header, Tally, int] | None:
    """What an interrupted export has for sure: its header, the tally of its whole parts, and their length in bytes.

    None when not even the header is whole. Raises ArchiveDamaged for what is no archive, and for a finished one.
    """
    parts, length = _whole_parts(file)
    if parts == 0:
        return None
    file.seek(0)
    reader = Reader(_Beginning(file, length))
    for _ in reader.events(unfinished=True):
        pass
    if reader.closing is not None:
        raise ArchiveDamaged("file", "a finished archive", "one whose export was interrupted", "It needs no resuming.")
    if reader.tally.lines != 1 + (parts - 1) * MEMBER_LINES:
        raise ArchiveDamaged("file", f"{reader.tally.lines} lines in {parts} parts", f"{MEMBER_LINES} lines in a part")
    return reader.header, reader.tally, length


def _whole_parts(file: BinaryIO) -> tuple[int, int]:
    """How many gzip members are whole, and where the last of them ends."""
    file.seek(0)
    parts = end = at = 0
    inflate, data = zlib.decompressobj(_GZIP), b""
    while data := data or file.read(_CHUNK):
        size = len(data)
        try:
            inflate.decompress(data, _CHUNK)
        except zlib.error:
            break
        data = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
        at += size - len(data)
        if inflate.eof:
            parts, end, inflate = parts + 1, at, zlib.decompressobj(_GZIP)
    return parts, end


class _Beginning:
    """The first bytes of a file, as if it ended there."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file, self._left = file, length

    def read(self, size: int, /) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data
