"""portledger gateway: the API alone."""

from __future__ import annotations

import typer

from portledger.cli.command import Run, command
from portledger.cli.serving import (
    DATA,
    AskRegistrar,
    Confirmations,
    Database,
    EngineName,
    GivenNode,
    Host,
    LogLevel,
    Metrics,
    OwnData,
    Payloads,
    Port,
    Proxies,
    Site,
    Traces,
    WebhookKey,
    serve,
)


def add(app: typer.Typer) -> None:
    """Adds `gateway` to the top level."""
    command(
        app, "gateway", example="portledger gateway --node http://10.0.0.5:8545 --database postgresql://db/portledger"
    )(gateway)


def gateway(
    run: Run,
    node: GivenNode,
    data: OwnData = DATA,
    host: Host = "127.0.0.1",
    port: Port = 8780,
    site: Site = None,
    ask_registrar: AskRegistrar = False,
    engine: EngineName = "none",
    database: Database = None,
    payloads: Payloads = None,
    proxy: Proxies = None,
    webhook_key: WebhookKey = "",
    confirmations: Confirmations = 0,
    metrics: Metrics = None,
    traces: Traces = None,
    log_level: LogLevel = "warning",
) -> None:
    """Serve the API alone, beside a relayer and an indexer. Of one PostgreSQL database there may be many gateways.

    Several on different machines need --payloads, or one folder that all of them see.
    """
    serve(
        run, data, node,
        host=host, port=port, site=site, admit_automatically=not ask_registrar, engine=engine,
        confirmations=confirmations, metrics=metrics, traces=traces, log_level=log_level,
        database=database, payloads=payloads, proxies=proxy, webhook_key=webhook_key, roles=("gateway",),
    )  # fmt: skip
