"""An audit of a whole ledger, from a node or from an archive: the reading, the helpers, the interruptions.

What is right and wrong stands in evidence/audit; here nothing is judged but whether two sources say the same.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from portledger.domain.errors import InvalidInput
from portledger.domain.events import LedgerEvent, Where, ledger_head
from portledger.domain.hashing import abi_words
from portledger.domain.kinds import KindFile
from portledger.evidence.audit import checkpoint
from portledger.evidence.audit.holdings import Holding, holdings
from portledger.evidence.audit.replay import AuditFailed, Auditor
from portledger.evidence.audit.report import Report, report
from portledger.formats import archive
from portledger.formats.archive import Closing, Header, Reader, Writer
from portledger.sdk.errors import NodeUnreachable
from portledger.sdk.ledger_node import LedgerNode
from portledger.sdk.recovery import recovered

Watch = Callable[[float, int], None]
"""Told how much is done (0 to 1) and how many events that are."""
CHECKPOINT_SECONDS: Final = 20.0
_OTHER: Final = "Name the state file of this ledger, or start the audit anew."


class Source(Protocol):
    """Where the events come from."""

    header: Header

    def events(self, after: Where | None = None) -> Iterator[LedgerEvent]:
        """In the chain's order; `after`: those before and at this place may be left out."""

    def share(self) -> float:
        """How much was read, 0 to 1."""

    def claim(self) -> bytes:
        """The ledgerHead as of the header's last block, known once the events were read."""


