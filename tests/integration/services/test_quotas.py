"""What a party may leave behind in a day is counted, and what is above it refused; on both databases."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, select

from portledger.domain.refusals import QuotaUsedUp
from portledger.services import idempotency, quotas
from portledger.services.idempotency import Attempt, Kept
from portledger.services.ledger import Databases
from portledger.services.quotas import DAY, KeptAnswers, Uploads
from portledger.store.api_tables import uploads
from portledger.store.tables import blobs

NOON = 20_000 * DAY + DAY / 2


def stored(databases: Databases, party: int, size: int, now: float = NOON) -> bytes:
    """A blob that is new here, as the gateway lists it."""
    sha256 = os.urandom(32)
    with databases.intake.begin() as connection:
        connection.execute(blobs.insert().values(sha256=sha256, size=size, received_at=now))
        quotas.charge(connection, party, size, now)
    return sha256


class TestUploads:
    @pytest.mark.parametrize(("blobs_before", "size"), [([40, 40], 21), ([1, 1, 1], 1), ([], 101)])
    def test_bytes_and_blobs_beyond_the_day_s_are_refused_until_midnight(
        self, databases: Databases, blobs_before: list[int], size: int
    ) -> None:
        counted = Uploads(databases.intake, most_blobs=3, most_bytes=100)
        for one in blobs_before:
            stored(databases, 1, one)
        with pytest.raises(QuotaUsedUp) as refused:
            counted.admit(1, os.urandom(32), size, NOON)
        assert refused.value.parameters()["retryAfter"] == DAY // 2 + 1
        counted.admit(2, os.urandom(32), min(size, 100), NOON)

    def test_what_just_fits_is_taken(self, databases: Databases) -> None:
        counted = Uploads(databases.intake, most_blobs=3, most_bytes=100)
        stored(databases, 1, 40)
        counted.admit(1, os.urandom(32), 60, NOON)

    def test_another_day_is_another_quota_and_the_day_before_is_forgotten(self, databases: Databases) -> None:
        counted = Uploads(databases.intake, most_blobs=1, most_bytes=100)
        stored(databases, 1, 1)
        counted.admit(1, os.urandom(32), 1, NOON + DAY)
        stored(databases, 1, 1, NOON + DAY)
        with databases.intake.connect() as connection:
            assert connection.execute(select(uploads.c.day)).scalars().all() == [20_001]

    def test_while_one_waits_for_the_database_another_begins_and_ends(self, databases: Databases) -> None:
        """The event loop ends uploads: it must not stand still because a database does."""
        asked, answered = threading.Event(), threading.Event()

        class Slow:
            def connect(self) -> Connection:
                asked.set()
                assert answered.wait(60)
                return databases.intake.connect()

        counted = Uploads(databases.intake, most_blobs=3, most_bytes=100)
        first = counted.admit(1, os.urandom(32), 10, NOON)
        counted._intake = Slow()  # type: ignore[assignment]
        with ThreadPoolExecutor(1) as pool:
            second = pool.submit(counted.admit, 1, os.urandom(32), 10, NOON)
            assert asked.wait(60)
            counted.done(first)
            assert counted._under_way == {1: (1, 10)}
            answered.set()
            counted.done(second.result(60))
        assert counted._under_way == {}

    def test_what_is_refused_or_stored_already_is_not_under_way(self, databases: Databases) -> None:
        counted = Uploads(databases.intake, most_blobs=3, most_bytes=100)
        with pytest.raises(QuotaUsedUp):
            counted.admit(1, os.urandom(32), 101, NOON)
        assert counted._under_way == {}
        counted.admit(1, stored(databases, 2, 60), 60, NOON)
        assert counted._under_way == {1: (1, 0)}

    def test_what_is_under_way_counts_and_what_has_ended_does_not(self, databases: Databases) -> None:
        counted = Uploads(databases.intake, most_blobs=2, most_bytes=100)
        first = counted.admit(1, os.urandom(32), 60, NOON)
        with pytest.raises(QuotaUsedUp):
            counted.admit(1, os.urandom(32), 41, NOON)
        second = counted.admit(1, os.urandom(32), 40, NOON)
        with pytest.raises(QuotaUsedUp):
            counted.admit(1, os.urandom(32), 0, NOON)
        counted.done(first)
        counted.done(second)
        counted.admit(1, os.urandom(32), 100, NOON)

    def test_what_is_stored_already_can_be_sent_again_whatever_is_used_up(self, databases: Databases) -> None:
        counted = Uploads(databases.intake, most_blobs=1, most_bytes=100)
        sha256 = stored(databases, 1, 100)
        counted.done(counted.admit(1, sha256, 100, NOON))


def kept(databases: Databases, counted: KeptAnswers, key: str, body: bytes = b"answer", scope: str = "party:1") -> None:
    counted.admit(scope)
    attempt = idempotency.begin(databases.intake, scope, key, b"f" * 32, NOON)
    assert isinstance(attempt, Attempt)
    idempotency.keep(databases.intake, attempt, Kept(200, {}, body))
    counted.kept(scope, len(body))


class TestKeptAnswers:
    @pytest.mark.parametrize(("most_answers", "most_bytes"), [(2, 1000), (1000, 12)])
    def test_more_than_so_many_or_so_large_ones_are_refused(
        self, databases: Databases, most_answers: int, most_bytes: int
    ) -> None:
        counted = KeptAnswers(databases.intake, most_answers, most_bytes, remembered=10)
        kept(databases, counted, "one")
        kept(databases, counted, "two")
        with pytest.raises(QuotaUsedUp):
            counted.admit("party:1")
        counted.admit("party:2")

    def test_another_process_counts_what_is_in_the_database(self, databases: Databases) -> None:
        kept(databases, KeptAnswers(databases.intake, 2, 1000, remembered=10), "one")
        kept(databases, KeptAnswers(databases.intake, 2, 1000, remembered=10), "two")
        with pytest.raises(QuotaUsedUp):
            KeptAnswers(databases.intake, 2, 1000, remembered=10).admit("party:1")

    def test_counts_are_remembered_of_so_many_and_no_more(self, databases: Databases) -> None:
        counted = KeptAnswers(databases.intake, 1, 1000, remembered=2)
        kept(databases, counted, "one")
        for number in range(2, 9):
            counted.admit(f"party:{number}")
        assert len(counted) == 2
        with pytest.raises(QuotaUsedUp):
            counted.admit("party:1")

    def test_when_answers_are_forgotten_more_are_kept(
        self, databases: Databases, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counted = KeptAnswers(databases.intake, 1, 1000, remembered=10)
        kept(databases, counted, "one")
        idempotency.begin(databases.intake, "party:2", "key", b"f" * 32, NOON + 2 * DAY)  # forgets what is over
        with pytest.raises(QuotaUsedUp):
            counted.admit("party:1")
        monkeypatch.setattr(quotas, "RETRY_SECONDS", -1)
        counted.admit("party:1")
