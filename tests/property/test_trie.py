"""Merkle-Patricia proofs: the value under a key or its absence, from nodes that nobody has to be trusted for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portledger.domain.hashing import keccak, word
from portledger.domain.verification_errors import VerificationError
from portledger.evidence import rlp
from portledger.evidence.headers import Engine, parse
from portledger.evidence.result import Step
from portledger.evidence.trie import EMPTY_ROOT, Account, Nodes, account, storage, walk
from tests.support.recorded_chains import needs_recorded, network, unhex
from tests.support.tries import Trie, build, prefixed

CONTENT = {keccak(bytes([n])): b"value %d" % n + bytes(40) for n in range(1, 40)}
ABSENT = keccak(b"nobody")


def nodes_of(*items: rlp.Item) -> tuple[bytes, Nodes]:
    """Nodes as given, the first one is the root."""
    raws = [rlp.encode(item) for item in items]
    return keccak(raws[0]), Nodes(raws)


# --- presence and absence ---------------------------------------------------------------------------------------------


def test_every_key_is_found_and_others_are_proven_absent() -> None:
    trie = build(CONTENT)
    nodes = Nodes(trie.nodes.values())
    assert {key: walk(trie.root, key, nodes) for key in CONTENT} == CONTENT
    assert walk(trie.root, ABSENT, nodes) is None
    assert nodes.unused() == []


def test_the_nodes_that_were_needed_are_known_and_prove_the_same_alone() -> None:
    trie = build(CONTENT)
    nodes = Nodes(trie.nodes.values())
    wanted = keccak(b"\5")
    assert walk(trie.root, wanted, nodes) == CONTENT[wanted]
    assert len(nodes.used()) + len(nodes.unused()) == len(nodes)
    assert nodes.unused()
    few = Nodes(reversed(nodes.used()))
    assert walk(trie.root, wanted, few) == CONTENT[wanted]
    assert few.unused() == []


def test_a_missing_node_is_named_with_its_place() -> None:
    trie = build(CONTENT)
    whole = Nodes(trie.nodes.values())
    walk(trie.root, ABSENT, whole)
    _, second = whole.used()[:2] if keccak(whole.used()[0]) == trie.root else whole.used()[1::-1]
    lacking = Nodes(raw for raw in trie.nodes.values() if raw != second)
    with pytest.raises(VerificationError, match=rf"no node {keccak(second).hex()} \(nibble 1\)") as caught:
        walk(trie.root, ABSENT, lacking)
    assert caught.value.step == Step.STORAGE


def test_a_node_that_is_given_twice_is_refused() -> None:
    raw = next(iter(build(CONTENT).nodes.values()))
    with pytest.raises(VerificationError, match="twice"):
        Nodes([raw, raw])


def test_an_empty_trie_holds_nothing_and_needs_no_nodes() -> None:
    assert build({}).root == EMPTY_ROOT
    assert walk(EMPTY_ROOT, ABSENT, Nodes([])) is None
    assert storage(EMPTY_ROOT, 7, Nodes([])) == 0


def test_small_nodes_stand_inside_their_parents() -> None:
    content = {bytes([a, b]): b"v" for a in (0x11, 0x12) for b in (1, 2)}
    trie = build(content)
    nodes = Nodes(trie.nodes.values())
    assert len(nodes) < 4
    assert {key: walk(trie.root, key, nodes) for key in content} == content
    assert walk(trie.root, b"\x11\3", nodes) is None


def test_a_key_that_is_the_beginning_of_another_has_its_value_in_the_branch() -> None:
    content = {b"\x12": b"short", b"\x12\x34": b"long", b"\x12\x35": b"other"}
    trie = build(content)
    nodes = Nodes(trie.nodes.values())
    assert {key: walk(trie.root, key, nodes) for key in content} == content
    without = build({key: value for key, value in content.items() if len(key) == 2})
    assert walk(without.root, b"\x12", Nodes(without.nodes.values())) is None


def test_a_key_that_leaves_an_extension_or_ends_within_it_is_absent() -> None:
    trie = build({b"\x12\x34\x56": b"a" * 40, b"\x12\x34\x57": b"b" * 40})
    nodes = Nodes(trie.nodes.values())
    assert walk(trie.root, b"\x12\x44\x56", nodes) is None
    assert walk(trie.root, b"\x12", nodes) is None
    assert walk(trie.root, b"\x12\x34\x56\x00", nodes) is None


# --- what is no node --------------------------------------------------------------------------------------------------

BELOW = keccak(b"below")
MALFORMED: dict[str, rlp.Item] = {
    "bytes": b"node" * 10,
    "a list of three": [b"\x20", b"a", b"b"],
    "an empty list": [],
    "a list of sixteen": [b""] * 16,
    "a path that is a list": [[b"\x20"], b"v"],
    "an empty path": [b"", b"v"],
    "prefix 4": [b"\x40", b"v"],
    "prefix 15": [b"\xf0", b"v"],
    "an even leaf with padding": [b"\x21" + ABSENT, b"v"],
    "an even extension with padding": [b"\x01" + ABSENT[:3], BELOW],
    "an extension without a path": [b"\x00", BELOW],
    "a leaf whose value is a list": [prefixed([half for byte in ABSENT for half in divmod(byte, 16)], True), [b"v"]],
    "a reference of 31 bytes": [bytes(31)] * 16 + [b""],
    "a reference of 33 bytes": [bytes(33)] * 16 + [b""],
    "a large node inside its parent": [[b"\x20" + ABSENT[1:], b"v" * 40]] * 16 + [b""],
    "a small value inside its parent": [[b"\x20"]] * 16 + [b""],
}


@pytest.mark.parametrize("what", MALFORMED)
def test_what_is_no_node_is_refused(what: str) -> None:
    root, nodes = nodes_of(MALFORMED[what])
    with pytest.raises(VerificationError) as caught:
        walk(root, ABSENT, nodes)
    assert caught.value.step == Step.STORAGE


def test_a_node_that_is_no_rlp_is_refused() -> None:
    raw = b"\xb8\x05short"
    with pytest.raises(VerificationError, match=keccak(raw).hex()):
        walk(keccak(raw), ABSENT, Nodes([raw]))


def test_a_branch_value_that_is_a_list_is_refused() -> None:
    root, nodes = nodes_of([*[b""] * 16, [b"v"]])
    with pytest.raises(VerificationError, match="a list as a value"):
        walk(root, b"", nodes)


# --- accounts and slots -----------------------------------------------------------------------------------------------

LEDGER = bytes(range(20))
CODE = keccak(b"code")
ROOT = keccak(b"storage root")


def state_with(leaf: bytes) -> tuple[bytes, Nodes]:
    trie = build({keccak(LEDGER): leaf, ABSENT: b"another account"})
    return trie.root, Nodes(trie.nodes.values())


def test_an_account_of_ethereum_is_read() -> None:
    root, nodes = state_with(rlp.encode([b"\1", b"\x03\xe8", ROOT, CODE]))
    assert account(root, LEDGER, nodes) == Account(1, 1000, ROOT, CODE)
    assert account(root, LEDGER, nodes, Engine.QBFT) == Account(1, 1000, ROOT, CODE)


def test_a_contract_of_kaia_is_read() -> None:
    leaf = b"\2" + rlp.encode([[b"\1", b"", b"", b"\3", []], ROOT, CODE, b"\x10"])
    root, nodes = state_with(leaf)
    assert account(root, LEDGER, nodes, Engine.ISTANBUL) == Account(1, 0, ROOT, CODE)


KAIA_COMMON: rlp.Item = [b"\1", b"", b"", b"\3", []]
BAD_ACCOUNTS: dict[str, tuple[Engine, bytes]] = {
    "no rlp": (Engine.NONE, b"\xc5"),
    "bytes": (Engine.NONE, b"\x83abc"),
    "three members": (Engine.NONE, rlp.encode([b"\1", b"", ROOT])),
    "a nonce with a leading zero": (Engine.NONE, rlp.encode([b"\0\1", b"", ROOT, CODE])),
    "a nonce of nine bytes": (Engine.NONE, rlp.encode([b"\1" * 9, b"", ROOT, CODE])),
    "a list as balance": (Engine.NONE, rlp.encode([b"", [], ROOT, CODE])),
    "a short root": (Engine.QBFT, rlp.encode([b"", b"", ROOT[1:], CODE])),
    "a list as code hash": (Engine.QBFT, rlp.encode([b"", b"", ROOT, [CODE]])),
    "an account of Kaia in Ethereum": (Engine.QBFT, b"\2" + rlp.encode([KAIA_COMMON, ROOT, CODE, b"\x10"])),
    "an account of Ethereum in Kaia": (Engine.ISTANBUL, rlp.encode([b"\1", b"", ROOT, CODE])),
    "an account of Kaia without code": (Engine.ISTANBUL, b"\1" + rlp.encode(KAIA_COMMON)),
    "Kaia, five members": (Engine.ISTANBUL, b"\2" + rlp.encode([KAIA_COMMON, ROOT, CODE, b"\x10", b""])),
    "Kaia, four common members": (Engine.ISTANBUL, b"\2" + rlp.encode([[b"", b"", b"", []], ROOT, CODE, b"\x10"])),
    "Kaia, no common members": (Engine.ISTANBUL, b"\2" + rlp.encode([b"", ROOT, CODE, b"\x10"])),
}


@pytest.mark.parametrize("what", BAD_ACCOUNTS)
def test_what_is_no_account_of_the_engine_is_refused(what: str) -> None:
    engine, leaf = BAD_ACCOUNTS[what]
    root, nodes = state_with(leaf)
    with pytest.raises(VerificationError) as caught:
        account(root, LEDGER, nodes, engine)
    assert caught.value.step == Step.ACCOUNT


def test_a_ledger_that_the_state_does_not_hold_is_refused() -> None:
    root, nodes = state_with(rlp.encode([b"", b"", ROOT, CODE]))
    with pytest.raises(VerificationError, match="no account 0x") as caught:
        account(root, bytes(20), nodes)
    assert caught.value.step == Step.ACCOUNT


@pytest.mark.parametrize("value", [1, 0x7F, 0x80, 2**255, 2**256 - 1])
def test_a_word_of_any_size_is_read_and_an_unset_one_is_0(value: int) -> None:
    trie = build({keccak(word(5)): rlp.encode(rlp.encode_integer(value)), ABSENT: b"\1"})
    nodes = Nodes(trie.nodes.values())
    assert storage(trie.root, 5, nodes) == storage(trie.root, word(5), nodes) == value
    assert storage(trie.root, 6, nodes) == 0


@pytest.mark.parametrize("leaf", [b"\x80", b"\x00", b"\x82\0\1", b"\xc0", b"\x81", b"\xa1" + bytes([1] * 33), b"\1\1"])
def test_what_is_no_stored_word_is_refused(leaf: bytes) -> None:
    trie = build({keccak(word(5)): leaf, ABSENT: b"\1"})
    with pytest.raises(VerificationError) as caught:
        storage(trie.root, 5, Nodes(trie.nodes.values()))
    assert caught.value.step == Step.STORAGE


# --- recorded proofs --------------------------------------------------------------------------------------------------


def recorded_proofs() -> list[tuple[Engine, int]]:
    return [(Engine.QBFT, n) for n in (0, 1, 35, 39, 126, 208, 212, 219)] + [
        (Engine.ISTANBUL, n) for n in (46, 100, 192, 193, 195)
    ]


def proof_of(engine: Engine, number: int) -> tuple[bytes, dict[str, Any], list[bytes]]:
    """State root, eth_getProof's answer, and all its nodes each once."""
    net = network(engine)
    proof = net.blocks[number]["proof"]
    listed = [*proof["accountProof"], *(node for slot in proof["storageProof"] for node in slot["proof"])]
    return parse(engine, net.raw(number)).state_root, proof, list(dict.fromkeys(unhex(node) for node in listed))


