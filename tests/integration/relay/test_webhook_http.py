"""Posting to addresses that clients name, by real sockets: ways to lead it inside, and receivers that dawdle."""

from __future__ import annotations

import datetime
import http.server
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portledger.relay.webhook_http import MAX_ANSWER, Answer, Poster

Behave = Callable[[http.server.BaseHTTPRequestHandler], None]


@contextmanager
def receiver(behave: Behave, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[tuple[str, bytes]]]]:
    """A server on this machine; its port, and the (Host, body) of what came."""
    came: list[tuple[str, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            came.append((self.headers["host"], self.rfile.read(int(self.headers["content-length"]))))
            try:
                behave(self)
            except OSError:
                self.close_connection = True

        def do_GET(self) -> None:
            came.append(("redirected", b""))

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_address[1], came
    server.shutdown()
    server.server_close()
    thread.join()


def answers(status: int, **headers: str) -> Behave:
    def behave(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", "0")
        handler.end_headers()

    return behave


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_2xx_means_taken(status: int) -> None:
    with receiver(answers(status)) as (port, came):
        answer = Poster(private=True).post(f"http://127.0.0.1:{port}/hook", {"a": "b"}, b"body")
        assert (answer, answer.taken) == (Answer(status, ""), True)
        assert came == [(f"127.0.0.1:{port}", b"body")]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_wherever_it_leads(status: int) -> None:
    with receiver(answers(200)) as (inner, reached), receiver(
        answers(status, location=f"http://127.0.0.1:{inner}/secret")
    ) as (port, _):  # fmt: skip
        assert Poster(private=True).post(f"http://127.0.0.1:{port}/", {}, b"") == Answer(status, f"HTTP {status}")
        assert reached == []


def test_a_name_that_stands_for_an_inner_address_is_not_connected_to() -> None:
    with receiver(answers(200)) as (port, came):
        answer = Poster(look_up=lambda _host, _port: ["127.0.0.1"]).post(f"https://hook.example:{port}/", {}, b"")
        assert answer == Answer(None, "refused: the address of hook.example")
        assert came == []


def test_a_name_with_one_inner_address_among_public_ones_is_not_connected_to() -> None:
    answer = Poster(look_up=lambda _host, _port: ["8.8.8.8", "10.0.0.1"]).post("https://hook.example/", {}, b"")
    assert answer == Answer(None, "refused: the address of hook.example")


def test_a_name_is_looked_up_once_and_connected_to_by_the_address_that_was_looked_at() -> None:
    """DNS rebinding: a second look-up would have another answer."""
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with receiver(answers(200)) as (port, came):
        poster = Poster(private=True, look_up=rebinding)
        assert poster.post(f"http://hook.example:{port}/", {}, b"").taken
        assert asked == ["hook.example"]
        assert [host for host, _ in came] == [f"hook.example:{port}"]


def test_a_literal_inner_address_is_refused_before_anything_is_looked_up() -> None:
    def never(_host: str, _port: int) -> list[str]:
        raise AssertionError("looked up")

    for url in (
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "http://a.example/",
    ):
        assert Poster(look_up=never).post(url, {}, b"").error.startswith("refused: ")


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver(answers(200)) as (proxy, proxied), receiver(answers(200)) as (port, came):
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        assert Poster(private=True).post(f"http://127.0.0.1:{port}/", {}, b"").taken
        assert (len(came), len(proxied)) == (1, 0)


def test_a_receiver_that_answers_in_drops_is_left_at_the_deadline() -> None:
    def drops(handler: http.server.BaseHTTPRequestHandler) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nx-long: " + b"a" * 10_000:
            handler.wfile.write(bytes([byte]))
            time.sleep(0.05)

    with receiver(drops) as (port, _):
        answer = Poster(private=True, seconds=0.5).post(f"http://127.0.0.1:{port}/", {}, b"")
        assert answer == Answer(None, "no whole answer within 0.5 s")


def test_a_receiver_that_accepts_and_says_nothing_is_left_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = Poster(private=True, seconds=0.3).post(f"http://127.0.0.1:{silent.getsockname()[1]}/", {}, b"")
        assert answer == Answer(None, "no whole answer within 0.3 s")


def test_an_endless_answer_is_read_to_its_limit_and_no_further() -> None:
    sent = 0

    def endless(handler: http.server.BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("content-length", str(1 << 40))
        handler.end_headers()
        while True:
            sent += handler.wfile.write(bytes(1 << 16))

    with receiver(endless) as (port, _):
        assert Poster(private=True).post(f"http://127.0.0.1:{port}/", {}, b"").taken
    assert sent < 100 * MAX_ANSWER  # what sockets hold, and no more


def test_nobody_there_is_an_answer_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    answer = Poster(private=True).post(f"http://127.0.0.1:{port}/", {}, b"")
    assert (answer.status, answer.error) == (None, "no answer (ConnectError)")


def test_a_host_that_does_not_resolve_is_an_answer_too() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror("unknown")

    assert Poster(look_up=unknown).post("https://hook.example/", {}, b"").error == "no answer (gaierror)"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for hook.example, with its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("hook.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "hook.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class TestTls:
    """The certificate is checked for the name that the party gave, though the connection goes to an address."""

    @pytest.fixture
    def port(self, certificate: Path) -> Iterator[int]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with receiver(answers(200), context) as (port, _):
            yield port

    def post(self, host: str, port: int, trusted: Path | None) -> Answer:
        context = ssl.create_default_context(cafile=str(trusted) if trusted else None)
        return Poster(private=True, look_up=lambda _host, _port: ["127.0.0.1"], context=context).post(
            f"https://{host}:{port}/", {}, b""
        )

    def test_the_right_name_is_posted_to(self, port: int, certificate: Path) -> None:
        assert self.post("hook.example", port, certificate).taken

    def test_another_name_is_not(self, port: int, certificate: Path) -> None:
        assert self.post("other.example", port, certificate) == Answer(None, "no answer (ConnectError)")

    def test_an_issuer_that_nobody_trusts_is_not(self, port: int) -> None:
        assert self.post("hook.example", port, None) == Answer(None, "no answer (ConnectError)")
