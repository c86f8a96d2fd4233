"""The same act on several documents: shown together, kept sealed on the desk's disk, sent in the background.

What is kept is each act as it was shown, whole but for its signatures. It is signed when its turn comes and only while
the document stands where it stood; so a stop at any place leaves nothing signed that is not sent, and going on sends
the very same act, which the ledger takes once.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from portledger.desk import outcomes
from portledger.desk.outcomes import DONE, SENT, WAITS, Outcome, Run
from portledger.domain.actions import Action, SignedAction
from portledger.domain.errors import PortledgerError
from portledger.domain.records import Control
from portledger.formats import api_json as wire
from portledger.sdk.bulk import BulkSession
from portledger.sdk.errors import UNDECIDED
from portledger.sdk.shelf import Shelf
from portledger.sdk.signing import Prepared, Unsigned

SORT: Final = "several"
MOST: Final = 100
"""Documents of one go: as many as a person can be expected to look through on one page."""
BATCH: Final = 20
"""Acts that are sent together; between them the run is kept, and stops when the desk is locked."""


@dataclass(slots=True)
class Row(Outcome):
    """One document. action: the act's JSON, without signatures; before: the control that was shown, packed, hex;
    signers: the accounts, 40 hex each, that were shown to sign, and needed, how many must, at the ledger."""

    document: str
    action: dict[str, Any] = field(repr=False)
    before: str
    signers: list[str] = field(default_factory=list)
    needed: int = 1

    def act(self) -> Action:
        return wire.signed_action(wire.decode(json.dumps(self.action).encode(), wire.SignedActionJson)).action

    def control(self) -> Control:
        return Control.unpack(int(self.before, 16))

    def shown(self, act: Unsigned) -> Unsigned:
        """The act with the accounts that were shown and no other."""
        return act.by(map(bytes.fromhex, self.signers), self.needed)


@dataclass(slots=True, kw_only=True)
class Several(Run[Row]):
    """verb: its name, the same for all."""

    verb: str


def row_of(act: Unsigned, signers: Iterable[bytes]) -> Row:
    """signers: the accounts that the page names, 20 bytes each."""
    action = json.loads(wire.encode(wire.signed_action_json(SignedAction(act.action, b""))))
    named = [one.hex() for one in signers]
    before = f"{act.before.pack():x}"
    return Row(act.action.document.hex(), action, before, named, act.needed, digest=act.digest.hex())


def from_json(data: dict[str, Any]) -> Several:
    return Several(**{**data, "rows": [Row(**row) for row in data["rows"]]})


def work(session: BulkSession, shelf: Shelf, name: str, stop: threading.Event) -> None:
    """What a thread of the desk does for one run. Raises NotKept."""
    several = from_json(shelf.get(name))
    run(session, several, lambda: outcomes.keep(shelf, name, several, session.now()), stop)


def run(session: BulkSession, several: Several, kept: Callable[[], None], stop: threading.Event) -> None:
    """Signs and sends what is left, batch by batch, each once: an act that is not final in time holds up no other, and
    is looked for when the run is continued. kept: keeps the run; called before anything is sent, and after."""
    several.note = outcomes.batches(
        session, several.left(), BATCH, lambda rows: _batch(session, rows, kept, stop), stop
    )
    kept()


def _batch(
    session: BulkSession, rows: Sequence[Row], kept: Callable[[], None], stop: threading.Event
) -> list[PortledgerError]:
    """Returns why rows have no result yet. Raises what keeps all from being sent, and what `AWAY` lists. Once the event
    is set nothing more is signed, and nothing sent that was not being sent."""
    late: list[PortledgerError] = []
    prepared: list[tuple[Row, Prepared]] = []
    for row in rows:
        if stop.is_set():
            return late
        before = len(late)
        with outcomes.told(session, row, late):
            if (made := _signed(session, row)) is not None:
                prepared.append((row, made))
        outcomes.check_there(session, late[before:])
    if stop.is_set():
        return late
    for row, _ in prepared:
        row.state = SENT
    kept()
    results = session.send_all([made for _, made in prepared]) if prepared else []
    for (row, _), outcome in zip(prepared, results, strict=True):
        with outcomes.told(session, row, late):
            _sent(session, row, outcome)
    kept()
    outcomes.check_there(session, late)
    return late


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
        session.propose(act, own=act.able)
        row.state = WAITS
        return None
    return session.sign(act)


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
    session.until_final(row.digest)
    try:
        session.give_keys_of(row.act(), row.control())
    except UNDECIDED:
        raise
    except PortledgerError as error:
        row.ended(DONE, error)
    else:
        row.state = DONE
