"""The headers by which a verifier carries a set of validators forward to a block (docs/protocol/seals.md, "path").

Every header since the deployment is looked at once, and those that a verifier needs are kept: one or a few for each
change of the set. A verifier that trusts a later set passes over the earlier ones, so one path serves all. Nothing is
trusted here: a node that invents headers makes a path that no verifier takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, delete, insert, select, update

from portledger.evidence import headers
from portledger.evidence.headers import Engine as Sealing
from portledger.evidence.seals.check import MAX_PATH, Walk
from portledger.store.tables import seal_path, seal_walk

log = structlog.get_logger("keeper")

STEP: Final = 200
"""Headers asked for at a time."""
Headers = Callable[[int, int], Sequence[bytes]]
"""RLP of the headers of these blocks, inclusive, in order."""


class SealPath:
    """`follow` goes on to a block; `before` is what the evidence of a block carries. first: the deployment's block."""

    def __init__(self, proofs: Engine, engine: Sealing, first: int, read: Headers) -> None:
        self._proofs, self._engine, self._first, self._read = proofs, engine, first, read

    def before(self, number: int) -> tuple[bytes, ...]:
        """The path to a block: the newest MAX_PATH headers below it."""
        if self._engine == Sealing.NONE:
            return ()
        with self._proofs.connect() as connection:
            rows = connection.execute(
                select(seal_path.c.header).where(seal_path.c.number < number).order_by(seal_path.c.number.desc())
            )
            return tuple(rows.scalars().fetchmany(MAX_PATH))[::-1]

    def follow(self, until: int) -> int:
        """Looks at all headers up to the block; how many were new. Raises VerificationError for one that is none."""
        if self._engine == Sealing.NONE:
            return 0
        looked = 0
        while True:
            with self._proofs.connect() as connection:
                row = connection.execute(select(seal_walk.c.looked_at, seal_walk.c.start)).first()
            at = self._first - 1 if row is None else row.looked_at
            if at >= until:
                return looked
            found = self._read(at + 1, min(at + STEP, until))
            start = found[0] if row is None else row.start
            with self._proofs.begin() as connection:
                self._take(connection, start, found, at + len(found), first=row is None)
            looked += len(found)

    def _take(self, connection: Connection, start: bytes, found: Sequence[bytes], at: int, *, first: bool) -> None:
        known = connection.execute(select(seal_path.c.header).order_by(seal_path.c.number)).scalars().all()
        walk, failure = Walk(start, tuple(known)).on(self._engine, found)
        if failure is not None:
            log.warning("validators_not_handed_over", found=failure.found)
        if first:
            connection.execute(insert(seal_walk).values(id=1, looked_at=at, start=walk.start))
        else:
            connection.execute(update(seal_walk).values(looked_at=at, start=walk.start))
        kept = set(walk.path)
        if any(header not in kept for header in known):
            connection.execute(delete(seal_path))
            known = []
        fresh = [header for header in walk.path if header not in set(known)]
        if fresh:
            connection.execute(
                insert(seal_path),
                [{"number": headers.parse(self._engine, header).number, "header": header} for header in fresh],
            )
