"""Another key for the relayer while it works: everything exactly once, in order, whatever happens on the way."""

from collections import Counter

import pytest
from tests.support.node import KEYS, Chain, Member, key
from tests.support.relay import EBL, Relay, issue, loops, party_act

from portledger.chain.signers import Ring, of_keys
from portledger.chain.transactions import Transaction as ChainTransaction
from portledger.domain.actions import SignedAction
from portledger.domain.codes import PartyAct
from portledger.domain.errors import InvalidInput
from portledger.domain.events import ActionApplied, ActionRefused
from portledger.domain.refusals import Conflict, NotFound
from portledger.domain.signatures import address_of
from portledger.relay.loops import Loops
from portledger.services import relayer_key
from portledger.services.ledger import Databases

NEW, THIRD = key("the relayer's next"), key("the relayer's third")
OLD_ADDRESS, NEW_ADDRESS, THIRD_ADDRESS = map(address_of, (KEYS.relayer, NEW, THIRD))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portledger.relay.relayer.SIGN_AGAIN_SECONDS", 0)


@pytest.fixture
def relay(chain: Chain, databases: Databases) -> Relay:
    return Relay(chain, databases, *loops(chain, databases, of_keys(KEYS.relayer, NEW)))


def name(relay: Relay, address: bytes) -> None:
    relayer_key.name(relay.databases, address, 5.0)


def states(relay: Relay) -> dict[bytes, str]:
    return {one.address: one.state for one in relayer_key.look(relay.databases)}


def senders(relay: Relay) -> list[bytes]:
    """Of every transaction that was ever stored, in order."""
    with relay.databases.relay.connect() as connection:
        rows = connection.exec_driver_sql("select sender from transactions order by id").all()
    return [bytes(row[0]) for row in rows]


def once(relay: Relay, count: int) -> None:
    """Everything accepted is final; nothing is on the ledger twice, nothing was refused on the way."""
    assert relay.statuses() == [True] * count
    applied = Counter(one.digest for one in relay.chain.events() if isinstance(one, ActionApplied))
    assert set(applied.values()) <= {1}
    assert not [one for one in relay.chain.events() if isinstance(one, ActionRefused)]
    assert relay.relayer.flights == []


def chained(relay: Relay, carrier: Member, shipper: Member) -> tuple[SignedAction, SignedAction]:
    """An issue, and its acceptance, which the ledger refuses before it."""
    chain = relay.chain
    first = issue(chain, carrier, shipper)
    snapshot = chain.rpc.call("evm_snapshot")
    chain.execute(first)
    second = chain.prepare(shipper, EBL, "ACCEPT", first.action.document, counterparty=carrier.id, endorsee=shipper.id)
    chain.rpc.call("evm_revert", snapshot)
    return first, second


def test_the_new_key_sends_only_when_everything_of_the_old_one_is_final(
    relay: Relay, carrier: Member, shipper: Member
) -> None:
    first, second = chained(relay, carrier, shipper)
    relay.accept(first)
    relay.step()
    name(relay, NEW_ADDRESS)
    relay.accept(second)
    for _ in range(3):
        relay.step()
    assert senders(relay) == [OLD_ADDRESS]  # the first is not final, and the second waits for it
    assert states(relay) == {OLD_ADDRESS: "at work", NEW_ADDRESS: "next"}
    relay.mine()
    assert states(relay) == {OLD_ADDRESS: "former", NEW_ADDRESS: "at work"}
    relay.mine()
    assert senders(relay) == [OLD_ADDRESS, NEW_ADDRESS]
    once(relay, 2)


def test_final_means_as_deep_as_the_setting_says(relay: Relay, carrier: Member, shipper: Member) -> None:
    relay.indexer._confirmations = 3
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    name(relay, NEW_ADDRESS)
    for _ in range(3):
        relay.mine()
        assert states(relay)[OLD_ADDRESS] == "at work"
    relay.mine()
    assert states(relay)[OLD_ADDRESS] == "former"


def test_an_idle_relayer_changes_at_once(relay: Relay) -> None:
    name(relay, NEW_ADDRESS)
    relay.step()
    assert states(relay) == {OLD_ADDRESS: "former", NEW_ADDRESS: "at work"}


