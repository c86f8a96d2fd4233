"""Who may write now: one relayer and one indexer at a time, however many processes there are.

A lease is two things. A lock, which ends with the process that holds it, is taken first: of the embedded databases a
lock on a file of the data folder, of a PostgreSQL server a session's advisory lock; the server ends a session that is
silent for SILENT_SECONDS, such as that of a paused or cut off machine. And a token, which ascends with every taking and
is proven inside every transaction that writes: a holder that lost its lock without noticing writes nothing more. No
clock of any machine takes part.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, Literal

from sqlalchemy import Connection, Engine, NullPool, create_engine, select, text, update
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from portledger import measures
from portledger.domain.refusals import Conflict
from portledger.store.database import or_ignore, write_alone
from portledger.store.upkeep import LEASES

SILENT_SECONDS: Final = 10.0
"""After so long without a word the server gives a holder's lock away."""
KEEP_SECONDS: Final = 2.0
"""Between two words."""


class LeaseTaken(Conflict):
    """Another process has this work."""

    REMEDY: ClassVar[str] = "It is waited for by itself; nothing needs to be done while the other one works."


class LeaseLost(Conflict):
    """The right to write went to another process in the meantime; nothing was written."""

    REMEDY: ClassVar[str] = "The work is taken up again by itself when the other process ends."


@dataclass(slots=True)
class Lease:
    """`take` it, `keep` it now and then, `prove` it in each transaction that writes, `release` it.

    engine, database: of what the work writes; name: of the work, such as relayer; folder: where the lock's file lies
    for embedded databases.
    """

    engine: Engine
    database: Literal["relay", "ledger"]
    name: str
    folder: Path
    _token: int | None = None
    _file: int | None = None
    _session: Connection | None = None
    _kept_at: float = 0.0
    _sessions: Engine | None = field(default=None, repr=False)

    @property
    def held(self) -> bool:
        return self._token is not None

    def take(self) -> None:
        """Raises LeaseTaken. A lease that is held is kept."""
        if self.held:
            self.keep()
            return
        try:
            self._lock()
            self._token = self._next_token()
        except BaseException:
            # A lock without a token would keep this very process out at its next attempt, too.
            self.release()
            raise
        self._kept_at = time.monotonic()
        measures.LEASE_HELD.labels(self.name).set(1)

    def _next_token(self) -> int:
        with self.engine.begin() as connection:
            write_alone(connection, f"lease {self.name}")
            table = LEASES[self.database]
            connection.execute(or_ignore(connection, table), {"name": self.name, "token": 0, "holder": ""})
            token: int = connection.execute(
                update(table)
                .where(table.c.name == self.name)
                .values(token=table.c.token + 1, holder=_holder())
                .returning(table.c.token)
            ).scalar_one()
        return token

    def keep(self) -> None:
        """Says a word to the server, when one is due. Raises LeaseLost."""
        if time.monotonic() - self._kept_at < KEEP_SECONDS:
            return
        self._kept_at = time.monotonic()
        if self._session is not None:
            try:
                self._session.execute(_WORD)
                self._session.rollback()
            except (OperationalError, InterfaceError, DBAPIError) as failure:
                raise self._lost() from failure

    def prove(self, connection: Connection) -> None:
        """In a transaction of the lease's database: nobody else took it, nor can before this one ends.

        Raises LeaseLost.
        """
        table = LEASES[self.database]
        asked = select(table.c.token).where(table.c.name == self.name)
        if connection.dialect.name == "postgresql":
            asked = asked.with_for_update(read=True)
        elif not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        if self._token is None or connection.execute(asked).scalar() != self._token:
            raise self._lost()

    def release(self) -> None:
        """Also of a lease that is not held."""
        self._token = None
        measures.LEASE_HELD.labels(self.name).set(0)
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._session is not None:
            with contextlib.suppress(DBAPIError):
                self._session.close()
            self._session = None
        if self._sessions is not None:
            self._sessions.dispose()
            self._sessions = None

    # --- the lock -------------------------------------------------------------------------------------------------

    def _lock(self) -> None:
        if self.engine.dialect.name == "postgresql":
            self._lock_on_the_server()
        else:
            self._lock_a_file()

    def _lock_a_file(self) -> None:
        file = os.open(self.folder / f"lock.{self.name}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            os.close(file)
            raise self._taken() from failure
        self._file = file

    def _lock_on_the_server(self) -> None:
        # A connection of its own, outside the pool: it lives as long as the lock.
        self._sessions = create_engine(self.engine.url, poolclass=NullPool, connect_args=_connect_args(self.engine))
        session = self._session = self._sessions.connect()
        got = session.execute(_TRY, {"what": f"portledger lease {self.engine.url.database} {self.name}"}).scalar_one()
        session.commit()
        if not got:
            raise self._taken()

    def _taken(self) -> LeaseTaken:
        return LeaseTaken(f"another {self.name} at work", f"one {self.name} at a time")

    def _lost(self) -> LeaseLost:
        self.release()
        measures.LEASES_LOST.labels(self.name).inc()
        return LeaseLost(f"a {self.name} whose place was given to another", "the one that has the lease")


def at_work(engine: Engine, folder: Path, name: str) -> bool:
    """Whether some process holds the lock of this work now. For who looks: it takes nothing that lasts."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            what = {"what": f"portledger lease {engine.url.database} {name}"}
            return bool(connection.execute(_HELD, what).scalar_one())
    try:
        file = os.open(folder / f"lock.{name}", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


_HELD: Final = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND (classid::bigint << 32 | objid::bigint) = hashtextextended(:what, 0)"
)
_TRY: Final = text("SELECT pg_try_advisory_lock(hashtextextended(:what, 0))")
_WORD: Final = text("SELECT 1")


def _connect_args(engine: Engine) -> dict[str, object]:
    """As the engine's own connections, and ended by the server when it hears nothing."""
    options = f"-c idle_session_timeout={int(SILENT_SECONDS * 1000)}"
    return {"application_name": "portledger lease", "connect_timeout": 10, "options": options}


def _holder() -> str:
    """For people who look: which process."""
    return f"{socket.gethostname()} {os.getpid()}"[:200]
