"""A system is copied while it works, restored after it was lost, and has everything that it had acknowledged, once."""

import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.support.backups import QUIET, at_work, flip, resealed
from tests.support.databases import ENGINES
from tests.support.gateway import Gateway, Trader
from tests.support.node import Chain
from tests.support.s3 import BUCKET, WHY_NOT, S3Server, program

from portledger.chain.anvil import end_process
from portledger.cli.exit_codes import Exit
from portledger.cli.main import main
from portledger.domain.codes import Role
from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import Conflict, Unavailable
from portledger.domain.vault_errors import PayloadStoreFailed
from portledger.gateway.settings import Settings
from portledger.gateway.system import running
from portledger.services import backup as backups
from portledger.services import rehearsal
from portledger.services.backup import BackupDamaged, Manifest, Place
from portledger.services.ledger import Databases
from portledger.store import cut as cuts
from portledger.store import outbox, tables
from portledger.store.cut import ProgramMissing
from portledger.store.database import newest_form
from portledger.store.payloads import PayloadStore


@dataclass(frozen=True)
class Copied:
    """A system that was copied under load, and then lost. before, during: what was acknowledged before the backup
    began, and while it was made; heads: of documents that nobody touched any more after they were final."""

    folder: Path
    server: str | None
    backup: Path
    made: Manifest
    before: list[str]
    during: list[str]
    heads: dict[bytes, str]
    carrier: Trader
    shipper: Trader

    @property
    def read(self) -> backups.Backup:
        return backups.read(self.backup)


@pytest.fixture(scope="module", params=ENGINES)
def copied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Copied:
    root = tmp_path_factory.mktemp("copied")
    server = None if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    data = root / "data"
    with running(Settings(data=data, port=0, block_seconds=0.05, database=server)) as one:
        gateway = Gateway(one.url)
        carrier, shipper = gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE)
        quiet = [gateway.issue(carrier, shipper.party) for _ in range(2)]
        heads = {document: gateway.record(document, carrier).head for document in quiet}
        with at_work(Gateway(one.url, uploader=carrier), carrier, shipper) as writer:
            while len(writer.acknowledged) < 20:
                threading.Event().wait(0.02)
            before = list(writer.acknowledged)
            payloads = PayloadStore.beside(None, data / "blobs")
            made = backups.make(data, server, payloads, root / "backup", None, 1000.0, QUIET)
            during = writer.acknowledged[len(before) :]
        assert writer.failed == []
        gateway.close()
        one.kill()
    end_process(int((data / "chain" / "process").read_text().split()[0]))  # the machine is lost, its node with it
    return Copied(data, server, root / "backup", made, before, during, heads, carrier, shipper)


@pytest.fixture
def database(copied: Copied, request: pytest.FixtureRequest) -> str | None:
    """An empty one of the same kind."""
    if copied.server is None:
        return None
    return str(request.getfixturevalue("postgres").new_database())


@pytest.fixture
def backup(copied: Copied, tmp_path: Path) -> Path:
    """A copy of the backup, to be damaged."""
    shutil.copytree(copied.backup, tmp_path / "damaged")
    return tmp_path / "damaged"


def test_every_act_acknowledged_before_the_backup_is_final_exactly_once(
    copied: Copied, tmp_path: Path, database: str | None
) -> None:
    data = tmp_path / "again"
    backups.restore(copied.read, Place(data, database), QUIET)
    with running(Settings(data=data, port=0, block_seconds=0.05, database=database)) as one:
        gateway = Gateway(one.url)
        assert {gateway.wait(digest).status for digest in copied.before} == {"final"}
        # Signed on the head that was shown before the loss: what was final is the same to the byte.
        for document, head in copied.heads.items():
            gateway.sign_in(copied.shipper)
            assert gateway.record(document, copied.shipper).head == head
            gateway.act(
                copied.shipper, document, "ACCEPT", previous=bytes.fromhex(head), counterparty=copied.carrier.party,
                endorsee=copied.shipper.party,
            )  # fmt: skip
        # What was acknowledged while it was copied is there as a whole, or not at all.
        known = [d for d in copied.during if gateway.http.get(f"/v1/actions/{d}").status_code == 200]
        assert {gateway.wait(digest).status for digest in known} <= {"final"}
        gateway.close()
    databases = Databases.open(data, database)
    with databases.ledger.connect() as connection:
        counted = select(tables.history.c.digest, func.count()).group_by(tables.history.c.digest)
        found = {row[0]: row[1] for row in connection.execute(counted)}
        assert [found.get(bytes.fromhex(one)) for one in [*copied.before, *known]] == [1] * len(
            [*copied.before, *known]
        )
    with databases.intake.connect() as intake, databases.relay.connect() as relay:
        assert outbox.all_ids(intake) == outbox.settled_ids(relay)
        assert all(one.final for one in outbox.all_outcomes(relay))
    databases.close()


