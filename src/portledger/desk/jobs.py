"""A spreadsheet that becomes documents: kept sealed on the desk's disk, run in the background, continued after a stop.

Exactly once: each row has the salt of its reference from the first, so however often it is sent it is one record; and
what was sealed for it is kept before it is sent, so what reached the ledger just before a crash opens still.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from portledger import resources
from portledger.desk import drafts, outcomes
from portledger.desk.drafts import Draft, Source
from portledger.desk.outcomes import DONE, FAILED, LEFT, SENT, WAITS
from portledger.domain.errors import PortledgerError
from portledger.domain.kind_file import KindFile
from portledger.domain.refusals import Conflict, NotFound
from portledger.formats import columns, filling, labels
from portledger.formats.document import Document
from portledger.formats.tables import Table
from portledger.sdk.bulk import BulkSession
from portledger.sdk.errors import UNDECIDED, GatewayProblem
from portledger.sdk.shelf import Shelf
from portledger.sdk.signing import Prepared, Unsigned

SORT: Final = "job"
BATCH: Final = 50
"""Rows that are sent together; between them the job is kept, and stops when the desk is locked."""

Work = Callable[[BulkSession, Shelf, str, threading.Event], None]
"""What a job does, by the name of what is kept for it, until it is done or the event is set."""
Fault = list[Any]
"""[pointer, key of the mistake, [[name, text], …]]"""


@dataclass(slots=True)
class Row:
    """state: LEFT (not sent yet), SENT (perhaps on the ledger), DONE, WAITS (for another officer), FAILED; why: of
    FAILED; keys: what was sealed for it and not yet given, hex; digests: of the acts that were made of it, 64 hex each,
    more than one where an answer was lost; code: of DONE where the contents' keys could not be given to others, and why
    then says why."""

    cells: list[str]
    line: int
    salt: str = field(default_factory=lambda: secrets.token_hex(drafts.SALT_LENGTH))
    state: str = LEFT
    document: str = ""
    why: str = ""
    keys: list[dict[str, str]] = field(default_factory=list)
    code: str = ""
    digests: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Of the newest act, or empty."""
        return self.digests[-1] if self.digests else ""


@dataclass(slots=True)
class Job:
    """columns: pointer for each column, or empty; given: for whom the documents are; signed: numbers of the rows that
    were shown and signed for; signers: the accounts that were shown to sign, 40 hex each, and needed, how many must;
    note: why it stopped; faults: number of a row -> what is wrong with it, as it is shown:
    (pointer, key, names) each, the pointer empty for a check of the whole; doubts: the same, of what only warns."""

    kind: KindFile
    header: list[str]
    rows: list[Row]
    columns: list[str]
    given: dict[str, str] = field(default_factory=dict)
    signed: list[int] = field(default_factory=list)
    note: str = ""
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    doubts: dict[str, list[Fault]] = field(default_factory=dict)
    changed: int = 0
    signers: list[str] = field(default_factory=list)
    needed: int = 1

    def draft(self, number: int) -> Draft:
        """A row as a draft; every value in it came from the file."""
        row = self.rows[number]
        filled = columns.fill(labels.form(self.kind), self.columns, row.cells)
        titles = dict(zip(self.columns, self.header, strict=True))
        sources = {
            at: Source(text, path=f"{titles[at]} ({row.line})")
            for at, text in filled.texts.items() if text and at in titles
        }  # fmt: skip
        return Draft(self.kind, filled, dict(self.given), sources, salt=row.salt)

    def name(self, number: int) -> str:
        """A row's own number as it stands in the file, or empty."""
        at = drafts.number_at(self.kind)
        return self.rows[number].cells[self.columns.index(at)] if at in self.columns else ""

    def left(self) -> list[int]:
        return [number for number in self.signed if self.rows[number].state in (LEFT, SENT)]

    def doubtful(self) -> list[int]:
        """Rows that the gateway says it refused after they were sent: what was signed holds until its deadline."""
        return [number for number in self.signed if self.rows[number].state == FAILED and self.rows[number].keys]

    def count(self, state: str) -> int:
        return sum(self.rows[number].state == state for number in self.signed)


def begun(kind: KindFile, table: Table) -> Job:
    rows = [Row(list(cells), line) for cells, line in zip(table.rows, table.lines, strict=True)]
    return Job(kind, list(table.header), rows, columns.guess(labels.form(kind), table.header))


