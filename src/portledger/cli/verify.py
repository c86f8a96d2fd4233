"""portledger verify: does a document's history hold, and is its content what was signed."""

from __future__ import annotations

from typing import Annotated

import typer

from portledger.cli import output
from portledger.cli.command import Run, command
from portledger.evidence.result import Result
from portledger.sdk.verification import verify_document


def add(app: typer.Typer) -> None:
    """Adds `verify` to the top level."""
    command(app, "verify", example="portledger verify 4f1c2a --node http://127.0.0.1:8545 --as bank")(verify)


def verify(
    run: Run,
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="The document's id, or its first hex digits.")],
    node: Annotated[
        str | None,
        typer.Option("--node", metavar="URL", help="A node you trust; else PORTLEDGER_NODE, else the config's."),
    ] = None,
    history_only: Annotated[bool, typer.Option("--history-only", help="Leave the content alone.")] = False,
) -> None:
    """Replay a document's history from the signatures up, and compare every stored byte with what was signed.

    Stops at the first step that fails, names it, and ends with exit code 8. Without a node the ledger's state is the
    gateway's own word; the result says so.
    """
    identity = run.document(document)
    source = run.node(node)
    if source is None:
        output.warn("no node named: the ledger's state is the gateway's own word (--node URL asks a node instead)")
    verified = verify_document(run.session(), identity, source, content=not history_only)
    value = {**verified.result.to_dict(), "source": verified.source}
    run.show(value, steps_table(verified.result))
    if not run.json_wanted:
        output.console().print(_summary(verified.result, verified.source))


def steps_table(result: Result) -> output.Shown:
    """What each numbered step did."""
    rows = [(int(step.step), step.to_dict()["title"], step.status.value, step.checked) for step in result.steps]
    return output.table(["step", "what must hold", "", "looked at"], rows, prose=["what must hold", "looked at"])


def _summary(result: Result, source: str) -> str:
    lines = [
        "",
        f"It holds, as of {result.as_of}: {result.kind_id}, {result.state}.",
        f"The ledger's state: {source}.",
        "Whether anything has happened since is another question: ask again.",
    ]
    lines += [f"Note: {remark}" for remark in result.remarks]
    return "\n".join(lines)
