"""A kind as people read it: state diagram, rows, datasets and words, in Markdown and Mermaid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

from portledger.domain.codes import (
    ContentMode,
    CounterpartyMode,
    DetailMode,
    Effect,
    EndorseeMode,
    QuantityMode,
    ReferenceMode,
    Role,
    RuleFlag,
    Scope,
    Who,
)
from portledger.domain.errors import PortledgerError
from portledger.domain.kind_file import NONE, Dataset, KindFile
from portledger.domain.table import Rule


def diagram(kind: KindFile) -> str:
    """The kind's life as a Mermaid state diagram; notes, which change nothing, are left out."""
    ways: dict[tuple[int, int], list[str]] = {}
    for (state, verb), rule in kind.rows.items():
        if not rule.note:
            ways.setdefault((state, rule.next), []).append(kind.verb_name(verb))
    lines = ["stateDiagram-v2"]
    for (state, following), verbs in ways.items():
        start = "[*]" if state == NONE else kind.state_name(state)
        lines.append(f"    {start} --> {kind.state_name(following)}: {'<br>'.join(verbs)}")
    lines += [f"    {state.name} --> [*]" for state in kind.states.values() if state.final]
    return "\n".join(lines) + "\n"


def page(kind: KindFile) -> str:
    """The whole page docs/protocol/kinds/<id>.md."""
    return "\n".join(
        [
            f"# {kind.title['en']} ({kind.title['ja']})",
            "",
            "<!-- Drawn by scripts/draw_docs from protocol/kinds; change the kind file, not this page. -->",
            "",
            f"Kind 0x{kind.number:04x}, `{kind.id}`. Standard: {kind.standard}.",
            "",
            f"- file digest `{kind.file_digest.hex()}`",
            f"- kind digest `{kind.kind_digest.hex()}` (what the ledger stores, and what every client compares)",
            "",
            "## States",
            "",
            "```mermaid",
            diagram(kind).rstrip(),
            "```",
            "",
            *_states(kind),
            "",
            "## Rows",
            "",
            "Columns and codes are explained in docs/protocol §3. An empty cell is the default: none, free or zero.",
            "",
            *_rows(kind),
            "",
            "## Words and details",
            "",
            *_verbs(kind),
            "",
            "## Datasets",
            "",
            "A dataset is sealed and granted as one. It may be read by a relation to the record or a business role,",
            "from the named state on. Items in bold may never be hidden.",
            "",
            *_datasets(kind),
            "## Checks",
            "",
            *_table(
                ("check", "needs", "says", "CEL"),
                ((c.name, ", ".join(c.needs), c.title["en"], _code(c.cel)) for c in kind.checks),
            ),
            "",
        ]
    )


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _code(text: str) -> str:
    return f"`{text}`"


def _states(kind: KindFile) -> list[str]:
    rows = [
        (
            str(state.number),
            _code(state.name),
            state.title["en"],
            state.title["ja"],
            state.progress + (", final" if state.final else ""),
            state.dcsa,
        )
        for state in sorted(kind.states.values(), key=lambda state: state.number)
    ]
    return _table(("number", "state", "title", "和名", "progress", "shown to DCSA as"), rows)


def row_cells(kind: KindFile, state: int, verb: int) -> dict[str, str]:
    """One row in words, by column: the columns of docs/protocol §4."""
    rule = kind.rows[state, verb]
    return {
        "state": kind.state_name(state),
        "verb": kind.verb_name(verb),
        "next": kind.state_name(rule.next),
        "who": _bits(rule.who, Who, " and " if rule.flags & RuleFlag.ALL else " or "),
        "roles": ", ".join(Role(rule.roles).names()),
        "effects": _bits(rule.effects, Effect, ", "),
        **_modes(rule),
        "flags": _bits(rule.flags & ~RuleFlag.ALL, RuleFlag, ", "),
        "class": str(Scope(rule.scope).name).lower(),
    }