def test_under_load_everything_is_final_once_and_both_keys_have_sent(
    relay: Relay, carrier: Member, shipper: Member
) -> None:
    accepted = 0
    for turn in range(12):
        relay.accept(*(issue(relay.chain, carrier, shipper) for _ in range(4)))
        accepted += 4
        if turn == 3:
            name(relay, NEW_ADDRESS)
        relay.step()
        if turn % 2:
            relay.mine()
    for _ in range(8):
        relay.mine()
    once(relay, accepted)
    sent = senders(relay)
    assert set(sent) == {OLD_ADDRESS, NEW_ADDRESS}
    assert sent == sorted(sent, key=[OLD_ADDRESS, NEW_ADDRESS].index)


def test_a_key_that_nobody_has_stops_nothing(relay: Relay, carrier: Member, shipper: Member) -> None:
    name(relay, THIRD_ADDRESS)
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    relay.mine()
    once(relay, 1)
    assert states(relay) == {OLD_ADDRESS: "at work", THIRD_ADDRESS: "next"}
    assert relay.relayer.refusals.total() > 0
    relayer_key.withdraw(relay.databases)
    name(relay, NEW_ADDRESS)
    relay.step()
    assert states(relay)[NEW_ADDRESS] == "at work"


def test_what_is_withdrawn_in_time_changes_nothing(relay: Relay, carrier: Member, shipper: Member) -> None:
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    name(relay, NEW_ADDRESS)
    relay.step()
    assert relayer_key.withdraw(relay.databases) == NEW_ADDRESS
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    relay.mine()
    once(relay, 2)
    assert set(senders(relay)) == {OLD_ADDRESS}
    with pytest.raises(NotFound):
        relayer_key.withdraw(relay.databases)


def test_one_account_at_a_time_follows_and_none_that_is_at_work_or_has_power(relay: Relay, carrier: Member) -> None:
    for wrong in (carrier.addresses[0],):
        relay.step()
        with pytest.raises(InvalidInput, match="a party's"):
            name(relay, wrong)
    with pytest.raises(Conflict, match="at work"):
        name(relay, OLD_ADDRESS)
    name(relay, THIRD_ADDRESS)
    name(relay, THIRD_ADDRESS)
    with pytest.raises(Conflict, match="one at a time"):
        name(relay, NEW_ADDRESS)


def test_an_old_key_that_is_lost_is_replaced_all_the_same(relay: Relay, carrier: Member, shipper: Member) -> None:
    """What it sent has its bytes stored: they are sent again without it."""
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    relay.chain.rpc.call("anvil_dropAllTransactions")
    name(relay, NEW_ADDRESS)
    relay.restart(of_keys(NEW))
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    relay.mine()
    relay.mine()
    once(relay, 2)
    assert senders(relay) == [OLD_ADDRESS, NEW_ADDRESS]


def test_without_the_key_that_is_at_work_acts_wait_and_what_was_sent_becomes_final(
    relay: Relay, carrier: Member, shipper: Member
) -> None:
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    relay.restart(of_keys(NEW))
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    relay.mine()
    assert [one.outbox_id for one in relay.outcomes()] == [1]
    assert relay.relayer.refusals == {"WrongKey": relay.relayer.refusals.total()}
    name(relay, NEW_ADDRESS)
    relay.step()
    relay.mine()
    once(relay, 2)


