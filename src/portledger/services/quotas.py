"""What one party may leave behind on a gateway in a day, however slowly it goes about it: rates are the door's.

Sealed blobs are counted in the database, for the day (UTC) on which they were new; what is on its way in counts too,
in the process that takes it. Answers kept for repeated requests are counted where they are kept, now and then, and in
between by what this process adds: several processes on one database are off by what each adds in that time.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, delete, func, select, update

from portledger.domain.refusals import QuotaUsedUp
from portledger.services.idempotency import Owner
from portledger.store.api_tables import idempotency, uploads
from portledger.store.database import or_ignore
from portledger.store.tables import blobs

DAY: Final = 86_400
COUNTED_SECONDS: Final = 600.0
"""So long a count of kept answers is good; no longer than a minute where it is above the quota."""
RETRY_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Upload:
    """One that is under way."""

    party: int
    size: int


class Uploads:
    """`admit` before a byte of it is read, `done` when it has ended, in whichever way. Of one process, any thread."""

    def __init__(self, intake: Engine, most_blobs: int, most_bytes: int) -> None:
        self._intake, self._most_blobs, self._most_bytes = intake, most_blobs, most_bytes
        self._lock = threading.Lock()
        self._under_way: dict[int, tuple[int, int]] = {}
        """By party: how many, and their bytes."""

    def admit(self, party: int, sha256: bytes, size: int, now: float) -> Upload:
        """size: as announced, or the most that it may have; nothing for what is stored already. Raises QuotaUsedUp."""
        day = int(now // DAY)
        # Under way before what is stored is read: one that ends meanwhile is counted once or twice, never not at all.
        # And nobody waits for the database with the lock: the event loop takes it, too.
        asked = Upload(party, size)
        count, total = self._begun(asked)
        try:
            with self._intake.connect() as connection:
                known = connection.execute(select(blobs.c.sha256).where(blobs.c.sha256 == sha256)).first() is not None
                stored = (0, 0) if known else _stored(connection, party, day)
            if not known and (stored[0] + count >= self._most_blobs or stored[1] + total + size > self._most_bytes):
                raise QuotaUsedUp(
                    f"{stored[0]} new blobs of {stored[1]} bytes today, {count} of {total} under way, {size} more",
                    f"{self._most_blobs} blobs and {self._most_bytes} bytes of party {party} in a day (UTC)",
                    retryAfter=int((day + 1) * DAY - now) + 1,
                )
        except BaseException:
            self.done(asked)
            raise
        return self._shrunk(asked) if known else asked

    def _begun(self, upload: Upload) -> tuple[int, int]:
        """How many of the party were under way before this one, and their bytes."""
        with self._lock:
            count, total = self._under_way.get(upload.party, (0, 0))
            self._under_way[upload.party] = (count + 1, total + upload.size)
        return count, total

    def _shrunk(self, upload: Upload) -> Upload:
        """The same of no bytes: what is stored already is stored once."""
        with self._lock:
            count, total = self._under_way[upload.party]
            self._under_way[upload.party] = (count, total - upload.size)
        return Upload(upload.party, 0)

    def done(self, upload: Upload) -> None:
        with self._lock:
            count, total = self._under_way[upload.party]
            if count == 1:
                del self._under_way[upload.party]
            else:
                self._under_way[upload.party] = (count - 1, total - upload.size)


def _stored(connection: Connection, party: int, day: int) -> tuple[int, int]:
    query = select(uploads.c.blobs, uploads.c.bytes).where(uploads.c.party == party, uploads.c.day == day)
    row = connection.execute(query).first()
    return (0, 0) if row is None else (row[0], row[1])


def charge(connection: Connection, party: int, size: int, now: float) -> None:
    """A blob that is new here; in the transaction that lists it."""
    day = int(now // DAY)
    row = {"party": party, "day": day, "blobs": 0, "bytes": 0}
    if connection.execute(or_ignore(connection, uploads).returning(uploads.c.day), row).first() is not None:
        connection.execute(delete(uploads).where(uploads.c.party == party, uploads.c.day < day))
    connection.execute(
        update(uploads)
        .where(uploads.c.party == party, uploads.c.day == day)
        .values(blobs=uploads.c.blobs + 1, bytes=uploads.c.bytes + size)
    )


@dataclass(slots=True)
class _Count:
    """at: monotonic seconds."""

    answers: int
    size: int
    at: float


class KeptAnswers:
    """`admit` before an answer is promised to be kept, `kept` when it is. By party, whatever sessions and keys it
    shows; None = all who are not signed in, together. Of one process, any thread."""

    def __init__(self, intake: Engine, most_answers: int, most_bytes: int, remembered: int) -> None:
        """remembered: of so many parties at once."""
        self._intake, self._most_answers, self._most_bytes = intake, most_answers, most_bytes
        self._remembered = remembered
        self._lock = threading.Lock()
        self._counts: OrderedDict[int | None, _Count] = OrderedDict()

    def admit(self, party: int | None) -> None:
        """Raises QuotaUsedUp."""
        with self._lock:
            found = self._counts.get(party)
        now = time.monotonic()
        if found is None or now - found.at > (RETRY_SECONDS if self._over(found) else COUNTED_SECONDS):
            found = self._counted(party, now)
            with self._lock:
                self._counts[party] = found
                self._counts.move_to_end(party)
                if len(self._counts) > self._remembered:
                    self._counts.popitem(last=False)
        if self._over(found):
            raise QuotaUsedUp(
                f"{found.answers} kept answers of {found.size} bytes",
                f"fewer than {self._most_answers}, of {self._most_bytes} bytes, within a day",
                "Wait until older ones are forgotten, or send requests that are safe to repeat, such as acts, without "
                "an Idempotency-Key.",
                retryAfter=RETRY_SECONDS,
            )

    def kept(self, party: int | None, size: int) -> None:
        with self._lock:
            found = self._counts.get(party)
            if found is not None:
                found.answers, found.size = found.answers + 1, found.size + size

    def __len__(self) -> int:
        return len(self._counts)

    def _over(self, found: _Count) -> bool:
        return found.answers >= self._most_answers or found.size >= self._most_bytes

    def _counted(self, party: int | None, now: float) -> _Count:
        mine = idempotency.c.scope == Owner(party).scope
        if party is not None:
            mine |= idempotency.c.party == party
        size = func.coalesce(func.sum(func.length(idempotency.c.body)), 0)
        with self._intake.connect() as connection:
            row = connection.execute(select(func.count(), size).where(mine)).one()
        return _Count(int(row[0]), int(row[1]), now)
