"""What must hold up nobody: an act that the ledger chokes on, a node that forgot, an answer that comes late."""

import pytest
from tests.support.node import Member
from tests.support.relay import EBL, Relay, issue, party_act

from portledger.chain import encoding, reverts
from portledger.chain.encoding import selector
from portledger.chain.rpc import NodeAnsweredError
from portledger.domain.codes import PartyAct
from portledger.domain.errors import NoRule, PowerMissing
from portledger.domain.hashing import keccak
from portledger.relay import relayer as relayer_module
from portledger.services import calls
from portledger.store.outbox import Row, Sender, Type


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asks for the receipt of a batch at every step that finds nothing of it in the read model."""
    monkeypatch.setattr(relayer_module, "RESEND_SECONDS", 0.0)


def accept_bytes(relay: Relay, body: bytes) -> None:
    """A row as it cannot come through the door, whose bytes break the whole batch's calldata."""
    relay._add([Row(Type.ACT, keccak(body), body, 0.0)])


def settle(relay: Relay) -> None:
    for _ in range(8):
        relay.mine()


def test_bytes_that_break_a_batch_are_refused_and_what_was_with_them_is_final(
    relay: Relay, carrier: Member, shipper: Member
) -> None:
    good = [issue(relay.chain, carrier, shipper) for _ in range(3)]
    relay.accept(good[0])
    body = bytearray(encoding.signed_action(issue(relay.chain, carrier, shipper)))
    body[6 * 32 : 7 * 32] = b"\xff" * 32  # the offset of its signatures
    accept_bytes(relay, bytes(body))
    relay.accept(*good[1:])
    settle(relay)
    assert relay.statuses() == [True, False, True, True]
    assert relay.relayer.flights == []
    assert not relay.relayer._alone


def test_it_holds_up_nobody_after_a_new_life_either(relay: Relay, carrier: Member, shipper: Member) -> None:
    body = bytearray(encoding.signed_action(issue(relay.chain, carrier, shipper)))
    body[6 * 32 : 7 * 32] = b"\xff" * 32
    accept_bytes(relay, bytes(body))
    relay.accept(issue(relay.chain, carrier, shipper))
    for _ in range(8):
        relay.mine()
        relay.restart()
    assert relay.statuses() == [False, True]


def test_acts_dearer_than_thought_are_sent_one_by_one(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relayer_module, "GAS_PER_ACT", 10_000)
    monkeypatch.setattr(relayer_module, "GAS_ALONE", 150_000)
    relay.accept(*[issue(relay.chain, carrier, shipper) for _ in range(3)])
    settle(relay)
    assert relay.statuses() == [True, True, True]


def test_an_act_that_the_ledger_names_otherwise_is_refused_with_the_ledgers_reason(
    relay: Relay, carrier: Member, shipper: Member
) -> None:
    """Its digest here is not the one in the ledger's refusal: other words of a kind, say."""
    act = issue(relay.chain, carrier, shipper)
    relay.chain.execute(act)
    again = relay.chain.prepare(shipper, EBL, "SURRENDER_FOR_DELIVERY", act.action.document)
    accept_bytes(relay, encoding.signed_action(again))
    relay.accept(issue(relay.chain, carrier, shipper))
    settle(relay)
    assert relay.statuses() == [False, True]
    (refusal,) = (one for one in relay.outcomes() if not one.final)
    assert isinstance(reverts.decode(refusal.reason or b""), NoRule)


@pytest.mark.parametrize("forgotten", ["of that block", "of every block"])
def test_a_refusal_stands_though_the_node_no_longer_has_the_state(
    forgotten: str, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a node that was started again from a checkpoint, which holds the newest state only."""
    asked = relay.chain.rpc.eth_call

    def without_state(to: bytes | None, data: bytes, sender: bytes | None = None, block: int | str = "latest") -> bytes:
        if block != "latest" or (forgotten == "of every block" and data != selector("ledgerHead()")):
            raise NodeAnsweredError("eth_call", -32000, "missing trie node")
        return asked(to, data, sender, block)

    relay.accept_call(Sender.GUARDIAN, calls.reinstate(1), 1)
    relay.accept_call(Sender.REGISTRAR, calls.suspend(99, relay.chain.now() + 100), 99)
    relay.step()
    monkeypatch.setattr(relay.chain.rpc, "eth_call", without_state)
    relay.mine()
    assert relay.statuses() == [False, False]
    first = reverts.decode(relay.outcomes()[0].reason or b"")
    assert isinstance(first, reverts.UnknownRevert if forgotten == "of every block" else PowerMissing)


def test_a_power_s_call_that_was_mined_is_not_made_twice_when_its_receipt_is_gone(
    relay: Relay, carrier: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay.accept_call(Sender.REGISTRAR, calls.suspend(carrier.id, relay.chain.now() + 1000), carrier.id)
    relay.step()
    monkeypatch.setattr(relay.chain.rpc, "receipt", lambda _tx: None)
    relay.mine()
    relay.step()
    assert relay.statuses() == [True]
    assert relay.relayer.flights == []


def test_a_spent_nonce_says_nothing_before_the_read_model_has_the_block(
    relay: Relay, carrier: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node behind a balancer may know the count before another one knows the receipt."""
    relay.accept_call(Sender.REGISTRAR, calls.suspend(carrier.id, relay.chain.now() + 1000), carrier.id)
    relay.step()
    confirmed = relay.indexer.confirmed
    receipt = relay.chain.rpc.receipt
    monkeypatch.setattr(relay.chain.rpc, "receipt", lambda _tx: None)
    relay.chain.mine()
    flight = relay.relayer.flights[0]
    assert confirmed is not None
    assert not relay.relayer._settle_by_receipt(flight, confirmed)
    assert relay.relayer.flights == [flight]
    monkeypatch.setattr(relay.chain.rpc, "receipt", receipt)
    relay.mine()
    assert [(one.final, one.tx) for one in relay.outcomes()] == [(True, flight.tx.hash)]


def test_a_party_act_waits_behind_no_refused_one(relay: Relay, carrier: Member, shipper: Member) -> None:
    relay.accept_call(Sender.GUARDIAN, calls.reinstate(shipper.id), shipper.id)
    relay.accept_party_act(party_act(relay.chain, shipper, PartyAct.LOCK))
    relay.accept(issue(relay.chain, carrier, carrier))
    relay.step()
    relay.mine()
    assert relay.statuses() == [False, True, False]
