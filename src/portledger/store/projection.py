"""From events to the read model: the one writer of the ledger database.

Everything is derived from events alone, in their order: the same range makes the same rows in empty tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from portledger.domain import events as ev
from portledger.domain.actions import claim_id
from portledger.domain.calls_decode import CancelOrder, Enact, PartyActCall, Register, RegistryCall, decode_call
from portledger.domain.codes import BEARER, ZERO, Effect
from portledger.domain.hashing import abi_words, keccak
from portledger.domain.parties import Account
from portledger.domain.records import Control
from portledger.store import read_model
from portledger.store.database import execute_many, or_ignore
from portledger.store.read_model import Track
from portledger.store.tables import (
    POSITION_SHIFT,
    accounts,
    changes,
    claims,
    consortium_log,
    cursor,
    documents,
    history,
    involvements,
    kinds,
    ledger,
    parties,
    party_log,
    powers,
    refusals,
)

EffectsOf = Callable[[int, int, int], int]
"""(kind, state, verb) -> the effects of that row of the kind's table; 0 for a kind that is not known here."""


_FREEZE: Final = keccak(b"FREEZE")
_UNFREEZE: Final = keccak(b"UNFREEZE")


def word32(value: int) -> bytes:
    return value.to_bytes(32, "big")


def position_of(where: ev.Where) -> int:
    return where.block << POSITION_SHIFT | where.index


@dataclass(slots=True)
class _Record:
    """A document while a range is being written."""

    document: bytes
    control: Control
    head: bytes
    notes_head: bytes
    secured: int
    frozen_until: int
    created_at: int
    updated_at: int
    created: int
    new: bool


@dataclass(slots=True)
class _Range:
    """The rows that one range of events makes."""

    records: dict[bytes, _Record]
    history: list[dict[str, Any]] = field(default_factory=list)
    involvements: list[dict[str, Any]] = field(default_factory=list)
    touched: dict[bytes, _Record] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)
    refusals: dict[tuple[bytes, bytes], dict[str, Any]] = field(default_factory=dict)


def apply(connection: Connection, events: Iterable[ev.LedgerEvent], effects_of: EffectsOf) -> None:
    """Writes a range of events; the caller commits, together with the cursor."""
    listed = list(events)
    ids = list({event.document for event in listed if isinstance(event, ev.ActionApplied | ev.NoteApplied)})
    ids += [event.document for event in listed if isinstance(event, ev.Frozen | ev.Unfrozen)]
    rows = _Range({key: _opened(one) for key, one in read_model.documents_by_id(connection, ids).items()})
    for event in listed:
        if isinstance(event, ev.ActionApplied):
            _act(rows, event, effects_of)
        elif isinstance(event, ev.NoteApplied):
            _note(rows, event)
        elif isinstance(event, ev.ActionRefused):
            key = (event.tx, event.digest)
            rows.refusals[key] = {"tx": event.tx, "digest": event.digest, "block": event.block, "reason": event.reason}
        elif isinstance(event, ev.Frozen | ev.Unfrozen):
            _freeze(rows, event)
        else:
            _rare(connection, event)
    _write(connection, rows)


def move_cursor(connection: Connection, block: read_model.Block) -> None:
    connection.execute(delete(cursor))
    connection.execute(
        insert(cursor).values(id=1, block=block.number, hash=block.hash, time=block.time, ledger_head=block.ledger_head)
    )


def clear(connection: Connection) -> None:
    """Empties the read model, for a rebuild from the first block."""
    for table in ledger.sorted_tables:
        connection.execute(delete(table))


def _opened(one: read_model.Document) -> _Record:
    return _Record(
        one.document,
        one.control,
        one.head,
        one.notes_head,
        one.secured,
        one.frozen_until,
        one.created_at,
        one.updated_at,
        one.created,
        new=False,
    )


def _act(rows: _Range, event: ev.ActionApplied, effects_of: EffectsOf) -> None:
    position, control = position_of(event.where), event.record()
    record = rows.records.get(event.document)
    if record is None:
        record = _Record(event.document, Control(), ZERO, ZERO, 0, 0, event.time, event.time, position, new=True)
        rows.records[event.document] = record
    before, terms = record.control, event.terms
    rows.history.append(_entry_of_act(event, position, Track.CONTROL, record))
    actor, counterparty = terms >> 24 & 0xFFFF_FFFF, terms >> 88 & 0xFFFF_FFFF
    effects = effects_of(terms & 0xFFFF, before.state, terms >> 16 & 0xFF)
    # A secured party stands in the record's extension, not in its word: it is a party to the document all the same.
    secured = {counterparty} if effects & Effect.SECURE else set()
    _involve(rows, record, before, control, {actor, *secured})
    if effects & Effect.SECURE:
        record.secured = counterparty
    elif effects & Effect.RELEASE:
        record.secured = 0
    if effects & Effect.CLAIM:
        claim = claim_id(control.kind >> 8, actor, event.document_reference)
        rows.claims.append({"claim": claim, "document": event.document})
    record.control, record.head, record.updated_at = control, event.head, event.time
    rows.touched[event.document] = record


