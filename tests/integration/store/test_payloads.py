"""The payload store on a real folder."""

import asyncio
import hashlib
import os
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from portledger.domain.vault_errors import BlobDigestMismatch, BlobMissing, BlobTooLarge, PayloadStoreFailed
from portledger.store.payloads import PART, UNFINISHED_SECONDS, PayloadStore, blob_path

SMALL = b"sealed bytes"
GREAT = os.urandom(3_500_000)


def digest_of(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def store(tmp_path: Path) -> PayloadStore:
    return PayloadStore.local(tmp_path / "blobs")


@pytest.mark.parametrize("data", [b"", SMALL, GREAT], ids=["empty", "small", "great"])
def test_a_blob_comes_back_and_is_stored_once(store: PayloadStore, tmp_path: Path, data: bytes) -> None:
    digest = digest_of(data)
    assert not store.exists(digest)
    assert store.put(digest, data) is True
    assert store.put(digest, data) is False
    assert store.exists(digest)
    assert store.get(digest) == data
    assert store.size(digest) == len(data)
    assert files(tmp_path / "blobs") == [blob_path(digest)]


def test_a_blob_arrives_in_parts_of_any_size(store: PayloadStore) -> None:
    parts = (GREAT[start : start + 65_537] for start in range(0, len(GREAT), 65_537))
    assert store.put(digest_of(GREAT), parts)
    assert b"".join(store.stream(digest_of(GREAT))) == GREAT


@pytest.mark.parametrize("data", [SMALL, GREAT], ids=["small", "great"])
def test_bytes_of_another_digest_leave_nothing_behind(store: PayloadStore, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BlobDigestMismatch):
        store.put(bytes(32), data)
    assert files(tmp_path / "blobs") == []


def test_wrong_bytes_are_refused_also_when_the_blob_is_there(store: PayloadStore) -> None:
    store.put(digest_of(SMALL), SMALL)
    with pytest.raises(BlobDigestMismatch):
        store.put(digest_of(SMALL), b"other")
    assert store.get(digest_of(SMALL)) == SMALL


def test_a_body_that_breaks_off_leaves_nothing_behind(store: PayloadStore, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield GREAT[:2_000_000]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.put(digest_of(GREAT), broken())
    assert files(tmp_path / "blobs") == []


def test_a_blob_above_the_limit_is_refused(tmp_path: Path) -> None:
    store = PayloadStore.local(tmp_path / "blobs", limit=10)
    store.put(digest_of(b"0123456789"), b"0123456789")
    with pytest.raises(BlobTooLarge):
        store.put(digest_of(SMALL), SMALL)


def test_what_is_not_there_is_named(store: PayloadStore) -> None:
    store.put(digest_of(SMALL), SMALL)
    assert store.missing([digest_of(SMALL), bytes(32)]) == [bytes(32)]
    for call in (store.get, store.size, store.stream):
        with pytest.raises(BlobMissing):
            call(bytes(32))
    with pytest.raises(BlobMissing):
        store.get(b"../../etc/passwd")


@pytest.mark.parametrize("data", [SMALL, GREAT], ids=["small", "great"])
def test_a_blob_damaged_on_disk_is_not_served_as_whole(store: PayloadStore, tmp_path: Path, data: bytes) -> None:
    store.put(digest_of(data), data)
    path = tmp_path / "blobs" / blob_path(digest_of(data))
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    served: list[bytes] = []
    with pytest.raises(BlobDigestMismatch):
        served.extend(store.stream(digest_of(data)))
    assert len(b"".join(served)) < len(data)


def test_what_a_killed_process_left_is_removed_at_the_start(store: PayloadStore, tmp_path: Path) -> None:
    store.put(digest_of(SMALL), SMALL)
    left = tmp_path / "blobs" / "incoming" / "half"
    left.write_bytes(b"half a blob")
    os.utime(left, (0, time.time() - UNFINISHED_SECONDS - 1))
    assert PayloadStore.local(tmp_path / "blobs").get(digest_of(SMALL)) == SMALL
    assert not left.exists()


def test_what_another_process_is_at_is_left_alone(store: PayloadStore, tmp_path: Path) -> None:
    """The operator's tools open the store beside a gateway that takes blobs in."""
    blob = os.urandom(3 * PART)
    upload = store.begin(digest_of(blob))
    upload.write(blob)
    PayloadStore.local(tmp_path / "blobs")
    assert upload.finish()
    assert store.get(digest_of(blob)) == blob


def test_many_threads_may_put_the_same_blobs(store: PayloadStore, tmp_path: Path) -> None:
    blobs = [bytes([index]) * 1000 for index in range(20)]

    def work() -> None:
        for blob in blobs:
            store.put(digest_of(blob), blob)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.missing(digest_of(blob) for blob in blobs) == []
    assert len(files(tmp_path / "blobs")) == 20


def test_the_async_calls_do_the_same(store: PayloadStore, tmp_path: Path) -> None:
    async def body() -> AsyncIterator[bytes]:
        for start in range(0, len(GREAT), 100_000):
            yield GREAT[start : start + 100_000]

    async def run() -> None:
        assert await store.put_async(digest_of(SMALL), SMALL)
        assert await store.put_async(digest_of(GREAT), body())
        assert not await store.put_async(digest_of(GREAT), body())
        assert await store.exists_async(digest_of(GREAT))
        assert await store.get_async(digest_of(SMALL)) == SMALL
        assert await store.missing_async([bytes(32)]) == [bytes(32)]
        assert b"".join([part async for part in store.stream_async(digest_of(GREAT))]) == GREAT
        with pytest.raises(BlobDigestMismatch):
            await store.put_async(bytes(32), body())
        with pytest.raises(BlobMissing):
            _ = [part async for part in store.stream_async(bytes(32))]

    asyncio.run(run())
    assert len(files(tmp_path / "blobs")) == 2


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PayloadStoreFailed):
        PayloadStore.local(tmp_path / "file" / "blobs")


def test_a_great_blob_passes_in_constant_memory(store: PayloadStore) -> None:
    part, count = bytes(2**20), 40
    hashed = hashlib.sha256()
    for _ in range(count):
        hashed.update(part)
    tracemalloc.start()
    store.put(hashed.digest(), (part for _ in range(count)))
    assert sum(len(piece) for piece in store.stream(hashed.digest())) == count * len(part)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * 2**20


def test_every_name_on_the_way_to_a_blob_is_on_the_disk_before_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is flushed in a folder that is not is lost in a power cut, and 202 was answered for it."""
    synced: list[Path] = []
    real = os.fsync

    def recorded(handle: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{handle}")))
        real(handle)

    monkeypatch.setattr(os, "fsync", recorded)
    folder = tmp_path / "blobs"
    store = PayloadStore.local(folder)
    assert synced == [folder / "sha256", folder, tmp_path]
    assert len(list((folder / "sha256").iterdir())) == 256
    synced.clear()
    target = folder / blob_path(digest_of(SMALL))
    store.put(digest_of(SMALL), SMALL)
    assert [one.parent for one in synced] == [folder / "incoming", folder / "sha256"]
    assert synced[-1] == target.parent
    synced.clear()
    store.put(digest_of(SMALL), SMALL)
    assert synced == [target.parent]  # whoever stored it may have been killed before


def test_a_blob_that_was_cut_short_is_mended_by_uploading_it_again(store: PayloadStore, tmp_path: Path) -> None:
    store.put(digest_of(SMALL), SMALL)
    (tmp_path / "blobs" / blob_path(digest_of(SMALL))).write_bytes(SMALL[:-1])
    assert store.put(digest_of(SMALL), SMALL) is True
    assert store.get(digest_of(SMALL)) == SMALL


def test_a_failing_store_does_not_say_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where the folder should be")
    with pytest.raises(PayloadStoreFailed) as failed:
        PayloadStore.local(tmp_path / "blobs")
    assert str(tmp_path) not in failed.value.found
