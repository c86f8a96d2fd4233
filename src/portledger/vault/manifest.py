"""The manifest: what the digest on the ledger covers (docs/protocol §8).

It lists, in clear, per dataset the digest of the ciphertext, a commitment to its key and the root of its field tree, so
that a gateway can prove what it stores is intact without reading it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portledger.domain.hashing import sha256
from portledger.domain.vault_errors import ManifestRefused, NotCanonical
from portledger.vault.canonical import MAX_INTEGER, decode_canonical, encode
from portledger.vault.field_tree import TreeRoot
from portledger.vault.wire import address_of, bytes_of_hex, integer_of, text_of, with_members

NONCE_LENGTH: Final = 12
MAX_KIND: Final = 0xFFFF
MAX_VERSION: Final = 65_535


@dataclass(frozen=True, slots=True)
class Place:
    """Which document, of which kind, on which ledger. ledger: 20 bytes; document: 32 bytes."""

    chain_id: int
    ledger: bytes
    document: bytes
    kind: int

    def __post_init__(self) -> None:
        if len(self.ledger) != 20 or len(self.document) != 32:
            raise ManifestRefused("place", "another length", "ledger of 20 bytes, document of 32 bytes")

    def members(self) -> dict[str, Any]:
        """As the manifest, the associated data and the grants spell it."""
        return {
            "chainId": self.chain_id,
            "ledger": "0x" + self.ledger.hex(),
            "document": self.document.hex(),
            "kind": self.kind,
        }

    def dataset_members(self, dataset: str, sealed_version: int) -> dict[str, Any]:
        return {**self.members(), "dataset": dataset, "sealedVersion": sealed_version}

    def aad(self, dataset: str, sealed_version: int) -> bytes:
        """JCS{chainId, ledger, document, kind, dataset, sealedVersion}."""
        return encode(self.dataset_members(dataset, sealed_version))


@dataclass(frozen=True, slots=True)
class DatasetEntry:
    """One sealed dataset. nonce: 12 bytes; size: bytes of the ciphertext; the other three: 32 bytes."""

    name: str
    sealed_version: int
    nonce: bytes
    size: int
    ciphertext_sha256: bytes
    key_commitment: bytes
    root: bytes

    def members(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "sealedVersion": self.sealed_version,
            "nonce": self.nonce.hex(),
            "size": self.size,
            "ciphertextSha256": self.ciphertext_sha256.hex(),
            "keyCommitment": self.key_commitment.hex(),
            "root": self.root.hex(),
        }


_ENTRY_NAMES: Final = frozenset(("name", "sealedVersion", "nonce", "size", "ciphertextSha256", "keyCommitment", "root"))
_NAMES: Final = frozenset(("chainId", "ledger", "document", "kind", "version", "datasets"))


@dataclass(frozen=True, slots=True)
class Manifest:
    """version: counts from 1 with each act that writes content; datasets in the kind's order."""

    place: Place
    version: int
    datasets: tuple[DatasetEntry, ...]

    def members(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            **self.place.members(),
            "version": self.version,
            "datasets": [entry.members() for entry in self.datasets],
        }

    def encode(self) -> bytes:
        """The JCS bytes."""
        return encode(self.members())

    def digest(self) -> bytes:
        """SHA-256 of the JCS bytes: the `content` of the act that writes it."""
        return sha256(self.encode())

    def names(self) -> list[str]:
        return [entry.name for entry in self.datasets]

    def entry(self, name: str) -> DatasetEntry:
        """Raises ManifestRefused where no dataset has the name."""
        for entry in self.datasets:
            if entry.name == name:
                return entry
        raise ManifestRefused(f"dataset {name}", "no such dataset", ", ".join(self.names()))

    def aad(self, name: str) -> bytes:
        return self.place.aad(name, self.entry(name).sealed_version)

    def tree(self, name: str) -> TreeRoot:
        """What proofs of the dataset's fields are verified against."""
        entry = self.entry(name)
        return TreeRoot(self.place.document, self.aad(name), entry.root)

    def blobs(self) -> list[bytes]:
        """SHA-256 of every ciphertext that must be stored for this manifest."""
        return [entry.ciphertext_sha256 for entry in self.datasets]

    def check_datasets(self, names: Sequence[str]) -> None:
        """Raises ManifestRefused unless exactly the kind's datasets are listed, in the kind's order; empty ones too."""
        if self.names() != list(names):
            raise ManifestRefused("datasets", ", ".join(self.names()) or "none", ", ".join(names))

    def check_place(self, place: Place, version: int | None = None) -> None:
        """Raises ManifestRefused unless the manifest names this document, ledger, kind (and version)."""
        if self.place != place:
            raise ManifestRefused("manifest", str(self.place.members()), str(place.members()))
        if version is not None and self.version != version:
            raise ManifestRefused("version", str(self.version), str(version))

    def check_content(self, content: bytes) -> None:
        """Raises ManifestRefused unless `content`, the digest on the ledger, is this manifest's."""
        if self.digest() != content:
            raise ManifestRefused(
                "manifest digest", self.digest().hex(), f"{content.hex()}, the ledger's content digest"
            )

    def check_successor_of(self, previous: Manifest) -> None:
        """Raises ManifestRefused unless this is the next version: same place, and per dataset either the same entry
        or a fresh one sealed for this very version (or an earlier entry that already was)."""
        self.check_place(previous.place, previous.version + 1)
        self.check_datasets(previous.names())
        for entry, before in zip(self.datasets, previous.datasets, strict=True):
            if entry != before and entry.sealed_version != self.version:
                raise ManifestRefused(
                    f"{entry.name}/sealedVersion", str(entry.sealed_version), f"the old entry, or {self.version}"
                )


