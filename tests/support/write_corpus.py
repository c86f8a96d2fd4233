"""The corpus as files, with the policy and Python's verdict on each: what a second verifier is held against.

    python -m tests.support.write_corpus FOLDER [--every N]

FOLDER/policy.json, FOLDER/now (unix seconds), FOLDER/expected.json: {file: {name, verdict, step}}, and the files.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support.bft import addresses
from tests.support.corpus import NOW, Sample, good
from tests.support.crooked import crooked
from tests.support.damage import damaged
from tests.support.evidence import CODE, POLICY, RELEASE, VALIDATORS
from tests.support.histories import DOMAIN

from portledger.evidence.verdict import Verdict, judge

POLICY_JSON: dict[str, Any] = {
    "schema": "portledger/policy/1",
    "ledger": [
        {
            "chain_id": DOMAIN.chain_id,
            "engine": engine,
            "code": CODE.hex(),
            "validators": [{"height": 0, "accounts": ["0x" + one.hex() for one in addresses(VALIDATORS)]}],
        }
        for engine in ("none", "qbft", "istanbul")
    ],
}
"""tests.support.evidence.POLICY, written out. The kinds are those of the release."""


def everything(every: int = 1) -> list[Sample]:
    """All good and crooked files, and of the damaged ones each `every`-th."""
    return [*good().values(), *crooked().values(), *list(damaged().values())[::every]]


def verdict(sample: Sample) -> Verdict:
    return judge(sample.data, POLICY, RELEASE, NOW)


def write(folder: Path, samples: Iterable[Sample]) -> dict[str, dict[str, Any]]:
    """Writes the files and what Python says of each; returns the same by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    expected: dict[str, dict[str, Any]] = {}
    for number, sample in enumerate(samples):
        name = f"{number:05}.json"
        (folder / name).write_bytes(sample.data)
        found = verdict(sample)
        step = found.failure.step if found.failure else None
        expected[name] = {"name": sample.name, "verdict": found.verdict.value, "step": step}
    (folder / "policy.json").write_text(json.dumps(POLICY_JSON))
    (folder / "now").write_text(str(NOW))
    (folder / "expected.json").write_text(json.dumps(expected, indent=1))
    return expected


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--every", type=int, default=1, help="only each N-th damaged file")
    given = options.parse_args()
    written = write(given.folder, everything(given.every))
    print(f"{len(written)} files in {given.folder}")


if __name__ == "__main__":
    main()
