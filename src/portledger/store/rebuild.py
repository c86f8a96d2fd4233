"""The read model from an archive alone: when the databases are lost, or the node has forgotten its logs.

It is the indexer's projection over the same events, so that the rows are the ones that a living gateway has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from sqlalchemy import Engine

from portledger.domain.codes import ZERO
from portledger.domain.events import LedgerEvent, ledger_head
from portledger.store import projection
from portledger.store.read_model import Block

_RANGE: Final = 2000
"""Events from which on a range ends with its block."""


def rebuild_from(engine: Engine, events: Iterable[LedgerEvent], last: Block, effects_of: projection.EffectsOf) -> Block:
    """Empties the read model and fills it with the events, all or nothing; the cursor that it ends with.

    events: of the whole ledger in the chain's order, such as `formats.archive.Reader.events`, which fails at the end
    when anything is missing. last: the block up to which they go (number, hash, time); its ledgerHead is computed. What
    the events say is not judged here: audit the archive first.
    """
    head = ZERO
    with engine.begin() as connection:
        projection.clear(connection)
        for part in _ranges(events):
            projection.apply(connection, part, effects_of)
            head = ledger_head(head, part)
        cursor = replace(last, ledger_head=head)
        projection.move_cursor(connection, cursor)
    return cursor


def _ranges(events: Iterable[LedgerEvent]) -> Iterator[list[LedgerEvent]]:
    """Cut between blocks, as the indexer does."""
    part: list[LedgerEvent] = []
    for event in events:
        if len(part) >= _RANGE and event.block != part[-1].block:
            yield part
            part = []
        part.append(event)
    if part:
        yield part
