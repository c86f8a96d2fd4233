"""Reading documents from files in whatever form is known, and writing them back in the standard's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from portledger import resources
from portledger.cli import output
from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import EXTENSION, KindFile
from portledger.domain.vault_errors import ReferenceRefused
from portledger.evidence.reference import NUMBER_ITEMS
from portledger.formats import certificate, dcsa, invoice, schema
from portledger.formats.content import join
from portledger.formats.document import Document
from portledger.formats.strict_json import read_json
from portledger.sdk import attaching
from portledger.sdk.session import Session
from portledger.vault.references import normal_number

SAVE = Annotated[Path | None, typer.Option("--save", metavar="DIR", help="Fetch, check and write the files here.")]
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[([0-9]+)\]")


@contextmanager
def about(path: Path, kind: KindFile | None = None) -> Iterator[None]:
    """Whatever is refused of a file's content names the file, and the place as `--set` takes it.

    kind: where the places are those of the kind's datasets; else they are the file's own.
    """
    try:
        yield
    except InvalidInput as wrong:
        first = _STEP.match(wrong.where, 1)
        foreign = kind is not None and (first is None or first[1] not in [one.name for one in kind.datasets])
        if not wrong.where.startswith("$") or foreign:
            raise
        pointer = _pointer(wrong.where, kind)
        where = f"{path} at {pointer}" if pointer else str(path)
        raise InvalidInput(where, wrong.found, wrong.allowed, wrong.remedy) from wrong


def _pointer(where: str, kind: KindFile | None) -> str:
    """$.goods.items[0] -> /items/0, the kind's field for $.goods.items being /items; empty for a whole dataset."""
    steps = [name or index for name, index in _STEP.findall(where)]
    if kind is not None and steps:
        dataset, *steps = steps
        fields = {item: path for one in kind.datasets if one.name == dataset for item, path in one.fields.items()}
        if steps:
            above = fields.get(steps[0], "")
            steps = [*above.removeprefix(EXTENSION).split("/")[1:], *steps[1:]]
    return "".join(f"/{step}" for step in steps)


def read_json_file(path: Path) -> Any:
    """The file's JSON, strictly read. Raises InvalidInput naming the file."""
    try:
        raw = path.read_bytes()
    except OSError as wrong:
        raise InvalidInput(str(path), wrong.strerror or str(wrong), "a readable JSON file") from wrong
    with about(path):
        return read_json(raw)


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
    with about(path):
        return _document(value, number, kind, completed)


def _document(value: dict[str, Any], number: str | None, kind: str | None, completed: Sequence[str]) -> Document:
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
                "--number",
                "none",
                "your own number of the shipping instruction",
                "Give it with --number: DCSA's form has no place for it.",
            )
        return dcsa.instruction_document(number, value)
    return invoice.document(value) if "invoiceNumber" in value else certificate.document(value)


def check_new(path: Path, document: Document, number: str | None) -> None:
    """What a new document must have, all at once and before anybody is asked for a passphrase. Raises InvalidInput."""
    kind = resources.kind(document.kind)
    try:
        normal_number(number or document.number)
    except ReferenceRefused as refused:
        raise InvalidInput(
            "--number" if number else str(path),
            f"the number {number or document.number!r}" if number or document.number else "a document without a number",
            refused.allowed, "Give the document its number with --number.",
        ) from refused  # fmt: skip
    lacking = [
        path
        for dataset in kind.datasets
        for item, path in dataset.fields.items()
        if item in schema.drawn(kind, dataset)["required"]
        and item not in document.datasets.get(dataset.name, {})
        and item not in ("certificateNumber", NUMBER_ITEMS[kind.family])
        and not path.startswith(EXTENSION)
    ]
    if lacking:
        raise InvalidInput(
            str(path), f"{_form(document)} without {', '.join(lacking)}", f"all that a {kind.title['en']} needs",
            f"Complete the file, or give each with --set, such as --set {lacking[0]}=VALUE.",
        )  # fmt: skip


def _form(document: Document) -> str:
    """What a file was read as."""
    source = document.datasets.get("other", {}).get("rest", {}).get("source", {})
    standard = source.get("standard") if isinstance(source, dict) else None
    return f"a {standard}" if standard else "a document"


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


def save_files(session: Session, found: Sequence[attaching.Attachment], folder: Path) -> None:
    """Fetches, opens and checks attached files, and writes them; the second of two of one name gets a number."""
    folder.mkdir(parents=True, exist_ok=True)
    for one, name in zip(found, attaching.file_names(found), strict=True):
        output.say(f"{folder / name} …")
        attaching.save(session.client, one, folder, name)