def _note(rows: _Range, event: ev.NoteApplied) -> None:
    record = rows.records[event.document]
    rows.history.append(_entry_of_act(event, position_of(event.where), Track.NOTES, record))
    record.notes_head, record.updated_at = event.head, event.time
    rows.touched[event.document] = record


def _freeze(rows: _Range, event: ev.Frozen | ev.Unfrozen) -> None:
    record = rows.records[event.document]
    frozen = isinstance(event, ev.Frozen)
    until = event.until if isinstance(event, ev.Frozen) else 0
    reason = event.reason if isinstance(event, ev.Frozen) else ZERO
    words = abi_words(_FREEZE if frozen else _UNFREEZE, event.document, until, reason)
    row = _entry(event.where, event.document, Track.FREEZE, keccak(words), event.head, event.control)
    row.update(detail=reason, until=until, sender=event.sender, created=record.created)
    rows.history.append(row)
    record.control, record.head = Control.unpack(event.control), event.head
    record.frozen_until, record.updated_at = until if frozen else event.time, event.time
    rows.touched[event.document] = record


def _entry_of_act(
    event: ev.ActionApplied | ev.NoteApplied, position: int, track: Track, record: _Record
) -> dict[str, Any]:
    return {
        "position": position,
        "document": event.document,
        "track": int(track),
        "digest": event.digest,
        "head": event.head,
        "control": word32(event.control),
        "previous": record.head,
        "terms": word32(event.terms),
        "content": event.content,
        "reference": event.document_reference,
        "detail": event.detail,
        "signatures": event.signatures,
        "until": None,
        "sender": None,
        "time": event.time,
        "tx": event.tx,
        "created": record.created,
    }


def _entry(where: ev.Where, document: bytes, track: Track, digest: bytes, head: bytes, control: int) -> dict[str, Any]:
    return {
        "position": position_of(where),
        "document": document,
        "track": int(track),
        "digest": digest,
        "head": head,
        "control": word32(control),
        "previous": None,
        "terms": None,
        "content": None,
        "reference": None,
        "signatures": None,
        "time": where.time,
        "tx": where.tx,
    }


def parties_of(control: Control) -> set[int]:
    """Who stands in a record now; BEARER and nobody are not parties."""
    named = {control.issuer, control.possessor, control.endorsee, control.offeree, control.offered_endorsee}
    return named - {0, BEARER}


def _involve(rows: _Range, record: _Record, before: Control, after: Control, named: set[int]) -> None:
    """named: who is a party to it by this act, besides those in the record's word."""
    fresh = parties_of(after) | named
    if not record.new:
        fresh -= parties_of(before)
    rows.involvements += [{"party": party, "created": record.created, "document": record.document} for party in fresh]


_INSERT_HISTORY: Final = insert(history).inline()
_INSERT_DOCUMENT: Final = insert(documents).inline()
_UPDATE_DOCUMENT: Final = (
    update(documents)
    .where(documents.c.document == bindparam("key"))
    .values(
        {
            name: bindparam("new_" + name)
            for name in (
                "control",
                "head",
                "notes_head",
                "kind",
                "state",
                "secured",
                "frozen_until",
                "updated_at",
            )
        }
    )
)


def _write(connection: Connection, rows: _Range) -> None:
    new = [record for record in rows.touched.values() if record.new]
    changed = [record for record in rows.touched.values() if not record.new]
    execute_many(connection, _INSERT_DOCUMENT, [_columns(record) for record in new])
    execute_many(connection, _UPDATE_DOCUMENT, [_update(record) for record in changed])
    execute_many(connection, _INSERT_HISTORY, rows.history)
    execute_many(connection, or_ignore(connection, involvements), rows.involvements)
    execute_many(connection, or_ignore(connection, claims), rows.claims)
    execute_many(connection, or_ignore(connection, refusals), list(rows.refusals.values()))


