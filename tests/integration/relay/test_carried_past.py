"""What somebody carried to the chain past the gateway, while the gateway also holds it: done is done, for everyone.

docs/protocol §13, A12 and A13: the digest found applied decides, not the refusal of our own transaction.
"""

from dataclasses import replace

import pytest
from tests.support.node import KEYS, Chain, Member, consents, key
from tests.support.relay import Relay, issue, party_act

from portledger.chain import encoding, reverts
from portledger.domain.actions import AccountConsent, Registration, Veto
from portledger.domain.codes import DAY, FULL_SCOPE, ZERO, PartyAct, Role
from portledger.domain.errors import BadParameter, NotVetoable, PartyInactive
from portledger.domain.hashing import keccak
from portledger.domain.parties import account_value
from portledger.domain.signatures import address_of, sign
from portledger.services import calls
from portledger.services.consortium import append_call
from portledger.store.outbox import Sender

ACTS = {
    "rotation": (PartyAct.ROTATE_ENCRYPTION_KEY, keccak(b"a key")),
    "lock": (PartyAct.LOCK, ZERO),
    "bump": (PartyAct.BUMP_EPOCH, ZERO),
    "proposed account": (PartyAct.ADD_ACCOUNT, account_value(address_of(key("new")), FULL_SCOPE)),
}


def carry(relay: Relay, call: bytes, private_key: bytes = KEYS.deployer) -> bytes:
    """Somebody else's transaction, mined; its hash."""
    return bytes.fromhex(relay.chain.transact(private_key, call)["transactionHash"][2:])


def catch_up(relay: Relay) -> None:
    while relay.indexer.step():
        pass


@pytest.mark.parametrize("what", ACTS)
def test_a_party_act_mined_before_it_is_sent_is_final(what: str, relay: Relay, shipper: Member) -> None:
    signed = party_act(relay.chain, shipper, *ACTS[what])
    relay.accept_party_act(signed)
    tx = carry(relay, calls.party_act(signed))
    relay.step()
    relay.mine()
    (found,) = relay.outcomes()
    assert (found.final, found.tx) == (True, tx)


@pytest.mark.parametrize("what", ACTS)
def test_a_party_act_mined_before_it_is_sent_is_final_though_nobody_has_read_that_block(
    what: str, relay: Relay, shipper: Member
) -> None:
    catch_up(relay)
    signed = party_act(relay.chain, shipper, *ACTS[what])
    relay.accept_party_act(signed)
    tx = carry(relay, calls.party_act(signed))
    for _ in range(3):
        relay.relayer.step(relay.indexer.confirmed)  # the indexer stands before the block
    assert relay.outcomes() == []
    relay.mine()
    relay.mine()
    assert [(one.final, one.tx) for one in relay.outcomes()] == [(True, tx)]


def test_a_party_act_that_overtakes_our_transaction_is_final(relay: Relay, shipper: Member) -> None:
    signed = party_act(relay.chain, shipper, PartyAct.LOCK)
    relay.accept_party_act(signed)
    relay.step()
    ours = relay.relayer.flights[0].tx
    relay.chain.rpc.call("anvil_dropTransaction", "0x" + ours.hash.hex())
    tx = carry(relay, calls.party_act(signed))
    relay.chain.rpc.send_raw(ours.raw)
    relay.mine()
    assert [(one.final, one.tx) for one in relay.outcomes()] == [(True, tx)]


def test_a_party_act_that_overtook_us_while_we_were_dead_is_final(relay: Relay, shipper: Member) -> None:
    signed = party_act(relay.chain, shipper, PartyAct.LOCK)
    relay.accept_party_act(signed)
    relay.step()
    ours = relay.relayer.flights[0].tx
    relay.chain.rpc.call("anvil_dropTransaction", "0x" + ours.hash.hex())
    carry(relay, calls.party_act(signed))
    relay.restart()
    relay.relayer.step(relay.indexer.confirmed)
    relay.mine()
    assert relay.statuses() == [True]


