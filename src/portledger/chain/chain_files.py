"""The files in which the embedded node keeps its chain: checkpoints, journals of blocks, and what names them.

state-<block>.json.gz is anvil's dump at that block; blocks-<block>.journal holds the blocks after it, one synced
record each. A crash in the middle of a write leaves the old file whole, or a torn record at the end of a journal.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portledger.durable import sync


@dataclass(frozen=True, slots=True)
class JournaledBlock:
    """What it takes to mine a block again. time: unix seconds; raws: signed transactions in the block's order."""

    number: int
    time: int
    raws: tuple[bytes, ...]


_RECORD: Final = struct.Struct(">4sIIQQI")
"""Magic, bytes of the body, CRC-32 of number to body, block number, timestamp, number of transactions."""
_MAGIC: Final = b"PLJ1"
_SIZE: Final = struct.Struct(">I")


def append_journal(path: Path, blocks: Sequence[JournaledBlock]) -> None:
    """Adds blocks to a journal, on disk when it returns."""
    left = memoryview(b"".join(_journal_record(block) for block in blocks))
    # No buffered file: that one writes what it still holds when it is closed, after it was cut off.
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        whole = os.fstat(file).st_size
        try:
            while left:
                left = left[os.write(file, left) :]
            os.fsync(file)
        except OSError:
            os.ftruncate(file, whole)  # a full disk must not leave half a record for later ones to follow
            raise
    finally:
        os.close(file)


def _journal_record(block: JournaledBlock) -> bytes:
    body = b"".join(_SIZE.pack(len(raw)) + raw for raw in block.raws)
    head = _RECORD.pack(_MAGIC, len(body), 0, block.number, block.time, len(block.raws))
    check = zlib.crc32(head[12:] + body)
    return _RECORD.pack(_MAGIC, len(body), check, block.number, block.time, len(block.raws)) + body


def read_journal(path: Path) -> Iterator[JournaledBlock]:
    """The journaled blocks up to the first record that is torn: a crash in the middle of a write leaves one."""
    with path.open("rb") as file:
        while len(head := file.read(_RECORD.size)) == _RECORD.size:
            magic, size, check, number, moment, count = _RECORD.unpack(head)
            body = file.read(size)
            if magic != _MAGIC or len(body) != size or zlib.crc32(head[12:] + body) != check:
                return
            yield JournaledBlock(number, moment, tuple(_cut(body, count)))


def last_journaled(path: Path) -> int:
    """The newest block in a journal, -1 if it has none."""
    return max((block.number for block in read_journal(path)), default=-1)


def mend_journal(path: Path) -> None:
    """Cuts a torn record off the end, so that later ones can be read."""
    whole = sum(len(_journal_record(block)) for block in read_journal(path))
    if path.stat().st_size > whole:
        os.truncate(path, whole)


def _cut(body: bytes, count: int) -> Iterator[bytes]:
    at = 0
    for _ in range(count):
        (size,) = _SIZE.unpack_from(body, at)
        yield body[at + 4 : at + 4 + size]
        at += 4 + size


def write_whole(path: Path, content: bytes) -> None:
    """The file is either the old or the new one, whatever happens: temporary file, sync, rename, sync the folder."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync(path.parent)


def checkpoint_path(folder: Path, number: int) -> Path:
    return folder / f"state-{number:012d}.json.gz"


def journal_path(folder: Path, number: int) -> Path:
    return folder / f"blocks-{number:012d}.journal"


def checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """Block and path, newest first."""
    return sorted(((int(path.name[6:18]), path) for path in folder.glob("state-*.json.gz")), reverse=True)


def journals(folder: Path) -> list[tuple[int, Path]]:
    """Block after which the journal begins, and path, oldest first."""
    return sorted((int(path.name[7:19]), path) for path in folder.glob("blocks-*.journal"))


def journaled_after(folder: Path, number: int) -> Iterator[Path]:
    """The journals, oldest first, that hold blocks after this one; torn ends are cut off on the way."""
    for _, path in journals(folder):
        mend_journal(path)
        if last_journaled(path) > number:
            yield path
