"""All processes on one database sign webhooks with one key, or do not start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.support.databases import ENGINES
from tests.support.postgres import Postgres

from portledger.cli.main import main
from portledger.domain.refusals import Conflict, Unavailable
from portledger.gateway.settings import Settings
from portledger.gateway.system import System, running
from portledger.services import webhooks
from portledger.services.doctor import Health, Patient, examine
from portledger.services.ledger import Databases
from portledger.services.webhooks import Secrets, secrets_of
from portledger.store.api_tables import marks


def machine(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder


def test_the_first_process_leaves_the_key_s_mark_and_no_other_key_is_taken_after_it(
    databases: Databases, tmp_path: Path
) -> None:
    one, other = machine(tmp_path, "one"), machine(tmp_path, "other")
    first = secrets_of(one, "", databases.intake)
    assert secrets_of(one, "", databases.intake) == first
    Secrets.load(other / "webhooks.key")
    with pytest.raises(Conflict, match=r"another webhooks\.key") as refused:
        secrets_of(other, "", databases.intake)
    assert "--webhook-key" in refused.value.remedy
    assert secrets_of(other, str(one / "webhooks.key"), databases.intake) == first


def test_a_machine_without_the_key_makes_none_of_its_own(databases: Databases, tmp_path: Path) -> None:
    one, other = machine(tmp_path, "one"), machine(tmp_path, "other")
    secrets_of(one, "", databases.intake)
    with pytest.raises(Conflict, match=r"no webhooks\.key"):
        secrets_of(other, "", databases.intake)
    assert list(other.iterdir()) == []


def test_the_mark_tells_nothing_of_the_key(databases: Databases, tmp_path: Path) -> None:
    made = secrets_of(tmp_path, "", databases.intake)
    with databases.intake.connect() as connection:
        kept = bytes(connection.execute(select(marks.c.mark)).scalar_one())
    assert len(kept) == 32
    assert kept not in (made.master, made.of("", 1))


def test_another_key_is_taken_when_the_operator_says_so(databases: Databases, tmp_path: Path) -> None:
    secrets_of(tmp_path, "", databases.intake)
    (tmp_path / "webhooks.key").unlink()
    new = Secrets.load(tmp_path / "webhooks.key")
    assert webhooks.fits(databases.intake, new) is False
    webhooks.take(databases.intake, new)
    assert secrets_of(tmp_path, "", databases.intake) == new


@pytest.mark.parametrize("kind", ENGINES)
def test_a_system_with_another_key_does_not_start_and_doctor_says_why(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    server = None
    if kind == "postgres":
        postgres: Postgres = request.getfixturevalue("postgres")
        server = postgres.new_database()
        monkeypatch.setenv("PORTLEDGER_DATABASE", server)
    data = tmp_path / "data"
    settings = Settings(data=data, port=0, block_seconds=0.05, database=server)
    with running(settings):
        pass
    key = data / "webhooks.key"
    own = key.read_text()
    key.write_text("ab" * 32 + "\n")
    with pytest.raises(Unavailable), running(settings):
        pass
    assert "another webhooks.key" in (data / "system.log").read_text()
    one = System(settings)
    with pytest.raises(Conflict, match=r"another webhooks\.key"):
        one.start()
    one.stop()
    found = {line.check: line for line in examine(Patient(data, server, None, None))}
    assert found["webhooks' key"].health == Health.FAIL
    assert "--take" in found["webhooks' key"].remedy
    words = ["admin", "webhook-key", "--data", str(data), "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["key"] == "another"
    assert main([*words, "--take"]) == 0
    assert json.loads(capsys.readouterr().out)["key"] == "the same"
    with running(settings):
        found = {line.check: line for line in examine(Patient(data, server, None, None))}
        assert found["webhooks' key"].health == Health.OK
    assert key.read_text() != own
