"""The HTTP client: what it repeats, what it does not, and how problems become errors."""

import json
from collections.abc import Callable

import httpx
import pytest

from portledger.domain.errors import StalePrevious
from portledger.domain.refusals import NotSignedIn, QuotaUsedUp, RequestInFlight, Unavailable
from portledger.formats import api_json as wire
from portledger.sdk.client import CLAIM_SECONDS, RETRIES, Client
from portledger.sdk.errors import GatewayProblem, GatewayUnreachable, NotFinalYet

DIGEST = "ab" * 32


def client_of(handler: Callable[[httpx.Request], httpx.Response], pauses: list[float] | None = None) -> Client:
    kept = pauses if pauses is not None else []
    return Client("http://gateway", transport=httpx.MockTransport(handler), pause=kept.append)


def problem(code: str, status: int, **more: object) -> httpx.Response:
    body = {"type": f"/problems/{code}", "title": "t", "status": status, "detail": "d", "code": code, **more}
    return httpx.Response(status, content=json.dumps(body), headers={"Content-Type": "application/problem+json"})


def test_a_busy_gateway_is_asked_again_with_growing_pauses() -> None:
    seen, pauses = [], []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) < 3:
            return problem("Unavailable", 503, found="x", allowed="y")
        return httpx.Response(200, json={"digest": DIGEST, "status": "final"})

    assert client_of(handler, pauses).status(DIGEST).status == "final"
    assert len(seen) == 3
    assert pauses == [0.1, 0.2]


def test_a_gateway_that_says_when_to_come_back_is_obeyed() -> None:
    pauses: list[float] = []
    answers = [
        httpx.Response(429, headers={"Retry-After": "2"}),
        httpx.Response(200, json={"digest": DIGEST, "status": "final"}),
    ]
    client_of(lambda _: answers.pop(0), pauses).status(DIGEST)
    assert pauses == [2.0]


def test_a_gateway_that_stays_busy_is_an_error_after_the_last_attempt() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return problem("Unavailable", 503, found="x", allowed="y")

    with pytest.raises(Unavailable):
        client_of(handler).ledger()
    assert len(seen) == RETRIES


def test_a_submit_is_repeated_when_the_connection_breaks_because_it_is_known_by_its_digest() -> None:
    seen: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        if len(seen) == 1:
            raise httpx.ReadError("cut")
        return httpx.Response(202, json={"digest": DIGEST, "status": "accepted"})

    act = wire.SignedActionJson(
        kind=257, verb=1, document=DIGEST, previous=DIGEST, actor=1, epoch=1, deadline=1, signatures="00"
    )
    assert client_of(handler).submit(wire.SubmitRequest(action=act)).status == "accepted"
    assert seen[0] == seen[1]


def test_a_quota_that_comes_back_tomorrow_is_said_at_once() -> None:
    pauses: list[float] = []
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        answer = problem("QuotaUsedUp", 429, found="10 blobs", allowed="10 a day")
        answer.headers["Retry-After"] = "43200"
        return answer

    with pytest.raises(QuotaUsedUp):
        client_of(handler, pauses).ledger()
    assert (len(seen), pauses) == (1, [])


MADE = {"id": "1f", "name": "machine", "party": 1, "account": "0x" + "11" * 20, "scopes": ["read"], "createdAt": 1}


def worked_on(seen: list[httpx.Request], busy: int) -> Callable[[httpx.Request], httpx.Response]:
    """A gateway that loses its first answer, and then says so often that the request is in flight."""

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) == 1:
            raise httpx.ReadError("cut")
        if len(seen) <= 1 + busy:
            return problem("RequestInFlight", 409, found="a request in flight", allowed="its answer")
        return httpx.Response(201, json=MADE)

    return handler


def test_a_request_that_the_gateway_is_still_at_is_asked_for_under_its_key_until_the_answer_is_there() -> None:
    seen: list[httpx.Request] = []
    pauses: list[float] = []
    client_of(worked_on(seen, 20), pauses).new_key("machine", ["read"])
    assert len(seen) == 22
    assert len({request.headers["Idempotency-Key"] for request in seen}) == 1
    assert sum(pauses) < CLAIM_SECONDS


