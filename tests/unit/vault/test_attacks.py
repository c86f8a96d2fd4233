"""The attacks on sealed contents and references of docs/protocol §13: each must fail."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.support.vault import NAMES, VALUES, bytes_named, grant, place, reader, sealed

from portledger.domain.hashing import json_digest, sha256
from portledger.domain.vault_errors import (
    DetailRefused,
    GrantRefused,
    InspectionRefused,
    KeyCommitmentMismatch,
    NotCanonical,
    ProofRefused,
    ReferenceRefused,
    RootMismatch,
)
from portledger.vault.canonical import decode, encode, flatten
from portledger.vault.contents import open_content, seal_content, seal_next
from portledger.vault.details import detail_digest, make_detail
from portledger.vault.field_tree import (
    FieldTree,
    Presence,
    Salts,
    leaf_hash,
    node_hash,
    position,
    root_hash,
    value_hash,
)
from portledger.vault.grants import Grant, grant_info, make_grant, open_grant, seal_to
from portledger.vault.inspection import Inspection
from portledger.vault.keys import generate
from portledger.vault.manifest import DatasetEntry, build
from portledger.vault.padding import pad
from portledger.vault.references import ReferenceKey, ReferencePublicKey, filing_reference
from portledger.vault.sealing import key_commitment, open_dataset, seal_dataset

ISSUER_KEY = ReferenceKey.generate()
"""One for all tests here: making one takes half a second."""


def test_E1_a_number_cannot_be_guessed_from_its_reference() -> None:
    number, family, party = "MAEU1234567", 1, 7
    reference = ISSUER_KEY.reference(family, party, number)
    guesses = [number.encode(), f"portledger/reference/1|{family}|{party}|{number}".encode()]
    assert reference not in {sha256(guess) for guess in guesses}
    assert reference != json_digest({"family": family, "party": party, "number": number})
    # Whoever is shown the signature can check it; another key gives the same number another reference.
    ISSUER_KEY.public.verify(family, party, number, ISSUER_KEY.sign(family, party, number), reference)
    assert ReferenceKey.generate().reference(family, party, number) != reference


def test_E1_a_filing_number_is_hidden_by_its_salt() -> None:
    first, second = (filing_reference(os.urandom(16), 3, 7, "SI-1") for _ in range(2))
    assert first != second
    with pytest.raises(ReferenceRefused):
        filing_reference(b"", 3, 7, "SI-1")


def test_E2_two_equal_details_have_different_digests_and_none_goes_without_salt() -> None:
    first, second = (make_detail({"reason": "01"}) for _ in range(2))
    assert detail_digest(first) != detail_digest(second)
    without = {name: value for name, value in first.items() if name != "salt"}
    for bad in (without, {**first, "salt": "00"}, {**first, "salt": "00" * 15}, {**first, "schema": "other"}):
        with pytest.raises(DetailRefused):
            detail_digest(bad)


def test_E3_the_clear_manifest_holds_no_hash_of_the_content_alone() -> None:
    values = {**VALUES, "header": {**VALUES["header"], "checksum": sha256(encode(VALUES)).hex()}}
    clear = sealed(values).manifest.encode().decode()
    assert values["header"]["checksum"] not in clear
    for value in (values, *values.values()):
        assert sha256(encode(value)).hex() not in clear
    again = sealed(values).manifest
    first = {entry.root for entry in sealed(values).manifest.datasets}
    assert first.isdisjoint(entry.root for entry in again.datasets)


def test_E4_two_ids_of_one_organisation_share_no_key_and_the_manifest_names_no_party() -> None:
    desks = [generate(3, party=party) for party in (11, 12)]
    assert set(desks[0].addresses()).isdisjoint(desks[1].addresses())
    assert desks[0].encryption[0].digest != desks[1].encryption[0].digest
    assert set(sealed().manifest.members()) == {"chainId", "ledger", "document", "kind", "version", "datasets"}


def test_E5_an_empty_dataset_is_listed_and_looks_like_a_small_one() -> None:
    content = seal_content(place(), NAMES, {"header": {"a": "short"}, "parties": {"name": "somewhat longer"}})
    assert content.manifest.names() == NAMES
    assert len({entry.size for entry in content.manifest.datasets}) == 1
    sizes = {seal_dataset(place(), "cargo", 1, {"text": "x" * length}).entry.size for length in range(3000, 3040)}
    assert len(sizes) <= 2


def _ghash(key: int, blocks: list[int]) -> int:
    state = 0
    for block in blocks:
        state, product, factor = state ^ block, 0, key
        for bit in range(127, -1, -1):
            if state >> bit & 1:
                product ^= factor
            factor = factor >> 1 ^ (0xE1 << 120 if factor & 1 else 0)
        state = product
    return state


def _block(key: bytes, data: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(data)


def _tag(key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes) -> int:
    """AES-GCM's tag (NIST SP 800-38D §7.1) without the library, so that it can be solved for."""
    lengths = (8 * len(aad)).to_bytes(8, "big") + (8 * len(ciphertext)).to_bytes(8, "big")
    text = aad + bytes(-len(aad) % 16) + ciphertext + bytes(-len(ciphertext) % 16) + lengths
    blocks = [int.from_bytes(text[start : start + 16], "big") for start in range(0, len(text), 16)]
    mask = int.from_bytes(_block(key, nonce + b"\0\0\0\1"), "big")
    return _ghash(int.from_bytes(_block(key, bytes(16)), "big"), blocks) ^ mask


