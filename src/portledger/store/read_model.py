"""Reading what the indexer wrote: documents, histories, parties. Nothing here asks the chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, ScalarSelect, Select, and_, bindparam, func, or_, select

from portledger.domain.actions import Action, SignedAction
from portledger.domain.calls_decode import Enact, decode_call
from portledger.domain.codes import PartyAct, Source
from portledger.domain.events import Appointed, KindDefined, Where
from portledger.domain.parties import Account, Change, Party
from portledger.domain.records import Control
from portledger.store.outbox import chunks
from portledger.store.tables import (
    POSITION_SHIFT,
    PREFIX,
    accounts,
    changes,
    claims,
    consortium_log,
    cursor,
    documents,
    history,
    involvements,
    kinds,
    parties,
    party_log,
    powers,
    prefix,
    refusals,
)


class Track(IntEnum):
    """Which log of a document an entry stands in; freezes stand in the record's own."""

    CONTROL = 0
    NOTES = 1
    FREEZE = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Block:
    """hash: 32 bytes; time: unix seconds; ledger_head: the running hash over everything, as of this block."""

    number: int
    hash: bytes
    time: int
    ledger_head: bytes = bytes(32)


@dataclass(frozen=True, slots=True)
class Document:
    """A record with its extension. frozen_until, created_at, updated_at: unix seconds; created: a position."""

    document: bytes
    control: Control
    head: bytes
    notes_head: bytes
    secured: int
    frozen_until: int
    created_at: int
    updated_at: int
    created: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a document's log. signed: acts and notes; until, sender: freezes, whose reason is in `detail`."""

    position: int
    document: bytes
    track: Track
    digest: bytes
    head: bytes
    control: bytes
    signed: SignedAction | None
    detail: bytes
    until: int | None
    sender: bytes | None
    time: int
    tx: bytes

    @property
    def block(self) -> int:
        return self.position >> POSITION_SHIFT


@dataclass(frozen=True, slots=True)
class RegisteredParty:
    """profile, encryption_key: digests; nonce: of the next party act; head: of its log."""

    party: int
    word: Party
    profile: bytes
    encryption_key: bytes
    nonce: int
    head: bytes


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry of a party's log. word, account_word: packed, 32 bytes; call: the calldata that made it."""

    position: int
    party: int
    digest: bytes
    word: bytes
    profile: bytes
    encryption_key: bytes
    account_word: bytes
    signers: bytes
    head: bytes
    call: bytes
    time: int
    tx: bytes

    @property
    def block(self) -> int:
        return self.position >> POSITION_SHIFT


_DOCUMENT: tuple[Any, ...] = tuple(
    documents.c[name]
    for name in (
        "document",
        "control",
        "head",
        "notes_head",
        "secured",
        "frozen_until",
        "created_at",
        "updated_at",
        "created",
    )
)
_ENTRY: tuple[Any, ...] = tuple(
    history.c[name]
    for name in (
        "position",
        "document",
        "track",
        "digest",
        "head",
        "control",
        "previous",
        "terms",
        "content",
        "reference",
        "detail",
        "signatures",
        "until",
        "sender",
        "time",
        "tx",
    )
)
_LOG: tuple[Any, ...] = tuple(
    party_log.c[name]
    for name in (
        "position",
        "party",
        "digest",
        "word",
        "profile",
        "encryption_key",
        "account_word",
        "signers",
        "head",
        "call",
        "time",
        "tx",
    )
)


def _document(row: Any) -> Document:
    return Document(row[0], Control.unpack(int.from_bytes(row[1], "big")), *tuple(row)[2:])


def _entry(row: Any) -> Entry:
    position, document, track, digest, head, control, previous, terms, content, reference, detail, signatures = row[:12]
    until, sender, time, tx = row[12:]
    signed = None
    if terms is not None:
        action = Action.from_terms(int.from_bytes(terms, "big"), document, previous, content, reference, detail)
        signed = SignedAction(action, signatures)
    return Entry(
        position, document, Track(track), digest, head, control, signed, detail or bytes(32), until, sender, time, tx
    )


# What every act asks for is built once: building and recognising a statement takes longer than running it.
_CONFIRMED = select(cursor.c.block, cursor.c.hash, cursor.c.time, cursor.c.ledger_head)
_DOCUMENTS: Any = select(*_DOCUMENT).where(documents.c.document.in_(bindparam("ids", expanding=True)))
_LAST_PARTY_POSITION = select(func.max(party_log.c.position))


