"""Calldata of the registry is read back as it was written, and refused when it is not well-formed."""

import pytest
from eth_abi.abi import encode
from tests.support.histories import party_act_call, register_call, selector

from portledger.domain.actions import PartyAction, Registration
from portledger.domain.calls_decode import (
    CancelOrder,
    DefineKind,
    Enact,
    Order,
    PartyActCall,
    Propose,
    Register,
    RegistryCall,
    Reinstate,
    Suspend,
    VetoCall,
    call_digest,
    decode_call,
    decode_define_kind,
)
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import abi_words, keccak
from portledger.domain.kinds import KindFile
from portledger.resources import kinds

A, B = keccak(b"a"), keccak(b"b")
REGISTRATION = Registration(A, 5, B, 2, True, (bytes(19) + b"\x01", bytes(19) + b"\x02"), (255, 4), (b"x" * 65, b""))
CALLS: list[tuple[bytes, RegistryCall]] = [
    (register_call(REGISTRATION), Register(REGISTRATION)),
    (party_act_call(PartyAction(7, 0, 3, A, 99), b"s" * 130, b"c"), PartyActCall(7, 3, A, 99, b"s" * 130, b"c")),
    (selector("propose(uint32,uint8,bytes32)") + abi_words(7, 3, A), Propose(7, 3, A)),
    (selector("order(uint32,uint8,bytes32,bytes32)") + abi_words(7, 3, A, B), Order(7, 3, A, B)),
    (selector("cancelOrder(bytes32)") + A, CancelOrder(A)),
    (selector("veto(bytes32,bytes)") + encode(["bytes32", "bytes"], [A, b"s" * 65]), VetoCall(A, b"s" * 65)),
    (selector("enact(bytes32,bytes)") + encode(["bytes32", "bytes"], [A, b""]), Enact(A, b"")),
    (selector("suspend(uint32,uint40)") + abi_words(7, 99), Suspend(7, 99)),
    (selector("reinstate(uint32)") + abi_words(7), Reinstate(7)),
]


@pytest.mark.parametrize(("call", "value"), CALLS, ids=[type(value).__name__ for _, value in CALLS])
def test_a_call_is_read_back(call: bytes, value: RegistryCall) -> None:
    assert decode_call(call) == value


@pytest.mark.parametrize(("call", "value"), CALLS, ids=[type(value).__name__ for _, value in CALLS])
def test_a_call_cut_short_is_refused(call: bytes, value: RegistryCall) -> None:
    del value
    for length in (0, 3, 4, 35):
        with pytest.raises(InvalidInput):
            decode_call(call[:length])


def test_another_function_is_refused() -> None:
    with pytest.raises(InvalidInput, match="registry"):
        decode_call(selector("transfer(address,uint256)") + abi_words(1, 2))


def test_a_number_above_its_type_is_refused() -> None:
    with pytest.raises(InvalidInput):
        decode_call(selector("reinstate(uint32)") + abi_words(1 << 32))


def test_an_offset_beyond_the_call_is_refused() -> None:
    with pytest.raises(InvalidInput):
        decode_call(selector("enact(bytes32,bytes)") + A + abi_words(4096))


def test_a_list_longer_than_any_registration_is_refused() -> None:
    head = abi_words(32, *([0] * 5), 8 * 32, 8 * 32, 8 * 32, 10_000)
    with pytest.raises(InvalidInput):
        decode_call(register_call(REGISTRATION)[:4] + head)


def test_the_digest_of_a_call_covers_selector_and_arguments() -> None:
    call = selector("reinstate(uint32)") + abi_words(7)
    assert call_digest(call) == keccak(call[:4] + bytes(28), keccak(call[4:]))
    assert call_digest(call) != call_digest(selector("suspend(uint32,uint40)") + call[4:])


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.id)
def test_the_table_of_a_kind_is_read_back_as_it_was_sealed(kind: KindFile) -> None:
    number, file_digest, keys, words, verbs, intents = kind.define_arguments()
    types = ["uint16", "bytes32", "uint256[]", "uint256[]", "uint8[]", "bytes32[]"]
    call = selector(f"defineKind({','.join(types)})") + encode(types, kind.define_arguments())
    assert decode_define_kind(call) == DefineKind(
        number, file_digest, tuple(keys), tuple(words), tuple(verbs), tuple(intents)
    )


def test_a_table_that_is_cut_or_of_another_function_is_refused() -> None:
    types = ["uint16", "bytes32", "uint256[]", "uint256[]", "uint8[]", "bytes32[]"]
    call = selector(f"defineKind({','.join(types)})") + encode(types, kinds()[0x0101].define_arguments())
    for wrong in (call[:-32], call[:100], b"", selector("reinstate(uint32)") + call[4:]):
        with pytest.raises(InvalidInput):
            decode_define_kind(wrong)
