"""What a party may leave behind in a day is counted, and what is above it refused; on both databases."""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, text

from portledger.domain.refusals import QuotaUsedUp
from portledger.services import idempotency, quotas
from portledger.services.idempotency import STRANGERS, Attempt, Kept, Owner
from portledger.services.ledger import Databases
from portledger.services.quotas import DAY, KeptAnswers, Uploads
from portledger.store.api_tables import uploads
from portledger.store.database import database_url, migrate, open_database
from portledger.store.tables import blobs

OWNER = Owner(1)
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


def kept(databases: Databases, counted: KeptAnswers, key: str, body: bytes = b"answer", owner: Owner = OWNER) -> None:
    counted.admit(owner.party)
    attempt = idempotency.begin(databases.intake, owner, key, b"f" * 32, NOON)
    assert isinstance(attempt, Attempt)
    idempotency.keep(databases.intake, attempt, Kept(200, {}, body))
    counted.kept(owner.party, len(body))


class TestKeptAnswers:
    @pytest.mark.parametrize(("most_answers", "most_bytes"), [(2, 1000), (1000, 12)])
    def test_more_than_so_many_or_so_large_ones_are_refused(
        self, databases: Databases, most_answers: int, most_bytes: int
    ) -> None:
        counted = KeptAnswers(databases.intake, most_answers, most_bytes, remembered=10)
        kept(databases, counted, "one")
        kept(databases, counted, "two")
        with pytest.raises(QuotaUsedUp):
            counted.admit(1)
        counted.admit(2)

    def test_another_process_counts_what_is_in_the_database(self, databases: Databases) -> None:
        kept(databases, KeptAnswers(databases.intake, 2, 1000, remembered=10), "one")
        kept(databases, KeptAnswers(databases.intake, 2, 1000, remembered=10), "two")
        with pytest.raises(QuotaUsedUp):
            KeptAnswers(databases.intake, 2, 1000, remembered=10).admit(1)

    def test_whatever_sessions_and_keys_a_party_shows_its_answers_count_together(self, databases: Databases) -> None:
        counted = KeptAnswers(databases.intake, 3, 1000, remembered=10)
        for number in range(2):
            kept(databases, counted, "key", owner=Owner(1, f"{number:064}"))
        kept(databases, counted, "key", owner=Owner(1))
        for one in (counted, KeptAnswers(databases.intake, 3, 1000, remembered=10)):
            with pytest.raises(QuotaUsedUp, match="3 kept answers of 18 bytes"):
                one.admit(1)
            one.admit(2)
            one.admit(None)

    def test_strangers_answers_count_against_no_party_and_a_party_s_not_against_strangers(
        self, databases: Databases
    ) -> None:
        counted = KeptAnswers(databases.intake, 1, 1000, remembered=10)
        kept(databases, counted, "key", owner=STRANGERS)
        with pytest.raises(QuotaUsedUp):
            KeptAnswers(databases.intake, 1, 1000, remembered=10).admit(None)
        kept(databases, counted, "key", owner=Owner(1, "0" * 64))

    def test_counting_a_party_s_answers_reads_no_others(self, tmp_path: Path) -> None:
        """There may be half a million of each party."""
        opened = Databases.open(tmp_path)
        said: list[tuple[str, Any]] = []

        @event.listens_for(opened.intake, "before_cursor_execute")
        def _hear(_one: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
            said.append((statement, values))

        KeptAnswers(opened.intake, 1, 1000, remembered=10).admit(1)
        with opened.intake.connect() as connection:
            statement, values = said[0]
            plan = [str(step) for step in connection.exec_driver_sql("explain query plan " + statement, values)]
        opened.close()
        assert any("idempotency_by_party (party=?)" in step for step in plan), plan
        assert not any("SCAN" in step for step in plan), plan

    def test_what_the_version_before_kept_is_given_still(self, tmp_path: Path, server: str | None) -> None:
        engine = open_database(database_url(tmp_path, server, "intake"), "intake")
        migrate(engine, "intake", "intake_0008")
        owner = Owner(1, "0" * 64)
        row = {"scope": owner.scope, "key": hashlib.sha256(b"key").digest(), "fingerprint": b"f" * 32, "claim": "a",
               "started": NOON, "expires": NOON + DAY, "headers": "{}", "body": b"answer"}  # fmt: skip
        older = text(
            "insert into idempotency (scope, key, fingerprint, claim, started_at, expires_at, status, headers, body)"
            " values (:scope, :key, :fingerprint, :claim, :started, :expires, 201, :headers, :body)"
        )
        with engine.begin() as connection:
            connection.execute(older, row)
        migrate(engine, "intake")
        with engine.begin() as connection:  # one of the version before, beside the new one
            connection.execute(older, {**row, "scope": "token:" + "1" * 64})
        for token in ("0", "1"):
            found = idempotency.begin(engine, Owner(1, token * 64), "key", b"f" * 32, NOON)
            assert found == Kept(201, {}, b"answer")
        KeptAnswers(engine, 1, 1000, remembered=10).admit(1)
        engine.dispose()

    def test_counts_are_remembered_of_so_many_and_no_more(self, databases: Databases) -> None:
        counted = KeptAnswers(databases.intake, 1, 1000, remembered=2)
        kept(databases, counted, "one")
        for number in range(2, 9):
            counted.admit(number)
        assert len(counted) == 2
        with pytest.raises(QuotaUsedUp):
            counted.admit(1)

    def test_when_answers_are_forgotten_more_are_kept(
        self, databases: Databases, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counted = KeptAnswers(databases.intake, 1, 1000, remembered=10)
        kept(databases, counted, "one")
        idempotency.begin(databases.intake, Owner(2), "key", b"f" * 32, NOON + 2 * DAY)  # forgets what is over
        with pytest.raises(QuotaUsedUp):
            counted.admit(1)
        monkeypatch.setattr(quotas, "RETRY_SECONDS", -1)
        counted.admit(1)
