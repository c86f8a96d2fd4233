"""The fault harness: a hundred faults under load, and that it notices a system which makes a mistake.

PORTLEDGER_FAULTS, PORTLEDGER_SEED: more faults, or others.
"""

import os
from pathlib import Path

import pytest
from tests.faults.harness.broken import MISTAKES
from tests.faults.harness.rigs import Progress
from tests.faults.harness.run import harness


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Progress]:
    """What did not hold, and what was done."""
    faults, seed = int(os.environ.get("PORTLEDGER_FAULTS", "100")), int(os.environ.get("PORTLEDGER_SEED", "1"))
    progress = Progress()
    return harness(tmp_path_factory.mktemp("attacked"), faults, seed, None, print, progress), progress


def test_whatever_fails_nothing_acknowledged_is_lost_or_done_twice(attacked: tuple[list[str], Progress]) -> None:
    assert attacked[0] == []


def test_the_database_is_among_what_fails(attacked: tuple[list[str], Progress]) -> None:
    _, progress = attacked
    if progress.skipped:
        pytest.skip("; ".join(progress.skipped))
    assert sum(times for name, times in progress.done.items() if "database" in name) > 0


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
