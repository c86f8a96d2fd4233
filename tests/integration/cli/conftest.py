"""One system, and a desk at which parties type their commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portledger.cli.main import main
from portledger.gateway.settings import Settings
from portledger.gateway.system import free_port, running
from portledger.vault import keys as key_files

CAST = {
    "carrier": ("Example Line", "carrier"),
    "shipper": ("Example Trading", "shipperOrConsignee"),
    "bank": ("Example Bank", "bank"),
    "consignee": ("Example Imports", "shipperOrConsignee"),
    "exporter": ("Example Wines", "shipperOrConsignee"),
    "chamber": ("Example Chamber", "certifier"),
    "customs": ("Example Customs", "customs"),
    "stranger": ("Nosy Ltd", "forwarder"),
}
"""key file -> name and role"""
ISSUERS = {"carrier", "chamber"}


@dataclass
class Desk:
    """Commands as people type them, in this process; data: the system's folder; node: its node's address."""

    data: Path
    home: Path
    node: str
    capture: pytest.CaptureFixture[str] | None = None

    def run(self, *words: str, as_: str | None = None, code: int = 0) -> str:
        """What the command said on stdout and stderr; it must end with this exit code."""
        return "".join(self.both(*words, as_=as_, code=code))

    def both(self, *words: str, as_: str | None = None, code: int = 0) -> tuple[str, str]:
        """The same, apart."""
        assert self.capture is not None
        self.capture.readouterr()
        ended = main([*words, *(["--as", as_] if as_ else [])])
        out, err = self.capture.readouterr()
        assert ended == code, (words, ended, out, err)
        return out, err

    def json(self, *words: str, as_: str | None = None, code: int = 0) -> Any:
        """The command's JSON: its result, or its error when it fails."""
        out, err = self.both(*words, "--json", as_=as_, code=code)
        return json.loads(err[err.index("{") :] if code else out)

    def act(self, *words: str, as_: str) -> str:
        """The state that an act leads to."""
        return str(self.json("doc", *words, as_=as_)["record"]["state"])

    def blob(self, name: str) -> Path:
        """The stored file of a sealed blob."""
        (found,) = [path for path in (self.data / "blobs").rglob("*") if path.is_file() and name in path.name]
        return found


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A running system, and every party of the cast registered; key files are cheap to open."""
    folder = tmp_path_factory.mktemp("cli")
    node_port = free_port("127.0.0.1")
    settings = Settings(data=folder / "port", port=0, node_port=node_port)
    with pytest.MonkeyPatch.context() as patch, running(settings) as system:
        save = key_files.save

        def cheap(path: Path, keys: key_files.Keys, passphrase: str, cost: key_files.Cost = key_files.FAST) -> None:
            save(path, keys, passphrase, cost)

        patch.setattr(key_files, "save", cheap)
        patch.setenv("PORTLEDGER_HOME", str(folder / "home"))
        patch.setenv("PORTLEDGER_GATEWAY", system.url)
        patch.setenv("PORTLEDGER_PASSPHRASE", "only for trying out")
        patch.delenv("PORTLEDGER_NODE", raising=False)
        patch.delenv("PORTLEDGER_PARTY", raising=False)
        for file, (name, role) in CAST.items():
            kind = ["--issuer"] if file in ISSUERS else []
            assert main(["key", "new", file, *kind]) == 0
            words = ["--name", name, "--country", "JP", "--role", role]
            assert main(["party", "register", "--as", file, *words]) == 0
        yield Desk(system.folder, folder / "home", f"http://127.0.0.1:{node_port}")


@pytest.fixture
def desk(furnished: Desk, capsys: pytest.CaptureFixture[str]) -> Desk:
    furnished.capture = capsys
    return furnished
