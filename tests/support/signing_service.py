"""A stand-in for web3signer: JSON-RPC over HTTP, eth_accounts and eth_signTransaction, in a thread.

with signing_service(KEY) as service:
    service.url, service.asked, service.mode = "refuses"

It signs with eth_account, which is none of ours, and can be told to misbehave in every way that a relayer must survive.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import rlp
from eth_account import Account
from eth_utils.address import to_checksum_address

CHAIN_ID = 1337
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

LIES: dict[str, dict[str, Any]] = {
    "nonce": {"nonce": 999},
    "to": {"to": to_checksum_address("0x" + "ee" * 20)},
    "value": {"value": 1},
    "data": {"data": "0xdeadbeef"},
    "gas": {"gas": 21_001},
    "gasPrice": {"gasPrice": 7},
    "chainId": {"chainId": CHAIN_ID + 1},
}
"""What it signs instead of what it was asked for, by the field that it changes."""


@dataclass
class SigningService:
    """mode: "signs", or how it misbehaves: a name of LIES, or one that `_answer` knows. largest: bytes of a request
    that it takes; token: what it wants to be shown."""

    keys: list[bytes]
    chain_id: int = CHAIN_ID
    mode: str = "signs"
    token: str | None = None
    largest: int = 1 << 30
    url: str = ""
    asked: list[str] = field(default_factory=list)
    signed: list[int] = field(default_factory=list)
    """Nonces, in the order of signing."""
    stopped: threading.Event = field(default_factory=threading.Event)

    def accounts(self) -> list[str]:
        return [Account.from_key(key).address.lower() for key in self.keys]

    def sign(self, asked: dict[str, Any]) -> str:
        key = next(key for key in self.keys if Account.from_key(key).address.lower() == asked["from"])
        values: dict[str, Any] = {name: int(asked[name], 16) for name in ("nonce", "gas", "gasPrice", "value")}
        values |= {
            "data": asked["data"],
            "chainId": self.chain_id,
            **({"to": to_checksum_address(asked["to"])} if "to" in asked else {}),
        }
        values |= LIES.get(self.mode, {})
        if self.mode == "typed":
            values |= {"maxFeePerGas": values.pop("gasPrice"), "maxPriorityFeePerGas": 0, "type": 2}
        if self.mode == "other key":
            key = bytes(31) + b"\x07"
        made = Account.sign_transaction(values, key)
        self.signed.append(values["nonce"])
        raw = bytes(made.raw_transaction)
        if self.mode == "high s":
            # The same signature's twin: valid by the curve, refused by every chain.
            *fields, v, r, s = rlp.decode(raw)
            twin = 2 * self.chain_id + 35 + (int.from_bytes(v, "big") - 2 * self.chain_id - 35 ^ 1)
            high = ORDER - int.from_bytes(s, "big")
            raw = rlp.encode([*fields, rlp.sedes.big_endian_int.serialize(twin), r, high.to_bytes(32, "big")])
        if self.mode == "tail":
            raw += b"\0"
        return "0x" + raw.hex()


def _handler(service: SigningService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = json.loads(body)
            service.asked.append(asked["method"])
            if service.token is not None and self.headers.get("Authorization") != f"Bearer {service.token}":
                self._say(401, b"")
            elif len(body) > service.largest:
                self._say(413, b"too large")
            else:
                self._answer(asked)

        def _answer(self, asked: dict[str, Any]) -> None:
            mode = service.mode
            if asked["method"] == "eth_accounts" and mode != "silent":
                self._result(asked, service.accounts())
            elif mode == "refuses":
                error = {"code": -32_000, "message": "From account is locked\n\x1b[31m" + "x" * 5000}
                self._json({"jsonrpc": "2.0", "id": asked["id"], "error": error}, 400)
            elif mode == "http 500":
                self._say(500, b"oops")
            elif mode == "redirects":
                self.send_response(307)
                self.send_header("Location", service.url + "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif mode == "no json":
                self._say(200, b"<html>")
            elif mode == "a list":
                self._say(200, b"[]")
            elif mode == "another id":
                self._json({"jsonrpc": "2.0", "id": asked["id"] + 1, "result": "0x"})
            elif mode == "no hex":
                self._result(asked, "0xzz")
            elif mode == "a number":
                self._result(asked, 5)
            elif mode == "empty":
                self._result(asked, "0x")
            elif mode == "garbage":
                self._result(asked, "0xf8ff00")
            elif mode == "huge":
                self._result(asked, "0x" + "00" * (1 << 20))
            elif mode == "silent":
                service.stopped.wait(60)
            elif mode == "drips":
                self._drip()
            else:
                self._result(asked, service.sign(asked["params"][0]))

        def _drip(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            while not service.stopped.wait(0.05):
                try:
                    self.wfile.write(b" ")
                    self.wfile.flush()
                except OSError:
                    return

        def _result(self, asked: dict[str, Any], result: object) -> None:
            self._json({"jsonrpc": "2.0", "id": asked["id"], "result": result})

        def _json(self, value: object, status: int = 200) -> None:
            self._say(status, json.dumps(value).encode())

        def _say(self, status: int, content: bytes) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # the other side has gone

        def log_message(self, *_: object) -> None:
            """To nobody."""

    return Handler


@contextmanager
def signing_service(*keys: bytes, context: Any = None, **settings: Any) -> Iterator[SigningService]:
    """context: of TLS, for a service with a certificate."""
    service = SigningService(list(keys), **settings)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(service))
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    service.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
