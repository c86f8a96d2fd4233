"""Which trace an act belongs to, for the relayer, which may be another process. Written with the act, in its commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from portledger.store.api_tables import act_traces
from portledger.store.database import execute_many
from portledger.store.outbox import chunks

KEPT: Final = 100_000
"""Rows of the outbox for whose newest this is remembered: the others have their outcomes, or nobody waits for them."""
_INSERT = insert(act_traces).inline()


def keep(connection: Connection, found: Mapping[int, str]) -> None:
    """found: traceparent by outbox id. Forgets what is long past; the caller commits."""
    if found:
        execute_many(connection, _INSERT, [{"outbox_id": one, "traceparent": text} for one, text in found.items()])
        connection.execute(delete(act_traces).where(act_traces.c.outbox_id < min(found) - KEPT))


def of(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """traceparent by outbox id, of those that are traced."""
    known: dict[int, str] = {}
    for part in chunks(ids):
        rows = connection.execute(
            select(act_traces.c.outbox_id, act_traces.c.traceparent).where(act_traces.c.outbox_id.in_(part))
        )
        known.update((row[0], row[1]) for row in rows)
    return known
