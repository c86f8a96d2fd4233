"""The fault harness: a hundred faults under load, and that it notices a system which makes a mistake.

PORTLEDGER_FAULTS, PORTLEDGER_SEED: more faults, or others.
"""

import os
from pathlib import Path

import pytest
from tests.faults.harness.broken import MISTAKES
from tests.faults.harness.run import harness


def test_whatever_fails_nothing_acknowledged_is_lost_or_done_twice(tmp_path: Path) -> None:
    faults, seed = int(os.environ.get("PORTLEDGER_FAULTS", "100")), int(os.environ.get("PORTLEDGER_SEED", "1"))
    assert harness(tmp_path, faults, seed, None, print) == []


NOTICED = {
    "loses": "was acknowledged, and the ledger neither applied nor refused it",
    "lies": "was shown as final, and is not on the chain",
    "doubles": "was sent again after it had been applied",
    "ack": "was acknowledged, and unknown later",
}
"""What is to be said of each deliberate mistake, whatever else is."""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_system_that_makes_a_mistake_is_noticed_by_that_mistake(
    mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.faults.harness.run.QUIET_SECONDS", 3.0)
    wrong = harness(tmp_path, 4, 1, mistake, print)
    assert any(NOTICED[mistake] in one for one in wrong), wrong
