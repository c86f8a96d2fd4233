"""The path of headers that evidence from a node alone carries, by a node that answers as real ones do."""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx
import pytest
from tests.support.bft import addresses, sealed_header

from portledger.domain.hashing import keccak
from portledger.domain.verification_errors import OutsidePolicy
from portledger.evidence import rlp
from portledger.evidence.block_json import _ETHEREUM, _KAIA, _NUMBERS
from portledger.evidence.headers import Engine, parse
from portledger.evidence.seals.check import Level, Trust, check
from portledger.sdk.errors import NodeUnreachable
from portledger.sdk.node import Node
from portledger.sdk.proving import seal_path

SEALING = [Engine.QBFT, Engine.ISTANBUL]
OLD = [keccak(bytes([one])) for one in range(4)]
NEW = [*OLD[1:], keccak(b"the fifth")]
CHANGE, LAST = 250, 450


@cache
def chain(engine: Engine) -> list[bytes]:
    """Headers by number. At block CHANGE three of the old set list another; of who seals later two were in the old."""
    found: list[bytes] = []
    parent = bytes(32)
    for number in range(LAST + 1):
        keys = OLD if number < CHANGE else NEW
        seal = keys[:3] if number <= CHANGE else keys[1:]
        found.append(sealed_header(engine, number, 1_000 + number, bytes(32), parent, addresses(keys), seal))
        parent = parse(engine, found[-1]).hash
    return found


def told(engine: Engine, raw: bytes) -> dict[str, Any]:
    """The header as a node says it in JSON."""
    names = _KAIA if engine == Engine.ISTANBUL else _ETHEREUM
    fields = rlp.decode(raw)
    answer: dict[str, Any] = {"hash": "0x" + parse(engine, raw).hash.hex()}
    for name, value in zip(names, fields, strict=False):
        assert isinstance(value, bytes)
        answer[name] = hex(int.from_bytes(value, "big")) if name in _NUMBERS else "0x" + value.hex()
    return answer


class Told(Node):
    """A node that answers for the headers, from a block on, and keeps in mind how many it was asked for."""

    def __init__(self, engine: Engine, first: int = 0) -> None:
        super().__init__("http://node.example", transport=httpx.MockTransport(lambda _: httpx.Response(500)))
        self.engine, self.first, self.asked = engine, first, 0

    def ask(self, calls: list[tuple[str, list[Any]]]) -> list[Any]:
        method = "kaia_getBlockByNumber" if self.engine == Engine.ISTANBUL else "eth_getBlockByNumber"
        assert {name for name, _ in calls} == {method}
        self.asked += len(calls)
        numbers = [int(parameters[0], 16) for _, parameters in calls]
        return [told(self.engine, chain(self.engine)[one]) if one >= self.first else None for one in numbers]


@pytest.mark.parametrize("engine", SEALING)
def test_a_changed_set_is_trusted_by_the_path_and_not_without(engine: Engine) -> None:
    node, seen = Told(engine), []
    path = seal_path(node, engine, 1, LAST - 1, lambda share, count: seen.append((share, count)))
    trusted = [Trust(0, tuple(addresses(OLD)))]
    assert check(engine, path, chain(engine)[LAST], trusted).level is Level.SEALED
    assert len(path) < 5
    assert node.asked == LAST - 1
    assert seen == [(200 / 449, 200), (400 / 449, 400), (1.0, 449)]
    with pytest.raises(OutsidePolicy):
        check(engine, (), chain(engine)[LAST], trusted)


def test_who_trusts_a_later_set_asks_only_for_the_headers_since() -> None:
    node = Told(Engine.QBFT)
    path = seal_path(node, Engine.QBFT, CHANGE + 10, LAST - 1)
    assert path == ()
    assert node.asked == LAST - CHANGE - 10
    trusted = [Trust(CHANGE + 10, tuple(addresses(NEW)))]
    assert check(Engine.QBFT, path, chain(Engine.QBFT)[LAST], trusted).level is Level.SEALED


def test_a_chain_that_nobody_seals_has_no_path_and_nobody_asks_for_it() -> None:
    node = Told(Engine.NONE)
    assert seal_path(node, Engine.NONE, 1, LAST) == ()
    assert node.asked == 0


def test_a_node_that_lacks_headers_is_named() -> None:
    with pytest.raises(NodeUnreachable, match="no blocks 1 to 200"):
        seal_path(Told(Engine.QBFT, first=100), Engine.QBFT, 1, LAST)
