"""`portledger verify FILE…`: verdicts with their exit codes, without keys, gateway or node."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.bft import addresses
from tests.support.evidence import CODE, VALIDATORS, bundle_of
from tests.support.histories import DOMAIN, Town, bill_of_lading

from portledger.cli.main import main
from portledger.evidence.bundle import dump

LATER = "1800100000"
"""When the files are judged: the test ledger's blocks are of January 2027."""


@pytest.fixture(scope="module")
def town() -> Town:
    return bill_of_lading()


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    accounts = ", ".join(f'"0x{one.hex()}"' for one in addresses(VALIDATORS))
    file = tmp_path / "policy.toml"
    file.write_text(
        f"""schema = "portledger/policy/1"
[[ledger]]
chain_id = {DOMAIN.chain_id}
address = "0x{DOMAIN.ledger.hex()}"
engine = "qbft"
code = "{CODE.hex()}"
[[ledger.validators]]
height = 0
accounts = [{accounts}]
[[ledger]]
chain_id = {DOMAIN.chain_id}
engine = "none"
code = "{CODE.hex()}"
"""
    )
    return file


def saved(town: Town, path: Path, engine: str = "qbft", cut: int = 0) -> Path:
    bundle = bundle_of(town, engine)
    data = dump(replace(bundle, entries=bundle.entries[: len(bundle.entries) - cut]))
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def test_a_sealed_file_is_valid_and_its_story_is_told(
    town: Town, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved(town, tmp_path / "bill.evidence.json")
    assert main(["verify", str(file), "--policy", str(policy), "--at", LATER]) == 0
    told = capsys.readouterr().out
    assert "VALID: every step holds" in told
    assert "Bill of lading: ISSUE" in told
    assert "What happened since is another question" in told


def test_json_has_the_verdict_the_story_and_the_steps(
    town: Town, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved(town, tmp_path / "bill.evidence.json.gz")
    assert main(["verify", str(file), "--policy", str(policy), "--at", LATER, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["step"], told["level"]) == ("valid", None, "sealed")
    assert len(told["story"]) == len(town.entries) + len(town.notes)
    assert [step["step"] for step in told["result"]["steps"]] == list(range(1, 16))


ENDS = [
    ("an unsealed block", "none", 0, 10, "unsealed", None),
    ("an act left out", "qbft", 1, 8, "invalid", 6),
]


@pytest.mark.parametrize(("name", "engine", "cut", "code", "verdict", "step"), ENDS, ids=[row[0] for row in ENDS])
def test_exit_codes_tell_the_class_of_the_outcome(
    town: Town, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    name: str, engine: str, cut: int, code: int, verdict: str, step: int | None,
) -> None:  # fmt: skip
    file = saved(town, tmp_path / "bill.evidence.json", engine, cut)
    assert main(["verify", str(file), "--policy", str(policy), "--at", LATER, "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["step"]) == (verdict, step)


def test_without_a_policy_only_the_embedded_ledger_is_trusted(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(saved(town, tmp_path / "bill.evidence.json"))]) == 11
    assert "OUTSIDE THE POLICY" in capsys.readouterr().out


@pytest.mark.parametrize("data", [b"", b"{}", b"not json", b"\x1f\x8b broken", b"[" * 100_000, b'{"schema":"other"}'])
def test_what_is_no_evidence_is_called_so(data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "thing.json"
    file.write_bytes(data)
    assert main(["verify", str(file)]) == 3
    assert "NOT EVIDENCE" in capsys.readouterr().out


def test_of_several_files_the_worst_decides(
    town: Town, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = saved(town, tmp_path / "good.json"), saved(town, tmp_path / "bad.json", cut=1)
    assert main(["verify", str(good), str(bad), "--policy", str(policy), "--at", LATER, "--json"]) == 8
    assert [one["verdict"] for one in json.loads(capsys.readouterr().out)] == ["valid", "invalid"]


def test_explain_says_how_each_step_is_checked(
    town: Town, policy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = saved(town, tmp_path / "bill.evidence.json")
    main(["verify", str(file), "--policy", str(policy), "--at", LATER, "--explain"])
    assert "how it is checked" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path / "gone.json")]) == 3
    assert "gone.json" in capsys.readouterr().err


def test_a_policy_with_an_unknown_member_is_refused(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "policy.toml"
    bad.write_text('schema = "portledger/policy/1"\nledger = []\ntrust = "everybody"\n')
    assert main(["verify", str(saved(town, tmp_path / "bill.json")), "--policy", str(bad)]) == 3
    assert "unknown trust" in capsys.readouterr().err
