"""How often a loop looks that finds nothing."""

from __future__ import annotations

import pytest

from portledger.relay.loops import IDLE_SECONDS, QUIET_SECONDS, pause


@pytest.mark.parametrize(
    ("idle", "expected"),
    [(0.0, IDLE_SECONDS), (0.1, IDLE_SECONDS), (0.2, 0.02), (0.4, 0.04), (0.5, QUIET_SECONDS), (60.0, QUIET_SECONDS)],
)
def test_a_loop_that_finds_nothing_looks_less_and_less_often_up_to_a_limit(idle: float, expected: float) -> None:
    assert pause(idle) == pytest.approx(expected)
