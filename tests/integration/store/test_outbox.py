"""The outbox: rows in order, one outcome each, nonces given once."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from portledger.services.ledger import Databases
from portledger.store import outbox
from portledger.store.outbox import Outcome, Row, Type

SENDER = bytes(19) + b"\1"


@pytest.fixture
def intake(databases: Databases) -> Engine:
    return databases.intake


@pytest.fixture
def relay(databases: Databases) -> Engine:
    return databases.relay


def row(number: int, attempt: int = 0) -> Row:
    return Row(Type.ACT, bytes([number]) * 32, b"body", 1.0, bytes(32), 7, previous=bytes(32), attempt=attempt)


def outcome(outbox_id: int, *, final: bool = True) -> Outcome:
    return Outcome(outbox_id, bytes(32), final, 5, bytes(32), None if final else b"why", 2.0)


def test_rows_come_back_in_the_order_of_acceptance(intake: Engine) -> None:
    with intake.begin() as connection:
        outbox.add(connection, [row(1), row(2), row(3)])
    with intake.connect() as connection:
        assert [one.digest[0] for one in outbox.after(connection, 0, 10)] == [1, 2, 3]
        assert [one.digest[0] for one in outbox.after(connection, 1, 1)] == [2]
        assert outbox.last_id(connection) == 3
        assert outbox.by_ids(connection, [2])[2].body == b"body"


def test_a_digest_is_accepted_once_per_attempt_and_the_newest_counts(intake: Engine) -> None:
    with intake.begin() as connection:
        outbox.add(connection, [row(1), row(1, attempt=1)])
    with intake.connect() as connection:
        assert outbox.latest(connection, [row(1).digest]) == {row(1).digest: (2, 1)}
        found = outbox.row_of(connection, row(1).digest)
        assert found is not None
        assert found.id == 2
    with pytest.raises(IntegrityError), intake.begin() as connection:
        outbox.add(connection, [row(1)])


def test_a_row_has_one_outcome_for_ever(relay: Engine) -> None:
    with relay.begin() as connection:
        outbox.add_outcomes(connection, [outcome(1), outcome(2, final=False)])
    with pytest.raises(IntegrityError), relay.begin() as connection:
        outbox.add_outcomes(connection, [outcome(1)])
    with relay.connect() as connection:
        assert outbox.settled_ids(connection) == {1, 2}
        assert [seq for seq, _ in outbox.outcomes_after(connection, 1, 10)] == [2]
        assert outbox.outcomes_of(connection, [2])[2].reason == b"why"


def test_a_nonce_is_given_once(relay: Engine) -> None:
    with relay.begin() as connection:
        assert outbox.next_nonce(connection, SENDER) is None
        outbox.add_transaction(connection, SENDER, 4, b"h" * 32, b"raw", [1, 2], 1.0)
        assert outbox.next_nonce(connection, SENDER) == 5
    with pytest.raises(IntegrityError), relay.begin() as connection:
        outbox.add_transaction(connection, SENDER, 4, b"i" * 32, b"raw", [3], 1.0)


def test_a_transaction_is_unsettled_until_it_is_settled_and_again_when_the_chain_lost_it(relay: Engine) -> None:
    with relay.begin() as connection:
        tx_id = outbox.add_transaction(connection, SENDER, 0, b"h" * 32, b"raw", [1, 2], 1.0)
    with relay.begin() as connection:
        (found,) = outbox.unsettled(connection)
        assert (found.items, found.raw, found.nonce) == ((1, 2), b"raw", 0)
        outbox.settle(connection, tx_id, 9)
        assert outbox.unsettled(connection) == []
        outbox.reopen(connection, SENDER, 0)
        assert len(outbox.unsettled(connection)) == 1


def test_a_party_shows_its_newest_act_on_itself(intake: Engine) -> None:
    with intake.begin() as connection:
        outbox.add(connection, [row(1), Row(Type.PARTY_ACT, b"p" * 32, b"", 1.0, party=7), row(2)])
        assert outbox.latest_of_party(connection, 7) == (2, b"p" * 32)
        assert outbox.latest_of_party(connection, 8) is None
