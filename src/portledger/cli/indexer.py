"""portledger indexer: the chain into the read model."""

from __future__ import annotations

import typer

from portledger.cli.command import Run, command
from portledger.cli.serving import (
    DATA,
    Confirmations,
    Database,
    EngineName,
    GivenNode,
    LogLevel,
    Metrics,
    NightlyHour,
    OwnData,
    serve,
)


def add(app: typer.Typer) -> None:
    """Adds `indexer` to the top level."""
    command(
        app, "indexer", example="portledger indexer --node http://10.0.0.5:8545 --database postgresql://db/portledger"
    )(indexer)


def indexer(
    run: Run,
    node: GivenNode,
    data: OwnData = DATA,
    engine: EngineName = "none",
    nightly_hour: NightlyHour = 2,
    confirmations: Confirmations = 0,
    database: Database = None,
    metrics: Metrics = None,
    log_level: LogLevel = "warning",
) -> None:
    """Read the chain into the read model, and keep the proofs that nodes forget.

    One works at a time; another one on the same database stands by and takes over when the first one ends.
    """
    serve(
        run, data, node,
        engine=engine, nightly_hour=nightly_hour, confirmations=confirmations, metrics=metrics, log_level=log_level,
        database=database, roles=("indexer",),
    )  # fmt: skip
