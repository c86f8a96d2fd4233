"""POSTs over kept connections to one address: the least that a JSON-RPC client needs.

The relayer, the indexer and the miner ask the node some hundred times a second; the standard library's connection
takes a third of the processor time that a general HTTP client takes. No proxies, no redirects, no repetition: a request
that failed may have reached the node, and only who asked knows whether it may be asked again.
"""

from __future__ import annotations

import base64
import http.client
import select
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

_KEPT: Final = 4
"""Idle connections: as many as threads that ask at the same time, as a rule."""


class WireFailed(Exception):
    """No answer came: not reached, cut off, too late, or no HTTP."""


class AddressRefused(Exception):
    """No address that can be posted to."""


class Wire:
    """url: http(s)://[user:password@]host[:port][/path]; timeout: seconds without a byte. From any number of threads.

    The address is looked at when it is first used. For who is less trusted than one's own node: whole, seconds after
    which the exchange is cut off however steadily bytes come; headers, sent with each request; context, whose
    certificates count and which one we show.
    """

    def __init__(
        self,
        url: str,
        timeout: float,
        *,
        whole: float | None = None,
        headers: Mapping[str, str] | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._url, self._timeout = url, timeout
        self._whole = whole
        self._more, self._context = dict(headers or {}), context
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []

    def post(self, body: bytes, limit: int | None = None) -> tuple[int, bytes]:
        """(HTTP status, the answer's body, of so many bytes at most). Raises WireFailed, AddressRefused."""
        where = self._where()
        connection = self._taken() or self._made(where)
        guard = threading.Timer(self._whole, _cut, (connection,)) if self._whole is not None else None
        try:
            if guard is not None:
                guard.daemon = True
                guard.start()
            connection.request("POST", _target(where), body, {**_headers(where), **self._more})
            answer = connection.getresponse()
            content = answer.read() if limit is None else answer.read(limit + 1)
            if limit is not None and len(content) > limit:
                raise http.client.HTTPException(f"an answer of more than {limit} bytes")
        except BaseException as failure:  # an interrupted one, too, stands in the midst of something
            connection.close()
            if isinstance(failure, (OSError, http.client.HTTPException)):
                raise WireFailed(f"{type(failure).__name__}: {failure}") from failure
            if isinstance(failure, ValueError):  # what no host or path is made of
                raise AddressRefused(str(failure)) from failure
            raise
        finally:
            if guard is not None:
                guard.cancel()
        self._give_back(connection)
        return answer.status, content

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _where(self) -> SplitResult:
        try:
            where = urlsplit(self._url)
            if where.scheme in ("http", "https") and where.hostname and where.port != 0:
                return where
        except ValueError as wrong:  # a port that is no number, a bracket too few
            raise AddressRefused(str(wrong)) from wrong
        raise AddressRefused("no host, or not http")

    def _made(self, where: SplitResult) -> http.client.HTTPConnection:
        host = str(where.hostname)
        if where.scheme == "https":
            return http.client.HTTPSConnection(
                host, where.port, timeout=self._timeout, context=self._context or ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, where.port, timeout=self._timeout)

    def _taken(self) -> http.client.HTTPConnection | None:
        """A kept connection that the other side has not ended meanwhile."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.sock is not None and not _readable(connection.sock.fileno()):
                return connection
            connection.close()

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        if connection.sock is None:  # the answer said that it is the last one
            return
        with self._lock:
            if len(self._idle) < _KEPT:
                self._idle.append(connection)
                return
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    """Ends what another thread waits for; that one finds its connection closed."""
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _readable(descriptor: int) -> bool:
    """Nothing is expected on an idle connection: what there is to read is its end."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _target(where: SplitResult) -> str:
    return (where.path or "/") + (f"?{where.query}" if where.query else "")


def _headers(where: SplitResult) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if where.username is not None:
        pair = f"{unquote(where.username)}:{unquote(where.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return headers
