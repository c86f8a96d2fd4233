"""A chain that forgot blocks: what was final and is lost is carried again, what is still there is left alone."""

import pytest
from tests.support.node import KEYS, Chain, Member
from tests.support.relay import Relay, issue, party_act

from portledger.chain.rpc import NodeUnreachable
from portledger.domain.codes import DAY, PartyAct
from portledger.domain.events import Appointed, Frozen, PartyChanged
from portledger.relay.loops import Loops
from portledger.services import calls
from portledger.store.outbox import Sender

REASON = b"\7" * 32


@pytest.fixture
def old(relay: Relay, carrier: Member, shipper: Member) -> Relay:
    """A relay with one of everything final, before the moment that the chain goes back to."""
    chain = relay.chain
    act = issue(chain, carrier, shipper)
    relay.accept(act)
    relay.step()
    relay.mine()
    document = act.action.document
    relay.accept_call(Sender.GUARDIAN, calls.freeze(document, chain.now() + DAY, REASON))
    relay.accept_call(Sender.GOVERNOR, calls.appoint(2, b"\x11" * 20))
    relay.accept_call(Sender.REGISTRAR, calls.suspend(carrier.id, chain.now() + 1000), carrier.id)
    relay.accept_party_act(party_act(chain, shipper, PartyAct.BUMP_EPOCH))
    relay.step()
    relay.mine()
    assert relay.statuses() == [True] * 5
    return relay


def lose(relay: Relay, shipper: Member) -> None:
    """One more party act is final, then its block is lost."""
    snapshot = relay.chain.rpc.call("evm_snapshot")
    relay.accept_party_act(party_act(relay.chain, shipper, PartyAct.LOCK))
    relay.step()
    relay.mine()
    assert relay.statuses() == [True] * 6
    relay.chain.rpc.call("evm_revert", snapshot)
    relay.chain.mine()


def catch_up(relay: Relay) -> None:
    while relay.indexer.step():
        pass


def counted(chain: Chain) -> dict[str, int]:
    events = chain.events()
    return {one.__name__: sum(isinstance(event, one) for event in events) for one in (Appointed, Frozen, PartyChanged)}


def test_only_what_is_lost_is_taken_back_and_nothing_is_done_twice(old: Relay, shipper: Member) -> None:
    before = counted(old.chain)
    lose(old, shipper)
    catch_up(old)
    old.relayer.chain_went_back()
    assert sorted(one.outbox_id for one in old.outcomes()) == [1, 2, 3, 4, 5]
    old.mine()
    old.mine()
    assert old.statuses() == [True] * 6
    assert old.relayer.flights == []
    assert counted(old.chain) == {**before, "PartyChanged": before["PartyChanged"] + 1}


def test_a_new_life_notices_what_the_last_one_could_not_act_on(old: Relay, shipper: Member) -> None:
    """The process died after the read model was built anew and before the outcomes were taken back."""
    lose(old, shipper)
    catch_up(old)
    old.restart()
    assert old.indexer.rebuilds == 0
    assert old.relayer.lost_outcomes()
    step = Loops(old.indexer, old.relayer)._relay()
    catch_up(old)
    step()
    old.mine()
    assert old.statuses() == [True] * 6
    old.restart()
    assert not old.relayer.lost_outcomes()


def test_a_relayer_that_failed_while_the_chain_went_back_takes_back_what_is_lost(
    old: Relay, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops = Loops(old.indexer, old.relayer)
    step = loops._relay()
    catch_up(old)
    step()
    lose(old, shipper)
    catch_up(old)
    assert old.indexer.rebuilds == 1

    def unreachable(*_: object) -> int:
        raise NodeUnreachable("nothing", "an answer")

    with monkeypatch.context() as failing:
        failing.setattr(old.chain.rpc, "nonce", unreachable)
        with pytest.raises(NodeUnreachable):
            step()
    step = loops._relay()
    step()
    old.mine()
    assert old.statuses() == [True] * 6


def test_nothing_is_taken_back_while_the_read_model_is_being_built(
    old: Relay, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portledger.relay.indexer.MAX_BLOCKS", 1)
    loops = Loops(old.indexer, old.relayer)
    step = loops._relay()
    catch_up(old)
    step()
    lose(old, shipper)
    while old.indexer.step():
        if not old.indexer.complete:
            step()
            assert old.statuses() == [True] * 6
    step()
    assert sorted(one.outbox_id for one in old.outcomes()) == [1, 2, 3, 4, 5]


def test_a_party_act_that_somebody_carries_again_on_the_new_chain_stays_final(old: Relay, shipper: Member) -> None:
    snapshot = old.chain.rpc.call("evm_snapshot")
    signed = party_act(old.chain, shipper, PartyAct.LOCK)
    old.accept_party_act(signed)
    old.step()
    old.mine()
    old.chain.rpc.call("evm_revert", snapshot)
    old.chain.transact(KEYS.deployer, calls.party_act(signed))
    catch_up(old)
    old.relayer.chain_went_back()
    assert old.statuses() == [True] * 6
    for _ in range(3):
        old.mine()
    assert old.statuses() == [True] * 6
    assert old.relayer.flights == []


def test_an_act_refused_on_the_lost_chain_does_not_come_back(old: Relay, carrier: Member, shipper: Member) -> None:
    """Its refusal was told; its transaction keeps its nonce and brings what was in it besides."""
    snapshot = old.chain.rpc.call("evm_snapshot")
    act = issue(old.chain, shipper, carrier)  # no carrier
    old.accept(act)
    old.step()
    old.mine()
    assert old.statuses() == [True] * 5 + [False]
    old.chain.rpc.call("evm_revert", snapshot)
    old.chain.mine()
    catch_up(old)
    old.relayer.chain_went_back()
    for _ in range(3):
        old.mine()
    assert old.statuses() == [True] * 5 + [False]
    assert old.relayer.flights == []
