"""The operator's port: /livez, /readyz and /metrics of one process and its workers, and nothing else.

A port of its own, because the interface for parties may be reached by anybody: how much is under way and who is refused
is nobody's business but the operator's. It answers while the gateway's own port is flooded, or its worker is dead. It
needs no credential and shows no secret; keep it on this machine, or in a network of the operator's alone. A page in a
browser of this machine may have its own name point here: who asks a port of this machine must call it by an address.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import Conflict
from portledger.formats import api_json as wire
from portledger.gateway import problems
from portledger.services.health import READY, Health

log = structlog.get_logger("operator")

LOOPBACK: Final = "127.0.0.1"
CLIENT_SECONDS: Final = 5.0
"""So long a client may take for its request, or for reading the answer."""
MOST_CLIENTS: Final = 16
"""At once; others are turned away."""
JSON: Final = "application/json"


def address_of(text: str) -> tuple[str, int]:
    """ADDRESS:PORT, or a port of this machine alone. Raises InvalidInput."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or LOOPBACK
    if not (port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise InvalidInput("--metrics", repr(text[:60]), "ADDRESS:PORT, such as 127.0.0.1:9464, or a port alone")
    return host, int(port)


class OperatorPort:
    """`start`, and `close`. live: READY, or what is dead; text: the metrics. Port 0 = a free one."""

    def __init__(self, address: str, live: Callable[[], str], health: Health, text: Callable[[], bytes]) -> None:
        """Raises InvalidInput, Conflict (somebody else has the port)."""
        host, port = address_of(address)
        if not _is_loopback(host):
            log.warning("operator_port_is_open", address=host, remedy="Let only the operator's network reach it.")
        try:
            self._server = _Server(
                host,
                port,
                {"/livez": _live(live), "/readyz": _ready(health), "/metrics": _text(text)},
                _is_loopback(host),
            )
        except OSError as failure:
            raise Conflict(
                f"{host}:{port}, which cannot be listened on", "a free port of this machine",
                "Give another --metrics, or end what listens there.",
            ) from failure  # fmt: skip
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._server.server_address[1]}"
        # It looks so many seconds apart whether to end, and a process that stops waits for it.
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="operator-port", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


Answer = tuple[int, str, bytes]
"""Status, media type, body."""


def readiness(health: Health) -> wire.Problem | dict[str, Any]:
    """What /readyz says: JSON when every part is ready, else the problem that names those that are not."""
    found = health.look()
    if found.ready:
        return {"status": READY, "confirmed": found.confirmed, "node": found.node, "parts": dict(found.parts)}
    return problems.not_ready(found.parts, found.wrong)


def _ready(health: Health) -> Callable[[], Answer]:
    def answer() -> Answer:
        said = readiness(health)
        if isinstance(said, wire.Problem):
            return said.status, problems.MEDIA_TYPE, wire.encode(said)
        return 200, JSON, wire.encode(said)

    return answer


def _live(live: Callable[[], str]) -> Callable[[], Answer]:
    def answer() -> Answer:
        words = live()
        return 200 if words == READY else 503, JSON, wire.encode({"status": words})

    return answer


def _text(text: Callable[[], bytes]) -> Callable[[], Answer]:
    one_at_a_time = threading.Lock()

    def answer() -> Answer:
        with one_at_a_time:
            return 200, CONTENT_TYPE_PLAIN_0_0_4, text()

    return answer


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_address(host: str) -> bool:
    """Whether a Host header names an address or this machine, and no name that somebody may have pointed here."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return not name or name == "localhost" or bool(ipaddress.ip_address(name))
    except ValueError:
        return False


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, answers: dict[str, Callable[[], Answer]], own: bool) -> None:
        """own: of this machine alone."""
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.answers, self.own = answers, own
        self._places = threading.BoundedSemaphore(MOST_CLIENTS)
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread began that would give the place back
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away; what an answer itself fails with is answered as 500 and logged there."""


class _Handler(BaseHTTPRequestHandler):
    timeout = CLIENT_SECONDS

    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        if self.server.own and not _is_address(self.headers.get("host", "")):
            self.send_error(421)
            return
        found = self.server.answers.get(self.path.partition("?")[0])
        if found is None:
            self.send_error(404)
            return
        try:
            status, media_type, body = found()
        except Exception:
            log.exception("operator_port_failed")
            self.send_error(500)
            return
        self._send(status, media_type, body)

    do_HEAD = do_GET

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Nothing of the request comes back."""
        self._send(code, JSON, b'{"status":%d}' % code)

    def _send(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response_only(status)
        for name, value in (
            ("content-type", media_type),
            ("content-length", str(len(body))),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """A scrape every few seconds is no news."""
