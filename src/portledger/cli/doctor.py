"""portledger doctor: is everything well with this system, and what to do where it is not."""

from __future__ import annotations

from typing import Annotated

import typer

from portledger.cli import output
from portledger.cli.command import Run, command
from portledger.cli.exit_codes import Exit
from portledger.cli.serving import DATA, Data, Database, Payloads, WebhookKey


def add(app: typer.Typer) -> None:
    """Adds `doctor` to the top level."""
    command(app, "doctor", example="portledger doctor --data ./data")(doctor)


def doctor(
    run: Run,
    data: Data = DATA,
    node: Annotated[
        str | None,
        typer.Option("--node", metavar="URL", envvar="PORTLEDGER_NODE", help="The node; default: the folder's own."),
    ] = None,
    database: Database = None,
    payloads: Payloads = None,
    webhook_key: WebhookKey = "",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings end it with 13, too.")] = False,
) -> None:
    """Look at everything that a system stands on: each line is ok, warn or fail, and says what to do.

    Changes nothing, but writes some bytes to the payload store and takes them away. The system may run. Ends with exit
    code 13 when anything fails.
    """
    from portledger.cli.operator import node_of  # the system's own rooms take a second to load: only for who needs them
    from portledger.services.doctor import Health, Patient, examine

    found = examine(Patient(data, database, payloads, node or node_of(data), webhook_key=webhook_key))
    worst = {one.health for one in found}
    value = {
        "ok": Health.FAIL not in worst,
        "checks": [{"check": one.check, "health": one.health.value, "found": one.found, "remedy": one.remedy}
                   for one in found],
    }  # fmt: skip
    rows = [(one.health.value, one.check, one.found, one.remedy) for one in found]
    run.show(value, output.table(["health", "check", "found", "what to do"], rows, prose=["found", "what to do"]))
    if Health.FAIL in worst or (strict and Health.WARN in worst):
        raise typer.Exit(Exit.UNSOUND)
