"""Calldata by joined words is what eth_abi makes of the same values."""

import eth_abi
import pytest

from portledger.chain import encoding
from portledger.chain.deploy import DEFINE_KIND, define_kind
from portledger.domain.actions import Action, SignedAction
from portledger.domain.hashing import keccak


def signed(n: int, signature_bytes: int) -> SignedAction:
    digests = [keccak(bytes([n, place])) for place in range(5)]
    action = Action(
        kind=0x0101,
        verb=n,
        document=digests[0],
        previous=digests[1],
        content=digests[2],
        document_reference=digests[3],
        detail=digests[4],
        actor=n + 1,
        epoch=1,
        counterparty=n + 2,
        endorsee=0xFFFFFFFF,
        quantity=1_000_000,
        deadline=2**40 - 1,
    )
    return SignedAction(
        action, bytes(range(1, 1 + signature_bytes % 200)) + bytes(signature_bytes - signature_bytes % 200)
    )


def plain(item: SignedAction) -> tuple[object, ...]:
    action = item.action
    return (
        action.document,
        action.previous,
        action.content,
        action.document_reference,
        action.detail,
        action.terms(),
        item.signatures,
    )


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 64, 65, 130, 975])
def test_execute_is_the_abi_encoding(length: int) -> None:
    item = signed(3, length)
    expected = eth_abi.encode([encoding.SIGNED_ACTION], [plain(item)])
    assert encoding.execute(item) == encoding.EXECUTE + expected


@pytest.mark.parametrize("lengths", [[], [65], [65, 130, 0, 195], [65] * 100])
def test_execute_batch_is_the_abi_encoding(lengths: list[int]) -> None:
    items = [signed(n, length) for n, length in enumerate(lengths)]
    expected = eth_abi.encode([encoding.SIGNED_ACTION + "[]"], [[plain(item) for item in items]])
    assert encoding.execute_batch(items) == encoding.EXECUTE_BATCH + expected
    assert encoding.join_batch([encoding.signed_action(item) for item in items]) == encoding.execute_batch(items)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_define_kind_is_the_abi_encoding(count: int) -> None:
    values = (
        0x0201,
        keccak(b"file"),
        list(range(count)),
        [2**256 - 1 - n for n in range(count)],
        list(range(count)),
        [keccak(bytes([n])) for n in range(count)],
    )
    types = ["uint16", "bytes32", "uint256[]", "uint256[]", "uint8[]", "bytes32[]"]
    assert define_kind(*values) == DEFINE_KIND + eth_abi.encode(types, values)


def test_a_selector_is_the_start_of_the_signatures_hash() -> None:
    assert encoding.selector("transfer(address,uint256)").hex() == "a9059cbb"
