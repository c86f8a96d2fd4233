"""Kinds of documents: the rules as data, read from one TOML file per kind (docs/protocol §3).

The same file is executed by the contract (as packed words) and the Python model, drawn into the docs and read by the
auditor. It is checked before anything uses it: `lint` names every finding with file, row and remedy, `parse` raises the
first.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from typing import Any

from portledger.domain.codes import ROLE_BY_NAME
from portledger.domain.errors import KindError
from portledger.domain.kind_checker import Examination
from portledger.domain.kind_file import (
    EXTENSION,
    NONE,
    PROGRESS,
    Check,
    Dataset,
    KindFile,
    RoleFile,
    State,
    Verb,
    kind_digest,
)

__all__ = [
    "EXTENSION",
    "NONE",
    "PROGRESS",
    "Check",
    "Dataset",
    "KindFile",
    "RoleFile",
    "State",
    "Verb",
    "kind_digest",
    "lint",
    "lint_family",
    "load",
    "parse",
    "parse_roles",
]


def load(raw: bytes, name: str = "kind file") -> KindFile:
    """Reads and checks a file's bytes. Raises KindError with the first finding."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise KindError(name, f"bytes that are not UTF-8 at offset {error.start}", "UTF-8") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KindError(name, str(error), "TOML 1.0") from error
    return parse(data, name)


def parse(data: dict[str, Any], name: str = "kind file") -> KindFile:
    """The kind of a parsed file. Raises KindError with the first finding."""
    kind, findings = Examination(name, first=True).kind(data)
    if kind is None:
        raise findings[0]
    return kind


def lint(text: str, name: str = "kind file") -> list[KindError]:
    """Everything that is wrong with a file, in the file's order; empty when it may be defined."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [KindError(name, str(error), "TOML 1.0")]
    return Examination(name).kind(data)[1]


def lint_family(kinds: Iterable[KindFile]) -> list[KindError]:
    """What is wrong between files: a number or id used twice, a name with two numbers within a family."""
    findings: list[KindError] = []
    numbers: dict[int, str] = {}
    ids: set[str] = set()
    names: dict[tuple[int, str, str], tuple[int, str]] = {}
    for kind in kinds:
        if kind.number in numbers:
            findings.append(
                KindError(kind.id, f"number 0x{kind.number:04x}, also of {numbers[kind.number]}", "its own")
            )
        if kind.id in ids:
            findings.append(KindError(kind.id, "an id that another file has", "an id of its own"))
        numbers[kind.number] = kind.id
        ids.add(kind.id)
        named = [("state", s.name, s.number) for s in kind.states.values()]
        named += [("verb", v.name, v.number) for v in kind.verbs.values()]
        for what, name, number in named:
            first = names.setdefault((kind.family, what, name), (number, kind.id))
            if first[0] != number:
                findings.append(
                    KindError(
                        f"{kind.id} {what} {name}",
                        f"number {number}",
                        f"number {first[0]}, as in {first[1]}",
                        "Give a name one number in all variants of a family.",
                    )
                )
    return findings


def parse_roles(raw: bytes, name: str = "roles.toml") -> dict[str, RoleFile]:
    """The roles by name. Raises KindError when the file and `codes.Role` differ."""
    examination = Examination(name)
    roles = {}
    for role, item in tomllib.loads(raw.decode()).items():
        where = f"role {role}"
        if not isinstance(item, dict):
            examination.note(where, repr(item), "{ bit, title }")
            continue
        bit = examination.integer(where, item.get("bit"), 0, 63)
        roles[role] = RoleFile(role, bit, examination.title(where, item.get("title")))
        known = ROLE_BY_NAME.get(role)
        if known is None or int(known) != 1 << bit:
            examination.note(where, f"bit {bit}", f"the bit of the protocol: {known!r}")
    for missing in ROLE_BY_NAME.keys() - roles.keys():
        examination.note("", f"no role {missing}", "every role of the protocol")
    if examination.findings:
        raise examination.findings[0]
    return roles