def to_json(job: Job) -> dict[str, Any]:
    return {
        "kind": job.kind.id, "header": job.header, "rows": [asdict(row) for row in job.rows], "columns": job.columns,
        "given": job.given, "signed": job.signed, "note": job.note, "faults": job.faults, "doubts": job.doubts,
        "changed": job.changed, "signers": job.signers, "needed": job.needed,
    }  # fmt: skip


def from_json(data: dict[str, Any]) -> Job:
    rows = [_row(dict(row)) for row in data["rows"]]
    return Job(**{**data, "kind": resources.kind(data["kind"]), "rows": rows})


def _row(kept: dict[str, Any]) -> Row:
    before = kept.pop("digest", "")  # of versions that kept one only
    return Row(**({"digests": [before] if before else []} | kept))


def keep(shelf: Shelf, name: str, job: Job, now: int) -> None:
    job.changed = now
    shelf.put(name, to_json(job))


def document_of(draft: Draft) -> Document:
    """What is sealed for a draft that has no mistakes."""
    values = filling.values_of(draft.form, draft.filled).values
    return Document(draft.kind.id, draft.number(), {one.name: values.get(one.name, {}) for one in draft.kind.datasets})


class Runner:
    """The jobs that run now, a thread for each. Locking the desk stops them after the batch that is under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, tuple[threading.Thread, threading.Event]] = {}

    def runs(self, name: str) -> bool:
        with self._lock:
            return name in self._running

    def start(self, name: str, session: BulkSession, shelf: Shelf, work: Work) -> None:
        """Begins or continues a job, unless it runs already. The session is the job's own, and closed at its end."""
        with self._lock:
            if name in self._running:
                _close(session)
                return
            stop = threading.Event()
            thread = threading.Thread(target=self._run, args=(name, session, shelf, work, stop), daemon=True)
            self._running[name] = thread, stop
            thread.start()

    def stop(self) -> None:
        """Stops all jobs after their batches, without waiting; they can be continued."""
        with self._lock:
            for _, stop in self._running.values():
                stop.set()

    def wait(self, name: str, seconds: float) -> None:
        with self._lock:
            running = self._running.get(name)
        if running is not None:
            running[0].join(seconds)

    def _run(self, name: str, session: BulkSession, shelf: Shelf, work: Work, stop: threading.Event) -> None:
        try:
            work(session, shelf, name, stop)
        except PortledgerError:
            pass  # the disk: what was kept last stands, and can be continued
        finally:
            _close(session)
            with self._lock:
                self._running.pop(name, None)


def _close(session: BulkSession) -> None:
    session.client.close()
    if session.node is not None:
        session.node.close()


def work(session: BulkSession, shelf: Shelf, name: str, stop: threading.Event) -> None:
    """What a thread of the desk does for one import. Raises NotKept."""
    job = from_json(shelf.get(name))
    run(session, job, lambda: keep(shelf, name, job, session.now()), stop)


def run(session: BulkSession, job: Job, kept: Callable[[], None], stop: threading.Event) -> None:
    """Sends what is left, batch by batch; a row without a result in time holds up no other, and is looked for when the
    job is continued. kept: keeps the job; called before anything is sent, and after."""
    job.note = outcomes.batches(
        session, [*job.doubtful(), *job.left()], BATCH, lambda numbers: _batch(session, job, numbers, kept, stop), stop
    )
    kept()


def _batch(
    session: BulkSession, job: Job, numbers: Sequence[int], kept: Callable[[], None], stop: threading.Event
) -> list[PortledgerError]:
    """Returns why rows have no result yet. Raises what keeps all from being sent, and what `AWAY` lists. Once the event
    is set nothing more is signed, and nothing sent that was not being sent."""
    late: list[PortledgerError] = []
    prepared: list[tuple[Row, Prepared]] = []
    waiting: list[tuple[Row, Unsigned]] = []
    acts: list[tuple[Row, Unsigned]] = []
    for number in numbers:
        if stop.is_set():
            return late
        row, before = job.rows[number], len(late)
        try:
            act = _made(session, job, number, late)
            if act is None:
                outcomes.check_there(session, late[before:])
                continue
            if 0 < session.lacks(act) < act.needed:
                waiting.append((row, act))
            else:
                prepared.append((row, session.sign(act)))
            acts.append((row, act))
        except PortledgerError as error:
            _told(session, row, error, late)
            outcomes.check_there(session, late[before:])
    if stop.is_set():
        return late
    for row, act in acts:
        row.state = SENT
        row.digests.append(act.digest.hex())
        if act.content is not None:
            row.keys.append({name: key.hex() for name, key in act.content.keys.items()})
    kept()
    results = session.send_all([made for _, made in prepared]) if prepared else []
    for (row, _), outcome in zip(prepared, results, strict=True):
        if outcome is None:
            row.state, row.keys = DONE, []
        else:
            _failed(session, row, outcome, late)
    _propose(session, waiting, late, stop)
    kept()
    outcomes.check_there(session, late)
    return late


