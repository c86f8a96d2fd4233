"""The field tree against a naive model, and its proofs against tampering."""

import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.vault import bytes_named

from portledger.domain.hashing import jcs
from portledger.domain.vault_errors import ProofRefused
from portledger.vault.field_tree import EMPTY, Absence, Equality, FieldTree, Presence, Salts, TreeRoot, position

DOCUMENT, AAD, SEED = bytes_named("document"), b'{"aad":1}', bytes_named("seed")


def naive_root(leaves: dict[str, Any], carried: dict[str, bytes] | None = None) -> bytes:
    """docs/protocol §8, read aloud: bit by bit, one dictionary per level."""

    def h(*parts: bytes) -> bytes:
        return hashlib.sha256(b"".join(parts)).digest()

    placed = {}
    for path, value in leaves.items():
        salt = (carried or {}).get(path) or hmac.new(SEED, path.encode(), "sha256").digest()[:16]
        at = h(path.encode())
        bits = "".join(f"{byte:08b}" for byte in at)
        placed[bits] = h(b"\0", DOCUMENT, at, h(salt, jcs(value)))

    def trie(prefix: str) -> bytes:
        under = [bits for bits in placed if bits.startswith(prefix)]
        if len(under) < 2:
            return placed[under[0]] if under else bytes(32)
        return h(b"\x01", trie(prefix + "0"), trie(prefix + "1"))

    return h(b"\x02", AAD, trie(""))


def tree_of(leaves: dict[str, Any], carried: dict[str, bytes] | None = None) -> FieldTree:
    return FieldTree(DOCUMENT, AAD, Salts(SEED, carried), leaves.items())


fields = st.dictionaries(
    st.text("abc/01", max_size=6).map(lambda name: "/" + name),
    st.integers(0, 9) | st.text("xyé", max_size=5),
    max_size=40,
)


@given(fields, st.data())
@settings(max_examples=60, deadline=None)
def test_the_root_is_the_one_of_the_naive_model(leaves: dict[str, Any], data: st.DataObject) -> None:
    taken = data.draw(st.lists(st.sampled_from(sorted(leaves)), max_size=3)) if leaves else []
    carried = {path: bytes_named(path, 16) for path in taken}
    assert tree_of(leaves, carried).root == naive_root(leaves, carried)


@given(fields)
@settings(max_examples=30, deadline=None)
def test_every_field_is_proved_and_every_other_path_is_proved_absent(leaves: dict[str, Any]) -> None:
    tree = tree_of(leaves)
    for path in leaves:
        proof = tree.prove(path)
        proof.verify(tree.commitment)
        assert Presence.from_json(proof.to_json()) == proof
        with pytest.raises(ProofRefused):
            tree.prove_absence(path)
    for path in ("/absent", "/also/absent", ""):
        absence = tree.prove_absence(path)
        absence.verify(tree.commitment)
        assert Absence.from_json(absence.to_json()) == absence
        with pytest.raises(ProofRefused):
            tree.prove(path)


@given(st.integers(2, 60), st.data())
@settings(max_examples=40, deadline=None)
def test_a_proof_with_any_part_changed_is_refused(count: int, data: st.DataObject) -> None:
    leaves = {f"/field/{index}": index for index in range(count)}
    tree = tree_of(leaves)
    proof = tree.prove(data.draw(st.sampled_from(sorted(leaves))))
    index = data.draw(st.integers(0, len(proof.siblings) - 1))
    bit = data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(proof.siblings[index], "big") ^ 1 << bit).to_bytes(32, "big")
    tampered = [
        replace(proof, value=proof.value + 1),
        replace(proof, value=str(proof.value)),
        replace(proof, path="/field/other"),
        replace(proof, salt=bytes(16)),
        replace(proof, salt=proof.salt + b"\0"),
        replace(proof, siblings=(*proof.siblings[:index], flipped, *proof.siblings[index + 1 :])),
        replace(proof, siblings=proof.siblings[1:]),
        replace(proof, siblings=(*proof.siblings, EMPTY)),
        replace(proof, siblings=(*proof.siblings, bytes_named("more"))),
        replace(proof, siblings=tuple(reversed(proof.siblings)) if len(set(proof.siblings)) > 1 else ()),
    ]
    for wrong in tampered:
        with pytest.raises(ProofRefused):
            wrong.verify(tree.commitment)


