"""Answers kept for repeated requests: once worked on, whatever is lost, doubled or late."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, null, select

from portledger.domain.refusals import IdempotencyKeyReused, RequestInFlight
from portledger.services import idempotency
from portledger.services.idempotency import CLAIM_SECONDS, KEPT_SECONDS, Attempt, Kept, Owner
from portledger.store import api_tables
from portledger.store.database import migrate, open_database, sqlite_url

NOW = 1_800_000_000.0
MINE = Owner(1)
ONE, OTHER = b"\x01" * 32, b"\x02" * 32
ANSWER = Kept(202, {"content-type": "application/json"}, b'{"status":"accepted"}')


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(sqlite_url(tmp_path, "intake"), "intake")
    migrate(engine, "intake")
    yield engine
    engine.dispose()


def begun(intake: Engine, now: float = NOW, owner: Owner = MINE, fingerprint: bytes = ONE) -> Attempt:
    found = idempotency.begin(intake, owner, "a-key", fingerprint, now)
    assert isinstance(found, Attempt)
    return found


def test_the_same_request_gets_the_stored_answer_byte_by_byte(intake: Engine) -> None:
    idempotency.keep(intake, begun(intake), ANSWER)
    assert idempotency.begin(intake, MINE, "a-key", ONE, NOW + KEPT_SECONDS - 1) == ANSWER


def test_another_request_with_the_key_is_refused_whether_or_not_the_first_is_done(intake: Engine) -> None:
    attempt = begun(intake)
    with pytest.raises(IdempotencyKeyReused):
        idempotency.begin(intake, MINE, "a-key", OTHER, NOW)
    idempotency.keep(intake, attempt, ANSWER)
    with pytest.raises(IdempotencyKeyReused):
        idempotency.begin(intake, MINE, "a-key", OTHER, NOW)


def test_the_same_request_while_the_first_is_in_flight_is_refused(intake: Engine) -> None:
    begun(intake)
    with pytest.raises(RequestInFlight):
        idempotency.begin(intake, MINE, "a-key", ONE, NOW + CLAIM_SECONDS - 1)


def test_of_many_at_once_one_is_worked_on(intake: Engine) -> None:
    def attempt(_: int) -> bool:
        try:
            return isinstance(idempotency.begin(intake, MINE, "a-key", ONE, NOW), Attempt)
        except RequestInFlight:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(32))) == 1


def test_what_a_dead_process_left_is_taken_over_and_its_late_answer_is_not_kept(intake: Engine) -> None:
    dead = begun(intake)
    mine = begun(intake, NOW + CLAIM_SECONDS)
    idempotency.keep(intake, dead, Kept(500, {}, b"late"))
    idempotency.give_up(intake, dead)
    idempotency.keep(intake, mine, ANSWER)
    assert idempotency.begin(intake, MINE, "a-key", ONE, NOW + CLAIM_SECONDS) == ANSWER


def test_an_answer_that_was_kept_stays_though_its_request_was_broken_off(intake: Engine) -> None:
    attempt = begun(intake)
    idempotency.keep(intake, attempt, ANSWER)
    idempotency.give_up(intake, attempt)
    assert idempotency.begin(intake, MINE, "a-key", ONE, NOW) == ANSWER


def test_nobody_takes_over_what_was_answered_while_he_looked(intake: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    first, late = begun(intake), NOW + CLAIM_SECONDS
    looked = idempotency.select

    def answered_meanwhile(*columns: Any) -> Any:
        monkeypatch.setattr(idempotency, "select", looked)
        return select(*(null().label("status") if one.name == "status" else one for one in columns))

    idempotency.keep(intake, first, ANSWER)
    monkeypatch.setattr(idempotency, "select", answered_meanwhile)
    with pytest.raises(RequestInFlight):
        idempotency.begin(intake, MINE, "a-key", ONE, late)
    assert idempotency.begin(intake, MINE, "a-key", ONE, late) == ANSWER


def test_an_attempt_that_was_overtaken_keeps_nothing_and_undoes_what_it_made(intake: Engine) -> None:
    dead = begun(intake)
    begun(intake, NOW + CLAIM_SECONDS)

    def make() -> None:
        with intake.begin() as connection:
            connection.execute(api_tables.marks.insert().values(name="made", mark=ONE))
            idempotency.keep_with(connection, dead, ANSWER)

    with pytest.raises(RequestInFlight):
        make()
    with intake.connect() as connection:
        assert connection.execute(select(api_tables.marks)).all() == []


def test_a_given_up_request_may_come_again(intake: Engine) -> None:
    idempotency.give_up(intake, begun(intake))
    begun(intake, fingerprint=OTHER)


def test_keys_of_different_parties_are_different_keys(intake: Engine) -> None:
    idempotency.keep(intake, begun(intake), ANSWER)
    begun(intake, owner=Owner(2), fingerprint=OTHER)


def test_after_a_day_a_key_is_forgotten_and_its_row_is_gone(intake: Engine) -> None:
    idempotency.keep(intake, begun(intake), ANSWER)
    begun(intake, NOW + KEPT_SECONDS + 1, owner=Owner(2), fingerprint=OTHER)
    with intake.connect() as connection:
        assert connection.execute(select(func.count()).select_from(api_tables.idempotency)).scalar() == 1


def test_keys_are_kept_as_hashes(intake: Engine, tmp_path: Path) -> None:
    idempotency.begin(intake, MINE, "order-4711-of-acme", ONE, NOW)
    intake.dispose()
    assert all(b"order-4711" not in path.read_bytes() for path in tmp_path.iterdir())


def test_what_died_under_a_clock_that_was_ahead_is_taken_over(intake: Engine) -> None:
    begun(intake, NOW + 24 * 3600)
    begun(intake, NOW)