class ArchiveSource:
    """An archive in a file; `with` closes it. Raises ArchiveDamaged, InvalidInput."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
        except OSError as failure:
            raise InvalidInput("--archive", f"{path}: {failure.strerror}", "a readable archive") from failure
        try:
            self._size = max(1, path.stat().st_size)
            self._reader = Reader(self._file)
        except BaseException:
            self._file.close()
            raise
        self.header = self._reader.header

    def __enter__(self) -> ArchiveSource:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def events(self, after: Where | None = None) -> Iterator[LedgerEvent]:
        yield from self._reader.events()

    def share(self) -> float:
        return self._reader.consumed / self._size

    def claim(self) -> bytes:
        if self._reader.closing is None:
            raise InvalidInput("archive", "not read to its end", "its closing line")
        return self._reader.closing.ledger_head


class NodeSource:
    """A node's own logs up to the header's last block."""

    def __init__(self, node: LedgerNode, header: Header) -> None:
        self.node, self.header = node, header
        self._at = header.first_block
        self._claim = _head_now(node, header.last_block)

    def events(self, after: Where | None = None) -> Iterator[LedgerEvent]:
        first = max(self.header.first_block, after.block if after else 0)
        for event in self.node.events_in(first, self.header.last_block):
            self._at = event.block
            if after is None or (event.block, event.index) > (after.block, after.index):
                yield event
        self._at = self.header.last_block

    def share(self) -> float:
        blocks = max(1, self.header.last_block - self.header.first_block)
        return (self._at - self.header.first_block) / blocks

    @property
    def provable(self) -> bool:
        """Whether the node still knew the ledgerHead of the last block."""
        return self._claim is not None

    def claim(self) -> bytes:
        if self._claim is None:
            raise NodeUnreachable(
                f"no state of block {self.header.last_block} at {self.node.url}", "the ledgerHead as of that block",
                "Ask a node that keeps old states, or take the newest block: no --to-block, no old .part file.",
            )  # fmt: skip
        return self._claim


def _head_now(node: LedgerNode, block: int) -> bytes | None:
    """The ledgerHead, asked for at the beginning: by the end the node may have forgotten so old a state."""
    try:
        return node.ledger_head(block)
    except NodeUnreachable:
        return None


class Replay:
    """Events of a source going through an auditor. watch: told of the progress."""

    def __init__(
        self, source: Source, auditor: Auditor, *, processes: int = 1, watch: Watch | None = None,
        events: Iterator[LedgerEvent] | None = None,
    ) -> None:  # fmt: skip
        self.source, self.auditor = source, auditor
        self._watch = watch
        self._batches = recovered(source.events() if events is None else events, processes)
        self._left: Iterator[LedgerEvent] = iter(())
        self._signers: dict[tuple[bytes, bytes], bytes] = {}
        self._next: LedgerEvent | None = None

    def advance(
        self, beyond: Callable[[Where], bool] | None = None, between: Callable[[Auditor], None] | None = None
    ) -> None:
        """Takes events until one lies beyond a moment, or to the end. between: called between two blocks.

        Raises AuditFailed, ArchiveDamaged, NodeUnreachable.
        """
        while (event := self._event()) is not None:
            if beyond is not None and beyond(event.where):
                return
            last = self.auditor.last
            if between is not None and last is not None and event.block > last.block:
                between(self.auditor)
            self.auditor.take(event, self._signers)
            self._next = None

    def rest(self) -> bytes:
        """The ledgerHead at the end, over what was replayed and the heads of what was not."""
        head = self.auditor.ledger.ledger_head
        while (event := self._event()) is not None:
            head = ledger_head(head, (event,))
            self._next = None
        return head

    def close(self) -> None:
        """Ends the helpers."""
        self._batches.close()

    def _event(self) -> LedgerEvent | None:
        """The event that comes next; it stays so until it was taken."""
        while self._next is None:
            self._next = next(self._left, None)
            if self._next is None:
                batch = next(self._batches, None)
                if batch is None:
                    return None
                self._left, self._signers = iter(batch[0]), batch[1]
                if self._watch is not None:
                    self._watch(min(1.0, self.source.share()), self.auditor.taken)
        return self._next


@dataclass(frozen=True, slots=True)
class Audited:
    """failure: the first entry that does not follow, None when everything holds; report: as far as it was replayed."""

    report: Report
    failure: AuditFailed | None


@dataclass(slots=True)
class State:
    """The file in which an audit writes down how far it came. seconds: between two writings."""

    path: Path
    seconds: float = CHECKPOINT_SECONDS
    _written: float = 0.0

    def load(self, kinds: Mapping[int, KindFile]) -> Auditor | None:
        """What was written down, None when there is no such file. Raises InvalidInput when it is damaged."""
        self._written = time.monotonic()
        try:
            with self.path.open(encoding="ascii") as file:
                return checkpoint.load((line.rstrip("\n") for line in file), kinds)
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as failure:
            raise InvalidInput("state file", f"{self.path}: {failure}", "a readable state file", _OTHER) from failure

    def between(self, auditor: Auditor) -> None:
        """Writes it down when it is time."""
        if time.monotonic() - self._written >= self.seconds:
            self.save(auditor)

    def save(self, auditor: Auditor) -> None:
        """All or nothing: an interruption leaves the state before."""
        new = self.path.with_name(self.path.name + ".new")
        with new.open("w", encoding="ascii") as file:
            file.writelines(line + "\n" for line in checkpoint.dump(auditor))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)
        self._written = time.monotonic()


def new_auditor(header: Header, kinds: Mapping[int, KindFile]) -> Auditor:
    return Auditor(header.domain, header.powers, header.first_block, kinds)


def audit(
    source: Source,
    kinds: Mapping[int, KindFile],
    *,
    processes: int = 1,
    state: State | None = None,
    expected: bytes | None = None,
    watch: Watch | None = None,
    storage: bool = True,
) -> Audited:
    """Replays everything. expected: a ledgerHead that is known from elsewhere (a time stamp, another auditor).

    A node's storage is compared record by record unless `storage` says no. Raises ArchiveDamaged, NodeUnreachable,
    InvalidInput (a state file of another ledger).
    """
    auditor, events = _begin(source, kinds, state)
    replay = Replay(source, auditor, processes=processes, watch=watch, events=events)
    failure: AuditFailed | None = None
    try:
        replay.advance(between=state.between if state else None)
        auditor.finish(source.claim(), source.header.last_block)
        if expected is not None:
            auditor.compare(expected, "The ledger that was read is not the one whose head you know.")
        if storage and isinstance(source, NodeSource):
            _compared(source, auditor)
    except AuditFailed as failed:
        failure = failed
    finally:
        replay.close()
    if failure is None and state is not None:
        state.save(auditor)
    last = auditor.last
    if failure is None or last is None:
        return Audited(report(auditor, source.header.last_block, source.header.last_time), failure)
    return Audited(report(auditor, last.block, last.time), failure)


def _begin(source: Source, kinds: Mapping[int, KindFile], state: State | None) -> tuple[Auditor, Iterator[LedgerEvent]]:
    known = state.load(kinds) if state else None
    if known is None:
        return new_auditor(source.header, kinds), source.events()
    header = source.header
    if (known.ledger.domain, known.powers, known.first_block) != (header.domain, header.powers, header.first_block):
        raise InvalidInput("state file", "another ledger's", f"of ledger 0x{header.domain.ledger.hex()}", _OTHER)
    if known.last is None:
        return known, source.events()
    return known, _skipped(source, known) if isinstance(source, ArchiveSource) else _asked(source, known)


def _skipped(source: Source, known: Auditor) -> Iterator[LedgerEvent]:
    """The events after the state's. The heads of those before it must lead to the state's ledgerHead."""
    events = source.events()
    head = b"\0" * 32
    for count, event in enumerate(events, 1):
        head = ledger_head(head, (event,))
        if count == known.taken:
            if head != known.ledger.ledger_head or event.where != known.last:
                raise InvalidInput(
                    "state file", f"ledgerHead {known.ledger.ledger_head.hex()} after {count} events",
                    f"{head.hex()}, the source's", _OTHER,
                )  # fmt: skip
            return events
    raise InvalidInput("state file", f"{known.taken} events", "no more than the source has", _OTHER)


def _asked(source: Source, known: Auditor) -> Iterator[LedgerEvent]:
    """A node says what its ledgerHead was then; where it no longer can, the last one proves both."""
    assert known.last is not None
    if known.last.block > source.header.last_block:
        raise InvalidInput("state file", f"block {known.last.block}", f"at most {source.header.last_block}", _OTHER)
    if isinstance(source, NodeSource):
        try:
            head = source.node.ledger_head(known.last.block)
        except NodeUnreachable:
            head = known.ledger.ledger_head
        if head != known.ledger.ledger_head:
            raise InvalidInput(
                "state file", f"ledgerHead {known.ledger.ledger_head.hex()} at block {known.last.block}",
                f"{head.hex()}, the node's", _OTHER,
            )  # fmt: skip
    return source.events(known.last)


def _compared(source: NodeSource, auditor: Auditor) -> None:
    try:
        compare_storage(source.node, auditor, source.header.last_block)
    except NodeUnreachable as failure:
        raise NodeUnreachable(
            f"no state of block {source.header.last_block} at {source.node.url} any more", "every record as of it",
            "Everything else holds. Say --no-storage, or ask a node that keeps old states.",
        ) from failure  # fmt: skip


def compare_storage(node: LedgerNode, auditor: Auditor, block: int) -> None:
    """Every record and every log's head as the node's storage holds them. Raises AuditFailed, NodeUnreachable."""
    ledger = auditor.ledger
    last = node.last_party(block)
    if last != len(ledger.parties):
        raise AuditFailed("storage of the node", f"{last} parties", f"{len(ledger.parties)}, replayed")
    parties = [0, *ledger.parties]
    heads = node.storage(block, [("partyHead", abi_words(party)) for party in parties])
    for party, found in zip(parties, heads, strict=True):
        _same("party head", f"party {party}", found, ledger.party_heads.get(party, b"\0" * 32))
    names = [(view, document) for document in ledger.packed for view in ("control", "head", "notesHead")]
    words = node.storage(block, names)
    for document, packed in ledger.packed.items():
        where = f"document {document.hex()}"
        _same("control", where, next(words), packed[:32])
        _same("head", where, next(words), packed[32:64])
        _same("notes head", where, next(words), ledger.notes_head_of(document))


def _same(what: str, where: str, found: bytes, computed: bytes) -> None:
    if found != computed:
        raise AuditFailed(
            f"{what} in the node's storage", found.hex(), f"{computed.hex()}, replayed",
            "The node's storage and its logs tell different ledgers: do not rely on this node.", where,
        )  # fmt: skip


# --- moments ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moment:
    """A block's end (block), or the end of a second (time, unix); one of them."""

    block: int | None = None
    time: int | None = None

    def beyond(self, where: Where) -> bool:
        """Whether an event happened after it."""
        if self.block is not None:
            return where.block > self.block
        return self.time is not None and where.time > self.time

    def as_of(self, header: Header, auditor: Auditor) -> int:
        """The time to judge freezes and suspensions by, unix seconds."""
        if self.time is not None:
            return min(self.time, header.last_time)
        if self.block is not None and self.block >= header.last_block:
            return header.last_time
        return auditor.last.time if auditor.last else 0


