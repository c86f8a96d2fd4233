"""What the commands that run a system have in common: their options, and the running."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from portledger.cli import output
from portledger.cli.command import Run
from portledger.domain.errors import InvalidInput
from portledger.evidence.headers import Engine

DATA: Final = Path("portledger-data")

Data = Annotated[Path, typer.Option("--data", metavar="DIR", help="Everything lies here.")]
OwnData = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="This process's folder: locks, and what no database holds.")
]
KeyData = Annotated[
    Path,
    typer.Option("--data", metavar="DIR", help="This process's folder; the operator's keys lie in its consortium/."),
]
Host = Annotated[str, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[int, typer.Option("--port", help="Port of the gateway.")]
AnyNode = Annotated[
    str | None, typer.Option("--node", envvar="PORTLEDGER_NODE", help="A JSON-RPC node; default: an embedded anvil.")
]
GivenNode = Annotated[str, typer.Option("--node", envvar="PORTLEDGER_NODE", help="The address of a JSON-RPC node.")]
NodePort = Annotated[int, typer.Option("--node-port", help="Port of the embedded node; 0 = any free one.")]
Site = Annotated[str | None, typer.Option("--site", help="The gateway's address as its users see it.")]
AskRegistrar = Annotated[
    bool, typer.Option("--ask-registrar", help="Registrations wait for `portledger consortium admit`.")
]
EngineName = Annotated[
    str, typer.Option("--engine", help="How the node's chain seals its blocks: none, qbft or istanbul.")
]
NightlyHour = Annotated[
    int, typer.Option("--nightly-hour", min=0, max=23, help="From when on the day's proofs are kept, hour in UTC.")
]
Confirmations = Annotated[
    int,
    typer.Option(
        "--confirmations",
        min=0,
        max=10_000,
        help="Blocks that must follow one before it is shown as final; 0 where blocks are final at once.",
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        envvar="PORTLEDGER_DATABASE",
        help="postgresql://… for all tables; else files in the data folder.",
    ),
]
Payloads = Annotated[
    str | None,
    typer.Option(
        "--payloads",
        metavar="URL",
        envvar="PORTLEDGER_PAYLOADS",
        help="s3://bucket/prefix for the sealed contents, signed in to by AWS_… variables; else the data folder.",
    ),
]
Proxies = Annotated[
    list[str] | None,
    typer.Option("--proxy", metavar="NETWORK", help="A network whose X-Forwarded-For is believed; repeat it."),
]
WebhookKey = Annotated[
    str,
    typer.Option(
        "--webhook-key",
        metavar="FILE",
        envvar="PORTLEDGER_WEBHOOK_KEY",
        help="The key of the webhooks' secrets, one for all gateways and relayers; made when missing. "
        "Default: in the data folder.",
    ),
]
Metrics = Annotated[
    str | None,
    typer.Option(
        "--metrics",
        metavar="ADDRESS:PORT",
        envvar="PORTLEDGER_METRICS",
        help="Show /livez, /readyz and /metrics there, for the operator alone; a port alone is this machine's. "
        "Default: nowhere.",
    ),
]
LogLevel = Annotated[str, typer.Option("--log-level", help="debug, info, warning or error.")]


def serve(run: Run, data: Path, node: str | None, **settings: Any) -> None:
    """Runs what the settings' roles name until Ctrl-C. settings: members of gateway.settings.Settings."""
    engine = settings.get("engine", "none")
    if engine not in set(Engine):
        raise InvalidInput("--engine", engine, ", ".join(Engine))
    from portledger.gateway import system  # the system's own rooms take a second to load: only for who needs them
    from portledger.gateway.api_settings import ApiSettings
    from portledger.gateway.operator_port import address_of
    from portledger.gateway.settings import Settings

    if settings.get("metrics") is not None:
        address_of(settings["metrics"])
    api = ApiSettings(
        proxies=tuple(_networks(settings.pop("proxies", None))), webhook_key=settings.pop("webhook_key", "")
    )
    made = Settings(data=data, node=node, api=api, **settings)
    what = "portledger" if made.whole else made.roles[0]

    def ready(url: str) -> None:
        own = f"http://127.0.0.1:{made.node_port}" if made.whole and made.node_port else None
        value = {"gateway": url or None, "node": node or own, "data": str(data),
                 "openapi": f"{url}/openapi.json" if url else None}  # fmt: skip
        if made.metrics is not None:
            value["metrics"] = made.metrics
        shown = {name: text for name, text in value.items() if text}
        run.show(value if made.whole else shown, output.pairs(shown, title=f"{what} is up; Ctrl-C stops it"))

    output.say(f"Starting on {data} …")
    system.run(made, ready, output.say)
    output.say("Stopped.")


def _networks(given: list[str] | None) -> list[str]:
    """Raises InvalidInput."""
    for one in given or ():
        try:
            ipaddress.ip_network(one)
        except ValueError as wrong:
            raise InvalidInput("--proxy", one, "a network such as 10.0.0.0/24") from wrong
    return given or []
