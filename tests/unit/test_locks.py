"""The lock files pin every package by its hash and name no address: where packages come from, the machine decides."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = (ROOT / "requirements.lock").read_text(encoding="utf-8")
NODE = (ROOT / "package-lock.json").read_text(encoding="utf-8")
VERIFIER = (ROOT / "verifier" / "package-lock.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "lock", [PYTHON, NODE, VERIFIER], ids=["requirements.lock", "package-lock.json", "verifier/package-lock.json"]
)
def test_a_lock_names_no_address(lock: str) -> None:
    assert not re.findall(r"\w+://\S+", lock)
    assert '"resolved"' not in lock
    assert not re.findall(r"^--?(?:index-url|extra-index-url|find-links|i)\b.*", lock, re.MULTILINE)


def test_every_python_package_is_pinned_with_hashes() -> None:
    entries = re.split(r"^(?=\S)", re.sub(r"^\s*#.*\n", "", PYTHON, flags=re.MULTILINE), flags=re.MULTILINE)
    packages = [entry for entry in entries if entry.strip()]
    assert len(packages) > 100
    loose = [
        entry.split()[0]
        for entry in packages
        if not re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", entry) or "--hash=sha256:" not in entry
    ]
    assert not loose


@pytest.mark.parametrize("lock", [NODE, VERIFIER], ids=["package-lock.json", "verifier/package-lock.json"])
def test_every_npm_package_is_pinned_with_its_digest(lock: str) -> None:
    packages = {name: entry for name, entry in json.loads(lock)["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []


def test_the_lock_holds_what_package_json_asks_for() -> None:
    asked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    locked = json.loads(NODE)["packages"]
    assert {name: locked[""][name] for name in ("dependencies", "optionalDependencies")} == {
        name: asked[name] for name in ("dependencies", "optionalDependencies")
    }
    for name, version in {**asked["dependencies"], **asked["optionalDependencies"]}.items():
        assert locked[f"node_modules/{name}"]["version"] == version
