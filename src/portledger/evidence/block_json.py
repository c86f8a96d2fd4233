"""A block's raw header, rebuilt from what a node answers in JSON, since few nodes give out the raw bytes.

Nothing is taken on trust: the rebuilt bytes must hash to the block's hash by the engine's rule, so a field that the
node left out, or a fork whose fields are not known here, is noticed at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from portledger.domain.errors import InvalidInput
from portledger.evidence import rlp
from portledger.evidence.headers import Engine, Header, parse

_ETHEREUM: Final = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty",
    "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce",
)  # fmt: skip
_ETHEREUM_LATER: Final = (
    "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash",
)  # fmt: skip
"""What forks have added, in this order; a block has those of its fork."""
_KAIA: Final = (
    "parentHash", "reward", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "blockScore", "number",
    "gasUsed", "timestamp", "timestampFoS", "extraData", "governanceData", "voteData", "baseFeePerGas",
)  # fmt: skip
_KAIA_LATER: Final = ("randomReveal", "mixHash", "blobGasUsed", "excessBlobGas")
_NUMBERS: Final = {
    "difficulty", "blockScore", "number", "gasLimit", "gasUsed", "timestamp", "timestampFoS", "baseFeePerGas",
    "blobGasUsed", "excessBlobGas",
}  # fmt: skip
"""The members that are numbers; the others are bytes."""
_REMEDY: Final = "Check the engine: it says how the chain's headers are made."


def header_of(engine: Engine | str, block: Mapping[str, Any]) -> Header:
    """The header of a block: as eth_getBlockByNumber tells it, for istanbul as kaia_getBlockByNumber does.

    Raises InvalidInput when a member is missing or malformed, or when the bytes do not hash to the block's `hash`;
    VerificationError (step 1) when extraData is not the engine's.
    """
    first, later = (_KAIA, _KAIA_LATER) if engine == Engine.ISTANBUL else (_ETHEREUM, _ETHEREUM_LATER)
    names = [*first, *(name for name in later if block.get(name) is not None)]
    header = parse(engine, rlp.encode([_field(block, name) for name in names]))
    wanted = _bytes(block, "hash")
    if header.hash != wanted:
        raise InvalidInput(
            f"block {header.number}",
            f"a header of hash {header.hash.hex()} made of {len(names)} members",
            f"{wanted.hex()}, the block's hash",
            _REMEDY,
        )
    return header


def _field(block: Mapping[str, Any], name: str) -> bytes:
    if name not in _NUMBERS:
        return _bytes(block, name)
    value = block.get(name)
    try:
        return rlp.encode_integer(int(str(value), 16))
    except (ValueError, OverflowError):
        raise InvalidInput(f"block, {name}", repr(value)[:40], "0x and a number in hex", _REMEDY) from None


def _bytes(block: Mapping[str, Any], name: str) -> bytes:
    value = block.get(name)
    try:
        if isinstance(value, str) and value[:2] == "0x":
            return bytes.fromhex(value[2:])
    except ValueError:
        pass
    raise InvalidInput(f"block, {name}", repr(value)[:40], "0x and hex digits", _REMEDY)
