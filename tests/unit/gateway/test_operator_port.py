"""The operator's port: three paths, for reading, whatever its clients do."""

import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import Conflict
from portledger.gateway.operator_port import MOST_CLIENTS, OperatorPort, address_of
from portledger.services.health import READY, Health


class Process:
    """What stands behind the port."""

    def __init__(self) -> None:
        self.live, self.node = READY, READY
        self.health = Health(fresh=0)
        self.health.add("node", lambda: self.node)
        self.port = OperatorPort("127.0.0.1:0", lambda: self.live, self.health, self.text)
        self.breaks = False

    def text(self) -> bytes:
        if self.breaks:
            raise RuntimeError("secret")
        return b"portledger_info 1\n"


@pytest.fixture
def process() -> Iterator[Process]:
    one = Process()
    one.port.start()
    yield one
    one.port.close()


def get(process: Process, path: str, method: str = "GET") -> httpx.Response:
    return httpx.request(method, process.port.url + path, trust_env=False, timeout=10)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9464", ("127.0.0.1", 9464)),
        (":9464", ("127.0.0.1", 9464)),
        ("0.0.0.0:9464", ("0.0.0.0", 9464)),
        ("[::1]:9464", ("::1", 9464)),
        ("metrics.internal:0", ("metrics.internal", 0)),
    ],
)
def test_an_address_is_read(text: str, address: tuple[str, int]) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["", "x", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "a:９"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="ADDRESS:PORT"):
        address_of(text)


def test_a_port_that_somebody_has_is_refused(process: Process) -> None:
    with pytest.raises(Conflict, match="cannot be listened on"):
        OperatorPort(process.port.url.removeprefix("http://"), lambda: READY, Health(), lambda: b"")


@pytest.mark.parametrize(
    "host", ["evil.example:9464", "localhost.evil.example", "127.0.0.1.evil.example", "a b", "[::1"]
)
def test_a_page_whose_name_points_to_this_machine_reads_nothing(process: Process, host: str) -> None:
    """DNS rebinding: the browser takes the port for the page's own site."""
    for path in ("/metrics", "/readyz", "/livez"):
        answer = httpx.get(process.port.url + path, headers={"host": host}, trust_env=False)
        assert (answer.status_code, answer.json()) == (421, {"status": 421})


@pytest.mark.parametrize("host", ["127.0.0.1:9464", "localhost", "localhost:9464", "[::1]:9464", "10.0.0.5"])
def test_who_calls_this_machine_by_its_address_is_answered(process: Process, host: str) -> None:
    assert httpx.get(process.port.url + "/metrics", headers={"host": host}, trust_env=False).status_code == 200


def test_a_port_of_a_network_may_be_called_by_any_name() -> None:
    port = OperatorPort("0.0.0.0:0", lambda: READY, Health(), lambda: b"")
    port.start()
    try:
        url = port.url.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(url + "/livez", headers={"host": "relayer:9464"}, trust_env=False).status_code == 200
    finally:
        port.close()


def test_the_three_paths(process: Process) -> None:
    assert get(process, "/livez").json() == {"status": "ok"}
    assert get(process, "/readyz").json()["parts"] == {"node": "ok"}
    metrics = get(process, "/metrics")
    assert metrics.text == "portledger_info 1\n"
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")


def test_what_is_not_ready_is_a_problem_that_names_it(process: Process) -> None:
    process.node = "of another chain"
    answer = get(process, "/readyz")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["parameters"] == {"parts": {"node": "of another chain"}}
    assert get(process, "/livez").status_code == 200  # starting it again would not mend the node


def test_a_dead_loop_makes_the_process_dead(process: Process) -> None:
    process.live = "a loop has ended"
    answer = get(process, "/livez")
    assert (answer.status_code, answer.json()) == (503, {"status": "a loop has ended"})


@pytest.mark.parametrize("path", ["/", "/v1/ledger", "/metrics/", "/livez/x", "/LIVEZ", "/debug"])
def test_there_is_nothing_else(process: Process, path: str) -> None:
    assert get(process, path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "INVENTED"])
def test_it_is_for_reading_alone(process: Process, method: str) -> None:
    answer = get(process, "/livez", method)
    assert answer.status_code == 501
    assert method not in answer.text


def test_a_head_has_no_body(process: Process) -> None:
    answer = get(process, "/metrics", "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")


def test_what_fails_inside_is_told_without_its_words(process: Process) -> None:
    process.breaks = True
    answer = get(process, "/metrics")
    assert (answer.status_code, answer.json()) == (500, {"status": 500})


def test_silent_clients_take_no_more_than_their_places(process: Process) -> None:
    host, port = process.port.url.removeprefix("http://").split(":")
    silent = [socket.create_connection((host, int(port)), timeout=10) for _ in range(MOST_CLIENTS)]
    try:
        for one in silent:
            one.sendall(b"GET /livez")
        turned_away = socket.create_connection((host, int(port)), timeout=10)
        turned_away.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
        with turned_away:
            assert turned_away.recv(100) == b""
    finally:
        for one in silent:
            one.close()
    assert any(_answers(process) for _ in range(200))


def test_a_place_whose_thread_cannot_begin_is_given_back(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refused)
        for _ in range(MOST_CLIENTS + 1):
            with pytest.raises(httpx.HTTPError):
                get(process, "/livez")
    assert get(process, "/livez").status_code == 200


def _answers(process: Process) -> bool:
    try:
        return get(process, "/livez").status_code == 200
    except httpx.HTTPError:
        return False
