"""Strict JSON values and their one byte form (docs/protocol §8, "Values").

A strict value is null, true, false, a string in Unicode NFC, an integer below 2^53 in size, or a list or an object of
such; no floats. Its bytes are RFC 8785 (JCS). Leaves are named by RFC 6901 pointers: an array index in decimal, `~` and
`/` escaped as `~0` and `~1`, `{}` and `[]` are leaves themselves.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NoReturn

import orjson

from portledger.domain.hashing import jcs
from portledger.domain.vault_errors import NotCanonical

Leaf = tuple[str, Any]
"""(pointer, null | bool | int | str | {} | [])"""

MAX_INTEGER: Final = 2**53 - 1
MAX_DEPTH: Final = 64
"""Nesting of a value; trade documents use about ten."""
MAX_POINTER: Final = 1_000
"""Characters of a leaf's pointer."""
MAX_LEAVES: Final = 100_000
"""Leaves of one value; trade documents have hundreds, seldom thousands."""

_INDEX: Final = re.compile(r"0|[1-9][0-9]*")
_BAD_ESCAPE: Final = re.compile(r"~(?![01])")


def encode(value: Any) -> bytes:
    """The JCS bytes of a strict value. Raises NotCanonical where it is not strict, naming the place."""
    check(value)
    return encode_checked(value)


def encode_checked(value: Any) -> bytes:
    """The JCS bytes of a value that `check`, `flatten` or `decode` has passed.

    orjson writes strings and integers exactly as RFC 8785 asks and sorts members by code point, which is the order of
    UTF-16 units unless a name holds a character above U+FFFF; those few go the long way.
    """
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    # Lead byte F0..F4 of UTF-8: a character above U+FFFF is somewhere in the text.
    return jcs(value) if any(lead in text for lead in _ASTRAL) else text


_ASTRAL: Final = tuple(bytes([lead]) for lead in range(0xF0, 0xF5))


def decode(text: bytes) -> Any:
    """A strict value from any JSON text in UTF-8.

    Raises NotCanonical: malformed, duplicate members, floats, not NFC.
    """
    try:
        value = json.loads(
            text.decode("utf-8"), object_pairs_hook=_members, parse_float=_no_float, parse_constant=_no_float
        )
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise NotCanonical("JSON text", str(error), "JSON in UTF-8 (RFC 8259)") from error
    check(value)
    return value


def decode_canonical(text: bytes) -> Any:
    """The value of a text that must already be its own JCS form, to the byte.

    Duplicate members, white space, another order, another spelling of a number: each gives other bytes.
    """
    try:
        value = orjson.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotCanonical("JSON text", str(error), "JSON in UTF-8 (RFC 8259)") from error
    if not _plainly_strict(text):
        check(value)
    if encode_checked(value) != text:
        raise NotCanonical("JSON text", "bytes that differ from the canonical form", "the RFC 8785 bytes of the value")
    return value


_STRINGS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_DOUBTFUL: Final = re.compile(rb"[.eE]|[0-9]{16}")
"""Outside strings: what may be a float or an integer of 2^53 or more; true and false have an e, and go before."""


def _plainly_strict(text: bytes) -> bool:
    """Whether a canonical text is seen to be strict without looking at its values one by one; False where in doubt.

    Outside its strings nothing may look like a float or a great integer, nothing is nested deeply; as a whole it is in
    NFC, which no quotation mark can hide, since none composes with what follows it.
    """
    if not text.isascii() and not unicodedata.is_normalized("NFC", text.decode(errors="replace")):
        return False
    bare = _STRINGS.sub(b"", text)
    if _DOUBTFUL.search(bare.replace(b"true", b"").replace(b"false", b"")):
        return False
    depth = 0
    for bracket in bare.translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return False
    return True


_NOT_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")


def check(value: Any) -> None:
    """Raises NotCanonical unless the value is strict."""
    _check(value, 0)


def flatten(value: Any) -> list[Leaf]:
    """Every leaf with its pointer, in the value's own order; checks strictness on the way.

    An object's member named like an array index ("0", "12") is refused: its pointer would read like an array's item,
    and two different values would have the same leaves. Raises NotCanonical also for a pointer longer than MAX_POINTER
    and for more than MAX_LEAVES leaves, so that no text is read into much more memory than it takes itself.
    """
    leaves: list[Leaf] = []
    _walk("", value, leaves, 0)
    return leaves


def unflatten(leaves: Iterable[Leaf]) -> Any:
    """The value whose `flatten` gives these leaves, in any order. Raises NotCanonical when there is none."""
    tree: dict[str, Any] = {}
    for path, value in leaves:
        _graft(tree, path, value)
    if not tree:
        raise NotCanonical("", "no leaf", "at least one")
    return _shaped("", tree)


def resolve(value: Any, path: str) -> Any:
    """What stands at the pointer, leaf or not. Raises KeyError when nothing does."""
    for token in tokens(path):
        if isinstance(value, dict):
            value = value[token]
        elif isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
            value = value[int(token)]
        else:
            raise KeyError(path)
    return value


def tokens(path: str) -> list[str]:
    """The unescaped steps of an RFC 6901 pointer. Raises NotCanonical for what is no pointer."""
    if path == "":
        return []
    if not path.startswith("/") or _BAD_ESCAPE.search(path):
        raise NotCanonical(path, "no JSON pointer", "RFC 6901: '' or '/' before every step, ~0 and ~1 as escapes")
    _check_text(path, path)
    return [token.replace("~1", "/").replace("~0", "~") for token in path[1:].split("/")]


