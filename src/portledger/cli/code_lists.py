"""Whole code lists of a folder: each file's name begins with its list's, such as port-JP.csv or carrier.json."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from portledger.domain.errors import InvalidInput
from portledger.formats import codelists, published_lists
from portledger.formats.codelists import Titles

_NAME: Final = re.compile(r"([A-Za-z]+)([-_. ].*)?\.(csv|json)", re.IGNORECASE)
_SOME: Final = 8
"""Names of files that are told."""


def load(folder: Path) -> tuple[dict[str, int], list[str]]:
    """Adds the lists of every CSV and JSON file in a folder: (list -> codes, names that begin with no list's and were
    passed over, hidden ones left out). Raises InvalidInput, naming the file."""
    found: dict[str, dict[str, Titles]] = {}
    passed: list[str] = []
    try:
        for path in sorted(folder.iterdir()):
            if match := _NAME.fullmatch(path.name):
                found.setdefault(match[1], {}).update(published_lists.read(match[1], path.name, _bytes(path)))
            elif not path.name.startswith("."):
                passed.append(path.name)
    except OSError as wrong:
        raise InvalidInput("--codes", f"{folder}: {wrong.strerror}", "a folder of code lists") from wrong
    codelists.add(found)
    return {name: len(codes) for name, codes in found.items()}, passed


def _bytes(path: Path) -> bytes:
    """Raises InvalidInput for more than is read of a list, before it is in memory."""
    size = path.stat().st_size
    if size > published_lists.MAX_BYTES:
        raise InvalidInput(path.name, f"{size} bytes", f"at most {published_lists.MAX_BYTES}")
    return path.read_bytes()


def said(counts: Mapping[str, int], passed: Sequence[str]) -> str:
    """What was added, and what was not: files as they are published begin with no list's name."""
    told = "Code lists: " + (", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none found") + "."
    if passed:
        some = ", ".join(repr(name) for name in passed[:_SOME]) + (" …" if len(passed) > _SOME else "")
        names = ", ".join(published_lists.names())
        told += f"\nNot read, since their names are no list's: {some}. A file's name begins with its list's ({names}), "
        told += "such as port-1.csv for a part of UN/LOCODE."
    return told
