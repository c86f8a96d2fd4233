"""Read model and payload index are built anew from the chain and the store, and are the old ones byte by byte."""

import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from tests.support.databases import ENGINES
from tests.support.gateway import Gateway

from portledger.cli.main import build
from portledger.domain.codes import Role
from portledger.domain.refusals import Conflict
from portledger.gateway.settings import Settings
from portledger.gateway.system import free_port, running
from portledger.services.ledger import Databases
from portledger.services.rebuilding import INDEX
from portledger.store import rebuild, tables
from portledger.store.leases import Lease, LeaseTaken

Prints = dict[str, rebuild.Fingerprint]


@dataclass(frozen=True)
class Stopped:
    """A system that has done its work and stopped. told: what its tables were; checked: by the command before."""

    folder: Path
    server: str | None
    told: Prints
    checked: str

    def open(self) -> Databases:
        return Databases.open(self.folder, self.server)


def prints(databases: Databases) -> Prints:
    with databases.ledger.connect() as connection:
        found = {one.name: rebuild.fingerprint(connection, one) for one in tables.ledger.sorted_tables}
    with databases.intake.connect() as connection:
        found |= {one.name: rebuild.fingerprint(connection, one) for one in INDEX}
    return found


def say(*words: str) -> None:
    build("admin")(["admin", "rebuild", *words], standalone_mode=False)


@pytest.fixture(scope="module", params=ENGINES)
def stopped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    folder = tmp_path_factory.mktemp("rebuilt") / "data"
    server = None if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    settings = Settings(data=folder, port=0, node_port=free_port("127.0.0.1"), block_seconds=0.05, database=server)
    said = io.StringIO()
    with running(settings) as one:
        gateway = Gateway(one.url)
        carrier, shipper = gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE)
        for _ in range(3):
            document = gateway.issue(carrier, shipper.party)
        gateway.act(shipper, document, "ACCEPT", counterparty=carrier.party, endorsee=shipper.party)
        gateway.close()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
            _name_server(patch, server)
            say("--check", "--json", "--data", str(folder))
    databases = Databases.open(folder, server)
    told = prints(databases)
    databases.close()
    return Stopped(folder, server, told, said.getvalue())


def _name_server(patch: pytest.MonkeyPatch, server: str | None) -> None:
    if server is not None:
        patch.setenv("PORTLEDGER_DATABASE", server)


@pytest.fixture(autouse=True)
def _commands_know_the_server(stopped: Stopped, monkeypatch: pytest.MonkeyPatch) -> None:
    _name_server(monkeypatch, stopped.server)


def test_the_tables_are_the_same_while_the_system_runs_and_after_they_were_damaged(
    stopped: Stopped, capsys: pytest.CaptureFixture[str]
) -> None:
    checked = json.loads(stopped.checked)
    assert all(one["equal"] for one in checked["tables"])
    assert checked["missing"] == []
    assert {one["table"]: one["rows"] for one in checked["tables"]}["documents"] == 3
    databases = stopped.open()
    with databases.ledger.begin() as connection:
        connection.execute(delete(tables.involvements))
        connection.execute(update(tables.documents).values(state=99))
    with databases.intake.begin() as connection:
        assert connection.execute(delete(tables.blobs)).rowcount > 0
        assert connection.execute(delete(tables.manifest_blobs)).rowcount > 0
    with pytest.raises(Conflict, match="differ"):
        say("--check", "--data", str(stopped.folder))
    assert prints(databases) != stopped.told
    say("--json", "--data", str(stopped.folder))
    assert prints(databases) == stopped.told
    databases.close()
    capsys.readouterr()


def test_what_the_store_lost_is_named_and_no_longer_listed(
    stopped: Stopped, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = next((stopped.folder / "blobs" / "sha256").rglob("*/*"))
    bytes_of_it = lost.read_bytes()
    lost.unlink()
    say("--json", "--data", str(stopped.folder))
    assert json.loads(capsys.readouterr().out)["missing"] == [lost.name]
    databases = stopped.open()
    with databases.intake.connect() as connection:
        assert bytes.fromhex(lost.name) not in set(connection.execute(select(tables.blobs.c.sha256)).scalars())
    databases.close()
    lost.write_bytes(bytes_of_it)
    say("--data", str(stopped.folder))


def test_nothing_is_replaced_while_an_indexer_works(stopped: Stopped) -> None:
    databases = stopped.open()
    lease = Lease(databases.ledger, "ledger", "indexer", stopped.folder)
    lease.take()
    with pytest.raises(LeaseTaken):
        say("--data", str(stopped.folder))
    lease.release()
    databases.close()
