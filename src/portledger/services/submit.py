"""Taking signed acts: parse, judge, one durable commit, and only then the answer.

Acts that arrive together are judged and committed together (group commit): a commit of its own costs each act 0.8 ms,
in a group of 25 it costs 0.04. The judgement is a courtesy, over the read model and what is under way; the ledger
decides. Nothing is written for what is refused.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import Connection, Table, bindparam, delete, select
from sqlalchemy.exc import IntegrityError, OperationalError

from portledger import faults, tracing
from portledger.chain.encoding import signed_action as encode_signed_action
from portledger.domain.actions import Action, SignedAction, words_hash
from portledger.domain.acts import Standing, check
from portledger.domain.codes import ZERO
from portledger.domain.errors import InvalidInput, LedgerError, NoRule, NoteRepeated, PortledgerError, StalePrevious
from portledger.domain.kinds import KindFile
from portledger.domain.refusals import (
    Forbidden,
    InFlight,
    ManifestMismatch,
    ManifestMissing,
    Unavailable,
    WrongChain,
    WrongLedger,
)
from portledger.domain.table import Rule
from portledger.domain.vault_errors import BlobMissing
from portledger.formats import api_json as wire
from portledger.services import blob_uses, manifests
from portledger.services.ledger import Ledger
from portledger.services.view import PartyView
from portledger.store import outbox, read_model, tables, traces
from portledger.store.database import execute_many, or_ignore, reading
from portledger.store.outbox import Row, Type
from portledger.store.read_model import Document
from portledger.store.tables import blobs, details

log = structlog.get_logger("submit")

_BLOBS = select(blobs.c.sha256).where(blobs.c.sha256.in_(bindparam("names", expanding=True)))


@dataclass(slots=True)
class Candidate:
    """One act on its way through the door. manifest: canonical JSON; blobs: (dataset, SHA-256) that must be here."""

    signed: SignedAction
    digest: bytes
    manifest: bytes | None = None
    version: int = 0
    blobs: tuple[tuple[str, bytes], ...] = ()
    attached: tuple[tuple[str, bytes], ...] = ()
    """Of those, the ones that the signatures do not cover: sealed files."""
    detail_blob: bytes | None = None
    note: bool = False
    trace: str | None = None
    """The traceparent that the relayer goes on with."""
    by: int | None = None
    """The signed-in party that offers it; an act may come from anybody."""

    @property
    def own(self) -> bool:
        """Whether the acting party itself offers it."""
        return self.by == self.action.actor

    @property
    def action(self) -> Action:
        return self.signed.action


@dataclass(frozen=True, slots=True)
class Pending:
    """The one act that is under way on a document."""

    previous: bytes
    digest: bytes
    outbox_id: int
    actor: int


MOST_PENDING = 5_000
"""Acts that are thought to be under way before those are forgotten that have their outcome."""
CROWD = 4
"""Acts in a group after which the next one waits a little: where many call, most of them are still on their way."""
CROWD_SECONDS = 0.004

Result = wire.ActionStatus | PortledgerError


@dataclass(slots=True)
class _Group:
    """What one commit carries."""

    results: list[Result | None]
    rows: list[Row] = field(default_factory=list)
    taken: dict[bytes, Candidate] = field(default_factory=dict)
    documents: dict[bytes, bytes] = field(default_factory=dict)
    """document -> digest of the act that this group takes on it."""
    brought: list[Candidate] = field(default_factory=list)
    """Acts that are known already, with contents that may be new: somebody else may have carried the bare act."""


class Submitter:
    """One per process, and one process per intake database: what is under way is kept in memory."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        self._ledger, self._clock = ledger, clock
        self._domain = ledger.domain
        self._view = PartyView()
        self._pending: dict[bytes, Pending] = {}
        self._look_at = MOST_PENDING
        """How many are under way when it is time to look which are not any more."""
        self._waiting: list[tuple[Candidate, asyncio.Future[Result]]] = []
        self._scheduled = False
        self._patience = 0.0
        """How long a group waits for more acts, seconds: one turn of the loop, longer after a crowd."""
        self._load_pending()

    def _load_pending(self) -> None:
        """What the last life accepted and has no outcome yet."""
        databases = self._ledger.databases
        with databases.relay.connect() as connection:
            done = outbox.settled_ids(connection)
        with databases.intake.connect() as connection:
            for row_id, digest, document, previous, actor in outbox.control_rows(connection):
                if row_id not in done:
                    self._pending[document] = Pending(previous, digest, row_id, actor)

    def acts_on(self, party: int, document: bytes) -> bool:
        """Whether an act of this party on the document is under way: its issuer grants before the block."""
        pending = self._pending.get(document)
        if pending is not None:
            return pending.actor == party
        # Another gateway may have taken it.
        databases = self._ledger.databases
        with databases.intake.connect() as connection:
            rows = outbox.newest_control_rows(connection, party, document)
        with databases.relay.connect() as connection:
            settled = outbox.outcomes_of(connection, rows)
        return any(row not in settled for row in rows)

    # --- parse ------------------------------------------------------------------------------------------------------

    def parse(self, request: wire.SubmitRequest, where: str = "$", by: int | None = None) -> Candidate:
        """by: the signed-in party. Raises InvalidInput, WrongChain, WrongLedger, KindUnknown, ManifestMismatch."""
        self.require_ledger(request.chain_id, request.ledger)
        signed = wire.signed_action(request.action, where + ".action")
        action = signed.action
        kind = self._ledger.kinds.get(action.kind)
        candidate = Candidate(signed, action.digest_with(self._domain, intent_hash(kind, action.verb)), by=by)
        if request.manifest is not None:
            self._parse_manifest(candidate, kind, request.manifest)
        if request.attachments:
            candidate.attached = _attachments(kind, request.attachments, where + ".attachments")
            candidate.blobs += candidate.attached
        if request.details is not None:
            if not any(action.detail):
                raise InvalidInput(where + ".details", "a sealed detail", "none: the act has no detail")
            candidate.detail_blob = wire.digest(request.details.detail_blob, where + ".details.detailBlob")
        return candidate

    def require_ledger(self, chain_id: int | None, ledger: str | None) -> None:
        """Raises WrongChain, WrongLedger when the request names another one than ours."""
        if chain_id is not None and chain_id != self._domain.chain_id:
            raise WrongChain(f"chain {chain_id}", f"chain {self._domain.chain_id}")
        ours = wire.address_text(self._domain.ledger)
        if ledger is not None and ledger.lower() != ours:
            raise WrongLedger(f"ledger {ledger[:44]}", f"ledger {ours}")

    def _parse_manifest(self, candidate: Candidate, kind: KindFile | None, given: dict[str, Any]) -> None:
        found = manifests.read(given)
        manifests.require(found, self._domain, candidate.action, kind)
        candidate.manifest, candidate.version, candidate.blobs = found.body, found.version, found.blobs

    # --- the group --------------------------------------------------------------------------------------------------

    async def submit(self, request: wire.SubmitRequest, by: int | None = None) -> wire.ActionStatus:
        """Judged, committed, answered. by: the signed-in party. Raises what refuses it."""
        (result,) = await self._enter([self.parse(request, by=by)])
        if isinstance(result, PortledgerError):
            raise result
        return result

    async def submit_batch(self, request: wire.BatchRequest, by: int | None = None) -> list[Result]:
        """Each item's own fate, in the order given. by: the signed-in party."""
        self.require_ledger(request.chain_id, request.ledger)
        parsed = [self._parsed(item, at, by) for at, item in enumerate(request.actions)]
        entered = iter(await self._enter([one for one in parsed if isinstance(one, Candidate)]))
        return [next(entered) if isinstance(one, Candidate) else one for one in parsed]

    def _parsed(self, item: wire.SubmitRequest, at: int, by: int | None) -> Candidate | PortledgerError:
        try:
            return self.parse(item, f"$.actions[{at}]", by)
        except PortledgerError as refusal:
            return refusal

    async def _enter(self, candidates: Sequence[Candidate]) -> list[Result]:
        with tracing.span("submit", acts=len(candidates)):
            trace = tracing.current()
            for one in candidates:
                one.trace = trace
            return await self._entered(candidates)

    async def _entered(self, candidates: Sequence[Candidate]) -> list[Result]:
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in candidates]
        self._waiting.extend(zip(candidates, futures, strict=True))
        if not self._scheduled:
            self._scheduled = True
            loop.call_later(self._patience, self._flush)
        return list(await asyncio.gather(*futures))

    def _flush(self) -> None:
        group, self._waiting, self._scheduled = self._waiting, [], False
        self._patience = CROWD_SECONDS if len(group) >= CROWD else 0.0
        try:
            results = self._taken([candidate for candidate, _ in group])
        except Exception as failure:  # noqa: BLE001 - every waiter must hear of it
            for _, future in group:
                if not future.done():
                    future.set_exception(failure)
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)

    def _taken(self, candidates: Sequence[Candidate]) -> list[Result]:
        """As `take`; an act that breaks the judgement or the commit as nobody thought it could breaks only its own."""
        try:
            return self.take(candidates)
        except (PortledgerError, OperationalError):
            raise  # true for all of them
        except IntegrityError:
            # Another gateway accepted one of them in between: judged anew, it was seen before.
            log.info("group_judged_again", acts=len(candidates))
            return self._taken_again(candidates)
        except Exception:
            if len(candidates) == 1:
                raise
            log.exception("group_failed", acts=len(candidates))
        return [self._taken_alone(one) for one in candidates]

    def _taken_again(self, candidates: Sequence[Candidate]) -> list[Result]:
        try:
            return self.take(candidates)
        except (PortledgerError, OperationalError):
            raise
        except Exception:
            log.exception("group_failed", acts=len(candidates))
        return [self._taken_alone(one) for one in candidates]

    def _taken_alone(self, one: Candidate) -> Result:
        try:
            (result,) = self.take([one])
        except (PortledgerError, OperationalError):
            raise
        except Exception:
            log.exception("act_failed", digest=one.digest.hex())
            return Unavailable(
                f"a gateway that fails at act {one.digest.hex()}", "one that can judge it", "Report it to the operator."
            )
        return result

    def take(self, candidates: Sequence[Candidate]) -> list[Result]:
        """Judges and commits a group; per act its status or what refuses it."""
        databases = self._ledger.databases
        group = _Group([None] * len(candidates))
        with reading(databases.ledger) as read, reading(databases.intake) as intake:
            self._judge_all(group, candidates, read, intake)
        if group.rows or group.brought:
            self._commit(group)
        return [result for result in group.results if result is not None]

    def _judge_all(self, group: _Group, candidates: Sequence[Candidate], read: Connection, intake: Connection) -> None:
        confirmed = read_model.confirmed(read)
        if confirmed is None:
            raise Unavailable("a read model that is being built", "a complete one")
        self._view.refresh(read)
        now = max(int(self._clock()), confirmed.time)
        records = read_model.documents_by_id(read, list({one.action.document for one in candidates}))
        known = outbox.latest(intake, [one.digest for one in candidates])
        present = self._present(intake, candidates)
        facts = _Facts(self._ledger, self._view, read)
        for at, one in enumerate(candidates):
            try:
                result: Result | None = self._seen_before(group, one, known)
                record = records.get(one.action.document)
                if result is None and self._judge(group, one, record, now, facts):
                    result = _status(one, "final")
                if result is None:
                    self._require_contents(one, record, present)
                    _require_no_mixture(one, intake)
                    _require_unclaimed(one, record, intake)
                    self._accept(group, one, known)
                    result = _status(one, "accepted")
                elif one.blobs or one.detail_blob is not None:
                    _require_blobs(one, present)
                    _require_own(one, intake)
                    _require_no_mixture(one, intake)
                    _require_unclaimed(one, record, intake)
                    group.brought.append(one)
            except PortledgerError as refusal:
                result = refusal
            group.results[at] = result

    def _present(self, intake: Connection, candidates: Sequence[Candidate]) -> set[bytes]:
        """The blobs that are here, of those that the group names."""
        wanted = list(
            {blob for one in candidates for _, blob in one.blobs} | {b for c in candidates if (b := c.detail_blob)}
        )
        found: set[bytes] = set()
        for part in outbox.chunks(wanted):
            found.update(intake.execute(_BLOBS, {"names": part}).scalars())
        return found

    def _seen_before(
        self, group: _Group, one: Candidate, known: dict[bytes, tuple[int, int]]
    ) -> wire.ActionStatus | None:
        """The present status of signed bytes that were accepted before; None when they are to be judged.

        What the ledger refused may be offered again: it is judged anew.
        """
        if one.digest in group.taken:
            return _status(one, "accepted")
        if one.digest not in known:
            return None
        row_id, _ = known[one.digest]
        with self._ledger.databases.relay.connect() as relay:
            found = outbox.outcomes_of(relay, [row_id]).get(row_id)
        if found is not None and not found.final:
            return None
        return _status(one, "accepted") if found is None else _status(one, "final", found.block, found.tx)

    # --- the judgement ----------------------------------------------------------------------------------------------

    def _judge(self, group: _Group, one: Candidate, record: Document | None, now: int, facts: _Facts) -> bool:
        """Whether the act is already on the ledger. Raises what the ledger would refuse it with, as far as is known."""
        action = one.action
        kind = self._ledger.kinds.get(action.kind)
        rule = kind.rule(record.control.state if record else 0, action.verb) if kind else None
        try:
            check(one.signed, now, self._domain, _standing(record), facts)
        except LedgerError as refusal:
            # Somebody else may have carried the same signed act: then it is done (docs/protocol §13, A13), and what
            # refuses it now came after it.
            if read_model.entry_of_digest(facts.read, one.digest) is not None:
                return True
            if isinstance(refusal, StalePrevious | NoRule | NoteRepeated):
                self._require_free(group, one, record)
            raise
        one.note = rule is not None and rule.note
        # A note too: it speaks about the head that the act under way replaces, and would be refused behind it.
        self._require_free(group, one, record)
        return False

    def _require_free(self, group: _Group, one: Candidate, record: Document | None) -> None:
        """Raises InFlight while another act on the same document is under way: its head is not known yet."""
        document = one.action.document
        other = group.documents.get(document)
        if other is None:
            pending = self._pending.get(document)
            if pending is None:
                return
            if not self._still_pending(pending, record):
                del self._pending[document]
                return
            other = pending.digest
        raise InFlight(f"act {other.hex()} under way", "one act on a document at a time", digest=other)

    def _still_pending(self, pending: Pending, record: Document | None) -> bool:
        if (record.head if record else ZERO) != pending.previous:
            return False
        with self._ledger.databases.relay.connect() as connection:
            return pending.outbox_id not in outbox.outcomes_of(connection, [pending.outbox_id])

    def _require_contents(self, one: Candidate, record: Document | None, present: set[bytes]) -> None:
        """The manifest of an act that writes content, and every sealed blob that the act names."""
        if any(one.action.content):
            if one.manifest is None:
                raise ManifestMissing("no manifest", "the manifest whose digest is the act's content")
            version = record.control.version + 1 if record else 1
            if one.version != version:
                raise ManifestMismatch(f"version {one.version}", f"version {version}")
        elif one.manifest is not None:
            raise ManifestMismatch("a manifest with an act that writes no content", "no manifest")
        _require_blobs(one, present)

    # --- the commit -------------------------------------------------------------------------------------------------

    def _accept(self, group: _Group, one: Candidate, known: dict[bytes, tuple[int, int]]) -> None:
        action = one.action
        group.taken[one.digest] = one
        if not one.note:
            group.documents[action.document] = one.digest
        group.rows.append(
            Row(
                type=Type.ACT,
                digest=one.digest,
                body=encode_signed_action(one.signed),
                received_at=self._clock(),
                document=action.document,
                party=action.actor,
                previous=None if one.note else action.previous,
                attempt=known[one.digest][1] + 1 if one.digest in known else 0,
            )
        )

    def _commit(self, group: _Group) -> None:
        """Acts, manifests and the uses of blobs: one transaction, on the disk when it returns."""
        faults.point("submit.before_commit")
        contents = [*group.taken.values(), *group.brought]
        with self._ledger.databases.intake.begin() as connection:
            if group.rows:
                outbox.add(connection, group.rows)
            first = outbox.last_id(connection) - len(group.rows) + 1
            taken = enumerate(group.taken.values(), first)  # in the order of the rows
            traces.keep(connection, {at: one.trace for at, one in taken if one.trace is not None})
            _keep(connection, tables.manifests, [_manifest_row(one) for one in contents if one.manifest is not None])
            _keep_uses(connection, contents)
            _keep_details(connection, [one for one in contents if one.detail_blob is not None])
            faults.point("submit.inside_commit")
        faults.point("submit.after_commit")
        if log.is_enabled_for(logging.DEBUG):
            for one in group.taken.values():
                log.debug("act_accepted", action=one.digest.hex(), party=one.action.actor)
        if len(self._pending) >= self._look_at:
            self._forget_settled()
        for place, row in enumerate(group.rows):
            if row.previous is not None and row.document is not None:
                self._pending[row.document] = Pending(row.previous, row.digest, first + place, row.party or 0)

    def _forget_settled(self) -> None:
        """Nobody may ever ask for these documents again: what is kept in memory follows what is under way, not how many
        documents there are."""
        with self._ledger.databases.relay.connect() as connection:
            settled = outbox.outcomes_of(connection, [one.outbox_id for one in self._pending.values()])
        self._pending = {key: one for key, one in self._pending.items() if one.outbox_id not in settled}
        self._look_at = max(MOST_PENDING, 2 * len(self._pending))


