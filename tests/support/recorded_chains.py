"""The recorded networks of real validators (../shared/data/consensus): headers, blocks and proofs, per engine.

They lie outside the repository; tests that read them skip when they are not there (`needs_recorded`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from tests.support.shared_data import shared

from portledger.evidence.headers import Engine
from portledger.evidence.seals.check import Trust

FOLDERS = {Engine.QBFT: "consensus/goquorum-qbft", Engine.ISTANBUL: "consensus/kaia-istanbul"}
NEXT_SET = {Engine.QBFT: "istanbul_getValidators", Engine.ISTANBUL: "kaia_getCouncil"}
"""What the node says about validators: GoQuorum the set for the next block, Kaia the set of this block."""

needs_recorded = pytest.mark.skipif(
    any(shared(folder) is None for folder in FOLDERS.values()), reason="no recorded networks beside the repository"
)


@dataclass(frozen=True)
class Network:
    """headers: one row per block from 0 on; blocks: a few whole blocks by number, with receipts and proofs."""

    engine: Engine
    headers: list[dict[str, Any]]
    blocks: dict[int, dict[str, Any]]

    def raw(self, number: int) -> bytes:
        return unhex(self.headers[number]["headerRlp"])

    def listed(self, number: int) -> tuple[bytes, ...]:
        return tuple(unhex(one) for one in self.headers[number]["validatorsInHeader"])

    def trust(self, height: int = 0) -> Trust:
        """The set that seals the block after this height."""
        return Trust(height, self.listed(height + 1))


@cache
def network(engine: Engine) -> Network:
    folder = shared(FOLDERS[engine])
    assert folder is not None
    rows = [json.loads(line) for line in (folder / "headers.jsonl").read_text().splitlines()]
    blocks = json.loads((folder / "blocks.json").read_text())
    return Network(engine, rows, {int(number): block for number, block in blocks.items()})


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
