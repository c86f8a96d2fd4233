"""What a person sees of a document's items (protocol/labels): titles in both languages, and the form they are typed in.

`form` draws a kind's form from its datasets, the table of labels, and the schemas: which members must be there is not
written down twice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from portledger import resources
from portledger.domain.errors import KindError
from portledger.domain.kinds import KindFile
from portledger.formats import schema

ROW: Final = "*"
"""Stands in a path for the number of a row."""
INPUTS: Final = ("text", "long", "lines", "words", "date", "integer", "number", "yes", "code")
DIGITS: Final = ("container", "lei", "corporate", "imo", "party")
LANGUAGES: Final = ("en", "ja")
_MEMBERS: Final = frozenset(
    ["en", "ja", "input", "list", "closed", "digits", "part", "many", "fixed", "needed", "means"]
)

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One entry of a form: a field (input is set), an object, or rows of objects (many).

    path: dataset, item, members, ROW where a row's number comes; codes: a list of codelists; closed: only its codes;
    digits: one of DIGITS; needed: must be there where what is around it is; means: what it says, by whatever name.
    """

    path: Path
    title: Mapping[str, str]
    input: str = ""
    many: bool = False
    needed: bool = False
    codes: str = ""
    closed: bool = False
    digits: str = ""
    means: Path = ()
    children: tuple[Node, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class Form:
    """sections: a node for each dataset that has anything to fill in; fixed: (dataset, item) -> value."""

    kind: KindFile
    sections: tuple[Node, ...]
    fixed: Mapping[tuple[str, str], Any]

    def nodes(self) -> Iterator[Node]:
        """Every node, each before its children."""
        waiting = list(reversed(self.sections))
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)


@lru_cache(maxsize=1)
def table() -> dict[str, dict[str, Any]]:
    """protocol/labels/items.toml: items and parts."""
    return tomllib.loads(resources.read("labels/items.toml").decode())


def label(kind: str, item: str) -> dict[str, Any] | None:
    """The entry of an item, the kind's own first; None where there is none."""
    items = table()["items"]
    found: dict[str, Any] | None = items.get(f"{kind}.{item}", items.get(item))
    return found


@lru_cache(maxsize=64)
def form(kind: KindFile) -> Form:
    """The form of a kind. Raises KindError when its labels break a rule."""
    if findings := lint(kind):
        raise findings[0]
    sections, fixed = [], {}
    for dataset in kind.datasets:
        drawn = schema.drawn(kind, dataset)
        nodes = []
        for item in dataset.fields:
            entry = label(kind.id, item) or {}
            if "fixed" in entry:
                fixed[dataset.name, item] = entry["fixed"]
            elif "input" in entry or "part" in entry:
                shape = _resolved(drawn["properties"][item], drawn)
                needed = item in drawn["required"] or bool(entry.get("needed"))
                nodes.append(_node(entry, (dataset.name, item), needed, shape, drawn, (entry.get("means", item),)))
        if nodes:
            sections.append(Node((dataset.name,), dataset.title, children=tuple(nodes)))
    return Form(kind, tuple(sections), fixed)


def _node(
    entry: Mapping[str, Any], path: Path, needed: bool, shape: Mapping[str, Any], drawn: Mapping[str, Any], means: Path
) -> Node:
    title = {language: entry[language] for language in LANGUAGES}
    if "part" not in entry:
        codes = entry.get("list", "")
        return Node(
            path, title, entry["input"], False, needed, codes, bool(entry.get("closed")), entry.get("digits", ""), means
        )
    many = bool(entry.get("many"))
    if many:
        shape, path, means = _resolved(shape.get("items", {}), drawn), (*path, ROW), (*means, ROW)
    children = []
    for name, inner in table()["parts"][entry["part"]].items():
        if "input" not in inner and "part" not in inner:
            continue  # shown, never asked for
        inside = _resolved(shape.get("properties", {}).get(name, {}), drawn)
        must = name in shape.get("required", ()) or bool(inner.get("needed"))
        children.append(_node(inner, (*path, name), must, inside, drawn, (*means, inner.get("means", name))))
    return Node(path[:-1] if many else path, title, "", many, needed, means=means, children=tuple(children))


def _resolved(shape: Mapping[str, Any], drawn: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in shape:
        shape = drawn["$defs"][shape["$ref"].rpartition("/")[2]]
    return shape


def titles(kind: KindFile, path: Path, language: str) -> list[str]:
    """The titles along a path inside a dataset; row numbers, and members without a label, as they are."""
    if not path:
        return []
    entry = label(kind.id, path[0])
    found = [entry[language] if entry else path[0]]
    for step in path[1:]:
        part = table()["parts"].get(entry["part"], {}) if entry and "part" in entry else {}
        if step.isdigit() and step not in part:
            found.append(step)
            continue
        entry = part.get(step)
        found.append(entry[language] if entry else step)
    return found


def place(kind: KindFile, path: Path) -> tuple[int, ...]:
    """Where a path inside a dataset stands among others of its item, as the labels are listed: members without a label
    after those with one, rows by their number."""
    entry, found = label(kind.id, path[0]) if path else None, []
    for step in path[1:]:
        part = table()["parts"].get(entry["part"], {}) if entry and "part" in entry else {}
        if step.isascii() and step.isdigit() and step not in part:
            found.append(int(step))
            continue
        found.append(list(part).index(step) if step in part else len(part))
        entry = part.get(step)
    return tuple(found)


def lint(kind: KindFile) -> list[KindError]:
    """What is wrong with a kind's labels: an item without one, a language missing, a part or list that there is not."""
    findings = []
    for dataset in kind.datasets:
        for item in dataset.fields:
            where = f"{kind.id} {dataset.name}.{item}"
            entry = label(kind.id, item)
            if entry is None:
                findings.append(KindError(where, "no label", "a label in protocol/labels/items.toml", "Add one."))
            else:
                findings += [KindError(f"{where}{at}", said, allowed) for at, said, allowed in _wrong(entry, 0)]
    return findings


def _wrong(entry: Mapping[str, Any], depth: int) -> Iterator[tuple[str, str, str]]:
    """(place below the entry, what is wrong, what is allowed)."""
    from portledger.formats import codelists

    if strangers := sorted(set(entry) - _MEMBERS):
        yield "", ", ".join(strangers), ", ".join(sorted(_MEMBERS))
    for language in LANGUAGES:
        if not isinstance(entry.get(language), str) or not entry[language].strip():
            yield "", f"no title in {language}", "titles in en and ja"
    if len({"input", "part", "fixed"} & set(entry)) > 1:
        yield "", "several of input, part and fixed", "one of them, or none"
    if entry.get("input", "text") not in INPUTS:
        yield "", f"input {entry['input']!r}", ", ".join(INPUTS)
    if entry.get("digits", "lei") not in DIGITS:
        yield "", f"digits {entry['digits']!r}", ", ".join(DIGITS)
    if "list" in entry and entry["list"] not in codelists.names():
        yield "", f"list {entry['list']!r}", ", ".join(sorted(codelists.names()))
    if "part" in entry:
        part = table()["parts"].get(entry["part"])
        if part is None:
            yield "", f"part {entry['part']!r}", ", ".join(table()["parts"])
        elif depth > 10:
            yield "", f"part {entry['part']!r} inside itself", "parts that end"
        else:
            for name, inner in part.items():
                yield from ((f"/{name}{at}", said, allowed) for at, said, allowed in _wrong(inner, depth + 1))