def _status(one: Candidate, word: str, block: int | None = None, tx: bytes | None = None) -> wire.ActionStatus:
    return wire.ActionStatus(
        digest=one.digest.hex(),
        status=word,
        document=one.action.document.hex(),
        block=block,
        transaction=tx.hex() if tx else None,
    )


class _Facts:
    """The ledger as the read model has it: what the checks of domain/acts ask for."""

    def __init__(self, ledger: Ledger, view: PartyView, read: Connection) -> None:
        self._kinds, self.read = ledger.kinds, read
        self.party, self.account = view.party, view.account

    def kind_known(self, kind: int) -> bool:
        return kind in self._kinds

    def rule(self, kind: int, state: int, verb: int) -> Rule | None:
        found = self._kinds.get(kind)
        return found.rule(state, verb) if found else None

    def intent_hash(self, kind: int, verb: int) -> bytes:
        return intent_hash(self._kinds.get(kind), verb)

    def claim(self, claim: bytes) -> bytes | None:
        return read_model.claim(self.read, claim)

    def noted(self, digest: bytes) -> bool:
        return bool(read_model.noted(self.read, [digest]))


def intent_hash(kind: KindFile | None, verb: int) -> bytes:
    """What the ledger has under (kind, verb): the hash of the words, ZERO for a verb or kind it does not have."""
    if kind is None:
        return ZERO
    try:
        return words_hash(kind.intent(verb))
    except InvalidInput:
        return ZERO


