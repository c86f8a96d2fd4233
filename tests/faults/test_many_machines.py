"""One system on many machines: two gateways, two relayers, two indexers on one PostgreSQL, one S3 store, one node.

Whoever is killed or paused, nothing acknowledged is lost or done twice, and the one that stood by takes over.
"""

import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import select
from tests.support.gateway import Gateway
from tests.support.postgres import WHY_NOT, Postgres, programs
from tests.support.processes import Machines, eventually
from tests.support.s3 import BUCKET, S3Server
from tests.support.s3 import WHY_NOT as NO_S3
from tests.support.s3 import program as s3_program

from portledger.chain import events as chain_events
from portledger.chain.deploy import Deployment
from portledger.chain.rpc import Rpc
from portledger.domain.codes import Role
from portledger.domain.events import ActionApplied, ActionRefused
from portledger.store import tables
from portledger.store.database import database_url, open_database

pytestmark = [
    pytest.mark.skipif(programs() is None, reason=WHY_NOT),
    pytest.mark.skipif(s3_program() is None, reason=NO_S3),
]


class Deal:
    """Two parties that act through both gateways at once."""

    def __init__(self, machines: Machines) -> None:
        self.machines = machines
        self.doors = [Gateway(machines[name].url) for name in ("gateway1", "gateway2")]
        self.carrier = self.doors[0].register(Role.CARRIER, sign_in=False)
        self.shipper = self.doors[1].register(Role.SHIPPER_OR_CONSIGNEE, sign_in=False)
        for door in self.doors:
            door.uploader = self.carrier
            self.sign_in(door)
        self.accepted: set[bytes] = set()

    def sign_in(self, door: Gateway) -> None:
        for one in (self.carrier, self.shipper):
            door.sign_in(one)

    def issue(self, count: int) -> list[bytes]:
        """Each act offered at both doors at the same moment; those that were acknowledged."""
        first, second = self.doors
        made = [first.issue_act(self.carrier, self.shipper.party) for _ in range(count)]

        def offer(door: Gateway, at: int) -> bool:
            signed, content = made[at]
            return door.post(signed, content).status_code == 202

        with ThreadPoolExecutor(8) as pool:
            offers = [(door, at) for at in range(count) for door in (first, second)]
            told = list(pool.map(lambda one: offer(*one), offers))
        assert all(told)
        digests = [first.digest(signed) for signed, _ in made]
        self.accepted.update(digests)
        return digests

    def all_final(self) -> None:
        for digest in self.accepted:
            for door in self.doors:
                assert door.wait(digest, 60).status == "final"


@pytest.fixture(scope="module")
def machines(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with S3Server() as store:
        payloads = f"s3://{BUCKET}/{uuid4().hex}"
        folder = tmp_path_factory.mktemp("machines")
        one = Machines(folder, postgres.new_database(), payloads, store.environment)
        try:
            one.start()
            yield one
        finally:
            one.close()


@pytest.fixture(scope="module")
def deal(machines: Machines) -> Iterator[Deal]:
    one = Deal(machines)
    yield one
    for door in one.doors:
        door.close()


def test_an_act_offered_at_two_gateways_at_once_is_one_act(deal: Deal) -> None:
    deal.issue(20)
    deal.all_final()
    _each_once(deal)


def test_what_one_gateway_took_the_other_one_serves(deal: Deal) -> None:
    first, second = deal.doors
    document = first.issue(deal.carrier, deal.shipper.party)
    assert second.record(document, deal.shipper).state == "OFFERED"
    second.act(deal.shipper, document, "ACCEPT", counterparty=deal.carrier.party, endorsee=deal.shipper.party)
    assert first.record(document, deal.shipper).state == "ISSUED"
    manifest = first.http.get(f"/v1/documents/{document.hex()}/manifest", headers=deal.shipper.headers).json()
    sealed = manifest["manifest"]["datasets"][0]["ciphertextSha256"]
    answers = [door.http.get(f"/v1/blobs/{sealed}", headers=deal.shipper.headers) for door in deal.doors]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    deal.accepted.update(_digests(deal))


@pytest.mark.parametrize("role", ["relayer", "indexer"])
@pytest.mark.parametrize("how", ["killed", "paused"])
def test_who_stood_by_takes_over(deal: Deal, role: str, how: str) -> None:
    machines = deal.machines
    working = machines.working(role)
    standing_by = next(name for name in (f"{role}1", f"{role}2") if name != working)
    if how == "killed":
        machines[working].kill()
    else:
        machines[working].signal(signal.SIGSTOP)
    deal.issue(10)
    eventually(f"{standing_by} takes over", lambda: machines.working(role) == standing_by, 60)
    deal.all_final()
    if how == "killed":
        machines[working].start()
    else:
        machines[working].signal(signal.SIGCONT)
    deal.issue(10)
    deal.all_final()
    assert machines.working(role) == standing_by
    _each_once(deal)


def test_a_gateway_that_dies_leaves_the_other_one_answering(deal: Deal) -> None:
    first, second = deal.doors
    deal.machines["gateway1"].kill()
    signed, content = second.issue_act(deal.carrier, deal.shipper.party)
    second.final(signed, content)
    deal.accepted.add(second.digest(signed))
    deal.machines["gateway1"].start()
    deal.machines["gateway1"].ready()
    assert first.wait(second.digest(signed)).status == "final"


def test_a_database_that_dies_is_waited_for_and_loses_nothing(deal: Deal, postgres: Postgres) -> None:
    digests = deal.issue(10)
    postgres.kill()
    answer = deal.doors[0].http.get(f"/v1/actions/{digests[0].hex()}")
    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"]
    postgres.restart()
    eventually("the gateways answer", lambda: all(_answers(door) for door in deal.doors), 60)
    deal.all_final()
    deal.issue(10)
    deal.all_final()
    _each_once(deal)


def test_all_stop_cleanly(deal: Deal) -> None:
    deal.issue(5)
    deal.all_final()
    assert {name: one.stop() for name, one in deal.machines.all.items()} == dict.fromkeys(deal.machines.all, 0)


def _answers(door: Gateway) -> bool:
    return door.http.get("/readyz").status_code == 200


def _deployment(machines: Machines) -> Deployment:
    return Deployment.load(machines["gateway1"].settings.data / "deployment.json")


def _digests(deal: Deal) -> list[bytes]:
    deployment = _deployment(deal.machines)
    with Rpc(deal.machines.node.url) as rpc:
        found = chain_events.read(rpc, deployment.ledger, deployment.block, rpc.block_number())
    return [one.digest for one in found if isinstance(one, ActionApplied)]


def _each_once(deal: Deal) -> None:
    """The chain has each acknowledged act once, refused none; every row of the outbox has its one outcome."""
    deployment, settings = _deployment(deal.machines), deal.machines["gateway1"].settings
    with Rpc(deal.machines.node.url) as rpc:
        found = chain_events.read(rpc, deployment.ledger, deployment.block, rpc.block_number())
    applied = Counter(one.digest for one in found if isinstance(one, ActionApplied))
    assert set(applied.values()) == {1}
    assert deal.accepted <= set(applied)
    assert not [one for one in found if isinstance(one, ActionRefused)]
    intake, relay = (
        open_database(database_url(settings.data, settings.database, name), name)  # type: ignore[arg-type]
        for name in ("intake", "relay")
    )
    with intake.connect() as connection:
        rows = sorted(connection.execute(select(tables.outbox.c.id)).scalars())
    with relay.connect() as connection:
        outcomes = sorted(connection.execute(select(tables.outcomes.c.outbox_id)).scalars())
    intake.dispose()
    relay.dispose()
    assert rows == outcomes