def test_a_party_act_under_another_ones_nonce_is_refused(relay: Relay, shipper: Member) -> None:
    """The party signed two acts for one place in its log: the one that somebody carried holds it."""
    ours = party_act(relay.chain, shipper, PartyAct.BUMP_EPOCH)
    other = party_act(relay.chain, shipper, PartyAct.ROTATE_ENCRYPTION_KEY, keccak(b"a key"))
    relay.accept_party_act(ours)
    carry(relay, calls.party_act(other))
    relay.step()
    relay.mine()
    assert relay.statuses() == [False]


def proposal(chain: Chain, party: Member, what: PartyAct, value: bytes) -> bytes:
    """A registrar's proposal, on the ledger; its changeId."""
    head = chain.ledger.party_head(party.id)
    chain.send(KEYS.registrar, "propose", party.id, int(what), value)
    return keccak(party.id.to_bytes(32, "big"), int(what).to_bytes(32, "big"), value, head)


def test_a_veto_that_somebody_else_carried_is_final(relay: Relay, shipper: Member) -> None:
    change = proposal(relay.chain, shipper, PartyAct.SET_PROFILE, keccak(b"a profile"))
    signature = sign(Veto(shipper.id, change).digest(relay.chain.domain), shipper.keys[0])
    relay.accept_veto(shipper.id, change, signature)
    tx = carry(relay, calls.veto(change, signature))
    relay.relayer.step(relay.indexer.confirmed)
    relay.mine()
    assert [(one.final, one.tx) for one in relay.outcomes()] == [(True, tx)]


def test_a_veto_after_another_account_s_veto_is_final_too(relay: Relay, chain: Chain) -> None:
    """One digest for all accounts of the party: the party's veto."""
    party = chain.register(Role.BANK, accounts=2)
    change = proposal(chain, party, PartyAct.SET_PROFILE, keccak(b"a profile"))
    digest = Veto(party.id, change).digest(chain.domain)
    relay.accept_veto(party.id, change, sign(digest, party.keys[0]))
    carry(relay, calls.veto(change, sign(digest, party.keys[1])))
    relay.step()
    relay.mine()
    assert relay.statuses() == [True]


def test_a_veto_of_what_was_enacted_is_refused(relay: Relay, shipper: Member) -> None:
    change = proposal(relay.chain, shipper, PartyAct.SET_PROFILE, keccak(b"a profile"))
    signature = sign(Veto(shipper.id, change).digest(relay.chain.domain), shipper.keys[0])
    relay.accept_veto(shipper.id, change, signature)
    relay.chain.advance(14 * DAY)
    carry(relay, calls.enact(change, b""))
    relay.step()
    relay.mine()
    assert relay.statuses() == [False]
    assert reverts.decode(relay.outcomes()[0].reason or b"") == NotVetoable(change_id=change)


def test_an_enactment_that_somebody_else_carried_with_other_bytes_is_final(relay: Relay, shipper: Member) -> None:
    """Nobody signs an enactment: the same change enacted is the same act, whatever stood in the unused consent."""
    change = proposal(relay.chain, shipper, PartyAct.SET_PROFILE, keccak(b"a profile"))
    relay.chain.advance(14 * DAY)
    relay.accept_enactment(shipper.id, change, b"")
    tx = carry(relay, calls.enact(change, b"unused"))
    relay.step()
    relay.mine()
    assert [(one.final, one.tx) for one in relay.outcomes()] == [(True, tx)]


def test_an_enactment_of_what_was_vetoed_is_refused(relay: Relay, shipper: Member) -> None:
    change = proposal(relay.chain, shipper, PartyAct.SET_PROFILE, keccak(b"a profile"))
    relay.accept_enactment(shipper.id, change, b"")
    carry(relay, calls.veto(change, sign(Veto(shipper.id, change).digest(relay.chain.domain), shipper.keys[0])))
    relay.chain.advance(14 * DAY)
    relay.step()
    relay.mine()
    assert relay.statuses() == [False]