def pointer(steps: Iterable[str | int]) -> str:
    """The RFC 6901 pointer of these steps."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def _check(value: Any, depth: int) -> None:
    """The place is put together only for a failure, on the way back: a long name would be copied for every member."""
    kind = type(value)
    if kind is str:
        if not value.isascii():
            _check_text("", value)
    elif kind is dict:
        _check_depth("", depth)
        for name, member in value.items():
            _check_name(name)
            try:
                _check(member, depth + 1)
            except NotCanonical as failure:
                raise _within(name, failure) from None
    elif kind is list:
        _check_depth("", depth)
        for index, item in enumerate(value):
            try:
                _check(item, depth + 1)
            except NotCanonical as failure:
                raise _within(index, failure) from None
    else:
        _check_scalar("", value)


def _within(step: str | int, failure: NotCanonical) -> NotCanonical:
    return NotCanonical(pointer([step])[:MAX_POINTER] + failure.where, failure.found, failure.allowed)


def _walk(path: str, value: Any, out: list[Leaf], depth: int) -> None:
    if len(path) > MAX_POINTER:
        raise NotCanonical(path[:80], f"a pointer of {len(path)} characters", f"at most {MAX_POINTER}")
    if len(out) >= MAX_LEAVES:
        raise NotCanonical(path, f"more than {MAX_LEAVES} leaves", f"at most {MAX_LEAVES}")
    kind = type(value)
    if kind is str:
        if not value.isascii():
            _check_text(path, value)
        out.append((path, value))
    elif kind is dict and value:
        _check_depth(path, depth)
        for name, member in value.items():
            _walk(path + _member_token(path, name), member, out, depth + 1)
    elif kind is list and value:
        _check_depth(path, depth)
        for index, item in enumerate(value):
            _walk(f"{path}/{index}", item, out, depth + 1)
    else:
        if kind is not dict and kind is not list:
            _check_scalar(path, value)
        out.append((path, value))


def _check_scalar(path: str, value: Any) -> None:
    kind = type(value)
    if value is None or kind is bool:
        return
    if kind is not int:
        raise NotCanonical(path, f"a {kind.__name__}", "null, true, false, string, integer, list or object")
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise NotCanonical(path, f"the integer {value}", "below 2^53 in size; greater ones as decimal strings")


def _check_text(path: str, text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotCanonical(path, "half of a surrogate pair", "text that UTF-8 can write") from None
    if not unicodedata.is_normalized("NFC", text):
        raise NotCanonical(path, f"{text[:40]!a}, not in NFC", "Unicode normalisation form C")


def _check_depth(path: str, depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise NotCanonical(path[:80], "deeper nesting", f"{MAX_DEPTH} levels")


def _check_name(name: Any) -> None:
    if type(name) is not str:
        raise NotCanonical("", f"a member named by a {type(name).__name__}", "strings")
    if not name.isascii():
        _check_text(pointer([name])[:MAX_POINTER], name)


def _member_token(path: str, name: Any) -> str:
    if type(name) is not str:
        raise NotCanonical(path, f"a member named by a {type(name).__name__}", "strings")
    if len(name) > MAX_POINTER:
        raise NotCanonical(path, f"a name of {len(name)} characters", f"a pointer of at most {MAX_POINTER}")
    token = _token(name)
    if token[1:2].isdigit() and _INDEX.fullmatch(name):
        raise NotCanonical(path + token, "a member named like an array index", "other names")
    return token


@lru_cache(maxsize=8192)
def _token(name: str) -> str:
    _check_text(name, name)
    return pointer([name])


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotCanonical(pointer([twice]), "the member twice", "each member once")
    return members


def _no_float(text: str) -> NoReturn:
    raise NotCanonical("JSON text", f"the number {text[:40]}", "integers; others as decimal strings")


class _Branch(dict[str, Any]):
    """A grown object or array; told from a leaf `{}` by its type."""


def _graft(tree: dict[str, Any], path: str, value: Any) -> None:
    steps = ["", *tokens(path)]
    for step in steps[:-1]:
        tree = tree.setdefault(step, _Branch())
        if not isinstance(tree, _Branch):
            raise NotCanonical(path, "a leaf below a leaf", "leaves beside each other")
    if steps[-1] in tree:
        raise NotCanonical(path, "the leaf twice", "each leaf once")
    if isinstance(value, dict | list) and value:
        raise NotCanonical(path, "a value that is no leaf", "scalars, {} and []")
    try:
        check(value)
    except NotCanonical as failure:
        raise NotCanonical(path, failure.found, failure.allowed) from None
    tree[steps[-1]] = value


def _shaped(path: str, tree: dict[str, Any]) -> Any:
    def shape(path: str, node: Any) -> Any:
        if not isinstance(node, _Branch):
            return node
        if all(_INDEX.fullmatch(name) for name in node):
            return list(_items(path, node))
        if any(_INDEX.fullmatch(name) for name in node):
            raise NotCanonical(path, "array items and members side by side", "one or the other")
        return {name: shape(path + pointer([name]), member) for name, member in node.items()}

    def _items(path: str, node: _Branch) -> Iterator[Any]:
        for index in range(len(node)):
            if str(index) not in node:
                raise NotCanonical(f"{path}/{index}", "a gap in an array", "indices from 0 without gaps")
            yield shape(f"{path}/{index}", node[str(index)])

    return shape(path, tree[""])
