"""The whole content of a document: all datasets of its kind sealed together, version after version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portledger.domain.vault_errors import BlobMissing, ManifestRefused
from portledger.vault.canonical import encode, flatten
from portledger.vault.manifest import DatasetEntry, Manifest, Place, build
from portledger.vault.sealing import Opened, SealedDataset, open_dataset, seal_dataset

Carried = Mapping[str, Mapping[str, bytes]]
"""dataset -> path -> 16-byte salt, for values taken over from another document."""


@dataclass(frozen=True, slots=True)
class SealedContent:
    """manifest: goes to the gateway, its digest into the act; blobs: SHA-256 -> ciphertext, of the datasets sealed now;
    keys: dataset -> 32 bytes, secret, of the same; opened: every dataset."""

    manifest: Manifest
    keys: Mapping[str, bytes] = field(repr=False)
    blobs: Mapping[bytes, bytes] = field(repr=False)
    opened: Mapping[str, Opened] = field(repr=False)


def seal_content(
    place: Place, datasets: Sequence[str], values: Mapping[str, Any], carried: Carried | None = None
) -> SealedContent:
    """Version 1 of a document. datasets: the kind's, in its order; one without a value is sealed as `{}`.

    Raises ManifestRefused (a value for a dataset the kind does not have), NotCanonical.
    """
    _check_names(datasets, values)
    sealed = [_seal(place, name, 1, values, carried) for name in datasets]
    return _content(build(place, 1, (one.entry for one in sealed)), sealed, {})


def carry(values: Mapping[str, Any], source: Mapping[str, Opened]) -> dict[str, dict[str, bytes]]:
    """The salts to take over from another document: of each leaf that stands there with the same value, in the dataset
    and at the path of the same name. With them, equality can be proven later without showing the value."""
    found: dict[str, dict[str, bytes]] = {}
    for name, value in values.items():
        if name in source:
            there = dict(flatten(source[name].value))
            found[name] = {
                path: source[name].salt(path)
                for path, leaf in flatten(value)
                if path in there and encode(there[path]) == encode(leaf)
            }
    return found


def seal_next(
    previous: Manifest, opened: Mapping[str, Opened], values: Mapping[str, Any], carried: Carried | None = None
) -> SealedContent:
    """The next version. A dataset whose value is unchanged keeps its entry, key and grants; a changed one gets a fresh
    key, nonce and seed, and its readers need new grants.

    opened: the previous version's datasets (all of them); values: every dataset's value now.
    Raises ManifestRefused, NotCanonical.
    """
    _check_names(previous.names(), values)
    version = previous.version + 1
    entries: list[DatasetEntry] = []
    sealed: list[SealedDataset] = []
    kept: dict[str, Opened] = {}
    for entry in previous.datasets:
        before = opened.get(entry.name)
        if before is None:
            raise ManifestRefused(f"dataset {entry.name}", "not opened", "every dataset of the previous version")
        if encode(values.get(entry.name, {})) == encode(before.value) and not (carried or {}).get(entry.name):
            entries.append(entry)
            kept[entry.name] = before
        else:
            sealed.append(_seal(previous.place, entry.name, version, values, carried))
            entries.append(sealed[-1].entry)
    return _content(build(previous.place, version, entries), sealed, kept)


def open_content(manifest: Manifest, keys: Mapping[str, bytes], blobs: Mapping[bytes, bytes]) -> dict[str, Opened]:
    """Opens the datasets for which there is a key. blobs: SHA-256 -> ciphertext. Raises BlobMissing and whatever
    `open_dataset` raises."""
    opened = {}
    for name, key in keys.items():
        entry = manifest.entry(name)
        if entry.ciphertext_sha256 not in blobs:
            raise BlobMissing(name, "no such blob", entry.ciphertext_sha256.hex())
        opened[name] = open_dataset(manifest.place, entry, key, blobs[entry.ciphertext_sha256])
    return opened


def _seal(place: Place, name: str, version: int, values: Mapping[str, Any], carried: Carried | None) -> SealedDataset:
    return seal_dataset(place, name, version, values.get(name, {}), (carried or {}).get(name))


def _content(manifest: Manifest, sealed: Sequence[SealedDataset], kept: Mapping[str, Opened]) -> SealedContent:
    opened = {**kept, **{one.entry.name: one.opened for one in sealed}}
    return SealedContent(
        manifest,
        {one.entry.name: one.key for one in sealed},
        {one.entry.ciphertext_sha256: one.ciphertext for one in sealed},
        {name: opened[name] for name in manifest.names()},
    )


def _check_names(datasets: Sequence[str], values: Mapping[str, Any]) -> None:
    strangers = [name for name in values if name not in datasets]
    if strangers:
        raise ManifestRefused(f"dataset {strangers[0]}", "unknown to the kind", ", ".join(datasets))
