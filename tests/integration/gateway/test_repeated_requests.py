"""Idempotency-Key: a request that comes again gets the answer that it got, and is done once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text
from tests.support.gateway import Gateway

from portledger.domain.hashing import sha256
from portledger.formats import api_json as wire
from portledger.services import idempotency

from .conftest import Cast


def key() -> dict[str, str]:
    return {"Idempotency-Key": os.urandom(8).hex()}


@pytest.fixture
def issue(gateway: Gateway, cast: Cast) -> bytes:
    """The body of a request that issues a bill."""
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
    return wire.encode({"action": wire.signed_action_json(signed), "manifest": content.manifest.members()})


def posted(gateway: Gateway, body: bytes, headers: dict[str, str], path: str = "/v1/actions") -> httpx.Response:
    return gateway.http.post(path, content=body, headers=headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_the_same_request_gets_the_stored_answer_byte_by_byte(gateway: Gateway, cast: Cast, issue: bytes) -> None:
    headers = {**cast.carrier.headers, **key()}
    first = posted(gateway, issue, headers)
    gateway.wait(first.json()["digest"])  # by now, a new answer would be another one: the act is final
    again = posted(gateway, issue, headers)
    assert (first.status_code, again.status_code, again.content) == (202, 202, first.content)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert posted(gateway, issue, cast.carrier.headers).content != first.content


def test_who_is_not_signed_in_gets_its_answer_again_too(gateway: Gateway, issue: bytes) -> None:
    headers = key()
    first = posted(gateway, issue, headers)
    assert posted(gateway, issue, headers).headers["idempotency-replayed"] == "true"
    assert first.status_code == 202


def test_another_body_under_the_key_is_refused_and_nothing_is_written(
    gateway: Gateway, cast: Cast, issue: bytes, intake: Engine
) -> None:
    headers = {**cast.carrier.headers, **key()}
    posted(gateway, issue, headers)
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
    other = wire.encode({"action": wire.signed_action_json(signed), "manifest": content.manifest.members()})
    assert code(posted(gateway, other, headers)) == (422, "IdempotencyKeyReused")
    with intake.connect() as connection:
        found = connection.execute(text("select count(*) from outbox where digest = :d"), {"d": gateway.digest(signed)})
        assert found.scalar() == 0


def test_the_same_body_on_another_path_is_another_request(gateway: Gateway, cast: Cast, issue: bytes) -> None:
    headers = {**cast.carrier.headers, **key()}
    posted(gateway, issue, headers)
    assert code(posted(gateway, issue, headers, "/v1/actions/batch")) == (422, "IdempotencyKeyReused")


def test_while_the_first_is_in_flight_the_second_is_refused_with_when_to_come_again(
    gateway: Gateway, cast: Cast, issue: bytes, intake: Engine
) -> None:
    headers = {**cast.carrier.headers, **key()}
    fingerprint = sha256(b"POST /v1/actions\n" + issue)
    owner, value = idempotency.Owner(cast.carrier.party), headers["Idempotency-Key"]
    attempt = idempotency.begin(intake, owner, value, fingerprint, time.time())
    assert isinstance(attempt, idempotency.Attempt)
    answer = posted(gateway, issue, headers)
    assert (code(answer), answer.headers["retry-after"]) == ((409, "RequestInFlight"), "1")
    idempotency.give_up(intake, attempt)
    assert posted(gateway, issue, headers).status_code == 202


def test_a_refusal_is_an_answer_and_comes_again(gateway: Gateway, cast: Cast) -> None:
    headers = {**cast.carrier.headers, **key()}
    first, again = (posted(gateway, b'{"action": 1}', headers) for _ in range(2))
    assert (first.status_code, again.status_code, again.content) == (400, 400, first.content)
    assert again.headers["content-type"] == "application/problem+json"


def test_refusals_of_strangers_are_not_kept(gateway: Gateway, intake: Engine) -> None:
    headers = key()
    answers = [posted(gateway, b'{"action": 1}', headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert "idempotency-replayed" not in answers[1].headers
    with intake.connect() as connection:
        kept = {"k": sha256(headers["Idempotency-Key"].encode())}
        assert connection.execute(text("select count(*) from idempotency where key = :k"), kept).scalar() == 0


def test_refusals_of_what_makes_a_secret_are_not_kept(gateway: Gateway, cast: Cast, intake: Engine) -> None:
    """No secret was made: a new attempt is as good as the first, and needs no place."""
    headers = {**cast.carrier.headers, **key()}
    answers = [posted(gateway, b'{"name": 1}', headers, "/v1/api-keys") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert "idempotency-replayed" not in answers[1].headers
    with intake.connect() as connection:
        kept = {"k": sha256(headers["Idempotency-Key"].encode())}
        assert connection.execute(text("select count(*) from idempotency where key = :k"), kept).scalar() == 0


def test_a_stranger_s_batch_of_which_something_is_refused_is_not_kept(
    gateway: Gateway, intake: Engine, issue: bytes
) -> None:
    """Else a thousand crooked items beside one good one would be half a megabyte here for a day, as often as asked."""
    headers, act = key(), wire.decode(issue, wire.SubmitRequest)
    crooked = wire.SubmitRequest(action=act.action, chain_id=1)
    body = wire.encode(wire.BatchRequest(actions=[act, crooked]))
    answers = [posted(gateway, body, headers, "/v1/actions/batch") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [item.get("problem", {}).get("code") for item in answers[1].json()["items"]] == [None, "WrongChain"]
    assert "idempotency-replayed" not in answers[1].headers
    headers, body = key(), wire.encode(wire.BatchRequest(actions=[act]))
    answers = [posted(gateway, body, headers, "/v1/actions/batch") for _ in range(2)]
    assert answers[1].headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("value", ["", "a b", "x" * 256, "ä".encode().decode("latin-1"), '""'])
def test_a_key_of_another_form_is_refused(gateway: Gateway, cast: Cast, value: str) -> None:
    headers = {**cast.carrier.headers, "Idempotency-Key": value}
    encoded = {name: one.encode("latin-1") for name, one in headers.items()}
    answer = gateway.http.post("/v1/actions", content=b"{}", headers=encoded)  # type: ignore[arg-type]
    assert code(answer) == (400, "InvalidInput")
    assert answer.json()["parameter"] == "Idempotency-Key"


def test_the_keys_of_two_parties_never_meet(gateway: Gateway, cast: Cast) -> None:
    mine = key()
    body = wire.encode({"items": []})
    paths = f"/v1/documents/{'00' * 32}/grants"
    assert posted(gateway, body, {**cast.carrier.headers, **mine}, paths).status_code == 404
    answer = posted(gateway, body + b" ", {**cast.shipper.headers, **mine}, paths)
    assert "idempotency-replayed" not in answer.headers
    assert answer.status_code == 404


class TestSecrets:
    """An answer with a secret in it is kept so that only who got it can get it again."""

    @pytest.fixture
    def made(self, gateway: Gateway, cast: Cast) -> Iterator[tuple[dict[str, str], dict[str, Any], httpx.Response]]:
        body = {"name": "repeated", "scopes": ["read"]}
        headers = {**cast.carrier.headers, **key()}
        answer = gateway.http.post("/v1/api-keys", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        yield headers, body, answer
        gateway.http.delete(f"/v1/api-keys/{answer.json()['id']}", headers=cast.carrier.headers)

    def test_the_same_key_comes_again(
        self, gateway: Gateway, made: tuple[dict[str, str], dict[str, Any], httpx.Response]
    ) -> None:
        headers, body, first = made
        again = gateway.http.post("/v1/api-keys", json=body, headers=headers)
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["idempotency-replayed"] == "true"

    def test_it_is_nowhere_in_the_database(
        self, made: tuple[dict[str, str], dict[str, Any], httpx.Response], intake: Engine
    ) -> None:
        secret = made[2].json()["key"].encode()
        with intake.connect() as connection:
            kept = [bytes(body) for (body,) in connection.execute(text("select body from idempotency")) if body]
        assert kept
        assert all(secret not in body for body in kept)

    def test_another_session_of_the_party_does_not_get_it(
        self, gateway: Gateway, cast: Cast, made: tuple[dict[str, str], dict[str, Any], httpx.Response]
    ) -> None:
        headers, body, first = made
        message = gateway.siwe_message(cast.carrier.address, gateway.nonce())
        other = gateway.post_session(cast.carrier.keys[0], message).json()["token"]
        again = gateway.http.post("/v1/api-keys", json=body, headers={**headers, "Authorization": f"Bearer {other}"})
        assert again.status_code == 201
        assert again.json()["key"] != first.json()["key"]
        gateway.http.delete(f"/v1/api-keys/{again.json()['id']}", headers=cast.carrier.headers)
