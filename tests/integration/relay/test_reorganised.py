"""A chain whose newest blocks may go, with confirmations, and a node that drops what waits.

What was lost is sent again, the same bytes, and nothing that was final changes.
"""

import pytest
from tests.support.node import Chain, Member
from tests.support.relay import Relay, issue

from portledger import resources
from portledger.chain.rpc import hexed
from portledger.relay import relayer as relayer_module
from portledger.relay.indexer import Indexer, Place
from portledger.services.ledger import Ledger
from portledger.store import outbox

CONFIRMATIONS = 3


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relayer_module, "RESEND_SECONDS", 0.0)


@pytest.fixture
def deep(relay: Relay, chain: Chain) -> Relay:
    ledger = Ledger(chain.deployment, relay.databases, resources.kinds())
    relay.indexer = Indexer(
        chain.rpc, Place(chain.deployment.ledger, chain.deployment.block), relay.databases.ledger, ledger.effects_of,
        confirmations=CONFIRMATIONS,
    )  # fmt: skip
    return relay


def hashes(relay: Relay) -> list[bytes]:
    """Of the transactions that are not settled."""
    with relay.databases.relay.connect() as connection:
        return [one.hash for one in outbox.unsettled(connection)]


@pytest.mark.parametrize("restarted", [False, True], ids=["living", "with a new life in between"])
@pytest.mark.parametrize("depth", range(1, CONFIRMATIONS + 1))
def test_what_a_reorganisation_takes_is_sent_again_as_it_was_and_what_was_final_stays(
    depth: int, restarted: bool, deep: Relay, carrier: Member, shipper: Member
) -> None:
    deep.accept(issue(deep.chain, carrier, shipper))
    for _ in range(CONFIRMATIONS + 2):
        deep.mine()
    assert deep.statuses() == [True]
    before = deep.outcomes()
    deep.accept(issue(deep.chain, carrier, shipper), issue(deep.chain, carrier, shipper))
    deep.step()
    sent = hashes(deep)
    for _ in range(depth):
        deep.mine()
    assert deep.outcomes() == before
    deep.chain.rpc.call("anvil_reorg", depth, [])
    assert deep.chain.rpc.receipt(sent[0]) is None
    if restarted:
        indexer = deep.indexer
        deep.restart()
        deep.indexer = indexer
    deep.step()
    assert deep.outcomes() == before
    assert hashes(deep) == sent
    for _ in range(CONFIRMATIONS + 3):
        deep.mine()
    assert deep.statuses() == [True, True, True]
    assert deep.outcomes()[: len(before)] == before
    assert {one.tx for one in deep.outcomes()[1:]} == set(sent)
    assert deep.indexer.rebuilds == 0


def test_a_dropped_transaction_is_sent_again_as_it_was(relay: Relay, carrier: Member, shipper: Member) -> None:
    relay.accept(*[issue(relay.chain, carrier, shipper) for _ in range(5)])
    relay.step()
    sent = hashes(relay)
    assert len(sent) == 2
    for one in sent:
        relay.chain.rpc.call("anvil_dropTransaction", hexed(one))
        assert relay.chain.rpc.transaction(one) is None
    for _ in range(4):
        relay.mine()
    assert relay.statuses() == [True] * 5
    assert list(dict.fromkeys(one.tx for one in relay.outcomes())) == sent