@needs_recorded
@pytest.mark.parametrize(("engine", "number"), recorded_proofs())
def test_recorded_proofs_of_present_and_absent_accounts_and_slots_hold(engine: Engine, number: int) -> None:
    root, proof, raws = proof_of(engine, number)
    nodes, address = Nodes(raws), unhex(proof["address"])
    if not int(proof["nonce"], 16):
        assert walk(root, keccak(address), nodes) is None
    else:
        found = account(root, address, nodes, engine)
        assert found == Account(
            int(proof["nonce"], 16), int(proof["balance"], 16), unhex(proof["storageHash"]), unhex(proof["codeHash"])
        )
        values = {slot["key"]: storage(found.storage_root, unhex(slot["key"]), nodes) for slot in proof["storageProof"]}
        assert values == {slot["key"]: int(slot["value"], 16) for slot in proof["storageProof"]}
        assert 0 in values.values()
    assert nodes.unused() == []


@needs_recorded
@pytest.mark.parametrize("engine", [Engine.QBFT, Engine.ISTANBUL])
def test_recorded_receipts_and_transactions_are_proven_under_their_roots(engine: Engine) -> None:
    net, proven = network(engine), 0
    for block in net.blocks.values():
        known, raw = block.get("kaiaBlock", block["block"]), rlp.decode(unhex(block["blockRlp"]))
        assert isinstance(raw, list)
        transactions = raw[1]
        assert isinstance(transactions, list)
        for root, values in (
            (known["receiptsRoot"], [rlp.encode(receipt_of(engine, receipt)) for receipt in block["receipts"]]),
            (known["transactionsRoot"], [rlp.encode(transaction) for transaction in transactions]),
        ):
            content = {rlp.encode(rlp.encode_integer(at)): value for at, value in enumerate(values)}
            trie = build(content)
            assert trie.root == unhex(root)
            nodes = Nodes(trie.nodes.values())
            assert {key: walk(unhex(root), key, nodes) for key in content} == content
            assert walk(unhex(root), rlp.encode(rlp.encode_integer(len(values))), nodes) is None
            proven += len(values)
    assert proven > 200


