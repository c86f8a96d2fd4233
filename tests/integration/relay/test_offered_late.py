"""What comes to the gateway after somebody carried it to the chain: its status here, and when it is offered."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.node import KEYS, Member
from tests.support.relay import Relay, party_act

from portledger import resources
from portledger.domain.actions import SignedPartyAction, Veto
from portledger.domain.codes import DAY, PartyAct
from portledger.domain.errors import NotReady, SignaturesRefused
from portledger.domain.hashing import keccak
from portledger.domain.refusals import InFlight, NotFound
from portledger.domain.signatures import sign
from portledger.formats import api_json as wire
from portledger.gateway.state import problem_of
from portledger.services import calls
from portledger.services.ledger import Ledger
from portledger.services.party_acts import PartyActs
from portledger.services.status import status_of
from portledger.store import outbox


@pytest.fixture
def ledger(relay: Relay) -> Ledger:
    return Ledger(relay.chain.deployment, relay.databases, resources.kinds())


@pytest.fixture
def door(relay: Relay, ledger: Ledger) -> PartyActs:
    return PartyActs(ledger, relay.chain.rpc, time.time)


def catch_up(relay: Relay) -> None:
    while relay.indexer.step():
        pass


def request(signed: SignedPartyAction) -> wire.PartyActRequest:
    return wire.decode(wire.encode(wire.party_act_json(signed)), wire.PartyActRequest)


def rows(relay: Relay) -> int:
    with relay.databases.intake.connect() as connection:
        return outbox.last_id(connection)


def test_a_party_act_never_offered_here_has_a_status(relay: Relay, ledger: Ledger, shipper: Member) -> None:
    signed = party_act(relay.chain, shipper, PartyAct.LOCK)
    digest = signed.party_action.digest(relay.chain.domain)
    catch_up(relay)
    with pytest.raises(NotFound):
        status_of(ledger, digest, problem_of)
    receipt = relay.chain.transact(KEYS.deployer, calls.party_act(signed))
    catch_up(relay)
    found = status_of(ledger, digest, problem_of)
    assert (found.status, found.transaction) == ("final", receipt["transactionHash"][2:])


def test_a_refused_party_act_that_somebody_gets_through_later_is_final(
    relay: Relay, ledger: Ledger, shipper: Member
) -> None:
    signed = party_act(relay.chain, shipper, PartyAct.ROTATE_ENCRYPTION_KEY, keccak(b"a key"))
    digest = signed.party_action.digest(relay.chain.domain)
    relay.accept_party_act(signed)
    relay.chain.send(KEYS.governor, "suspend", shipper.id, relay.chain.now() + 1000)
    relay.step()
    relay.mine()
    assert status_of(ledger, digest, problem_of).status == "refused"
    relay.chain.send(KEYS.governor, "reinstate", shipper.id)
    relay.chain.transact(KEYS.deployer, calls.party_act(signed))
    catch_up(relay)
    assert status_of(ledger, digest, problem_of).status == "final"


def test_a_party_act_offered_after_somebody_carried_it_is_final(relay: Relay, door: PartyActs, shipper: Member) -> None:
    signed = party_act(relay.chain, shipper, PartyAct.BUMP_EPOCH)
    relay.chain.transact(KEYS.deployer, calls.party_act(signed))
    catch_up(relay)
    assert door.act(request(signed)).status == "final"
    assert rows(relay) == 0


def test_a_party_act_offered_before_the_read_model_has_its_block_is_taken_and_becomes_final(
    relay: Relay, door: PartyActs, shipper: Member
) -> None:
    catch_up(relay)
    signed = party_act(relay.chain, shipper, PartyAct.BUMP_EPOCH)
    relay.chain.transact(KEYS.deployer, calls.party_act(signed))
    assert door.act(request(signed)).status == "accepted"
    relay.step()
    relay.mine()
    assert relay.statuses() == [True]
    assert door.act(request(signed)).status == "final"
    assert rows(relay) == 1


def test_what_the_ledger_refuses_for_another_reason_is_not_taken(
    relay: Relay, door: PartyActs, shipper: Member
) -> None:
    catch_up(relay)
    relay.chain.transact(KEYS.deployer, calls.party_act(party_act(relay.chain, shipper, PartyAct.BUMP_EPOCH)))
    other = party_act(relay.chain, shipper, PartyAct.ROTATE_ENCRYPTION_KEY, keccak(b"a key"))  # under the same nonce
    with pytest.raises(SignaturesRefused):
        door.act(request(other))
    assert rows(relay) == 0


def test_vetoes_and_enactments_offered_late_are_final_too(relay: Relay, door: PartyActs, shipper: Member) -> None:
    chain, changes = relay.chain, []
    for what, value in ((PartyAct.SET_PROFILE, keccak(b"a profile")), (PartyAct.SET_ROLES, bytes(31) + b"\1")):
        head = chain.ledger.party_head(shipper.id)
        changes.append(keccak(shipper.id.to_bytes(32, "big"), int(what).to_bytes(32, "big"), value, head))
        chain.send(KEYS.registrar, "propose", shipper.id, int(what), value)
    catch_up(relay)
    digest = Veto(shipper.id, changes[0]).digest(chain.domain)
    veto = wire.VetoRequest(change_id=changes[0].hex(), signature=sign(digest, shipper.keys[0]).hex())
    enact = wire.EnactRequest(change_id=changes[1].hex())
    with pytest.raises(NotReady):
        door.enact(enact)
    chain.advance(14 * DAY)
    chain.transact(KEYS.deployer, calls.veto(changes[0], sign(digest, shipper.keys[0])))
    chain.transact(KEYS.deployer, calls.enact(changes[1], b"unused"))
    assert door.veto(veto).status == "accepted"
    with pytest.raises(InFlight):
        door.enact(enact)
    relay.step()
    relay.mine()
    assert (door.veto(veto).status, door.enact(enact).status) == ("final", "final")
    assert relay.statuses() == [True]


def test_the_same_party_act_sent_several_times_at_once_is_taken_once(
    relay: Relay, door: PartyActs, shipper: Member
) -> None:
    catch_up(relay)
    signed = request(party_act(relay.chain, shipper, PartyAct.BUMP_EPOCH))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: door.act(signed).status, range(16)))
    assert answers == ["accepted"] * 16
    assert rows(relay) == 1


def test_of_several_party_acts_at_once_one_is_taken(relay: Relay, door: PartyActs, shipper: Member) -> None:
    catch_up(relay)
    signed = [
        request(party_act(relay.chain, shipper, PartyAct.ROTATE_ENCRYPTION_KEY, keccak(bytes([n])))) for n in range(8)
    ]

    def offered(one: wire.PartyActRequest) -> str:
        try:
            return door.act(one).status
        except InFlight:
            return "in flight"

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(offered, signed))
    assert answers == ["accepted"] + ["in flight"] * 7
    assert rows(relay) == 1
