"""What the indexer takes no node's word for: blocks that may go, a chain shorter for a moment, missing events."""

from typing import Any

import pytest
from tests.support.node import Chain, Member
from tests.support.relay import Relay, issue

from portledger import resources
from portledger.chain.rpc import NodeAnsweredError
from portledger.relay.indexer import BEHIND_SECONDS, EventsMissing, Indexer, Place
from portledger.services.ledger import Ledger
from portledger.store import read_model


class Hours:
    """A monotonic clock in the test's hand, seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def another(relay: Relay, **members: Any) -> Indexer:
    chain = relay.chain
    ledger = Ledger(chain.deployment, relay.databases, resources.kinds())
    place = Place(chain.deployment.ledger, chain.deployment.block)
    return Indexer(chain.rpc, place, relay.databases.ledger, ledger.effects_of, **members)


def catch_up(indexer: Indexer) -> None:
    while indexer.step():
        pass


def shown(relay: Relay, document: bytes) -> bool:
    with relay.databases.ledger.connect() as connection:
        return read_model.document(connection, document) is not None


@pytest.fixture
def behind(chain: Chain) -> str:
    """A snapshot to go back to, as a replica stands that has not got the newest blocks yet."""
    snapshot: str = chain.rpc.call("evm_snapshot")
    return snapshot


def test_an_act_is_shown_only_when_as_many_blocks_as_are_asked_for_follow_it(
    relay: Relay, carrier: Member, shipper: Member
) -> None:
    indexer = another(relay, confirmations=2)
    act = issue(relay.chain, carrier, shipper)
    relay.chain.execute(act)
    seen = []
    for _ in range(3):
        catch_up(indexer)
        seen.append(shown(relay, act.action.document))
        relay.chain.mine()
    assert seen == [False, False, True]


def test_a_reorganisation_that_is_not_deeper_changes_nothing_that_was_shown(
    relay: Relay, carrier: Member, shipper: Member
) -> None:
    indexer = another(relay, confirmations=2)
    kept, lost = issue(relay.chain, carrier, shipper), issue(relay.chain, carrier, shipper)
    relay.chain.execute(kept)
    relay.chain.mine()
    relay.chain.execute(lost)
    catch_up(indexer)
    relay.chain.rpc.call("anvil_reorg", 2, [])
    for _ in range(3):
        relay.chain.mine()
        catch_up(indexer)
    assert (shown(relay, kept.action.document), shown(relay, lost.action.document)) == (True, False)
    assert indexer.rebuilds == 0


def test_a_node_that_stands_below_the_cursor_for_a_moment_is_waited_for(relay: Relay, behind: str) -> None:
    clock = Hours()
    indexer = another(relay, clock=clock)
    relay.chain.mine()
    catch_up(indexer)
    before = indexer.confirmed
    relay.chain.rpc.call("evm_revert", behind)
    catch_up(indexer)
    clock.now = BEHIND_SECONDS
    catch_up(indexer)
    assert (indexer.confirmed, indexer.rebuilds) == (before, 0)


def test_a_node_that_stays_below_the_cursor_has_gone_back(relay: Relay, behind: str) -> None:
    clock = Hours()
    indexer = another(relay, clock=clock)
    relay.chain.mine()
    catch_up(indexer)
    relay.chain.rpc.call("evm_revert", behind)
    catch_up(indexer)
    clock.now = BEHIND_SECONDS + 1
    catch_up(indexer)
    assert indexer.rebuilds == 1
    assert indexer.confirmed is not None
    assert indexer.confirmed.number == relay.chain.rpc.block_number()


def test_blocks_whose_events_the_node_leaves_out_are_not_taken_over(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexer = another(relay)
    catch_up(indexer)
    before = indexer.confirmed
    act = issue(relay.chain, carrier, shipper)
    relay.chain.execute(act)
    with monkeypatch.context() as lagging:
        lagging.setattr(relay.chain.rpc, "logs", lambda *_: [])
        with pytest.raises(EventsMissing):
            indexer.step()
    assert indexer.confirmed == before
    catch_up(indexer)
    assert shown(relay, act.action.document)


def test_an_error_where_the_ledgers_word_is_asked_for_takes_no_unproven_block_over(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexer = another(relay)
    catch_up(indexer)
    act = issue(relay.chain, carrier, shipper)
    relay.chain.execute(act)
    with monkeypatch.context() as failing:
        failing.setattr(relay.chain.rpc, "logs", lambda *_: [])
        failing.setattr(relay.chain.rpc, "eth_call", _internal_error)
        with pytest.raises(EventsMissing):
            indexer.step()
    catch_up(indexer)
    assert shown(relay, act.action.document)


def test_an_error_while_the_newest_block_was_made_again_throws_no_read_model_away(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexer = another(relay)
    act = issue(relay.chain, carrier, shipper)
    relay.chain.execute(act)
    relay.chain.mine()
    catch_up(indexer)
    relay.chain.rpc.call("anvil_reorg", 1, [])
    with monkeypatch.context() as failing:
        failing.setattr(relay.chain.rpc, "eth_call", _internal_error)
        catch_up(indexer)
    assert shown(relay, act.action.document)
    relay.chain.mine()
    catch_up(indexer)
    assert (shown(relay, act.action.document), indexer.rebuilds) == (True, 0)


def test_a_block_whose_state_is_gone_is_held_to_the_newest_state(
    relay: Relay, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a node that was started again from a checkpoint has it: the read model stays, though hashes differ."""
    indexer = another(relay)
    act = issue(relay.chain, carrier, shipper)
    relay.chain.execute(act)
    relay.chain.mine()
    catch_up(indexer)
    relay.chain.rpc.call("anvil_reorg", 1, [])
    later = issue(relay.chain, carrier, shipper)
    relay.chain.execute(later)
    asked = relay.chain.rpc.eth_call

    def newest_only(to: bytes | None, data: bytes, sender: bytes | None = None, block: int | str = "latest") -> bytes:
        if block != "latest":
            raise NodeAnsweredError("eth_call", -32000, "missing trie node")
        return asked(to, data, sender, block)

    monkeypatch.setattr(relay.chain.rpc, "eth_call", newest_only)
    catch_up(indexer)
    assert (shown(relay, act.action.document), shown(relay, later.action.document)) == (True, True)
    assert indexer.rebuilds == 0


def _internal_error(*_: Any, **__: Any) -> bytes:
    raise NodeAnsweredError("eth_call", -32603, "internal error")
