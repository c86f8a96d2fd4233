"""Opening what was granted: manifest, grants and sealed bytes from the gateway, every check of the vault on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from portledger.domain.errors import PortledgerError
from portledger.domain.hashing import sha256
from portledger.formats import api_json as wire
from portledger.sdk.client import Client
from portledger.sdk.errors import NoGrant
from portledger.vault import manifest as manifests
from portledger.vault.contents import open_content
from portledger.vault.grants import EncryptionKey, Grant, open_grant
from portledger.vault.manifest import Manifest
from portledger.vault.sealing import Opened


@dataclass(frozen=True, slots=True)
class OpenedDocument:
    """One version of a document as far as a party may read it.

    keys: dataset -> its content key, secret; opened: dataset -> value with tree; closed: datasets without a grant.
    """

    document: str
    kind: int
    manifest: Manifest
    keys: Mapping[str, bytes] = field(repr=False)
    opened: Mapping[str, Opened] = field(repr=False)

    @property
    def closed(self) -> list[str]:
        return [name for name in self.manifest.names() if name not in self.opened]

    def values(self) -> dict[str, Any]:
        """dataset -> its value, of those that are open, in the kind's order."""
        return {name: self.opened[name].value for name in self.manifest.names() if name in self.opened}

    def value(self, dataset: str) -> Any:
        """Raises NoGrant."""
        if dataset not in self.opened:
            raise NoGrant(f"no grant of dataset {dataset}", "a grant to this party")
        return self.opened[dataset].value


def fetch_manifest(client: Client, document: str, version: int | None = None) -> Manifest:
    """The manifest of a version (default: the newest), checked against its digest. Raises ManifestRefused."""
    answer = client.manifest(document, version)
    manifest = manifests.parse(answer.manifest)
    manifest.check_content(wire.digest(answer.content, "$.content"))
    return manifest


def vault_grants(grants: Iterable[wire.GrantJson]) -> list[Grant]:
    """The gateway's grants as the vault takes them."""
    return [
        Grant(item.dataset, item.sealed_version, item.recipient, wire.base64_bytes(item.sealed, "$.sealed"))
        for item in grants
    ]


def wire_grant(grant: Grant) -> wire.GrantJson:
    """A grant as the gateway takes it."""
    return wire.GrantJson(
        dataset=grant.dataset,
        sealed_version=grant.sealed_version,
        recipient=grant.recipient,
        sealed=wire.base64_text(grant.sealed),
    )


def content_keys(
    manifest: Manifest, grants: Iterable[wire.GrantJson], party: int, encryption: Iterable[EncryptionKey]
) -> dict[str, bytes]:
    """dataset -> key, from the grants that open under one of the party's keys and fit the manifest.

    A wrong grant is worth nothing and is passed over: anybody can make one (docs/protocol §13, G6).
    """
    found: dict[str, bytes] = {}
    private = list(encryption)
    known = {entry.name: entry.sealed_version for entry in manifest.datasets}
    for grant in vault_grants(grants):
        if grant.dataset in found or known.get(grant.dataset) != grant.sealed_version:
            continue
        for key in private:
            try:
                found[grant.dataset] = open_grant(manifest, grant, party, key)
                break
            except PortledgerError:
                continue
    return found


def open_document(
    client: Client,
    document: str,
    party: int,
    encryption: Iterable[EncryptionKey],
    *,
    version: int | None = None,
    only: Iterable[str] | None = None,
) -> OpenedDocument:
    """Opens every dataset that was granted (or `only` those named). Raises what the vault's checks raise."""
    manifest = fetch_manifest(client, document, version)
    keys = content_keys(manifest, client.grants(document), party, encryption)
    if only is not None:
        wanted = set(only)
        keys = {name: key for name, key in keys.items() if name in wanted}
    blobs = fetch_blobs(client, manifest, keys)
    return OpenedDocument(document, manifest.place.kind, manifest, keys, open_content(manifest, keys, blobs))


def fetch_blobs(client: Client, manifest: Manifest, datasets: Iterable[str]) -> dict[bytes, bytes]:
    """SHA-256 -> sealed bytes of the datasets."""
    blobs = {}
    for name in datasets:
        data = client.get_blob(manifest.entry(name).ciphertext_sha256.hex())
        blobs[sha256(data)] = data
    return blobs