def replayed(
    source: Source,
    moments: Sequence[Moment],
    kinds: Mapping[int, KindFile],
    *,
    processes: int = 1,
    watch: Watch | None = None,
) -> Iterator[Auditor]:
    """The same auditor at each of the moments, which ascend. At the end the source's ledgerHead must follow.

    What happened up to the last moment is checked like in a whole audit; of what came later only the heads are read,
    so that the moments are known to be the past of the ledger that the source claims. Raises AuditFailed, and
    InvalidInput for moments in another order.
    """
    auditor = new_auditor(source.header, kinds)
    replay = Replay(source, auditor, processes=processes, watch=watch)
    try:
        for moment in moments:
            if auditor.last is not None and moment.beyond(auditor.last):
                raise InvalidInput("moments", "one before the one before it", "moments that ascend")
            replay.advance(moment.beyond)
            yield auditor
        head = replay.rest()
    finally:
        replay.close()
    claimed = source.claim()
    if head != claimed:
        raise AuditFailed("ledgerHead", f"{claimed.hex()}, claimed", f"{head.hex()}, over all heads that were read")


def holdings_at(source: Source, time: int, kinds: Mapping[int, KindFile], party: int | None = None) -> list[Holding]:
    """Who held what at the end of a second (unix), of all documents or of those in which a party stands.

    Raises as `replayed`.
    """
    moment = Moment(time=time)
    found: list[Holding] = []
    for auditor in replayed(source, [moment], kinds):
        found = list(holdings(auditor, moment.as_of(source.header, auditor), party))
    return found


