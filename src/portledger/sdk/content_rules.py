"""What a party checks of content before it seals it, and again when it opens it: schemas and the kind's conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import KindFile
from portledger.evidence.reference import NUMBER_ITEMS
from portledger.formats import checks, schema
from portledger.formats.document import Document
from portledger.vault.attachments import Attachment
from portledger.vault.references import normal_number
from portledger.vault.sealing import Opened

CERTIFICATES: Final = 2
"""The family whose number comes only with CERTIFY."""
_NOT_YET: Final = "-"


def number_item(kind: KindFile) -> str:
    """The header's item that holds the number under which a document is created."""
    return NUMBER_ITEMS[kind.family]


def numbered(kind: KindFile, document: Document, number: str) -> Document:
    """The document with the number under which it is created where verification looks for it.

    Raises InvalidInput when the document gives itself another one: nobody could ever verify it.
    """
    item, header = NUMBER_ITEMS[kind.family], document.datasets.get("header", {})
    own = header.get(item, number)
    if not isinstance(own, str) or normal_number(own) != normal_number(number):
        raise InvalidInput(f"$.header.{item}", repr(own)[:60], f"{number}, the number of the act", "Make them agree.")
    return replace(document, datasets={**document.datasets, "header": {**header, item: own}})


def check(kind: KindFile, values: Mapping[str, Any], *, certified: bool = True) -> None:
    """Every dataset against its schema, then the kind's checks. Raises InvalidInput with the JSON path or the check.

    certified: false for an application, which has no certificate number yet.
    """
    shown = dict(values) if certified else as_created(kind, values)
    schema.validate_all(kind, shown)
    checks.require(kind, shown)


def as_created(kind: KindFile, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as a new document is judged by: an application has no certificate number yet."""
    shown = dict(values)
    if kind.family == CERTIFICATES:
        shown["header"] = {"certificateNumber": _NOT_YET, **shown.get("header", {})}
    return shown


def failed(kind: KindFile, values: Mapping[str, Any]) -> list[checks.Failure]:
    """The kind's checks that do not hold, of those whose datasets are there."""
    return checks.failures(kind, values)


def check_shown(kind: KindFile, values: Mapping[str, Any]) -> None:
    """The same for the datasets that are open. Raises InvalidInput."""
    for name, value in values.items():
        schema.validate(kind, name, value)
    checks.require(kind, values)


def files(kind: KindFile, opened: Mapping[str, Opened]) -> tuple[str, ...]:
    """SHA-256, 64 hex, of the sealed files that the content lists."""
    found = []
    for dataset in kind.datasets:
        if dataset.attachments and dataset.name in opened:
            listed = opened[dataset.name].value.get("files", [])
            found += [Attachment.from_value(value).blob.hex() for value in listed]
    return tuple(found)
