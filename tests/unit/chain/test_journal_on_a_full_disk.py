"""A full disk leaves no half record in the node's journal: whatever came after it could not be read any more."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portledger.chain.chain_files import JournaledBlock, append_journal, read_journal

BLOCKS = [JournaledBlock(number, 1_000 + number, (bytes([number]) * 5_000,)) for number in range(1, 4)]


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file can grow beyond that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 1, 40, 4_999])
def test_a_full_disk_leaves_no_half_record_for_later_ones_to_follow(room: int, tmp_path: Path) -> None:
    path = tmp_path / "blocks.journal"
    append_journal(path, BLOCKS[:1])
    with room_for(path.stat().st_size + room), pytest.raises(OSError):
        append_journal(path, BLOCKS[1:2])
    assert list(read_journal(path)) == BLOCKS[:1]
    append_journal(path, BLOCKS[1:])
    assert list(read_journal(path)) == BLOCKS
