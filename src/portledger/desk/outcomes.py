"""What becomes of the rows of a run that goes on in the background: their states, and when an error is a row's end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final, Generic, TypeVar

from portledger.domain.errors import PortledgerError
from portledger.domain.refusals import Conflict
from portledger.sdk.bulk import BulkSession
from portledger.sdk.errors import AWAY, UNDECIDED
from portledger.sdk.shelf import Shelf

LEFT, SENT, DONE, FAILED, WAITS = "left", "sent", "done", "failed", "waits"
LONGEST: Final = 500
"""Characters of an error that are kept."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """A row's result. digest: of its act, 64 hex; state: LEFT (not signed yet), SENT (perhaps on the ledger), DONE,
    WAITS (for another officer), FAILED; code, why: of FAILED, and of DONE where the contents' keys could not be
    given."""

    digest: str
    state: str = LEFT
    code: str = ""
    why: str = ""

    def ended(self, state: str, error: PortledgerError) -> None:
        self.state, self.code, self.why = state, error.code, said(error)


R = TypeVar("R", bound=Outcome)
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Run(Generic[R]):
    """note: why it stopped; changed: unix seconds."""

    rows: list[R]
    note: str = ""
    changed: int = 0

    def left(self) -> list[R]:
        return [row for row in self.rows if row.state in (LEFT, SENT)]

    def count(self, state: str) -> int:
        return sum(row.state == state for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def keep(shelf: Shelf, name: str, run: Run[Any], now: int) -> None:
    """Raises NotKept."""
    run.changed = now
    shelf.put(name, run.to_json())


def said(error: PortledgerError, about: str = "") -> str:
    """about: the name of what it is about."""
    return f"{about}: {error}"[:LONGEST] if about else str(error)[:LONGEST]


def batches(
    session: BulkSession,
    left: Sequence[T],
    size: int,
    batch: Callable[[Sequence[T]], Iterable[PortledgerError]],
    stop: threading.Event,
) -> str:
    """Does what is left, so many rows at a time, until the event is set. batch: returns why rows have no result yet,
    which holds up no other. Returns why anything is left over, or nothing."""
    note = ""
    try:
        session.sign_in()
        for first in range(0, len(left), size):
            if stop.is_set():
                break
            session.wait_anew()
            for late in batch(left[first : first + size]):
                note = note or said(late)
    except PortledgerError as error:
        return said(error)
    return note


def is_end(session: BulkSession, state: str, digests: Sequence[str], error: PortledgerError) -> bool:
    """Whether an error ends a row; but of one that was sent only the gateway's word on these very acts can be the end,
    and one for which there is no place to wait now (Conflict) can be sent later."""
    if isinstance(error, UNDECIDED) or (state == LEFT and isinstance(error, Conflict)):
        return False
    return state != SENT or (bool(digests) and all(map(session.is_refused, digests)))


@contextmanager
def told(session: BulkSession, row: Outcome, late: list[PortledgerError]) -> Iterator[None]:
    """A row's error fails the row where it is its end; otherwise it leaves it as it is."""
    try:
        yield
    except PortledgerError as error:
        if is_end(session, row.state, [row.digest], error):
            row.ended(FAILED, error)
        else:
            late.append(error)


def check_there(session: BulkSession, late: Iterable[PortledgerError]) -> None:
    """Raises what `AWAY` lists where nothing answers any more: then no further row is asked about. What answers on
    other things lacks that of this row alone, which holds up no other."""
    away = next((one for one in late if isinstance(one, AWAY)), None)
    if away is not None and session.is_away():
        raise away