def _require_blobs(one: Candidate, present: set[bytes]) -> None:
    """Raises BlobMissing."""
    missing = [blob for _, blob in one.blobs if blob not in present]
    if one.detail_blob is not None and one.detail_blob not in present:
        missing.append(one.detail_blob)
    if missing:
        names = ", ".join(blob.hex() for blob in missing)
        raise BlobMissing(
            "blobs", f"no blob {names}", "every blob uploaded first", "Upload it with PUT /v1/blobs/{sha256}."
        )


def _require_own(one: Candidate, intake: Connection) -> None:
    """Of a known act, only the acting party adds what the signatures do not cover. Raises Forbidden."""
    if one.own:
        return
    kept = {blob for blob, _ in blob_uses.within(intake, one.action.document, [blob for _, blob in one.attached])}
    sealed = intake.execute(select(details.c.blob).where(details.c.digest == one.digest)).scalar()
    if one.detail_blob not in (None, sealed) or any(blob not in kept for _, blob in one.attached):
        raise Forbidden("a sealed detail or files that this act did not come with", "the acting party's own session")


def _require_no_mixture(one: Candidate, intake: Connection) -> None:
    """What the signatures do not cover names no blob that the document has as something else: its readers would be
    others. Raises Forbidden."""
    named = {blob: dataset for dataset, blob in one.attached}
    if one.detail_blob is not None:
        named[one.detail_blob] = ""
    if not named:
        return
    uses = blob_uses.within(intake, one.action.document, list(named))
    known = [*uses, *((blob, dataset) for dataset, blob in one.blobs if blob in named)]
    for blob, dataset in known:
        if named[blob] != dataset:
            raise Forbidden(f"blob {blob.hex()}, which the document has as {dataset or 'a detail'}", "one of its own")


