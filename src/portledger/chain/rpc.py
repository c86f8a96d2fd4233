"""A small JSON-RPC client: only the calls that every engine serves.

Numbers come back as int, bytes as bytes; addresses and hashes go in as bytes. `call` and `batch` take any method, with
hex strings as JSON-RPC has them. One client may be used from several threads.
"""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import orjson

from portledger.chain.wire import AddressRefused, Wire, WireFailed
from portledger.domain.errors import PortledgerError

TIMEOUT: Final = 30.0
"""Seconds for one request; a batch counts as one."""


class ChainError(PortledgerError):
    """The chain cannot be used as asked."""

    def __init__(self, found: str, allowed: str, remedy: str = "") -> None:
        super().__init__(found, allowed, remedy)
        self._found, self._allowed, self._remedy = found, allowed, remedy or self.REMEDY

    @property
    def found(self) -> str:
        return self._found

    @property
    def allowed(self) -> str:
        return self._allowed

    @property
    def remedy(self) -> str:
        return self._remedy


class NodeUnreachable(ChainError):
    """The chain's node does not answer."""

    REMEDY: ClassVar[str] = "Check that the node runs and that its address is right, then try again."


class NodeAnsweredError(ChainError):
    """The node answered a request with a JSON-RPC error."""

    REMEDY: ClassVar[str] = "Read the node's message; the request itself reached it."

    def __init__(self, method: str, code: int, message: str, data: Any = None) -> None:
        """data: what the node sent beside the message; a reverted call's return data among others."""
        super().__init__(f"{method}: {message} (JSON-RPC error {code})", "a result")
        self.method, self.error_code, self.message, self.data = method, code, message, data

    def parameters(self) -> dict[str, Any]:
        return {"method": self.method, "errorCode": self.error_code}