def receipt_of(engine: Engine, receipt: dict[str, Any]) -> list[rlp.Item]:
    """A receipt as its trie holds it; Kaia counts the gas of the one transaction, Ethereum that of all up to it."""
    gas = receipt["gasUsed" if engine == Engine.ISTANBUL else "cumulativeGasUsed"]
    assert receipt["logs"] == []
    status, used = (rlp.encode_integer(int(value, 16)) for value in (receipt["status"], gas))
    return [status, used, unhex(receipt["logsBloom"]), []]


@needs_recorded
@pytest.mark.parametrize("engine", [Engine.QBFT, Engine.ISTANBUL])
def test_a_recorded_proof_needs_every_one_of_its_nodes(engine: Engine) -> None:
    root, proof, raws = proof_of(engine, 126 if engine == Engine.QBFT else 100)
    for left_out in raws:
        nodes = Nodes(raw for raw in raws if raw != left_out)
        with pytest.raises(VerificationError):
            read_all(root, proof, nodes, engine)


@needs_recorded
@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([(Engine.QBFT, 39), (Engine.QBFT, 126), (Engine.ISTANBUL, 46), (Engine.ISTANBUL, 100)]), st.data()
)
def test_a_recorded_proof_with_any_byte_changed_is_refused(which: tuple[Engine, int], data: st.DataObject) -> None:
    root, proof, raws = proof_of(*which)
    at = data.draw(st.integers(0, len(raws) - 1))
    damaged = bytearray(raws[at])
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(VerificationError):
        read_all(root, proof, Nodes([*raws[:at], bytes(damaged), *raws[at + 1 :]]), which[0])


