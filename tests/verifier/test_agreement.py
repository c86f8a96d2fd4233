"""Two verifiers, one truth: Python and TypeScript come to the same verdict at the same step, on all of the corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.corpus import good
from tests.support.second_verifier import disagreements, verdicts
from tests.support.write_corpus import everything, verdict, write


def test_both_verifiers_agree_on_every_file_of_the_corpus(tmp_path: Path) -> None:
    assert disagreements(tmp_path, everything()) == []


def test_both_verifiers_say_the_same_of_every_good_document(tmp_path: Path) -> None:
    samples = list(good().values())
    expected = write(tmp_path, samples)
    now = int((tmp_path / "now").read_text())
    found = verdicts([tmp_path / name for name in sorted(expected)], tmp_path / "policy.json", now)
    for sample, theirs in zip(samples, found, strict=True):
        ours = json.loads(json.dumps(verdict(sample).to_dict()))
        assert facts(theirs) == facts(ours), sample.name
        assert sorted(theirs["result"]["remarks"]) == sorted(ours["result"]["remarks"]), sample.name


def facts(verdict: dict[str, Any]) -> dict[str, Any]:
    """Everything but the words for people."""
    spoken = {"steps", "remarks"}
    result = {name: value for name, value in verdict["result"].items() if name not in spoken}
    steps = [(one["step"], one["title"], one["status"]) for one in verdict["result"]["steps"]]
    return {**verdict, "result": result, "steps": steps}
