"""The payload store on a real S3-compatible server: as on a folder (test_payloads.py)."""

import hashlib
import os
import threading
from collections.abc import Iterator
from uuid import uuid4

import obstore
import pytest
from tests.support.s3 import BUCKET, WHY_NOT, S3Server, program

from portledger.domain.vault_errors import BlobDigestMismatch, BlobMissing, BlobTooLarge, PayloadStoreFailed
from portledger.store.payloads import PayloadStore, blob_path

SMALL = b"sealed bytes"
GREAT = os.urandom(13_500_000)


def digest_of(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    if program() is None:
        pytest.skip(WHY_NOT)
    with S3Server() as one:
        yield one


@pytest.fixture
def store(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> PayloadStore:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return PayloadStore.at(f"s3://{BUCKET}/{uuid4().hex}", None, limit=20_000_000)


def names(store: PayloadStore) -> list[str]:
    return sorted(one["path"] for part in obstore.list(store._store) for one in part)


@pytest.mark.parametrize("data", [b"", SMALL, GREAT], ids=["empty", "small", "great"])
def test_a_blob_comes_back_and_is_stored_once(store: PayloadStore, data: bytes) -> None:
    digest = digest_of(data)
    assert not store.exists(digest)
    assert store.put(digest, data) is True
    assert store.put(digest, data) is False
    assert store.get(digest) == data
    assert store.size(digest) == len(data)
    assert names(store) == [blob_path(digest)]


def test_a_blob_arrives_in_parts_of_any_size(store: PayloadStore) -> None:
    parts = (GREAT[start : start + 65_537] for start in range(0, len(GREAT), 65_537))
    assert store.put(digest_of(GREAT), parts)
    assert b"".join(store.stream(digest_of(GREAT))) == GREAT


@pytest.mark.parametrize("data", [SMALL, GREAT], ids=["small", "great"])
def test_bytes_of_another_digest_leave_nothing_behind(store: PayloadStore, data: bytes) -> None:
    with pytest.raises(BlobDigestMismatch):
        store.put(bytes(32), data)
    assert names(store) == []


def test_what_is_too_large_leaves_nothing_behind(store: PayloadStore) -> None:
    data = bytes(20_000_001)
    with pytest.raises(BlobTooLarge):
        store.put(digest_of(data), data)
    assert names(store) == []


def test_a_blob_that_is_not_there_is_named(store: PayloadStore) -> None:
    with pytest.raises(BlobMissing):
        store.get(digest_of(SMALL))
    assert store.missing([digest_of(SMALL)]) == [digest_of(SMALL)]


def test_a_blob_damaged_on_the_server_is_not_handed_out(store: PayloadStore) -> None:
    digest = digest_of(SMALL)
    store.put(digest, SMALL)
    obstore.put(store._store, blob_path(digest), b"other bytes!")
    with pytest.raises(BlobDigestMismatch):
        store.get(digest)


def test_many_may_store_the_same_blob_at_once(store: PayloadStore) -> None:
    digest, results = digest_of(GREAT), []
    threads = [threading.Thread(target=lambda: results.append(store.put(digest, GREAT))) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(results) == 4
    assert store.get(digest) == GREAT
    assert names(store) == [blob_path(digest)]


def test_two_gateways_see_each_other_s_blobs(store: PayloadStore, server: S3Server) -> None:
    address = f"s3://{BUCKET}/{uuid4().hex}"
    one, other = (PayloadStore.at(address, None) for _ in range(2))
    one.put(digest_of(SMALL), SMALL)
    assert other.get(digest_of(SMALL)) == SMALL


def test_a_server_that_does_not_answer_is_a_failure_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    monkeypatch.setattr("portledger.store.payloads._RETRIES", {"max_retries": 1, "retry_timeout": _seconds(2)})
    store = PayloadStore.at(f"s3://{BUCKET}", None)
    with pytest.raises(PayloadStoreFailed):
        store.exists(digest_of(SMALL))


def _seconds(count: float) -> object:
    from datetime import timedelta

    return timedelta(seconds=count)


@pytest.mark.parametrize("address", ["file:///tmp/blobs", "https://bucket", "bucket"])
def test_an_address_of_no_known_store_is_refused(address: str) -> None:
    with pytest.raises(PayloadStoreFailed, match="s3://"):
        PayloadStore.at(address, None)
