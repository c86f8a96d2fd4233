"""Posting to addresses that clients name: guarded against being led to where only this machine may go.

A name is resolved once, every address that it stands for is looked at, and the connection goes to that very address: a
name that stands for another address a moment later changes nothing. Redirects are answers like others, and not
followed. A deadline bounds the whole exchange, however slowly the other side answers; of its answer 64 KiB are read.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpcore

from portledger.domain.refusals import AddressRefused
from portledger.services.addresses import is_public, require_url

TOTAL_SECONDS: Final = 15.0
MAX_ANSWER: Final = 64 << 10
"""Bytes of an answer's body."""
Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """status: None without an HTTP answer; error: "" for a 2xx."""

    status: int | None
    error: str

    @property
    def taken(self) -> bool:
        return not self.error


def resolve(host: str, port: int) -> list[str]:
    """Every address of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class _Bounded(httpcore.NetworkStream):
    """A connection on which nothing takes longer than what is left of the exchange's time."""

    def __init__(self, inner: httpcore.NetworkStream, left: Callable[[], float]) -> None:
        self._inner, self._left = inner, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Bounded(self._inner.start_tls(ssl_context, server_hostname, self._left()), self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Guarded(httpcore.NetworkBackend):
    """Connects to the addresses that were looked at, and to no name."""

    def __init__(self, private: bool, look_up: Resolve, until: float) -> None:
        self._private, self._look_up, self._until = private, look_up, until
        self._inner = httpcore.SyncBackend()

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"no whole answer within {TOTAL_SECONDS:g} s")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._look_up(host, port)
        if not addresses or not (self._private or all(is_public(one) for one in addresses)):
            raise AddressRefused(f"the address of {host[:100]}", "one on the public internet")
        return _Bounded(self._inner.connect_tcp(addresses[0], port, self._left()), self._left)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Poster:
    """private: a setting allows addresses that are not public, and http; look_up: for tests, who resolves names."""

    def __init__(
        self,
        private: bool = False,
        look_up: Resolve = resolve,
        seconds: float = TOTAL_SECONDS,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._private, self._look_up, self._seconds = private, look_up, seconds
        self._context = context or ssl.create_default_context()

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One attempt; every way in which it may fail is an answer."""
        try:
            parts = require_url(url, self._private)
            until = time.monotonic() + self._seconds
            return self._sent(
                url, {"host": parts.netloc} | dict(headers), body, _Guarded(self._private, self._look_up, until)
            )
        except AddressRefused as refusal:
            return Answer(None, f"refused: {refusal.found}")
        except httpcore.TimeoutException:
            return Answer(None, f"no whole answer within {self._seconds:g} s")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ssl.SSLError, ValueError) as failure:
            return Answer(None, f"no answer ({type(failure).__name__})")

    def _sent(self, url: str, headers: Mapping[str, str], body: bytes, backend: _Guarded) -> Answer:
        with (
            httpcore.ConnectionPool(self._context, max_connections=1, network_backend=backend) as pool,
            pool.stream("POST", url, headers=list(headers.items()), content=body) as answer,
        ):
            size = 0
            for part in answer.iter_stream():
                size += len(part)
                if size > MAX_ANSWER:
                    break
            return Answer(answer.status, "" if 200 <= answer.status < 300 else f"HTTP {answer.status}")
