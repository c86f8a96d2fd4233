"""The quotas of a party, as it meets them: a problem with when to come again, and nothing of others is touched."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from tests.support.databases import ENGINES
from tests.support.gateway import Gateway, Trader

from portledger.domain.codes import Role
from portledger.formats import api_json as wire
from portledger.gateway.api_settings import ApiSettings
from portledger.gateway.settings import Settings
from portledger.gateway.system import running

API = ApiSettings(quota_blobs=3, quota_bytes=1000, quota_answers=2, sessions=2)


@pytest.fixture(scope="module", params=ENGINES)
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder: Path = tmp_path_factory.mktemp("quotas")
    database = None if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    with running(Settings(data=folder, port=0, block_seconds=0.05, api=API, database=database)) as system:
        one = Gateway(system.url)
        yield one
        one.close()


@pytest.fixture
def trader(small: Gateway) -> Trader:
    return small.register(Role.BANK)


def signed_in(small: Gateway, trader: Trader) -> dict[str, str]:
    """A new session."""
    message = small.siwe_message(trader.address, small.nonce())
    signature = bytes(Account.sign_message(encode_defunct(text=message), trader.keys[0]).signature).hex()
    answer = small.http.post("/v1/sessions", json={"message": message, "signature": signature})
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def put(small: Gateway, trader: Trader, body: bytes) -> httpx.Response:
    return small.http.put(f"/v1/blobs/{hashlib.sha256(body).hexdigest()}", content=body, headers=trader.headers)


def frame(body: bytes) -> bytes:
    return hashlib.sha256(body).digest() + len(body).to_bytes(8, "big") + body


def refused(answer: httpx.Response) -> bool:
    said = answer.json()
    return (answer.status_code, said["code"], 0 < int(answer.headers["retry-after"]) <= 86_401) == (
        429, "QuotaUsedUp", True,
    )  # fmt: skip


def test_a_party_s_blobs_of_a_day_have_an_end_and_another_party_s_do_not(small: Gateway, trader: Trader) -> None:
    bodies = [os.urandom(300) for _ in range(3)]
    assert [put(small, trader, body).status_code for body in bodies] == [201] * 3
    assert refused(put(small, trader, os.urandom(10)))
    assert put(small, trader, bodies[0]).status_code == 200
    other = small.register(Role.BANK)
    assert put(small, other, os.urandom(10)).status_code == 201
    assert put(small, other, bodies[0]).status_code == 200
    assert [put(small, other, os.urandom(10)).status_code for _ in range(2)] == [201] * 2


def test_what_is_refused_costs_nothing_and_leaves_nothing(small: Gateway, trader: Trader) -> None:
    large, good = os.urandom(1001), os.urandom(1000)
    for _ in range(5):
        assert refused(put(small, trader, large))
    name = hashlib.sha256(b"other").hexdigest()
    assert small.http.put(f"/v1/blobs/{name}", content=good, headers=trader.headers).status_code == 422
    assert put(small, trader, good).status_code == 201


def test_of_many_blobs_in_one_request_those_above_are_refused_one_by_one(small: Gateway, trader: Trader) -> None:
    bodies = [os.urandom(size) for size in (600, 500, 400)]
    answer = small.http.post("/v1/blobs", content=b"".join(map(frame, bodies)), headers=trader.headers)
    items = answer.json()["items"]
    assert [item.get("problem", {}).get("code") for item in items] == [None, "QuotaUsedUp", None]
    assert [put(small, trader, body).status_code for body in bodies] == [200, 429, 200]


def test_a_body_in_chunks_counts_as_the_most_that_it_may_have(small: Gateway, trader: Trader) -> None:
    body = os.urandom(10)
    name = hashlib.sha256(body).hexdigest()
    answer = small.http.put(f"/v1/blobs/{name}", content=iter([body]), headers=trader.headers)
    assert refused(answer)


def test_kept_answers_have_an_end_those_there_are_still_given_and_without_a_key_all_goes_on(
    small: Gateway, trader: Trader
) -> None:
    def asked(key: str | None) -> httpx.Response:
        headers = trader.headers | ({} if key is None else {"Idempotency-Key": key})
        return small.http.post("/v1/actions", content=b'{"action": 1}', headers=headers)

    assert [asked(key).status_code for key in ("one", "two")] == [400, 400]
    assert refused(asked("three"))
    again = asked("one")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (400, "true")
    assert asked(None).status_code == 400


def test_a_party_that_opens_ever_new_sessions_has_one_quota_of_kept_answers(small: Gateway, trader: Trader) -> None:
    """Answers with secrets are kept for the session that asked, and count for its party all the same."""

    def made(session: dict[str, str], key: str | None = "key") -> httpx.Response:
        headers = session | ({} if key is None else {"Idempotency-Key": key})
        return small.http.post("/v1/api-keys", json={"name": "a machine", "scopes": ["admin"]}, headers=headers)

    first = signed_in(small, trader)
    answer = made(first)
    machine = {"Authorization": f"Bearer {answer.json()['key']}", "Idempotency-Key": "key"}
    hook = {"url": "https://receiver.example/hook", "types": []}
    codes = [small.http.post("/v1/webhooks", json=hook, headers=machine).status_code for _ in range(2)]
    assert refused(made(signed_in(small, trader)))
    again = made(first)
    assert (again.status_code, again.content, again.headers["idempotency-replayed"]) == (201, answer.content, "true")
    assert made(signed_in(small, trader), None).status_code == 201
    assert made(signed_in(small, small.register(Role.BANK))).status_code == 201
    assert codes == [201, 201]


@pytest.fixture
def few_answers(tmp_path: Path) -> Iterator[Gateway]:
    api = ApiSettings(quota_answers=2)
    with running(Settings(data=tmp_path / "data", port=0, block_seconds=0.05, api=api)) as system:
        one = Gateway(system.url)
        yield one
        one.close()


def test_strangers_that_fill_their_common_quota_shut_nobody_out(few_answers: Gateway) -> None:
    """The table ends where it should, and whose answer is not kept gets the same one by the act's digest."""
    carrier, shipper = few_answers.register(Role.CARRIER), few_answers.register(Role.SHIPPER_OR_CONSIGNEE)
    signed, content = few_answers.issue_act(carrier, shipper.party)
    body = wire.encode({"action": wire.signed_action_json(signed), "manifest": content.manifest.members()})

    def asked(key: str) -> httpx.Response:
        return few_answers.http.post("/v1/actions", content=body, headers={"Idempotency-Key": key})

    answers = [asked(f"stranger-{number}") for number in range(4)]
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len({answer.json()["digest"] for answer in answers}) == 1
    replayed = [asked(f"stranger-{number}").headers.get("idempotency-replayed") for number in range(4)]
    assert replayed == ["true", "true", None, None]


def test_whoever_signs_in_again_and_again_ends_its_own_oldest_session(small: Gateway, trader: Trader) -> None:
    made = [signed_in(small, trader) for _ in range(4)]
    found = [small.http.get("/v1/sessions", headers=one).status_code for one in made]
    assert found == [401, 401, 200, 200]


def test_the_quota_s_problem_has_its_page(small: Gateway) -> None:
    assert small.http.get("/problems/QuotaUsedUp").json()["status"] == 429