def _require_unclaimed(one: Candidate, record: Document | None, intake: Connection) -> None:
    """A blob belongs to the document that named it first, and of several to the one that is the oldest on the ledger
    (query.require_blob): so a document that is there already names none that another one has. Digests are no secrets,
    and an older document would take it away. Raises Forbidden."""
    named = {blob for _, blob in one.blobs} | ({one.detail_blob} if one.detail_blob is not None else set())
    if record is None or not named:
        return
    own = {blob for blob, _ in blob_uses.within(intake, one.action.document, list(named))}
    for blob in named - own:
        for other in blob_uses.candidates(intake, blob) - {one.action.document}:
            if blob_uses.within(intake, other, [blob]):
                raise Forbidden(f"blob {blob.hex()}, which another document has", "one of its own")


def _standing(record: Document | None) -> Standing:
    if record is None:
        return Standing()
    return Standing(record.control, record.head, record.secured, record.frozen_until)


def _keep(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Inserts what is not there yet."""
    execute_many(connection, or_ignore(connection, table), rows)


def _manifest_row(one: Candidate) -> dict[str, Any]:
    return {
        "content": one.action.content,
        "document": one.action.document,
        "version": one.version,
        "body": one.manifest,
    }


def _attachments(kind: KindFile | None, given: Sequence[str], where: str) -> tuple[tuple[str, bytes], ...]:
    """Sealed files belong to the kind's dataset of attachments: who reads it may fetch them. Raises InvalidInput."""
    if len(given) > wire.MAX_ATTACHMENTS:
        raise InvalidInput(where, f"{len(given)} files", f"at most {wire.MAX_ATTACHMENTS}")
    name = next((one.name for one in kind.datasets if one.attachments), None) if kind else None
    if name is None:
        raise InvalidInput(where, f"{len(given)} files", "none: this kind has no attachments")
    return tuple((name, wire.digest(text, f"{where}[{at}]")) for at, text in enumerate(given))


def _keep_uses(connection: Connection, given: Sequence[Candidate]) -> None:
    """Of the blobs: through the manifest for what it names, by name for the rest."""
    through = [
        row
        for one in given
        for row in blob_uses.rows_of_manifest(one.action.document, one.blobs[: len(one.blobs) - len(one.attached)])
    ]
    outside = [row for one in given for row in blob_uses.rows_outside(one.action.document, _outside(one))]
    _keep(connection, tables.manifest_blobs, through)
    _keep(connection, tables.blob_uses, outside)


def _outside(one: Candidate) -> list[tuple[str, bytes]]:
    """Attached files, and the sealed detail under no dataset's name."""
    return [*one.attached, *([("", one.detail_blob)] if one.detail_blob is not None else [])]


def _keep_details(connection: Connection, given: Sequence[Candidate]) -> None:
    """Which blob holds an act's detail is not signed: anybody who carries the act may say so, once, and the acting
    party itself has the last word."""
    for one in given:
        if one.own:
            connection.execute(delete(details).where(details.c.digest == one.digest))
    _keep(connection, details, [{"digest": one.digest, "blob": one.detail_blob} for one in given])
