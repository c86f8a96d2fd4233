"""Runs a desk on a loopback address that no other machine reaches, until it is interrupted."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from portledger.desk.app import build
from portledger.desk.safety import START
from portledger.desk.state import Desk

ADDRESS: Final = "127.0.0.1"


@contextmanager
def bound(port: int = 0) -> Iterator[tuple[socket.socket, str]]:
    """(a listening place on the loopback address, its origin). port: 0 = any free one. Raises OSError."""
    with socket.create_server((ADDRESS, port)) as place:
        yield place, f"http://{ADDRESS}:{place.getsockname()[1]}"


def start_link(desk: Desk, origin: str, language: str) -> str:
    """The link that opens the desk, once."""
    return f"{origin}{START}?ticket={desk.ticket}&language={language}"


def server(desk: Desk, origin: str) -> uvicorn.Server:
    """A server without access log: addresses and errors are nobody's to keep."""
    return uvicorn.Server(
        uvicorn.Config(
            build(desk, origin), access_log=False, log_level="critical", lifespan="off", server_header=False,
            timeout_graceful_shutdown=3,  # windows that listen for news never end by themselves
        )
    )  # fmt: skip


def serve(desk: Desk, port: int, language: str, told: Callable[[str], None]) -> None:
    """Serves until interrupted, then forgets all keys. told: is given the start link once the address is bound."""
    with bound(port) as (place, origin):
        told(start_link(desk, origin, language))
        ended = threading.Event()
        threading.Thread(target=_lock_when_idle, args=(desk, ended), daemon=True).start()
        try:
            server(desk, origin).run(sockets=[place])
        finally:
            ended.set()
            desk.lock_up()


def _lock_when_idle(desk: Desk, ended: threading.Event) -> None:
    """Keys are forgotten in time also when nobody asks for a page."""
    while not ended.wait(1):
        desk.lock_if_idle()
