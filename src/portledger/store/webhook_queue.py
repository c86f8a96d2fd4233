"""What was sent to webhooks and what is still to be sent: the sender's tables.

Events of one subject (a document, a party) are a line: the next one goes out when the one before it was taken. One that
is parked holds its own line, and no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from portledger.store.api_tables import deliveries, delivery_attempts, webhook_progress
from portledger.store.outbox import chunks


class DeliveryState(IntEnum):
    """WAITING for its turn or its next attempt; DELIVERED; PARKED: tried for a day, now the owner's business."""

    WAITING = 0
    DELIVERED = 1
    PARKED = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the sender is with a webhook. position: of the newest event that is in the queue."""

    run: int
    retries: int
    position: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook. body: as it is sent; times: unix seconds."""

    id: int
    webhook: str
    run: int
    position: int
    subject: str
    type: str
    body: bytes
    state: DeliveryState
    attempts: int
    queued_at: float
    first_at: float | None
    next_at: float
    done_at: float | None

    @property
    def message_id(self) -> str:
        """webhook-id: the same in every attempt and every replay."""
        return f"{self.webhook}_{self.position}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """error: "" when it was taken; status: of the HTTP answer, if there was one."""

    at: float
    seconds: float
    status: int | None
    error: str


_COLUMNS: Final[tuple[Any, ...]] = tuple(
    deliveries.c[name]
    for name in (
        "id", "webhook", "run", "position", "subject", "type", "body", "state", "attempts", "queued_at", "first_at",
        "next_at", "done_at",
    )
)  # fmt: skip


def _delivery(row: Any) -> Delivery:
    values = list(row)
    values[6], values[7] = bytes(values[6]), DeliveryState(values[7])
    return Delivery(*values)


def progress(connection: Connection) -> dict[str, Progress]:
    """By webhook."""
    rows = connection.execute(select(webhook_progress))
    return {row.webhook: Progress(row.run, row.retries, row.position) for row in rows}


def begin_run(connection: Connection, webhook: str, found: Progress) -> None:
    """A new run: what was not taken in an earlier one is dropped."""
    undone = select(deliveries.c.id).where(
        deliveries.c.webhook == webhook, deliveries.c.state != int(DeliveryState.DELIVERED)
    )
    _drop(connection, list(connection.execute(undone).scalars()))
    connection.execute(delete(webhook_progress).where(webhook_progress.c.webhook == webhook))
    connection.execute(
        insert(webhook_progress).values(webhook=webhook, run=found.run, retries=found.retries, position=found.position)
    )


def retry_parked(connection: Connection, webhook: str, retries: int, now: float) -> None:
    """Everything parked waits again, as if never tried."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.webhook == webhook, deliveries.c.state == int(DeliveryState.PARKED))
        .values(state=int(DeliveryState.WAITING), attempts=0, first_at=None, next_at=now)
    )
    connection.execute(update(webhook_progress).where(webhook_progress.c.webhook == webhook).values(retries=retries))


def add(
    connection: Connection, webhook: str, run: int, events: Sequence[tuple[int, str, str, bytes]], upto: int, now: float
) -> None:
    """events: (position, subject, type, body); upto: the position that the webhook has been looked through to."""
    if events:
        rows = [
            {
                "webhook": webhook,
                "run": run,
                "position": position,
                "subject": subject,
                "type": kind,
                "body": body,
                "state": int(DeliveryState.WAITING),
                "attempts": 0,
                "queued_at": now,
                "next_at": now,
            }
            for position, subject, kind, body in events
        ]
        connection.execute(insert(deliveries), rows)
    connection.execute(update(webhook_progress).where(webhook_progress.c.webhook == webhook).values(position=upto))


def due(connection: Connection, webhook: str, now: float, limit: int) -> list[Delivery]:
    """The first of every line whose time has come, in the order of the events. One that was never tried waits for no
    clock: the one that it was queued by may have been ahead."""
    before = deliveries.alias("before")
    held = select(before.c.id).where(
        before.c.webhook == deliveries.c.webhook,
        before.c.run == deliveries.c.run,
        before.c.subject == deliveries.c.subject,
        before.c.position < deliveries.c.position,
        before.c.state != int(DeliveryState.DELIVERED),
    )
    query = (
        select(*_COLUMNS)
        .where(deliveries.c.webhook == webhook, deliveries.c.state == int(DeliveryState.WAITING))
        .where((deliveries.c.next_at <= now) | (deliveries.c.attempts == 0), ~held.exists())
        .order_by(deliveries.c.position)
        .limit(limit)
    )
    return [_delivery(row) for row in connection.execute(query)]


def _as_it_was(one: Delivery) -> Any:
    """Nobody has tried or dropped it since it was read."""
    waiting = deliveries.c.state == int(DeliveryState.WAITING)
    return (deliveries.c.id == one.id) & waiting & (deliveries.c.attempts == one.attempts)


