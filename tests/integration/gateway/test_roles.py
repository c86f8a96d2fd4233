"""Roles apart, each with its operator's port; and what happens to what is under way when one of them is asked to end.

Two relayers, two indexers and a gateway on one folder and one node. Nothing acknowledged is lost, what has begun is
answered, who stands by takes over at once, and every process ends by itself with exit code 0.
"""

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.gateway import Gateway, Trader
from tests.support.processes import Process, eventually

from portledger.chain.node import AnvilNode, NodeSettings
from portledger.domain.codes import Role
from portledger.domain.hashing import sha256
from portledger.formats import api_json as wire
from portledger.gateway.settings import Settings
from portledger.gateway.system import Running, free_port, running


class Place:
    """The processes by name, on one folder."""

    def __init__(self, folder: Path) -> None:
        self.node = AnvilNode(folder / "chain", NodeSettings(block_seconds=0.05))
        self.node.start()
        self.node.run()
        common = Settings(data=folder / "data", node=self.node.url, log_level="info", port=free_port("127.0.0.1"))
        self.all = {
            name: Process(replace(common, roles=(name.rstrip("12"),), metrics=f"127.0.0.1:{free_port('127.0.0.1')}"))
            for name in ("relayer1", "relayer2", "indexer1", "indexer2", "gateway")
        }

    def __getitem__(self, name: str) -> Process:
        return self.all[name]

    def start(self, name: str) -> None:
        self[name].start()
        eventually(f"{name} is ready", lambda: self.readiness(name) == 200, 60)

    def ask(self, name: str, path: str) -> httpx.Response:
        return httpx.get(f"http://{self[name].settings.metrics}{path}", trust_env=False, timeout=20)

    def readiness(self, name: str) -> int:
        try:
            return self.ask(name, "/readyz").status_code
        except httpx.HTTPError:
            return 0

    def figure(self, name: str, figure: str) -> float | None:
        found = re.search(rf"^{re.escape(figure)} (.*)$", self.ask(name, "/metrics").text, re.MULTILINE)
        return float(found[1]) if found else None

    def holds(self, name: str) -> bool:
        return self.figure(name, f'portledger_lease_held{{lease="{name.rstrip("12")}"}}') == 1

    def working(self, role: str) -> tuple[str, str]:
        """(who has the work, who stands by)"""
        names = [f"{role}1", f"{role}2"]
        eventually(f"one {role} works", lambda: sum(self.holds(name) for name in names) == 1)
        return (names[0], names[1]) if self.holds(names[0]) else (names[1], names[0])

    def close(self) -> None:
        for one in self.all.values():
            one.kill()
        self.node.stop()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    one = Place(tmp_path_factory.mktemp("roles"))
    try:
        for name in one.all:
            one.start(name)
        yield one
    finally:
        one.close()


@pytest.fixture(scope="module")
def door(place: Place) -> Iterator[Gateway]:
    one = Gateway(place["gateway"].url)
    yield one
    one.close()


@pytest.fixture(scope="module")
def carrier(door: Gateway) -> Trader:
    return door.register(Role.CARRIER)


@pytest.fixture(scope="module")
def shipper(door: Gateway, carrier: Trader) -> Trader:
    return door.register(Role.SHIPPER_OR_CONSIGNEE)


def accepted(door: Gateway, carrier: Trader, shipper: Trader, count: int) -> list[bytes]:
    made = [door.issue_act(carrier, shipper.party) for _ in range(count)]
    assert [door.post(signed, content).status_code for signed, content in made] == [202] * count
    return [door.digest(signed) for signed, _ in made]


def all_final(door: Gateway, digests: list[bytes]) -> None:
    assert {door.wait(one, 60).status for one in digests} == {"final"}


PARTS = {
    "relayer1": {"database", "schema", "node", "work"},
    "indexer1": {"database", "schema", "node", "work", "reading"},
    "gateway": {"database", "schema", "node", "work", "gateway"},
}


