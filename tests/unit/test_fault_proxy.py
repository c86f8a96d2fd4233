"""The harness's proxy does to an exchange what it says, and the client takes none of it for an answer."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.faults.harness import proxy as proxies
from tests.faults.harness.proxy import FAULTS, Proxy

from portledger.chain.rpc import ChainError, Rpc

ANSWERED = {"request doubled", "answer delayed"}
UNSEEN = {"request lost", "answered with an error", "HTTP 500"}


class Node:
    """Counts what reaches it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                node.asked.append(asked["method"])
                answer = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": hex(len(node.asked))}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def node() -> Iterator[Node]:
    found = Node()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def proxy(node: Node, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(proxies, "HELD_SECONDS", 0.1)
    with Proxy(lambda: ("127.0.0.1", node.server.server_port), seed=1) as found:
        yield found


def test_a_calm_proxy_changes_nothing(node: Node, proxy: Proxy) -> None:
    with Rpc(proxy.url) as rpc:
        assert [rpc.block_number() for _ in range(3)] == [1, 2, 3]
    assert not proxy.done


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_reaches_the_node_or_not_and_is_no_answer(fault: str, node: Node, proxy: Proxy) -> None:
    with Rpc(proxy.url) as rpc:
        proxy.misbehave(fault, 1.0, 60)
        if fault in ANSWERED:
            assert rpc.block_number() == len(node.asked)
        else:
            with pytest.raises(ChainError):
                rpc.block_number()
        assert len(node.asked) == {True: 0, False: 1}[fault in UNSEEN] + (fault == "request doubled")
        assert proxy.done == {fault: 1}
        proxy.calm()
        assert rpc.block_number() == len(node.asked)
