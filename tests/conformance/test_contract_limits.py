"""What the contract must keep: its limits of gas and of size, a file of tests for each call, no money."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from benchmarks.gas import PEERS, lines

from portledger.chain.artifacts import ledger_artifact

ROOT = Path(__file__).parents[2]
GAS: dict[str, int] = json.loads((ROOT / "contracts" / "snapshots" / "gas.json").read_text())
SIZE: dict[str, int] = json.loads((ROOT / "contracts" / "snapshots" / "size.json").read_text())
LIMITS = {
    "issue.single": 105_000,
    "issue.batch100": 70_000,
    "handover.batch100": 65_000,
    "handover.batch100.parties100": 77_000,
    "endorse.batch100": 32_000,
    "surrender.batch100": 31_000,
    "accept_surrender.batch100": 32_000,
}
"""The design's own. `scripts/bench gas --check` measures that the snapshot is what the contract uses."""


@pytest.mark.parametrize("name", LIMITS)
def test_an_act_costs_no_more_gas_than_the_design_allows(name: str) -> None:
    assert GAS[name] <= LIMITS[name]


def test_every_verb_is_measured_single_and_in_batches_of_one_actor_and_of_a_hundred() -> None:
    verbs = {name.split(".")[0] for name in GAS if ".batch100" in name}
    assert {"issue", "offer", "accept", "handover", "endorse", "surrender", "accept_surrender"} <= verbs
    for verb in verbs:
        assert {f"{verb}.single", f"{verb}.batch100", f"{verb}.batch100.parties100"} <= GAS.keys()


def test_a_measured_line_names_the_peer_and_its_figure_where_it_has_one() -> None:
    printed = {line["name"]: line for line in lines(GAS)}
    assert all(line.keys() == {"name", "value", "unit", "peer", "peer_value"} for line in printed.values())
    assert printed["gas.issue.single"] == {
        "name": "gas.issue.single", "value": GAS["issue.single"], "unit": "gas", "peer": PEERS["peer"],
        "peer_value": PEERS["gas"]["issue"]["value"],
    }  # fmt: skip
    assert printed["gas.apply.single"]["peer"] is None
    for name in LIMITS:
        assert printed[f"gas.{name}"]["peer_value"]
    assert re.search(r"\d", PEERS["peer"])
    assert PEERS["method"]


def test_the_contract_fits_what_every_engine_deploys() -> None:
    artifact = ledger_artifact()
    assert len(artifact.runtime) == SIZE["DocumentLedger"] <= SIZE["limit"] == 24_576


ABI: list[dict[str, Any]] = list(ledger_artifact().abi)
WRITES = [f["name"] for f in ABI if f["type"] == "function" and f["stateMutability"] not in ("view", "pure")]


@pytest.mark.parametrize("name", WRITES)
def test_every_function_that_writes_has_a_file_of_tests(name: str) -> None:
    snake = re.sub(r"(?<!^)([A-Z])", lambda found: "_" + found[1].lower(), name)
    text = (ROOT / "tests" / "contracts" / f"test_{snake}.py").read_text()
    assert text.startswith(f'"""{name}: ')
    assert re.search(r"^def test_", text, re.MULTILINE)


def test_no_function_takes_money() -> None:
    assert WRITES
    assert all(item.get("stateMutability") != "payable" for item in ABI)
    assert not [item for item in ABI if item["type"] in ("receive", "fallback")]