@pytest.mark.parametrize("name", PARTS)
def test_each_role_says_of_itself_what_it_is_and_what_it_needs(place: Place, name: str) -> None:
    assert place.ask(name, "/livez").json() == {"status": "ok"}
    assert place.ask(name, "/readyz").json()["parts"] == dict.fromkeys(PARTS[name], "ok")
    assert place.figure(name, f'portledger_info{{roles="{name.rstrip("12")}",version="0.1.0"}}') == 1


def test_who_stands_by_is_ready_too(place: Place) -> None:
    for role in ("relayer", "indexer"):
        _, standing_by = place.working(role)
        assert place.readiness(standing_by) == 200


def test_the_interface_for_parties_shows_no_metrics(place: Place, door: Gateway) -> None:
    assert door.http.get("/metrics").status_code == 404


def test_what_relayer_and_gateway_did_is_counted_where_it_was_done(
    place: Place, door: Gateway, carrier: Trader, shipper: Trader
) -> None:
    relayer, _ = place.working("relayer")
    before = place.figure(relayer, 'portledger_outcomes_total{result="final"}') or 0
    digests = accepted(door, carrier, shipper, 3)
    all_final(door, digests)
    eventually(
        "outcomes are counted",
        lambda: place.figure(relayer, 'portledger_outcomes_total{result="final"}') == before + 3,
    )
    assert (place.figure("gateway", "portledger_acts_accepted_total") or 0) >= 3
    assert place.figure(relayer, 'portledger_queue_acts{state="waiting"}') == 0
    assert place.figure("gateway", "portledger_indexer_behind_blocks") is not None


def test_a_relayer_that_is_asked_to_end_hands_over_at_once(
    place: Place, door: Gateway, carrier: Trader, shipper: Trader
) -> None:
    working, standing_by = place.working("relayer")
    digests = accepted(door, carrier, shipper, 5)
    assert place[working].stop() == 0
    digests += accepted(door, carrier, shipper, 5)
    all_final(door, digests)
    assert place.holds(standing_by)
    assert place.figure(standing_by, 'portledger_leases_lost_total{lease="relayer"}') is None
    place.start(working)
    assert not place.holds(working)


def test_an_indexer_that_is_asked_to_end_hands_over_at_once(
    place: Place, door: Gateway, carrier: Trader, shipper: Trader
) -> None:
    working, standing_by = place.working("indexer")
    digests = accepted(door, carrier, shipper, 5)
    assert place[working].stop() == 0
    digests += accepted(door, carrier, shipper, 5)
    all_final(door, digests)
    assert place.holds(standing_by)
    place.start(working)


class Listener:
    """A stream of events, read to its end in a thread."""

    def __init__(self, url: str, who: Trader) -> None:
        self.begun, self.ended, self.failure = threading.Event(), threading.Event(), ""
        self.thread = threading.Thread(target=self._read, args=(url, who))
        self.thread.start()
        assert self.begun.wait(30)

    def _read(self, url: str, who: Trader) -> None:
        headers = {**who.headers, "accept": "text/event-stream"}
        try:
            with httpx.stream("GET", f"{url}/v1/events", headers=headers, trust_env=False, timeout=60) as answer:
                for _ in answer.iter_bytes():
                    self.begun.set()
        except httpx.HTTPError as failure:
            self.failure = repr(failure)
        self.ended.set()


def in_a_thread(work: Any) -> tuple[threading.Thread, list[Any]]:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    return thread, found


