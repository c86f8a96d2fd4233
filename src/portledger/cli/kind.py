"""portledger kind: the rules as data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portledger import resources
from portledger.cli import output
from portledger.cli.command import Run, command, group
from portledger.domain.codes import Role, RuleFlag, Scope, Who
from portledger.domain.errors import InvalidInput, KindError
from portledger.domain.kinds import KindFile, lint, load
from portledger.domain.table import Rule
from portledger.formats import checks, labels

app = group("Kinds of documents: their states, verbs, rules and readers.")

_KIND = Annotated[str, typer.Argument(metavar="KIND", help="Number or id, such as 0x0101 or ebl-negotiable.")]


@command(app, "list", example="portledger kind list")
def list_(run: Run) -> None:
    """List the kinds that this release ships; it signs under no others."""
    kinds = list(resources.kinds().values())
    value = [
        {"kind": kind.number, "id": kind.id, "title": dict(kind.title), "standard": kind.standard,
         "kindDigest": kind.kind_digest.hex(), "fileDigest": kind.file_digest.hex()}
        for kind in kinds
    ]  # fmt: skip
    rows = [(f"0x{kind.number:04x}", kind.id, kind.title["en"], len(kind.rows), kind.standard) for kind in kinds]
    run.show(value, output.table(["kind", "id", "title", "rules", "standard"], rows, prose=["title", "standard"]))


@command(app, "show", example="portledger kind show ebl-negotiable")
def show(run: Run, kind: _KIND) -> None:
    """Show a kind's rules: who may do what in which state."""
    found = resources.kind(kind)
    rules = [_rule(found, state, verb, rule) for (state, verb), rule in sorted(found.rows.items())]
    value = {
        "kind": found.number,
        "id": found.id,
        "kindDigest": found.kind_digest.hex(),
        "states": [
            {"name": one.name, "number": one.number, "progress": one.progress, "final": one.final}
            for one in found.states.values()
        ],
        "rules": rules,
        "datasets": [{"name": one.name, "readers": dict(one.readers)} for one in found.datasets],
    }  # fmt: skip
    run.show(value, _rules_table(found, rules))


def _rule(kind: KindFile, state: int, verb: int, rule: Rule) -> dict[str, object]:
    who = [str(bit.name).lower() for bit in Who if bit & rule.who]
    return {
        "state": kind.state_name(state),
        "verb": kind.verb_name(verb),
        "next": kind.state_name(rule.next),
        "who": who,
        "all": bool(rule.flags & RuleFlag.ALL),
        "roles": Role(rule.roles & ((1 << len(Role)) - 1)).names(),
        "critical": rule.critical,
        "note": rule.note,
        "class": str(Scope(rule.scope).name).lower(),
    }


def _rules_table(kind: KindFile, rules: list[dict[str, object]]) -> output.Shown:
    title = f"{kind.title['en']} (0x{kind.number:04x}, {kind.id}); * = needs the party's threshold of signatures"
    rows = [_row(row) for row in rules]
    return output.table(["in state", "verb", "then", "who"], rows, title=title, prose=["who"])


def _row(row: dict[str, object]) -> tuple[object, ...]:
    verb = f"{row['verb']}*" if row["critical"] else row["verb"]
    return row["state"], verb, "(note)" if row["note"] else row["next"], _who(row)


def _who(row: dict[str, object]) -> str:
    joined = (" and " if row["all"] else " or ").join(str(name) for name in _list(row["who"]) if name != "role")
    roles = " or ".join(map(str, _list(row["roles"])))
    return f"{joined} ({roles})" if joined and roles else joined or roles


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


@command(app, "lint", example="portledger kind lint protocol/kinds/ebl_negotiable.toml")
def lint_(run: Run, files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Kind files.")]) -> None:
    """Check kind files; every finding names file, row and remedy. Exit code 3 when there is one."""
    findings: list[KindError] = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as wrong:
            raise InvalidInput(str(path), str(wrong), "a readable kind file") from wrong
        wrong_file = lint(text, path.name)
        findings += wrong_file or _content_findings(load(text.encode(), path.name))
    value = [{"where": one.where, "found": one.found, "allowed": one.allowed, "remedy": one.remedy} for one in findings]
    lines = "\n".join(f"{one.where}: found {one.found}; allowed: {one.allowed}. {one.remedy}" for one in findings)
    run.show(value, lines or f"{len(files)} kind files, no findings.")
    if findings:
        raise typer.Exit(3)


def _content_findings(kind: KindFile) -> list[KindError]:
    """Checks that are no CEL; of a kind that this release ships, labels that are missing or wrong as well."""
    shipped = kind.number in resources.kinds()
    return checks.lint(kind) + (labels.lint(kind) if shipped else [])


@command(app, "diagram", example="portledger kind diagram ebl-negotiable > ebl.mmd")
def diagram(run: Run, kind: _KIND) -> None:
    """Draw a kind's states as a Mermaid diagram."""
    found = resources.kind(kind)
    lines = ["stateDiagram-v2"]
    for (state, verb), rule in sorted(found.rows.items()):
        if not rule.note:
            origin = "[*]" if state == 0 else found.state_name(state)
            lines.append(f"    {origin} --> {found.state_name(rule.next)}: {found.verb_name(verb)}")
    lines += [f"    {state.name} --> [*]" for state in found.states.values() if state.final]
    text = "\n".join(lines)
    if run.json_wanted:
        output.emit_json({"kind": found.number, "mermaid": text})
    else:
        typer.echo(text)
