"""Values of documents as harmless text: no control or direction character works, nothing is endless. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any, Final

MAX_CHARACTERS: Final = 5_000
MAX_FIELDS: Final = 1_000
WHOLE_FIELDS: Final = 50_000
WHOLE_CHARACTERS: Final = 1_000_000
"""What a page shows that is signed: all of it up to so much, and of more it offers no signing."""


def visible(text: str) -> str:
    """The text with every control and formatting character (category C, new line excepted) written out: ⟦U+202E⟧."""
    return "".join(
        one if one == "\n" or not unicodedata.category(one).startswith("C") else f"⟦U+{ord(one):04X}⟧" for one in text
    )


def cut(text: str) -> tuple[str, int]:
    """(the beginning of a text, made visible; how many characters were left out)."""
    return visible(text[:MAX_CHARACTERS]), max(0, len(text) - MAX_CHARACTERS)


def fits(value: Any) -> bool:
    """Whether a page shows a JSON value whole: what does not fit is not signed at the desk."""
    count = characters = 0
    for path, text in leaves(value):
        count, characters = count + 1, characters + len(text) + sum(map(len, path))
        if count > WHOLE_FIELDS or characters > WHOLE_CHARACTERS:
            return False
    return True


def fields(value: Any) -> Iterator[tuple[str, str]]:
    """(path, text) for every leaf of a JSON value, in its order; list positions count from 1."""
    for path, text in leaves(value):
        yield " / ".join(path), text


def leaves(
    value: Any, path: tuple[str, ...] = (), words: tuple[str, str] = ("true", "false")
) -> Iterator[tuple[tuple[str, ...], str]]:
    """The same, with the path's steps apart. words: for yes and no."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from leaves(inner, (*path, str(name)), words)
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value, 1):
            yield from leaves(inner, (*path, str(number)), words)
    elif isinstance(value, bool):
        yield path, words[0] if value else words[1]
    else:
        yield path, value if isinstance(value, str) else "–" if value in (None, {}, []) else str(value)
