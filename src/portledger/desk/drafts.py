"""Drafts of documents: what was filled in, where it came from, for whom it is; kept on a sealed shelf."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from portledger import resources
from portledger.domain.kind_file import EXTENSION, KindFile
from portledger.formats import filling, labels
from portledger.formats.filling import Filled
from portledger.sdk.content_rules import number_item
from portledger.sdk.shelf import Shelf

SORT: Final = "draft"
SALT_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Source:
    """Where a text came from. text: as it came; document: 64 hex, or empty for a file; path: titles are made of it."""

    text: str
    document: str = ""
    kind: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with the document. kept: the name of its sealed bytes on the shelf; value: as the document lists
    it, with the key that opens it."""

    kept: str
    value: dict[str, Any] = field(repr=False)


@dataclass(slots=True)
class Draft:
    """One document that is being written.

    given: what the act asks besides contents (counterparty, endorsee); sources: pointer -> where its text came from;
    carried: documents whose equal values keep their salts; salt: hex, of a filing's reference, so that what is sent
    twice exists once; changed: unix seconds.
    """

    kind: KindFile
    filled: Filled
    given: dict[str, str] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    carried: list[str] = field(default_factory=list)
    salt: str = field(default_factory=lambda: secrets.token_hex(SALT_LENGTH))
    changed: int = 0
    files: list[File] = field(default_factory=list)

    @property
    def form(self) -> labels.Form:
        return labels.form(self.kind)

    def number(self) -> str:
        """The document's own number as typed, or empty."""
        return self.filled.texts.get(number_at(self.kind), "")

    def outside(self) -> dict[str, str]:
        return {at: source.text for at, source in self.sources.items()}


def number_at(kind: KindFile) -> str:
    """Where the kind's form asks for the number under which the document is created."""
    return f"/header/{number_item(kind)}"


def to_json(draft: Draft) -> dict[str, Any]:
    return {
        "kind": draft.kind.id,
        "base": draft.filled.base,
        "texts": draft.filled.texts,
        "rows": draft.filled.rows,
        "given": draft.given,
        "sources": {at: [one.text, one.document, one.kind, one.path] for at, one in draft.sources.items()},
        "carried": draft.carried,
        "salt": draft.salt,
        "changed": draft.changed,
        "files": [[one.kept, one.value] for one in draft.files],
    }


def from_json(data: Mapping[str, Any]) -> Draft:
    """A draft that was sealed here; fields that the form has got since are empty."""
    kind = resources.kind(data["kind"])
    kept = Filled(data["base"], data["texts"], data["rows"])
    filling.complete(labels.form(kind), kept)
    return Draft(
        kind, kept, data["given"], {at: Source(*told) for at, told in data["sources"].items()}, data["carried"],
        data["salt"], data["changed"], [File(kept, value) for kept, value in data.get("files", [])],
    )  # fmt: skip


def new(kind: KindFile) -> Draft:
    return Draft(kind, filling.blank(labels.form(kind)))


def copied(kind: KindFile, values: Mapping[str, Any], document: str) -> Draft:
    """A draft that begins as an earlier document of the same kind: all but its number, its ledger and its files."""
    own = {one.name: [item for item, path in one.fields.items() if path.startswith(EXTENSION)] for one in kind.datasets}
    kept = {name: {item: one for item, one in value.items() if item not in own[name]} for name, value in values.items()}
    kept.get("header", {}).pop(number_item(kind), None)
    draft = Draft(kind, filling.texts_of(labels.form(kind), kept))
    draft.sources = {
        at: Source(text, document, kind.id, at) for at, text in draft.filled.texts.items() if text
    }  # fmt: skip
    draft.carried = [document]
    return draft


def keep(shelf: Shelf, name: str, draft: Draft, now: int) -> None:
    draft.changed = now
    shelf.put(name, to_json(draft))
