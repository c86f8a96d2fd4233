"""portledger inbox: whose turn is it."""

from __future__ import annotations

from typing import Annotated

import typer

from portledger.cli import output
from portledger.cli.command import Run, command


def add(app: typer.Typer) -> None:
    """Adds `inbox` to the top level."""
    command(app, "inbox", example="portledger inbox --as bank")(inbox)


def inbox(
    run: Run,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what merely lets you act, not only what waits.")
    ] = False,
) -> None:
    """List the documents that wait for you, and what you may do with each."""
    turns = [turn for turn in run.session().inbox() if turn.mine or everything]
    value = [
        {"document": turn.record.document, "kindId": turn.record.kind_id, "state": turn.record.state,
         "waitsForYou": turn.mine, "youAre": list(turn.why), "verbs": list(turn.verbs),
         "updatedAt": turn.record.updated_at}
        for turn in turns
    ]  # fmt: skip
    rows = [
        ("yes" if turn.mine else "no", turn.record.document[:12], turn.record.kind_id, turn.record.state,
         ", ".join(turn.why) or "-", ", ".join(turn.verbs))
        for turn in turns
    ]  # fmt: skip
    shown = output.table(["waits for you", "document", "kind", "state", "you are", "you may"], rows, prose=["you may"])
    run.show(value, shown if rows else "Nothing waits for you.")