def _opens_under_both(keys: tuple[bytes, bytes], nonce: bytes, aad: bytes, plain: bytes, free: list[int]) -> bytes:
    """Ciphertext and tag that AES-GCM opens under both keys; under the first to `plain` but for some low bits.

    The two tags' difference is linear in the ciphertext; the four low bits of the bytes at `free` are its unknowns.
    """
    stream = Cipher(algorithms.AES(keys[0]), modes.CTR(nonce + b"\0\0\0\2")).encryptor()
    text = bytearray(stream.update(plain))

    def difference() -> int:
        return _tag(keys[0], nonce, aad, bytes(text)) ^ _tag(keys[1], nonce, aad, bytes(text))

    wanted = difference()
    rows: dict[int, tuple[int, int]] = {}
    unknowns = [(index, 1 << bit) for index in free for bit in range(4)]
    for number, (index, bit) in enumerate(unknowns):
        text[index] ^= bit
        column, chosen = difference() ^ wanted, 1 << number
        text[index] ^= bit
        while column:
            top = column.bit_length()
            if top not in rows:
                rows[top] = (column, chosen)
                break
            column, chosen = column ^ rows[top][0], chosen ^ rows[top][1]
    solution = 0
    while wanted:
        column, chosen = rows[wanted.bit_length()]
        wanted, solution = wanted ^ column, solution ^ chosen
    for number, (index, bit) in enumerate(unknowns):
        if solution >> number & 1:
            text[index] ^= bit
    return bytes(text) + _tag(keys[0], nonce, aad, bytes(text)).to_bytes(16, "big")


def test_G1_a_ciphertext_that_opens_under_two_keys_opens_only_under_the_committed_one() -> None:
    at = place()
    aad, nonce = at.aad("cargo", 1), bytes_named("nonce", 12)
    keys = (bytes_named("key 1"), bytes_named("key 2"))
    seed, marks = bytes_named("seed"), "`" * 40
    plain = pad(encode({"carried": {}, "seed": seed.hex(), "value": {"consignee": "B", "marks": marks}}))
    start = plain.index(marks.encode())
    both = _opens_under_both(keys, nonce, aad, plain, list(range(start, start + len(marks))))
    # The attack is real: AES-GCM itself accepts the same bytes, nonce and associated data under either key.
    first, second = (AESGCM(key).decrypt(nonce, both, aad) for key in keys)
    assert first != second
    value = decode(first.rstrip(b"\0"))["value"]
    assert value["consignee"] == "B"

    root = FieldTree.of(at.document, aad, Salts(seed), value).root
    entry = DatasetEntry("cargo", 1, nonce, len(both), sha256(both), key_commitment(keys[0], aad), root)
    assert open_dataset(at, entry, keys[0], both).value == value
    with pytest.raises(KeyCommitmentMismatch):
        open_dataset(at, entry, keys[1], both)
    # Were the second key the committed one, its bytes still have to be the canonical form under the same root.
    with pytest.raises(NotCanonical):
        open_dataset(at, replace(entry, key_commitment=key_commitment(keys[1], aad)), keys[1], both)
    # And nobody can grant it: the grant's key is compared with the manifest's commitment.
    manifest = build(at, 1, [entry])
    to = reader(5)
    with pytest.raises(KeyCommitmentMismatch):
        make_grant(manifest, "cargo", keys[1], to.party, to.key.public, to.key.digest)