def test_a_proof_does_not_serve_another_dataset_or_document() -> None:
    tree = tree_of({"/a": 1, "/b": 2})
    proof = tree.prove("/a")
    for other in (replace(tree.commitment, aad=b"other"), replace(tree.commitment, document=bytes(32))):
        with pytest.raises(ProofRefused):
            proof.verify(other)


def test_absence_is_not_shown_by_a_leaf_of_another_place() -> None:
    leaves = {f"/field/{index}": index for index in range(40)}
    tree = tree_of(leaves)
    absence = next(
        proof
        for proof in (tree.prove_absence(f"/no/{index}") for index in range(100))
        if proof.other is not None and len(proof.siblings) > 2
    )
    absence.verify(tree.commitment)
    turned = replace(absence.other, position=bytes(byte ^ 0xFF for byte in absence.other.position))  # type: ignore[type-var]
    own = replace(absence.other, position=position(absence.path))  # type: ignore[type-var]
    for wrong in (replace(absence, other=turned), replace(absence, other=own), replace(absence, other=None)):
        with pytest.raises(ProofRefused):
            wrong.verify(tree.commitment)


def test_a_present_field_cannot_be_shown_absent() -> None:
    tree = tree_of({f"/field/{index}": index for index in range(20)})
    presence = tree.prove("/field/7")
    with pytest.raises(ProofRefused):
        Absence("/field/7", presence.siblings, None).verify(tree.commitment)
    with pytest.raises(ProofRefused):
        Absence("/field/7", presence.siblings[:-1], None).verify(tree.commitment)


def test_an_empty_lowest_sibling_is_refused_even_under_a_root_that_has_it() -> None:
    at = position("/a")
    leaf = hashlib.sha256(b"\0" + DOCUMENT + at + hashlib.sha256(bytes(16) + b"1").digest()).digest()
    pair = (EMPTY, leaf) if at[0] >> 7 else (leaf, EMPTY)
    root = hashlib.sha256(b"\x02" + AAD + hashlib.sha256(b"\x01" + pair[0] + pair[1]).digest()).digest()
    with pytest.raises(ProofRefused):
        Presence("/a", 1, bytes(16), (EMPTY,)).verify(TreeRoot(DOCUMENT, AAD, root))


def test_a_carried_value_is_proved_equal_without_being_shown() -> None:
    first = tree_of({"/number": "INV-7", "/total": "100.00"})
    other = FieldTree(
        bytes_named("certificate"), b"other", Salts(bytes_named("seed 2"), {"/invoice": first.salts.of("/number")}),
        [("/invoice", "INV-7"), ("/x", 1)],
    )  # fmt: skip
    proof = first.prove_equal("/number", other, "/invoice")
    proof.verify(first.commitment, other.commitment)
    assert Equality.from_json(proof.to_json()) == proof
    assert "INV-7" not in str(proof.to_json())
    with pytest.raises(ProofRefused):
        proof.verify(other.commitment, first.commitment)
    with pytest.raises(ProofRefused):
        first.prove_equal("/total", other, "/x")


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"path": "/a", "value": 1, "salt": "00" * 16},
        {"path": "/a", "value": 1, "salt": "00" * 16, "siblings": [], "more": 1},
        {"path": "/a", "value": 1, "salt": "00" * 15, "siblings": []},
        {"path": "/a", "value": 1, "salt": "AA" * 16, "siblings": []},
        {"path": 7, "value": 1, "salt": "00" * 16, "siblings": []},
        {"path": "/a", "value": 1, "salt": "00" * 16, "siblings": ["00"]},
        {"path": "/a", "value": 1, "salt": "00" * 16, "siblings": ["00" * 32] * 257},
    ],
)
def test_a_proof_of_another_form_is_refused(data: Any) -> None:
    with pytest.raises(ProofRefused):
        Presence.from_json(data)


@pytest.mark.parametrize("value", [{"a": 1}, [1], 1.5, "e\u0301"])
def test_a_proof_of_something_that_is_no_leaf_is_refused(value: Any) -> None:
    with pytest.raises(ProofRefused):
        Presence("/a", value, bytes(16), ()).verify(tree_of({"/a": 1}).commitment)
