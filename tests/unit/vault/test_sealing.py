"""Sealing and opening of datasets."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.vault import bytes_named, place
from tests.unit.vault.test_canonical import values

from portledger.domain.hashing import sha256
from portledger.domain.vault_errors import (
    CiphertextMismatch,
    KeyCommitmentMismatch,
    NotCanonical,
    PaddingRefused,
    RootMismatch,
    VaultError,
    WrongKey,
)
from portledger.vault import sealing, streaming
from portledger.vault.field_tree import FieldTree, Salts
from portledger.vault.manifest import DatasetEntry
from portledger.vault.padding import FLOOR, pad, padded_length, unpad
from portledger.vault.sealing import key_commitment, open_dataset, seal_dataset

PLACE = place()


def entry_of(plaintext: bytes, root: bytes, key: bytes) -> tuple[DatasetEntry, bytes]:
    """A dataset sealed by somebody who keeps no rule but the outer ones."""
    aad = PLACE.aad("cargo", 1)
    ciphertext = AESGCM(key).encrypt(bytes(12), plaintext, aad)
    entry = DatasetEntry("cargo", 1, bytes(12), len(ciphertext), sha256(ciphertext), key_commitment(key, aad), root)
    return entry, ciphertext


@given(values)
@settings(max_examples=30, deadline=None)
def test_what_was_sealed_opens_equal(value: Any) -> None:
    one = seal_dataset(PLACE, "cargo", 1, value)
    opened = open_dataset(PLACE, one.entry, one.key, one.ciphertext)
    assert opened.value == value
    assert opened.tree.root == one.entry.root
    assert one.entry.size == len(one.ciphertext) == padded_length(one.entry.size - 16) + 16


def test_two_sealings_of_one_value_share_nothing() -> None:
    first, second = (seal_dataset(PLACE, "cargo", 1, {"a": 1}) for _ in range(2))
    for name in ("nonce", "ciphertext_sha256", "key_commitment", "root"):
        assert getattr(first.entry, name) != getattr(second.entry, name)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_a_ciphertext_with_any_bit_changed_is_refused(data: st.DataObject) -> None:
    one = seal_dataset(PLACE, "cargo", 1, {"a": "x" * 50})
    changed = bytearray(one.ciphertext)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CiphertextMismatch):
        open_dataset(PLACE, one.entry, one.key, bytes(changed))
    lying = replace(one.entry, ciphertext_sha256=sha256(bytes(changed)))
    with pytest.raises(CiphertextMismatch):
        open_dataset(PLACE, lying, one.key, bytes(changed))


def test_another_key_fails_the_commitment_before_anything_is_decrypted() -> None:
    one = seal_dataset(PLACE, "cargo", 1, {"a": 1})
    with pytest.raises(KeyCommitmentMismatch):
        open_dataset(PLACE, one.entry, bytes(32), b"not even looked at")
    with pytest.raises(WrongKey):
        open_dataset(PLACE, one.entry, one.key[:16], one.ciphertext)


def test_a_dataset_does_not_open_in_another_place() -> None:
    one = seal_dataset(PLACE, "cargo", 1, {"a": 1})
    others = (
        replace(PLACE, chain_id=1),
        replace(PLACE, ledger=bytes(20)),
        replace(PLACE, document=bytes(32)),
        replace(PLACE, kind=0x0102),
    )
    for other in others:
        with pytest.raises(KeyCommitmentMismatch):
            open_dataset(other, one.entry, one.key, one.ciphertext)
    for entry in (replace(one.entry, name="header"), replace(one.entry, sealed_version=2)):
        with pytest.raises(KeyCommitmentMismatch):
            open_dataset(PLACE, entry, one.key, one.ciphertext)


def test_a_wrong_root_is_refused() -> None:
    one = seal_dataset(PLACE, "cargo", 1, {"a": 1})
    with pytest.raises(RootMismatch):
        open_dataset(PLACE, replace(one.entry, root=bytes(32)), one.key, one.ciphertext)


def test_a_carried_salt_comes_back_and_stays() -> None:
    first = seal_dataset(PLACE, "cargo", 1, {"a": "v", "b": 2})
    second = seal_dataset(place("other"), "items", 1, {"x": "v"}, {"/x": first.opened.salt("/a")})
    opened = open_dataset(place("other"), second.entry, second.key, second.ciphertext)
    assert opened.salt("/x") == first.opened.salt("/a")
    assert dict(opened.carried) == {"/x": first.opened.salt("/a")}
    first.opened.tree.prove_equal("/a", opened.tree, "/x").verify(first.opened.tree.commitment, opened.tree.commitment)


def test_a_carried_salt_without_a_field_or_of_another_length_is_refused() -> None:
    with pytest.raises(NotCanonical):
        seal_dataset(PLACE, "cargo", 1, {"a": 1}, {"/b": bytes(16)})
    with pytest.raises(NotCanonical):
        seal_dataset(PLACE, "cargo", 1, {"a": 1}, {"/a": bytes(15)})


GOOD = b'{"carried":{},"seed":"' + b"00" * 32 + b'","value":{"a":1}}'


@pytest.mark.parametrize(
    ("plaintext", "error"),
    [
        (pad(GOOD.replace(b'"carried":{}', b'"carried":{"/b":"' + b"00" * 16 + b'"}')), NotCanonical),
        (pad(GOOD.replace(b'"carried":{}', b'"carried":[]')), NotCanonical),
        (pad(GOOD.replace(b'{"a":1}', b'{"a":1,"a":1}')), NotCanonical),
        (pad(GOOD.replace(b'{"a":1}', b'{"a": 1}')), NotCanonical),
        (pad(GOOD.replace(b"00" * 32, b"00" * 31)), NotCanonical),
        (pad(GOOD.replace(b'"seed"', b'"seet"')), NotCanonical),
        (pad(GOOD[:-1] + b',"zmore":1}'), NotCanonical),
        (GOOD, PaddingRefused),
        (pad(GOOD) + bytes(8), PaddingRefused),
        (pad(GOOD)[:-1] + b"\x01", NotCanonical),
        (pad(GOOD + b" "), NotCanonical),
        (bytes(256), NotCanonical),
    ],
)
def test_every_byte_of_the_plaintext_counts(plaintext: bytes, error: type[VaultError]) -> None:
    tree = FieldTree.of(PLACE.document, PLACE.aad("cargo", 1), Salts(bytes(32)), {"a": 1})
    key = bytes_named("key")
    entry, ciphertext = entry_of(pad(GOOD), tree.root, key)
    assert open_dataset(PLACE, entry, key, ciphertext).value == {"a": 1}
    entry, ciphertext = entry_of(plaintext, tree.root, key)
    with pytest.raises(error):
        open_dataset(PLACE, entry, key, ciphertext)


def test_padded_lengths_are_those_of_padme() -> None:
    known = {0: FLOOR, 256: 256, 257: 272, 1000: 1024, 1025: 1088, 65_537: 67_584, 100_000_000: 100_663_296}
    assert {length: padded_length(length) for length in known} == known
    for length in range(300, 5000, 7):
        assert length <= padded_length(length) <= length * 1.12
        assert padded_length(padded_length(length)) == padded_length(length)


@given(st.binary(max_size=600).map(lambda text: text + b"}"))
def test_padding_comes_off_as_it_went_on(text: bytes) -> None:
    assert unpad(pad(text)) == text


def test_a_great_dataset_is_sealed_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "WHOLE_LIMIT", 1000)
    monkeypatch.setattr(streaming, "CHUNK", 512)
    value = {"a": ["some text that repeats"] * 200}
    one = seal_dataset(PLACE, "cargo", 1, value)
    assert one.entry.nonce[7:] == bytes(5)
    assert one.entry.size == streaming.sealed_length(padded_length_of(one.entry.size))
    assert open_dataset(PLACE, one.entry, one.key, one.ciphertext).value == value
    swapped = one.ciphertext[528:1056] + one.ciphertext[:528] + one.ciphertext[1056:]
    for wrong in (swapped, one.ciphertext[:-1], one.ciphertext[: 528 * 3], one.ciphertext + one.ciphertext[:528]):
        lying = replace(one.entry, ciphertext_sha256=sha256(wrong), size=len(wrong))
        with pytest.raises(CiphertextMismatch):
            open_dataset(PLACE, lying, one.key, wrong)
    with pytest.raises(CiphertextMismatch):
        open_dataset(PLACE, replace(one.entry, nonce=bytes_named("n", 12)), one.key, one.ciphertext)


def padded_length_of(sealed: int) -> int:
    return sealed - 16 * -(-sealed // 528)
