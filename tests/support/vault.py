"""Builders for the vault's tests: places, parties with encryption keys, sealed documents."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from portledger.vault.contents import SealedContent, seal_content
from portledger.vault.grants import EncryptionKey, Grant, Recipient, make_grant
from portledger.vault.manifest import Place

NAMES = ["header", "parties", "cargo"]
VALUES: dict[str, Any] = {
    "header": {"blNumber": "PLG0001", "issueDate": "2026-11-02", "copies": 3},
    "parties": {"shipper": {"name": "四日市商事"}, "consignee": {"name": "Harbour Goods Ltd"}},
    "cargo": {"items": [{"goods": "tea", "grossKg": "1200.5"}, {"goods": "rice", "grossKg": "800"}], "marks": []},
}


def bytes_named(name: str, length: int = 32) -> bytes:
    """Bytes that are always the same for a name."""
    return hashlib.shake_256(name.encode()).digest(length)


def place(document: str = "document", kind: int = 0x0101) -> Place:
    return Place(1337, bytes_named("ledger", 20), bytes_named(document), kind)


@dataclass(frozen=True)
class Reader:
    """A party that can be granted something."""

    party: int
    key: EncryptionKey

    @property
    def recipient(self) -> Recipient:
        return Recipient(self.party, self.key.public, self.key.digest)


def reader(party: int) -> Reader:
    return Reader(party, EncryptionKey(bytes_named(f"reader {party}")))


def sealed(values: dict[str, Any] | None = None, document: str = "document") -> SealedContent:
    return seal_content(place(document), NAMES, VALUES if values is None else values)


def grant(content: SealedContent, dataset: str, to: Reader) -> Grant:
    return make_grant(content.manifest, dataset, content.keys[dataset], to.party, to.key.public, to.key.digest)
