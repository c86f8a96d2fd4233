"""Which column of a spreadsheet is which field of a form: by titles in either language, by pointers, by item names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from portledger.formats import filling
from portledger.formats.filling import Filled
from portledger.formats.labels import LANGUAGES, ROW, Form, Node
from portledger.formats.typed import cleaned

MAX_INDEX: Final = 50
"""Rows of one group that columns can name: "Item 50 / Description of goods"."""


def _plain(text: str) -> str:
    """A title without what people write differently: width, case, spaces, stars and signs between words."""
    narrow = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s/_.\-:>→・()（）＊*\[\]「」]+", "", narrow)


def names(form: Form) -> dict[str, list[str]]:
    """Plain name -> the pointers it may mean (rows as ROW): whole and last titles, pointers and item names."""
    found: dict[str, list[str]] = {}
    parents: dict[tuple[str, ...], Node] = {node.path: node for node in form.nodes()}
    for node in form.nodes():
        if not node.input:
            continue
        at = filling.pointer(node.path)
        steps = [step for step in node.path if step != ROW]
        above = [parents[path] for size in range(1, len(node.path)) if (path := node.path[:size]) in parents]
        spoken = {at, "".join(steps), "".join(steps[1:]), "".join(steps[-2:]), steps[-1]}
        for language in LANGUAGES:
            titles = [one.title[language] for one in (*above, node)]
            spoken |= {"".join(titles), "".join(titles[1:]), "".join(titles[-2:]), titles[-1]}
        for name in spoken:
            places = found.setdefault(_plain(name), [])
            if at not in places:
                places.append(at)
    return found


def guess(form: Form, header: Sequence[str]) -> list[str]:
    """For each column the field it is, or empty: a title that could mean several fields means none. Each field once."""
    known = names(form)
    taken: set[str] = set()
    guessed = []
    for title in header:
        at = _guess(known, title)
        if at in taken:
            at = ""
        taken.add(at)
        guessed.append(at)
    return guessed


def _guess(known: dict[str, list[str]], title: str) -> str:
    places = known.get(_plain(title), [])
    if not places and (numbered := re.search(r"(\d{1,2})", unicodedata.normalize("NFKC", title))):
        number = int(numbered[1])
        rest = unicodedata.normalize("NFKC", title)
        rest = rest[: numbered.start()] + rest[numbered.end() :]
        places = [
            at.replace(f"/{ROW}", f"/{number - 1}", 1)
            for at in known.get(_plain(rest), [])
            if f"/{ROW}" in at and 0 < number <= MAX_INDEX
        ]
    best = [at for at in places if ROW not in at] or places
    return best[0].replace(f"/{ROW}", "/0") if len(best) == 1 else ""


def fields(form: Form) -> list[str]:
    """The pointers that a column may be given to: every field, of the first row of each group."""
    return [filling.pointer(node.path).replace(f"/{ROW}", "/0") for node in form.nodes() if node.input]


def fill(form: Form, columns: Sequence[str], row: Iterable[str]) -> Filled:
    """The form of one row. columns: for each column a pointer, or empty."""
    filled = filling.texts_of(form, {})
    for at, text in zip(columns, row, strict=True):
        if at and cleaned(text):
            _make_room(form, filled, at)
            if at in filled.texts:
                filled.texts[at] = cleaned(text)
    return filled


def _make_room(form: Form, filled: Filled, at: str) -> None:
    """Adds the rows that a pointer goes through."""
    steps = at.split("/")[1:]
    for place, step in enumerate(steps):
        group = "".join(f"/{one}" for one in steps[:place])
        if step.isdigit() and group in filled.rows:
            while filled.rows[group] <= int(step) < MAX_INDEX:
                filling.add_row(form, filled, group)