def confirmed(connection: Connection) -> Block | None:
    """The last block whose events are in the tables; None before the first."""
    row = connection.execute(_CONFIRMED).first()
    return Block(row[0], row[1], row[2], row[3]) if row else None


# --- documents ------------------------------------------------------------------------------------------------------


def document(connection: Connection, document_id: bytes) -> Document | None:
    row = connection.execute(select(*_DOCUMENT).where(documents.c.document == document_id)).first()
    return _document(row) if row else None


def documents_by_id(connection: Connection, ids: Sequence[bytes]) -> dict[bytes, Document]:
    found = {}
    for part in chunks(ids):
        for row in connection.execute(_DOCUMENTS, {"ids": part}):
            found[row[0]] = _document(row)
    return found


def list_documents(
    connection: Connection,
    *,
    party: int | None,
    kind: int | None = None,
    states: Sequence[tuple[int, int]] | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Document]:
    """The newest first. party: only what it is or was a party to; states: (kind, state) pairs; before: a position."""
    query: Select[Any] = select(*_DOCUMENT)
    order: Any = documents.c.created
    if party is not None:
        query = query.join(involvements, involvements.c.document == documents.c.document)
        query = query.where(involvements.c.party == party)
        order = involvements.c.created
    if kind is not None:
        query = query.where(documents.c.kind == kind)
    if states is not None:
        by_kind: dict[int, list[int]] = {}
        for number, state in states:
            by_kind.setdefault(number, []).append(state)
        wanted: Any = None
        for number, inside in by_kind.items():
            one = (documents.c.kind == number) & documents.c.state.in_(inside)
            wanted = one if wanted is None else wanted | one
        query = query.where(wanted if wanted is not None else documents.c.kind < 0)
    if before is not None:
        query = query.where(order < before)
    return [_document(row) for row in connection.execute(query.order_by(order.desc()).limit(limit))]


def involved(connection: Connection, party: int, created: int) -> bool:
    """Whether the party is or was a party to the document created at that position."""
    query = select(involvements.c.party).where(involvements.c.party == party, involvements.c.created == created)
    return connection.execute(query).first() is not None


def involved_parties(connection: Connection, document_id: bytes) -> list[int]:
    query = select(involvements.c.party).where(involvements.c.created == _created(document_id))
    return list(connection.execute(query).scalars())


def _created(document: bytes | Column[bytes]) -> ScalarSelect[int]:
    return select(documents.c.created).where(documents.c.document == document).scalar_subquery()


def _of_document(document: bytes) -> ColumnElement[bool]:
    """Of the history. Rows of older versions lack the position of creation; their index has the beginnings of ids."""
    older = and_(
        history.c.created.is_(None), prefix("history.document") == document[:PREFIX], history.c.document == document
    )
    return or_(history.c.created == _created(document), older)


def _with_digests(digests: Sequence[Any]) -> ColumnElement[bool]:
    return and_(prefix("history.digest").in_([one[:PREFIX] for one in digests]), history.c.digest.in_(digests))


def entries(connection: Connection, document_id: bytes) -> list[Entry]:
    """The whole history of a document, oldest first."""
    query = select(*_ENTRY).where(_of_document(document_id)).order_by(history.c.position)
    return [_entry(row) for row in connection.execute(query)]


def entries_after(
    connection: Connection, position: int, limit: int, party: int | None = None, document: bytes | None = None
) -> list[Entry]:
    """Entries after a position, oldest first. party: only of the documents that it is or was a party to; document:
    only of this one."""
    query = select(*_ENTRY).where(history.c.position > position).order_by(history.c.position).limit(limit)
    if party is not None:
        created = func.coalesce(history.c.created, _created(history.c.document))
        query = query.select_from(history).join(involvements, involvements.c.created == created)
        query = query.where(involvements.c.party == party)
    if document is not None:
        query = query.where(_of_document(document))
    return [_entry(row) for row in connection.execute(query)]


def entry_of_digest(connection: Connection, digest: bytes) -> Entry | None:
    """The applied act with this digest."""
    row = connection.execute(select(*_ENTRY).where(_with_digests([digest])).limit(1)).first()
    return _entry(row) if row else None


