"""Whole code lists of a folder: each file's name begins with its list's, such as port-JP.csv or carrier.json."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from portledger.domain.errors import InvalidInput
from portledger.formats import codelists, published_lists
from portledger.formats.codelists import Titles

_NAME: Final = re.compile(r"([A-Za-z]+)([-_. ].*)?\.(csv|json)", re.IGNORECASE)


def load(folder: Path) -> dict[str, int]:
    """Adds the lists of every CSV and JSON file in a folder: list -> codes. Raises InvalidInput, naming the file."""
    found: dict[str, dict[str, Titles]] = {}
    try:
        for path in sorted(folder.iterdir()):
            if match := _NAME.fullmatch(path.name):
                found.setdefault(match[1], {}).update(published_lists.read(match[1], path.name, path.read_bytes()))
    except OSError as wrong:
        raise InvalidInput("--codes", f"{folder}: {wrong.strerror}", "a folder of code lists") from wrong
    codelists.add(found)
    return {name: len(codes) for name, codes in found.items()}
