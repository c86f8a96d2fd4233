"""An act that the node fails at, again and again, holds up nobody else's; nor does a nonce that nobody uses."""

from collections.abc import Callable

import pytest
from tests.support.node import KEYS, Member
from tests.support.relay import Relay, issue

from portledger.chain.rpc import NodeAnsweredError, NodeUnreachable
from portledger.chain.transactions import Transaction
from portledger.domain.actions import SignedAction
from portledger.domain.signatures import address_of
from portledger.relay import relayer as relayer_module
from portledger.services import calls, queue
from portledger.store import outbox, upkeep
from portledger.store.outbox import Sender


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relayer_module, "RESEND_SECONDS", 0.0)
    monkeypatch.setattr(relayer_module, "DEFER_SECONDS", 0.0)


def _hangs() -> Exception:
    return NodeUnreachable("TimeoutError: timed out", "an answer")


def _refuses() -> Exception:
    return NodeAnsweredError("eth_sendRawTransaction", -32000, "internal error")


FAILURES = pytest.mark.parametrize("failure", [_hangs, _refuses], ids=["never answers", "answers with an error"])


def poison(relay: Relay, monkeypatch: pytest.MonkeyPatch, act: SignedAction, failure: Callable[[], Exception]) -> None:
    """From now on the node fails at every transaction with this act."""
    send = relay.chain.rpc.send_raw

    def failing(raw: bytes) -> bytes:
        if act.action.document in raw:
            raise failure()
        return send(raw)

    monkeypatch.setattr(relay.chain.rpc, "send_raw", failing)


def settle(relay: Relay, rounds: int) -> None:
    for _ in range(rounds):
        relay.mine()


def parked(relay: Relay) -> dict[int, str]:
    with relay.databases.relay.connect() as connection:
        return upkeep.parked_rows(connection)


