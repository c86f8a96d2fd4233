"""Taking a party's acts on itself: one at a time, but for what an owner does against a thief."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portledger import resources
from portledger.chain.deploy import Deployment
from portledger.chain.rpc import Rpc
from portledger.domain.codes import ZERO, PartyAct
from portledger.domain.refusals import InFlight
from portledger.formats import api_json as wire
from portledger.services.ledger import Databases, Ledger
from portledger.services.party_acts import PartyActs
from portledger.store import projection
from portledger.store.read_model import Block
from portledger.store.tables import changes, outbox

PARTY, CHANGE = 7, b"\xc4" * 32


@dataclass
class Willing:
    """A ledger whose dry run refuses nothing; with a gate, none ends before that many have begun."""

    gate: threading.Barrier | None = None
    asked: list[bytes] = field(default_factory=list)

    def simulate(self, _sender: bytes, call: bytes) -> None:
        self.asked.append(call)
        if self.gate is not None:
            self.gate.wait(10)


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[Databases]:
    found = Databases.open(tmp_path)
    with found.ledger.begin() as connection:
        connection.execute(
            changes.insert().values(
                change=CHANGE, party=PARTY, what=2, source=0, value=ZERO, proposed_at=1, ready_at=2, dead=0
            )
        )
        projection.move_cursor(connection, Block(1, ZERO, 1))
    yield found
    found.close()


@pytest.fixture
def acts(databases: Databases) -> PartyActs:
    deployment = Deployment(1337, b"\x5f" * 20, ZERO, ZERO, 1, ZERO)
    made = PartyActs(Ledger(deployment, databases, resources.kinds()), Rpc("http://127.0.0.1:9"), lambda: 1.0)
    made._contract = Willing()  # type: ignore[assignment]
    return made


def request(what: PartyAct, nonce: int = 0) -> wire.PartyActRequest:
    return wire.PartyActRequest(
        party=PARTY, nonce=nonce, what=int(what), value=ZERO.hex(), deadline=2_000_000_000, signatures="a1" * 65
    )


def test_two_acts_of_a_party_on_itself_go_one_after_another(acts: PartyActs) -> None:
    acts.act(request(PartyAct.BUMP_EPOCH))
    with pytest.raises(InFlight):
        acts.act(request(PartyAct.BUMP_EPOCH, nonce=1))
    with pytest.raises(InFlight):
        acts.enact(wire.EnactRequest(change_id=CHANGE.hex(), consent=""))


def test_a_thief_s_acts_hold_up_neither_the_owner_s_lock_nor_a_veto(acts: PartyActs) -> None:
    """One act under way after another would have kept the place taken, for as long as the thief liked."""
    acts.act(request(PartyAct.BUMP_EPOCH))
    assert acts.act(request(PartyAct.LOCK)).status == "accepted"
    assert acts.veto(wire.VetoRequest(change_id=CHANGE.hex(), signature="a1" * 65)).status == "accepted"


def test_the_same_act_offered_to_two_gateways_at_the_same_moment_is_taken_once(
    acts: PartyActs, databases: Databases
) -> None:
    acts._contract = Willing(threading.Barrier(2))  # type: ignore[assignment]
    beside = PartyActs(acts._ledger, acts._rpc, acts._clock)
    beside._contract = acts._contract
    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(one.act, request(PartyAct.LOCK)) for one in (acts, beside)]
    assert [one.result().status for one in asked] == ["accepted", "accepted"]
    with databases.intake.connect() as connection:
        assert connection.execute(select(func.count()).select_from(outbox)).scalar() == 1


def test_the_same_act_offered_twice_at_the_same_moment_is_taken_once(acts: PartyActs, databases: Databases) -> None:
    acts._contract = Willing(threading.Barrier(2))  # type: ignore[assignment]
    answers: list[str] = []

    def offer() -> None:
        answers.append(acts.act(request(PartyAct.LOCK)).status)

    threads = [threading.Thread(target=offer) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["accepted", "accepted"]
    with databases.intake.connect() as connection:
        assert connection.execute(select(func.count()).select_from(outbox)).scalar() == 1
