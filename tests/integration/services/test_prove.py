"""Proofs kept while the node still has them: at the end of a record, every night, and when somebody asks."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.support.gateway import Gateway, Trader
from tests.support.proving import judged

from portledger import resources
from portledger.chain.deploy import Deployment
from portledger.chain.rpc import NodeAnsweredError, Rpc
from portledger.domain.codes import PartyAct, Role
from portledger.domain.hashing import sha256
from portledger.domain.refusals import Unavailable
from portledger.evidence.making import Form
from portledger.gateway.settings import Settings
from portledger.gateway.system import free_port, running
from portledger.relay.keeper import Keeper, due_before
from portledger.services.ledger import Databases, Ledger
from portledger.services.prove import Prover
from portledger.store.tables import document_proofs, proof_blocks, proof_nodes

WHOLE = Form()
HOUR = 3600
NOON = 1_900_000_000 // 86_400 * 86_400 + 12 * HOUR


class Forgetful(Rpc):
    """A node that can be told to forget its states."""

    forgot = False
    asked = 0

    def call(self, method: str, *params: Any) -> Any:
        if method == "eth_getProof":
            self.asked += 1
            if self.forgot:
                raise NodeAnsweredError(method, -32000, "missing trie node")
        return super().call(method, *params)


@dataclass
class Place:
    """A system whose own keeper never gets to work, a prover beside it, and three parties."""

    gateway: Gateway
    prover: Prover
    node: Forgetful
    databases: Databases
    carrier: Trader
    shipper: Trader
    bank: Trader

    def bill(self) -> bytes:
        document = self.gateway.issue(self.carrier, self.shipper.party)
        self.gateway.act(self.shipper, document, "ACCEPT", counterparty=self.carrier.party, endorsee=self.shipper.party)
        return document

    def surrendered(self) -> bytes:
        """A bill of lading that came to its end."""
        document = self.bill()
        self.gateway.act(self.shipper, document, "SURRENDER_FOR_DELIVERY")
        self.gateway.act(self.carrier, document, "ACCEPT_SURRENDER", counterparty=self.shipper.party)
        return document

    def has(self, document: bytes) -> bool:
        with self.databases.proofs.connect() as connection:
            found = select(document_proofs.c.document).where(document_proofs.c.document == document)
            return connection.execute(found).first() is not None

    def count(self, table: Any) -> int:
        with self.databases.proofs.connect() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar() or 0


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("system")
    node_port = free_port("127.0.0.1")
    settings = Settings(data=folder, port=0, node_port=node_port, block_seconds=0.05, proof_seconds=HOUR)
    with running(settings) as one, Forgetful(f"http://127.0.0.1:{node_port}") as node:
        gateway, databases = Gateway(one.url), Databases.open(folder)
        ledger = Ledger(Deployment.load(folder / "deployment.json"), databases, resources.kinds())
        yield Place(
            gateway, Prover(ledger, node), node, databases,
            gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE), gateway.register(Role.BANK),
        )  # fmt: skip
        databases.close()
        gateway.close()


@pytest.fixture
def place(system: Place) -> Place:
    system.node.forgot, system.node.asked = False, 0
    return system


def test_B5_a_record_that_came_to_its_end_is_proven_after_the_node_forgot_it(place: Place) -> None:
    ended, live = place.surrendered(), place.bill()
    place.prover.keep_ended()
    place.node.forgot = True
    assert judged(place.prover.evidence(ended, WHOLE))[1].state == "SURRENDERED_FOR_DELIVERY"
    with pytest.raises(Unavailable) as failed:
        place.prover.evidence(live, WHOLE)
    assert "missing trie node" in failed.value.found
    assert failed.value.remedy


def test_ended_records_are_asked_for_once(place: Place) -> None:
    ended = place.surrendered()
    assert place.prover.keep_ended() >= 1
    assert place.prover.keep_ended() == 0
    assert place.has(ended)


def test_a_request_keeps_what_it_asked_the_node_for(place: Place) -> None:
    document = place.bill()
    first = place.prover.evidence(document, WHOLE)
    place.node.forgot = True
    assert place.prover.evidence(document, WHOLE) == first


def test_a_proof_from_before_an_act_is_not_used_after_it(place: Place) -> None:
    document = place.bill()
    place.prover.evidence(document, WHOLE)
    place.gateway.act(place.shipper, document, "REMARK", detail=os.urandom(32))
    read, _ = judged(place.prover.evidence(document, WHOLE))
    assert len(read.entries) == 3
    place.gateway.act(place.carrier, document, "NOTICE", detail=os.urandom(32))
    read, _ = judged(place.prover.evidence(document, WHOLE))
    assert len(read.notes) == 1


def test_the_file_ends_at_its_block_though_the_logs_of_parties_went_on(place: Place) -> None:
    document = place.surrendered()
    before, _ = judged(place.prover.evidence(document, WHOLE))
    nonce = place.gateway.http.get(f"/v1/parties/{place.shipper.party}", headers=place.shipper.headers).json()["nonce"]
    raw = os.urandom(1216)
    answer = place.gateway.party_act(place.shipper, PartyAct.ROTATE_ENCRYPTION_KEY, sha256(raw), nonce=nonce)
    assert answer.status_code == 202, answer.text
    later = place.surrendered()  # in a later block, so the party's act is in the read model too
    place.node.forgot = True
    assert judged(place.prover.evidence(document, WHOLE))[0] == before
    place.node.forgot = False
    after, _ = judged(place.prover.evidence(later, WHOLE))
    logs = [{one.party: len(one.log) for one in read.parties}[place.shipper.party] for read in (before, after)]
    assert logs[1] == logs[0] + 1


def test_every_night_all_that_changed_is_proven(place: Place) -> None:
    now = [float(NOON)]
    keeper = Keeper(place.prover, seconds=HOUR, hour=2, clock=lambda: now[0])
    keeper.step()
    first = place.bill()
    keeper.step()
    assert not place.has(first), "it is not night yet"
    now[0] += 13 * HOUR
    keeper.step()
    assert not place.has(first), "an hour before"
    now[0] += HOUR + 1
    keeper.step()
    assert place.has(first)
    place.node.asked = 0
    now[0] += 24 * HOUR
    keeper.step()
    assert place.node.asked == 0, "nothing changed since"


def test_a_night_of_a_clock_that_was_ahead_does_not_replace_the_next_ones(place: Place) -> None:
    now = [float(NOON)]
    keeper = Keeper(place.prover, seconds=HOUR, hour=2, clock=lambda: now[0])
    now[0] += 30 * 24 * HOUR
    keeper.step()
    now[0] -= 30 * 24 * HOUR
    document = place.bill()
    keeper.step()
    assert place.has(document)


def test_a_night_without_a_node_is_made_up_for(place: Place) -> None:
    now = [NOON + 30 * 86_400.0]
    keeper = Keeper(place.prover, seconds=HOUR, hour=2, clock=lambda: now[0])
    document = place.bill()
    place.node.forgot = True
    with pytest.raises(Unavailable):
        keeper.step()
    place.node.forgot = False
    keeper.step()
    assert place.has(document)


def test_what_no_proof_needs_any_more_is_swept_away(place: Place) -> None:
    other = place.bill()
    kept = place.prover.evidence(other, WHOLE)
    document = place.bill()  # in a later block than the proof before
    place.prover.evidence(document, WHOLE)
    place.gateway.act(place.shipper, document, "REMARK", detail=os.urandom(32))
    newest = place.prover.evidence(document, WHOLE)
    nodes, blocks = place.count(proof_nodes), place.count(proof_blocks)
    assert place.prover.sweep() > 0
    assert place.count(proof_nodes) < nodes
    assert place.count(proof_blocks) < blocks
    assert place.prover.sweep() == 0
    place.node.forgot = True
    assert place.prover.evidence(document, WHOLE) == newest
    assert place.prover.evidence(other, WHOLE) == kept


def test_a_node_shared_by_two_proofs_is_kept_once(place: Place) -> None:
    documents = [place.bill(), place.bill()]
    made = place.prover.keep(documents)
    nodes = {node for one in made for node in one.nodes}
    assert sum(len(one.nodes) for one in made) > len(nodes)
    with place.databases.proofs.connect() as connection:
        for node in nodes:
            found = select(func.count()).select_from(proof_nodes).where(proof_nodes.c.node == node)
            assert connection.execute(found).scalar() == 1


@pytest.mark.parametrize(
    ("now", "due"),
    [(NOON, NOON - 10 * HOUR), (NOON - 10 * HOUR, NOON - 10 * HOUR), (NOON - 11 * HOUR, NOON - 34 * HOUR)],
)
def test_the_nightly_round_is_due_from_its_hour_on(now: float, due: float) -> None:
    assert due_before(now, 2) == due
