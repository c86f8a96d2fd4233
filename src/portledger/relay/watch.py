"""What the relayer's work looks like from outside: counts, lines of the log, and spans of acts that are traced."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from portledger import measures, tracing
from portledger.chain import reverts
from portledger.domain.errors import PortledgerError
from portledger.store import traces
from portledger.store.outbox import Outcome, Row

log = structlog.get_logger("relayer")


def sent(rows: Sequence[Row], tx: bytes, intake: Engine, began: float) -> None:
    """A new transaction with these rows in it was handed to the node. began: its making, unix seconds."""
    log.info("transaction_sent", tx=tx.hex(), rows=len(rows))
    if log.is_enabled_for(logging.DEBUG):
        for row in rows:
            log.debug("act_sent", action=row.digest.hex(), party=row.party, tx=tx.hex())
    now = time.time()
    for row, trace in _traced(rows, intake):
        tracing.emit("relay", trace, began, now, action=row.digest.hex(), transaction=tx.hex(), rows=len(rows))


def not_signed(failure: PortledgerError) -> None:
    """A transaction has no signature, or a key is not there."""
    measures.NOT_SIGNED.labels(failure.code).inc()


def settled(rows: Sequence[Row], found: Sequence[Outcome], intake: Engine) -> None:
    """Outcomes, just written down, of some of these rows."""
    known = {row.id: row for row in rows}
    codes = {one.outbox_id: None if one.final else _code(one.reason or b"") for one in found}
    for one in found:
        row, code = known[one.outbox_id], codes[one.outbox_id]
        measures.settled(row.received_at, one.known_at, code)
        if code is not None:
            log.info("act_refused", action=one.digest.hex(), party=row.party, code=code, block=one.block)
    if log.is_enabled_for(logging.DEBUG):
        for one in found:
            log.debug("act_settled", action=one.digest.hex(), final=one.final, block=one.block, tx=one.tx.hex())
    by_id = {one.outbox_id: one for one in found}
    for row, trace in _traced([known[one] for one in by_id], intake):
        end, code = by_id[row.id], codes[row.id]
        tracing.emit(
            "final" if code is None else "refused", trace, row.received_at, end.known_at,
            action=row.digest.hex(), transaction=end.tx.hex(), block=end.block, code=code,
        )  # fmt: skip


def _traced(rows: Sequence[Row], intake: Engine) -> list[tuple[Row, str]]:
    """Those that belong to a trace, with their traceparent. Traces must not keep the relayer from its work."""
    if not tracing.on():
        return []
    try:
        with intake.connect() as connection:
            found = traces.of(connection, [row.id for row in rows])
    except SQLAlchemyError as failure:
        log.warning("not_traced", exc_info=failure)
        return []
    return [(row, found[row.id]) for row in rows if row.id in found]


def _code(reason: bytes) -> str:
    """The name of the ledger's error."""
    known = reverts.BY_SELECTOR.get(reason[:4])
    return known.__name__ if known is not None else reverts.UnknownRevert.__name__
