"""How much was accepted and has no outcome yet, in figures, without reading what has one.

Outcomes stand in another database than the rows that they are of. Ids only ascend and outcomes are only added, so up to
some id every row has its outcome: that id is found by counting, kept, and looked for from there on the next time. When
the chain goes back, outcomes are taken away and it is looked for anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, select

from portledger.store import upkeep
from portledger.store.outbox import Sent, unpack_items
from portledger.store.tables import outbox, outcomes, transactions

PAGE: Final = 5_000


@dataclass(frozen=True, slots=True)
class Part:
    """since: unix seconds; None when there is none."""

    count: int
    since: float | None


class Backlog:
    """`measure`, now and then, from one thread at a time."""

    def __init__(self) -> None:
        self._settled, self._rebuilds = 0, -1

    def measure(self, intake_db: Engine, relay_db: Engine, ledger_db: Engine) -> dict[str, Part]:
        """By state: waiting, sent, parked. A row that is in a transaction is sent, parked or not."""
        with ledger_db.connect() as ledger:
            rebuilds = upkeep.seen(ledger).rebuilds
        if rebuilds != self._rebuilds:
            self._settled, self._rebuilds = 0, rebuilds
        # Outcomes first: each is then of a row that is seen, too.
        with relay_db.connect() as relay, intake_db.connect() as intake:
            made_at, sent = _sent(relay)
            self._settled = _settled(relay, intake, self._settled)
            done = _outcomes(relay, self._settled, None)
            total = max(0, _rows(intake, self._settled, None) - done)
            sent -= _having_outcome(relay, sent)
            parked = set(upkeep.parked_rows(relay)) - sent
            parked -= _having_outcome(relay, parked)
            parked_since = _received(intake, parked)
            waiting = max(0, total - len(sent) - len(parked))
            since = _first_waiting(relay, intake, self._settled, sent | parked) if waiting else None
        return {
            "waiting": Part(waiting, since),
            "sent": Part(len(sent), made_at if sent else None),
            "parked": Part(len(parked), parked_since),
        }


def _rows(intake: Connection, after: int, upto: int | None) -> int:
    query = select(func.count()).select_from(outbox).where(outbox.c.id > after)
    return intake.execute(query if upto is None else query.where(outbox.c.id <= upto)).scalar_one()


def _outcomes(relay: Connection, after: int, upto: int | None) -> int:
    query = select(func.count()).select_from(outcomes).where(outcomes.c.outbox_id > after)
    return relay.execute(query if upto is None else query.where(outcomes.c.outbox_id <= upto)).scalar_one()


def _settled(relay: Connection, intake: Connection, known: int) -> int:
    """The highest id up to which every row has its outcome, by halving: `known` is such an id."""
    low, high = known, intake.execute(select(func.max(outbox.c.id))).scalar() or 0
    while low < high:
        middle = (low + high + 1) // 2
        if _outcomes(relay, known, middle) == _rows(intake, known, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _sent(relay: Connection) -> tuple[float | None, set[int]]:
    """(when the oldest transaction that is not settled was made, the rows in such transactions)."""
    columns: tuple[Any, ...] = (transactions.c["items"], transactions.c.created_at)
    query = select(*columns).where(transactions.c.state == int(Sent.SIGNED))
    rows = relay.execute(query).all()
    items = {item for packed, _ in rows for item in unpack_items(packed)}
    return min((made_at for _, made_at in rows), default=None), items


def _having_outcome(relay: Connection, ids: set[int]) -> set[int]:
    found: set[int] = set()
    for part in _pages(sorted(ids)):
        found.update(relay.execute(select(outcomes.c.outbox_id).where(outcomes.c.outbox_id.in_(part))).scalars())
    return found


def _received(intake: Connection, ids: set[int]) -> float | None:
    """When the oldest of these rows was accepted."""
    times = [
        intake.execute(select(func.min(outbox.c.received_at)).where(outbox.c.id.in_(part))).scalar()
        for part in _pages(sorted(ids))
    ]
    return min((one for one in times if one is not None), default=None)


def _first_waiting(relay: Connection, intake: Connection, after: int, others: set[int]) -> float | None:
    while True:
        query = select(outbox.c.id, outbox.c.received_at).where(outbox.c.id > after)
        rows = intake.execute(query.order_by(outbox.c.id).limit(PAGE)).all()
        if not rows:
            return None
        done = _having_outcome(relay, {row.id for row in rows})
        for row in rows:
            if row.id not in done and row.id not in others:
                return float(row.received_at)
        after = rows[-1].id


def _pages(ids: list[int]) -> Iterator[list[int]]:
    for at in range(0, len(ids), PAGE):
        yield ids[at : at + PAGE]