def test_a_request_that_stays_in_flight_is_given_up_after_the_longest_claim() -> None:
    seen: list[httpx.Request] = []
    pauses: list[float] = []
    with pytest.raises(RequestInFlight):
        client_of(worked_on(seen, 10_000), pauses).new_key("machine", ["read"])
    assert CLAIM_SECONDS <= sum(pauses) < CLAIM_SECONDS + 5


def test_a_sign_in_is_never_repeated_because_its_nonce_is_spent() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        raise httpx.ReadError("cut")

    with pytest.raises(GatewayUnreachable):
        client_of(handler).open_session("text", bytes(65))
    assert len(seen) == 1


def test_a_refusal_is_not_repeated() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return problem("NotSignedIn", 401, found="no token", allowed="a token")

    with pytest.raises(NotSignedIn) as refused:
        client_of(handler).ledger()
    assert len(seen) == 1
    assert refused.value.found == "no token"


def test_nobody_answering_is_said_with_the_address_and_a_remedy() -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(GatewayUnreachable, match="http://gateway") as failed:
        client_of(handler).ledger()
    assert "portledger up" in failed.value.remedy


def test_a_client_that_was_closed_meanwhile_reaches_no_gateway() -> None:
    client = client_of(lambda _: httpx.Response(200))
    client.close()
    with pytest.raises(GatewayUnreachable, match="closed here"):
        client.ledger()
    with pytest.raises(GatewayUnreachable, match="closed here"), client.stream_blob("0" * 64):
        pass


def test_an_error_of_the_program_stays_one() -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise RuntimeError("a mistake in here")

    with pytest.raises(RuntimeError, match="a mistake"):
        client_of(handler).ledger()


def test_an_answer_that_is_no_problem_document_is_still_an_error_in_plain_words() -> None:
    with pytest.raises(GatewayProblem, match="HTTP 418"):
        client_of(lambda _: httpx.Response(418, text="teapot")).ledger()


def test_a_blob_that_does_not_hash_to_its_name_is_refused() -> None:
    client = client_of(lambda _: httpx.Response(200, content=b"other"))
    with pytest.raises(GatewayProblem, match="hashes to"):
        client.get_blob(DIGEST)
    assert client.get_blob(DIGEST, check=False) == b"other"


def test_waiting_for_an_act_raises_the_error_with_which_the_ledger_refused_it() -> None:
    refusal = {
        "type": "/problems/StalePrevious", "title": "t", "status": 409, "detail": "d", "code": "StalePrevious",
        "step": "12 previous", "parameters": {"document": "01" * 32, "given": "02" * 32, "head": "03" * 32},
    }  # fmt: skip
    answer = httpx.Response(200, json={"digest": DIGEST, "status": "refused", "problem": refusal})
    with pytest.raises(StalePrevious) as refused:
        client_of(lambda _: answer).until_final(DIGEST)
    assert refused.value.head == bytes([3]) * 32
    assert refused.value.at_step == "12 previous"


def test_waiting_ends_with_a_word_that_the_act_is_still_on_its_way() -> None:
    answer = httpx.Response(200, json={"digest": DIGEST, "status": "submitted"})
    with pytest.raises(NotFinalYet) as pending:
        client_of(lambda _: answer).until_final(DIGEST, seconds=0)
    assert pending.value.parameters() == {"digest": DIGEST}


def test_lists_are_followed_page_by_page() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        cursor = request.url.params.get("cursor")
        item = {"party": 2 if cursor else 1, "roles": 1, "roleNames": ["carrier"], "epoch": 1, "locked": False,
                "suspendedUntil": 0, "profile": DIGEST, "encryptionKey": DIGEST}  # fmt: skip
        return httpx.Response(200, json={"items": [item], "next": None if cursor else "1"})

    assert [one.party for one in client_of(handler).parties()] == [1, 2]


def test_a_waiting_act_without_files_names_none_and_one_with_files_names_them() -> None:
    """Gateways of versions before know no `blobs`, and refuse members that they do not know."""
    seen: list[dict[str, object]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(201, json={"digest": DIGEST, "tag": "cd" * 32, "size": 6, "deadline": 5, "changedAt": 4})

    client = client_of(handler)
    client.put_waiting(DIGEST, b"sealed", 5)
    client.put_waiting(DIGEST, b"sealed", 5, blobs=["ef" * 32])
    kept = {"sealed": "c2VhbGVk", "deadline": 5}
    assert seen == [kept, {**kept, "blobs": ["ef" * 32]}]
