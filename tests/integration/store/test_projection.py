"""Events -> read model: what the rows say after them, and that the same events say the same again."""

from typing import Any

import pytest
from sqlalchemy import Engine, select

from portledger import resources
from portledger.domain import events as ev
from portledger.domain.actions import Action, document_id
from portledger.domain.codes import ZERO, Effect
from portledger.domain.hashing import abi_words, keccak
from portledger.domain.records import FROZEN, Control
from portledger.services.ledger import Databases
from portledger.store import projection, read_model
from portledger.store.read_model import Block, Track
from portledger.store.tables import ledger

KIND = resources.kind("ebl-negotiable")
REFERENCE = b"r" * 32
DOCUMENT = document_id(KIND.number, 1, REFERENCE)
TX = b"t" * 32


@pytest.fixture
def engine(databases: Databases) -> Engine:
    return databases.ledger


def effects_of(kind: int, state: int, verb: int) -> int:
    rule = KIND.rule(state, verb) if kind == KIND.number else None
    return rule.effects if rule else 0


def where(block: int, index: int = 0) -> ev.Where:
    return ev.Where(block, 1000 + block, index, TX)


def act(block: int, verb: str, control: Control, head: bytes, *, note: bool = False, **members: Any) -> ev.LedgerEvent:
    action = Action(
        kind=KIND.number, verb=KIND.verb(verb).number, document=DOCUMENT, previous=ZERO, epoch=1, deadline=9, **members
    )
    kind = ev.NoteApplied if note else ev.ActionApplied
    return kind(
        where(block),
        DOCUMENT,
        keccak(verb.encode(), bytes([block])),
        head,
        control.pack(),
        action.terms(),
        action.content,
        action.document_reference,
        action.detail,
        b"s" * 65,
    )


def issued(**changes: int) -> Control:
    values = {
        "issuer": 1,
        "possessor": 1,
        "endorsee": 2,
        "offeree": 2,
        "offered_endorsee": 2,
        "kind": KIND.number,
        "state": KIND.state("OFFERED").number,
        "version": 1,
        "sequence": 1,
    }
    return Control(**{**values, **changes})


def issue(block: int = 5) -> ev.LedgerEvent:
    return act(
        block,
        "ISSUE",
        issued(),
        b"1" * 32,
        actor=1,
        content=b"c" * 32,
        document_reference=REFERENCE,
        counterparty=2,
        endorsee=2,
    )


def accepted(block: int = 6) -> ev.LedgerEvent:
    control = issued(possessor=2, offeree=0, offered_endorsee=0, state=KIND.state("ISSUED").number, sequence=2)
    return act(block, "ACCEPT", control, b"2" * 32, actor=2, counterparty=1, endorsee=2)


def write(engine: Engine, *events: ev.LedgerEvent) -> None:
    with engine.begin() as connection:
        projection.apply(connection, events, effects_of)


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return {table.name: [tuple(row) for row in connection.execute(select(table))] for table in ledger.sorted_tables}


def test_a_record_is_what_its_newest_act_says(engine: Engine) -> None:
    write(engine, issue(), accepted())
    with engine.connect() as connection:
        found = read_model.document(connection, DOCUMENT)
        assert found is not None
        assert (found.control.possessor, found.head, found.created_at, found.updated_at) == (2, b"2" * 32, 1005, 1006)
        first, second = read_model.entries(connection, DOCUMENT)
    assert first.signed is not None
    assert second.signed is not None
    assert (first.signed.action.previous, second.signed.action.previous) == (ZERO, b"1" * 32)


def test_a_secured_party_is_a_party_to_the_document(engine: Engine) -> None:
    """It stands in no field of the record's word, and could not see what was pledged to it."""
    write(engine, issue(), accepted())
    control = issued(possessor=2, offeree=0, offered_endorsee=0, state=KIND.state("ISSUED").number, sequence=3)
    pledge = act(7, "REMARK", control, b"3" * 32, actor=2, counterparty=9)
    with engine.begin() as connection:
        projection.apply(connection, [pledge], lambda *_: int(Effect.SECURE))
    with engine.connect() as connection:
        assert [one.secured for one in read_model.list_documents(connection, party=9)] == [9]


