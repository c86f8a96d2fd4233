"""portledger fresh: is what a file proves still the newest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from portledger.cli import output
from portledger.cli.command import Run, command
from portledger.cli.exit_codes import Exit
from portledger.domain.errors import moment
from portledger.evidence.headers import parse
from portledger.evidence.presentation import Presentation
from portledger.evidence.verdict import read
from portledger.sdk import proving
from portledger.sdk.evidence_files import read_bounded
from portledger.sdk.proving import Freshness

_SAID: Final[dict[Freshness, str]] = {
    Freshness.FRESH: "Nothing has happened to the document since.",
    Freshness.NOTED: "Notes were added since; the record itself is the same. Ask for newer evidence to read them.",
    Freshness.STALE: "Something has happened since: ask for newer evidence before you rely on this.",
}


def add(app: typer.Typer) -> None:
    """Adds `fresh` to the top level."""
    command(app, "fresh", example="portledger fresh bill.evidence.json --node http://127.0.0.1:8545")(fresh)


def fresh(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An evidence file or a presentation.")],
    node: Annotated[
        str | None,
        typer.Option("--node", metavar="URL", help="A node you trust; else the gateway, signed in as --as."),
    ] = None,
) -> None:
    """Ask whether anything has happened to the document since the file was made.

    Says nothing of the file itself: `portledger verify FILE` does. Exit codes: 0 nothing has happened, 12 something.
    """
    shown = read(read_bounded(file))
    made = shown.evidence if isinstance(shown, Presentation) else shown
    proven = proving.proven_words(shown)
    asked = run.node(node)
    if asked is not None:
        with asked:
            live, source = proving.live_at_node(asked, made.domain, made.document), f"node {asked.url}"
    else:
        live = proving.live_at_gateway(run.session(), made.domain, made.document)
        source = f"gateway {run.client.url}: its own word"
    found = proving.freshness(proven, live)
    header = parse(made.engine, made.header)
    value = {
        "file": str(file),
        "document": made.document.hex(),
        "freshness": found.value,
        "provenAt": {"block": header.number, "time": header.time},
        "provenHead": proven[1].hex(),
        "liveHead": live[1].hex(),
        "source": source,
    }
    shown_text = {"file": file, "proven at": f"block {header.number}, {moment(header.time)}", "asked": source}
    run.show(value, output.pairs(shown_text))
    output.say(_SAID[found])
    if found is not Freshness.FRESH:
        raise typer.Exit(Exit.STALE)
