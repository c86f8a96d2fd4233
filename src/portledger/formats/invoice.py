"""The commercial invoice: portledger's own JSON, whose members follow UN/CEFACT's Cross Industry Invoice.

Quantities and money are decimal strings from the start; protocol/schemas says what each dataset holds.
"""

from __future__ import annotations

from typing import Any

from portledger import resources
from portledger.domain.errors import InvalidInput
from portledger.formats.content import join, split
from portledger.formats.document import Document

KIND = "commercial-invoice"


def document(invoice: Any) -> Document:
    """The document of an invoice as `read_json` gives it. Raises InvalidInput with the JSON path."""
    datasets = split(resources.kind(KIND), invoice)
    number = invoice.get("invoiceNumber")
    if not isinstance(number, str) or not number:
        raise InvalidInput("$.invoiceNumber", repr(number)[:40], "a text")
    return Document(KIND, number, datasets)


def invoice(document: Document) -> dict[str, Any]:
    """The invoice of a document, equal to the one it was read from. Raises InvalidInput."""
    if document.kind != KIND:
        raise InvalidInput("document", document.kind, KIND)
    return join(resources.kind(KIND), document.datasets)
