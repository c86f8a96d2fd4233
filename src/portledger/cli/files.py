"""Reading documents from files in whatever form is known, and writing them back in the standard's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import KindFile
from portledger.formats import certificate, dcsa, invoice
from portledger.formats.content import join
from portledger.formats.document import Document
from portledger.formats.strict_json import read_json


def read_json_file(path: Path) -> Any:
    """The file's JSON, strictly read. Raises InvalidInput naming the file."""
    try:
        return read_json(path.read_bytes())
    except OSError as wrong:
        raise InvalidInput(str(path), str(wrong), "a readable JSON file") from wrong


def read_document(
    path: Path, *, number: str | None = None, kind: str | None = None, completed: Sequence[str] = ()
) -> Document:
    """The document in a file, by what its members tell. Raises InvalidInput.

    number: the document's, where the form has none or another is meant; kind: "shipping-instruction" for what could
    be a bill of lading too; completed: PATH=VALUE, RFC 6901 pointers of what the file lacks.
    """
    value = read_json_file(path)
    if not isinstance(value, dict):
        raise InvalidInput(str(path), f"a {type(value).__name__}", "one JSON object")
    inner = value.get("document")
    if isinstance(inner, dict) and "transportDocumentTypeCode" in inner:
        value = inner  # DCSA's issuance request wraps the transport document
    is_bill = "transportDocumentTypeCode" in value and kind != dcsa.INSTRUCTION
    if "transportDocumentTypeCode" not in value and "invoiceNumber" not in value:
        value = certificate.read(value)
        if number is not None:
            value["applicationNumber"] = number
    if is_bill and number is not None:
        value["transportDocumentReference"] = number
    for text in completed:
        _complete(value, text)
    if is_bill:
        return dcsa.document(value)
    if "transportDocumentTypeCode" in value:
        if number is None:
            raise InvalidInput(
                "--number", "none", "your own number of the shipping instruction", "DCSA's form has no place for it."
            )
        return dcsa.instruction_document(number, value)
    return invoice.document(value) if "invoiceNumber" in value else certificate.document(value)


def _complete(value: dict[str, Any], text: str) -> None:
    path, equals, given = text.partition("=")
    if not equals or not path.startswith("/"):
        raise InvalidInput("--set", text, "PATH=VALUE, such as /carrierCode=EXLN")
    *above, last = path[1:].split("/")
    here: Any = value
    for step in above:
        here = _inside(here, step)
    if isinstance(here, list) and _place(here, last) is not None:
        here[int(last)] = _plain(given)
    elif isinstance(here, dict):
        here[last] = _plain(given)
    else:
        raise InvalidInput("--set", path, "a path through objects, and through items that the lists have")


def _inside(here: Any, step: str) -> Any:
    if isinstance(here, dict):
        return here.setdefault(step, {})
    place = _place(here, step) if isinstance(here, list) else None
    return None if place is None else here[place]


def _place(items: list[Any], step: str) -> int | None:
    """The step as an index that the list has, else None."""
    return int(step) if step.isascii() and step.isdigit() and int(step) < len(items) else None


def _plain(text: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    try:
        return read_json(text.encode())
    except InvalidInput:
        return text


def detail_members(texts: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE texts as a detail's members. Raises InvalidInput."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InvalidInput("--detail", text, "NAME=VALUE")
        found[name] = _plain(value)
    return found


def standard_form(kind: KindFile, values: Mapping[str, Any]) -> Any:
    """The standard's JSON of what is open."""
    return join(kind, dict(values))
