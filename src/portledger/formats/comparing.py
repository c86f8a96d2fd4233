"""Two versions of a document side by side: what was changed, added, removed, field by field. Pure.

Rows of a list are matched first by being equal, then by how alike they are, so that a row put in front does not make
all rows after it differ. Every rule is the same in both directions: what one way calls added the other calls removed.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

Path = tuple[str | int, ...]
"""Members by name, rows by number from 0."""
MAX_PAIRS: Final = 40_000
"""How many pairs of rows are looked at for likeness; where there are more, rows are paired by their place."""
ALIKE: Final = 0.5
"""The part of two rows' leaves that must be equal for one to be a change of the other."""
_IDENTITIES: Final = ("number", "reference", "id")
"""Ends of the names of members that tell one row from another."""


class Sort(StrEnum):
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    """Rows of a list that stand in another order."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field. before, after: where it stands in either version, None where it is not there; old, new: its leaves."""

    sort: Sort
    before: Path | None
    after: Path | None
    old: Any = None
    new: Any = None

    @property
    def path(self) -> Path:
        """Where it stands now, or where it stood."""
        return self.after if self.after is not None else self.before or ()


class Found(StrEnum):
    """What can be said of a dataset."""

    SAME = "same"
    """Read in both versions, and equal."""
    CHANGED = "changed"
    """Read in both versions, and not equal."""
    SAME_UNSEEN = "same_unseen"
    """Not read, and proven equal: both manifests name the same sealed bytes under the same root of fields."""
    RESEALED_UNSEEN = "resealed_unseen"
    """Not read, and sealed anew: what changed, or whether, cannot be said."""
    ONLY_BEFORE = "only_before"
    """Sealed anew, and read only as it was."""
    ONLY_AFTER = "only_after"
    """Sealed anew, and read only as it is."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset of both versions. changes: only of CHANGED."""

    name: str
    found: Found
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One version as a party reads it. seals: dataset -> what its manifest says of it, in the kind's order; values: of
    the datasets that are open."""

    seals: Mapping[str, Any]
    values: Mapping[str, Any]


def pointer(path: Path) -> str:
    """The path as a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(one).replace("~", "~0").replace("/", "~1") for one in path)


def counted(path: Path) -> tuple[str, ...]:
    """The path as people read it: rows are counted from 1."""
    return tuple(str(one + 1) if isinstance(one, int) else one for one in path)


def datasets(before: Side, after: Side) -> list[Dataset]:
    """Dataset by dataset, in the order of the second version."""
    names = [*after.seals, *(name for name in before.seals if name not in after.seals)]
    return [_dataset(name, before, after) for name in names]


def _dataset(name: str, before: Side, after: Side) -> Dataset:
    if name in before.values and name in after.values:
        changes = tuple(changed(before.values[name], after.values[name]))
        return Dataset(name, Found.CHANGED if changes else Found.SAME, changes)
    if before.seals.get(name) == after.seals.get(name):
        return Dataset(name, Found.SAME_UNSEEN)
    if name in before.values:
        return Dataset(name, Found.ONLY_BEFORE)
    return Dataset(name, Found.ONLY_AFTER if name in after.values else Found.RESEALED_UNSEEN)


def changed(before: Any, after: Any, at: tuple[Path, Path] = ((), ())) -> Iterator[Change]:
    """Every change from one JSON value to another, in their order; none where they are equal."""
    was, now = at
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _members(before, after, was, now)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _rows(before, after, was, now)
    elif not (_leaf(before) and _leaf(after)):
        yield from _removed(before, was)
        yield from _added(after, now)
    elif _text(before) != _text(after):
        yield Change(Sort.CHANGED, was, now, before, after)


def _members(before: Mapping[str, Any], after: Mapping[str, Any], was: Path, now: Path) -> Iterator[Change]:
    for name, value in before.items():
        if name in after:
            yield from changed(value, after[name], ((*was, name), (*now, name)))
        else:
            yield from _removed(value, (*was, name))
    for name, value in after.items():
        if name not in before:
            yield from _added(value, (*now, name))


def _rows(before: Sequence[Any], after: Sequence[Any], was: Path, now: Path) -> Iterator[Change]:
    pairs = matched(before, after)
    for i, j in sorted(pairs):
        yield from changed(before[i], after[j], ((*was, i), (*now, j)))
    gone, new = {i for i, _ in pairs}, {j for _, j in pairs}
    for i, row in enumerate(before):
        if i not in gone:
            yield from _removed(row, (*was, i))
    for j, row in enumerate(after):
        if j not in new:
            yield from _added(row, (*now, j))
    if [j for _, j in sorted(pairs)] != sorted(new):
        yield Change(Sort.MOVED, was, now)


def _leaf(value: Any) -> bool:
    return not (isinstance(value, dict | list) and value)


def _removed(value: Any, path: Path) -> Iterator[Change]:
    return (Change(Sort.REMOVED, at, None, old=leaf) for at, leaf in _leaves(value, path))


def _added(value: Any, path: Path) -> Iterator[Change]:
    return (Change(Sort.ADDED, None, at, new=leaf) for at, leaf in _leaves(value, path))


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _leaves(inner, (*path, number))
    else:
        yield path, value


def _text(value: Any) -> str:
    """One text for equal values only: to Python True and 1 are equal, to a document they are not."""
    return json.dumps(value, sort_keys=True)


# --- rows ------------------------------------------------------------------------------------------------------------


def matched(before: Sequence[Any], after: Sequence[Any]) -> list[tuple[int, int]]:
    """Which row became which: pairs of places, from 0. Equal rows first, in their order; then the most alike."""
    pairs = _equal(before, after)
    gone, new = {i for i, _ in pairs}, {j for _, j in pairs}
    left = [i for i in range(len(before)) if i not in gone]
    right = [j for j in range(len(after)) if j not in new]
    if len(left) * len(right) > MAX_PAIRS:
        return [*pairs, *((i, i) for i in set(left) & set(right))]
    olds, news = {i: _set(before[i]) for i in left}, {j: _set(after[j]) for j in right}
    likeness = [(_alike(olds[i], news[j], i == j), i, j) for i in left for j in right]
    # Neither direction has a rank of its own: two pairs that rank the same never share a row.
    for score, i, j in sorted(likeness, key=lambda one: (-one[0], one[1] + one[2], abs(one[1] - one[2]))):
        if score >= ALIKE and i not in gone and j not in new:
            pairs.append((i, j))
            gone.add(i)
            new.add(j)
    return pairs


def _equal(before: Sequence[Any], after: Sequence[Any]) -> list[tuple[int, int]]:
    """Rows that are the same; of several the first with the first."""
    places: dict[str, list[int]] = defaultdict(list)
    for j, row in enumerate(after):
        places[_text(row)].append(j)
    seen: Counter[str] = Counter()
    pairs = []
    for i, row in enumerate(before):
        text = _text(row)
        if seen[text] < len(places.get(text, [])):
            pairs.append((i, places[text][seen[text]]))
            seen[text] += 1
    return pairs


def _set(row: Any) -> frozenset[tuple[Path, str]]:
    return frozenset((path, _text(leaf)) for path, leaf in _leaves(row))


def _alike(one: frozenset[tuple[Path, str]], other: frozenset[tuple[Path, str]], same_place: bool) -> float:
    """From 0 to 2: the part of the leaves that are equal; more with the same identity; half at least in one place."""
    common = one & other
    share = len(common) / max(len(one), len(other), 1)
    known = any(path and str(path[-1]).lower().endswith(_IDENTITIES) for path, _ in common)
    return max(share + known, ALIKE if same_place else 0.0)
