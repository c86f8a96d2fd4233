"""A document's contents laid out as a person knows the form: boxes of their own widths, tables for what has rows.

Every leaf that is given comes out once, whatever a form's description (protocol/labels/sheets.toml) says of it: what it
does not name stands in a box or a column of its own. Pure.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from portledger import resources
from portledger.domain.kinds import KindFile
from portledger.formats.labels import Path, place, titles

Leaf = tuple[Path, str]
"""(path inside a dataset, rows counted from 1; its text)"""
WHOLE: Final = 12
"""Twelfths of a page's width."""
_MOST_COLUMNS: Final = 8
"""Of a table that no description names: what is wider is shown as lines."""
_LINES: Final = 6
_VALUE: Final = 4
_SHORT: Final = 40
"""Characters of a value that stands in a box of a third of the page."""
_MEASURE: Final = ({"value", "unit"}, {"amount", "currency"})
"""Members that are read together: 12,000 KGM."""


@dataclass(frozen=True, slots=True)
class Line:
    """label: empty where the place says it; texts: of what is read together."""

    label: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """width: twelfths; lines, or heads and rows of a table: each row a cell for every head."""

    title: str
    width: int
    lines: tuple[Line, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[tuple[Line, ...], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Sheet:
    """boxes: dataset -> (item, width) in their order; columns: dataset/item -> prefixes of each column."""

    boxes: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    columns: Mapping[str, Sequence[Sequence[Path]]] = field(default_factory=dict)


@lru_cache(maxsize=1)
def table() -> dict[str, dict[str, Any]]:
    """protocol/labels/sheets.toml by kind, each with what it takes from another."""
    told: dict[str, dict[str, Any]] = tomllib.loads(resources.read("labels/sheets.toml").decode())
    return {kind: told[sheet["as"]] if "as" in sheet else sheet for kind, sheet in told.items()}


@lru_cache(maxsize=64)
def _sheet(kind: str) -> _Sheet:
    told = table().get(kind, {})
    columns = {
        at: [[tuple(one.split("/")) for one in column] for column in told_of]
        for at, told_of in told.get("columns", {}).items()
    }
    return _Sheet({name: [_sized(one) for one in boxes] for name, boxes in told.items() if name != "columns"}, columns)


def _sized(text: str) -> tuple[str, int]:
    item, width = text.split()
    return item, int(width)


def boxes(kind: KindFile, dataset: str, leaves: Iterable[Leaf], language: str, more: str) -> list[Box]:
    """The boxes of a dataset. leaves: of its value; more: head of a column of what no other takes. Members stand in the
    order of their labels, whatever order they came in: canonical JSON is sorted by names."""
    sheet = _sheet(kind.id)
    widths = dict(sheet.boxes.get(dataset, ()))
    found: dict[str, list[Leaf]] = {item: [] for item in widths}
    for path, text in leaves:
        found.setdefault(path[0] if path else "", []).append((path, text))
    made: list[Box] = []
    for item, unordered in found.items():
        of_it = sorted(unordered, key=lambda leaf: place(kind, leaf[0]))
        title = titles(kind, (item,), language)[0] if item else ""
        rows, width = _rows(of_it), widths.get(item, 0)
        columns = sheet.columns.get(f"{dataset}/{item}") or (None if 0 < width < WHOLE else _columns(rows))
        if rows and columns:
            heads, cells = _table(kind, rows, columns, language, more)
            made.append(Box(title, WHOLE, heads=heads, rows=cells))
        elif rows:
            numbered = len(rows) > 1
            made += [
                _box(kind, f"{title} {one}" if numbered else title, row, 2, width, language)
                for one, row in rows.items()
            ]
        elif of_it:
            made.append(_box(kind, title, of_it, 1, width, language))
    return made


def _box(kind: KindFile, title: str, leaves: list[Leaf], at: int, width: int, language: str) -> Box:
    """A box of lines. at: position in their paths from which they need a label; width: 0 = as their length asks."""
    lines = _lines(kind, at, [(at, leaf) for leaf in leaves], language)
    short = len(lines) == 1 and sum(map(len, lines[0].texts)) <= _SHORT
    return Box(title, width or (_VALUE if short else _LINES), lines)


# --- tables ----------------------------------------------------------------------------------------------------------


def _rows(leaves: list[Leaf]) -> dict[str, list[Leaf]]:
    """Number of a row -> its leaves; empty where the item is not rows with members."""
    rows: dict[str, list[Leaf]] = {}
    for path, text in leaves:
        if len(path) < 3 or not _counts(path[1]):
            return {}
        rows.setdefault(path[1], []).append((path, text))
    return rows


def _counts(step: str) -> bool:
    return step.isascii() and step.isdigit()


def _columns(rows: Mapping[str, list[Leaf]]) -> list[list[Path]] | None:
    """A column for each member, where they are few and have no rows of their own."""
    members = dict.fromkeys(path[2] for row in rows.values() for path, _ in row)
    nested = any(_counts(step) for row in rows.values() for path, _ in row for step in path[2:])
    return None if nested or len(members) > _MOST_COLUMNS else [[(one,)] for one in members]


def _table(
    kind: KindFile, rows: Mapping[str, list[Leaf]], columns: Sequence[Sequence[Path]], language: str, more: str
) -> tuple[tuple[str, ...], tuple[tuple[tuple[Line, ...], ...], ...]]:
    """(heads, rows of cells). Columns that nothing stands in are left out."""
    used: list[tuple[str, list[tuple[Line, ...]]]] = []
    placed: set[Path] = set()
    for prefixes in columns:
        cells = []
        for row in rows.values():
            taken = [(at, leaf) for leaf in row if leaf[0] not in placed and (at := _after(leaf[0], prefixes))]
            placed |= {path for _, (path, _) in taken}
            cells.append(_lines(kind, 2, taken, language, several=len(prefixes) > 1))
        used.append((_head(kind, rows, prefixes, language), cells))
    rest = [[(2, leaf) for leaf in row if leaf[0] not in placed] for row in rows.values()]
    used.append((more, [_lines(kind, 2, row, language) for row in rest]))
    used = [(head, cells) for head, cells in used if any(cells)]
    return tuple(head for head, _ in used), tuple(zip(*(cells for _, cells in used), strict=True))


def _after(path: Path, prefixes: Iterable[Path]) -> int:
    """Position in the path after the first prefix that it begins with, rows not counted; 0 where there is none."""
    for prefix in prefixes:
        at, left = 2, list(prefix)
        while left and at < len(path) and (_counts(path[at]) or path[at] == left[0]):
            left = left if _counts(path[at]) else left[1:]
            at += 1
        if not left:
            return at
    return 0


def _head(kind: KindFile, rows: Mapping[str, list[Leaf]], prefixes: Iterable[Path], language: str) -> str:
    item = next(iter(rows.values()))[0][0][0]
    return " / ".join(dict.fromkeys(titles(kind, (item, "1", *_counted(prefix)), language)[-1] for prefix in prefixes))


def _counted(prefix: Path) -> Iterator[str]:
    """A prefix with a row number after each step but the last, so that titles are found along it."""
    for number, step in enumerate(prefix):
        yield step
        if number < len(prefix) - 1:
            yield "1"


# --- lines -----------------------------------------------------------------------------------------------------------


def _lines(
    kind: KindFile, row: int, placed: list[tuple[int, Leaf]], language: str, *, several: bool = False
) -> tuple[Line, ...]:
    """row: how many steps of the paths the box says, all the same; placed: each leaf with the position in its path from
    which it needs a label; several: whether members of several names stand here, so that the last step before that is
    needed too."""
    numbers = _numbers([path for _, (path, _) in placed])
    told: list[tuple[list[str], str, tuple[str, ...]]] = []  # (names, whole label, texts)
    for path, texts, at in _together(placed):
        names = titles(kind, path, language)
        listed = len(path) - 1 if len(path) - 1 == at else 0
        said = [number for number in range(row, len(path)) if _counts(path[number])]
        kept = {number for number in said if numbers[number] == _MANY and number != listed}
        kept |= {number for number in said if numbers[number] == _NAMES}
        kept |= set(range(at - 1 if several else at, len(path))) - set(said)
        label = [names[number] for number in sorted(kept)]
        told.append((label, " / ".join(label), texts))
    short: dict[str, set[str]] = {}
    for label, whole, _ in told:
        short.setdefault(label[-1] if label else "", set()).add(whole)
    return tuple(
        Line(label[-1] if label and len(short[label[-1]]) == 1 and not _counts(label[-1]) else whole, texts)
        for label, whole, texts in told
    )


_ONE, _MANY, _NAMES = "one", "many", "names"


def _numbers(paths: list[Path]) -> dict[int, str]:
    """What the digits at each position of the paths are: _ONE row, which needs no number; _MANY rows, whose numbers are
    needed but in a plain list, which is read in its order; _NAMES of members, which are not counted from 1."""
    seen: dict[int, dict[str, None]] = {}
    for path in paths:
        for number, step in enumerate(path):
            if _counts(step):
                seen.setdefault(number, {})[step] = None
    return {number: _sort(list(steps)) for number, steps in seen.items()}


def _sort(steps: list[str]) -> str:
    if steps != [str(number) for number in range(1, len(steps) + 1)]:
        return _NAMES
    return _MANY if len(steps) > 1 else _ONE


def _together(placed: list[tuple[int, Leaf]]) -> Iterator[tuple[Path, tuple[str, ...], int]]:
    """(path, texts, position of its label): a measure's amount and unit as one, under the measure's path."""
    members: dict[Path, set[str]] = {}
    for _, (path, _) in placed:
        if path:
            members.setdefault(path[:-1], set()).add(path[-1])
    waiting: dict[Path, dict[str, str]] = {}
    for at, (path, text) in placed:
        if not path or members[path[:-1]] not in _MEASURE:
            yield path, (text,), at
            continue
        parts = waiting.setdefault(path[:-1], {})
        parts[path[-1]] = text
        if len(parts) == 2:
            amount, unit = sorted(parts, key=("value", "amount", "unit", "currency").index)
            yield path[:-1], (parts[amount], parts[unit]), min(at, len(path) - 1)
