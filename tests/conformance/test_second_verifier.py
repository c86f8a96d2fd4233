"""A sample of what tests/verifier compares whole: the TypeScript verifier agrees with this one, verdict and step."""

from __future__ import annotations

from pathlib import Path

from tests.support.corpus import good
from tests.support.crooked import crooked
from tests.support.damage import damaged
from tests.support.second_verifier import disagreements

SAMPLED = 120


def test_the_second_verifier_agrees_on_a_sample(tmp_path: Path) -> None:
    samples = [*list(good().values())[::12], *list(crooked().values())[::8], *list(damaged().values())[::SAMPLED]]
    assert disagreements(tmp_path, samples) == []
