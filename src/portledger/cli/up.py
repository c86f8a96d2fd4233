"""portledger up: ledger, relayer, indexer and gateway in one command, over one data folder."""

from __future__ import annotations

import typer

from portledger.cli.command import Run, command
from portledger.cli.serving import (
    DATA,
    AnyNode,
    AskRegistrar,
    Confirmations,
    Data,
    Database,
    EngineName,
    Host,
    LogLevel,
    Metrics,
    NightlyHour,
    NodePort,
    Payloads,
    Port,
    RelayerAddress,
    RelayerKeyFile,
    RelayerKeystore,
    RelayerPassphraseFile,
    RelayerSigner,
    SignerCa,
    SignerCertificate,
    SignerTokenFile,
    Site,
    Traces,
    serve,
)


def add(app: typer.Typer) -> None:
    """Adds `up` to the top level."""
    command(app, "up", example="portledger up --data ./portledger-data")(up)


def up(
    run: Run,
    data: Data = DATA,
    host: Host = "127.0.0.1",
    port: Port = 8780,
    node: AnyNode = None,
    node_port: NodePort = 8545,
    site: Site = None,
    ask_registrar: AskRegistrar = False,
    engine: EngineName = "none",
    nightly_hour: NightlyHour = 2,
    confirmations: Confirmations = 0,
    database: Database = None,
    payloads: Payloads = None,
    metrics: Metrics = None,
    relayer_keystore: RelayerKeystore = "",
    relayer_passphrase_file: RelayerPassphraseFile = "",
    relayer_key_file: RelayerKeyFile = "",
    relayer_signer: RelayerSigner = "",
    relayer_token_file: SignerTokenFile = "",
    relayer_ca: SignerCa = "",
    relayer_certificate: SignerCertificate = "",
    relayer_address: RelayerAddress = "",
    traces: Traces = None,
    log_level: LogLevel = "warning",
) -> None:
    """Start ledger and gateway, and run until Ctrl-C. Starts again on the same folder where it stopped.

    By default every registration is admitted at once; for anything but trying it out use --ask-registrar.
    """
    serve(
        run, data, node,
        host=host, port=port, node_port=node_port, site=site, admit_automatically=not ask_registrar,
        engine=engine, nightly_hour=nightly_hour, confirmations=confirmations, metrics=metrics, traces=traces,
        log_level=log_level, database=database, payloads=payloads,
        relayer_keystore=relayer_keystore, relayer_passphrase_file=relayer_passphrase_file,
        relayer_key_file=relayer_key_file, relayer_signer=relayer_signer, relayer_token_file=relayer_token_file,
        relayer_ca=relayer_ca, relayer_certificate=relayer_certificate, relayer_address=relayer_address,
    )  # fmt: skip
