"""The samples agree with each other, as documents of one shipment must."""

import json
import re
from typing import Any

import pytest

from portledger import samples

LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11), strict=True))


def values(name: str, member: str) -> set[Any]:
    """Everything that stands under a member of this name, at any depth."""
    found: set[Any] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key == member and isinstance(inner, str | int):
                    found.add(inner)
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(samples.sample(name))
    return found


def check_digit(container: str) -> int:
    """ISO 6346."""
    return (
        sum(LETTERS.get(c, 0) * 2**i if c in LETTERS else int(c) * 2**i for i, c in enumerate(container[:10])) % 11 % 10
    )


@pytest.mark.parametrize(
    "name", ["transport_document_negotiable", "transport_document_straight", "shipping_instruction"]
)
def test_container_numbers_have_valid_check_digits(name: str) -> None:
    containers = values(name, "equipmentReference")
    assert len(containers) == 2
    assert all(check_digit(container) == int(container[10]) for container in containers)


def test_lei_check_digits_are_valid() -> None:
    text = "".join(samples.raw(name).decode() for name in samples.NAMES)
    codes = set(re.findall(r'"partyCode": "([A-Z0-9]{20})"', text))
    assert len(codes) == 3
    assert all(int("".join(str(int(c, 36)) for c in code)) % 97 == 1 for code in codes)


def test_ports_vessel_and_bill_number_are_the_same_everywhere() -> None:
    for name in ("certificate_of_origin_rcep", "commercial_invoice"):
        assert values(name, "transportDocumentReference") == {"PLLTYO2604417"}
        assert values(name, "UNLocationCode") == {"JPTYO", "THLCH"}
    assert values("transport_document_negotiable", "transportDocumentReference") == {"PLLTYO2604417"}


def test_the_invoice_adds_up() -> None:
    invoice = samples.sample("commercial_invoice")
    quantities = {item["number"]: float(item["quantity"]["value"]) for item in invoice["items"]}
    for price in invoice["prices"]:
        assert float(price["unitPrice"]) * quantities[price["number"]] == float(price["amount"])
    parts = ("goodsTotal", "freight", "insurance")
    assert sum(float(invoice[part]) for part in parts) == float(invoice["total"])
    assert json.loads(samples.raw("transport_document_negotiable"))["declaredValue"] == float(invoice["total"])


def test_the_sample_attachment_is_a_pdf_whose_table_points_at_its_objects() -> None:
    data = samples.pdf("a (b) \\ c")
    assert data.startswith(b"%PDF-1.4")
    table = int(data.split(b"startxref\n")[1].split(b"\n")[0])
    assert data[table:].startswith(b"xref")
    for number, place in enumerate(re.findall(rb"(\d{10}) 00000 n", data), 1):
        assert data[int(place) :].startswith(f"{number} 0 obj".encode())