def test_whoever_was_a_party_stays_one_to_its_documents(engine: Engine) -> None:
    write(engine, issue())
    write(engine, accepted())
    with engine.connect() as connection:
        assert set(read_model.involved_parties(connection, DOCUMENT)) == {1, 2}
        assert [one.document for one in read_model.list_documents(connection, party=1)] == [DOCUMENT]
        assert read_model.list_documents(connection, party=3) == []
        state = KIND.state("ISSUED").number
        assert len(read_model.list_documents(connection, party=None, states=[(KIND.number, state)])) == 1
        assert read_model.list_documents(connection, party=None, states=[]) == []


def test_a_note_moves_the_notes_head_only(engine: Engine) -> None:
    write(engine, issue())
    write(engine, act(6, "NOTICE", issued(), b"n" * 32, note=True, actor=1, detail=b"d" * 32))
    with engine.connect() as connection:
        found = read_model.document(connection, DOCUMENT)
        assert found is not None
        assert (found.head, found.notes_head) == (b"1" * 32, b"n" * 32)
        note = read_model.entries(connection, DOCUMENT)[1]
    assert note.track == Track.NOTES
    assert note.signed is not None
    assert note.signed.action.previous == b"1" * 32


def test_a_freeze_stands_in_the_records_own_log(engine: Engine) -> None:
    frozen = ev.Frozen(
        where(6), DOCUMENT, b"f" * 32, issued(flags=FROZEN, sequence=2).pack(), 9_999, b"o" * 32, b"g" * 20
    )
    write(engine, issue(), frozen)
    with engine.connect() as connection:
        found = read_model.document(connection, DOCUMENT)
        assert found is not None
        assert (found.head, found.frozen_until, found.control.frozen) == (b"f" * 32, 9_999, True)
        entry = read_model.entries(connection, DOCUMENT)[1]
    assert entry.track == Track.FREEZE
    assert entry.digest == keccak(abi_words(keccak(b"FREEZE"), DOCUMENT, 9_999, b"o" * 32))
    write(engine, ev.Unfrozen(where(7), DOCUMENT, b"u" * 32, issued(flags=FROZEN, sequence=3).pack(), b"g" * 20))
    with engine.connect() as connection:
        found = read_model.document(connection, DOCUMENT)
        assert found is not None
        assert found.frozen_until == 1007


def test_a_refusal_is_found_by_its_transaction(engine: Engine) -> None:
    write(engine, ev.ActionRefused(where(5), 0, b"d" * 32, b"why"))
    with engine.connect() as connection:
        assert read_model.refused_in(connection, TX) == {b"d" * 32: (5, b"why")}
        assert read_model.refused_in(connection, b"x" * 32) == {}


def test_the_same_events_make_the_same_rows_in_empty_tables_in_ranges_of_any_size(engine: Engine) -> None:
    events = [issue(), accepted()]
    write(engine, *events)
    once = everything(engine)
    with engine.begin() as connection:
        projection.clear(connection)
    for event in events:
        write(engine, event)
    assert everything(engine) == once


def test_the_cursor_names_one_block(engine: Engine) -> None:
    with engine.begin() as connection:
        projection.move_cursor(connection, Block(4, b"a" * 32, 7, b"l" * 32))
        projection.move_cursor(connection, Block(5, b"b" * 32, 8, b"m" * 32))
    with engine.connect() as connection:
        assert read_model.confirmed(connection) == Block(5, b"b" * 32, 8, b"m" * 32)


def test_a_certificates_number_is_claimed_under_its_certifier(engine: Engine) -> None:
    from portledger.domain.actions import claim_id

    def claims(kind: int, state: int, verb: int) -> int:
        return int(Effect.CLAIM)

    with engine.begin() as connection:
        projection.apply(connection, [issue()], claims)
        assert read_model.claim(connection, claim_id(KIND.family, 1, REFERENCE)) == DOCUMENT