def _modes(rule: Rule) -> dict[str, str]:
    modes: Mapping[str, IntEnum] = {
        "counterparty": CounterpartyMode(rule.counterparty),
        "endorsee": EndorseeMode(rule.endorsee),
        "content": ContentMode(rule.content),
        "reference": ReferenceMode(rule.reference),
        "detail": DetailMode(rule.detail),
        "quantity": QuantityMode(rule.quantity),
    }
    words = {name: str(mode.name).lower() if mode else "" for name, mode in modes.items()}
    if rule.counterparty_roles:
        words["counterparty"] += f" ({', '.join(Role(rule.counterparty_roles).names())})"
    return words


def _bits(mask: int, names: Any, joint: str) -> str:
    return joint.join(str(bit.name).lower() for bit in names if mask & bit)


def _rows(kind: KindFile) -> list[str]:
    cells = [row_cells(kind, state, verb) for state, verb in kind.rows]
    return _table(tuple(cells[0]), (tuple(row.values()) for row in cells))


def _verbs(kind: KindFile) -> list[str]:
    rows = [
        (
            str(verb.number),
            _code(verb.name),
            verb.intent,
            verb.title["ja"],
            ", ".join(f"**{member}**" if member in verb.required else member for member in verb.detail),
        )
        for verb in sorted(kind.verbs.values(), key=lambda verb: verb.number)
    ]
    return [
        "What a wallet shows, and what the act's sealed detail may hold; what is bold must be in a detail.",
        "",
        *_table(("number", "verb", "the wallet shows", "和名", "detail"), rows),
    ]


def _datasets(kind: KindFile) -> list[str]:
    lines: list[str] = []
    for dataset in kind.datasets:
        readers = ", ".join(f"{reader} from {state}" for reader, state in dataset.readers.items())
        lines += [f"### {dataset.name}: {dataset.title['en']} ({dataset.title['ja']})", "", f"Readers: {readers}.", ""]
        lines += [*_table(("item", "path"), _fields(kind, dataset)), ""]
    return lines


def _fields(kind: KindFile, dataset: Dataset) -> Iterable[tuple[str, str]]:
    mandatory = kind.mandatory_in(dataset.name)
    for item, path in dataset.fields.items():
        yield (f"**{item}**" if f"/{item}" in mandatory else item), _code(path) if path else "everything else"


def errors_page(base: type[PortledgerError], signature_of: Any) -> str:
    """The page docs/protocol/errors.md: every error below `base` with its parameters, why, and what to do."""
    lines = [
        "# Errors",
        "",
        "<!-- Drawn by scripts/draw_docs from the error classes; change their docstrings, not this page. -->",
        "",
        "Every error says what was found, what would have been allowed, and the remedy. The first table holds the",
        "contract's errors with their ABI signatures; the others never reach the chain.",
        "",
    ]
    for title, classes in _error_groups(base):
        rows = [
            (_code(signature_of(leaf) or leaf.__name__), " ".join((leaf.__doc__ or "").split()), leaf.REMEDY)
            for leaf in classes
        ]
        lines += [f"## {title}", "", *_table(("error", "why", "remedy"), rows), ""]
    return "\n".join(lines)


def _error_groups(base: type[PortledgerError]) -> Iterable[tuple[str, list[type[PortledgerError]]]]:
    """The contract's errors first, then each family of more than one, then the single ones."""
    families = {family.__name__: _concrete(family) for family in base.__subclasses__()}
    large = sorted((name, classes) for name, classes in families.items() if len(classes) > 1)
    yield from sorted(large, key=lambda pair: pair[0] != "LedgerError")
    single = [leaf for classes in families.values() if len(classes) == 1 for leaf in classes]
    if single:
        yield "Others", sorted(single, key=lambda leaf: leaf.__name__)


def _concrete(family: type[PortledgerError]) -> list[type[PortledgerError]]:
    """The class and those below it, without the abstract ones, which have no remedy."""
    found = [family] if family.REMEDY else []
    for leaf in family.__subclasses__():
        found += _concrete(leaf)
    return found
