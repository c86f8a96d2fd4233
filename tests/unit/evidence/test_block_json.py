"""Headers rebuilt from a node's JSON: the bytes hash to the block's hash, or they are refused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.bft import addresses, sealed_header
from tests.support.node import key

from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import keccak
from portledger.domain.verification_errors import VerificationError
from portledger.evidence import rlp
from portledger.evidence.block_json import header_of
from portledger.evidence.headers import Engine, parse

KEYS = [key(f"validator {n}") for n in range(4)]
ETHEREUM = (
    "parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom difficulty number gasLimit gasUsed "
    "timestamp extraData mixHash nonce baseFeePerGas withdrawalsRoot blobGasUsed excessBlobGas parentBeaconBlockRoot "
    "requestsHash"
)
KAIA = (
    "parentHash reward stateRoot transactionsRoot receiptsRoot logsBloom blockScore number gasUsed timestamp "
    "timestampFoS extraData governanceData voteData baseFeePerGas randomReveal mixHash"
)
NUMBERS = {"difficulty", "blockScore", "number", "gasLimit", "gasUsed", "timestamp", "timestampFoS", "baseFeePerGas"}
FORKS = {"Berlin": 0, "London": 1, "Shanghai": 2, "Cancun": 5, "Prague": 6}
"""How many fields each has added up to it."""
LATER = [b"\7", keccak(b"withdrawals"), b"", b"\2", keccak(b"beacon"), keccak(b"requests")]


def told(engine: Engine, raw: bytes) -> dict[str, Any]:
    """A block as a node tells it: the header's fields by name, its hash, and members that are no part of a header."""
    fields = rlp.decode(raw)
    assert isinstance(fields, list)
    names = (KAIA if engine == Engine.ISTANBUL else ETHEREUM).split()
    numbers = NUMBERS | {"blobGasUsed", "excessBlobGas"}
    block: dict[str, Any] = {}
    for name, field in zip(names, fields, strict=False):
        assert isinstance(field, bytes)
        block[name] = hex(int.from_bytes(field, "big")) if name in numbers else "0x" + field.hex()
    return {
        **block,
        "hash": "0x" + parse(engine, raw).hash.hex(),
        "size": "0x1",
        "transactions": [],
        "totalDifficulty": "0x9",
    }


def header(engine: Engine, later: int = 0) -> bytes:
    return sealed_header(
        engine, 9, 1_800_000_000, keccak(b"state"), keccak(b"parent"), addresses(KEYS), KEYS[:3], later=LATER[:later]
    )


@pytest.mark.parametrize("engine", [Engine.NONE, Engine.QBFT])
@pytest.mark.parametrize("fork", FORKS)
def test_a_header_of_any_fork_is_rebuilt(engine: Engine, fork: str) -> None:
    raw = header(engine, FORKS[fork])
    found = header_of(engine, told(engine, raw))
    assert (found.raw, found.number, found.time) == (raw, 9, 1_800_000_000)


@pytest.mark.parametrize("later", [[], [bytes(96), keccak(b"mix")]])
def test_a_header_of_kaia_is_rebuilt(later: list[bytes]) -> None:
    raw = sealed_header("istanbul", 9, 5, keccak(b"s"), keccak(b"p"), addresses(KEYS), KEYS[:3], later=later)
    assert header_of("istanbul", told(Engine.ISTANBUL, raw)).raw == raw


def test_members_that_are_null_are_left_out() -> None:
    raw = header(Engine.QBFT)
    assert header_of("qbft", {**told(Engine.QBFT, raw), "baseFeePerGas": None}).raw == raw


@pytest.mark.parametrize("name", ["stateRoot", "timestamp", "extraData", "hash", "baseFeePerGas", "withdrawalsRoot"])
def test_a_member_that_is_not_the_block_s_is_noticed(name: str) -> None:
    block = told(Engine.NONE, header(Engine.NONE, 2))
    changed = {**block, name: block[name][:-1] + ("1" if block[name][-1] != "1" else "2")}
    if name == "extraData":
        changed[name] = "0x00"
    with pytest.raises(InvalidInput, match="the block's hash") as caught:
        header_of("none", changed)
    assert caught.value.where == "block 9"


def test_a_fork_s_field_that_the_node_leaves_out_is_noticed() -> None:
    block = told(Engine.NONE, header(Engine.NONE, 6))
    del block["parentBeaconBlockRoot"]
    with pytest.raises(InvalidInput, match="20 members"):
        header_of("none", block)


@pytest.mark.parametrize("value", [None, 7, "7f", "0x7", "0xzz", ["0x00"], "missing"])
def test_bytes_that_are_none_are_named(value: object) -> None:
    block = told(Engine.NONE, header(Engine.NONE))
    block["stateRoot"] = value
    if value == "missing":
        del block["stateRoot"]
    with pytest.raises(InvalidInput) as caught:
        header_of("none", block)
    assert caught.value.where == "block, stateRoot"


@pytest.mark.parametrize("value", [None, "", "0x", "-0x1", "ten", ["0x1"]])
def test_a_number_that_is_none_is_named(value: object) -> None:
    block = told(Engine.NONE, header(Engine.NONE))
    with pytest.raises(InvalidInput) as caught:
        header_of("none", {**block, "timestamp": value})
    assert caught.value.where == "block, timestamp"


def test_a_block_of_another_engine_is_refused() -> None:
    for engine, other in ((Engine.QBFT, "none"), (Engine.QBFT, "istanbul"), (Engine.ISTANBUL, "none")):
        with pytest.raises(InvalidInput):
            header_of(other, told(engine, header(engine)))
    with pytest.raises(VerificationError, match="extraData"):
        header_of("qbft", told(Engine.NONE, header(Engine.NONE)))