def _columns(record: _Record) -> dict[str, Any]:
    return {
        "document": record.document,
        "control": word32(record.control.pack()),
        "head": record.head,
        "notes_head": record.notes_head,
        "kind": record.control.kind,
        "state": record.control.state,
        "secured": record.secured,
        "frozen_until": record.frozen_until,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "created": record.created,
    }


def _update(record: _Record) -> dict[str, Any]:
    row = {"new_" + name: value for name, value in _columns(record).items()}
    for name in ("document", "created_at", "created"):
        del row["new_" + name]
    row["key"] = record.document
    return row


# --- parties and the consortium: rare, so one by one ----------------------------------------------------------------


def _rare(connection: Connection, event: ev.LedgerEvent) -> None:
    if isinstance(event, ev.PartyChanged):
        _party_changed(connection, event)
    elif isinstance(event, ev.ChangeProposed):
        connection.execute(
            insert(changes).values(
                change=event.change_id,
                party=event.party,
                what=event.what,
                source=event.source,
                value=event.value,
                proposed_at=event.time,
                ready_at=event.ready_at,
                dead=0,
            )
        )
    elif isinstance(event, ev.ChangeVetoed | ev.ChangeEnacted):
        _bury(connection, event.change_id)
    elif isinstance(event, ev.KindDefined):
        connection.execute(
            insert(kinds).values(kind=event.kind, kind_digest=event.kind_digest, file_digest=event.file_digest)
        )
        _consortium(
            connection, event, "KindDefined", event.kind, kind_digest=event.kind_digest, file_digest=event.file_digest
        )
    elif isinstance(event, ev.Appointed):
        _appointed(connection, event)


def _party_changed(connection: Connection, event: ev.PartyChanged) -> None:
    connection.execute(
        insert(party_log).values(
            position=position_of(event.where),
            party=event.party,
            digest=event.digest,
            word=word32(event.party_word),
            profile=event.profile,
            encryption_key=event.encryption_key,
            account_word=word32(event.account_word),
            signers=event.signers,
            head=event.head,
            call=event.call,
            time=event.time,
            tx=event.tx,
        )
    )
    row = {
        "word": word32(event.party_word),
        "profile": event.profile,
        "encryption_key": event.encryption_key,
        "head": event.head,
    }
    call = decode_call(event.call)
    if isinstance(call, Register):
        connection.execute(insert(parties).values(party=event.party, nonce=0, **row))
        for address, scope in zip(call.registration.accounts, call.registration.scopes, strict=True):
            _put_account(connection, address, Account(event.party, event.time, 0, scope).pack())
        return
    spent = 1 if isinstance(call, PartyActCall) else 0
    connection.execute(
        update(parties).where(parties.c.party == event.party).values(nonce=parties.c.nonce + spent, **row)
    )
    if event.account_word:
        _put_account(connection, _account_touched(connection, call), event.account_word)
    if isinstance(call, CancelOrder):
        _bury(connection, call.change_id)


def _bury(connection: Connection, change_id: bytes) -> None:
    connection.execute(update(changes).where(changes.c.change == change_id).values(dead=1))


def _account_touched(connection: Connection, call: RegistryCall) -> bytes:
    """The address is in the value of the party's act, or of the change that was enacted."""
    if isinstance(call, PartyActCall):
        return call.value[12:]
    assert isinstance(call, Enact)  # no other call touches one account
    value = connection.execute(select(changes.c.value).where(changes.c.change == call.change_id)).scalar()
    return bytes((value or ZERO)[12:])


def _put_account(connection: Connection, address: bytes, word: int) -> None:
    connection.execute(delete(accounts).where(accounts.c.account == address))
    connection.execute(insert(accounts).values(account=address, word=word32(word), party=word & 0xFFFF_FFFF))


def _appointed(connection: Connection, event: ev.Appointed) -> None:
    if event.ready_at == 0:
        connection.execute(delete(powers).where(powers.c.power == event.power))
        connection.execute(insert(powers).values(power=event.power, account=event.account))
    else:
        connection.execute(
            update(powers).where(powers.c.power == event.power).values(pending=event.account, ready_at=event.ready_at)
        )
    _consortium(connection, event, "Appointed", event.power, account=event.account, ready_at=event.ready_at)


def _consortium(
    connection: Connection, event: ev.KindDefined | ev.Appointed, name: str, number: int, **values: Any
) -> None:
    call = event.call if isinstance(event, ev.KindDefined) else b""
    connection.execute(
        insert(consortium_log).values(
            position=position_of(event.where),
            event=name,
            number=number,
            head=event.head,
            sender=event.sender,
            call=call,
            time=event.time,
            tx=event.tx,
            **values,
        )
    )
