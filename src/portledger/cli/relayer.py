"""portledger relayer: acts to the chain, events to webhooks."""

from __future__ import annotations

import typer

from portledger.cli.command import Run, command
from portledger.cli.serving import (
    DATA,
    Confirmations,
    Database,
    GivenNode,
    KeyData,
    LogLevel,
    Metrics,
    WebhookKey,
    serve,
)


def add(app: typer.Typer) -> None:
    """Adds `relayer` to the top level."""
    command(
        app, "relayer", example="portledger relayer --node http://10.0.0.5:8545 --database postgresql://db/portledger"
    )(relayer)


def relayer(
    run: Run,
    node: GivenNode,
    data: KeyData = DATA,
    database: Database = None,
    webhook_key: WebhookKey = "",
    confirmations: Confirmations = 0,
    metrics: Metrics = None,
    log_level: LogLevel = "warning",
) -> None:
    """Carry accepted acts to the chain, and events to webhooks. Deploys the ledger where there is none.

    One works at a time; another one on the same database stands by and takes over when the first one ends.
    """
    serve(
        run, data, node,
        database=database, webhook_key=webhook_key, confirmations=confirmations, metrics=metrics, log_level=log_level,
        roles=("relayer",),
    )  # fmt: skip
