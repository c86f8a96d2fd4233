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
    RelayerAddress,
    RelayerKeyFile,
    RelayerKeystore,
    RelayerPassphraseFile,
    RelayerSigner,
    SignerCa,
    SignerCertificate,
    SignerTokenFile,
    Traces,
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
    """Carry accepted acts to the chain, and events to webhooks. Deploys the ledger where there is none.

    One works at a time; another one on the same database stands by and takes over when the first one ends. Several ways
    to the relayer's key may be given at once; which key is at work is kept in the database: `portledger admin
    relayer-key` shows it and names the next one.
    """
    serve(
        run, data, node,
        database=database, webhook_key=webhook_key, confirmations=confirmations, metrics=metrics, traces=traces,
        log_level=log_level, roles=("relayer",),
        relayer_keystore=relayer_keystore, relayer_passphrase_file=relayer_passphrase_file,
        relayer_key_file=relayer_key_file, relayer_signer=relayer_signer, relayer_token_file=relayer_token_file,
        relayer_ca=relayer_ca, relayer_certificate=relayer_certificate, relayer_address=relayer_address,
    )  # fmt: skip
