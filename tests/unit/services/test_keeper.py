"""The keeper's thread: it goes on after a node that did not answer, and ends when it is told to."""

import threading

from portledger.domain.refusals import Unavailable
from portledger.relay.keeper import Keeper


class Prover:
    """Counts what it is asked for; the node answers from the second time on."""

    def __init__(self) -> None:
        self.rounds: list[str] = []
        self.done = threading.Event()
        self.night = 0.0

    def keep_ended(self) -> int:
        self.rounds.append("ended")
        if len(self.rounds) == 1:
            raise Unavailable("no node", "a node")
        if len(self.rounds) == 2:
            raise ZeroDivisionError
        return 1

    def follow_seals(self) -> int:
        self.rounds.append("seals")
        return 0

    def nightly_at(self) -> float:
        return self.night

    def keep_changed(self) -> int:
        self.rounds.append("nightly")
        return 0

    def sweep(self) -> int:
        return 0

    def nightly_done(self, began: float) -> None:
        self.night = began
        self.done.set()


def test_it_goes_on_after_a_failure_and_does_the_night_once() -> None:
    prover = Prover()
    keeper = Keeper(prover, seconds=0.001, hour=2)  # type: ignore[arg-type]
    keeper.start()
    assert prover.done.wait(10)
    keeper.stop()
    assert prover.rounds[:5] == ["ended", "ended", "ended", "seals", "nightly"]
    assert prover.rounds.count("nightly") == 1


def test_it_keeps_nothing_while_another_process_has_the_work() -> None:
    prover, asked = Prover(), threading.Semaphore(0)
    mine = False

    def is_mine() -> bool:
        asked.release()
        return mine

    keeper = Keeper(prover, seconds=0.001, hour=2, mine=is_mine)  # type: ignore[arg-type]
    keeper.start()
    for _ in range(3):
        assert asked.acquire(timeout=10)
    assert prover.rounds == []
    mine = True
    assert prover.done.wait(10)
    keeper.stop()


def test_a_keeper_that_waits_for_an_hour_stops_at_once() -> None:
    prover = Prover()
    keeper = Keeper(prover, seconds=3600, hour=2)  # type: ignore[arg-type]
    keeper.start()
    keeper.stop()
    assert prover.rounds == []