def test_a_rehearsal_finds_the_backup_sound_and_leaves_nothing_behind(
    copied: Copied, tmp_path: Path, database: str | None
) -> None:
    (tmp_path / "work").mkdir()
    done = rehearsal.rehearse(copied.read, tmp_path / "work", None, database, QUIET)
    assert [(one.name, one.ok) for one in done.checks] == [
        (name, True)
        for name in (
            "restore",
            "integrity",
            "keys",
            "migrations",
            "webhooks' key",
            "rows",
            "acts",
            "contents",
            "read model",
        )
    ], done.checks
    assert done.passed
    if database is not None:
        cuts.require_empty(database)


def test_a_backup_is_for_its_owner_only_and_says_what_it_is(copied: Copied) -> None:
    modes = {path.stat().st_mode & 0o777 for path in copied.backup.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert {path.stat().st_mode & 0o777 for path in [copied.backup, *copied.backup.rglob("*")] if path.is_dir()} == {
        0o700
    }
    made = copied.made
    assert made.counts["intake.outbox"] >= len(copied.before)
    assert made.schemas == {name: newest_form(name) for name in cuts.ORDER}
    assert made.counts["ledger.documents"] <= made.counts["intake.manifests"]
    assert (made.chain, made.missing, made.made_at) == (True, [], 1000)


# --- what is refused -------------------------------------------------------------------------------------------------


def sorts(folder: Path) -> dict[str, Path]:
    """One file of each sort."""
    kept = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    found = {name: path for name, path in kept.items() if not name.startswith(("blobs/", "chain/", "consortium/"))}
    for sort in ("blobs/", "chain/state", "chain/blocks", "chain/chain", "consortium/relayer", "consortium/pass"):
        found[sort] = next(path for name, path in kept.items() if name.startswith(sort))
    return found


def test_a_flipped_byte_in_any_sort_of_file_is_refused_by_its_name(
    copied: Copied, tmp_path: Path, database: str | None
) -> None:
    data = tmp_path / "again"
    tried = []
    for sort, path in sorts(copied.backup).items():
        kept = path.read_bytes()
        flip(path)
        try:
            with pytest.raises((BackupDamaged, InvalidInput)) as refused:
                backups.restore(backups.read(copied.backup), Place(data, database), QUIET)
        finally:
            path.write_bytes(kept)
        assert path.name in str(refused.value), sort
        assert list(tmp_path.iterdir()) == []
        tried.append(sort)
    assert {"manifest.json", "contents", "deployment.json", "webhooks.key", "blobs/"} < set(tried)
    if database is not None:
        cuts.require_empty(database)


@pytest.mark.parametrize("sort", ["contents", "blobs/", "chain/state", "deployment.json"])
def test_a_file_that_is_gone_is_refused_by_its_name(backup: Path, copied: Copied, sort: str, tmp_path: Path) -> None:
    path = sorts(backup)[sort]
    path.unlink()
    with pytest.raises(BackupDamaged, match=path.name):
        backups.check(backups.read(backup), QUIET)


def test_an_unfinished_backup_is_none(backup: Path, tmp_path: Path) -> None:
    (backup / backups.MANIFEST).unlink()
    with pytest.raises(InvalidInput, match="written last"):
        backups.read(backup)
    with pytest.raises(InvalidInput, match="no folder"):
        backups.read(tmp_path / "nowhere")


def change(member: str, value: object) -> Any:
    return lambda manifest: manifest.__setitem__(member, value)


def rename(name: str) -> Any:
    return lambda manifest: manifest["files"][0].__setitem__("name", name)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (change("version", 2), "version 2"),
        (change("version", None), "version None"),
        (change("engine", "other"), "an engine"),
        (change("counts", []), "counts"),
        (change("unknown", 1), "unknown"),
        (change("ledger", "0x" + "11" * 20), "as the manifest says"),
        (change("contents", 3), "3, as the manifest says"),
        (change("files", []), "no chain/chain"),
        (rename("../outside"), "../outside"),
        (rename("/etc/passwd"), "/etc/passwd"),
        (rename("chain/../../x"), "chain/"),
        (rename("manifest.json"), "manifest.json"),
    ],
)
def test_a_manifest_that_says_something_else_is_refused(backup: Path, changed: Any, said: str, tmp_path: Path) -> None:
    resealed(backup, changed)
    with pytest.raises((InvalidInput, BackupDamaged), match=said.replace(".", r"\.")):
        backups.check(backups.read(backup), QUIET)