def _failed(session: BulkSession, row: Row, outcome: PortledgerError, late: list[PortledgerError]) -> None:
    """What became of a row that was sent, and not answered well."""
    try:
        there = not isinstance(outcome, UNDECIDED) and _arrived(session, row)
    except PortledgerError as error:
        late.append(error)  # a document of this id stands: whether it is the row's is not known
    else:
        if not there:
            _told(session, row, outcome, late)


def _told(session: BulkSession, row: Row, error: PortledgerError, late: list[PortledgerError]) -> None:
    """A row's error fails the row where it is its end; otherwise it leaves it as it is. The keys are kept: refused is
    the gateway's word."""
    if outcomes.is_end(session, row.state, row.digests, error):
        row.state, row.why = FAILED, outcomes.said(error)
    else:
        late.append(error)


def _made(session: BulkSession, job: Job, number: int, late: list[PortledgerError]) -> Unsigned | None:
    """A row's act, for the accounts that were shown; None where it was made before, and is on the ledger or waits, or
    is not known to, and where it was refused."""
    row, draft = job.rows[number], job.draft(number)
    row.document = session.new_id(job.kind, draft.number(), bytes.fromhex(row.salt))
    if row.state == FAILED:
        _found(session, row, late)
        if row.state != FAILED and not row.code:
            row.why = ""
        return None
    if row.state == SENT and _found(session, row, late):
        return None
    act = session.unsigned_new(
        document_of(draft), salt=bytes.fromhex(row.salt),
        counterparty=_party(job, "counterparty"), endorsee=_party(job, "endorsee"),
    )  # fmt: skip
    return act.by(map(bytes.fromhex, job.signers), job.needed)


def _found(session: BulkSession, row: Row, late: list[PortledgerError]) -> bool:
    """Whether what was sent before is where it was to be, or may be: then nothing is made anew."""
    sent = next(filter(session.is_sent, reversed(row.digests)), "")
    if sent:
        session.until_final(sent)
    try:
        if _arrived(session, row) or _waits(session, row):
            return True
    except PortledgerError as error:
        late.append(error)
        return True
    if sent and not session.exists(row.document):
        late.append(GatewayProblem(f"a final act on document {row.document}, and no such document", "both"))
    elif sent:  # with other contents by now
        row.state = DONE
    return bool(sent)


def _propose(
    session: BulkSession, waiting: Sequence[tuple[Row, Unsigned]], late: list[PortledgerError], stop: threading.Event
) -> None:
    """Lets acts wait for another officer. Raises Conflict when no more of the party may wait for now, and what `AWAY`
    lists."""
    for number, (row, act) in enumerate(waiting):
        if stop.is_set():
            _left_over(waiting[number:])
            break
        before = len(late)
        try:
            session.propose(act, own=act.able)
        except Conflict:
            _left_over(waiting[number:])
            raise
        except PortledgerError as error:
            _told(session, row, error, late)
            outcomes.check_there(session, late[before:])
        else:
            row.state, row.keys = WAITS, []


def _left_over(waiting: Iterable[tuple[Row, Unsigned]]) -> None:
    """What was not signed after all; of one that was perhaps sent before, the keys of then are kept."""
    for row, _ in waiting:
        row.keys.pop()
        row.digests.pop()
        row.state = SENT if row.digests else LEFT


def _waits(session: BulkSession, row: Row) -> bool:
    """Whether what was to wait waits already."""
    for digest in row.digests:
        with suppress(NotFound):
            session.client.waiting_act(digest)
            row.state, row.keys, row.digests = WAITS, [], [digest]
            return True
    return False


def _party(job: Job, name: str) -> int | None:
    return int(job.given[name]) if job.given.get(name) else None


def _arrived(session: BulkSession, row: Row) -> bool:
    """Whether what was sent before stands on the ledger; then its keys are given, if they were not."""
    sealed = [{name: bytes.fromhex(key) for name, key in keys.items()} for keys in row.keys]
    try:
        if not session.exists(row.document) or not session.give_again(row.document, sealed):
            return False
    except UNDECIDED:
        raise
    except PortledgerError as error:
        if not session.holds(row.document, session.current(row.document)[1]):
            raise
        row.code, row.why = error.code, outcomes.said(error)  # others can be given them by whoever holds them
    row.state, row.keys = DONE, []
    return True
