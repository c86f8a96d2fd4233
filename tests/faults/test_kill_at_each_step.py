"""Processes killed at every named step between an act's acceptance and its final state, then started again.

Two systems live, or rather die, through these tests side by side. For each step one of them is told to die there,
offered something of everything, and started again; then its whole ledger is looked at.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.faults.steps import ACTING
from tests.support.victim import WORKER, Victim


def die_at(step: str, victim: Victim, scratch: Path | None) -> None:
    offers = victim.acts()
    victim.will_die_at(step)
    victim.offer(offers)
    victim.died()
    if step.startswith(WORKER):
        victim.revive()
    else:
        victim.restart()
    victim.finish(offers)
    victim.check(scratch)


def live(folder: Path, steps: Sequence[str], results: dict[str, Future[None]]) -> None:
    """One system through its steps; each result is nothing or what was found."""
    victim = Victim(folder)
    try:
        victim.will_die_at()
        victim.start()
        victim.prepare()
        for step in steps:
            thorough = step.startswith("index.") or step == steps[-1]
            die_at(step, victim, folder / f"rebuilt after {step}" if thorough else None)
            results[step].set_result(None)
        victim.close()
    except BaseException as failure:  # noqa: BLE001 - it is raised again by the test of that step, and the later ones
        for step in steps:
            if not results[step].done():
                results[step].set_exception(failure)


@pytest.fixture(scope="module")
def results(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[None]]]:
    wanted = [
        item.callspec.params["step"]
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec")
    ]
    found: dict[str, Future[None]] = {step: Future() for step in wanted}
    mixed = (
        [step for step in wanted if step.startswith(WORKER)],
        [step for step in wanted if not step.startswith(WORKER)],
    )
    with ThreadPoolExecutor(2) as pool:
        for number in range(2):
            pool.submit(
                live, tmp_path_factory.mktemp("victim"), _mixed(mixed[0][number::2], mixed[1][number::2]), found
            )
        yield found


def _mixed(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """One of each in turn, then the rest."""
    short = min(len(first), len(second))
    pairs = [step for pair in zip(first[:short], second[:short], strict=True) for step in pair]
    return [*pairs, *first[short:], *second[short:]]


@pytest.mark.parametrize("step", ACTING)
def test_everything_is_final_once_after_a_death_at(step: str, results: dict[str, Future[None]]) -> None:
    results[step].result()
