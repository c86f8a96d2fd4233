"""Own sample documents: one shipment from Tokyo to Laem Chabang, told by five documents that agree with each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from portledger.formats.strict_json import read_json

NAMES: Final = (
    "transport_document_negotiable",
    "transport_document_straight",
    "certificate_of_origin_rcep",
    "shipping_instruction",
    "commercial_invoice",
)
"""Everybody in them is invented; ports, container check digits and LEI check digits are valid."""


def raw(name: str) -> bytes:
    """A sample's file as it lies here, JSON in UTF-8. name: one of NAMES."""
    return (Path(__file__).parent / f"{name}.json").read_bytes()


def sample(name: str) -> Any:
    """A sample as `read_json` gives it. name: one of NAMES."""
    return read_json(raw(name))


def pdf(text: str = "Packing list HKZ-26-1093") -> bytes:
    """A one-page PDF to attach; text: one line of printable ASCII."""
    shown = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    stream = f"BT /F1 14 Tf 72 760 Td ({shown}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
    ]
    out, places = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    trailer = f"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return f"{out}xref\n0 5\n0000000000 65535 f \n{table}{trailer}".encode("ascii")
