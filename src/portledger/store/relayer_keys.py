"""Which account the relayer sends from: the one at work, the one that was named to follow, and those before.

The operator's tool names the next one, at any time; the relayer that holds the lease puts it to work.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from portledger.domain.refusals import Conflict, NotFound
from portledger.store.database import write_alone
from portledger.store.upkeep import relayer_keys


@dataclass(frozen=True, slots=True)
class Named:
    """address: 20 bytes; times: unix seconds; began_at None: it waits; ended_at None: it waits or is at work."""

    id: int
    address: bytes
    named_at: float
    began_at: float | None
    ended_at: float | None


def all_named(connection: Connection) -> list[Named]:
    """Every account that was ever named, the oldest first."""
    columns = [relayer_keys.c[name] for name in ("id", "address", "named_at", "began_at", "ended_at")]
    return [Named(*row) for row in connection.execute(select(*columns).order_by(relayer_keys.c.id))]


def present(connection: Connection) -> tuple[Named | None, Named | None]:
    """(the one at work, the one named to follow); None where there is none."""
    found = [one for one in all_named(connection) if one.ended_at is None]
    at_work = next((one for one in found if one.began_at is not None), None)
    return at_work, next((one for one in found if one.began_at is None), None)


def begin(connection: Connection, address: bytes, now: float) -> None:
    """The first one; the caller holds the relayer's lease."""
    connection.execute(insert(relayer_keys).values(address=address, named_at=now, began_at=now))


def name_next(connection: Connection, address: bytes, now: float) -> None:
    """First of its transaction. Raises Conflict: it is at work already, or another one is named."""
    write_alone(connection, "relayer keys")
    at_work, following = present(connection)
    if at_work is not None and at_work.address == address:
        raise Conflict(f"0x{address.hex()}, which is at work", "another account")
    if following is not None and following.address != address:
        raise Conflict(
            f"0x{following.address.hex()}, named to follow and not at work yet", "one at a time",
            "Wait for it, or withdraw it: portledger admin relayer-key --withdraw.",
        )  # fmt: skip
    if following is None:
        connection.execute(insert(relayer_keys).values(address=address, named_at=now))


def withdraw(connection: Connection) -> bytes:
    """Takes back what was named to follow; its address. Raises NotFound."""
    write_alone(connection, "relayer keys")
    taken = connection.execute(
        delete(relayer_keys).where(relayer_keys.c.began_at.is_(None)).returning(relayer_keys.c.address)
    ).scalar()
    if taken is None:
        raise NotFound("no account named to follow", "one that is not at work yet")
    return bytes(taken)


def switch(connection: Connection, following: Named, now: float) -> bool:
    """Puts it to work in place of the one before; whether it still was named. The caller holds the relayer's lease."""
    begun = connection.execute(
        update(relayer_keys)
        .where(relayer_keys.c.id == following.id, relayer_keys.c.began_at.is_(None))
        .values(began_at=now)
    )
    if begun.rowcount != 1:
        return False
    connection.execute(
        update(relayer_keys)
        .where(
            relayer_keys.c.id != following.id, relayer_keys.c.ended_at.is_(None), relayer_keys.c.began_at.is_not(None)
        )
        .values(ended_at=now)
    )
    return True
