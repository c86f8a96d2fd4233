"""portledger verify: does a document's history hold, and is its content what was signed; online, or from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portledger.cli import evidence_report as report
from portledger.cli import output
from portledger.cli.command import Run, command
from portledger.domain.errors import InvalidInput
from portledger.evidence import policy as policies
from portledger.evidence.policy import Policy
from portledger.evidence.result import Result
from portledger.sdk import attaching
from portledger.sdk.evidence_files import read_policy, verify_file
from portledger.sdk.verification import verify_document


def add(app: typer.Typer) -> None:
    """Adds `verify` to the top level."""
    command(app, "verify", example="portledger verify 4f1c2a --node http://127.0.0.1:8545 --as bank")(verify)


def verify(
    run: Run,
    what: Annotated[
        list[str],
        typer.Argument(metavar="DOCUMENT|FILE…", help="A document's id or its first hex digits, or evidence files."),
    ],
    node: Annotated[
        str | None,
        typer.Option("--node", metavar="URL", help="A node you trust; else PORTLEDGER_NODE, else the config's."),
    ] = None,
    history_only: Annotated[bool, typer.Option("--history-only", help="Leave the content alone.")] = False,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="What is trusted (TOML); else the embedded ledger. Files only."),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say how each step is checked. Files only.")] = False,
    at: Annotated[
        int | None,
        typer.Option("--at", metavar="SECONDS", help="Judge age and expiry at this unix time, not now. Files only."),
    ] = None,
) -> None:
    """Replay a document's history from the signatures up, and compare every stored byte with what was signed.

    Of a document: asks gateway and node, stops at the first step that fails, names it, and ends with exit code 8.
    Without a node the ledger's state is the gateway's own word; the result says so.

    Of files (*.evidence.json, *.presentation.json, also .gz): needs no network, no keys and no gateway. Exit codes: 0
    valid, 10 valid but unsealed, 8 not valid, 3 not evidence, 11 outside the policy; of several files, the worst.
    """
    files = [Path(name) for name in what if _names_file(name)]
    if files and len(files) == len(what):
        _files(run, files, policies.DEFAULT if policy is None else read_policy(policy), explain=explain, at=at)
        return
    if len(what) > 1:
        raise InvalidInput("DOCUMENT", f"{len(what)} names", "one document's id, or files that exist")
    if policy is not None or explain or at is not None:
        raise InvalidInput("DOCUMENT", what[0], "files, with --policy, --explain or --at")
    _document(run, what[0], node, history_only=history_only)


def _names_file(name: str) -> bool:
    return name.endswith((".json", ".gz")) or Path(name).is_file()


def _files(run: Run, files: list[Path], policy: Policy, *, explain: bool, at: int | None) -> None:
    """Each file's verdict; ends with the exit code of the worst."""
    verdicts = [verify_file(file, policy, at) for file in files]
    values = [{"file": str(file), **report.value(one)} for file, one in zip(files, verdicts, strict=True)]
    if run.json_wanted:
        output.emit_json(values[0] if len(values) == 1 else values)
    else:
        for file, one in zip(files, verdicts, strict=True):
            if len(files) > 1:
                output.emit(None, f"{file}", json_wanted=False)
            output.emit(None, report.report(one, explain=explain), json_wanted=False)
    if code := report.exit_code(verdicts):
        raise typer.Exit(code)


def _document(run: Run, document: str, node: str | None, *, history_only: bool) -> None:
    identity = run.document(document)
    source = run.node(node)
    if source is None:
        output.warn("no node named: the ledger's state is the gateway's own word (--node URL asks a node instead)")
    session = run.session()
    verified = verify_document(session, identity, source, content=not history_only)
    files = [] if history_only else attaching.check_files(session, identity)
    value = {
        **verified.result.to_dict(),
        "source": verified.source,
        "files": [{"name": one.name, "sha256": one.sha256.hex()} for one in files],
    }
    run.show(value, steps_table(verified.result))
    if not run.json_wanted:
        output.console().print(_summary(verified.result, verified.source, [one.name for one in files]))


def steps_table(result: Result) -> output.Shown:
    """What each numbered step did."""
    rows = [(int(step.step), step.to_dict()["title"], step.status.value, step.checked) for step in result.steps]
    return output.table(["step", "what must hold", "", "looked at"], rows, prose=["what must hold", "looked at"])


def _summary(result: Result, source: str, files: list[str]) -> str:
    lines = [
        "",
        f"It holds, as of {result.as_of}: {result.kind_id}, {result.state}.",
        f"The ledger's state: {source}.",
        "Whether anything has happened since is another question: ask again.",
    ]
    if files:
        lines.insert(3, f"Its files are the ones that were sealed: {', '.join(files)}.")
    lines += [f"Note: {remark}" for remark in result.remarks]
    return "\n".join(lines)
