"""The TypeScript verifier by its parts, and as a command: vectors, recorded networks, forms, exit codes."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

import pytest
from tests.support.corpus import NOW, good
from tests.support.second_verifier import ROOT, VERIFIER, node, run
from tests.support.write_corpus import POLICY_JSON


def test_the_unit_tests_of_the_verifier_pass() -> None:
    done = subprocess.run([node(), VERIFIER / "test.mjs"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout


def test_what_is_committed_is_what_the_sources_give() -> None:
    done = subprocess.run([ROOT / "scripts" / "build_verifier", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def files(tmp_path: Path) -> Path:
    samples = good()
    (tmp_path / "valid").write_bytes(samples["ebl-negotiable ISSUED qbft"].data)
    (tmp_path / "unsealed").write_bytes(samples["ebl-negotiable AMENDED none"].data)
    (tmp_path / "malformed").write_bytes(b"{}")
    changed = json.loads(samples["ebl-negotiable ISSUED qbft"].data)
    changed["entries"][0]["time"] += 1
    (tmp_path / "invalid").write_text(json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    (tmp_path / "policy.json").write_text(json.dumps(POLICY_JSON))
    return tmp_path


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["valid"], 0), (["unsealed"], 10), (["malformed"], 3), (["invalid"], 8), (["valid", "unsealed"], 10),
        (["malformed", "invalid", "valid"], 8),
    ],
)  # fmt: skip
def test_the_exit_code_is_that_of_the_worst_file(files: Path, names: list[str], code: int) -> None:
    done = run(*(files / name for name in names), "--policy", files / "policy.json", "--now", str(NOW))
    assert done.returncode == code, done.stdout + done.stderr
    assert [line.split(": ")[1].split(" at")[0].split(",")[0] for line in done.stdout.splitlines()] == names


def test_without_a_policy_only_the_embedded_ledger_is_trusted(files: Path) -> None:
    done = run(files / "valid", "--now", str(NOW), "--json")
    assert done.returncode == 11
    assert json.loads(done.stdout)["verdict"] == "outside-policy"


def test_a_policy_that_cannot_be_read_is_no_verdict(files: Path) -> None:
    for policy in ("missing.toml", "valid"):
        done = run(files / "valid", "--policy", files / policy)
        assert (done.returncode, done.stdout) == (2, "")
        assert "verify:" in done.stderr


def test_what_is_no_file_or_no_option_is_said(files: Path) -> None:
    for arguments in ([], [files / "absent"], ["--what"], [files / "valid", "--now", "soon"]):
        done = run(*arguments)
        assert done.returncode == 2, arguments
        assert done.stderr.startswith("verify: ")


def test_packed_files_are_judged_as_what_is_in_them(files: Path) -> None:
    whole = gzip.compress((files / "valid").read_bytes())
    for name, data in {"packed": whole, "cut": whole[:-1], "bomb": gzip.compress(bytes(80 * 2**20))}.items():
        (files / name).write_bytes(data)
    done = run(
        *(files / name for name in ("packed", "cut", "bomb")),
        "--policy",
        files / "policy.json",
        "--now",
        str(NOW),
        "--json",
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["verdict"], one["step"]) for one in found] == [("valid", None), ("malformed", 0), ("malformed", 0)]