def test_an_account_that_consents_twice_is_added_once_and_both_enactments_are_final(
    relay: Relay, shipper: Member
) -> None:
    value = account_value(address_of(key("second")), FULL_SCOPE)
    change = proposal(relay.chain, shipper, PartyAct.ADD_ACCOUNT, value)
    consent = AccountConsent(shipper.id, address_of(key("second")), FULL_SCOPE, change).digest(relay.chain.domain)
    relay.chain.advance(14 * DAY)
    call = calls.enact(change, sign(consent, key("second")))
    relay.accept_enactment(shipper.id, change, sign(consent, key("second")))
    carry(relay, call)
    relay.relayer.step(relay.indexer.confirmed)
    relay.mine()
    assert relay.statuses() == [True]


def test_a_registration_that_the_registrar_sent_from_elsewhere_is_final(relay: Relay, chain: Chain) -> None:
    """Its consents fit one party id, so that it happens once; the registrar's own node may have sent it."""
    secret, party = key("registered elsewhere"), chain.ledger.last_party() + 1
    bare = Registration(
        keccak(b"profile"), int(Role.BANK), keccak(b"key"), 1, False, (address_of(secret),), (FULL_SCOPE,)
    )
    call = calls.register(replace(bare, consents=consents(chain.domain, party, bare, [secret])))
    relay.accept_call(Sender.REGISTRAR, call, party)
    tx = carry(relay, call, KEYS.registrar)
    relay.step()
    relay.mine()
    assert [(one.final, one.tx) for one in relay.outcomes()] == [(True, tx)]


def test_the_same_words_of_a_power_are_another_call_each_time(relay: Relay, shipper: Member) -> None:
    """reinstate has one digest for ever: that it was done once says nothing about the next one."""
    chain, again = relay.chain, calls.reinstate(shipper.id)
    relay.accept_call(Sender.GOVERNOR, calls.suspend(shipper.id, chain.now() + 1000), shipper.id)
    relay.accept_call(Sender.GOVERNOR, again, shipper.id)
    relay.step()
    relay.mine()
    with relay.databases.intake.begin() as connection:
        append_call(connection, Sender.GOVERNOR, again, 0.0, shipper.id)
    relay.step()
    relay.mine()
    assert relay.statuses() == [True, True, False]
    assert isinstance(reverts.decode(relay.outcomes()[-1].reason or b""), BadParameter)


def test_a_document_act_mined_before_it_is_sent_is_final_though_nobody_has_read_that_block(
    relay: Relay, carrier: Member, shipper: Member
) -> None:
    catch_up(relay)
    ours, good = issue(relay.chain, carrier, shipper), issue(relay.chain, carrier, shipper)
    relay.accept(ours, good)
    tx = carry(relay, encoding.execute(ours))
    for _ in range(3):
        relay.relayer.step(relay.indexer.confirmed)
    relay.chain.mine()
    relay.relayer.step(relay.indexer.confirmed)
    assert relay.outcomes() == []
    relay.step()
    assert relay.statuses() == [True, True]
    assert {one.outbox_id: one.tx for one in relay.outcomes()}[1] == tx


def test_every_item_of_a_batch_copied_out_of_the_pool_is_final(relay: Relay, carrier: Member, shipper: Member) -> None:
    acts = [issue(relay.chain, carrier, shipper) for _ in range(3)]
    relay.accept(*acts)
    relay.step()
    ours = relay.relayer.flights[0].tx
    relay.chain.rpc.call("anvil_dropTransaction", "0x" + ours.hash.hex())
    carry(relay, encoding.execute_batch(acts))
    relay.chain.rpc.send_raw(ours.raw)
    relay.mine()
    assert relay.statuses() == [True, True, True]


def test_a_refusal_by_the_ledger_says_why(relay: Relay, shipper: Member) -> None:
    relay.accept_party_act(party_act(relay.chain, shipper, PartyAct.ROTATE_ENCRYPTION_KEY, keccak(b"a key")))
    relay.chain.send(KEYS.registrar, "suspend", shipper.id, relay.chain.now() + 1000)
    relay.step()
    relay.mine()
    assert relay.statuses() == [False]
    assert reverts.decode(relay.outcomes()[0].reason or b"") == PartyInactive(party=shipper.id, why=2)
