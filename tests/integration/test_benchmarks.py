"""The benchmarks of the whole path run, in their shortest forms, and print what the documentation says they print."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def figures(name: str, *options: str) -> dict[str, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *options], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert all({"name", "value", "unit", "peer", "peer_value"} <= line.keys() for line in lines)
    return {line["name"]: line for line in lines}


def test_throughput_says_documents_blocks_and_cost_with_each_rate() -> None:
    found = figures("throughput", "--documents", "40", "--singles", "40", "--light", "3", "--request", "20")
    for way, size in (("batch", 20), ("single", 1)):
        rate = found[f"throughput.{way}.final_per_second"]
        assert rate["value"] > 0
        assert (rate["documents"], rate["acts_per_request"]) == (40, size)
        assert rate["acts_per_block"] >= 1
        assert set(rate["cpu"]) == {"node", "gateway", "relay", "client"}
    assert {f"{name}.{part}" for name in ("ack.light", "final.light") for part in ("p50", "p99")} <= found.keys()


def test_a_soak_leaves_nothing_behind_and_says_how_it_grew() -> None:
    found = figures("soak", "--acts", "240", "--documents", "20", "--life", "6")
    assert (found["soak.acts"]["value"], found["soak.incomplete"]["value"]) == (240, 0)
    for moment in ("start", "end"):
        for name in (
            "final_per_second",
            "cost",
            "cost.evened",
            "yardstick",
            "node.cost",
            "memory.gateway",
            "files.relay",
        ):
            assert f"soak.{moment}.{name}" in found
        assert found[f"soak.{moment}.memory.gateway"]["value"] > 1


def test_an_import_ends_with_every_row_on_the_ledger() -> None:
    found = figures("desk_import", "--rows", "3", "--places", "200")
    assert set(found) == {
        "desk_import.looked_through.3",
        "desk_import.on_the_ledger.3",
        "desk_import.looked_through_by_names_of_200.3",
        "desk_import.another_page_waited_by_names_of_200.3",
    }
