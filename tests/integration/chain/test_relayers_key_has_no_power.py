"""Who has the relayer's key can do nothing to a document or a party: every function of the contract, called with it.

The relayer's account sends the transactions, and signs, where something is signed, for parties that are not its own.
Each time the ledger refuses, and nothing on it is different afterwards.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.support.node import HOUR, KEYS, Chain, Member, consents, key, register

from portledger import resources
from portledger.chain import encoding
from portledger.chain.artifacts import ledger_artifact
from portledger.chain.deploy import define_kind
from portledger.domain.actions import PartyAction, Registration, SignedAction, SignedPartyAction, Veto
from portledger.domain.codes import DAY, FULL_SCOPE, PartyAct, Power, Role, Source
from portledger.domain.errors import (
    LedgerError,
    NoRule,
    NotReady,
    PowerMissing,
    SignaturesRefused,
)
from portledger.domain.events import ActionRefused
from portledger.domain.parties import account_value
from portledger.domain.signatures import address_of, join, sign
from portledger.services import calls

EBL = 0x0101
RELAYER = KEYS.relayer
ADDRESS = address_of(RELAYER)
PROFILE = b"\7" * 32


@dataclass
class World:
    """A ledger with a document that waits for its acceptance, and a change that waits for its time."""

    chain: Chain
    carrier: Member
    shipper: Member
    document: bytes
    issue: SignedAction
    acceptance: SignedAction
    change: bytes

    def everything(self) -> list[Any]:
        """Of the ledger, all that a call could change."""
        ledger, parties = self.chain.ledger, range(self.chain.ledger.last_party() + 2)
        return [
            ledger.ledger_head(), ledger.record(self.document), ledger.extension(self.document), ledger.last_party(),
            [(ledger.party(one), ledger.party_head(one), ledger.party_nonce(one), ledger.profile(one),
              ledger.encryption_key(one)) for one in parties],
            [(ledger.holder(power), ledger.pending(power)) for power in Power],
            ledger.change(self.change), ledger.account(ADDRESS), ledger.kind_digest(0x7777),
        ]  # fmt: skip


@pytest.fixture
def world(chain: Chain) -> World:
    carrier, shipper = chain.register(Role.CARRIER, accounts=3), chain.register(Role.SHIPPER_OR_CONSIGNEE)
    issue = chain.prepare(
        carrier, EBL, "ISSUE", reference=b"\1" * 32, content=b"\2" * 32, counterparty=shipper.id, endorsee=shipper.id
    )
    chain.execute(issue)
    document = issue.action.document
    acceptance = chain.prepare(shipper, EBL, "ACCEPT", document, counterparty=carrier.id, endorsee=shipper.id)
    receipt = chain.transact(KEYS.registrar, calls.propose(carrier.id, PartyAct.SET_PROFILE, PROFILE))
    assert receipt["status"] == "0x1"
    change = chain.ledger.open_change(carrier.id, Source.REGISTRAR, PartyAct.SET_PROFILE)
    return World(chain, carrier, shipper, document, issue, acceptance, change)


def forged(world: World) -> SignedAction:
    """The shipper's acceptance, signed with the relayer's key."""
    return world.chain.sign(world.acceptance.action, [RELAYER])


def altered(world: World, **members: Any) -> SignedAction:
    """What the shipper did sign, with something else in it."""
    return replace(world.acceptance, action=replace(world.acceptance.action, **members))


def forged_issue(world: World) -> SignedAction:
    return world.chain.prepare(
        world.carrier, EBL, "ISSUE", reference=b"\3" * 32, content=b"\2" * 32, counterparty=world.shipper.id,
        endorsee=world.shipper.id, signers=[RELAYER],
    )  # fmt: skip


def party_act(what: PartyAct, value: bytes = bytes(32)) -> Callable[[World], bytes]:
    def make(world: World) -> bytes:
        act = PartyAction(world.carrier.id, 0, what, value, world.chain.now() + HOUR)
        digest = act.digest(world.chain.domain)
        return calls.party_act(SignedPartyAction(act, join(digest, [RELAYER]), sign(digest, RELAYER)))

    return make


def own_party(world: World) -> bytes:
    """The relayer's account as a party of its own, with its own consent."""
    bare = Registration(b"\4" * 32, int(Role.CARRIER), b"\5" * 32, 1, False, (ADDRESS,), (FULL_SCOPE,))
    party = world.chain.ledger.last_party() + 1
    return register(replace(bare, consents=consents(world.chain.domain, party, bare, [RELAYER])))


def new_kind(world: World) -> bytes:
    _, *rest = resources.kind(EBL).define_arguments()
    return define_kind(0x7777, *rest)  # type: ignore[arg-type]


def vetoed(world: World) -> bytes:
    digest = Veto(world.carrier.id, world.change).digest(world.chain.domain)
    return calls.veto(world.change, sign(digest, RELAYER))


