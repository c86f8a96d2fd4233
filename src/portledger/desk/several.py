"""The same act on several documents: shown together, kept sealed on the desk's disk, sent in the background.

What is kept is each act as it was shown, whole but for its signatures. It is signed when its turn comes and only while
the document stands where it stood; so a stop at any place leaves nothing signed that is not sent, and going on sends
the very same act, which the ledger takes once.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from portledger.domain.actions import Action, SignedAction
from portledger.domain.errors import PortledgerError
from portledger.domain.records import Control
from portledger.formats import api_json as wire
from portledger.sdk.bulk import BulkSession
from portledger.sdk.errors import AWAY, UNDECIDED
from portledger.sdk.shelf import Shelf
from portledger.sdk.signing import Prepared, Unsigned

SORT: Final = "several"
MOST: Final = 100
"""Documents of one go: as many as a person can be expected to look through on one page."""
BATCH: Final = 20
"""Acts that are sent together; between them the run is kept, and stops when the desk is locked."""
LEFT, SENT, DONE, FAILED, WAITS = "left", "sent", "done", "failed", "waits"


@dataclass(slots=True)
class Row:
    """One document. digest: of the act, 64 hex; action: its JSON, without signatures; before: the control that was
    shown, packed, hex; signers: the accounts, 40 hex each, that were shown to sign, and needed, how many must, at the
    ledger; state: LEFT (not signed yet), SENT (perhaps on the ledger), DONE, WAITS (for another officer), FAILED;
    code, why: of FAILED, and of DONE where the contents' keys could not be given."""

    document: str
    digest: str
    action: dict[str, Any] = field(repr=False)
    before: str
    signers: list[str]
    needed: int
    state: str = LEFT
    code: str = ""
    why: str = ""

    def act(self) -> Action:
        return wire.signed_action(wire.decode(json.dumps(self.action).encode(), wire.SignedActionJson)).action

    def control(self) -> Control:
        return Control.unpack(int(self.before, 16))

    def shown(self, act: Unsigned) -> Unsigned:
        """The act with the accounts that were shown and no other."""
        return act.by(map(bytes.fromhex, self.signers), self.needed)

    def ended(self, state: str, error: PortledgerError) -> None:
        self.state, self.code, self.why = state, error.code, str(error)[:500]


@dataclass(slots=True)
class Several:
    """verb: its name, the same for all; note: why it stopped."""

    verb: str
    rows: list[Row]
    note: str = ""
    changed: int = 0

    def left(self) -> list[Row]:
        return [row for row in self.rows if row.state in (LEFT, SENT)]

    def count(self, state: str) -> int:
        return sum(row.state == state for row in self.rows)


def row_of(act: Unsigned, signers: Iterable[bytes]) -> Row:
    """signers: the accounts that the page names, 20 bytes each."""
    action = json.loads(wire.encode(wire.signed_action_json(SignedAction(act.action, b""))))
    named = [one.hex() for one in signers]
    return Row(act.action.document.hex(), act.digest.hex(), action, f"{act.before.pack():x}", named, act.needed)


def to_json(several: Several) -> dict[str, Any]:
    return asdict(several)


def from_json(data: dict[str, Any]) -> Several:
    return Several(**{**data, "rows": [Row(**row) for row in data["rows"]]})


def keep(shelf: Shelf, name: str, several: Several, now: int) -> None:
    several.changed = now
    shelf.put(name, to_json(several))


def work(session: BulkSession, shelf: Shelf, name: str, stop: threading.Event) -> None:
    """What a thread of the desk does for one run. Raises NotKept."""
    several = from_json(shelf.get(name))
    run(session, several, lambda: keep(shelf, name, several, session.now()), stop)


def run(session: BulkSession, several: Several, kept: Callable[[], None], stop: threading.Event) -> None:
    """Signs and sends what is left, batch by batch, each once: an act that is not final in time holds up no other, and
    is looked for when the run is continued. kept: keeps the run; called before anything is sent, and after."""
    several.note = ""
    try:
        session.sign_in()
        left = several.left()
        for first in range(0, len(left), BATCH):
            if stop.is_set():
                break
            for late in _batch(session, left[first : first + BATCH], kept):
                several.note = several.note or str(late)[:500]
    except PortledgerError as error:
        several.note = str(error)[:500]
    kept()


def _batch(session: BulkSession, rows: Sequence[Row], kept: Callable[[], None]) -> list[PortledgerError]:
    """Returns why rows have no result yet. Raises what keeps all from being sent, and what `AWAY` lists."""
    late: list[PortledgerError] = []
    prepared: list[tuple[Row, Prepared]] = []
    for row in rows:
        with _told(session, row, late):
            if (made := _signed(session, row)) is not None:
                prepared.append((row, made))
        _check_reached(late)
    kept()
    outcomes = session.send_all([made for _, made in prepared]) if prepared else []
    for (row, _), outcome in zip(prepared, outcomes, strict=True):
        with _told(session, row, late):
            _sent(session, row, outcome)
    kept()
    _check_reached(late)
    return late


@contextmanager
def _told(session: BulkSession, row: Row, late: list[PortledgerError]) -> Iterator[None]:
    """A row's error fails the row; but of one that was sent only the gateway's word on this very act can be its end."""
    try:
        yield
    except PortledgerError as error:
        if isinstance(error, UNDECIDED) or (row.state == SENT and not session.is_refused(row.digest)):
            late.append(error)
        else:
            row.ended(FAILED, error)


def _check_reached(late: Iterable[PortledgerError]) -> None:
    for one in late:
        if isinstance(one, AWAY):
            raise one


def _signed(session: BulkSession, row: Row) -> Prepared | None:
    """The row's act, signed and to be sent; None where that is not needed any more, or not enough.

    Raises StalePrevious when the document moved on since the act was shown, EpochPassed when the party's accounts did,
    KeyMissing where none of the accounts that were shown may sign.
    """
    if session.is_sent(row.digest):
        _arrived(session, row)
        return None
    act = row.shown(session.again(row.act(), row.control()))
    session.check_head(row.document, act.action.previous)
    if 0 < session.lacks(act) < act.needed:
        session.propose(act)
        row.state = WAITS
        return None
    made = session.sign(act)
    row.state = SENT
    return made


def _sent(session: BulkSession, row: Row, outcome: PortledgerError | None) -> None:
    """What became of a row that was sent. Raises the outcome, unless the act is on the ledger all the same."""
    if outcome is None:
        row.state = DONE
    elif isinstance(outcome, UNDECIDED) or not session.is_sent(row.digest):
        raise outcome
    else:
        _arrived(session, row)


def _arrived(session: BulkSession, row: Row) -> None:
    """An act that is on the ledger, or on its way: done once it is final, whether its keys can be given or not."""
    session.client.until_final(row.digest)
    try:
        session.give_keys_of(row.act(), row.control())
    except AWAY:
        raise
    except PortledgerError as error:
        row.ended(DONE, error)
    else:
        row.state = DONE
