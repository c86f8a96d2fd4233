"""What a client is told when the gateway's own parts fail."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request

from portledger.chain.rpc import ChainError, NodeAnsweredError, NodeUnreachable
from portledger.gateway import app

SECRET = "https://user:secret@node.example/v3/0123456789abcdef"


@pytest.mark.parametrize(
    "error", [NodeUnreachable(f"{SECRET}: ConnectError", "an answer"), NodeAnsweredError("eth_call", -32000, SECRET)]
)
def test_the_node_s_address_and_words_stay_with_the_operator(error: ChainError) -> None:
    """Anybody may offer a party's act, which asks the node; its address often holds a key."""
    scope = {"type": "http", "method": "POST", "path": "/v1/party-acts", "headers": [], "query_string": b"",
             "server": ("gateway", 80), "scheme": "http"}  # fmt: skip
    answer = asyncio.run(app._refused(Request(scope), error))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert b"secret" not in answer.body
    assert b"Unavailable" in answer.body
