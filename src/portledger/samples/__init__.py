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