def read_all(root: bytes, proof: dict[str, Any], nodes: Nodes, engine: Engine) -> None:
    found = account(root, unhex(proof["address"]), nodes, engine)
    for slot in proof["storageProof"]:
        storage(found.storage_root, unhex(slot["key"]), nodes)


# --- fuzzing ----------------------------------------------------------------------------------------------------------

keys = st.lists(st.integers(0, 3).map(lambda n: n * 17), min_size=1, max_size=4).map(bytes)
"""Keys that share beginnings, some of them the beginning of another."""
contents = st.dictionaries(keys, st.binary(min_size=1, max_size=40), min_size=1, max_size=12)


@settings(max_examples=500, deadline=None)
@given(contents, keys)
def test_a_walk_gives_what_the_dictionary_holds(content: dict[bytes, bytes], other: bytes) -> None:
    trie = build(content)
    nodes = Nodes(trie.nodes.values())
    for key in [*content, other]:
        assert walk(trie.root, key, nodes) == content.get(key)


@settings(max_examples=1000, deadline=None)
@given(contents, keys, st.data())
def test_damaged_nodes_never_give_another_value(content: dict[bytes, bytes], key: bytes, data: st.DataObject) -> None:
    trie = build(content)
    raws = [damage(raw, data) for raw in trie.nodes.values()]
    try:
        found = walk(trie.root, key, Nodes(raws))
    except VerificationError:
        return
    assert found == content.get(key)


