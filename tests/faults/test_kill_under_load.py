"""Node, worker, system or everything killed at a random moment while several clients send acts."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from tests.support.victim import Victim

SEEDS = range(1, 1 + int(os.environ.get("PORTLEDGER_KILLS", "1")))
"""PORTLEDGER_KILLS: how many seeds; more than the default for a long search."""
ACTS = 120


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    one = Victim(tmp_path_factory.mktemp("victim"))
    one.will_die_at()
    one.start()
    try:
        one.prepare()
        yield one
    finally:
        one.close()


def system_and_node(victim: Victim) -> None:
    victim.kill_node()
    victim.kill()


KILLS: dict[str, Callable[[Victim], None]] = {
    "the node": Victim.kill_node,
    "the worker": Victim.kill_worker,
    "the system": Victim.kill,
    "everything": system_and_node,
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("what", KILLS)
def test_everything_is_final_once_after_a_kill_under_load_of(
    what: str, seed: int, victim: Victim, tmp_path: Path
) -> None:
    random = Random(f"{what} {seed}")
    offers = victim.issues(ACTS)
    killer = threading.Timer(random.uniform(0.05, 0.8), KILLS[what], [victim])
    killer.start()
    victim.offer(offers, clients=6)
    killer.join()
    if what in ("the node", "the worker"):
        victim.revive()
    else:
        victim.start()
    victim.finish(offers)
    victim.check(tmp_path / "rebuilt")
