"""A relayer whose key is elsewhere: what the signing service does wrong delays acts, and changes nothing else."""

from collections.abc import Iterator

import pytest
from tests.support.node import KEYS, Chain, Member
from tests.support.relay import Relay, issue, loops, party_act
from tests.support.signing_service import LIES, SigningService, signing_service

from portledger.chain.remote_signer import SigningService as Remote
from portledger.chain.signers import Ring
from portledger.domain.codes import DAY, PartyAct
from portledger.domain.events import ActionApplied
from portledger.domain.signatures import address_of
from portledger.services import calls
from portledger.services.ledger import Databases
from portledger.store import outbox
from portledger.store.outbox import Sender, Transaction


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portledger.relay.relayer.SIGN_AGAIN_SECONDS", 0)


@pytest.fixture
def service() -> Iterator[SigningService]:
    with signing_service(KEYS.relayer) as made:
        yield made


def ring(service: SigningService, seconds: float = 30) -> Ring:
    return Ring([Remote(service.url, seconds=seconds)])


@pytest.fixture
def relay(chain: Chain, databases: Databases, service: SigningService) -> Relay:
    return Relay(chain, databases, *loops(chain, databases, ring(service)))


def transactions(relay: Relay) -> list[Transaction]:
    with relay.databases.relay.connect() as connection:
        return outbox.unsettled(connection)


def carried(chain: Chain) -> list[bytes]:
    return [one.digest for one in chain.events() if isinstance(one, ActionApplied)]


def test_acts_are_carried_with_a_key_that_is_elsewhere(relay: Relay, carrier: Member, shipper: Member) -> None:
    relay.accept(*(issue(relay.chain, carrier, shipper) for _ in range(5)))
    relay.accept_party_act(party_act(relay.chain, shipper, PartyAct.BUMP_EPOCH))
    relay.step()
    assert {one.sender for one in transactions(relay)} == {address_of(KEYS.relayer)}
    relay.mine()
    assert relay.statuses() == [True] * 6


@pytest.mark.parametrize("wrong", [*LIES, "high s", "other key", "refuses", "http 500", "silent", "huge", "no json"])
def test_while_the_service_does_wrong_acts_wait_and_no_nonce_is_given(
    relay: Relay, service: SigningService, carrier: Member, shipper: Member, wrong: str
) -> None:
    before = relay.chain.rpc.nonce(address_of(KEYS.relayer))
    relay.accept(issue(relay.chain, carrier, shipper))
    impatient = Remote(service.url, seconds=0.3).signer(address_of(KEYS.relayer))
    if wrong == "silent":
        relay.relayer.ring._known[impatient.address] = impatient
    service.mode = wrong
    for _ in range(2):
        relay.step()
        relay.mine()
    assert transactions(relay) == []
    assert relay.relayer.refusals.total() >= 2
    assert len(relay.relayer.queue) == 1
    assert relay.chain.rpc.nonce(address_of(KEYS.relayer), "pending") == before
    service.mode = "signs"
    relay.relayer.ring._known.clear()
    relay.step()
    assert [one.nonce for one in transactions(relay)] == [before]
    relay.mine()
    assert relay.statuses() == [True]
    assert len(carried(relay.chain)) == 1


def test_what_was_refused_is_counted_by_its_reason(
    relay: Relay, service: SigningService, carrier: Member, shipper: Member
) -> None:
    relay.accept(issue(relay.chain, carrier, shipper))
    for mode in ("value", "refuses", "http 500", "http 500"):
        service.mode = mode
        relay.step()
    counted = {"signer_lied": 1, "signer_refused": 1, "signer_unreachable": 2}
    assert {name.lower().replace("_", ""): count for name, count in relay.relayer.refusals.items()} == {
        name.replace("_", ""): count for name, count in counted.items()
    }


def test_a_powers_call_does_not_wait_for_the_relayers_signer(
    relay: Relay, service: SigningService, carrier: Member, shipper: Member
) -> None:
    act = issue(relay.chain, carrier, shipper)
    relay.accept(act)
    relay.step()
    relay.mine()
    service.mode = "http 500"
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    relay.accept_call(Sender.GUARDIAN, calls.freeze(act.action.document, relay.chain.now() + DAY, b"\7" * 32))
    relay.relayer._sign_again = float("inf")
    relay.step()
    relay.mine()
    assert {one.outbox_id: one.final for one in relay.outcomes()} == {1: True, 3: True}


def test_a_death_between_the_signature_and_its_storing_gives_the_nonce_once(
    relay: Relay, service: SigningService, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was signed and not stored is nowhere; the next life signs for the same nonce, and only that is sent."""

    class Died(BaseException):
        """As by kill -9."""

    def die(name: str) -> None:
        if name == "relay.before_store":
            raise Died

    relay.accept(issue(relay.chain, carrier, shipper))
    with monkeypatch.context() as dying:
        dying.setattr("portledger.relay.relayer.faults.point", die)
        with pytest.raises(Died):
            relay.step()
    assert transactions(relay) == []
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.restart(ring(service))
    relay.step()
    relay.mine()
    assert len(set(service.signed)) == 1
    assert len(service.signed) == 2
    assert relay.statuses() == [True, True]
    assert len(carried(relay.chain)) == 2


def test_a_service_that_takes_only_small_requests_gets_small_batches(
    relay: Relay, service: SigningService, carrier: Member, shipper: Member
) -> None:
    act = issue(relay.chain, carrier, shipper)
    relay.accept(act)
    relay.step()
    size = 2 * (len(transactions(relay)[0].raw))
    service.largest = size + 700  # one act fits, two do not
    relay.accept(*(issue(relay.chain, carrier, shipper) for _ in range(6)))
    for _ in range(8):
        relay.step()
        relay.mine()
    assert relay.statuses() == [True] * 7


def test_a_key_that_has_power_is_no_relayers(chain: Chain, databases: Databases, carrier: Member) -> None:
    from portledger.chain.signers import of_keys
    from portledger.domain.vault_errors import WrongKey

    for key in (carrier.keys[0], KEYS.governor, KEYS.registrar, KEYS.guardian):
        with pytest.raises(WrongKey, match="a party's or a power's"):
            loops(chain, databases, of_keys(key))
