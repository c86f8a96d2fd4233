"""A second death during the recovery from the first: the next life still finds everything and does it once.

The recovery is killed before it answers (restoring the chain, defining kinds, reading blocks) or while it settles what
the first life left; in every second pair the node dies with the first life, so that only its journal is left.
"""

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from tests.faults.steps import ACTING
from tests.support.victim import WORKER, Victim

PAIRS = [
    ("relay.before_store", "restore.before_checkpoint"),
    ("relay.inside_store", "relay.before_store"),
    ("relay.before_send", "restore.after_checkpoint"),
    ("relay.after_send", "relay.before_outcome"),
    ("node.after_mine", "index.before_commit"),
    ("node.after_journal", "index.after_commit"),
    ("index.after_commit", "relay.inside_outcome"),
    ("submit.after_commit", "node.before_mine"),
    ("registration.after_commit", "relay.before_send"),
    ("relay.before_outcome", "submit.after_commit"),
]
_NAMES = [step.partition(":")[0] for step in ACTING]
_ALL = list(product(_NAMES, [*_NAMES, "restore.before_checkpoint", "restore.after_checkpoint", "system.after_kinds"]))
"""PORTLEDGER_DEATHS=all: every pair, for a long search."""


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    one = Victim(tmp_path_factory.mktemp("victim"))
    one.will_die_at()
    one.start()
    one.prepare()
    yield one
    one.close()


@pytest.mark.parametrize("pair", _ALL if os.environ.get("PORTLEDGER_DEATHS") == "all" else PAIRS, ids=" then ".join)
def test_everything_is_final_once_after_two_deaths(pair: tuple[str, str], victim: Victim, tmp_path: Path) -> None:
    first, second = pair
    offers = victim.acts()
    victim.will_die_at(first)
    victim.offer(offers)
    victim.died()
    victim.kill()
    if PAIRS.index(pair) % 2 if pair in PAIRS else victim.random.random() < 0.5:
        victim.kill_node()
    victim.will_die_at(second)
    if victim.starts():
        offers += (more := victim.acts())
        victim.offer(more)
        victim.died()
    if second.startswith(WORKER):
        victim.revive()
    else:
        victim.kill()
        victim.start()
    victim.finish(offers)
    victim.check(tmp_path / "rebuilt")