class Rpc:
    """One node at one address. url: http(s)://host:port."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self.url = url
        self._wire = Wire(url, timeout)
        # From anywhere, so that the answer to another client's request is known by its id.
        self._ids = itertools.count(secrets.randbelow(1 << 48))
        self._chain_id: int | None = None

    def __enter__(self) -> Rpc:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._wire.close()

    # --- transport --------------------------------------------------------------------------------------------------

    def call(self, method: str, *params: Any) -> Any:
        """One request. Raises NodeUnreachable, NodeAnsweredError."""
        asked = self._request(method, params)
        answer = self._post(asked)
        if not _answers(answer, asked["id"]):
            raise self._nonsense(answer)
        return self._result(method, answer)

    def batch(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Several requests in one round trip, results in their order. Raises at the first that failed."""
        if not requests:
            return []
        return [self._raise(result) for result in self.batch_each(requests)]

    def batch_each(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """As `batch`, but a failed request's place holds its NodeAnsweredError."""
        if not requests:
            return []
        asked = [self._request(method, params) for method, params in requests]
        answer = self._post(asked)
        if not isinstance(answer, list):
            # Some engines answer a refused batch with one error object.
            if _answers(answer, None):
                self._result(requests[0][0], answer)
            raise self._nonsense(answer)
        by_id = {item.get("id"): item for item in answer if isinstance(item, dict)}
        results: list[Any] = []
        for (method, _), request in zip(requests, asked, strict=True):
            if not _answers(by_id.get(request["id"]), request["id"]):
                raise self._nonsense(answer)
            try:
                results.append(self._result(method, by_id[request["id"]]))
            except NodeAnsweredError as failure:
                results.append(failure)
        return results

    def _request(self, method: str, params: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}

    def _post(self, body: Any) -> Any:
        try:
            status, answer = self._wire.post(orjson.dumps(body))
        except WireFailed as failure:
            raise NodeUnreachable(f"{self.url}: {failure}", "an answer") from failure
        except AddressRefused as failure:
            raise NodeUnreachable(f"{self.url}: {failure}", "an address such as http://127.0.0.1:8545") from failure
        try:
            return orjson.loads(answer)
        except orjson.JSONDecodeError as failure:
            raise NodeUnreachable(f"{self.url}: HTTP {status}, not JSON", "a JSON-RPC answer") from failure

    def _result(self, method: str, answer: dict[str, Any]) -> Any:
        error = answer.get("error")
        if error is not None:
            code = error.get("code")
            raise NodeAnsweredError(
                method, code if isinstance(code, int) else 0, str(error.get("message", "")), error.get("data")
            )
        return answer.get("result")

    @staticmethod
    def _raise(result: Any) -> Any:
        if isinstance(result, NodeAnsweredError):
            raise result
        return result

    def _nonsense(self, answer: Any) -> NodeUnreachable:
        return NodeUnreachable(f"{self.url}: answered {str(answer)[:80]!r}", "a JSON-RPC answer")

    # --- the calls that all engines serve ---------------------------------------------------------------------------

    def chain_id(self) -> int:
        """Asked once, then remembered: a client belongs to one chain."""
        if self._chain_id is None:
            self._chain_id = quantity(self.call("eth_chainId"))
        return self._chain_id

    def block_number(self) -> int:
        return quantity(self.call("eth_blockNumber"))

    def block(self, number: int | str = "latest", full: bool = False) -> dict[str, Any] | None:
        """A block as JSON-RPC has it, None if there is none. full: whole transactions instead of their hashes."""
        answer = self.call("eth_getBlockByNumber", tag(number), full)
        if answer is None:
            return None
        members = ("number", "timestamp", "hash", "gasLimit")
        if not isinstance(answer, dict) or not all(isinstance(answer.get(name), str) for name in members):
            raise self._nonsense(answer)
        if isinstance(number, int) and quantity(answer["number"]) != number:
            raise self._nonsense(answer)
        return answer

    def blocks(self, numbers: Sequence[int]) -> list[dict[str, Any] | None]:
        return self.batch([("eth_getBlockByNumber", (tag(number), False)) for number in numbers])

    def logs(
        self, address: bytes, first: int, last: int | str, topics: Sequence[Any] | None = None
    ) -> list[dict[str, Any]]:
        """eth_getLogs of one contract, blocks first..last inclusive."""
        wanted: dict[str, Any] = {"address": hexed(address), "fromBlock": tag(first), "toBlock": tag(last)}
        if topics is not None:
            wanted["topics"] = list(topics)
        answer = self.call("eth_getLogs", wanted)
        if not isinstance(answer, list) or not all(isinstance(one, dict) for one in answer):
            raise self._nonsense(answer)
        return answer

    def eth_call(
        self, to: bytes | None, data: bytes, sender: bytes | None = None, block: int | str = "latest"
    ) -> bytes:
        """Runs a call without a transaction. A revert is a NodeAnsweredError with the return data in `data`."""
        return unhexed(self.call("eth_call", _transaction(to, data, sender), tag(block)))

    def estimate_gas(self, to: bytes | None, data: bytes, sender: bytes) -> int:
        return quantity(self.call("eth_estimateGas", {**_transaction(to, data, sender), "gasPrice": "0x0"}))

    def send_raw(self, raw: bytes) -> bytes:
        """Hands a signed transaction to the node; its hash, 32 bytes."""
        return unhexed(self.call("eth_sendRawTransaction", hexed(raw)))

    def send_raw_each(self, raws: Sequence[bytes]) -> list[bytes | NodeAnsweredError]:
        """Several signed transactions in one round trip; per transaction its hash or the node's refusal."""
        answers = self.batch_each([("eth_sendRawTransaction", (hexed(raw),)) for raw in raws])
        return [answer if isinstance(answer, NodeAnsweredError) else unhexed(answer) for answer in answers]

    def receipt(self, tx: bytes) -> dict[str, Any] | None:
        answer = self._about(self.call("eth_getTransactionReceipt", hexed(tx)), "transactionHash", tx)
        if answer is not None and not all(isinstance(answer.get(name), str) for name in ("blockNumber", "status")):
            raise self._nonsense(answer)
        return answer

    def transaction(self, tx: bytes) -> dict[str, Any] | None:
        return self._about(self.call("eth_getTransactionByHash", hexed(tx)), "hash", tx)

    def _about(self, answer: Any, name: str, tx: bytes) -> dict[str, Any] | None:
        """What was asked about that transaction. Raises NodeUnreachable when it is about another one."""
        if answer is None:
            return None
        if not isinstance(answer, dict) or str(answer.get(name)).lower() != hexed(tx):
            raise self._nonsense(answer)
        return answer

    def nonce(self, account: bytes, block: int | str = "latest") -> int:
        return quantity(self.call("eth_getTransactionCount", hexed(account), tag(block)))

    def storage(self, address: bytes, slot: int, block: int | str = "latest") -> bytes:
        """One storage slot, 32 bytes."""
        return unhexed(self.call("eth_getStorageAt", hexed(address), f"0x{slot:064x}", tag(block))).rjust(32, b"\0")

    def code(self, address: bytes, block: int | str = "latest") -> bytes:
        """The runtime code; empty where no contract is."""
        return unhexed(self.call("eth_getCode", hexed(address), tag(block)))

    def proof(self, address: bytes, slots: Sequence[int], block: int | str = "latest") -> dict[str, Any]:
        """eth_getProof (EIP-1186) as the node answers it; slots go out as 32 bytes each."""
        keys = [f"0x{slot:064x}" for slot in slots]
        answer: dict[str, Any] = self.call("eth_getProof", hexed(address), keys, tag(block))
        return answer


def _answers(answer: Any, asked: int | None) -> bool:
    """Whether this is a JSON-RPC answer to the request of that id. An error may lack the id, as that to what could not
    be read at all does; None: only an error may answer."""
    if not isinstance(answer, dict):
        return False
    if isinstance(answer.get("error"), dict):
        return answer.get("id") is None or asked is None or answer["id"] == asked
    return asked is not None and "result" in answer and answer.get("error") is None and answer.get("id") == asked


def _transaction(to: bytes | None, data: bytes, sender: bytes | None) -> dict[str, Any]:
    wanted: dict[str, Any] = {"data": hexed(data)}
    if to is not None:
        wanted["to"] = hexed(to)
    if sender is not None:
        wanted["from"] = hexed(sender)
    return wanted


def hexed(value: bytes) -> str:
    return "0x" + value.hex()


def unhexed(value: str) -> bytes:
    """0x-prefixed hex of even length; Raises NodeUnreachable for anything else, which no node may answer."""
    try:
        if value[:2] == "0x":
            return bytes.fromhex(value[2:])
    except (TypeError, ValueError):
        pass
    raise NodeUnreachable(f"answered {str(value)[:80]!r}", "0x and hex digits")


def quantity(value: Any) -> int:
    """A number as JSON-RPC writes it. Raises NodeUnreachable for anything else."""
    try:
        if value[:2] == "0x":
            return int(value[2:], 16)
    except (TypeError, ValueError):
        pass
    raise NodeUnreachable(f"answered {str(value)[:80]!r}", "0x and a hex number")


def tag(block: int | str) -> str:
    """A block number or a tag ("latest", "earliest") as JSON-RPC takes it."""
    return hex(block) if isinstance(block, int) else block