def test_a_gateway_that_is_asked_to_end_answers_what_has_begun(
    place: Place, door: Gateway, carrier: Trader, shipper: Trader
) -> None:
    """A stream, a wait for an act that nobody carries, and an upload that is half way."""
    stopped = [name for name in ("relayer1", "relayer2") if place[name].stop() == 0]
    assert len(stopped) == 2
    signed, content = door.issue_act(carrier, shipper.party)
    body = wire.encode({"action": wire.signed_action_json(signed), "manifest": content.manifest.members()})
    listener = Listener(door.url, shipper)
    waiting = {"wait": "final", "timeout": "60"}
    waits, answers = in_a_thread(
        lambda: httpx.post(f"{door.url}/v1/actions", content=body, params=waiting, trust_env=False, timeout=60)
    )
    eventually(
        "the act is accepted", lambda: door.http.get(f"/v1/actions/{door.digest(signed).hex()}").status_code == 200
    )
    blob = b"sealed" * 1000
    upload = half_an_upload(door, carrier, blob)
    ends, codes = in_a_thread(place["gateway"].stop)
    assert listener.ended.wait(20)
    assert listener.failure == ""  # ended, not torn
    waits.join(20)
    assert answers[0].status_code == 202
    assert answers[0].json()["status"] in ("accepted", "submitted")
    upload.sendall(blob[3000:])
    assert b" 201 " in upload.recv(1000).split(b"\r\n")[0]
    upload.close()
    ends.join(30)
    assert codes == [0]
    for name in ("gateway", *stopped):
        place.start(name)
    all_final(door, [door.digest(signed)])
    assert door.http.get(f"/v1/documents/{signed.action.document.hex()}", headers=carrier.headers).status_code == 200


def half_an_upload(door: Gateway, who: Trader, blob: bytes) -> socket.socket:
    url = httpx.URL(door.url)
    head = (
        f"PUT /v1/blobs/{sha256(blob).hex()} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nContent-Length: {len(blob)}\r\n"
        f"Authorization: Bearer {who.token}\r\nExpect: 100-continue\r\n\r\n"
    )
    connection = socket.create_connection((str(url.host), int(url.port or 80)), timeout=20)
    connection.sendall(head.encode())
    assert b" 100 " in connection.recv(100)  # it is being read
    connection.sendall(blob[:3000])
    return connection


def test_a_client_that_never_ends_its_request_does_not_keep_a_gateway_from_ending(
    place: Place, door: Gateway, carrier: Trader
) -> None:
    upload = half_an_upload(door, carrier, b"never" * 1000)
    assert place["gateway"].stop() == 0
    upload.close()
    place.start("gateway")


def test_a_node_that_is_gone_is_named_and_nobody_dies_of_it(place: Place, door: Gateway) -> None:
    place.node.stop()
    for name in ("relayer1", "indexer1", "gateway"):
        eventually(f"{name} says so", lambda name=name: place.readiness(name) == 503)
        said = place.ask(name, "/readyz").json()
        assert said["parameters"]["parts"]["node"] == "does not answer as it should"
        assert said["parameters"]["parts"]["database"] == "ok"
        assert place.ask(name, "/livez").status_code == 200
        assert place.figure(name, 'portledger_part_ready{part="node"}') == 0
    answer = door.http.get("/readyz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "node" in answer.json()["found"]
    assert place.node.url not in answer.text


def test_all_end_with_a_node_that_is_gone(place: Place) -> None:
    assert {name: one.stop() for name, one in place.all.items()} == dict.fromkeys(place.all, 0)


def test_a_whole_system_ends_with_streams_open_and_acts_under_way(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", port=0, block_seconds=0.05)
    with running(settings) as system:
        door = Gateway(system.url)
        carrier, shipper = door.register(Role.CARRIER), door.register(Role.SHIPPER_OR_CONSIGNEE)
        listener = Listener(system.url, shipper)
        digests = accepted(door, carrier, shipper, 20)
        door.close()
        assert _ends(system) == 0
        assert listener.ended.wait(10)
        assert listener.failure == ""
    with running(settings) as system:
        door = Gateway(system.url)
        all_final(door, digests)
        door.close()


def _ends(system: Running) -> int:
    system.process.terminate()
    return system.process.wait(40)
