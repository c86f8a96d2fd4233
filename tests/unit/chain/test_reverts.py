"""Return data of a refused call becomes exactly the ledger's error of the same name."""

import eth_abi
import pytest

from portledger.chain import reverts
from portledger.chain.encoding import selector
from portledger.chain.rpc import NodeAnsweredError
from portledger.domain.errors import BY_NAME, LedgerError, PowerMissing, StalePrevious


def example(abi_type: str, place: int) -> object:
    if abi_type == "address":
        return bytes([place + 1]) * 20
    if abi_type == "bytes32":
        return bytes([place + 1]) * 32
    return 2 ** int(abi_type.removeprefix("uint")) - 1 - place


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_error_is_read_back_from_its_abi_encoding(name: str) -> None:
    leaf = BY_NAME[name]
    types = leaf.TYPES.split(",")
    values = [example(abi_type, place) for place, abi_type in enumerate(types)]
    data = selector(leaf.signature()) + eth_abi.encode(types, values)
    error = reverts.decode(data)
    assert type(error) is leaf
    assert isinstance(error, LedgerError)
    assert list(error.values().values()) == values
    assert reverts.encode(error) == data


def test_selectors_are_all_different() -> None:
    assert len(reverts.BY_SELECTOR) == len(BY_NAME)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "without a reason"),
        (b"\xde\xad\xbe\xef", "deadbeef"),
        (selector("Error(string)") + eth_abi.encode(["string"], ["not today"]), "not today"),
        (selector("Panic(uint256)") + eth_abi.encode(["uint256"], [0x11]), "Panic 0x11"),
        (selector("PowerMissing(uint8,address)") + bytes(63), "return data"),
    ],
)
def test_anything_else_is_an_unknown_revert_that_says_what_it_was(data: bytes, words: str) -> None:
    error = reverts.decode(data)
    assert isinstance(error, reverts.UnknownRevert)
    assert error.data == data
    assert words in error.found


REFUSED = PowerMissing(power=1, sender=bytes(20))
DATA = "0x" + reverts.encode(REFUSED).hex()


@pytest.mark.parametrize(
    "data", [DATA, {"0xabc": {"error": "revert", "return": DATA}}, {"data": DATA}, "Reverted " + DATA], ids=str
)
def test_a_refusal_is_found_wherever_an_engine_puts_it(data: object) -> None:
    failure = NodeAnsweredError("eth_call", 3, "execution reverted", data)
    assert reverts.from_node(failure) == REFUSED


def test_a_failure_that_is_no_revert_is_none() -> None:
    assert reverts.from_node(NodeAnsweredError("eth_call", -32000, "unknown block")) is None
    assert isinstance(reverts.from_node(NodeAnsweredError("eth_call", 3, "execution reverted")), reverts.UnknownRevert)


def test_a_refusal_tells_what_was_found_and_allowed() -> None:
    stale = StalePrevious(document=bytes(32), given=b"\x01" * 32, head=b"\x02" * 32)
    again = reverts.decode(reverts.encode(stale))
    assert again == stale
    assert again.to_dict() == stale.to_dict()
