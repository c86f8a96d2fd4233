"""The door for acts on documents, over a chain whose blocks the test mines: what a group does to each of its acts."""

import asyncio
import os
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.support.node import HOUR, KEYS, Chain, Member
from tests.support.relay import EBL, Relay, issue, party_act

from portledger import resources
from portledger.domain.actions import SignedAction
from portledger.domain.codes import PartyAct, Role
from portledger.domain.errors import NotAllowed
from portledger.domain.refusals import InFlight, Unavailable
from portledger.services import calls, submit
from portledger.services.ledger import Ledger
from portledger.services.submit import Candidate, Submitter
from portledger.store import outbox, tables


@pytest.fixture
def door(relay: Relay) -> Submitter:
    catch_up(relay)
    ledger = Ledger(relay.chain.deployment, relay.databases, resources.kinds())
    return Submitter(ledger, lambda: float(relay.chain.now()))


def catch_up(relay: Relay) -> None:
    while relay.indexer.step():
        pass


def candidate(chain: Chain, signed: SignedAction) -> Candidate:
    action = signed.action
    return Candidate(signed, action.digest(chain.domain, resources.kinds()[action.kind].intent(action.verb)))


def offer(door: Submitter, *candidates: Candidate) -> list[Any]:
    """Through the group commit; per act its status, or what refuses it."""

    async def entered() -> list[Any]:
        return await door._enter(candidates)

    return asyncio.run(entered())


def accept(relay: Relay, shipper: Member, carrier: Member, document: bytes) -> SignedAction:
    return relay.chain.prepare(shipper, EBL, "ACCEPT", document, counterparty=carrier.id, endorsee=shipper.id)


@pytest.fixture
def held(relay: Relay, door: Submitter, carrier: Member, shipper: Member) -> bytes:
    """A bill that the shipper holds, read."""
    act = issue(relay.chain, carrier, shipper)
    relay.chain.execute(act)
    relay.chain.execute(accept(relay, shipper, carrier, act.action.document))
    catch_up(relay)
    return act.action.document


def rows(relay: Relay) -> int:
    with relay.databases.intake.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(tables.outbox)).scalar_one())


