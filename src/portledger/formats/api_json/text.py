"""What every shape is made of: base shapes, the problem, JSON bytes, the texts of digests, addresses and keys."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Final, TypeVar

import msgspec

from portledger.domain.errors import InvalidInput

NO_DIGEST: Final = "0" * 64
MAX_ATTACHMENTS: Final = 200
"""Sealed files that an act's content may list, whether it is offered or waits for signatures."""
Attachments = Annotated[list[str], msgspec.Meta(extra_json_schema={"maxItems": MAX_ATTACHMENTS})]
"""Their SHA-256, 64 hex each. The shape says how many and lets more pass: whoever judges them names what it found, and
refuses the one act of a batch."""


class Request(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """What a client sends."""


class Answer(msgspec.Struct, rename="camel"):
    """What the gateway answers."""


class Problem(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """RFC 9457 problem details; `code` is the error's name, `step` the numbered step of the check that refused.

    pointer: RFC 6901 JSON Pointer of the member of the body that is wrong, or parameter: the part of the path, query or
    header. requestId: the answer's X-Request-Id, by which the operator finds it in the log.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    found: str = ""
    allowed: str = ""
    remedy: str = ""
    instance: str | None = None
    step: str | None = None
    parameters: dict[str, Any] = {}
    pointer: str | None = None
    parameter: str | None = None
    request_id: str | None = None


T = TypeVar("T")


def decode(body: bytes | str, shape: type[T]) -> T:
    """The value of a JSON body. Raises InvalidInput, with the JSON path, for what is no such value."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as wrong:
        text, _, path = str(wrong).partition(" - at `")
        raise InvalidInput(path.rstrip("`") or "$", text, f"a {shape.__name__}") from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise InvalidInput("$", f"no JSON ({wrong})", "one JSON object in UTF-8") from wrong


def encode(value: Any) -> bytes:
    """JSON bytes, UTF-8, of any shape of this module."""
    return msgspec.json.encode(value)


def pointer(path: str) -> str | None:
    """RFC 6901 pointer of a path such as $.actions[0].action.kind; None for what is no path into a body."""
    if not path.startswith("$"):
        return None
    parts = path[1:].replace("[", ".").replace("]", "").split(".")
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts if part)


def digest(text: str, where: str) -> bytes:
    """32 bytes from 64 lower-case hex. Raises InvalidInput."""
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != 32 or value.hex() != text:
        raise InvalidInput(where, repr(text[:80]), "64 lower-case hex digits without 0x")
    return value


def address(text: str, where: str) -> bytes:
    """20 bytes from 0x and 40 hex digits, any case. Raises InvalidInput."""
    try:
        value = bytes.fromhex(text[2:]) if text[:2] == "0x" and len(text) == 42 else b""
    except ValueError:
        value = b""
    if len(value) != 20:
        raise InvalidInput(where, repr(text[:80]), "0x and 40 hex digits")
    return value


def hex_bytes(text: str, where: str) -> bytes:
    """Bytes from an even number of hex digits, with or without 0x. Raises InvalidInput."""
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise InvalidInput(where, repr(text[:80]), "an even number of hex digits") from None


def base64_bytes(text: str, where: str) -> bytes:
    """Bytes from standard base64 with padding. Raises InvalidInput."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(where, repr(text[:80]), "base64 (RFC 4648 §4) with padding") from None


def base64_text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def address_text(value: bytes) -> str:
    return "0x" + value.hex()
