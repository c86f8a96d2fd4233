"""Signing by a service elsewhere that speaks web3signer's JSON-RPC: eth_accounts and eth_signTransaction.

The service has the key; it is not believed. What it gives back is taken only if it is, byte for byte, the transaction
that it was asked for, signed by the account that it was asked to sign with. No redirects, no proxies, a limit on time
and size of every answer.
"""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from portledger.chain.rpc import hexed
from portledger.chain.signers import Signer, SignerLied, SignerRefused, SignerUnreachable
from portledger.chain.transactions import Transaction, fields_of
from portledger.chain.wire import AddressRefused, Wire, WireFailed
from portledger.domain.errors import SignaturesRefused
from portledger.domain.signatures import recover

SECONDS: Final = 5.0
"""Of one request, from its beginning to its last byte: a relayer that waits longer loses its lease."""
ACCOUNTS_LIMIT: Final = 1 << 16
"""Bytes of an answer beyond those of the transaction itself."""
_NAMES: Final = ("nonce", "gasPrice", "gas", "to", "value", "data")


class SigningService:
    """url: http(s)://host[:port][/path]; token: sent as a bearer's; context: for https, whose certificates count."""

    def __init__(
        self, url: str, *, token: str | None = None, context: ssl.SSLContext | None = None, seconds: float = SECONDS
    ) -> None:
        self.url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._context, self._seconds = context, seconds
        self._ids = itertools.count(1)

    def addresses(self) -> Sequence[bytes]:
        found = self._call("eth_accounts", [], ACCOUNTS_LIMIT)
        if not isinstance(found, list):
            raise self._nonsense("accounts that are no list")
        return [self._bytes(one, 20, "an account") for one in found]

    def signer(self, address: bytes) -> Signer:
        return RemoteSigner(self, address)

    def sign(self, address: bytes, transaction: Transaction, chain_id: int) -> bytes:
        asked = {
            "from": hexed(address),
            "nonce": hex(transaction.nonce),
            "gasPrice": hex(transaction.gas_price),
            "gas": hex(transaction.gas),
            "value": hex(transaction.value),
            "data": hexed(transaction.data),
            # The service signs for the chain that it was started for; others go by what they are told.
            "chainId": hex(chain_id),
            **({"to": hexed(transaction.to)} if transaction.to else {}),
        }
        limit = ACCOUNTS_LIMIT + 2 * len(transaction.data)
        raw = self._bytes(self._call("eth_signTransaction", [asked], limit), None, "a transaction")
        check(raw, transaction, chain_id, address)
        return raw

    def _call(self, method: str, params: list[Any], limit: int) -> Any:
        request_id = next(self._ids)
        body = orjson.dumps({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        # A connection of its own for each: one that was kept may have been ended by the other side meanwhile, and a
        # request that failed is not repeated at once.
        wire = Wire(self.url, self._seconds, whole=self._seconds, headers=self._headers, context=self._context)
        try:
            status, content = wire.post(body, limit)
        except WireFailed as failure:
            raise SignerUnreachable(f"{self.url}: {_short(failure)}", "an answer") from failure
        except AddressRefused as failure:
            allowed = "an address such as https://host:9000"
            raise SignerUnreachable(f"{self.url}: {_short(failure)}", allowed) from failure
        finally:
            wire.close()
        return self._result(method, request_id, status, content)

    def _result(self, method: str, request_id: int, status: int, content: bytes) -> Any:
        try:
            answer = orjson.loads(content)
        except orjson.JSONDecodeError:
            answer = None
        error = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(error, dict):
            raise SignerRefused(f"{self.url}: {method}: {_short(error.get('message'))}", "a result")
        if 400 <= status < 500:
            raise SignerRefused(f"{self.url}: {method}: HTTP {status}", "a result")
        if status != 200:
            raise self._nonsense(f"HTTP {status}")
        if not isinstance(answer, dict) or answer.get("id") != request_id or "result" not in answer:
            raise self._nonsense("no answer to this request")
        return answer["result"]

    def _bytes(self, value: Any, length: int | None, what: str) -> bytes:
        """0x and hex digits."""
        try:
            if isinstance(value, str) and value[:2] == "0x":
                found = bytes.fromhex(value[2:])
                if length is None or len(found) == length:
                    return found
        except ValueError:
            pass
        raise self._nonsense(f"no {what.removeprefix('an ').removeprefix('a ')}")

    def _nonsense(self, found: str) -> SignerUnreachable:
        return SignerUnreachable(f"{self.url}: {found}", "a JSON-RPC answer such as web3signer's")


@dataclass(frozen=True, slots=True)
class RemoteSigner:
    """One account of a service."""

    service: SigningService
    address: bytes

    def sign(self, transaction: Transaction, chain_id: int) -> bytes:
        return self.service.sign(self.address, transaction, chain_id)


def check(raw: bytes, wanted: Transaction, chain_id: int, address: bytes) -> None:
    """That these bytes are the wanted transaction, signed by this account for this chain. Raises SignerLied."""
    try:
        *fields, v, r, s = fields_of(raw)
    except (ValueError, IndexError) as wrong:
        raise SignerLied(f"{_short(wrong)}", "a signed legacy transaction") from wrong
    for name, found, asked in zip(_NAMES, fields, wanted.fields(), strict=True):
        if found != asked:
            raise SignerLied(f"{name} {_hex(found)}", f"{name} {_hex(asked)}")
    parity = int.from_bytes(v, "big") - 35 - 2 * chain_id
    if parity not in (0, 1):
        raise SignerLied(f"v {_hex(v)}, which is another chain's", f"chainId {chain_id}")
    if len(r) > 32 or len(s) > 32:
        raise SignerLied("a signature of another length", "64 bytes")
    try:
        signer = recover(wanted.digest(chain_id), r.rjust(32, b"\0") + s.rjust(32, b"\0") + bytes([27 + parity]))
    except SignaturesRefused as wrong:
        raise SignerLied(
            "a signature that no chain takes", "one by the account asked for, s in the lower half"
        ) from wrong
    if signer != address:
        raise SignerLied(f"from {hexed(signer)}", f"from {hexed(address)}")
    if raw != wanted.signed(chain_id, int.from_bytes(r, "big"), int.from_bytes(s, "big"), parity):
        raise SignerLied("another encoding", "the shortest one")


def _hex(value: bytes) -> str:
    return hexed(value) if len(value) <= 32 else f"{hexed(value[:16])}… of {len(value)} bytes"


def _short(said: object) -> str:
    """What somebody else wrote, for a message of ours."""
    return "".join(one if one.isprintable() else "?" for one in str(said)[:200])
