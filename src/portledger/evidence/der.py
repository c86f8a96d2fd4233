"""DER (X.690), the encoding of time-stamp tokens and certificates: read strictly, only as far as somebody walks.

Elements are taken one after the other by the tag that is expected next; what nobody asks for is passed over whole. So
what is accepted is exactly what docs/protocol/evidence.md ("Stamps") writes down, and a second reader can do the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from portledger.domain.verification_errors import DerError

MAX_LENGTH_BYTES: Final = 4
_NULL: Final = b"\x05\x00"


class Tag(IntEnum):
    """The first byte of an element: class, form and number."""

    BOOLEAN = 0x01
    INTEGER = 0x02
    BIT_STRING = 0x03
    OCTETS = 0x04
    NULL = 0x05
    OBJECT = 0x06
    UTC_TIME = 0x17
    GENERALIZED_TIME = 0x18
    SEQUENCE = 0x30
    SET = 0x31
    SECOND_PLAIN = 0x81
    THIRD_PLAIN = 0x82
    FIRST = 0xA0
    SECOND = 0xA1
    FOURTH = 0xA3


@dataclass(frozen=True, slots=True)
class Element:
    """raw: the whole of it; body: what its length counts; at: where it begins, in bytes from the outermost."""

    tag: int
    raw: bytes
    body: bytes
    at: int

    @property
    def start(self) -> int:
        """Where the body begins."""
        return self.at + len(self.raw) - len(self.body)

    def parts(self) -> Parts:
        """The elements inside."""
        return Parts(self.body, self.start)

    def inner(self, tag: Tag) -> Element:
        """The one element inside. Raises DerError."""
        parts = self.parts()
        found = parts.take(tag)
        parts.end()
        return found

    def all(self) -> list[Element]:
        """All elements inside, whatever they are. Raises DerError."""
        parts, found = self.parts(), []
        while parts.more:
            found.append(parts.any())
        return found


class Parts:
    """Elements side by side, taken in their order. at: where the first begins."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data, self._base, self._at = data, at, 0

    @property
    def more(self) -> bool:
        return self._at < len(self._data)

    def any(self) -> Element:
        """The next element. Raises DerError."""
        found = _element(self._data, self._at, self._base)
        self._at += len(found.raw)
        return found

    def take(self, tag: Tag) -> Element:
        """The next element, which must have this tag. Raises DerError."""
        if not self.more:
            raise DerError(self._base + self._at, "nothing", f"an element with tag 0x{tag:02x}")
        found = self.any()
        if found.tag != tag:
            raise DerError(found.at, f"tag 0x{found.tag:02x}", f"0x{tag:02x}")
        return found

    def maybe(self, tag: Tag) -> Element | None:
        """The next element if it has this tag, else None, and it stays the next. Raises DerError."""
        return self.take(tag) if self.more and self._data[self._at] == tag else None

    def end(self) -> None:
        """Raises DerError when anything is left."""
        if self.more:
            raise DerError(self._base + self._at, f"{len(self._data) - self._at} bytes more", "nothing more")


def read(data: bytes, tag: Tag) -> Element:
    """The one element that these bytes are. Raises DerError."""
    parts = Parts(data)
    found = parts.take(tag)
    parts.end()
    return found


def exactly(element: Element, raw: bytes, what: str) -> None:
    """Raises DerError unless the element is these bytes."""
    if element.raw != raw:
        raise DerError(element.at, f"0x{element.raw[:32].hex()}", f"0x{raw.hex()}, {what}")


def natural(element: Element) -> int:
    """The number in an INTEGER that is not negative. Raises DerError."""
    body = element.body
    if not body or body[0] >= 0x80 or (len(body) > 1 and body[0] == 0 and body[1] < 0x80):
        raise DerError(element.at, f"an integer 0x{body[:16].hex()}", "one that is not negative, as short as possible")
    return int.from_bytes(body, "big")


def bits(element: Element) -> bytes:
    """The bytes in a BIT STRING of whole bytes. Raises DerError."""
    if not element.body or element.body[0] != 0:
        raise DerError(element.at, "a bit string that ends within a byte", "whole bytes")
    return element.body[1:]


def algorithm(element: Element) -> tuple[bytes, Element | None]:
    """(Object identifier, parameters) of an AlgorithmIdentifier; a NULL counts as none. Raises DerError."""
    parts = element.parts()
    name = parts.take(Tag.OBJECT).body
    parameters = parts.any() if parts.more else None
    parts.end()
    return name, None if parameters is not None and parameters.raw == _NULL else parameters


def element(tag: int, *bodies: bytes) -> bytes:
    """The bytes of an element whose body are these, joined."""
    body = b"".join(bodies)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    digits = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(digits)]) + digits + body


def object_id(dotted: str) -> bytes:
    """The body of an object identifier."""
    first, second, *rest = map(int, dotted.split("."))
    return b"".join(map(_base128, (first * 40 + second, *rest)))


def _base128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))


def _element(data: bytes, at: int, base: int) -> Element:
    """The element that begins at a place."""
    if len(data) - at < 2:
        raise DerError(base + at, "an element that is cut", "a tag and a length")
    tag, length, start = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise DerError(base + at, f"tag 0x{tag:02x} of several bytes", "a tag of one byte")
    if length >= 0x80:
        count = length - 0x80
        digits = data[start : start + count]
        length, start = int.from_bytes(digits, "big"), start + count
        if not 0 < count <= MAX_LENGTH_BYTES or len(digits) != count or digits[0] == 0 or length < 0x80:
            raise DerError(base + at, f"length 0x{digits[:8].hex()}", "a definite length, as short as possible")
    if length > len(data) - start:
        raise DerError(base + at, f"a length of {length} bytes", f"{len(data) - start}, all that is left here")
    return Element(tag, data[at : start + length], data[start : start + length], base + at)