@FAILURES
def test_an_act_that_the_node_never_takes_is_parked_and_all_others_are_final(
    failure: Callable[[], Exception], relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = [issue(relay.chain, carrier, shipper) for _ in range(6)]
    poison(relay, monkeypatch, acts[1], failure)
    relay.accept(*acts)
    settle(relay, 60)
    assert sorted((one.outbox_id, one.final) for one in relay.outcomes()) == [(n, True) for n in (1, 3, 4, 5, 6)]
    assert list(parked(relay)) == [2]
    assert relay.relayer.flights == []


@FAILURES
def test_what_comes_after_it_does_not_wait_until_it_is_parked(
    failure: Callable[[], Exception], relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relayer_module, "DEFER_SECONDS", 1000.0)
    acts = [issue(relay.chain, carrier, shipper) for _ in range(3)]
    poison(relay, monkeypatch, acts[0], failure)
    relay.accept(acts[0])
    settle(relay, 6)
    relay.accept(*acts[1:])
    settle(relay, 4)
    assert [(one.outbox_id, one.final) for one in relay.outcomes()] == [(2, True), (3, True)]
    assert parked(relay) == {}


def test_a_new_life_in_the_midst_of_it_loses_and_doubles_nothing(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = [issue(relay.chain, carrier, shipper) for _ in range(3)]
    with monkeypatch.context() as poisoned:
        poison(relay, poisoned, acts[0], _hangs)
        relay.accept(*acts)
        for _ in range(9):
            relay.mine()
            relay.restart()
    settle(relay, 12)
    assert relay.statuses() == [True, True, True]
    assert len(relay.outcomes()) == 3


def test_a_parked_act_is_final_once_when_the_node_takes_it_again_and_it_is_released(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = issue(relay.chain, carrier, shipper)
    with monkeypatch.context() as poisoned:
        poison(relay, poisoned, act, _refuses)
        relay.accept(act)
        settle(relay, 60)
    (row,) = queue.look(relay.databases, 10).rows
    assert row.parked is not None
    assert "did not take it" in row.parked
    queue.release(relay.databases, row.row.digest)
    settle(relay, 3)
    assert relay.statuses() == [True]


def test_a_node_that_takes_nothing_at_all_gets_nobody_parked(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_raw: bytes) -> bytes:
        raise NodeAnsweredError("eth_sendRawTransaction", -32000, "txpool is full")

    with monkeypatch.context() as refusing:
        refusing.setattr(relay.chain.rpc, "send_raw", full)
        relay.accept(*[issue(relay.chain, carrier, shipper) for _ in range(2)])
        settle(relay, 60)
    assert parked(relay) == {}
    settle(relay, 12)
    assert relay.statuses() == [True, True]


def test_a_lost_reply_is_no_failure_of_the_act(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node has the transaction, and who sent it was never told."""
    send = relay.chain.rpc.send_raw

    def lost(raw: bytes) -> bytes:
        send(raw)
        raise NodeUnreachable("ConnectionResetError", "an answer")

    monkeypatch.setattr(relay.chain.rpc, "send_raw", lost)
    relay.accept(*[issue(relay.chain, carrier, shipper) for _ in range(2)])
    for _ in range(12):
        relay.step()
    relay.mine()
    assert relay.statuses() == [True, True]
    with relay.databases.relay.connect() as connection:
        assert upkeep.fillers(connection) == {}


def test_a_receipt_that_the_node_fails_at_holds_up_only_its_own_act(
    relay: Relay, carrier: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    for party in (carrier.id, 99):
        relay.accept_call(Sender.REGISTRAR, calls.suspend(party, relay.chain.now() + 100), party)
    relay.step()
    poisoned, _ = [flight.tx.hash for flight in relay.relayer.flights]
    receipt = relay.chain.rpc.receipt

    def failing(tx: bytes) -> object:
        if tx == poisoned:
            raise NodeUnreachable("RemoteDisconnected", "an answer")
        return receipt(tx)

    with monkeypatch.context() as broken:
        broken.setattr(relay.chain.rpc, "receipt", failing)
        settle(relay, 3)
        assert [one.outbox_id for one in relay.outcomes()] == [2]
    settle(relay, 1)
    assert relay.statuses() == [True, False]


def test_a_node_that_is_gone_ends_the_step(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is the fault of an act then: the loop tries again as a whole."""

    def gone(*_: object) -> bytes:
        raise _hangs()

    relay.accept(issue(relay.chain, carrier, shipper))
    with monkeypatch.context() as nobody:
        for name in ("send_raw", "block_number"):
            nobody.setattr(relay.chain.rpc, name, gone)
        with pytest.raises(NodeUnreachable):
            relay.relayer.step(relay.indexer.confirmed)
    relay.restart()
    settle(relay, 2)
    assert relay.statuses() == [True]


def test_a_nonce_that_nobody_uses_is_filled(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is left by a node that once named too many transactions."""
    relayer = address_of(KEYS.relayer)
    with relay.databases.relay.begin() as connection:
        raw = Transaction(relay.chain.rpc.nonce(relayer) + 3, 21_000, relayer, b"").sign(KEYS.relayer, 1337)
        outbox.add_transaction(connection, relayer, relay.chain.rpc.nonce(relayer) + 3, bytes(32), raw, (), 0.0)
        outbox.settle(connection, 1, 0)
    relay.restart()
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.chain.rpc.send_raw(raw)
    settle(relay, 6)
    assert relay.statuses() == [True]


def test_one_wrong_count_gives_no_nonce_away(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = relay.chain.rpc.nonce
    answers = [1337]
    relay.accept(issue(relay.chain, carrier, shipper))
    with monkeypatch.context() as wrong:
        wrong.setattr(relay.chain.rpc, "nonce", lambda address: answers.pop() if answers else count(address))
        with pytest.raises(NodeUnreachable, match="1337"):
            relay.relayer.step(relay.indexer.confirmed)
    relay.restart()
    settle(relay, 2)
    assert relay.statuses() == [True]
