"""Relayer and indexer step by step on a real node: the test mines, loses and turns back the chain."""

from typing import Any

import pytest
from tests.support.node import KEYS, Member, key
from tests.support.relay import EBL, Relay, issue

from portledger.chain import encoding, reverts
from portledger.chain.transactions import Transaction
from portledger.domain.errors import NoRule, PartyInactive, PowerMissing
from portledger.domain.signatures import address_of
from portledger.relay import relayer as relayer_module
from portledger.services import calls
from portledger.store import read_model
from portledger.store.outbox import Sender


def test_acts_go_into_batches_and_become_final_in_order(relay: Relay, carrier: Member, shipper: Member) -> None:
    acts = [issue(relay.chain, carrier, shipper) for _ in range(7)]
    relay.accept(*acts)
    relay.step()
    assert [len(flight.rows) for flight in relay.relayer.flights] == [3, 3, 1]
    assert relay.outcomes() == []
    relay.mine()
    assert [(one.outbox_id, one.final) for one in relay.outcomes()] == [(at, True) for at in range(1, 8)]
    assert relay.relayer.flights == []
    for act in acts:
        assert relay.chain.ledger.record(act.action.document) is not None


def test_an_act_that_somebody_else_carried_is_final(relay: Relay, carrier: Member, shipper: Member) -> None:
    mine, other = issue(relay.chain, carrier, shipper), issue(relay.chain, carrier, shipper)
    relay.accept(mine, other)
    relay.step()
    sent = relay.relayer.flights[0].tx
    # The node takes the other sender's transaction into the block first.
    relay.chain.rpc.call("anvil_dropTransaction", "0x" + sent.hash.hex())
    receipt = relay.chain.transact(KEYS.deployer, encoding.execute(mine))
    relay.chain.rpc.send_raw(sent.raw)
    relay.mine()
    outcomes = {one.outbox_id: one for one in relay.outcomes()}
    assert outcomes[1].final
    assert outcomes[1].tx.hex() == receipt["transactionHash"][2:]
    assert outcomes[2].final


def test_what_the_ledger_refuses_gets_its_reason(relay: Relay, carrier: Member, shipper: Member) -> None:
    act = issue(relay.chain, carrier, shipper)
    second = issue(relay.chain, carrier, shipper)
    relay.accept(act, second)
    relay.step()
    relay.chain.rpc.call("anvil_dropTransaction", "0x" + relay.relayer.flights[0].tx.hash.hex())
    relay.chain.send(KEYS.registrar, "suspend", carrier.id, relay.chain.now() + 1000)
    relay.chain.rpc.send_raw(relay.relayer.flights[0].tx.raw)
    relay.mine()
    assert [one.final for one in relay.outcomes()] == [False, False]
    assert reverts.decode(relay.outcomes()[0].reason or b"") == PartyInactive(party=carrier.id, why=2)


def test_a_batch_holds_good_and_bad_acts(relay: Relay, carrier: Member, shipper: Member) -> None:
    act = issue(relay.chain, carrier, shipper)
    relay.chain.execute(act)
    again = relay.chain.prepare(shipper, EBL, "SURRENDER_FOR_DELIVERY", act.action.document)
    relay.accept(issue(relay.chain, carrier, shipper), again)
    relay.step()
    relay.mine()
    first, second = relay.outcomes()
    assert (first.final, second.final) == (True, False)
    assert isinstance(reverts.decode(second.reason or b""), NoRule)


def test_a_power_sends_with_its_own_key_and_is_refused_with_the_ledgers_words(relay: Relay, carrier: Member) -> None:
    relay.accept_call(Sender.REGISTRAR, calls.suspend(carrier.id, relay.chain.now() + 1000))
    relay.step()
    relay.mine()
    relay.accept_call(Sender.GUARDIAN, calls.suspend(carrier.id, relay.chain.now() + 2000))
    relay.step()
    relay.mine()
    assert [one.final for one in relay.outcomes()] == [True, False]
    found = reverts.decode(relay.outcomes()[1].reason or b"")
    assert found == PowerMissing(power=2, sender=address_of(KEYS.guardian))


