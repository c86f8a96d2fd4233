"""What the relayer's work looks like from outside: counts and lines of the log."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import structlog

from portledger import measures
from portledger.chain import reverts
from portledger.domain.errors import PortledgerError
from portledger.store.outbox import Outcome, Row

log = structlog.get_logger("relayer")


def sent(rows: Sequence[Row], tx: bytes) -> None:
    """A new transaction with these rows in it was handed to the node."""
    log.info("transaction_sent", tx=tx.hex(), rows=len(rows))
    if log.is_enabled_for(logging.DEBUG):
        for row in rows:
            log.debug("act_sent", action=row.digest.hex(), party=row.party, tx=tx.hex())


def not_signed(failure: PortledgerError) -> None:
    """A transaction has no signature, or a key is not there."""
    measures.NOT_SIGNED.labels(failure.code).inc()


def settled(rows: Sequence[Row], found: Sequence[Outcome]) -> None:
    """Outcomes, just written down, of some of these rows."""
    known = {row.id: row for row in rows}
    for one in found:
        refusal = None if one.final else _code(one.reason or b"")
        row = known[one.outbox_id]
        measures.settled(row.received_at, one.known_at, refusal)
        if refusal is not None:
            log.info("act_refused", action=one.digest.hex(), party=row.party, code=refusal, block=one.block)
    if log.is_enabled_for(logging.DEBUG):
        for one in found:
            log.debug("act_settled", action=one.digest.hex(), final=one.final, block=one.block, tx=one.tx.hex())


def _code(reason: bytes) -> str:
    """The name of the ledger's error."""
    known = reverts.BY_SELECTOR.get(reason[:4])
    return known.__name__ if known is not None else reverts.UnknownRevert.__name__
