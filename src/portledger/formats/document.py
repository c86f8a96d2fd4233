"""A document as portledger carries it: the datasets of its kind, ready to be sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from portledger.domain.kinds import KindFile

Datasets = Mapping[str, Mapping[str, Any]]
"""dataset -> {item: value}; every dataset of the kind is there, empty ones too."""


@dataclass(frozen=True, slots=True)
class File:
    """One attachment, by its digest. size: bytes; sha256: 64 hex digits of the decoded bytes."""

    name: str
    media_type: str
    size: int
    sha256: str

    def members(self) -> dict[str, Any]:
        return {"name": self.name, "mediaType": self.media_type, "size": self.size, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Document:
    """kind: the kind file's id; number: what the document reference is made of (docs/protocol §10), or empty.

    A document that is to be sealed names its ledger: `on_ledger` gives the copy that does.
    """

    kind: str
    number: str
    datasets: Datasets

    def on_ledger(self, kind: KindFile, chain_id: int, ledger: bytes | str) -> Document:
        """The same document, naming its ledger. ledger: the contract's address, 20 bytes or 0x and 40 hex."""
        address = ledger.lower() if isinstance(ledger, str) else "0x" + ledger.hex()
        return self.extended(kind, {"ext:/chainId": chain_id, "ext:/ledger": address})

    def with_files(self, kind: KindFile, files: list[File]) -> Document:
        """The same document, with these attachments listed."""
        return self.extended(kind, {"ext:/files": [file.members() for file in files]})

    def extended(self, kind: KindFile, extensions: Mapping[str, Any]) -> Document:
        """The same document, with values for `ext:` paths, which the outside standard has no place for."""
        datasets = {name: dict(value) for name, value in self.datasets.items()}
        for dataset in kind.datasets:
            for item, path in dataset.fields.items():
                if path in extensions:
                    datasets.setdefault(dataset.name, {})[item] = extensions[path]
        return replace(self, datasets=datasets)