def still_due(connection: Connection, one: Delivery) -> bool:
    """Whether it is still to be sent as it was read: a sender that slept meanwhile may have been passed over."""
    return connection.execute(select(deliveries.c.id).where(_as_it_was(one))).first() is not None


def tried(connection: Connection, one: Delivery, attempt: Attempt, state: DeliveryState, next_at: float) -> None:
    """Writes down an attempt and what follows from it; nothing where another sender was quicker."""
    done_at = attempt.at if state == DeliveryState.DELIVERED else None
    first_at = attempt.at if one.first_at is None else one.first_at
    changed = connection.execute(
        update(deliveries)
        .where(_as_it_was(one))
        .values(state=int(state), attempts=one.attempts + 1, first_at=first_at, next_at=next_at, done_at=done_at)
    )
    if changed.rowcount:
        connection.execute(
            insert(delivery_attempts).values(
                delivery=one.id,
                at=attempt.at,
                seconds=attempt.seconds,
                status=attempt.status,
                error=attempt.error[:200],
            )
        )


def counts(connection: Connection, webhooks: Sequence[str]) -> dict[str, dict[DeliveryState, int]]:
    """How many deliveries of each webhook are in each state."""
    found: dict[str, dict[DeliveryState, int]] = {one: {} for one in webhooks}
    query = select(deliveries.c.webhook, deliveries.c.state, func.count()).where(deliveries.c.webhook.in_(webhooks))
    for webhook, state, count in connection.execute(query.group_by(deliveries.c.webhook, deliveries.c.state)):
        found[webhook][DeliveryState(state)] = count
    return found


@dataclass(frozen=True, slots=True)
class Undone:
    """since: when the oldest of them was queued, unix seconds."""

    count: int
    since: float


def undone(connection: Connection) -> dict[DeliveryState, Undone]:
    """Of all webhooks together, what was not taken yet."""
    query = select(deliveries.c.state, func.count(), func.min(deliveries.c.queued_at))
    rows = connection.execute(
        query.where(deliveries.c.state != int(DeliveryState.DELIVERED)).group_by(deliveries.c.state)
    )
    return {DeliveryState(state): Undone(count, since) for state, count, since in rows}


def listed(
    connection: Connection, webhook: str, state: DeliveryState | None, before: int | None, limit: int
) -> list[tuple[Delivery, bool]]:
    """The newest first, with whether it is behind a parked one. before: a delivery's id."""
    ahead = deliveries.alias("ahead")
    behind = select(ahead.c.id).where(
        ahead.c.webhook == deliveries.c.webhook,
        ahead.c.run == deliveries.c.run,
        ahead.c.subject == deliveries.c.subject,
        ahead.c.position < deliveries.c.position,
        ahead.c.state == int(DeliveryState.PARKED),
    )
    waiting = deliveries.c.state == int(DeliveryState.WAITING)
    query = select(*_COLUMNS, and_(waiting, behind.exists())).where(deliveries.c.webhook == webhook)
    if state is not None:
        query = query.where(deliveries.c.state == int(state))
    if before is not None:
        query = query.where(deliveries.c.id < before)
    rows = connection.execute(query.order_by(deliveries.c.id.desc()).limit(limit)).all()
    return [(_delivery(tuple(row)[:-1]), bool(row[-1])) for row in rows]


def attempts_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[Attempt]]:
    """By delivery, oldest first."""
    found: dict[int, list[Attempt]] = {one: [] for one in ids}
    query = select(delivery_attempts).where(delivery_attempts.c.delivery.in_(ids)).order_by(delivery_attempts.c.id)
    for row in connection.execute(query):
        found[row.delivery].append(Attempt(row.at, row.seconds, row.status, row.error))
    return found


def forget(connection: Connection, webhook: str) -> None:
    """Everything of a webhook that is no more."""
    _drop(
        connection, list(connection.execute(select(deliveries.c.id).where(deliveries.c.webhook == webhook)).scalars())
    )
    connection.execute(delete(webhook_progress).where(webhook_progress.c.webhook == webhook))


def trim(connection: Connection, webhook: str, keep: int, since: float) -> None:
    """The log keeps the newest `keep` that were taken, and none from before `since`."""
    taken = (deliveries.c.webhook == webhook) & (deliveries.c.state == int(DeliveryState.DELIVERED))
    newest = select(deliveries.c.id).where(taken).order_by(deliveries.c.id.desc())
    edge = connection.execute(newest.offset(keep).limit(1)).scalar()
    old = deliveries.c.done_at < since
    old = old if edge is None else old | (deliveries.c.id <= edge)
    _drop(connection, list(connection.execute(select(deliveries.c.id).where(taken, old)).scalars()))


def _drop(connection: Connection, ids: Sequence[int]) -> None:
    for part in chunks(ids):
        connection.execute(delete(delivery_attempts).where(delivery_attempts.c.delivery.in_(part)))
        connection.execute(delete(deliveries).where(deliveries.c.id.in_(part)))