# --- export ----------------------------------------------------------------------------------------------------------


def export(
    node: LedgerNode,
    path: Path,
    *,
    first_block: int | None = None,
    last_block: int | None = None,
    watch: Watch | None = None,
) -> tuple[Header, Closing]:
    """Writes the archive of a node's ledger. An interrupted one lies beside it as .part, and goes on from there.

    The heads read must lead to the node's ledgerHead; whether the events hold is the audit's question. Raises
    InvalidInput (the file exists, the part is another ledger's), NodeUnreachable, AuditFailed.
    """
    if path.exists():
        raise InvalidInput("--out", f"{path}, which exists", "a file that does not", "Name another, or move it away.")
    part = path.with_name(path.name + ".part")
    try:
        with part.open("r+b" if part.exists() else "w+b") as file:
            writer = _writer(file, node, first_block, last_block)
            source = NodeSource(node, writer.header)
            _copy(writer, source, watch)
            _check_head(writer, source)
            closing = writer.close()
            os.fsync(file.fileno())
    except OSError as failure:
        raise InvalidInput("--out", f"{part}: {failure.strerror}", "a file that can be written") from failure
    part.replace(path)
    return writer.header, closing


def _writer(file: BinaryIO, node: LedgerNode, first_block: int | None, last_block: int | None) -> Writer:
    kept = archive.resume(file)
    if kept is None:
        file.seek(0)
        file.truncate()
        return Writer(file, node.header(first_block, last_block))
    header, tally, length = kept
    block = node.block(header.last_block)
    if node.domain(node.ledger) != header.domain or bytes.fromhex(block["hash"][2:]) != header.last_hash:
        raise InvalidInput(
            "--out", "an unfinished archive of another ledger, or of blocks that the chain no longer has",
            "one of this ledger", "Remove the .part file to start anew.",
        )  # fmt: skip
    if last_block not in (None, header.last_block):
        raise InvalidInput(
            "--to-block", str(last_block), f"{header.last_block}, of the unfinished archive",
            "Remove the .part file to start anew.",
        )  # fmt: skip
    file.seek(length)
    file.truncate()
    return Writer(file, header, tally)


def _copy(writer: Writer, source: NodeSource, watch: Watch | None) -> None:
    for count, event in enumerate(source.events(writer.tally.last)):
        writer.add(event)
        if watch is not None and count % 256 == 0:
            watch(source.share(), writer.tally.lines - 1)


def _check_head(writer: Writer, source: NodeSource) -> None:
    head = source.claim()
    if head != writer.tally.head:
        raise AuditFailed(
            "ledgerHead", f"{writer.tally.head.hex()}, over the node's logs", f"{head.hex()}, in the node's storage",
            "The node's logs are incomplete or altered: export from another node.",
        )  # fmt: skip
