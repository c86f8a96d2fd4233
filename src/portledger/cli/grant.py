"""portledger grant: give a party the keys of what it may read."""

from __future__ import annotations

from typing import Annotated

import typer

from portledger.cli import output
from portledger.cli.command import Run, command


def add(app: typer.Typer) -> None:
    """Adds `grant` to the top level."""
    command(app, "grant", example="portledger grant 4f1c2a terminal --as carrier")(grant)


def grant(
    run: Run,
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="The document's id, or its first hex digits.")],
    to: Annotated[str, typer.Argument(metavar="PARTY", help="Party id or the name of a key file.")],
    dataset: Annotated[list[str] | None, typer.Option("--dataset", help="Only this one; may be repeated.")] = None,
) -> None:
    """Give a party the keys of what the document's kind lets it read now.

    Offering, endorsing and issuing do this by themselves for the parties they name; this is for the others: customs, a
    terminal, a broker, an auditor.
    """
    identity = run.document(document)
    made = run.session().grant(identity, run.party(to), dataset or ())
    names = [item.dataset for item in made]
    party = run.party(to)
    value = {"document": identity, "party": party, "datasets": names}
    run.show(value, f"{output.party_text(party, run.names([party]))} may now read: {', '.join(names)}.")
    output.say("What a party has read it keeps: a grant cannot be taken back.")
