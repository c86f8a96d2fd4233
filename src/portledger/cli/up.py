"""portledger up: ledger, relayer, indexer and gateway in one command, over one data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portledger.cli import output
from portledger.cli.command import Run, command
from portledger.domain.errors import InvalidInput
from portledger.evidence.headers import Engine


def add(app: typer.Typer) -> None:
    """Adds `up` to the top level."""
    command(app, "up", example="portledger up --data ./portledger-data")(up)


def up(
    run: Run,
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Everything lies here.")] = Path(
        "portledger-data"
    ),
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port of the gateway.")] = 8780,
    node: Annotated[str | None, typer.Option("--node", help="A JSON-RPC node; default: an embedded anvil.")] = None,
    node_port: Annotated[int, typer.Option("--node-port", help="Port of the embedded node; 0 = any free one.")] = 8545,
    site: Annotated[str | None, typer.Option("--site", help="The gateway's address as its users see it.")] = None,
    ask_registrar: Annotated[
        bool, typer.Option("--ask-registrar", help="Registrations wait for `portledger consortium admit`.")
    ] = False,
    engine: Annotated[
        str, typer.Option("--engine", help="How the node's chain seals its blocks: none, qbft or istanbul.")
    ] = "none",
    nightly_hour: Annotated[
        int, typer.Option("--nightly-hour", min=0, max=23, help="From when on the day's proofs are kept, hour in UTC.")
    ] = 2,
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="URL",
            envvar="PORTLEDGER_DATABASE",
            help="postgresql://… for all tables; else files in the data folder.",
        ),
    ] = None,
    payloads: Annotated[
        str | None,
        typer.Option(
            "--payloads",
            metavar="URL",
            envvar="PORTLEDGER_PAYLOADS",
            help="s3://bucket/prefix for the sealed contents, signed in to by AWS_… variables; else the data folder.",
        ),
    ] = None,
    log_level: Annotated[str, typer.Option("--log-level", help="debug, info, warning or error.")] = "warning",
) -> None:
    """Start ledger and gateway, and run until Ctrl-C. Starts again on the same folder where it stopped.

    By default every registration is admitted at once; for anything but trying it out use --ask-registrar.
    """
    if engine not in set(Engine):
        raise InvalidInput("--engine", engine, ", ".join(Engine))
    from portledger.gateway import system  # the system's own rooms take a second to load: only for who needs them
    from portledger.gateway.settings import Settings

    settings = Settings(
        data=data,
        host=host,
        port=port,
        node=node,
        node_port=node_port,
        site=site,
        admit_automatically=not ask_registrar,
        engine=Engine(engine),
        nightly_hour=nightly_hour,
        log_level=log_level,
        database=database,
        payloads=payloads,
    )

    def ready(url: str) -> None:
        value = {"gateway": url, "node": node or f"http://127.0.0.1:{node_port}" if node or node_port else None,
                 "data": str(data), "openapi": f"{url}/openapi.json"}  # fmt: skip
        shown = {name: text for name, text in value.items() if text}
        run.show(value, output.pairs(shown, title="portledger is up; Ctrl-C stops it"))

    output.say(f"Starting on {data} …")
    system.run(settings, ready, output.say)
    output.say("Stopped.")
