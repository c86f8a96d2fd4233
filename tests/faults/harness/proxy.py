"""A proxy between the system and its node that loses, doubles, delays and falsifies answers, by seed.

What a fault does to the node is real: a lost answer is one to a request that the node did work on.

    with Proxy(lambda: ("127.0.0.1", 8545), seed=1) as proxy:
        proxy.misbehave("lost", share=0.5, seconds=1.0)      # from now on, for so long
        proxy.done                                           # how many exchanges each fault was done to
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Final

FAULTS: Final = (
    "request lost",
    "answer lost",
    "request doubled",
    "answer delayed",
    "answered with an error",
    "error after the work",
    "answered with garbage",
    "answered with another's answer",
    "answer cut off",
    "HTTP 500",
    "HTTP 500 after the work",
    "connection held",
)
_WORKED: Final = frozenset(FAULTS) - {"request lost", "answered with an error", "HTTP 500"}
"""Those that happen to a request which reached the node."""
_LIMIT: Final = 1 << 26
HELD_SECONDS: Final = 2.0


class Proxy:
    """`target` says where the node is now. From any thread."""

    def __init__(self, target: Callable[[], tuple[str, int]], seed: int) -> None:
        self._target, self._random = target, Random(f"{seed} proxy")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._mood: tuple[str, float, float] = ("", 0.0, 0.0)
        self._others = b'{"jsonrpc":"2.0","id":0,"result":"0x0"}'
        self.done: Counter[str] = Counter()
        self.port = 0

    def __enter__(self) -> Proxy:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def misbehave(self, fault: str, share: float, seconds: float) -> None:
        """share: of the exchanges, 0 to 1."""
        assert fault in FAULTS
        self._mood = (fault, share, time.monotonic() + seconds)

    def calm(self) -> None:
        self._mood = ("", 0.0, 0.0)

    # --- one exchange after the other ----------------------------------------------------------------------------

    async def _begin(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self._server.close()
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _message(reader)) is not None:
                answer = await self._answer(*request)
                if answer is None:
                    writer.transport.abort()
                    return
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, ValueError):
            writer.transport.abort()
        finally:
            with suppress(OSError):
                writer.close()

    async def _answer(self, head: bytes, body: bytes) -> bytes | None:
        """None: the connection is cut."""
        fault = self._chosen()
        found = await self._forward(head, body) if not fault or fault in _WORKED else b""
        if not fault:
            self._remember(found)
            return found
        self.done[fault] += 1
        match fault:
            case "request lost" | "answer lost":
                return None
            case "request doubled":
                return await self._forward(head, body)
            case "answer delayed":
                await asyncio.sleep(self._random.uniform(0.05, 1.0))
                return found
            case "answered with an error" | "error after the work":
                return _http(200, _error(body))
            case "answered with garbage":
                return _http(200, self._random.randbytes(40))
            case "answered with another's answer":
                other, self._others = self._others, _content(found)
                return _http(200, other)
            case "answer cut off":
                content = _content(found)
                return _http(200, content[: self._random.randrange(max(1, len(content)))])
            case "connection held":
                await asyncio.sleep(HELD_SECONDS)
                return None
        return _http(500, b"Internal Server Error")

    def _chosen(self) -> str:
        fault, share, until = self._mood
        return fault if time.monotonic() < until and self._random.random() < share else ""

    def _remember(self, found: bytes) -> None:
        if self._random.random() < 0.1:
            self._others = _content(found)

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*self._target(), limit=_LIMIT)
        try:
            writer.write(head + body)
            await writer.drain()
            answer = await _message(reader)
            if answer is None:
                raise OSError("the node cut the connection")
            return answer[0] + answer[1]
        finally:
            writer.close()


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes] | None:
    """Head and body of one HTTP message; None at the connection's end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise
        return None
    size = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            size = int(value)
    return head, await reader.readexactly(size)


def _content(message: bytes) -> bytes:
    return message.partition(b"\r\n\r\n")[2]


def _http(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d Injected\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        status,
        len(body),
        body,
    )


def _error(body: bytes) -> bytes:
    """To each request of the body, with its id."""
    asked = json.loads(body)
    error = {"code": -32603, "message": "internal error"}
    answers = [
        {"jsonrpc": "2.0", "id": one["id"], "error": error} for one in (asked if isinstance(asked, list) else [asked])
    ]
    return json.dumps(answers if isinstance(asked, list) else answers[0]).encode()