def test_an_applied_act_is_final_whatever_would_refuse_it_now(
    relay: Relay, door: Submitter, held: bytes, carrier: Member, shipper: Member
) -> None:
    """ENDORSE leaves the state as it is, and its signer without the title: not the head, but who acts is wrong now."""
    bank = relay.chain.register(Role.BANK)
    catch_up(relay)
    act = relay.chain.prepare(shipper, EBL, "ENDORSE", held, endorsee=bank.id)
    assert offer(door, candidate(relay.chain, act))[0].status == "accepted"
    relay.chain.execute(act)
    catch_up(relay)
    other = Submitter(door._ledger, door._clock)  # of a gateway that it was never offered to
    with relay.databases.intake.begin() as connection:
        connection.exec_driver_sql("DELETE FROM outbox")
    assert offer(other, candidate(relay.chain, act))[0].status == "final"
    fresh = relay.chain.prepare(shipper, EBL, "ENDORSE", held, endorsee=bank.id, deadline=relay.chain.now() + HOUR // 2)
    assert isinstance(offer(other, candidate(relay.chain, fresh))[0], NotAllowed)
    assert rows(relay) == 0


def test_an_applied_act_is_final_after_its_signer_s_epoch_passed_and_its_party_is_locked(
    relay: Relay, door: Submitter, held: bytes, shipper: Member
) -> None:
    act = relay.chain.prepare(shipper, EBL, "SURRENDER_FOR_DELIVERY", held)
    relay.chain.execute(act)
    relay.chain.transact(KEYS.deployer, calls.party_act(party_act(relay.chain, shipper, PartyAct.LOCK)))
    catch_up(relay)
    assert offer(door, candidate(relay.chain, act))[0].status == "final"
    relay.chain.advance(2 * HOUR)
    assert offer(door, candidate(relay.chain, act))[0].status == "final"


def test_an_act_that_breaks_the_judgement_breaks_nobody_else_s(
    relay: Relay, door: Submitter, held: bytes, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = candidate(relay.chain, relay.chain.prepare(shipper, EBL, "SURRENDER_FOR_DELIVERY", held))
    bad = candidate(relay.chain, relay.chain.prepare(shipper, EBL, "REMARK", held, detail=os.urandom(32)))
    judge = Submitter._judge

    def breaks(self: Submitter, group: Any, one: Candidate, *rest: Any) -> bool:
        if one is bad:
            raise ZeroDivisionError
        return judge(self, group, one, *rest)

    monkeypatch.setattr(Submitter, "_judge", breaks)
    first, second = offer(door, bad, good)
    assert isinstance(first, Unavailable)
    assert second.status == "accepted"
    assert rows(relay) == 1
    with pytest.raises(ZeroDivisionError):
        offer(door, bad)


def test_an_act_that_breaks_the_commit_breaks_nobody_else_s(
    relay: Relay, door: Submitter, held: bytes, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that the database does not take."""
    good = candidate(relay.chain, relay.chain.prepare(shipper, EBL, "SURRENDER_FOR_DELIVERY", held))
    bad = candidate(relay.chain, relay.chain.prepare(carrier, EBL, "NOTICE", held, detail=os.urandom(32)))
    bad.blobs = (("content", object()),)  # type: ignore[assignment]
    monkeypatch.setattr(Submitter, "_present", lambda *_: {blob for _, blob in bad.blobs})
    first, second = offer(door, bad, good)
    assert isinstance(first, Unavailable)
    assert second.status == "accepted"
    assert rows(relay) == 1


def test_a_note_behind_an_act_that_is_under_way_waits_for_its_head(
    relay: Relay, door: Submitter, held: bytes, carrier: Member, shipper: Member
) -> None:
    """It speaks about the head as it is: accepted now, it would be refused behind the act."""
    chain = relay.chain
    act = candidate(chain, chain.prepare(shipper, EBL, "SURRENDER_FOR_DELIVERY", held))
    note = candidate(chain, chain.prepare(carrier, EBL, "NOTICE", held, detail=os.urandom(32)))
    accepted, refused = offer(door, act, note)
    assert accepted.status == "accepted"
    assert isinstance(refused, InFlight)
    assert isinstance(offer(door, note)[0], InFlight)
    relay.step()
    relay.mine()
    later = candidate(chain, chain.prepare(carrier, EBL, "NOTICE", held, detail=os.urandom(32)))
    assert offer(door, later)[0].status == "accepted"
    relay.step()
    relay.mine()
    assert relay.statuses() == [True, True]


def test_an_act_goes_ahead_of_no_note(
    relay: Relay, door: Submitter, held: bytes, carrier: Member, shipper: Member
) -> None:
    """Notes block nobody, and one that was taken before the act is on the ledger before it."""
    chain = relay.chain
    note = candidate(chain, chain.prepare(carrier, EBL, "NOTICE", held, detail=os.urandom(32)))
    act = candidate(chain, chain.prepare(shipper, EBL, "SURRENDER_FOR_DELIVERY", held))
    assert [one.status for one in offer(door, note, act)] == ["accepted", "accepted"]
    relay.step()
    relay.mine()
    assert relay.statuses() == [True, True]


def test_what_has_its_outcome_is_not_kept_in_memory(
    relay: Relay, door: Submitter, held: bytes, carrier: Member, shipper: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submit, "MOST_PENDING", 1)
    door._look_at = 1
    done = relay.chain.prepare(shipper, EBL, "SURRENDER_FOR_DELIVERY", held)
    assert offer(door, candidate(relay.chain, done))[0].status == "accepted"
    relay.step()
    relay.mine()
    assert relay.statuses() == [True]
    act = issue(relay.chain, carrier, shipper)
    relay.chain.execute(act)
    other = act.action.document
    relay.chain.execute(accept(relay, shipper, carrier, other))
    catch_up(relay)
    late = relay.chain.prepare(shipper, EBL, "SURRENDER_FOR_DELIVERY", other)
    assert offer(door, candidate(relay.chain, late))[0].status == "accepted"
    assert list(door._pending) == [other]


def test_an_act_that_another_gateway_took_is_under_way_for_this_one_too(
    relay: Relay, door: Submitter, carrier: Member, shipper: Member, held: bytes
) -> None:
    """Its issuer leaves grants before the block, with whichever gateway the proxy sends it to."""
    beside = Submitter(door._ledger, door._clock)
    act = issue(relay.chain, carrier, shipper)
    document = act.action.document
    body = candidate(relay.chain, act)
    row = outbox.Row(outbox.Type.ACT, body.digest, b"", 0.0, document, carrier.id, previous=act.action.previous)
    with relay.databases.intake.begin() as connection:
        outbox.add(connection, [row])
    assert beside.acts_on(carrier.id, document)
    assert not beside.acts_on(shipper.id, document)
    assert not beside.acts_on(carrier.id, held)
    with relay.databases.intake.connect() as connection:
        taken = outbox.row_of(connection, body.digest)
    assert taken is not None
    with relay.databases.relay.begin() as connection:
        outbox.add_outcomes(connection, [outbox.Outcome(taken.id, body.digest, False, 1, bytes(32), b"", 0.0)])
    assert not beside.acts_on(carrier.id, document)
