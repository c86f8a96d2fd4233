"""Too much, too slow, too crooked: it takes nothing from others, and is answered with what helps."""

from __future__ import annotations

import itertools
import json
import resource
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.support.gateway import Gateway, Trader

from portledger.domain.codes import Role
from portledger.gateway.api_settings import ApiSettings
from portledger.gateway.settings import Settings
from portledger.gateway.system import Running, running

API = ApiSettings(
    session_rate=0.001,
    session_burst=30,
    address_rate=0.001,
    address_burst=50,
    door_rate=0.001,
    door_burst=8,
    body_seconds=0.3,
    body_rate=1000,
    proxies=("127.0.0.0/8",),
    origins=("https://erp.example",),
)
"""Buckets that do not fill while a test runs: what goes through is counted, and no clock decides. Each test asks from
an address of its own, by the header of a proxy that is believed."""


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("floods")
    with running(Settings(data=folder, port=0, block_seconds=0.05, api=API, site="https://ledger.example")) as system:
        yield system


@pytest.fixture(scope="module")
def traders(strict: Running) -> Iterator[list[Trader]]:
    one = Gateway(strict.url)
    one.http.headers["x-forwarded-for"] = "203.0.113.1"
    yield [one.register(Role.BANK), one.register(Role.BANK)]
    one.close()


_NUMBERS = itertools.count(1)


@pytest.fixture
def http(strict: Running) -> Iterator[httpx.Client]:
    """From an address that no other test has."""
    number = next(_NUMBERS)
    headers = {"x-forwarded-for": f"198.18.{number >> 8}.{number & 0xFF}"}
    with httpx.Client(base_url=strict.url, headers=headers, trust_env=False, timeout=30) as client:
        yield client


def test_a_flood_of_one_address_is_answered_with_when_to_come_again(http: httpx.Client) -> None:
    answers = [http.get("/v1/ledger") for _ in range(60)]
    assert [answer.status_code for answer in answers] == [200] * 50 + [429] * 10
    first, last = answers[0].headers, answers[-1]
    assert first["ratelimit-policy"] == '"address";q=50;w=50000'
    assert first["ratelimit"].startswith('"address";r=49;t=')
    assert (last.json()["code"], last.headers["content-type"]) == ("TooManyRequests", "application/problem+json")
    assert int(last.headers["retry-after"]) >= 1
    assert last.json()["requestId"] == last.headers["x-request-id"]


def test_a_flood_of_one_address_takes_nothing_from_another(http: httpx.Client) -> None:
    flood = {"x-forwarded-for": "198.51.100.7"}
    while http.get("/v1/ledger", headers=flood).status_code == 200:
        pass
    assert http.get("/v1/ledger").status_code == 200
    assert http.get("/v1/ledger", headers={"x-forwarded-for": "1.1.1.1, 198.51.100.7"}).status_code == 429


def test_a_flood_of_one_party_takes_nothing_from_another(http: httpx.Client, traders: list[Trader]) -> None:
    flood, other = traders
    found = [http.get("/v1/parties", headers=flood.headers).status_code for _ in range(60)]
    assert found.count(429) > 0
    assert http.get("/v1/parties", headers=other.headers).status_code == 200


def test_made_up_tokens_count_for_the_address_that_makes_them_up(http: httpx.Client) -> None:
    found = [http.get("/v1/parties", headers={"authorization": f"Bearer {number}"}).status_code for number in range(60)]
    assert found == [401] * 50 + [429] * 10


def test_sign_in_has_a_rate_of_its_own(http: httpx.Client) -> None:
    found = [http.post("/v1/sessions/nonce").status_code for _ in range(12)]
    assert found == [200] * 8 + [429] * 4
    assert http.get("/v1/ledger").status_code == 200


def test_the_operator_s_own_questions_are_never_refused(http: httpx.Client) -> None:
    assert {http.get("/livez").status_code for _ in range(80)} == {200}


class TestSlow:
    """Bodies that come in drops; the connections are raw, so that nothing helps them along."""

    def answered(self, strict: Running, head: bytes, *drops: bytes, pause: float) -> tuple[int, dict[str, object]]:
        host, _, port = strict.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(head)
            try:
                for drop in drops:
                    connection.sendall(drop)
                    time.sleep(pause)
            except OSError:
                pass  # the gateway has heard enough
            answer = b""
            while b"}" not in answer and (part := connection.recv(65536)):
                answer += part
        status, _, rest = answer.partition(b"\r\n")
        return int(status.split()[1]), json.loads(rest.partition(b"\r\n\r\n")[2])

    def head(self, length: int) -> bytes:
        return (
            f"POST /v1/actions HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 198.18.255.1\r\ncontent-length: {length}\r\n\r\n"
        ).encode()

    def test_a_body_that_stops_is_refused(self, strict: Running) -> None:
        status, problem = self.answered(strict, self.head(100), b"{", pause=0)
        assert (status, problem["code"]) == (408, "BodyTooSlow")

    def test_a_body_in_drops_is_refused_though_no_pause_is_long(self, strict: Running) -> None:
        status, problem = self.answered(strict, self.head(10_000), *[b" "] * 100, pause=0.05)
        assert (status, problem["code"]) == (408, "BodyTooSlow")

    def test_many_slow_bodies_hold_up_nobody(self, strict: Running, http: httpx.Client) -> None:
        host, _, port = strict.url.removeprefix("http://").partition(":")
        slow = [socket.create_connection((host, int(port))) for _ in range(100)]
        for connection in slow:
            connection.sendall(self.head(100))
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: http.get("/v1/ledger").status_code, range(20)))
        for connection in slow:
            connection.close()
        assert set(found) == {200}


