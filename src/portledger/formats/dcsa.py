"""DCSA's TransportDocument and shipping instructions (EBL 3.0.4) <-> documents of the ledger.

isToOrder decides between the negotiable and the straight bill. Nothing is added, dropped or renamed on the way back:
`transport_document(document(x)) == x` for every value that DCSA's schema takes.
"""

from __future__ import annotations

from typing import Any

from portledger import resources
from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import KindFile
from portledger.formats.content import join, split
from portledger.formats.document import Document

NEGOTIABLE = "ebl-negotiable"
STRAIGHT = "ebl-straight"
INSTRUCTION = "shipping-instruction"


def document(transport_document: Any) -> Document:
    """The document of a TransportDocument as `read_json` gives it.

    Raises InvalidInput with the JSON path: no bill of lading, no number, a value that cannot be carried exactly.
    """
    if not isinstance(transport_document, dict):
        raise InvalidInput("$", f"a {type(transport_document).__name__}", "a TransportDocument of DCSA EBL 3.0.4")
    kind = resources.kind(kind_of(transport_document))
    number = transport_document.get("transportDocumentReference", "")
    if not isinstance(number, str):
        raise InvalidInput("$.transportDocumentReference", repr(number)[:40], "a text of 1 to 20 characters")
    return Document(kind.id, number, split(kind, transport_document))


def kind_of(transport_document: dict[str, Any]) -> str:
    """The kind's id. Raises InvalidInput for a sea waybill, or where isToOrder is not said."""
    code = transport_document.get("transportDocumentTypeCode")
    if code != "BOL":
        raise InvalidInput(
            "$.transportDocumentTypeCode", repr(code), "BOL", "Only bills of lading are titles; a waybill is not one."
        )
    to_order = transport_document.get("isToOrder")
    if not isinstance(to_order, bool):
        raise InvalidInput("$.isToOrder", repr(to_order), "true (negotiable) or false (straight)")
    return NEGOTIABLE if to_order else STRAIGHT


def transport_document(document: Document) -> dict[str, Any]:
    """The TransportDocument of a bill of lading, equal to the one it was read from. Raises InvalidInput."""
    return join(_bill(document), document.datasets)


def _bill(document: Document) -> KindFile:
    if document.kind not in (NEGOTIABLE, STRAIGHT):
        raise InvalidInput("document", document.kind, f"{NEGOTIABLE} or {STRAIGHT}")
    return resources.kind(document.kind)


def instruction_document(number: str, instruction: Any, extensions: dict[str, Any] | None = None) -> Document:
    """The filing of a CreateShippingInstructions. number: the sender's own; DCSA's reference is the carrier's answer.

    extensions: values for `ext:` paths, such as {"ext:/portOfLoading": …}: the booking has them, DCSA's S/I does not.
    """
    kind = resources.kind(INSTRUCTION)
    return Document(kind.id, number, split(kind, instruction, {**(extensions or {}), "ext:/number": number}))


def instruction(document: Document) -> dict[str, Any]:
    """The CreateShippingInstructions of a filing, equal to the one it was read from. Raises InvalidInput."""
    if document.kind != INSTRUCTION:
        raise InvalidInput("document", document.kind, INSTRUCTION)
    return join(resources.kind(INSTRUCTION), document.datasets)
