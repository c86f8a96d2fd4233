"""Two relayers by mistake on one key: a copied installation, or a lease that did not hold.

Nothing is lost or done twice, and the collision is named and mended.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs
from tests.support.node import KEYS, Chain, Member
from tests.support.relay import Relay, issue, loops

from portledger.chain.transactions import Transaction
from portledger.domain.actions import SignedAction
from portledger.domain.events import ActionApplied
from portledger.domain.signatures import address_of
from portledger.relay import relayer as relayer_module
from portledger.services import queue
from portledger.services.ledger import Databases


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relayer_module, "RESEND_SECONDS", 0.0)


@pytest.fixture
def copy(chain: Chain, tmp_path: Path, relay: Relay) -> Iterator[Relay]:
    """A second installation with the same keys and a database of its own."""
    folder = tmp_path / "copy"
    databases = Databases.open(folder)
    yield Relay(chain, databases, *loops(chain, databases))
    databases.close()


def both(one: Relay, other: Relay, rounds: int) -> None:
    for _ in range(rounds):
        one.step()
        other.step()
        one.chain.mine()


def applied(relay: Relay) -> list[bytes]:
    return [one.document for one in relay.chain.events() if isinstance(one, ActionApplied)]


def documents(acts: list[SignedAction]) -> set[bytes]:
    return {one.action.document for one in acts}


def test_a_copied_installation_loses_and_doubles_nothing(
    relay: Relay, copy: Relay, carrier: Member, shipper: Member
) -> None:
    ours = [issue(relay.chain, carrier, shipper) for _ in range(7)]
    theirs = [issue(relay.chain, carrier, shipper) for _ in range(7)]
    before = len(applied(relay))
    relay.accept(*ours)
    copy.accept(*theirs)
    both(relay, copy, 20)
    assert relay.statuses() == copy.statuses() == [True] * 7
    there = applied(relay)[before:]
    assert len(there) == 14
    assert set(there) == documents(ours) | documents(theirs)


def test_acts_that_both_were_given_are_done_once_and_final_in_both(
    relay: Relay, copy: Relay, carrier: Member, shipper: Member
) -> None:
    acts = [issue(relay.chain, carrier, shipper) for _ in range(7)]
    before = len(applied(relay))
    relay.accept(*acts)
    copy.accept(*acts)
    both(relay, copy, 20)
    assert relay.statuses() == copy.statuses() == [True] * 7
    assert sorted(applied(relay)[before:]) == sorted(documents(acts))


def test_the_collision_is_named_in_the_log_and_in_the_queue(
    relay: Relay, copy: Relay, carrier: Member, shipper: Member
) -> None:
    relay.accept(issue(relay.chain, carrier, shipper))
    copy.accept(issue(relay.chain, carrier, shipper))
    with capture_logs() as logs:
        both(relay, copy, 6)
    named = [one for one in logs if one["event"] == "key_used_elsewhere"]
    assert {one["sender"] for one in named} == {address_of(KEYS.relayer).hex()}
    strangers = [*queue.look(relay.databases, 1).strangers, *queue.look(copy.databases, 1).strangers]
    assert {one.sender for one in strangers} == {address_of(KEYS.relayer)}


def test_who_is_alone_on_a_key_names_nobody(relay: Relay, carrier: Member, shipper: Member) -> None:
    for _ in range(3):
        relay.accept(*[issue(relay.chain, carrier, shipper) for _ in range(4)])
        relay.mine()
        relay.restart()
        relay.mine()
    assert relay.statuses() == [True] * 12
    assert queue.look(relay.databases, 1).strangers == ()


def test_a_relayer_that_was_far_passed_goes_on_above_the_other_ones_nonces(
    relay: Relay, carrier: Member, shipper: Member
) -> None:
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    relay.mine()
    nonce = relay.chain.rpc.nonce(address_of(KEYS.relayer))
    relay.accept(issue(relay.chain, carrier, shipper))
    for ahead in range(20):
        raw = Transaction(nonce + ahead, 21_000, bytes(20), b"").sign(KEYS.relayer, relay.chain.deployment.chain_id)
        relay.chain.rpc.send_raw(raw)
    relay.chain.mine()
    for _ in range(4):
        relay.mine()
    assert relay.statuses() == [True, True]


def test_two_on_one_database_without_a_lease_do_nothing_twice(relay: Relay, carrier: Member, shipper: Member) -> None:
    """What the lease forbids. The database gives each nonce and each outcome once: who comes second fails, and begins
    anew with what the first one wrote."""
    _, second = loops(relay.chain, relay.databases)
    acts = [issue(relay.chain, carrier, shipper) for _ in range(20)]
    before, failures = len(applied(relay)), 0
    for at in range(20):
        relay.accept(*acts[2 * at : 2 * at + 2])
        for one in (relay.relayer, second) if at % 2 else (second, relay.relayer):
            relay.indexer.step()
            try:
                one.step(relay.indexer.confirmed)
            except IntegrityError:
                failures += 1
                one.start()
        relay.chain.mine()
    assert failures
    assert relay.statuses() == [True] * 20
    assert sorted(applied(relay)[before:]) == sorted(documents(acts))
