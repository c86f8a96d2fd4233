"""The same act on several documents: shown together, kept sealed on the desk's disk, sent in the background.

What is kept is each act as it was shown, whole but for its signatures. It is signed when its turn comes and only while
the document stands where it stood; so a stop at any place leaves nothing signed that is not sent, and going on sends
the very same act, which the ledger takes once.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from portledger.domain.actions import Action, SignedAction
from portledger.domain.errors import PortledgerError
from portledger.domain.records import Control
from portledger.formats import api_json as wire
from portledger.sdk.bulk import BulkSession
from portledger.sdk.errors import GatewayUnreachable, NotFinalYet
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
    shown, packed, hex; state: LEFT (not signed yet), SENT (perhaps on the ledger), DONE, WAITS (for another officer),
    FAILED; code, why: of FAILED."""

    document: str
    digest: str
    action: dict[str, Any] = field(repr=False)
    before: str
    state: str = LEFT
    code: str = ""
    why: str = ""

    def act(self) -> Action:
        return wire.signed_action(wire.decode(json.dumps(self.action).encode(), wire.SignedActionJson)).action

    def control(self) -> Control:
        return Control.unpack(int(self.before, 16))

    def fail(self, error: PortledgerError) -> None:
        self.state, self.code, self.why = FAILED, error.code, str(error)[:500]


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


def row_of(act: Unsigned) -> Row:
    action = json.loads(wire.encode(wire.signed_action_json(SignedAction(act.action, b""))))
    return Row(act.action.document.hex(), act.digest.hex(), action, f"{act.before.pack():x}")


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
    """Signs and sends what is left, batch by batch. kept: keeps the run; called before anything is sent, and after."""
    several.note = ""
    try:
        session.sign_in()
        while (left := several.left()) and not stop.is_set():
            _batch(session, left[:BATCH], kept)
    except PortledgerError as error:
        several.note = str(error)[:500]
    kept()


def _batch(session: BulkSession, rows: list[Row], kept: Callable[[], None]) -> None:
    prepared: list[tuple[Row, Prepared]] = []
    for row in rows:
        try:
            made = _signed(session, row)
        except (GatewayUnreachable, NotFinalYet):
            raise
        except PortledgerError as error:
            row.fail(error)
        else:
            if made is not None:
                prepared.append((row, made))
    kept()
    outcomes = session.send_all([made for _, made in prepared]) if prepared else []
    for (row, _), outcome in zip(prepared, outcomes, strict=True):
        if outcome is None:
            row.state = DONE
        elif not isinstance(outcome, NotFinalYet | GatewayUnreachable):
            row.fail(outcome)
    kept()
    late = [one for one in outcomes if isinstance(one, NotFinalYet | GatewayUnreachable)]
    if late:
        raise late[0]


def _signed(session: BulkSession, row: Row) -> Prepared | None:
    """The row's act, signed and to be sent; None where that is not needed any more, or not enough.

    Raises StalePrevious when the document moved on since the act was shown, EpochPassed when the party's accounts did.
    """
    if row.state == SENT and session.is_sent(row.digest):
        session.client.until_final(row.digest)
        session.give_keys_of(row.act(), row.control())
        row.state = DONE
        return None
    act = session.again(row.act(), row.control())
    session.check_head(row.document, act.action.previous)
    if 0 < session.lacks(act) < act.needed:
        session.propose(act)
        row.state = WAITS
        return None
    made = session.sign(act)
    row.state = SENT
    return made
