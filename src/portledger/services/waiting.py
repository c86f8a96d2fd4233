"""Acts that wait for signatures of a party's other officers: kept sealed, for that party alone, until their deadline.

One that was submitted before is kept a week longer: the keys of what it writes may be nowhere else, should who sent it
have gone away before giving them.

What is kept is opaque here. A change names what it changes, so that of two officers who sign at once the second is told
to read again, and no signature is lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, not_, or_, select, update

from portledger.domain.codes import MAX_DEADLINE_AHEAD
from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import Conflict, NotFound, PreconditionFailed
from portledger.formats import api_json as wire
from portledger.store.api_tables import waiting_acts as table
from portledger.store.database import write_alone
from portledger.store.tables import outbox

MAX_WAITING: Final = 100
"""Of one party at once."""
KEPT_AFTER: Final = 7 * 86_400
"""Seconds after its deadline that an act which was submitted is kept."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """digest: of the act, 32 bytes; tag: SHA-256 of what is sealed, hex; deadline, changed_at: unix seconds."""

    digest: bytes
    tag: str
    size: int
    deadline: int
    changed_at: float
    sealed: bytes = field(default=b"", repr=False)


def put(
    intake: Engine, party: int, digest: bytes, sealed: bytes, deadline: int, replaces: str | None, now: float,
    blobs: Sequence[bytes] = (),
) -> tuple[Waiting, bool]:  # fmt: skip
    """What is kept now, and whether it is new. replaces: the tag of what is changed, None = nothing may be there;
    blobs: SHA-256 of the files that it lists, 32 bytes each; none leaves those that were told: an act's files are
    part of what its digest covers, and clients of versions before do not name them.

    The same bytes again are no change. Raises InvalidInput, Conflict, NotFound, PreconditionFailed.
    """
    if not 1 <= len(sealed) <= wire.MAX_WAITING_BYTES:
        raise InvalidInput("$.sealed", f"{len(sealed)} bytes", f"1 to {wire.MAX_WAITING_BYTES} bytes")
    if not now < deadline <= now + MAX_DEADLINE_AHEAD:
        raise InvalidInput("$.deadline", str(deadline), f"a moment to come, at most {MAX_DEADLINE_AHEAD} seconds ahead")
    if len(blobs) > wire.MAX_ATTACHMENTS:
        raise InvalidInput("$.blobs", f"{len(blobs)} files", f"at most {wire.MAX_ATTACHMENTS}")
    made = Waiting(digest, hashlib.sha256(sealed).hexdigest(), len(sealed), deadline, now, sealed)
    row = {"sealed": sealed, "tag": bytes.fromhex(made.tag), "size": made.size, "deadline": deadline, "changed_at": now,
           **({"blobs": b"".join(blobs)} if blobs else {})}  # fmt: skip
    mine = (table.c.party == party) & (table.c.digest == digest)
    with intake.begin() as connection:
        write_alone(connection, f"waiting {party}")
        connection.execute(delete(table).where(not_(_kept(now))))
        there = connection.execute(select(table.c.tag).where(mine)).scalar()
        if there is not None and bytes(there).hex() == made.tag:
            return _one(connection, party, digest, now), False
        _require_unchanged(None if there is None else bytes(there).hex(), replaces, digest)
        if there is not None:
            connection.execute(update(table).where(mine).values(**row))
            return made, False
        count = select(func.count()).select_from(table).where(table.c.party == party, table.c.deadline > now)
        if (connection.execute(count).scalar() or 0) >= MAX_WAITING:
            raise Conflict(
                f"{MAX_WAITING} waiting acts of party {party}", f"at most {MAX_WAITING}", "Sign or withdraw one first."
            )
        _make_room(connection, party, now)
        connection.execute(insert(table).values(party=party, digest=digest, **row))
    return made, True


def _make_room(connection: Connection, party: int, now: float) -> None:
    """Of what is kept after its deadline, that goes which ended first: MAX_WAITING of a party are kept."""
    past = (table.c.party == party) & (table.c.deadline <= now)
    count = connection.execute(select(func.count()).select_from(table).where(past)).scalar() or 0
    if count > MAX_WAITING:
        first = select(table.c.digest).where(past).order_by(table.c.deadline, table.c.digest).limit(count - MAX_WAITING)
        connection.execute(delete(table).where(table.c.party == party, table.c.digest.in_(first)))


def _require_unchanged(there: str | None, replaces: str | None, digest: bytes) -> None:
    if there is None and replaces is not None:
        raise _gone(digest)
    if there != replaces:
        found = "another tag than the present one" if replaces else "no If-Match, and something is kept already"
        raise PreconditionFailed(found, f'If-Match: "{there}"')


def every(intake: Engine, party: int, now: float) -> list[Waiting]:
    """Without the sealed bytes; what ends first first."""
    with intake.connect() as connection:
        rows = connection.execute(
            select(*_COLUMNS).where(table.c.party == party, _kept(now)).order_by(table.c.deadline, table.c.digest)
        )
        return [_waiting(row) for row in rows]


def one(intake: Engine, party: int, digest: bytes, now: float) -> Waiting:
    """Raises NotFound for what does not wait, or no longer."""
    with intake.connect() as connection:
        return _one(connection, party, digest, now)


def _one(connection: Connection, party: int, digest: bytes, now: float) -> Waiting:
    mine = (table.c.party == party) & (table.c.digest == digest) & _kept(now)
    row = connection.execute(select(*_COLUMNS, table.c.sealed).where(mine)).first()
    if row is None:
        raise _gone(digest)
    return _waiting(row)


def _kept(now: float) -> ColumnElement[bool]:
    return or_(table.c.deadline > now, (table.c.deadline > now - KEPT_AFTER) & _submitted())


def _submitted() -> ColumnElement[bool]:
    return select(outbox.c.id).where(outbox.c.digest == table.c.digest).exists()


def lists(intake: Engine, party: int, sha256: bytes, now: float) -> bool:
    """Whether an act that waits for this party lists a file."""
    mine = (table.c.party == party) & (table.c.deadline > now) & table.c.blobs.is_not(None)
    with intake.connect() as connection:
        listed = [bytes(one) for one in connection.execute(select(table.c.blobs).where(mine)).scalars()]
    return any(sha256 == one[at : at + 32] for one in listed for at in range(0, len(one), 32))


def remove(intake: Engine, party: int, digest: bytes, *, submitted: bool = False) -> None:
    """Again is as once: whoever completes an act and whoever withdraws it may come at the same time.

    submitted: also where the act was submitted, for its keys were given, or it was refused. Raises Conflict.
    """
    mine = (table.c.party == party) & (table.c.digest == digest)
    with intake.begin() as connection:
        connection.execute(delete(table).where(mine if submitted else mine & not_(_submitted())))
        if connection.execute(select(table.c.tag).where(mine)).first() is not None:
            raise Conflict(
                "an act that was submitted", "one that only waits, or ?submitted=true",
                "Look at the act's status; the keys of what it writes may be nowhere else until they are given.",
            )  # fmt: skip


def _gone(digest: bytes) -> NotFound:
    return NotFound(
        f"no waiting act {digest.hex()}", "an act of your party that waits for signatures",
        "It was completed or withdrawn, or its deadline has passed: look at the document's history.",
    )  # fmt: skip


_COLUMNS: Final[tuple[Any, ...]] = (
    table.c.digest, table.c.tag, table.c.size, table.c.deadline, table.c.changed_at,
)  # fmt: skip


def _waiting(row: Any) -> Waiting:
    digest, tag, size, deadline, changed_at, *sealed = row
    return Waiting(bytes(digest), bytes(tag).hex(), size, deadline, changed_at, *(bytes(one) for one in sealed))
