"""Posting over kept connections: kept ones are used again, ended ones never."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from portledger.chain.rpc import NodeUnreachable, Rpc
from portledger.chain.wire import AddressRefused, Wire, WireFailed

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
LAST = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"


class Server:
    """Answers each request by the next of its answers; after one that is None it closes the connection unanswered."""

    def __init__(self, answers: list[bytes | None], close_after_each: bool = False) -> None:
        self.answers, self.heads, self.connections = answers, list[bytes](), 0
        self._close = close_after_each
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.closed = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            self._answer(connection)
        self.closed.set()

    def _answer(self, connection: socket.socket) -> None:
        while True:
            got = b""
            while not got.endswith(b"body"):
                part = connection.recv(4096)
                if not part:
                    return
                got += part
            self.heads.append(got)
            answer = self.answers.pop(0)
            if answer is None:
                return
            connection.sendall(answer)
            if self._close or answer is LAST:
                return

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@pytest.fixture
def serving() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*answers: bytes | None, close_after_each: bool = False) -> Server:
        servers.append(Server(list(answers), close_after_each))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def wiring() -> Iterator[Callable[..., Wire]]:
    wires: list[Wire] = []

    def make(server: Server, user: str = "", path: str = "", timeout: float = 20) -> Wire:
        wires.append(Wire(f"http://{user}127.0.0.1:{server.port}{path}", timeout))
        return wires[-1]

    yield make
    for wire in wires:
        wire.close()


def test_requests_share_a_connection(serving: Callable[..., Server], wiring: Callable[..., Wire]) -> None:
    server = serving(OK, OK, OK)
    wire = wiring(server, path="/a?b=c")
    assert [wire.post(b"body") for _ in range(3)] == [(200, b"ok")] * 3
    assert server.connections == 1
    assert server.heads[0].startswith(b"POST /a?b=c HTTP/1.1\r\n")


def test_a_connection_that_the_node_ended_meanwhile_is_not_used(
    serving: Callable[..., Server], wiring: Callable[..., Wire]
) -> None:
    server = serving(OK, OK, close_after_each=True)
    wire = wiring(server)
    assert wire.post(b"body") == (200, b"ok")
    assert server.closed.wait(5)
    assert wire.post(b"body") == (200, b"ok")
    assert server.connections == 2


def test_a_connection_that_the_answer_ends_is_not_kept(
    serving: Callable[..., Server], wiring: Callable[..., Wire]
) -> None:
    server = serving(LAST, OK)
    wire = wiring(server)
    assert [wire.post(b"body") for _ in range(2)] == [(200, b"ok")] * 2
    assert server.connections == 2


def test_a_request_that_failed_is_not_repeated(serving: Callable[..., Server], wiring: Callable[..., Wire]) -> None:
    server = serving(OK, None, OK)
    wire = wiring(server)
    wire.post(b"body")
    with pytest.raises(WireFailed):
        wire.post(b"body")
    assert len(server.heads) == 2
    assert wire.post(b"body") == (200, b"ok")


def test_an_answer_that_is_no_http_fails(serving: Callable[..., Server], wiring: Callable[..., Wire]) -> None:
    server = serving(b"ssh, not http\r\n\r\n")
    with pytest.raises(WireFailed):
        wiring(server).post(b"body")


def test_an_answer_that_breaks_off_fails(serving: Callable[..., Server], wiring: Callable[..., Wire]) -> None:
    server = serving(OK[:-1], close_after_each=True)
    with pytest.raises(WireFailed):
        wiring(server).post(b"body")


def test_a_silent_node_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(WireFailed):
        Wire(f"http://127.0.0.1:{silent.getsockname()[1]}", 0.05).post(b"body")


def test_user_and_password_of_the_address_are_shown_to_the_node(
    serving: Callable[..., Server], wiring: Callable[..., Wire]
) -> None:
    server = serving(OK)
    wiring(server, user="me:p%40ss@").post(b"body")
    assert b"Authorization: Basic bWU6cEBzcw==" in server.heads[0]


@pytest.mark.parametrize(
    "url", ["", "node", "ftp://node", "http://", "http://node:port", "http://[::1", "http://n:0", "http://127.0.0.1/ü"]
)
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(AddressRefused):
        Wire(url, 5).post(b"body")
    with pytest.raises(NodeUnreachable, match=r"http://127\.0\.0\.1:8545"):
        Rpc(url).block_number()


def test_a_hundred_threads_get_their_own_answers(serving: Callable[..., Server], wiring: Callable[..., Wire]) -> None:
    server = serving(*[OK] * 100)
    wire, found = wiring(server), list[tuple[int, bytes]]()
    threads = [threading.Thread(target=lambda: found.append(wire.post(b"body"))) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(200, b"ok")] * 100
