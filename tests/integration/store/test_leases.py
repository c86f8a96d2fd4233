"""One writer at a time, on both engines: the lock ends with its holder, and a token passes over who did not notice."""

import multiprocessing
import multiprocessing.process
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portledger.services.ledger import Databases
from portledger.store import leases
from portledger.store.leases import Lease, LeaseLost, LeaseTaken

Make = Callable[[], Lease]


@pytest.fixture
def make(databases: Databases, tmp_path: Path) -> Iterator[Make]:
    """Leases on the relayer's work, each as a process of its own would have it."""
    made: list[Lease] = []

    def one() -> Lease:
        made.append(Lease(databases.relay, "relay", "relayer", tmp_path))
        return made[-1]

    yield one
    for lease in made:
        lease.release()


def writes(databases: Databases, lease: Lease) -> None:
    with databases.relay.begin() as connection:
        lease.prove(connection)


def test_who_has_the_lease_writes_and_nobody_else_gets_it(databases: Databases, make: Make) -> None:
    first, second = make(), make()
    first.take()
    writes(databases, first)
    with pytest.raises(LeaseTaken, match="another relayer"):
        second.take()
    with pytest.raises(LeaseLost):
        writes(databases, second)
    writes(databases, first)


def test_a_lease_that_was_released_goes_to_the_next(databases: Databases, make: Make) -> None:
    first, second = make(), make()
    first.take()
    first.release()
    second.take()
    writes(databases, second)
    with pytest.raises(LeaseLost):
        writes(databases, first)


def test_a_taking_that_fails_halfway_leaves_the_lease_free(
    databases: Databases, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full, or the server ends, after the lock was got: the same process must get it the next time."""
    first, second = make(), make()

    def full() -> str:
        raise OperationalError("UPDATE leases", {}, OSError("disk full"))

    with monkeypatch.context() as failing:
        failing.setattr(leases, "_holder", full)  # in the midst of the transaction
        with pytest.raises(OperationalError):
            first.take()
    first.take()
    writes(databases, first)
    first.release()
    second.take()
    writes(databases, second)


def test_taking_a_lease_that_one_has_keeps_it(databases: Databases, make: Make) -> None:
    first = make()
    first.take()
    first.take()
    writes(databases, first)


def test_other_work_has_a_lease_of_its_own(databases: Databases, make: Make, tmp_path: Path) -> None:
    make().take()
    other = Lease(databases.ledger, "ledger", "indexer", tmp_path)
    other.take()
    with databases.ledger.begin() as connection:
        other.prove(connection)
    other.release()


def test_a_holder_that_was_passed_over_without_noticing_writes_nothing(databases: Databases, make: Make) -> None:
    """Its lock was lost, as when its connection to the server broke, and somebody took the lease meanwhile."""
    first, second = make(), make()
    first.take()
    _lose_lock(first)
    second.take()
    with pytest.raises(LeaseLost):
        _write_then_prove(databases, first)
    with databases.relay.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM ledger_kept")).scalar() == 0
    writes(databases, second)


def _write_then_prove(databases: Databases, lease: Lease) -> None:
    with databases.relay.begin() as connection:
        connection.execute(text("INSERT INTO ledger_kept (id, deployment) VALUES (1, 'x')"))
        lease.prove(connection)


def _lose_lock(lease: Lease) -> None:
    if lease._file is not None:
        os.close(lease._file)
        lease._file = None
    if lease._session is not None:
        lease._session.close()


def test_nobody_takes_a_lease_while_its_holder_commits(databases: Databases, make: Make) -> None:
    """Else both would have written in the belief to be the only one."""
    first, second = make(), make()
    first.take()
    _lose_lock(first)
    with ThreadPoolExecutor(1) as pool:
        with databases.relay.begin() as connection:
            first.prove(connection)
            taking = pool.submit(second.take)
            with pytest.raises(TimeoutError):
                taking.result(0.5)
        taking.result(10)
    with pytest.raises(LeaseLost):
        writes(databases, first)


def _take_and_hold(server: str | None, folder: str, told: Connection) -> None:
    databases = Databases.open(Path(folder), server)
    lease = Lease(databases.relay, "relay", "relayer", Path(folder))
    lease.take()
    told.send("taken")
    while True:
        time.sleep(0.05)
        lease.keep()


@pytest.fixture
def holder(server: str | None, tmp_path: Path) -> Iterator[multiprocessing.process.BaseProcess]:
    """A process that has the lease."""
    spawn = multiprocessing.get_context("spawn")
    told, tell = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_take_and_hold, args=(server, str(tmp_path), tell), daemon=True)
    process.start()
    assert told.poll(60)
    assert told.recv() == "taken"
    yield process
    process.kill()
    process.join()


def _taken_within(seconds: float, lease: Lease) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            lease.take()
        except LeaseTaken:
            time.sleep(0.05)
        else:
            return True
    return False


def test_a_killed_holder_s_lease_is_free_at_once(
    server: str | None, holder: multiprocessing.process.BaseProcess, tmp_path: Path
) -> None:
    databases = Databases.open(tmp_path, server)
    mine = Lease(databases.relay, "relay", "relayer", tmp_path)
    with pytest.raises(LeaseTaken):
        mine.take()
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGKILL)
    assert _taken_within(10, mine)
    mine.release()
    databases.close()


@pytest.mark.parametrize("server", ["postgres"], indirect=True)
def test_a_paused_holder_s_lease_is_given_away_by_the_server(
    server: str | None, holder: multiprocessing.process.BaseProcess, tmp_path: Path
) -> None:
    databases = Databases.open(tmp_path, server)
    mine = Lease(databases.relay, "relay", "relayer", tmp_path)
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGSTOP)
    assert _taken_within(leases.SILENT_SECONDS + 20, mine)
    os.kill(holder.pid, signal.SIGCONT)
    holder.join(20)
    assert holder.exitcode == 1  # it learnt at its next word that its place was given away
    with databases.relay.begin() as connection:
        mine.prove(connection)
    mine.release()
    databases.close()