@pytest.fixture
def many_files() -> Iterator[None]:
    """The connections of this test have two ends: the gateway raises its own limit itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("sent", [b"", b"GET /livez HTTP/1.1\r\n"], ids=["silent", "half a request"])
@pytest.mark.usefixtures("many_files")
def test_more_connections_than_a_thousand_hold_up_nobody(strict: Running, http: httpx.Client, sent: bytes) -> None:
    host, _, port = strict.url.removeprefix("http://").partition(":")
    idle = [socket.create_connection((host, int(port))) for _ in range(1200)]
    for connection in idle:
        connection.sendall(sent)
    found = [http.get("/v1/ledger").status_code for _ in range(5)]
    for connection in idle:
        connection.close()
    assert found == [200] * 5


class TestHeaders:
    def test_every_answer_says_what_a_browser_must_not_do(self, http: httpx.Client) -> None:
        for path in ("/v1/ledger", "/v1/documents", "/nowhere", "/problems/NotFound"):
            headers = http.get(path).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["content-security-policy"].startswith("default-src 'none'")
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["strict-transport-security"] == "max-age=31536000"

    def test_two_credentials_in_one_request_are_refused(self, http: httpx.Client) -> None:
        twice = [("authorization", "Bearer one"), ("authorization", "Bearer two")]
        refused = http.get("/v1/ledger", headers=twice)
        assert (refused.status_code, refused.json()["code"]) == (400, "InvalidInput")
        assert refused.headers["x-content-type-options"] == "nosniff"

    def test_only_named_origins_may_call_from_a_browser(self, http: httpx.Client) -> None:
        asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
        mine = http.options("/v1/actions", headers={**asked, "origin": "https://erp.example"})
        assert mine.headers["access-control-allow-origin"] == "https://erp.example"
        assert "access-control-allow-credentials" not in mine.headers
        for origin in ("https://evil.example", "null", "https://erp.example.evil.example", "http://erp.example"):
            answer = http.options("/v1/actions", headers={**asked, "origin": origin})
            assert "access-control-allow-origin" not in answer.headers, origin

    @pytest.mark.parametrize("given", ["order-4711", "A.b:c_d-9"])
    def test_a_plain_request_id_comes_back(self, http: httpx.Client, given: str) -> None:
        answer = http.get("/v1/documents", headers={"x-request-id": given})
        assert (answer.headers["x-request-id"], answer.json()["requestId"]) == (given, given)

    @pytest.mark.parametrize("given", ["a b", "x" * 81, '"},{"level":"error"', "a\tb", "é"])
    def test_a_crooked_request_id_is_not_taken_over(self, http: httpx.Client, given: str) -> None:
        answer = http.get("/v1/documents", headers={"x-request-id": given.encode("latin-1")})  # type: ignore[dict-item]
        found = answer.headers["x-request-id"]
        assert found != given
        assert len(found) == 32

    def test_control_characters_do_not_come_through_at_all(self, http: httpx.Client) -> None:
        assert http.get("/v1/documents", headers={"x-request-id": "\x1b[31m"}).status_code == 400

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("DELETE", "/v1/documents", "GET, HEAD"),
            ("PATCH", "/v1/actions", "POST"),
            ("TRACE", "/v1/ledger", "GET, HEAD"),
            ("PUT", "/v1/api-keys", "GET, HEAD, POST"),
        ],
    )
    def test_a_method_that_is_not_there_is_answered_with_those_that_are(
        self, http: httpx.Client, method: str, path: str, allowed: str
    ) -> None:
        answer = http.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
        assert answer.json()["code"] == "MethodNotAllowed"

    def test_a_query_with_a_slip_is_refused_and_named(self, http: httpx.Client, traders: list[Trader]) -> None:
        answer = http.get("/v1/documents?sate=ISSUED", headers=traders[1].headers)
        assert (answer.status_code, answer.json()["parameter"]) == (400, "sate")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/../../etc/passwd", "/v1/documents/..%2f..%2fdeployment.json", "/v1/blobs/%2e%2e%2fdeployment.json",
        "/v1/blobs/..%5c..%5cwebhooks.key", "/problems/..%2f..%2fwebhooks.key", "/v1/kinds/..%2f..%2fetc%2fpasswd",
        "/v1/kinds/%00", "/v1//documents", "//v1/documents", "/v1/documents/%ff", "/v1/parties/-1", "/v1/parties/1e3",
        "/v1/blobs/" + "a" * 63 + "%0a",
    ],
)  # fmt: skip
def test_crooked_paths_lead_nowhere(strict: Running, traders: list[Trader], path: str) -> None:
    host, _, port = strict.url.removeprefix("http://").partition(":")
    head = f"GET {path} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 198.18.254.1\r\n"
    head += f"authorization: Bearer {traders[1].token}"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(head.encode() + b"\r\nconnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert int(answer.split()[1]) in (400, 404)
    assert b"application/problem+json" in answer
