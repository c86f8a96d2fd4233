"""The committed artifacts are what the pinned compiler makes of the sources, and the check says when they are not."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("contracts", "scripts", "src/portledger/chain/artifacts", "tests/contracts/artifacts")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of the checkout as compiling needs; what is changed in it changes nothing here."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    return tmp_path


def test_what_does_not_match_its_source_is_named_and_fails_the_check(checkout: Path) -> None:
    """`make check` runs this on the checkout itself."""
    source = checkout / "contracts" / "PartyRegistry.sol"
    source.write_text(source.read_text().replace("PAUSE = 90 days", "PAUSE = 91 days"))
    by_hand = checkout / "contracts" / "snapshots" / "storage.json"
    by_hand.write_text(json.dumps(json.loads(by_hand.read_text())))
    command = [sys.executable, "scripts/compile_contracts.py", "--check"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    stale = {line.split()[1] for line in done.stderr.splitlines() if "is stale: run scripts/compile_contracts" in line}
    assert stale == {"src/portledger/chain/artifacts/DocumentLedger.json", "contracts/snapshots/storage.json"}
