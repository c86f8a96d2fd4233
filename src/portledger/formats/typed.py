"""Typed text <-> the value of a field. What cannot be typed again as it is has no text: `text_of` says None."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from portledger.formats import codelists
from portledger.formats.labels import Node
from portledger.formats.strict_json import MAX_DIGITS, MAX_INTEGER

MAX_TEXT: Final = 50_000
"""Characters of one field."""
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Mistake(Exception):
    """What is wrong with a text. key: of the desk's words; names: what the words name."""

    key: str
    names: tuple[tuple[str, str], ...] = ()


def cleaned(text: str) -> str:
    """Typed text as it is kept: NFC, one kind of line end, nothing around it."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def value_of(node: Node, text: str) -> Any:
    """The value of a text that is not empty. Raises Mistake."""
    if len(text) > MAX_TEXT:
        raise Mistake("long", (("most", str(MAX_TEXT)),))
    return _READERS[node.input](node, text)


def text_of(node: Node, value: Any) -> str | None:
    """The text that gives exactly this value again, or None: then the value is shown, and kept as it is."""
    text = _WRITERS.get(node.input, _plain)(value)
    if text is None or text != cleaned(text) or not text:
        return None
    try:
        back = value_of(node, text)
    except Mistake as mistake:
        # A code that no list knows came from outside: it may be looked at, and corrected, in its field.
        return text if mistake.key in ("unlisted", "which") and node.input == "code" else None
    return text if type(back) is type(value) and back == value else None


def _plain(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _joined(separator: str) -> Callable[[Any], str | None]:
    def write(value: Any) -> str | None:
        texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
        return separator.join(value) if texts else None

    return write


_WRITERS: Final[dict[str, Callable[[Any], str | None]]] = {
    "lines": _joined("\n"),
    "words": _joined(" "),
    "integer": lambda value: str(value) if isinstance(value, int) and not isinstance(value, bool) else None,
    "yes": lambda value: (YES if value else NO) if isinstance(value, bool) else None,
}


def _text(node: Node, text: str) -> str:
    """As typed; what is nothing but full-width letters and digits is a number or a code, and becomes narrow."""
    if "\n" in text:
        raise Mistake("one_line")
    narrow = _narrow(text)
    return narrow if narrow.isascii() else text


def _lines(node: Node, text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _narrow(text: str) -> str:
    """Full-width letters and digits as ASCII: numbers and codes are typed either way."""
    return unicodedata.normalize("NFKC", text).strip()


def _words(node: Node, text: str) -> list[str]:
    found = [word for word in re.split(r"[\s,、，]+", _narrow(text)) if word]
    for word in found:
        _listed(node, word)
    return found


_NEAR: Final = 8
"""Entries that are named where a text may mean several."""


def _code(node: Node, text: str) -> str:
    narrow = _narrow(text)
    if "\n" in narrow:
        raise Mistake("one_line")
    code = narrow.upper()
    if node.codes and (code != narrow or code not in codelists.entries(node.codes, "en")):
        code = _meant(node.codes, narrow)
    _listed(node, code)
    return code


def _meant(name: str, text: str) -> str:
    """The code that is meant by a text that is none as it stands: one in small letters, a title, or both, as a browser
    offers it ("JPTYO Tokyo"). Raises Mistake where several may be meant: the shape of a code is no excuse, since many
    places have names of five letters."""
    known, code = codelists.entries(name, "en"), text.upper()
    same = [code] if code in known else []
    if meant := [*same, *(one for one in codelists.named(name, text) if one not in same)]:
        return meant[0] if len(meant) == 1 else _ask(name, meant)
    head, *rest = text.split(None, 1) or [""]
    first = head.upper()
    if first in known and codelists.goes_with(name, first, "".join(rest)):
        return first
    if first not in known and code.isascii() and code.isalnum() and len(code) <= codelists.longest(name):
        return code
    # No code of any list: a part of a name, or other words than the code's own behind it.
    near = [one for one, _ in codelists.search(name, text, "en")]
    return _ask(name, [first, *near] if first in known else near) if near or first in known else code


def _ask(name: str, codes: list[str]) -> str:
    """Raises Mistake, with what may be meant."""
    raise Mistake("which", (("some", _titled(name, codes)),))


def _titled(name: str, codes: list[str]) -> str:
    told = codelists.entries(name, "en")
    return ", ".join(f"{one} {told[one]}" for one in codes[:_NEAR]) + (" …" if len(codes) > _NEAR else "")


def doubt(node: Node, text: str) -> Mistake | None:
    """What a person should look at once more in a text that gives a value: a code that a whole list does not have, or
    one that is the name of something else too."""
    if not node.codes or node.input not in ("code", "words"):
        return None
    value = value_of(node, text)
    if codelists.is_whole(node.codes):
        codes = value if isinstance(value, list) else [value]
        if strange := [one for one in codes if not codelists.knows(node.codes, one)]:
            return Mistake("unknown_code", (("codes", ", ".join(strange[:_NEAR])),))
    others = [one for one in codelists.named(node.codes, value) if one != value] if _narrow(text) == value else []
    if others:
        title = codelists.entries(node.codes, "en").get(value, "")
        return Mistake("named_too", (("code", f"{value} {title}"), ("some", _titled(node.codes, others))))
    return None


def _listed(node: Node, code: str) -> None:
    if node.closed and code not in (known := codelists.entries(node.codes, "en")):
        some = list(known)[:12]
        raise Mistake("unlisted", (("allowed", ", ".join(some) + (" …" if len(known) > len(some) else "")),))


_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


def _date(node: Node, text: str) -> str:
    """ISO 8601, and as it is often typed: 2026/11/26, 2026年11月26日."""
    match = _DATE.fullmatch(_narrow(text))
    try:
        return date(*(int(part) for part in match.groups())).isoformat() if match else _no_date()
    except ValueError:
        return _no_date()


def _no_date() -> str:
    raise Mistake("date")


def _digits(text: str) -> str:
    """A number without the commas that part thousands."""
    narrow = _narrow(text).replace("−", "-")
    return narrow.replace(",", "") if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", narrow) else narrow


def _integer(node: Node, text: str) -> int:
    plain = _digits(text)
    if not re.fullmatch(r"[+-]?[0-9]{1,16}", plain) or abs(int(plain)) > MAX_INTEGER:
        raise Mistake("integer")
    return int(plain)


def _number(node: Node, text: str) -> str:
    plain = _digits(text)
    try:
        number = Decimal(plain) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", plain) else None
    except InvalidOperation:
        number = None
    if number is None or len(plain) > MAX_DIGITS:
        raise Mistake("number")
    written = format(number, "f")
    written = written.rstrip("0").rstrip(".") if "." in written else written
    return "0" if number == 0 else written.lstrip("+")


def _yes(node: Node, text: str) -> bool:
    said = _narrow(text).casefold()
    if said in (YES, "true", "1", "y", "はい", "有", "○"):
        return True
    if said in (NO, "false", "0", "n", "いいえ", "無", "×"):
        return False
    raise Mistake("yes")


_READERS: Final[dict[str, Callable[[Node, str], Any]]] = {
    "text": _text, "long": lambda node, text: text, "lines": _lines, "words": _words, "date": _date,
    "integer": _integer, "number": _number, "yes": _yes, "code": _code,
}  # fmt: skip
