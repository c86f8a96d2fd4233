"""Keys of machines: bound to a party, kept as their hash, with the scopes they were made with and no more."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import Conflict, NotFound
from portledger.services import access
from portledger.services.access import EVERYTHING, Access
from portledger.store.database import migrate, open_database, sqlite_url

NOW = 1_800_000_000.0
ACCOUNT = bytes(19) + b"\x01"


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(sqlite_url(tmp_path, "intake"), "intake")
    migrate(engine, "intake")
    yield engine
    engine.dispose()


def made(intake: Engine, party: int = 1, scopes: Access = Access.READ, expires_at: float | None = None) -> str:
    return access.create(intake, party, ACCOUNT, "a machine", scopes, expires_at, NOW)[0]


def test_a_key_is_found_by_its_text_with_the_party_and_scopes_it_was_made_for(intake: Engine) -> None:
    found = access.find(intake, made(intake, party=7, scopes=Access.READ | Access.SUBMIT), NOW)
    assert found is not None
    assert (found.party, found.account, found.scopes.words()) == (7, ACCOUNT, ["read", "submit"])


def test_a_key_s_text_is_of_256_random_bits_and_nowhere_in_the_database(intake: Engine, tmp_path: Path) -> None:
    text = made(intake)
    assert re.fullmatch(r"plk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", text)
    intake.dispose()
    secret = text.split("_", 2)[2].encode()  # a secret may hold "_" of its own
    assert all(secret not in path.read_bytes() for path in tmp_path.iterdir())
    with sqlite3.connect(tmp_path / "intake.db") as connection:
        assert connection.execute("select length(key_hash) from api_keys").fetchall() == [(32,)]


@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: text + "A", lambda text: text.upper()])
def test_another_text_is_no_key(intake: Engine, change: object) -> None:
    assert callable(change)
    assert access.find(intake, change(made(intake)), NOW) is None


def test_a_key_ends_at_its_time(intake: Engine) -> None:
    text = made(intake, expires_at=NOW + 60)
    assert access.find(intake, text, NOW + 59) is not None
    assert access.find(intake, text, NOW + 60) is None


def test_a_revoked_key_opens_nothing_and_stays_in_the_list(intake: Engine) -> None:
    text, key = access.create(intake, 1, ACCOUNT, "a machine", EVERYTHING, None, NOW)
    access.revoke(intake, 1, key.id, NOW + 1)
    access.revoke(intake, 1, key.id, NOW + 2)
    assert access.find(intake, text, NOW + 3) is None
    assert [one.revoked_at for one in access.listed(intake, 1)] == [NOW + 1]


def test_another_party_s_key_can_neither_be_seen_nor_revoked(intake: Engine) -> None:
    text, key = access.create(intake, 1, ACCOUNT, "a machine", EVERYTHING, None, NOW)
    assert access.listed(intake, 2) == []
    with pytest.raises(NotFound):
        access.revoke(intake, 2, key.id, NOW)
    assert access.find(intake, text, NOW) is not None


@pytest.mark.parametrize("name", ["", "x" * 81, "a\nb", "\x1b[31m"])
def test_a_name_that_could_spoil_a_list_is_refused(intake: Engine, name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        access.create(intake, 1, ACCOUNT, name, Access.READ, None, NOW)


@pytest.mark.parametrize("at", [NOW, NOW - 1, NOW + 3651 * 86_400])
def test_an_end_in_the_past_or_in_ages_is_refused(intake: Engine, at: float) -> None:
    with pytest.raises(InvalidInput, match="expiresAt"):
        made(intake, expires_at=at)


def test_a_party_has_at_most_fifty_live_keys(intake: Engine) -> None:
    keys = [access.create(intake, 1, ACCOUNT, "a machine", Access.READ, None, NOW)[1] for _ in range(access.MAX_KEYS)]
    with pytest.raises(Conflict):
        made(intake)
    made(intake, party=2)
    access.revoke(intake, 1, keys[0].id, NOW)
    made(intake)


@pytest.mark.parametrize("words", [[], ["root"], ["read", "READ"]])
def test_unknown_scopes_are_refused(words: list[str]) -> None:
    with pytest.raises(InvalidInput, match="scopes"):
        access.access(words)


def test_of_keys_that_are_over_the_newest_are_listed_and_the_table_does_not_grow(
    intake: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "MAX_DEAD", 3)
    keys = [access.create(intake, 1, ACCOUNT, "a machine", Access.READ, None, NOW + at)[1] for at in range(6)]
    for one in keys[:5]:
        access.revoke(intake, 1, one.id, NOW)
    live = access.create(intake, 1, ACCOUNT, "a machine", Access.READ, None, NOW + 9)[1]
    assert [one.id for one in access.listed(intake, 1)] == [live.id, *(one.id for one in reversed(keys[2:]))]


def test_a_key_that_cannot_be_told_is_not_made(intake: Engine) -> None:
    def told(*_: object) -> None:
        raise Conflict("a test", "")

    with pytest.raises(Conflict):
        access.create(intake, 1, ACCOUNT, "a machine", Access.READ, None, NOW, told)
    assert access.listed(intake, 1) == []