def test_a_thief_who_spends_the_old_keys_nonces_holds_nothing_up(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The acts of a transaction whose nonce is gone are sent by the new key."""
    monkeypatch.setattr("portledger.relay.relayer.RESEND_SECONDS", 0)
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    chain = relay.chain
    chain.rpc.call("anvil_dropAllTransactions")
    nonce = chain.rpc.nonce(OLD_ADDRESS)
    theft = ChainTransaction(nonce, 21_000, bytes(19) + b"\x05", b"").sign(KEYS.relayer, chain.deployment.chain_id)
    chain.rpc.send_raw(theft)
    chain.mine()
    name(relay, NEW_ADDRESS)
    relay.restart(of_keys(KEYS.relayer, NEW))
    for _ in range(4):
        relay.mine()
    once(relay, 1)
    assert senders(relay) == [OLD_ADDRESS, NEW_ADDRESS]


def test_a_key_may_come_back(relay: Relay, carrier: Member, shipper: Member) -> None:
    for address in (NEW_ADDRESS, OLD_ADDRESS):
        relay.accept(issue(relay.chain, carrier, shipper))
        relay.step()
        relay.mine()
        name(relay, address)
        relay.step()
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    relay.mine()
    once(relay, 3)
    assert senders(relay) == [OLD_ADDRESS, NEW_ADDRESS, OLD_ADDRESS]


# --- deaths on the way ------------------------------------------------------------------------------------------------


class Died(BaseException):
    """As by kill -9."""


def step_and_mine(relay: Relay) -> None:
    relay.step()
    relay.mine()


POINTS = ["rotate.noticed", "rotate.before_change", "rotate.inside_change", "rotate.after_change"]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("lost", [False, True], ids=["both keys", "the old one lost"])
def test_a_relayer_that_dies_on_the_way_goes_on_where_it_was(
    relay: Relay, carrier: Member, shipper: Member, point: str, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = chained(relay, carrier, shipper)
    relay.accept(first)
    relay.step()
    name(relay, NEW_ADDRESS)
    relay.accept(second)

    def die(passed: str) -> None:
        if passed == point:
            raise Died

    with monkeypatch.context() as dying:
        dying.setattr("portledger.relay.relayer.faults.point", die)
        with pytest.raises(Died):
            step_and_mine(relay)
    relay.restart(of_keys(NEW) if lost else of_keys(KEYS.relayer, NEW))
    for _ in range(3):
        relay.mine()
    once(relay, 2)
    assert senders(relay) == [OLD_ADDRESS, NEW_ADDRESS]
    assert states(relay) == {OLD_ADDRESS: "former", NEW_ADDRESS: "at work"}


# --- the chain goes back ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ring", [of_keys(KEYS.relayer, NEW), of_keys(NEW)], ids=["both keys", "the old one destroyed"])
def test_a_chain_that_forgets_transactions_of_both_keys_gets_them_again_in_their_order(
    relay: Relay, carrier: Member, shipper: Member, ring: Ring
) -> None:
    first, second = chained(relay, carrier, shipper)
    chain = relay.chain
    snapshot = chain.rpc.call("evm_snapshot")
    relay.accept(first)
    relay.accept_party_act(party_act(chain, shipper, PartyAct.ROTATE_ENCRYPTION_KEY, b"\5" * 32))
    relay.step()
    relay.mine()
    name(relay, NEW_ADDRESS)
    relay.step()
    relay.accept(second)
    relay.step()
    relay.mine()
    once(relay, 3)
    chain.rpc.call("evm_revert", snapshot)
    for _ in range(3):
        chain.mine()
    relay.restart(ring)
    step = Loops(relay.indexer, relay.relayer)._relay()
    while relay.indexer.step():
        pass
    assert relay.relayer.lost_outcomes()
    step()
    relay.accept(issue(chain, carrier, shipper))
    pending = chain.rpc.call("txpool_content")["pending"]
    assert [one.lower() for one in pending] == ["0x" + OLD_ADDRESS.hex()]
    for _ in range(4):
        relay.mine()
    once(relay, 4)
    assert senders(relay)[-1] == NEW_ADDRESS


def test_a_refusals_reason_is_asked_for_as_the_flights_own_sender(
    relay: Relay, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes | None] = []
    eth_call = relay.chain.rpc.eth_call

    def heard(to: bytes | None, data: bytes, sender: bytes | None = None, block: int | str = "latest") -> bytes:
        asked.append(sender)
        return eth_call(to, data, sender, block)

    relay.accept_party_act(party_act(relay.chain, shipper, PartyAct.BUMP_EPOCH, nonce=7))
    relay.step()
    name(relay, NEW_ADDRESS)
    relay.restart(of_keys(NEW))
    monkeypatch.setattr(relay.chain.rpc, "eth_call", heard)
    relay.mine()
    assert relay.statuses() == [False]
    assert OLD_ADDRESS in asked
    assert NEW_ADDRESS not in asked
