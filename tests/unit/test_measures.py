"""What is counted has bounded labels, and the counts of workers outlive them."""

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.registry import CollectorRegistry

from portledger import measures

WORKER = """
from portledger import measures
measures.answered("GET", "/v1/ledger", 200, 0.003)
measures.answered("INVENTED", None, 405, 0.003)
measures.REFUSALS.labels("NotFound", "answer").inc(2)
measures.LEASE_HELD.labels("relayer").set(1)
measures.SENT.inc(5)
"""


def worker(folder: Path) -> None:
    """Counts, and is gone."""
    environment = {**os.environ, measures.FOLDER_VARIABLE: str(folder)}
    subprocess.run([sys.executable, "-c", WORKER], env=environment, check=True)


def shown(folder: Path) -> list[str]:
    registry = CollectorRegistry()
    registry.register(measures.Together(folder))
    return generate_latest(registry).decode().splitlines()


def test_the_counts_of_two_dead_workers_and_of_this_process_are_one(tmp_path: Path) -> None:
    before = measures.SENT._value.get()
    worker(tmp_path)
    worker(tmp_path)
    measures.SENT.inc()
    lines = shown(tmp_path)
    count = 'portledger_request_seconds_count{method="GET",route="/v1/ledger",status="200"} '
    assert [line for line in lines if line.startswith(count)] == [count + "2.0"]
    bucket = 'portledger_request_seconds_bucket{le="0.005",method="GET",route="/v1/ledger",status="200"} '
    assert [line for line in lines if line.startswith(bucket)] == [bucket + "2.0"]
    assert 'portledger_refusals_total{code="NotFound",place="answer"} 4.0' in lines
    assert f"portledger_transactions_sent_total {before + 11}" in lines


def test_every_family_is_shown_once_with_its_words(tmp_path: Path) -> None:
    worker(tmp_path)
    lines = shown(tmp_path)
    helps = [line.split(" ", 3) for line in lines if line.startswith("# HELP ")]
    names = [words[2] for words in helps]
    assert sorted(names) == sorted(set(names))
    assert all(len(words) == 4 and "Multiprocess" not in words[3] for words in helps)


def test_what_a_worker_holds_is_not_what_this_process_holds(tmp_path: Path) -> None:
    worker(tmp_path)
    assert not [line for line in shown(tmp_path) if line.startswith('portledger_lease_held{lease="relayer",pid')]


def test_methods_and_paths_that_nobody_knows_are_one_label(tmp_path: Path) -> None:
    worker(tmp_path)
    lines = shown(tmp_path)
    assert 'portledger_request_seconds_count{method="other",route="none",status="405"} 1.0' in lines
    assert not [line for line in lines if "INVENTED" in line]