def test_G1_other_content_under_the_committed_key_fails_the_root() -> None:
    one = seal_dataset(place(), "cargo", 1, {"consignee": "B"})
    aad = place().aad("cargo", 1)
    other = pad(encode({"carried": {}, "seed": one.opened.tree.salts.seed.hex(), "value": {"consignee": "C"}}))
    text = AESGCM(one.key).encrypt(one.entry.nonce, other, aad)
    with pytest.raises(RootMismatch):
        open_dataset(place(), replace(one.entry, ciphertext_sha256=sha256(text), size=len(text)), one.key, text)


def test_G2_one_path_cannot_have_two_values_under_one_root() -> None:
    document, aad = bytes_named("document"), b"{}"
    salts = {name: bytes_named(name, 16) for name in "BC"}
    leaves = {v: leaf_hash(document, position("/consignee"), value_hash(salts[v], v)) for v in "BC"}
    # The issuer chooses the order, as in RFC 9162's tree: both leaves side by side, under one root.
    for pair in (("B", "C"), ("C", "B")):
        root = root_hash(aad, node_hash(leaves[pair[0]], leaves[pair[1]]))
        commitment = replace(FieldTree(document, aad, Salts(bytes(32)), []).commitment, root=root)
        verified = []
        for mine, other in (pair, pair[::-1]):
            try:
                Presence("/consignee", mine, salts[mine], (leaves[other],)).verify(commitment)
                verified.append(mine)
            except ProofRefused:
                pass
        # The position is the path's hash, so at most one of the two places is the path's own.
        assert len(verified) == 1


def test_G2_a_value_with_a_field_twice_cannot_be_sealed_or_opened() -> None:
    with pytest.raises(NotCanonical):
        decode(b'{"consignee":"B","consignee":"C"}')


def test_G3_a_key_that_the_gateway_names_but_the_ledger_does_not_hold_gets_no_grant() -> None:
    content, b, gateway = sealed(), reader(5), reader(99)
    with pytest.raises(GrantRefused):
        make_grant(content.manifest, "cargo", content.keys["cargo"], b.party, gateway.key.public, b.key.digest)
    make_grant(content.manifest, "cargo", content.keys["cargo"], b.party, b.key.public, b.key.digest)


def test_G4_an_inspection_is_made_by_inspecting_only() -> None:
    content = sealed()
    with pytest.raises(InspectionRefused):
        Inspection(place(), bytes(32), bytes(32), content.manifest, 5, content.opened, object())
    with pytest.raises(TypeError):
        Inspection(place(), bytes(32), bytes(32), content.manifest, 5, content.opened)  # type: ignore[call-arg]


def test_G5_an_unchanged_dataset_keeps_key_and_grants_and_a_changed_one_gets_new_ones() -> None:
    content, to = sealed(), reader(5)
    grants = {name: grant(content, name, to) for name in NAMES}
    changed = {**VALUES, "cargo": {"items": []}}
    after = seal_next(content.manifest, content.opened, changed)
    assert list(after.keys) == ["cargo"]
    for name in ("header", "parties"):
        assert after.manifest.entry(name) == content.manifest.entry(name)
        assert open_grant(after.manifest, grants[name], 5, to.key) == content.keys[name]
    assert after.manifest.entry("cargo").sealed_version == 2
    with pytest.raises(GrantRefused):
        open_grant(after.manifest, grants["cargo"], 5, to.key)
    with pytest.raises(KeyCommitmentMismatch):
        open_content(after.manifest, {"cargo": content.keys["cargo"]}, after.blobs)