def test_a_call_that_is_mined_between_two_questions_is_not_sent_twice(
    relay: Relay, carrier: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay.accept_call(Sender.REGISTRAR, calls.suspend(carrier.id, relay.chain.now() + 1000))
    relay.step()
    asked = relay.chain.rpc.receipt

    def mined_after_the_answer(tx: bytes) -> dict[str, Any] | None:
        monkeypatch.undo()
        before = asked(tx)
        relay.chain.mine()
        return before

    monkeypatch.setattr(relay.chain.rpc, "receipt", mined_after_the_answer)
    confirmed = relay.indexer.confirmed
    assert confirmed is not None
    assert not relay.relayer._settle_by_receipt(relay.relayer.flights[0], confirmed)
    relay.mine()
    assert [one.final for one in relay.outcomes()] == [True]


def test_a_transaction_that_the_node_lost_is_sent_again_under_its_nonce(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relayer_module, "RESEND_SECONDS", 0.0)
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    tx = relay.relayer.flights[0].tx
    relay.chain.rpc.call("anvil_dropTransaction", "0x" + tx.hash.hex())
    relay.mine()
    relay.mine()
    assert [(one.final, one.tx) for one in relay.outcomes()] == [(True, tx.hash)]


def test_a_nonce_that_another_transaction_spent_is_replaced(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relayer_module, "RESEND_SECONDS", 0.0)
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    tx = relay.relayer.flights[0].tx
    relay.chain.rpc.call("anvil_dropTransaction", "0x" + tx.hash.hex())
    other = Transaction(tx.nonce, 100_000, address_of(key("nobody")), b"").sign(
        KEYS.relayer, relay.chain.deployment.chain_id
    )
    relay.chain.rpc.send_raw(other)
    relay.mine()
    relay.step()
    relay.mine()
    (found,) = relay.outcomes()
    assert found.final
    assert found.tx != tx.hash


def test_a_new_life_goes_on_where_the_last_one_ended(relay: Relay, carrier: Member, shipper: Member) -> None:
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.restart()
    assert (len(relay.relayer.flights), len(relay.relayer.queue)) == (1, 1)
    relay.step()
    relay.mine()
    assert [one.final for one in relay.outcomes()] == [True, True]
    relay.restart()
    assert (relay.relayer.flights, list(relay.relayer.queue)) == ([], [])


def test_what_a_chain_that_went_back_forgot_is_carried_again(relay: Relay, carrier: Member, shipper: Member) -> None:
    kept = issue(relay.chain, carrier, shipper)
    relay.accept(kept)
    relay.step()
    relay.mine()
    snapshot = relay.chain.rpc.call("evm_snapshot")
    lost = issue(relay.chain, carrier, shipper)
    relay.accept(lost)
    relay.step()
    relay.mine()
    assert [one.final for one in relay.outcomes()] == [True, True]

    relay.chain.rpc.call("evm_revert", snapshot)
    relay.chain.mine()
    while relay.indexer.step():
        pass
    assert relay.indexer.rebuilds == 1
    with relay.databases.ledger.connect() as connection:
        assert read_model.document(connection, lost.action.document) is None
        assert read_model.document(connection, kept.action.document) is not None
    relay.relayer.chain_went_back()
    assert [one.outbox_id for one in relay.outcomes()] == [1]
    relay.mine()
    assert sorted((one.outbox_id, one.final) for one in relay.outcomes()) == [(1, True), (2, True)]
    assert relay.chain.ledger.record(lost.action.document) is not None


def test_the_read_model_says_what_the_ledger_says(relay: Relay, carrier: Member, shipper: Member) -> None:
    act = issue(relay.chain, carrier, shipper)
    relay.chain.execute(act)
    relay.chain.execute(
        relay.chain.prepare(shipper, EBL, "ACCEPT", act.action.document, counterparty=carrier.id, endorsee=shipper.id)
    )
    relay.step()
    with relay.databases.ledger.connect() as connection:
        found = read_model.document(connection, act.action.document)
        party = read_model.party(connection, shipper.id)
        account = read_model.account(connection, shipper.addresses[0])
    record, ledger = relay.chain.ledger.record(act.action.document), relay.chain.ledger
    assert found is not None
    assert record is not None
    assert party is not None
    assert (found.control, found.head, found.notes_head) == (record.control, record.head, record.notes_head)
    assert (party.word, party.head) == (ledger.party(shipper.id), ledger.party_head(shipper.id))
    assert account == ledger.account(shipper.addresses[0])
    assert relay.indexer.confirmed is not None
    assert relay.indexer.confirmed.ledger_head == ledger.ledger_head()
