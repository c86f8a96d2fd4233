"""What the commands that run a system have in common: their options, and the running."""

from __future__ import annotations

import dataclasses
import getpass
import ipaddress
import sys
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
    typer.Option(
        "--data",
        metavar="DIR",
        help="This process's folder; the powers' keys lie in its consortium/, and the relayer's by default.",
    ),
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
RelayerKeystore = Annotated[
    str,
    typer.Option(
        "--relayer-keystore",
        metavar="PATH",
        envvar="PORTLEDGER_RELAYER_KEYSTORE",
        help="The relayer's key: a keystore file of version 3, or a folder of them. Opened with the passphrase of "
        "--relayer-passphrase-file, else of PORTLEDGER_RELAYER_PASSPHRASE, else you are asked.",
    ),
]
RelayerPassphraseFile = Annotated[
    str,
    typer.Option(
        "--relayer-passphrase-file",
        metavar="FILE",
        envvar="PORTLEDGER_RELAYER_PASSPHRASE_FILE",
        help="The passphrase is its first line; only you may be able to read it.",
    ),
]
RelayerKeyFile = Annotated[
    str,
    typer.Option(
        "--relayer-key-file",
        metavar="FILE",
        envvar="PORTLEDGER_RELAYER_KEY_FILE",
        help="The relayer's secret key, 64 hex digits, one a line; only you may be able to read it. "
        "Or the key itself in PORTLEDGER_RELAYER_KEY.",
    ),
]
RelayerSigner = Annotated[
    str,
    typer.Option(
        "--relayer-signer",
        metavar="URL",
        envvar="PORTLEDGER_RELAYER_SIGNER",
        help="A service that signs for the relayer and speaks web3signer's JSON-RPC.",
    ),
]
SignerTokenFile = Annotated[
    str,
    typer.Option(
        "--relayer-signer-token-file",
        metavar="FILE",
        envvar="PORTLEDGER_RELAYER_SIGNER_TOKEN_FILE",
        help="A bearer's token for it; or in PORTLEDGER_RELAYER_SIGNER_TOKEN.",
    ),
]
SignerCa = Annotated[
    str,
    typer.Option(
        "--relayer-signer-ca",
        metavar="FILE",
        envvar="PORTLEDGER_RELAYER_SIGNER_CA",
        help="Certificates (PEM) that its own must lead to; default: those of this machine.",
    ),
]
SignerCertificate = Annotated[
    str,
    typer.Option(
        "--relayer-signer-certificate",
        metavar="FILE",
        envvar="PORTLEDGER_RELAYER_SIGNER_CERTIFICATE",
        help="The certificate that we show it, with its key (PEM).",
    ),
]
RelayerAddress = Annotated[
    str,
    typer.Option(
        "--relayer-address",
        metavar="ADDRESS",
        envvar="PORTLEDGER_RELAYER_ADDRESS",
        help="With which of several keys a new ledger's relayer begins; later: `portledger admin relayer-key`.",
    ),
]
Traces = Annotated[
    str | None,
    typer.Option(
        "--traces",
        metavar="URL",
        envvar="PORTLEDGER_TRACES",
        help="Send OpenTelemetry traces there, such as http://127.0.0.1:4318/v1/traces; needs the extra `otel`.",
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
    from portledger.gateway.settings import RelayerKeySettings, Settings

    if settings.get("metrics") is not None:
        address_of(settings["metrics"])
    names = [one.name for one in dataclasses.fields(RelayerKeySettings)]
    keys = RelayerKeySettings(**{name: settings.pop(f"relayer_{name}", "") for name in names})
    api = ApiSettings(
        proxies=tuple(_networks(settings.pop("proxies", None))), webhook_key=settings.pop("webhook_key", "")
    )
    made = Settings(data=data, node=node, api=api, relayer=keys, **settings)
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
    system.run(made, ready, output.say, _ask)
    output.say("Stopped.")


def _ask(question: str) -> str | None:
    """None when nobody is at a terminal."""
    return getpass.getpass(f"{question}: ", stream=sys.stderr) if sys.stdin.isatty() else None


def _networks(given: list[str] | None) -> list[str]:
    """Raises InvalidInput."""
    for one in given or ():
        try:
            ipaddress.ip_network(one)
        except ValueError as wrong:
            raise InvalidInput("--proxy", one, "a network such as 10.0.0.0/24") from wrong
    return given or []
