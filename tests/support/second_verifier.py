"""The TypeScript verifier, run as a command: one verdict for each file."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.support.write_corpus import write

from portledger.evidence.verdict import Class

ROOT = Path(__file__).parents[2]
VERIFIER = ROOT / "verifier"
COMMAND = VERIFIER / "dist" / "cli.mjs"
AT_ONCE = 500
"""Files for one process: it takes 0.1 s to start and gets faster as it runs."""


def node() -> str:
    """Node: the machine's, or the one that scripts/setup installed from a wheel."""
    found = shutil.which("node")
    if found:
        return found
    wheel = subprocess.run(
        [ROOT / "scripts" / "solc" / "node-wheel"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return f"{wheel}/bin/node"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command with these arguments; its exit code says of which class the worst file is."""
    return subprocess.run([node(), COMMAND, *arguments], capture_output=True, text=True, check=False)


def verdicts(files: Sequence[Path], policy: Path, now: int) -> list[dict[str, Any]]:
    """The verdict on each file, in their order."""
    portions = [files[at : at + AT_ONCE] for at in range(0, len(files), AT_ONCE)]

    def judged(portion: Sequence[Path]) -> list[dict[str, Any]]:
        done = run(*portion, "--policy", policy, "--now", str(now), "--json")
        assert not done.stderr, done.stderr
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(found) == len(portion)
        return found

    with ThreadPoolExecutor(2) as pool:
        return [one for portion in pool.map(judged, portions) for one in portion]


def disagreements(folder: Path, samples: Sequence[Any]) -> list[str]:
    """Where the two verifiers come to another verdict or step, in words; writes the files to the folder."""
    expected = write(folder, samples)
    names = sorted(expected)
    now = int((folder / "now").read_text())
    found = verdicts([folder / name for name in names], folder / "policy.json", now)
    return [
        f"{expected[name]['name']}: Python {told(expected[name])}, TypeScript {told(one)} ({one['found']})"
        for name, one in zip(names, found, strict=True)
        if told(expected[name]) != told(one)
    ]


def told(verdict: dict[str, Any]) -> str:
    assert verdict["verdict"] in set(Class)
    return f"{verdict['verdict']} at step {verdict['step']}"