def applied(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
    """digest -> (block, transaction) of the acts among them that the ledger applied."""
    found: dict[bytes, tuple[int, bytes]] = {}
    for part in chunks(digests):
        for digest, position, tx in connection.execute(
            select(history.c.digest, history.c.position, history.c.tx).where(_with_digests(part))
        ):
            found[digest] = (position >> POSITION_SHIFT, tx)
    return found


def noted(connection: Connection, digests: Sequence[bytes]) -> set[bytes]:
    """Those of the digests that were applied before."""
    return set(applied(connection, digests))


def refused_in(connection: Connection, tx: bytes) -> dict[bytes, tuple[int, bytes]]:
    """digest -> (block, ABI-encoded reason) of the acts that this transaction's batch skipped."""
    rows = connection.execute(select(refusals.c.digest, refusals.c.block, refusals.c.reason).where(refusals.c.tx == tx))
    return {row[0]: (row[1], row[2]) for row in rows}


def logged(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
    """digest -> (block, transaction) of the newest entry with it in a party's log."""
    found: dict[bytes, tuple[int, bytes]] = {}
    for part in chunks(digests):
        query = select(party_log.c.digest, party_log.c.position, party_log.c.tx).where(party_log.c.digest.in_(part))
        for digest, position, tx in connection.execute(query.order_by(party_log.c.position)):
            found[digest] = (position >> POSITION_SHIFT, tx)
    return found


def enacted(connection: Connection, number: int, change_id: bytes) -> tuple[int, bytes] | None:
    """(block, transaction) in which this change of the party was enacted, by whatever call."""
    for entry in party_entries(connection, number):
        call = decode_call(entry.call)
        if isinstance(call, Enact) and call.change_id == change_id:
            return entry.block, entry.tx
    return None


def logged_by(connection: Connection, transactions: Sequence[bytes]) -> dict[bytes, int]:
    """transaction -> block, of those among them that made an entry in a party's or the consortium's log, or a freeze.

    Reads through all freezes: for the rare question what became of a power's call whose receipt nobody has.
    """
    found: dict[bytes, int] = {}
    freeze = history.c.track == int(Track.FREEZE)
    for part in chunks(transactions):
        for query in (
            select(party_log.c.tx, party_log.c.position).where(party_log.c.tx.in_(part)),
            select(consortium_log.c.tx, consortium_log.c.position).where(consortium_log.c.tx.in_(part)),
            select(history.c.tx, history.c.position).where(freeze, history.c.tx.in_(part)),
        ):
            found.update((tx, position >> POSITION_SHIFT) for tx, position in connection.execute(query))
    return found


def claim(connection: Connection, claim_id: bytes) -> bytes | None:
    """The document that holds a certificate's number."""
    return connection.execute(select(claims.c.document).where(claims.c.claim == claim_id)).scalar()


def last_position(connection: Connection) -> int:
    """The position of the newest log of any document or party."""
    newest = [
        connection.execute(select(func.max(table.c.position))).scalar() or 0
        for table in (history, party_log, consortium_log)
    ]
    return max(newest)


# --- parties --------------------------------------------------------------------------------------------------------


_PARTY: tuple[Any, ...] = tuple(
    parties.c[name] for name in ("party", "word", "profile", "encryption_key", "nonce", "head")
)


def _party(row: Any) -> RegisteredParty:
    word = Party.unpack(int.from_bytes(row[1], "big"))
    assert word is not None  # a row is written by a log entry of a registered party
    return RegisteredParty(row[0], word, *tuple(row)[2:])


def party(connection: Connection, number: int) -> RegisteredParty | None:
    row = connection.execute(select(*_PARTY).where(parties.c.party == number)).first()
    return _party(row) if row else None


def list_parties(connection: Connection, after: int, limit: int) -> list[RegisteredParty]:
    query = select(*_PARTY).where(parties.c.party > after).order_by(parties.c.party).limit(limit)
    return [_party(row) for row in connection.execute(query)]


def last_party(connection: Connection) -> int:
    return connection.execute(select(func.max(parties.c.party))).scalar() or 0


def account(connection: Connection, address: bytes) -> Account | None:
    word = connection.execute(select(accounts.c.word).where(accounts.c.account == address)).scalar()
    return Account.unpack(int.from_bytes(word, "big")) if word else None


def accounts_of(connection: Connection, number: int) -> list[tuple[bytes, Account]]:
    """(address, account) of every account that the party ever had, oldest first."""
    rows = connection.execute(select(accounts.c.account, accounts.c.word).where(accounts.c.party == number))
    found = [(address, Account.unpack(int.from_bytes(word, "big"))) for address, word in rows]
    known = [(address, one) for address, one in found if one is not None]
    return sorted(known, key=lambda pair: (pair[1].added_at, pair[0]))


def party_entries(connection: Connection, number: int) -> list[LogEntry]:
    query = select(*_LOG).where(party_log.c.party == number).order_by(party_log.c.position)
    return [LogEntry(*row) for row in connection.execute(query)]


def party_entries_after(connection: Connection, position: int, limit: int) -> list[LogEntry]:
    query = select(*_LOG).where(party_log.c.position > position).order_by(party_log.c.position).limit(limit)
    return [LogEntry(*row) for row in connection.execute(query)]


def last_party_position(connection: Connection) -> int:
    return connection.execute(_LAST_PARTY_POSITION).scalar() or 0


_CHANGE: tuple[Any, ...] = tuple(
    changes.c[name] for name in ("change", "party", "what", "source", "proposed_at", "ready_at", "dead", "value")
)


def _change(row: Any) -> tuple[bytes, Change]:
    change_id, number, what, source, proposed_at, ready_at, dead, value = row
    return change_id, Change(number, PartyAct(what), Source(source), proposed_at, ready_at, bool(dead), value)


def changes_of(connection: Connection, number: int) -> list[tuple[bytes, Change]]:
    """(changeId, change) of every change ever proposed for the party."""
    rows = connection.execute(select(*_CHANGE).where(changes.c.party == number).order_by(changes.c.proposed_at))
    return [_change(row) for row in rows]


def change(connection: Connection, change_id: bytes) -> Change | None:
    row = connection.execute(select(*_CHANGE).where(changes.c.change == change_id)).first()
    return _change(row)[1] if row else None


# --- the ledger itself ----------------------------------------------------------------------------------------------


def defined_kinds(connection: Connection) -> dict[int, bytes]:
    """kind -> kindDigest, as the ledger has them."""
    return {row[0]: row[1] for row in connection.execute(select(kinds.c.kind, kinds.c.kind_digest))}


def power_holders(connection: Connection) -> dict[int, bytes]:
    return {row[0]: row[1] for row in connection.execute(select(powers.c.power, powers.c.account))}


def power_events(connection: Connection) -> list[KindDefined | Appointed]:
    """Log 0, oldest first, as the events said it."""
    query = select(
        consortium_log.c.position,
        consortium_log.c.time,
        consortium_log.c.tx,
        consortium_log.c.event,
        consortium_log.c.number,
        consortium_log.c.kind_digest,
        consortium_log.c.file_digest,
        consortium_log.c.account,
        consortium_log.c.ready_at,
        consortium_log.c.head,
        consortium_log.c.sender,
        consortium_log.c.call,
    ).order_by(consortium_log.c.position)
    return [_power_event(row) for row in connection.execute(query)]


def _power_event(row: Any) -> KindDefined | Appointed:
    where = Where(row.position >> POSITION_SHIFT, row.time, row.position & (1 << POSITION_SHIFT) - 1, row.tx)
    if row.event == "KindDefined":
        return KindDefined(where, row.number, row.kind_digest, row.file_digest, row.head, row.sender, row.call)
    return Appointed(where, row.number, row.account, row.ready_at, row.head, row.sender)


# --- changes since --------------------------------------------------------------------------------------------------


def last_history_position(connection: Connection) -> int:
    """Of the newest entry of any document; -1 before the first."""
    newest = connection.execute(select(func.max(history.c.position))).scalar()
    return -1 if newest is None else newest


def touched(connection: Connection, after: int, most: int) -> tuple[int, list[bytes]]:
    """(position of the last entry looked at, documents) of the next entries after a position, `most` at most."""
    query = select(history.c.position, history.c.document).where(history.c.position > after)
    rows = connection.execute(query.order_by(history.c.position).limit(most)).all()
    return (rows[-1][0] if rows else after), list(dict.fromkeys(row[1] for row in rows))