def test_G6_a_grant_serves_one_ledger_document_dataset_version_and_recipient_only() -> None:
    content, to = sealed(), reader(5)
    one = grant(content, "cargo", to)
    assert open_grant(content.manifest, one, 5, to.key) == content.keys["cargo"]
    entry = content.manifest.entry("cargo")
    twins = [
        replace(content.manifest, place=replace(content.manifest.place, **change))
        for change in ({"chain_id": 1}, {"ledger": bytes(20)}, {"document": bytes(32)}, {"kind": 0x0102})
    ]
    twins.append(replace(content.manifest, datasets=(replace(entry, key_commitment=bytes(32)),)))
    for twin in twins:
        with pytest.raises(GrantRefused):
            open_grant(twin, one, 5, to.key)
    for moved in (replace(one, dataset="header"), replace(one, recipient=6), replace(one, sealed_version=2)):
        with pytest.raises(GrantRefused):
            open_grant(content.manifest, moved, moved.recipient, to.key)
    with pytest.raises(GrantRefused):
        open_grant(content.manifest, one, 6, to.key)
    with pytest.raises(GrantRefused):
        open_grant(content.manifest, one, 5, reader(6).key)


def test_G6_a_grant_of_another_key_fails_the_commitment() -> None:
    content, to = sealed(), reader(5)
    info = grant_info(place(), content.manifest.entry("cargo"), 5)
    forged = Grant("cargo", 1, 5, seal_to(to.key.public, to.key.digest, bytes(32), info))
    with pytest.raises(KeyCommitmentMismatch):
        open_grant(content.manifest, forged, 5, to.key)


@pytest.mark.parametrize(
    "value",
    [
        {"number": 1e2},
        {"name": unicodedata.normalize("NFD", "Zürich")},
        {unicodedata.normalize("NFD", "größe"): 1},
        {"count": 2**53},
        {"list": {"0": "an object that looks like an array"}},
    ],
)
def test_G7_a_value_with_two_readings_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        seal_dataset(place(), "cargo", 1, value)


def test_G7_paths_with_slashes_and_tildes_stay_apart() -> None:
    value = {"a": {"b": 1}, "a/b": 2, "a~1b": 3, "~": {"~": 4}, "~0": 5, "none": {}, "list": []}
    leaves = flatten(value)
    assert len({path for path, _ in leaves}) == 7
    tree = FieldTree.of(bytes(32), b"", Salts(bytes(32)), value)
    for path, leaf in leaves:
        proof = tree.prove(path)
        assert proof.value == leaf
        proof.verify(tree.commitment)


def test_X15_a_malformed_reference_key_cannot_make_its_eight_proofs() -> None:
    public = ISSUER_KEY.public
    public.check()
    broken = [
        replace(public, n=public.n + 2),
        replace(public, n=public.n * 3),
        replace(public, n=3**1937),
        replace(public, proofs=public.proofs[:7]),
        replace(public, proofs=(public.proofs[1], *public.proofs[1:])),
        replace(public, proofs=(*public.proofs[:7], bytes(384))),
    ]
    for key in broken:
        with pytest.raises(ReferenceRefused):
            key.check()
    assert ReferencePublicKey.from_json(public.to_json()) == public


def test_X16_equal_carried_values_do_not_link_two_documents_for_strangers() -> None:
    salt = bytes_named("salt", 16)
    first, second = (
        FieldTree(bytes_named(name), b"", Salts(bytes(32), {"/a": salt}), [("/a", "v")]) for name in ("one", "two")
    )
    assert value_hash(first.salts.of("/a"), "v") == value_hash(second.salts.of("/a"), "v")
    assert first.root != second.root
    assert first._hashes != second._hashes