def build(place: Place, version: int, datasets: Iterable[DatasetEntry]) -> Manifest:
    """A manifest of these sealed datasets, in the kind's order; checked like a parsed one. Raises ManifestRefused."""
    return parse(Manifest(place, version, tuple(datasets)).members())


def load(text: bytes) -> Manifest:
    """Parses JCS bytes: white space, another member order or duplicate members are refused."""
    try:
        return parse(decode_canonical(text))
    except NotCanonical as error:
        raise ManifestRefused("manifest", error.found, error.allowed) from error


def parse(data: Any) -> Manifest:
    """Parses the JSON form. Raises ManifestRefused: unknown or missing members, another spelling of a value."""
    members = with_members(data, _NAMES, "manifest", ManifestRefused)
    place = Place(
        integer_of(members["chainId"], 1, MAX_INTEGER, "chainId", ManifestRefused),
        address_of(members["ledger"], "ledger", ManifestRefused),
        bytes_of_hex(members["document"], 32, "document", ManifestRefused),
        integer_of(members["kind"], 1, MAX_KIND, "kind", ManifestRefused),
    )
    version = integer_of(members["version"], 1, MAX_VERSION, "version", ManifestRefused)
    rows = members["datasets"]
    if not isinstance(rows, list) or not rows:
        raise ManifestRefused("datasets", "no list, or an empty one", "the kind's datasets")
    entries = tuple(_entry(row, version, f"datasets/{index}") for index, row in enumerate(rows))
    names = [entry.name for entry in entries]
    if len(set(names)) != len(names):
        raise ManifestRefused("datasets", "a name twice", "each dataset once")
    return Manifest(place, version, entries)


def _entry(data: Any, version: int, where: str) -> DatasetEntry:
    members = with_members(data, _ENTRY_NAMES, where, ManifestRefused)
    name = text_of(members["name"], f"{where}/name", ManifestRefused)
    if not name or len(name) > 64 or not name.isascii():
        raise ManifestRefused(f"{where}/name", ascii(name)[:80], "1 to 64 ASCII characters")

    def digest(member: str) -> bytes:
        return bytes_of_hex(members[member], 32, f"{where}/{member}", ManifestRefused)

    return DatasetEntry(
        name,
        integer_of(members["sealedVersion"], 1, version, f"{where}/sealedVersion", ManifestRefused),
        bytes_of_hex(members["nonce"], NONCE_LENGTH, f"{where}/nonce", ManifestRefused),
        integer_of(members["size"], 1, MAX_INTEGER, f"{where}/size", ManifestRefused),
        digest("ciphertextSha256"),
        digest("keyCommitment"),
        digest("root"),
    )
