"""The demo's proof that nobody but the parties can read: twenty values, searched for in every spelling, everywhere."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Found:
    """A value that stands where it must not. where: a file, or a place on the chain; how: the spelling."""

    value: str
    where: str
    how: str


def secret_values(bill: Mapping[str, Any], certificate: Mapping[str, Any]) -> list[str]:
    """Twenty values that only the parties may know: ten kinds of facts from both documents."""
    parties = bill["documentParties"]
    return [
        bill["transportDocumentReference"],
        bill["transports"]["vesselVoyages"][0]["vesselName"],
        bill["consignmentItems"][0]["descriptionOfGoods"][0],
        bill["consignmentItems"][1]["descriptionOfGoods"][0],
        bill["consignmentItems"][0]["carrierBookingReference"],
        bill["utilizedTransportEquipments"][0]["equipment"]["equipmentReference"],
        bill["utilizedTransportEquipments"][1]["equipment"]["equipmentReference"],
        bill["utilizedTransportEquipments"][0]["seals"][0]["number"],
        bill["utilizedTransportEquipments"][1]["seals"][0]["number"],
        bill["serviceContractReference"],
        str(bill["declaredValue"]),
        bill["references"][0]["value"],
        bill["shippingInstructionsReference"],
        parties["shipper"]["partyContactDetails"][0]["email"],
        parties["notifyParties"][0]["address"]["street"],
        parties["notifyParties"][1]["partyName"],
        certificate["applicationNumber"],
        certificate["certificateNumber"],
        certificate["items"][0]["invoice"]["number"],
        certificate["costs"][0]["nonOriginatingValue"]["amount"],
    ]


def spellings(value: str) -> dict[str, bytes]:
    """The ways in which bytes may hide a text: name of the spelling -> the bytes to look for."""
    raw = value.encode()
    found = {
        "plain": raw,
        "lower case": value.lower().encode(),
        "upper case": value.upper().encode(),
        "hex": raw.hex().encode(),
        "upper-case hex": raw.hex().upper().encode(),
        "UTF-16 LE": value.encode("utf-16-le"),
        "UTF-16 BE": value.encode("utf-16-be"),
        "percent": quote(value, safe="").encode(),
        "percent, all": "".join(f"%{octet:02X}" for octet in raw).encode(),
        "reversed": raw[::-1],
    }
    for shift in range(3):
        # Base64 looks different at each of three offsets; only whole groups of the value itself are searched for.
        first = -shift % 3
        inner = raw[first : first + (len(raw) - first) // 3 * 3]
        if len(inner) >= 6:
            found[f"base64, offset {shift}"] = base64.b64encode(inner)
    return found


def search(values: Iterable[str], places: Iterable[tuple[str, bytes]]) -> list[Found]:
    """Where any spelling of any value stands."""
    wanted = [(value, how, needle) for value in values for how, needle in spellings(value).items()]
    return [Found(value, where, how) for where, data in places for value, how, needle in wanted if needle in data]


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below the folder, and what is inside those that are compressed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            name = str(path.relative_to(folder))
            yield name, data
            inner = _unpacked(data)
            if inner is not None:
                yield f"{name} (unpacked)", inner
                yield from _unhexed(name, inner)
            else:
                yield from _unhexed(name, data)


def _unpacked(data: bytes) -> bytes | None:
    try:
        if data[:2] == b"\x1f\x8b":
            return gzip.decompress(data)
        if data[:1] == b"\x78":
            return zlib.decompress(data)
    except (OSError, EOFError, zlib.error):
        return None
    return None


def _unhexed(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """A text file that is mostly hex, once more as the bytes it stands for."""
    text = data.strip().removeprefix(b"0x")
    if len(text) >= 64 and len(text) % 2 == 0:
        try:
            yield f"{name} (from hex)", bytes.fromhex(text.decode("ascii"))
        except ValueError:
            return