CASES: dict[str, list[tuple[str, Callable[[World], bytes], type[LedgerError]]]] = {
    "execute": [
        ("an acceptance for the shipper", lambda w: encoding.execute(forged(w)), SignaturesRefused),
        ("an issue for the carrier", lambda w: encoding.execute(forged_issue(w)), SignaturesRefused),
        ("another endorsee", lambda w: encoding.execute(altered(w, endorsee=w.carrier.id)), LedgerError),
        ("another actor", lambda w: encoding.execute(altered(w, actor=w.carrier.id)), LedgerError),
        ("a later deadline", lambda w: encoding.execute(altered(w, deadline=w.chain.now() + 9)), SignaturesRefused),
        ("another verb", lambda w: encoding.execute(altered(w, verb=w.issue.action.verb + 3)), LedgerError),
        ("what was done before", lambda w: encoding.execute(w.issue), NoRule),
    ],
    "partyAct": [
        ("lock", party_act(PartyAct.LOCK), SignaturesRefused),
        ("end all signatures", party_act(PartyAct.BUMP_EPOCH), SignaturesRefused),
        ("an account", party_act(PartyAct.ADD_ACCOUNT, account_value(ADDRESS, FULL_SCOPE)), LedgerError),
        ("another encryption key", party_act(PartyAct.ROTATE_ENCRYPTION_KEY, b"\6" * 32), SignaturesRefused),
    ],
    "register": [("itself", own_party, PowerMissing)],
    "propose": [
        ("roles", lambda w: calls.propose(w.carrier.id, PartyAct.SET_ROLES, (8).to_bytes(32, "big")), PowerMissing),
        (
            "itself as an account",
            lambda w: calls.propose(w.carrier.id, PartyAct.ADD_ACCOUNT, account_value(ADDRESS, FULL_SCOPE)),
            PowerMissing,
        ),
    ],
    "order": [
        (
            "itself as an account",
            lambda w: calls.order(w.carrier.id, PartyAct.ADD_ACCOUNT, account_value(ADDRESS, FULL_SCOPE), b"\1" * 32),
            PowerMissing,
        )
    ],
    "cancelOrder": [("a change", lambda w: calls.cancel_order(w.change), PowerMissing)],
    "veto": [("with its own signature", vetoed, SignaturesRefused)],
    "enact": [
        ("before its time", lambda w: calls.enact(w.change, b""), NotReady),
        ("what nobody asked for", lambda _: calls.enact(b"\1" * 32, b""), NotReady),
    ],
    "suspend": [("a party", lambda w: calls.suspend(w.carrier.id, w.chain.now() + DAY), PowerMissing)],
    "reinstate": [("a party", lambda w: calls.reinstate(w.carrier.id), PowerMissing)],
    "appoint": [
        (power.name, lambda _, power=power: calls.appoint(power, ADDRESS), PowerMissing)  # type: ignore[misc]
        for power in Power
    ],
    "accept": [
        (power.name, lambda _, power=power: calls.accept(power), PowerMissing)  # type: ignore[misc]
        for power in Power
    ],
    "freeze": [("a document", lambda w: calls.freeze(w.document, w.chain.now() + DAY, b"\1" * 32), PowerMissing)],
    "unfreeze": [("a document", lambda w: calls.unfreeze(w.document), PowerMissing)],
    "defineKind": [("a kind", new_kind, PowerMissing)],
}
TABLE = [(function, *case) for function, cases in CASES.items() for case in cases]


def test_every_function_that_can_change_something_is_in_the_table() -> None:
    changing = {
        one["name"]
        for one in ledger_artifact().abi
        if one["type"] == "function" and one["stateMutability"] not in ("view", "pure")
    }
    assert changing == {*CASES, "executeBatch"}
    assert not [one for one in ledger_artifact().abi if one["type"] in ("fallback", "receive")]


@pytest.mark.parametrize(
    ("make", "refusal"), [case[2:] for case in TABLE], ids=[f"{case[0]} {case[1]}" for case in TABLE]
)
def test_the_relayers_key_alone_changes_nothing(
    world: World, make: Callable[[World], bytes], refusal: type[LedgerError]
) -> None:
    calldata, before = make(world), world.everything()
    with pytest.raises(refusal):
        world.chain.transact(RELAYER, calldata)
    assert world.everything() == before


def test_in_a_batch_what_others_did_not_sign_is_skipped_and_changes_nothing(world: World) -> None:
    before, first = world.everything(), world.chain.rpc.block_number() + 1
    false = [forged(world), forged_issue(world), altered(world, endorsee=world.carrier.id), world.issue]
    world.chain.execute_batch(false)
    events = world.chain.events(first)
    assert [type(one) for one in events] == [ActionRefused] * len(false)
    assert world.everything() == before


def test_a_change_that_is_due_is_enacted_as_it_was_decided_and_not_otherwise(world: World) -> None:
    """Anybody may carry it: whoever does chooses nothing of it."""
    world.chain.advance(15 * DAY)
    world.chain.transact(RELAYER, calls.enact(world.change, b"what the relayer would like"))
    assert world.chain.ledger.profile(world.carrier.id) == PROFILE
    before = world.everything()
    with pytest.raises(NotReady):
        world.chain.transact(RELAYER, calls.enact(world.change, b""))
    assert world.everything() == before


def test_an_account_that_was_proposed_is_not_replaced_by_the_relayers_in_its_enactment(world: World) -> None:
    wanted = account_value(address_of(key("somebody's new one")), FULL_SCOPE)
    world.chain.transact(KEYS.registrar, calls.propose(world.carrier.id, PartyAct.ADD_ACCOUNT, wanted))
    change = world.chain.ledger.open_change(world.carrier.id, Source.REGISTRAR, PartyAct.ADD_ACCOUNT)
    world.chain.advance(15 * DAY)
    before = world.everything()
    with pytest.raises(LedgerError):
        world.chain.transact(RELAYER, calls.enact(change, sign(change, RELAYER)))
    assert world.everything() == before


def test_what_the_relayer_may_do_is_carry_what_others_signed(world: World) -> None:
    world.chain.transact(RELAYER, encoding.execute(world.acceptance))
    record = world.chain.ledger.record(world.document)
    assert record is not None
    assert record.control.possessor == world.shipper.id
