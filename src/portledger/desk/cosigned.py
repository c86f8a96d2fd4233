"""Signing acts that wait for other officers, many in one go: kept sealed on the desk's disk, done in the background.

What is kept are the digests of the acts that were shown, and the accounts that the page named: a digest is of one act
and no other, and signing it again changes nothing. So a stop at any place loses nothing, and going on is safe.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portledger.desk import outcomes
from portledger.desk.outcomes import DONE, LEFT, SENT, WAITS, Outcome, Run
from portledger.desk.several import BATCH
from portledger.domain.errors import PortledgerError
from portledger.sdk import attaching
from portledger.sdk.bulk import BulkSession
from portledger.sdk.errors import UNDECIDED, KeyMissing
from portledger.sdk.session import Done
from portledger.sdk.shelf import Shelf

SORT: Final = "cosigned"


@dataclass(slots=True)
class Row(Outcome):
    """One act. document: 64 hex; new: whether the act makes it; kind: its number; signers: the accounts, 40 hex each,
    that were shown to sign, none where all have signed; files: whether it lists any."""

    document: str
    kind: int
    signers: list[str]
    files: bool
    new: bool = False


class Cosigned(Run[Row]):
    """Of acts that waited."""


def from_json(data: dict[str, Any]) -> Cosigned:
    return Cosigned(**{**data, "rows": [Row(**row) for row in data["rows"]]})


def work(session: BulkSession, shelf: Shelf, name: str, stop: threading.Event) -> None:
    """What a thread of the desk does for one run. Raises NotKept."""
    cosigned = from_json(shelf.get(name))
    run(session, cosigned, lambda: outcomes.keep(shelf, name, cosigned, session.now()), stop)


def run(session: BulkSession, cosigned: Cosigned, kept: Callable[[], None], stop: threading.Event) -> None:
    """Signs what is left, batch by batch. kept: keeps the run; called before anything is signed, and after."""
    cosigned.note = outcomes.batches(
        session, cosigned.left(), BATCH, lambda rows: _batch(session, rows, kept, stop), stop
    )
    kept()


def _batch(
    session: BulkSession, rows: Sequence[Row], kept: Callable[[], None], stop: threading.Event
) -> list[PortledgerError]:
    """Returns why rows have no result yet. Raises what `AWAY` lists. Once the event is set nothing more is signed."""
    late: list[PortledgerError] = []
    ready: list[Row] = []
    for row in rows:
        before = len(late)
        with outcomes.told(session, row, late):
            if row.state == LEFT and row.files:
                row.why = ""
                _check_files(session, row)
            ready.append(row)
        outcomes.check_there(session, late[before:])
    if stop.is_set():
        return late
    fresh = [row.digest for row in ready if row.state == LEFT]
    for row in ready:
        row.state = SENT
    kept()
    wanted = {row.digest: [bytes.fromhex(one) for one in row.signers] for row in ready}
    results = session.cosign_all(wanted, stop.is_set)
    for row in ready:
        if row.digest in results:
            with outcomes.told(session, row, late):
                _ended(session, row, results[row.digest])
        elif row.digest in fresh:
            row.state = LEFT  # it did not come to its turn
    kept()
    outcomes.check_there(session, late)
    return late


def _check_files(session: BulkSession, row: Row) -> None:
    """Raises VerificationError where a file that the act lists does not open: it is signed too."""
    try:
        found = session.collected(row.digest)
    except PortledgerError:
        if session.is_sent(row.digest):
            return
        raise
    for one in attaching.of_act(found.act):
        try:
            attaching.check_file(session, one, UNDECIDED)
        except UNDECIDED as error:  # no end of the row, but a person is to know which file it waits for
            row.why = outcomes.said(error, one.name)
            raise


def _ended(session: BulkSession, row: Row, result: Done | PortledgerError) -> None:
    """What became of a row. Raises the result, unless the act is on the ledger or signed all the same."""
    if isinstance(result, Done):
        row.state = WAITS if result.missing else DONE
    elif isinstance(result, KeyMissing) and _has_signed(session, row):
        row.state = WAITS  # by a run that stopped before it knew
    elif isinstance(result, UNDECIDED) or not session.is_sent(row.digest):
        raise result
    else:
        session.until_final(row.digest)
        row.ended(DONE, result)


def _has_signed(session: BulkSession, row: Row) -> bool:
    """Whether the accounts that were to sign have signed what still waits."""
    signed = session.collected(row.digest).signatures
    return bool(row.signers) and all(bytes.fromhex(one) in signed for one in row.signers)
