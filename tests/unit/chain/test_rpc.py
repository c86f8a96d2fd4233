"""The JSON-RPC client says precisely what went wrong."""

import itertools
import json
from collections.abc import Callable

import pytest

from portledger.chain.rpc import NodeAnsweredError, NodeUnreachable, Rpc, unhexed

Answer = tuple[int, bytes]


class Told:
    """A wire that answers by itself."""

    def __init__(self, handler: Callable[[bytes], Answer]) -> None:
        self.post = handler


def answering(handler: Callable[[bytes], Answer]) -> Rpc:
    rpc = Rpc("http://node.test")
    rpc._wire = Told(handler)  # type: ignore[assignment]
    rpc._ids = itertools.count(1)
    return rpc


def ok(value: object) -> Answer:
    return 200, json.dumps(value).encode()


def test_an_error_answer_keeps_code_message_and_data() -> None:
    error = {"code": 3, "message": "execution reverted", "data": "0x1234"}
    rpc = answering(lambda _: ok({"jsonrpc": "2.0", "id": 1, "error": error}))
    with pytest.raises(NodeAnsweredError, match="execution reverted") as raised:
        rpc.call("eth_call")
    assert (raised.value.error_code, raised.value.data) == (3, "0x1234")


@pytest.mark.parametrize(
    "response",
    [
        (502, b"<html>"),
        (200, b""),
        (200, b"[1]"),
        (200, b'{"jsonrpc":"2.0","id":1,"resu'),
        (500, b'{"error":"Internal Server Error"}'),
        (200, b'{"jsonrpc":"2.0","id":1}'),
        (200, b'{"jsonrpc":"2.0","id":2,"result":"0x1"}'),
        (200, b'{"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"another one\'s"}}'),
        (200, b'{"jsonrpc":"2.0","id":1,"result":{"number":"0x1"}}'),
        (200, b'{"jsonrpc":"2.0","id":1,"result":null}'),
    ],
    ids=[
        "html",
        "empty",
        "list",
        "cut off",
        "500",
        "no result",
        "another's answer",
        "another's error",
        "object",
        "null",
    ],
)
def test_what_is_no_json_rpc_answer_counts_as_unreachable(response: Answer) -> None:
    with pytest.raises(NodeUnreachable):
        answering(lambda _: response).chain_id()


def test_a_node_that_is_not_there_is_named() -> None:
    with Rpc("http://127.0.0.1:9") as rpc, pytest.raises(NodeUnreachable, match=r"127\.0\.0\.1:9"):
        rpc.block_number()


def test_results_of_a_batch_come_in_the_order_of_the_requests() -> None:
    def handler(body: bytes) -> Answer:
        return ok([{"id": item["id"], "result": item["method"]} for item in reversed(json.loads(body))])

    assert answering(handler).batch([("a", ()), ("b", ()), ("c", ())]) == ["a", "b", "c"]


def test_one_failed_request_of_a_batch_does_not_hide_the_others() -> None:
    def handler(body: bytes) -> Answer:
        first, second = json.loads(body)
        error = {"code": -32000, "message": "nonce too low"}
        return ok([{"id": first["id"], "error": error}, {"id": second["id"], "result": "0x01"}])

    refused, taken = answering(handler).send_raw_each([b"\x01", b"\x02"])
    assert isinstance(refused, NodeAnsweredError)
    assert taken == b"\x01"


def test_an_empty_batch_asks_nothing() -> None:
    assert Rpc("http://127.0.0.1:9").batch([]) == []


@pytest.mark.parametrize("value", [None, 5, "12", "0x1", "0xzz"])
def test_only_hex_with_its_prefix_is_taken(value: object) -> None:
    with pytest.raises(NodeUnreachable):
        unhexed(value)  # type: ignore[arg-type]


def test_ids_of_two_clients_are_not_the_same() -> None:
    """So that a mixed-up balancer's answer to another client is not taken for one's own."""
    asked: list[int] = []

    def handler(body: bytes) -> Answer:
        asked.append(json.loads(body)["id"])
        return ok({"id": asked[-1], "result": "0x1"})

    for _ in range(2):
        rpc = Rpc("http://node.test")
        rpc._wire = Told(handler)  # type: ignore[assignment]
        rpc.block_number()
    assert len(set(asked)) == 2


@pytest.mark.parametrize(
    ("ask", "result"),
    [
        (lambda rpc: rpc.receipt(bytes(32)), {"transactionHash": "0x11", "blockNumber": "0x1", "status": "0x1"}),
        (lambda rpc: rpc.receipt(bytes(32)), {"transactionHash": "0x" + "00" * 32}),
        (lambda rpc: rpc.receipt(bytes(32)), "0x1"),
        (lambda rpc: rpc.transaction(bytes(32)), {"hash": "0x" + "11" * 32}),
        (lambda rpc: rpc.block(5), {"number": "0x6", "timestamp": "0x1", "hash": "0x1", "gasLimit": "0x1"}),
        (lambda rpc: rpc.block(), "0x6"),
        (lambda rpc: rpc.logs(bytes(20), 0, 1), "0x"),
        (lambda rpc: rpc.nonce(bytes(20)), []),
    ],
    ids=["receipt of another", "half a receipt", "no receipt", "another transaction", "another block", "no block",
         "no logs", "no number"],
)  # fmt: skip
def test_an_answer_about_something_else_is_none(ask: Callable[[Rpc], object], result: object) -> None:
    rpc = answering(lambda body: ok({"id": json.loads(body)["id"], "result": result}))
    with pytest.raises(NodeUnreachable):
        ask(rpc)
