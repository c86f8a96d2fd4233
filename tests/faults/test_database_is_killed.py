"""How the harness kills PostgreSQL: no session outlives it, be it one that began in the same moment."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from tests.support.postgres import WHY_NOT, Postgres, programs

pytestmark = pytest.mark.skipif(programs() is None, reason=WHY_NOT)

WORKING = b"DO $$ BEGIN LOOP END LOOP; END $$"
"""A session that rests ends by itself when its server is gone; one that works does not look."""


def living(server: Postgres) -> list[int]:
    """The processes of a server that have not ended."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == server.folder / "data":
                found.append(int(process.name))
    return found


@pytest.fixture
def server() -> Iterator[Postgres]:
    with Postgres() as running:
        try:
            yield running
        finally:
            if running.process.poll() is not None:
                for one in living(running):  # outlived the kill
                    os.kill(one, signal.SIGKILL)


class Caller(threading.Thread):
    """Opens a session and works in it for good. begun: it was let in."""

    def __init__(self, server: Postgres) -> None:
        super().__init__(daemon=True)
        self.url, self.begun = server.url("postgres"), threading.Event()

    def run(self) -> None:
        with suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=30) as connection:
            self.begun.set()
            connection.execute(WORKING)


def test_no_session_outlives_the_kill_whether_it_was_there_or_comes_just_then(
    server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, late = Caller(server), Caller(server)
    early.start()
    assert early.begun.wait(30)
    time.sleep(0.3)  # at work by now
    listed: Callable[[], list[int]] = server._sessions

    def listed_before_one_more_came() -> list[int]:
        found = listed()
        late.start()
        late.begun.wait(2)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(server, "_sessions", listed_before_one_more_came)
        server.kill()
    left = living(server)
    assert not late.begun.is_set(), "nobody has listed it"
    assert left == []
    server.restart()
    for one in (early, late):
        one.join(30)
        assert not one.is_alive()
    with psycopg.connect(server.url("postgres")) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
