"""The relayer's key on the command line: made, given, named, changed while the system runs, and refused when wrong."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.gateway import Gateway

from portledger.chain.rpc import Rpc
from portledger.cli import operator
from portledger.domain.codes import Role
from portledger.gateway.settings import RelayerKeySettings, Settings
from portledger.gateway.system import Running, running
from portledger.vault import keys as vault_keys

PASSPHRASE = "the operator's long passphrase"


def portledger(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("portledger")), *words],
        env={**os.environ, "PORTLEDGER_PASSPHRASE": PASSPHRASE, "NO_COLOR": "1", **environment},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def new_key(home: Path, name: str) -> bytes:
    """Made as docs/operation.md shows it; its account."""
    made = portledger("key", "new", name, "--accounts", "1", "--home", str(home))
    assert made.returncode == 0, made.stderr
    return vault_keys.keystore_address(home / "keys" / f"{name}.json")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("operator")
    new_key(folder, "relayer")
    (folder / "passphrase").write_text(PASSPHRASE + "\n")
    (folder / "passphrase").chmod(0o600)
    return folder


@pytest.fixture(scope="module")
def system(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    keys = RelayerKeySettings(keystore=str(home / "keys"), passphrase_file=str(home / "passphrase"))
    settings = Settings(data=tmp_path_factory.mktemp("data"), port=0, block_seconds=0.05, relayer=keys)
    with running(settings) as made:
        yield made


def shown(system: Running, *words: str) -> list[dict[str, object]]:
    answer = portledger("admin", "relayer-key", "--data", str(system.folder), "--json", *words)
    assert answer.returncode == 0, answer.stderr
    found: list[dict[str, object]] = json.loads(answer.stdout)
    return found


def test_a_key_is_changed_while_the_system_runs(system: Running, home: Path) -> None:
    first = vault_keys.keystore_address(home / "keys" / "relayer.json")
    with Rpc(str(operator.node_of(system.folder))) as rpc:
        assert rpc.nonce(first) >= 1  # it deployed the ledger
    assert not (system.folder / "consortium" / "relayer.json").exists()
    gateway = Gateway(system.url)
    try:
        carrier = gateway.register(Role.CARRIER)
        shipper = gateway.register(Role.SHIPPER_OR_CONSIGNEE)
        gateway.issue(carrier, to=shipper.party)
        assert [one["state"] for one in shown(system)] == ["at work"]
        second = new_key(home, "relayer-2")
        assert shown(system, "--next", "0x" + second.hex())[0]["account"] == "0x" + first.hex()
        until = time.monotonic() + 60
        while [one["state"] for one in shown(system)] != ["former", "at work"]:
            assert time.monotonic() < until
        gateway.issue(carrier, to=shipper.party)
        with Rpc(str(operator.node_of(system.folder))) as rpc:
            assert rpc.nonce(second) >= 1
    finally:
        gateway.close()
    text = portledger("admin", "relayer-key", "--data", str(system.folder)).stdout
    assert "former" in text
    assert "at work" in text


def test_what_is_named_and_not_there_can_be_withdrawn(system: Running) -> None:
    before = shown(system)
    assert shown(system, "--next", "0x" + "ab" * 20)[-1]["state"] == "next"
    assert shown(system, "--withdraw") == before


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["--next", "0x12"], 3, "40 hex digits"),
        (["--next", "0x" + "ab" * 20, "--withdraw"], 3, "one of the two"),
        (["--withdraw"], 5, "named to follow"),
    ],
)
def test_what_makes_no_sense_is_refused(system: Running, words: list[str], status: int, says: str) -> None:
    answer = portledger("admin", "relayer-key", "--data", str(system.folder), *words)
    assert (answer.returncode, says in answer.stderr) == (status, True), answer.stderr


def test_the_account_at_work_is_not_named_again(system: Running) -> None:
    (at_work,) = (one["account"] for one in shown(system) if one["state"] == "at work")
    answer = portledger("admin", "relayer-key", "--next", str(at_work), "--data", str(system.folder))
    assert (answer.returncode, "which is at work" in answer.stderr) == (5, True), answer.stderr


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "a wrong passphrase": ({"PORTLEDGER_RELAYER_PASSPHRASE": "guessed"}, "a passphrase that does not open it"),
    "no passphrase": ({}, "nobody at a terminal"),
    "a malformed secret": ({"PORTLEDGER_RELAYER_KEY": "5ec2e7" * 9}, "a text of 54 characters that is no key"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_a_system_with_a_wrong_key_does_not_start_and_repeats_no_secret(home: Path, tmp_path: Path, wrong: str) -> None:
    environment, says = REFUSED[wrong]
    keystore = [] if "PORTLEDGER_RELAYER_KEY" in environment else ["--relayer-keystore", f"{home}/keys/relayer.json"]
    answer = portledger(
        "up", "--data", str(tmp_path / "data"), "--node-port", "0", "--port", "0", *keystore, **environment
    )
    assert (answer.returncode, says in answer.stderr) == (7, True), answer.stderr
    for secret in environment.values():
        assert secret not in answer.stderr + answer.stdout


def test_the_processes_of_a_system_do_not_have_the_secret_in_their_environment(tmp_path: Path) -> None:
    """But the one that was started with it, whose first environment nobody can change."""
    secret = "7e" * 32
    settings = Settings(data=tmp_path / "data", port=0, block_seconds=0.05)
    with running(settings, {"PORTLEDGER_RELAYER_KEY": secret}) as made:
        others = [int(line) for line in children(made.process.pid)]
        assert len(others) >= 2  # the node and the gateway's worker
        for pid in others:
            assert secret.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
        assert secret not in (made.folder / "system.log").read_text()


def children(pid: int) -> list[str]:
    """Of a process, of its threads, and theirs."""
    found = [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    return [*found, *(below for child in found for below in children(int(child)))]