@settings(max_examples=1000, deadline=None)
@given(contents, keys, st.data())
def test_a_walk_below_a_forged_root_ends_or_is_refused(
    content: dict[bytes, bytes], key: bytes, data: st.DataObject
) -> None:
    trie = build(content)
    forged = damage(trie.nodes[trie.root], data)
    walked_or_refused(keccak(forged), key, [forged, *(raw for raw in trie.nodes.values() if raw != forged)])


node_items = st.recursive(
    st.binary(max_size=33) | st.just(b"") | st.just(bytes(32)),
    lambda inner: st.lists(inner, min_size=2, max_size=2) | st.lists(inner, min_size=17, max_size=17),
    max_leaves=40,
)


@settings(max_examples=1000, deadline=None)
@given(node_items, keys)
def test_a_walk_over_anything_ends_or_is_refused(item: rlp.Item, key: bytes) -> None:
    raw = rlp.encode(item)
    walked_or_refused(keccak(raw), key, [raw])


def walked_or_refused(root: bytes, key: bytes, raws: list[bytes]) -> None:
    try:
        found = walk(root, key, Nodes(raws))
    except VerificationError:
        return
    assert found is None or found


def damage(raw: bytes, data: st.DataObject) -> bytes:
    """The node, or the node with a byte changed, cut or added."""
    how = data.draw(st.sampled_from(["keep", "keep", "flip", "cut", "grow"]))
    at = data.draw(st.integers(0, len(raw) - 1))
    if how == "flip":
        return raw[:at] + bytes([raw[at] ^ data.draw(st.integers(1, 255))]) + raw[at + 1 :]
    return {"keep": raw, "cut": raw[:at], "grow": raw[:at] + b"\0" + raw[at:]}[how]


def test_the_fuzzed_tries_have_nodes_inside_and_outside_their_parents() -> None:
    small = {bytes([n]): b"v" for n in (0, 17, 34)}
    large = {bytes([n]): b"v" * 40 for n in (0, 17, 34)}
    tries: list[Trie] = [build(small), build(large)]
    assert [len(trie.nodes) for trie in tries] == [1, 4]