def test_a_manifest_that_is_not_canonical_is_refused(backup: Path) -> None:
    path = backup / backups.MANIFEST
    path.write_bytes(json.dumps(json.loads(path.read_bytes()), indent=1).encode())
    with pytest.raises(BackupDamaged, match="canonical"):
        backups.read(backup)


def test_a_place_that_is_not_empty_is_refused_and_left_as_it_is(
    copied: Copied, tmp_path: Path, database: str | None
) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "something").write_text("dear")
    with pytest.raises(InvalidInput, match="not empty"):
        backups.restore(copied.read, Place(tmp_path / "used", database), QUIET)
    assert [path.name for path in (tmp_path / "used").iterdir()] == ["something"]
    if copied.server is not None:
        with pytest.raises(Conflict, match="schemas"):
            backups.restore(copied.read, Place(tmp_path / "new", copied.server), QUIET)
        assert not (tmp_path / "new").exists()


def test_an_empty_folder_that_is_there_is_taken(copied: Copied, tmp_path: Path, database: str | None) -> None:
    (tmp_path / "there").mkdir()
    backups.restore(copied.read, Place(tmp_path / "there", database), QUIET)
    assert (tmp_path / "there" / "deployment.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_another_ledger_is_refused(copied: Copied, tmp_path: Path, database: str | None, chain: Chain) -> None:
    with pytest.raises(InvalidInput, match="0x1111"):
        backups.restore(copied.read, Place(tmp_path / "new", database, ledger="0x" + "11" * 20), QUIET)
    with pytest.raises(Exception, match=r"DeploymentMismatch|NoLedger"):
        backups.restore(copied.read, Place(tmp_path / "new", database, node=chain.url), QUIET)
    assert list(tmp_path.iterdir()) == []


def test_tables_of_the_other_engine_are_refused(copied: Copied, tmp_path: Path) -> None:
    other = "postgresql://nobody@127.0.0.1:9/nothing" if copied.server is None else None
    with pytest.raises(InvalidInput, match="tables"):
        backups.restore(copied.read, Place(tmp_path / "new", other), QUIET)
    assert list(tmp_path.iterdir()) == []


# --- what only a rehearsal finds -------------------------------------------------------------------------------------


def _sql(name: str, *statements: str) -> Any:
    def run(backup: Path) -> None:
        with closing(sqlite3.connect(backup / name)) as connection:
            for one in statements:
                connection.execute(one)
            connection.commit()

    return run


def _drop_content(backup: Path) -> None:
    path = backup / "contents"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


def _drop_block(backup: Path) -> None:
    """The journal without its last record: a chain that ends early."""
    from portledger.chain.chain_files import append_journal, read_journal

    path = next((backup / "chain").glob("blocks-*"))
    blocks = list(read_journal(path))
    path.unlink()
    append_journal(path, blocks[:-1])


def _break_page(backup: Path) -> None:
    path = backup / "ledger.db"
    data = bytearray(path.read_bytes())
    data[4096:8192] = bytes(4096)
    path.write_bytes(bytes(data))


def _break_key(backup: Path) -> None:
    (backup / "consortium" / "passphrase").write_text("another\n")


def _another_webhook_key(backup: Path) -> None:
    (backup / "webhooks.key").write_text("ab" * 32 + "\n")


@pytest.mark.parametrize(
    ("damage", "failing"),
    [
        (_sql("ledger.db", "UPDATE documents SET state = 99"), "read model"),
        (_sql("ledger.db", "DELETE FROM history WHERE position = (SELECT min(position) FROM history)"), "acts"),
        (_sql("intake.db", "DELETE FROM outbox WHERE id = 3"), "acts"),
        (_sql("intake.db", "DELETE FROM grants", "DELETE FROM manifests"), "rows"),
        (_sql("relay.db", "DROP TABLE alembic_version"), "migrations"),
        (_sql("intake.db", "UPDATE blobs SET size = 1"), "contents"),
        (_drop_content, "contents"),
        (_drop_block, "read model"),
        (_break_page, "integrity"),
        (_break_key, "keys"),
        (_another_webhook_key, "webhooks' key"),
    ],
)
def test_what_was_broken_before_it_was_copied_fails_its_rehearsal(
    copied: Copied, backup: Path, tmp_path: Path, damage: Any, failing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if copied.server is not None:
        pytest.skip("the files of the tables are changed here")
    damage(backup)
    resealed(
        backup,
        lambda manifest: manifest.__setitem__("contents", len((backup / "contents").read_text().split("\n")) - 1),
    )
    assert main(["admin", "rehearse", str(backup), "--json"]) == Exit.UNSOUND
    told = json.loads(capsys.readouterr().out)
    assert told["passed"] is False
    assert failing in [one["check"] for one in told["checks"] if one["ok"] is False], told


def test_a_rehearsal_without_the_chain_does_not_pass(copied: Copied, backup: Path, tmp_path: Path) -> None:
    if copied.server is not None:
        pytest.skip("once is enough")

    def forget(manifest: dict[str, Any]) -> None:
        manifest["chain"] = False
        manifest["files"] = [one for one in manifest["files"] if not one["name"].startswith("chain/")]

    resealed(backup, forget)
    (tmp_path / "work").mkdir()
    done = rehearsal.rehearse(backups.read(backup), tmp_path / "work", None, None, QUIET)
    assert [one.name for one in done.checks if one.ok is None] == ["read model"]
    assert not done.passed


def test_a_rehearsal_without_the_webhooks_key_does_not_pass_until_it_is_named(
    copied: Copied, backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if copied.server is not None:
        pytest.skip("once is enough")

    def forget(manifest: dict[str, Any]) -> None:
        manifest["files"] = [one for one in manifest["files"] if one["name"] != "webhooks.key"]

    elsewhere = tmp_path / "elsewhere.key"
    shutil.copyfile(backup / "webhooks.key", elsewhere)
    resealed(backup, forget)
    (backup / "webhooks.key").unlink()
    assert main(["admin", "rehearse", str(backup), "--json"]) == Exit.UNSOUND
    checks = {one["check"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert [name for name, one in checks.items() if one["ok"] is not True] == ["webhooks' key"]
    assert checks["webhooks' key"]["ok"] is None
    assert "--webhook-key" in checks["webhooks' key"]["found"]
    assert main(["admin", "rehearse", str(backup), "--webhook-key", str(elsewhere)]) == 0
    elsewhere.write_text("ab" * 32)
    assert main(["admin", "rehearse", str(backup), "--webhook-key", str(elsewhere)]) == Exit.UNSOUND
    assert main(["admin", "rehearse", str(backup), "--webhook-key", str(tmp_path / "none")]) == Exit.UNSOUND


def test_keys_that_are_links_are_told_for_they_are_not_copied(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "consortium").mkdir(parents=True)
    assert backups.linked_keys(data) == []
    (tmp_path / "real.json").write_text("{}")
    (data / "consortium" / "relayer.json").symlink_to(tmp_path / "real.json")
    (data / "webhooks.key").write_text("ab" * 32)
    assert backups.linked_keys(data) == ["consortium/relayer.json"]


# --- making one ------------------------------------------------------------------------------------------------------


def again(copied: Copied, target: Path, previous: Path | None = None) -> Manifest:
    payloads = PayloadStore.beside(None, copied.folder / "blobs")
    return backups.make(copied.folder, copied.server, payloads, target, previous, 2000.0, QUIET)


def test_contents_of_an_earlier_backup_are_taken_over_and_damaged_ones_fetched_anew(
    copied: Copied, backup: Path, tmp_path: Path
) -> None:
    blobs = sorted(path for path in (backup / "blobs").rglob("*") if path.is_file())
    flip(blobs[0])
    blobs[1].unlink()
    again(copied, tmp_path / "second", backup)
    taken = [tmp_path / "second" / path.relative_to(backup) for path in blobs]
    assert [path.stat().st_nlink for path in taken[:3]] == [1, 1, 2]
    backups.check(backups.read(tmp_path / "second"), QUIET)


def test_an_interrupted_backup_is_recognised_and_its_contents_serve_the_next(
    copied: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(backups, "_file", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(Unavailable, match="No space left"):
            again(copied, tmp_path / "first")
    with pytest.raises(InvalidInput, match="without manifest"):
        backups.read(tmp_path / "first")
    with pytest.raises(InvalidInput, match="not empty"):
        again(copied, tmp_path / "first")
    made = again(copied, tmp_path / "second", tmp_path / "first")
    links = {path.stat().st_nlink for path in (tmp_path / "second" / "blobs").rglob("*") if path.is_file()}
    assert (links, made.contents) == ({2}, len(list((copied.folder / "blobs" / "sha256").rglob("*/*"))))


def test_a_content_that_the_store_lost_is_named(copied: Copied, tmp_path: Path) -> None:
    lost = next((copied.folder / "blobs" / "sha256").rglob("*/*"))
    kept = lost.read_bytes()
    lost.unlink()
    try:
        made = again(copied, tmp_path / "second")
    finally:
        lost.write_bytes(kept)
    assert made.missing == [lost.name]


def test_no_program_to_dump_with_is_said_before_anything_is_written(
    copied: Copied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if copied.server is None:
        pytest.skip("files need no program")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissing, match="pg_dump"):
        again(copied, tmp_path / "second")
    with pytest.raises(ProgramMissing, match="pg_restore"):
        backups.restore(copied.read, Place(tmp_path / "new", "postgresql://nobody@127.0.0.1:9/x"), QUIET)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_no_system_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"intake\.db"):
        backups.make(tmp_path, None, PayloadStore.local(tmp_path / "b"), tmp_path / "t", None, 0.0, QUIET)
    with pytest.raises(PayloadStoreFailed):
        PayloadStore.beside(None, tmp_path / "nowhere")


def test_a_server_s_password_is_in_no_list_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def run(arguments: list[str], env: dict[str, str], **_: Any) -> Any:
        seen.append((arguments, env["PGPASSWORD"]))
        return type("Done", (), {"returncode": 0})()

    monkeypatch.setattr(cuts.subprocess, "run", run)
    monkeypatch.setattr(cuts, "require_programs", lambda *_: None)
    cuts.run("pg_dump", "postgresql+psycopg://me:s%40cret@db:5432/ledger?sslmode=require")
    assert seen == [(["pg_dump", "--dbname=postgresql://me@db:5432/ledger?sslmode=require", "--no-password"], "s@cret")]


# --- S3 --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    if program() is None:
        pytest.skip(WHY_NOT)
    with S3Server() as one:
        yield one


def test_contents_on_s3_are_copied_proven_and_restored(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    first, second = (f"s3://{BUCKET}/{one}" for one in ("first", "second"))
    with running(Settings(data=tmp_path / "data", port=0, block_seconds=0.05, payloads=first)) as one:
        gateway = Gateway(one.url)
        carrier, shipper = gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE)
        document = gateway.issue(carrier, shipper.party)
        with monkeypatch.context() as patch:
            patch.setenv("PORTLEDGER_PAYLOADS", first)
            assert main(["admin", "backup", str(tmp_path / "b"), "--data", str(tmp_path / "data")]) == 0
        gateway.close()
    assert main(["admin", "rehearse", str(tmp_path / "b")]) == 0
    monkeypatch.setenv("PORTLEDGER_PAYLOADS", second)
    assert main(["admin", "restore", str(tmp_path / "b"), "--data", str(tmp_path / "again")]) == 0
    capsys.readouterr()
    listed = backups.contents_of(backups.read(tmp_path / "b"))
    store = PayloadStore.at(second, None)
    assert {one.sha256 for one in store.all()} == {one.sha256 for one in listed}
    assert len(listed) > 5
    with running(Settings(data=tmp_path / "again", port=0, block_seconds=0.05, payloads=second)) as one:
        gateway = Gateway(one.url)
        gateway.sign_in(carrier)
        assert gateway.record(document, carrier).state == "OFFERED"
        blob = listed[0].sha256.hex()
        assert gateway.http.get(f"/v1/blobs/{blob}", headers=carrier.headers).status_code == 200
        gateway.close()
    os.environ.pop("PORTLEDGER_PAYLOADS", None)
