"""Certificates of origin: portledger's own JSON, whose members are the boxes of the RCEP form; other forms are read.

Own members: applicationNumber, certificateNumber, agreement, exportCountry, importCountry, issuingBody, issueDate,
validUntil, flags, remarks; exporter (box 1), importer (2), producer (3), transport (4), items (6 to 13), costs,
declaration (15), certification (16). Quantities and money are decimal strings. protocol/schemas says the shapes.

`read` turns UN/CEFACT's PreferentialCoO (D23B), the ChAFTA certificate (OpenAttestation v2, plain or wrapped, and W3C
credentials) and the simple certificate into it. What it cannot place it keeps under `source`, so that no fact is lost;
a certificate that lacks what must be there is completed by the person before it is sealed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from portledger import resources
from portledger.domain.errors import InvalidInput
from portledger.formats.content import join, split
from portledger.formats.document import Document
from portledger.formats.strict_json import to_text

KIND: Final = "certificate-of-origin"
_SALTED: Final = re.compile(r"[0-9a-f-]{36}:(string|number|boolean|null|undefined):(.*)", re.DOTALL)
_MASS: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(kg|kgs|KGM)\s*", re.IGNORECASE)

ACCEPTED: Final = (
    "a DCSA transport document (bare or in an issuance request) or shipping instruction, portledger's commercial "
    "invoice, or a certificate of origin: RCEP's boxes, UN/CEFACT D23B, ChAFTA, simple, or a W3C credential of one"
)
"""The forms of documents that are read from files."""

Json = dict[str, Any]


def document(certificate: Any) -> Document:
    """The document of a certificate in our own JSON. number: the application's, else the certificate's.

    Raises InvalidInput with the JSON path.
    """
    datasets = split(resources.kind(KIND), certificate)
    number = certificate.get("applicationNumber") or certificate.get("certificateNumber") or ""
    if not isinstance(number, str):
        raise InvalidInput("$.applicationNumber", repr(number)[:40], "a text")
    return Document(KIND, number, datasets)


def certificate(document: Document) -> Json:
    """The certificate of a document, equal to the one it was read from. Raises InvalidInput."""
    if document.kind != KIND:
        raise InvalidInput("document", document.kind, KIND)
    return join(resources.kind(KIND), document.datasets)


def read(value: Any) -> Json:
    """A certificate in our own JSON, from any form that is known. Raises InvalidInput for an unknown one."""
    if not isinstance(value, dict):
        raise InvalidInput("$", f"a {type(value).__name__}", "a certificate of origin")
    for known, reader in _READERS:
        if known(value):
            return reader(value)
    found, remedy = _unknown(value)
    raise InvalidInput("$", found, ACCEPTED, remedy)


def _unknown(value: Json) -> tuple[str, str]:
    """What a file is that is no document of a known form, and what to do."""
    if "$schema" in value:
        return (
            f"a JSON Schema ({value.get('title', 'without a title')}), which describes documents and is none",
            "Give a document that the schema describes.",
        )
    inside = [name for name, member in value.items() if isinstance(member, dict) and _known(member)]
    if inside:
        return (
            f"{len(inside)} documents under names of their own: {', '.join(inside)}",
            "Save each of them as a file of its own.",
        )
    members = ", ".join(sorted(value)[:8])
    return f"a JSON object of no known form, with {members or 'no members'}", "Bring it into one of these forms."


def _known(value: Json) -> bool:
    return any(known(value) for known, _ in _READERS)


class _Source:
    """A certificate that is being read: what was taken is gone, the rest stays for `source`."""

    def __init__(self, value: Json) -> None:
        self.rest: Any = _settled(value)

    def take(self, *steps: str | int) -> Any:
        """Takes what stands at the steps, None when nothing does."""
        here, above = self.rest, None
        for step in steps:
            inside = isinstance(here, dict) and step in here
            inside = inside or (isinstance(here, list) and isinstance(step, int) and step < len(here))
            if not inside:
                return None
            here, above = here[step], here
        if isinstance(above, dict):
            del above[steps[-1]]
        elif isinstance(above, list):
            above[int(steps[-1])] = None  # the others keep their places
        return here

    def see(self, *steps: str | int) -> Any:
        """What stands at the steps, left where it is: for values that are shortened on the way into ours."""
        here = self.rest
        for step in steps:
            try:
                here = here[step]
            except (LookupError, TypeError):
                return None
        return here

    def content(self, *steps: str | int) -> Any:
        """The text of a UN/CEFACT value; taken if it says nothing else (a scheme, an agency, a second value)."""
        value = self.see(*steps)
        text = _content(value)
        bare = value[0] if isinstance(value, list) and len(value) == 1 else value
        if not isinstance(bare, list) and (not isinstance(bare, dict) or set(bare) == {"content"}):
            self.take(*steps)
        return text

    def size(self, *steps: str | int) -> int:
        here = self.rest
        for step in steps:
            try:
                here = here[step]
            except (LookupError, TypeError):
                return 0
        return len(here) if isinstance(here, list) else 0

    def left(self) -> Any:
        return _pruned(self.rest)


def _settled(value: Any) -> Any:
    """A copy in which every fraction is a decimal string and every whole number an integer."""
    if isinstance(value, dict):
        return {name: _settled(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_settled(item) for item in value]
    if isinstance(value, float | Decimal):
        text = to_text(value)
        return int(text) if text.lstrip("-").isdigit() else text
    return value


def _pruned(value: Any) -> Any:
    """Without the empty shells that taking left behind; None when nothing is left."""
    if isinstance(value, dict):
        kept = {name: pruned for name, member in value.items() if (pruned := _pruned(member)) is not None}
        return kept or None
    if isinstance(value, list):
        items = [pruned for item in value if (pruned := _pruned(item)) is not None]
        return items or None
    return value


def _without_nothing(value: Any) -> Any:
    """Members that are None or empty texts left out, all the way down."""
    if isinstance(value, dict):
        return {n: kept for n, v in value.items() if (kept := _without_nothing(v)) not in (None, "", {}, [])}
    if isinstance(value, list):
        return [kept for item in value if (kept := _without_nothing(item)) not in (None, "", {}, [])]
    return value


def _finished(own: Json, standard: str, source: _Source) -> Json:
    own = _without_nothing(own)
    left = source.left()
    if left is not None:
        own["source"] = {"standard": standard, "rest": left}
    return own


def _last(identifier: Any) -> Any:
    """unece.un.org:locode:AUMEL -> AUMEL"""
    return identifier.rsplit(":", 1)[-1] if isinstance(identifier, str) else identifier


def _day(moment: Any) -> Any:
    """2020-06-03T00:46:34Z -> 2020-06-03; other texts as they are."""
    text = str(moment)
    return text[:10] if re.match(r"\d{4}-\d\d-\d\d", text) else moment


def _port(identifier: Any, name: Any) -> Json:
    code = _last(identifier)
    known = isinstance(code, str) and re.fullmatch("[A-Z]{2}[A-Z2-9]{3}", code)
    return {"UNLocationCode": code if known else None, "locationName": name or (None if known else code)}


# -- UN/CEFACT PreferentialCoO, D23B -----------------------------------------------------------------------------------


def _content(value: Any) -> Any:
    """The text of a UN/CEFACT value: {content: …} or the bare value; of a list, its first."""
    if isinstance(value, list):
        value = value[0] if value else None
    return value.get("content", value) if isinstance(value, dict) else value


def _read_d23b(value: Json) -> Json:
    source = _Source(value)
    header = ("exchangedDocument",)
    shipment: tuple[str | int, ...] = ("specifiedConsignment", 0)
    if isinstance(value.get("specifiedConsignment"), dict):
        shipment = ("specifiedConsignment",)
    movement = (*shipment, "mainCarriageLogisticsTransportMovement", 0)
    items: list[Json] = []
    for number in range(source.size(*shipment, "includedConsignmentItem")):
        item = (*shipment, "includedConsignmentItem", number)
        for line in range(source.size(*item, "includedTradeLineItem")):
            items.append(_d23b_item(source, len(items) + 1, (*item, "includedTradeLineItem", line)))
    procedure = (*shipment, "applicableCrossBorderRegulatoryProcedure", 0, "freeTradeAgreementName")
    signatory = (*header, "firstSignatoryDocumentAuthentication")
    own = {
        "certificateNumber": source.content(*header, "id"),
        "agreement": source.content(*procedure),
        "issueDate": _day(_content(source.see(*header, "issueDateTime"))),
        "issuingBody": _d23b_party(source, (*header, "issuer")),
        "exporter": _d23b_party(source, (*shipment, "consignor")),
        "importer": _d23b_party(source, (*shipment, "consignee")),
        "transport": {
            "mode": source.content(*movement, "modeCode"),
            "vessel": source.content(*movement, "usedLogisticsTransportMeans", "name"),
            "voyage": source.content(*movement, "id"),
            "portOfLoading": _port(source.content(*shipment, "loadingLogisticsLocation", "id"), None),
            "portOfDischarge": _port(source.content(*shipment, "unloadingLogisticsLocation", "id"), None),
        },
        "items": items,
        "declaration": {
            "date": _day(_content(source.see(*signatory, "actualDateTime"))),
            "place": source.content(*signatory, "issueLogisticsLocation", "id"),
        },
    }
    return _finished(own, "UN/CEFACT PreferentialCoO D23B", source)


def _d23b_party(source: _Source, steps: tuple[str | int, ...]) -> Json:
    """D23B names a party by its identifier only."""
    identifier = source.content(*steps, "id")
    return {"name": identifier}


def _d23b_item(source: _Source, number: int, line: tuple[str | int, ...]) -> Json:
    product = (*line, "specifiedTradeProduct", 0)
    package = (*line, "physicalReferencedLogisticsPackage", 0)
    quantity = source.content(*package, "itemQuantity")
    whole = isinstance(quantity, int)  # packages are counted: of 24.5 the kind of package stays in the source
    return {
        "number": number,
        "hsCode": source.content(*product, "designatedProductClassification", 0, "classCode"),
        "originCountry": source.content(*product, "originTradeCountry", 0, "id"),
        "quantity": {"value": None if quantity is None else str(quantity), "unit": "PK"},
        "packages": {"count": quantity, "kind": source.content(*package, "typeCode")} if whole else None,
        "marks": [source.content(*package, "physicalLogisticsShippingMarks", 0, "marking")],
    }


# -- ChAFTA, as TradeTrust's templates have it -----------------------------------------------------------------------


def _read_chafta(value: Json) -> Json:
    source = _Source(value)
    shipment = ("supplyChainConsignment",)
    movement = (*shipment, "mainCarriageTransportMovement")
    items: list[Json] = []
    for number in range(source.size(*shipment, "includedConsignmentItems")):
        item = (*shipment, "includedConsignmentItems", number)
        criterion = source.take(*item, "crossBorderRegulatoryProcedure", "originCriteriaText")
        for line in range(source.size(*item, "tradeLineItems")):
            items.append(_chafta_item(source, len(items) + 1, criterion, (*item, "tradeLineItems", line)))
    own = {
        "certificateNumber": _last(source.see("iD")),
        "agreement": source.take("freeTradeAgreement"),
        "issueDate": _day(source.see("issueDateTime")),
        "issuingBody": _chafta_party(source.take("issuer")),
        "exportCountry": source.take(*shipment, "exportCountry", "code"),
        "importCountry": source.take(*shipment, "importCountry", "code"),
        "exporter": _chafta_party(source.take(*shipment, "exporter")),
        "importer": _chafta_party(source.take(*shipment, "importer")),
        "producer": _chafta_party(_only_manufacturer(source)),
        "remarks": source.take(*shipment, "information"),
        "transport": {
            "departureDate": _day(source.see(*movement, "departureEvent", "departureDateTime")),
            "vessel": source.take(*movement, "usedTransportMeans", "name"),
            "voyage": _last(source.see(*movement, "iD")),
            "portOfLoading": _port(
                source.see(*shipment, "loadingBaseportLocation", "iD"),
                source.take(*shipment, "loadingBaseportLocation", "name"),
            ),
            "portOfDischarge": _port(
                source.see(*shipment, "unloadingBaseportLocation", "iD"),
                source.take(*shipment, "unloadingBaseportLocation", "name"),
            ),
        },
        "items": items,
        "declaration": {
            "date": _day(source.see("firstSignatoryAuthentication", "actualDateTime")),
            "statement": source.take("firstSignatoryAuthentication", "statement"),
        },
        "certification": {
            "place": source.take("issueLocation", "name"),
            "date": _day(source.see("secondSignatoryAuthentication", "actualDateTime")),
        },
    }
    return _finished(own, "ChAFTA certificate", source)


def _only_manufacturer(source: _Source) -> Any:
    """The manufacturer where there is one; of several, each stays with its item in the source."""
    items = ("supplyChainConsignment", "includedConsignmentItems")
    return source.take(*items, 0, "manufacturer") if source.size(*items) == 1 else None


def _chafta_party(party: Any) -> Json | None:
    if not isinstance(party, dict):
        return {"name": party} if party else None
    names = {"iD": None, "name": None, "postalAddress": "address"}
    own = {"name": party.get("name"), "address": party.get("postalAddress"), "identifier": party.get("iD")}
    return {**own, **{name: value for name, value in party.items() if name not in names}}


def _chafta_item(source: _Source, number: int, criterion: Any, line: tuple[str | int, ...]) -> Json:
    invoice = (*line, "invoiceReference")
    masses = []
    packages = source.size(*line, "transportPackages")
    for index in range(packages):
        masses.append(source.see(*line, "transportPackages", index, "grossWeight"))
    return {
        "number": source.take(*line, "sequenceNumber") or number,
        "description": source.take(*line, "tradeProduct", "description"),
        "hsCode": source.take(*line, "tradeProduct", "harmonisedTariffCode", "classCode"),
        "originCountry": source.take(*line, "tradeProduct", "originCountry", "code"),
        "originCriterion": criterion,
        "packages": {"count": packages} if packages else None,
        "quantity": {"value": str(packages), "unit": "PK"} if packages else None,
        "grossWeight": _mass(masses),
        "invoice": {
            "number": _last(source.see(*invoice, "iD")),
            "date": _day(source.see(*invoice, "formattedIssueDateTime")),
        },
    }


def _mass(masses: list[Any]) -> Json | None:
    """The sum of texts such as "450 Kg"; None when one of them says something else."""
    total = Decimal(0)
    for mass in masses:
        found = _MASS.fullmatch(str(mass))
        if found is None:
            return None
        total += Decimal(found[1])
    return {"value": to_text(total), "unit": "KGM"} if masses else None


# -- The simple certificate --------------------------------------------------------------------------------------------


def _read_simple(value: Json) -> Json:
    source = _Source(value)
    goods = "descriptionOfGoods"
    own = {
        "certificateNumber": source.take("cooId"),
        "agreement": source.take("documentName"),
        "exportCountry": source.take("exporterDetails", "exportCountry"),
        "importCountry": source.take("importerDetails", "importCountry"),
        "issuingBody": {"name": source.take("issueIn")},
        "exporter": {
            "name": source.take("exporterDetails", "exporterName"),
            "address": source.take("exporterDetails", "exporterAddress"),
        },
        "importer": {
            "name": source.take("importerDetails", "importerName"),
            "address": source.take("importerDetails", "importerAddress"),
        },
        "transport": {
            "vessel": source.take(goods, "mainCarriageTransportMovementId"),
            "portOfLoading": _port(source.take(goods, "loadingBaseportLocationName"), None),
        },
        "items": [
            {
                "number": 1,
                "marks": [source.take(goods, "importerNameMarksAndNumber")],
                "description": source.take(goods, "numberAndKindOfPackage"),
                "hsCode": source.take(goods, "hsCode"),
                "invoice": {"number": source.take(goods, "invoiceNumber")},
            }
        ],
        "declaration": {
            "statement": source.take("firstSignatoryAuthentication", "statement"),
            "date": source.take("firstSignatoryAuthentication", "actualDate"),
        },
        "certification": {
            "statement": source.take("secondSignatoryAuthentication", "statement"),
            "date": source.take("secondSignatoryAuthentication", "actualDate"),
        },
    }
    return _finished(own, "simple certificate", source)


# -- Wrappings ---------------------------------------------------------------------------------------------------------


def _unsalted(value: Any) -> Any:
    """OpenAttestation v2 writes every value as "uuid:type:value"."""
    if isinstance(value, dict):
        return {name: _unsalted(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_unsalted(item) for item in value]
    found = _SALTED.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    kind, text = found.groups()
    if kind == "number":
        return to_text(Decimal(text)) if "." in text else int(text)
    return {"boolean": text == "true", "null": None, "undefined": None}.get(kind, text)


def _read_wrapped(value: Json) -> Json:
    return read(_unsalted(value["data"]))


def _read_credential(value: Json) -> Json:
    """A W3C credential: its subject says the certificate; a bare consignment number is kept with the rest."""
    subject = value["credentialSubject"]
    if isinstance(subject, dict) and "supplyChainConsignment" in subject:
        around = {name: member for name, member in value.items() if name != "credentialSubject"}
        return _read_chafta({**around, **subject})
    source = _Source(value)
    own = {"certificateNumber": source.take("credentialSubject", "supplyChainConsignmentId")}
    return _finished(own, "W3C credential", source)


_READERS: Final[tuple[tuple[Callable[[Json], bool], Callable[[Json], Json]], ...]] = (
    (lambda value: isinstance(value.get("data"), dict) and "signature" in value, _read_wrapped),
    (lambda value: "credentialSubject" in value, _read_credential),
    (lambda value: "exchangedDocument" in value, _read_d23b),
    (lambda value: "supplyChainConsignment" in value, _read_chafta),
    (lambda value: "cooId" in value, _read_simple),
    (lambda value: "certificateNumber" in value or "applicationNumber" in value, lambda value: value),
)
