"""Whether the ledger has done what rows of the outbox ask for, whoever carried it (docs/protocol §13, A12 and A13).

Acts, party acts and vetoes are known by their signed digest. An enactment is nobody's: the same change enacted is the
same act. A registration's consents fit one party id, so that its call happens once. Every other call of a power may be
made again with the same words, so only the transaction it went out with can speak for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from portledger.domain.calls_decode import Enact, Register, decode_call
from portledger.domain.errors import InvalidInput
from portledger.store import read_model
from portledger.store.outbox import Row, Type

Done = dict[bytes, tuple[int, bytes]]
"""digest of the row -> (block, transaction) in which the ledger did it."""


def done(ledger: Connection, rows: Sequence[Row], tx: bytes | None = None) -> Done:
    """What the read model has of these rows. tx: the transaction that a power's call, alone in `rows`, went out with.

    Says nothing about blocks that the read model does not have yet.
    """
    found: Done = {}
    acts = [row.digest for row in rows if row.type == Type.ACT]
    if acts:
        found.update(read_model.applied(ledger, acts))
    once = [row.digest for row in rows if row.type in (Type.PARTY_ACT, Type.VETO) or _registers(row)]
    if once:
        found.update(read_model.logged(ledger, once))
    for row in rows:
        if row.type == Type.ENACT and (enacted := _enacted(ledger, row)) is not None:
            found[row.digest] = enacted
        elif row.type == Type.POWER and row.digest not in found and tx is not None:
            found.update((row.digest, (block, tx)) for block in read_model.logged_by(ledger, [tx]).values())
    return found


def _registers(row: Row) -> bool:
    if row.type != Type.POWER:
        return False
    try:
        return isinstance(decode_call(row.body), Register)
    except InvalidInput:  # a call of the ledger that is none of the registry's, such as freeze
        return False


def _enacted(ledger: Connection, row: Row) -> tuple[int, bytes] | None:
    call = decode_call(row.body)
    assert isinstance(call, Enact)
    assert row.party is not None
    return read_model.enacted(ledger, row.party, call.change_id)
