"""The typed client as a system uses it: keys, webhooks, many blobs; and answers that get lost on the way."""

from __future__ import annotations

import os

import httpx
import pytest
from tests.integration.sdk.conftest import Port

from portledger.domain.refusals import AddressRefused, NotSignedIn
from portledger.sdk.client import Client
from portledger.sdk.party import PartySession


class LosesTheFirstAnswer(httpx.BaseTransport):
    """Every request arrives; the first answer of each path does not."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self._seen: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if request.url.path not in self._seen:
            self._seen.add(request.url.path)
            answer.read()
            raise httpx.ReadError("lost")
        return answer

    def close(self) -> None:
        self._inner.close()


def test_a_key_of_a_machine_reads_until_it_is_revoked(port: Port, bank: PartySession) -> None:
    key = bank.client.new_key("ledger reader", ["read"])
    machine = port.client(port.url)
    machine.token = key.key
    assert machine.events().items
    assert key.id in [one.id for one in bank.client.api_keys()]
    bank.client.revoke_key(key.id)
    with pytest.raises(NotSignedIn):
        machine.events()


def test_a_lost_answer_makes_no_second_key(port: Port, bank: PartySession) -> None:
    before = {one.id for one in bank.client.api_keys()}
    with Client(port.url, transport=LosesTheFirstAnswer(), pause=lambda _: None) as client:
        client.token = bank.client.token
        made = client.new_key("once", ["read"])
    assert {one.id for one in bank.client.api_keys()} - before == {made.id}
    assert made.key is not None


def test_a_webhook_from_its_making_to_its_end(port: Port, bank: PartySession) -> None:
    hook = bank.client.new_webhook("https://hook.invalid/", ["portledger.party.changed"])
    assert hook.secret is not None
    assert [one.secret for one in bank.client.webhooks()] == [None]
    assert bank.client.rotate_secret(hook.id, overlap=60).secret != hook.secret
    assert bank.client.replay(hook.id, "0").id == hook.id
    assert bank.client.retry_parked(hook.id).id == hook.id
    assert bank.client.deliveries(hook.id, state="delivered").items == []
    bank.client.delete_webhook(hook.id)
    assert bank.client.webhooks() == []


def test_what_the_gateway_refuses_is_raised_as_what_it_is(bank: PartySession) -> None:
    with pytest.raises(AddressRefused):
        bank.client.new_webhook("http://10.0.0.1/")


def test_many_blobs_go_in_one_request(bank: PartySession) -> None:
    blobs = [os.urandom(1000) for _ in range(200)]
    assert [one.new for one in bank.client.put_blobs(blobs)] == [True] * 200
    assert [one.new for one in bank.client.put_blobs(blobs[:2])] == [False, False]


def test_a_party_sees_its_sessions_and_ends_one(port: Port, bank: PartySession) -> None:
    other = PartySession(port.client(port.url), bank.wallet)
    other.sign_in()
    (newest, *_) = bank.client.sessions()
    bank.client.end_session(newest.id)
    with pytest.raises(NotSignedIn):
        other.client.events()
