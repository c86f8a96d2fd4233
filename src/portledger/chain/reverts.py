"""What the contract's refusals say: return data of a reverted call -> the LedgerError of the same name, exactly."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from portledger.chain.encoding import selector
from portledger.chain.rpc import ChainError, NodeAnsweredError
from portledger.domain.errors import BY_NAME, LedgerError


class UnknownRevert(ChainError):
    """The contract refused with something that is none of the ledger's errors."""

    REMEDY: ClassVar[str] = "Check that the address is the ledger's and that this program's version fits the ledger."

    def __init__(self, data: bytes, message: str = "") -> None:
        """data: return data, as it is; message: what the node said."""
        super().__init__(message or _described(data), "one of the ledger's errors")
        self.data = data

    def parameters(self) -> dict[str, Any]:
        return {"data": self.data.hex()}


BY_SELECTOR: Final[dict[bytes, type[LedgerError]]] = {selector(leaf.signature()): leaf for leaf in BY_NAME.values()}
"""The 4 bytes that a revert starts with -> the error."""

_ERROR: Final = selector("Error(string)")
_PANIC: Final = selector("Panic(uint256)")


def decode(data: bytes, message: str = "") -> LedgerError | UnknownRevert:
    """The error behind a revert's return data, or behind the `reason` of ActionRefused."""
    leaf = BY_SELECTOR.get(data[:4])
    types = leaf.TYPES.split(",") if leaf else []
    if leaf is None or len(data) != 4 + 32 * len(types):
        return UnknownRevert(data, message)
    words = (data[at : at + 32] for at in range(4, len(data), 32))
    values = [_value(abi_type, word) for abi_type, word in zip(types, words, strict=True)]
    return leaf(**dict(zip(leaf.parameter_names(), values, strict=True)))


def encode(error: LedgerError) -> bytes:
    """The return data that the contract makes for this error: what `decode` reads."""
    words = [
        _word(abi_type, value) for abi_type, value in zip(error.TYPES.split(","), error.values().values(), strict=True)
    ]
    return selector(error.signature()) + b"".join(words)


def from_node(failure: NodeAnsweredError) -> LedgerError | UnknownRevert | None:
    """The refusal inside a node's answer to eth_call or eth_estimateGas; None when the failure is another one.

    Engines put the return data into `data` as hex, alone or inside an object; some write a word before it.
    """
    data = return_data(failure.data)
    if data is None:
        return UnknownRevert(b"", failure.message) if "revert" in failure.message.lower() else None
    return decode(data, "" if data else failure.message)


def return_data(value: Any) -> bytes | None:
    """The bytes in the `data` of a JSON-RPC error, None if there are none."""
    if isinstance(value, dict):
        found = (return_data(inner) for inner in value.values())
        return next((data for data in found if data is not None), None)
    if not isinstance(value, str):
        return None
    at = value.find("0x")
    try:
        return bytes.fromhex(value[at + 2 :]) if at >= 0 else None
    except ValueError:
        return None


def _value(abi_type: str, word: bytes) -> int | bytes:
    if abi_type == "bytes32":
        return word
    if abi_type == "address":
        return word[12:]
    return int.from_bytes(word, "big")


def _word(abi_type: str, value: Any) -> bytes:
    if abi_type == "bytes32":
        return bytes(value)
    if abi_type == "address":
        return bytes(12) + bytes(value)
    return int(value).to_bytes(32, "big")


def _described(data: bytes) -> str:
    if data[:4] == _ERROR and len(data) >= 68:
        length = int.from_bytes(data[36:68], "big")
        return f"a revert that says {data[68 : 68 + length].decode(errors='replace')!r}"
    if data[:4] == _PANIC and len(data) == 36:
        return f"a failed assertion of the contract (Panic 0x{data[35]:02x})"
    return f"return data {data[:36].hex()}" if data else "a revert without a reason"
