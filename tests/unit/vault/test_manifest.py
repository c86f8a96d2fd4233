"""The manifest: one form, one digest, versions."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.support.vault import NAMES, VALUES, bytes_named, place, sealed

from portledger.domain.hashing import json_digest
from portledger.domain.vault_errors import BlobMissing, ManifestRefused, NotCanonical
from portledger.vault.contents import open_content, seal_content, seal_next
from portledger.vault.manifest import Place, build, load, parse


def test_a_manifest_comes_back_from_its_bytes_with_the_same_digest() -> None:
    manifest = sealed().manifest
    assert load(manifest.encode()) == manifest
    assert parse(json.loads(manifest.encode())) == manifest
    assert manifest.digest() == json_digest(manifest.members())


def test_a_content_opens_whole_or_as_far_as_there_are_keys() -> None:
    content = sealed()
    opened = open_content(content.manifest, content.keys, content.blobs)
    assert {name: one.value for name, one in opened.items()} == VALUES
    assert list(open_content(content.manifest, {"cargo": content.keys["cargo"]}, content.blobs)) == ["cargo"]
    with pytest.raises(BlobMissing):
        open_content(content.manifest, content.keys, {})


def test_a_dataset_that_the_kind_does_not_have_is_refused() -> None:
    with pytest.raises(ManifestRefused):
        seal_content(place(), NAMES, {"freight": {}})
    with pytest.raises(ManifestRefused):
        sealed().manifest.entry("freight")


def change(path: str, value: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(sealed().manifest.encode())
    at: Any = data
    *steps, last = path.split("/")
    for step in steps:
        at = at[int(step) if step.isdigit() else step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("more", 1),
        ("version", None),
        ("version", 0),
        ("version", 65_536),
        ("version", "1"),
        ("version", True),
        ("chainId", 0),
        ("kind", 65_536),
        ("ledger", "0x" + "AB" * 20),
        ("ledger", "ab" * 20),
        ("document", "0x" + "ab" * 32),
        ("document", "ab" * 31),
        ("datasets", []),
        ("datasets", {}),
        ("datasets", [[]]),
        ("datasets/0/more", 1),
        ("datasets/0/root", None),
        ("datasets/0/root", "AB" * 32),
        ("datasets/0/nonce", "00" * 11),
        ("datasets/0/size", 0),
        ("datasets/0/size", 1.5),
        ("datasets/0/sealedVersion", 2),
        ("datasets/0/name", "cargo"),
        ("datasets/0/name", ""),
        ("datasets/0/name", "名"),
    ],
)
def test_a_manifest_of_another_form_is_refused(path: str, value: Any) -> None:
    with pytest.raises(ManifestRefused):
        parse(change(path, value))


@pytest.mark.parametrize("text", [b"[]", b"{", b'{"a": 1}'])
def test_bytes_that_are_no_canonical_manifest_are_refused(text: bytes) -> None:
    with pytest.raises(ManifestRefused):
        load(text)
    with pytest.raises(ManifestRefused):
        load(sealed().manifest.encode() + b"\n")


def test_the_datasets_must_be_the_kinds_in_its_order_empty_ones_too() -> None:
    manifest = sealed({}).manifest
    manifest.check_datasets(NAMES)
    for names in (NAMES[:2], [*NAMES, "freight"], NAMES[::-1], []):
        with pytest.raises(ManifestRefused):
            manifest.check_datasets(names)


def test_a_manifest_of_another_document_or_digest_is_refused() -> None:
    manifest = sealed().manifest
    manifest.check_place(place(), 1)
    manifest.check_content(manifest.digest())
    with pytest.raises(ManifestRefused):
        manifest.check_place(place("other"))
    with pytest.raises(ManifestRefused):
        manifest.check_place(place(), 2)
    with pytest.raises(ManifestRefused):
        manifest.check_content(bytes(32))
    with pytest.raises(ManifestRefused):
        Place(1, bytes(19), bytes(32), 1)


def test_the_next_version_keeps_unchanged_entries_and_seals_changed_ones_for_itself() -> None:
    first = sealed()
    second = seal_next(first.manifest, first.opened, {**VALUES, "cargo": {"items": ["less"]}})
    third = seal_next(second.manifest, second.opened, {**VALUES, "cargo": {"items": ["less"]}, "header": {}})
    third.manifest.check_successor_of(second.manifest)
    second.manifest.check_successor_of(first.manifest)
    assert [entry.sealed_version for entry in third.manifest.datasets] == [3, 1, 2]
    assert third.manifest.entry("cargo") == second.manifest.entry("cargo")
    assert list(third.blobs) == [third.manifest.entry("header").ciphertext_sha256]
    assert {name: one.value for name, one in third.opened.items()}["cargo"] == {"items": ["less"]}
    with pytest.raises(ManifestRefused):
        third.manifest.check_successor_of(first.manifest)


def test_a_changed_dataset_under_an_old_sealed_version_is_refused() -> None:
    first = sealed()
    entries = list(first.manifest.datasets)
    entries[0] = replace(entries[0], root=bytes_named("other"))
    with pytest.raises(ManifestRefused):
        build(place(), 2, entries).check_successor_of(first.manifest)


def test_the_next_version_wants_every_dataset_opened_and_strict_values() -> None:
    first = sealed()
    with pytest.raises(ManifestRefused):
        seal_next(first.manifest, {}, VALUES)
    with pytest.raises(NotCanonical):
        seal_next(first.manifest, first.opened, {**VALUES, "cargo": {"kg": 1.5}})
