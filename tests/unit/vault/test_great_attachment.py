"""A file of the largest size that is allowed goes through sealing and opening without ever lying in memory."""

import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from portledger.domain.vault_errors import AttachmentRefused
from portledger.gateway.settings import Settings
from portledger.store.payloads import MAX_BLOB
from portledger.vault.attachments import MAX_SIZE, open_file, seal_file

MEMORY = 16 * 2**20


class Endless(io.RawIOBase):
    """A file of `size` bytes that is nowhere: a pattern, made as it is read."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        part = (b"portledger" * (size // 10 + 1))[: min(size, self.left)]
        self.left -= len(part)
        return part


def pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(70_000):
        yield piece


def test_a_hundred_megabytes_are_sealed_and_opened_in_constant_memory(tmp_path: Path) -> None:
    tracemalloc.start()
    with (tmp_path / "sealed").open("w+b") as sealed:
        one = seal_file(Endless(MAX_SIZE), sealed, "scan.pdf", "application/pdf")  # type: ignore[arg-type]
        open_file(one, pieces(sealed), tmp_path / "scan.pdf")
        length = sealed.tell()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert one.size == MAX_SIZE == 100_000_000
    assert (tmp_path / "scan.pdf").stat().st_size == MAX_SIZE
    with (tmp_path / "scan.pdf").open("rb") as file:
        assert hashlib.file_digest(file, "sha256").digest() == one.sha256
    assert peak < MEMORY
    assert length <= Settings(tmp_path).blob_limit <= MAX_BLOB


def test_a_byte_more_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "sealed").open("w+b") as sealed, pytest.raises(AttachmentRefused):
        seal_file(Endless(MAX_SIZE + 1), sealed, "scan.pdf", "application/pdf")  # type: ignore[arg-type]
