"""Webhooks of a whole system: what happens on the ledger comes to a receiver, signed, in order, and is logged."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.gateway import Gateway, Trader

from portledger.domain.codes import Role
from portledger.gateway.api_settings import ApiSettings
from portledger.gateway.settings import Settings
from portledger.gateway.system import running

from .conftest import Cast


@dataclass
class Receiver:
    """What came, in order; status: what it answers."""

    url: str = ""
    status: int = 204
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.came]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def open_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Of a system that is set to send to this machine, too."""
    folder: Path = tmp_path_factory.mktemp("webhooks")
    with running(Settings(data=folder, port=0, block_seconds=0.05, api=ApiSettings(private_webhooks=True))) as system:
        one = Gateway(system.url)
        yield one
        one.close()


@pytest.fixture(scope="module")
def carrier(open_gateway: Gateway) -> Trader:
    return open_gateway.register(Role.CARRIER)


@pytest.fixture(scope="module")
def shipper(open_gateway: Gateway) -> Trader:
    return open_gateway.register(Role.SHIPPER_OR_CONSIGNEE)


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def made(gateway: Gateway, trader: Trader, url: str, **asked: Any) -> dict[str, Any]:
    answer = gateway.http.post("/v1/webhooks", json={"url": url, **asked}, headers=trader.headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the Standard Webhooks specification tells receivers to check, written from its text."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return fresh and f"v1,{expected}" in headers["webhook-signature"].split(" ")


def test_what_happens_comes_signed_in_order_as_cloud_events(
    open_gateway: Gateway, carrier: Trader, shipper: Trader, receiver: Receiver
) -> None:
    hook = made(open_gateway, shipper, receiver.url, types=["portledger.document.acted"])
    document = open_gateway.issue(carrier, shipper.party)
    open_gateway.act(shipper, document, "ACCEPT", counterparty=carrier.party, endorsee=shipper.party)
    until(lambda: len(receiver.came) == 2, "two events")
    assert [event["data"]["verb"] for event in receiver.events()] == ["ISSUE", "ACCEPT"]
    assert {event["subject"] for event in receiver.events()} == {f"documents/{document.hex()}"}
    pulled = open_gateway.http.get("/v1/events", params={"cursor": hook["cursor"]}, headers=shipper.headers).json()
    assert receiver.events() == [one for one in pulled["items"] if one["type"] == "portledger.document.acted"]
    for headers, body in receiver.came:
        assert headers["content-type"] == "application/cloudevents+json"
        assert verified(hook["secret"], headers, body)
        assert not verified(hook["secret"], headers, body + b" ")
        assert "authorization" not in headers
    deleted = open_gateway.http.delete(f"/v1/webhooks/{hook['id']}", headers=shipper.headers)
    assert deleted.status_code == 204


def test_a_party_gets_no_events_of_documents_that_it_is_no_party_to(
    open_gateway: Gateway, carrier: Trader, shipper: Trader, receiver: Receiver
) -> None:
    stranger = open_gateway.register(Role.SHIPPER_OR_CONSIGNEE)
    made(open_gateway, stranger, receiver.url)
    open_gateway.issue(carrier, shipper.party)
    later = open_gateway.register(Role.BANK)
    until(lambda: any(one["subject"] == f"parties/{later.party}" for one in receiver.events()), "the last event")
    assert {one["type"] for one in receiver.events()} == {"portledger.party.changed"}


def test_the_log_shows_its_owner_what_failed_and_nobody_else_anything(
    open_gateway: Gateway, carrier: Trader, shipper: Trader, receiver: Receiver
) -> None:
    receiver.status = 410
    hook = made(open_gateway, carrier, receiver.url, types=["portledger.document.acted"])
    path = f"/v1/webhooks/{hook['id']}"

    def shown() -> dict[str, Any]:
        found: dict[str, Any] = open_gateway.http.get(path, headers=carrier.headers).json()
        return found

    document = open_gateway.issue(carrier, shipper.party)
    until(lambda: shown()["parked"] == 1, "a parked delivery")
    assert "secret" not in shown()
    (parked,) = open_gateway.http.get(f"{path}/deliveries", headers=carrier.headers).json()["items"]
    assert (parked["state"], parked["subject"]) == ("parked", f"documents/{document.hex()}")
    assert [(one["status"], one["error"]) for one in parked["attempts"]] == [(410, "HTTP 410")]
    for foreign in (path, f"{path}/deliveries"):
        assert open_gateway.http.get(foreign, headers=shipper.headers).status_code == 404
    for foreign in ("retry", "replay", "secret"):
        body = {"replay": {"cursor": "0"}, "secret": {}}.get(foreign)
        answer = open_gateway.http.post(f"{path}/{foreign}", json=body, headers=shipper.headers)
        assert answer.status_code == 404, foreign

    receiver.status = 200
    assert open_gateway.http.post(f"{path}/retry", headers=carrier.headers).status_code == 202
    until(lambda: len(receiver.came) == 2, "the second attempt")
    until(lambda: shown()["parked"] == 0, "nothing parked")
    rotated = open_gateway.http.post(f"{path}/secret", json={"overlap": 3600}, headers=carrier.headers).json()
    assert rotated["secret"] != hook["secret"]
    assert open_gateway.http.post(f"{path}/replay", json={"cursor": hook["cursor"]}, headers=carrier.headers).is_success
    until(lambda: len(receiver.came) == 3, "the replay")
    headers, body = receiver.came[-1]
    assert verified(hook["secret"], headers, body)
    assert verified(rotated["secret"], headers, body)
    assert headers["webhook-id"] == receiver.came[0][0]["webhook-id"]


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/", "https://2130706433/"],
)  # fmt: skip
def test_by_default_nothing_is_sent_inside(gateway: Gateway, cast: Cast, url: str) -> None:
    answer: httpx.Response = gateway.http.post("/v1/webhooks", json={"url": url}, headers=cast.bank.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "AddressRefused")
    assert gateway.http.get("/v1/webhooks", headers=cast.bank.headers).json()["items"] == []


def test_an_unknown_type_of_event_is_refused(gateway: Gateway, cast: Cast) -> None:
    body = {"url": "https://example.com/", "types": ["portledger.everything"]}
    answer = gateway.http.post("/v1/webhooks", json=body, headers=cast.carrier.headers)
    assert (answer.status_code, answer.json()["pointer"]) == (400, "/types")
