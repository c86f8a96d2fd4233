"""What can be set, with the defaults of one machine. Handed to the worker process through the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from portledger.gateway.api_settings import ApiSettings

ROLES: Final = ("gateway", "relayer", "indexer")
"""The work of a system; one process may do it all."""
ENVIRONMENT: Final = "PORTLEDGER_SETTINGS"
"""Environment variable of the system and its worker: the settings as JSON."""
NODE: Final = "PORTLEDGER_NODE"
"""Environment variable of the worker: the node's address in this run."""
PARENT: Final = "PORTLEDGER_PARENT"
"""Environment variable of the worker: the id of the process that it must not outlive."""


@dataclass(frozen=True)
class RelayerKeySettings:
    """Where the relayer's keys are, besides the one in the data folder; "" = not there. No secret stands in here.

    keystore: a keystore file of version 3, or a folder of them; passphrase_file: what opens them; key_file: secrets of
    64 hex digits, one a line; signer: the address of a service that speaks web3signer's JSON-RPC; token_file: what it
    is shown; ca: certificates (PEM) that it may have; certificate: what we show it, with its key (PEM); address: which
    account a new ledger's relayer begins with, needed where several are given.
    """

    keystore: str = ""
    passphrase_file: str = ""
    key_file: str = ""
    signer: str = ""
    token_file: str = ""
    ca: str = ""
    certificate: str = ""
    address: str = ""


@dataclass(frozen=True)
class Settings:
    """One gateway. data: the folder that holds everything.

    node: address of a JSON-RPC node, None = the embedded one, whose port node_port is (0 = any free one).
    site: the gateway's address as its users see it, None = http://host:port; EIP-4361 messages must name it.
    admit_automatically: the embedded registrar admits every registration at once; for development and demonstrations.
    json_limit, blob_limit: bytes of a request's body. block_seconds: least time between two blocks of the own node.
    confirmations: blocks that must follow one before it counts as final; 0 where the chain's blocks are final at once.
    engine: how the chain seals its blocks: none, qbft or istanbul. proof_seconds: how often proofs of ended records are
    kept; nightly_hour: when those of all changed records are, hour of the day in UTC. database: postgresql://… with
    all tables, None = files in the folder. payloads: s3://bucket/prefix of the sealed blobs, None = in the folder; how
    to sign in there is read from the AWS_… environment variables. roles: of ROLES, what this process does; one that
    does not do everything needs a node, and on another machine the database. metrics: address:port that shows
    /livez, /readyz and /metrics of all this process's work, None = nowhere; for the operator's network alone.
    traces: address of a collector (OTLP over HTTP) for spans of requests and acts, None = no traces.
    api: see ApiSettings; relayer: see RelayerKeySettings.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8600
    node: str | None = None
    node_port: int = 0
    site: str | None = None
    consortium: str = "portledger"
    chain_id: int = 1337
    admit_automatically: bool = True
    json_limit: int = 4 << 20
    blob_limit: int = (100 << 20) + (1 << 20)
    block_seconds: float = 0.25
    acts_per_transaction: int = 1000
    transactions_in_flight: int = 12
    confirmations: int = 0
    engine: str = "none"
    proof_seconds: float = 30.0
    nightly_hour: int = 2
    log_level: str = "info"
    database: str | None = None
    payloads: str | None = None
    roles: tuple[str, ...] = ROLES
    metrics: str | None = None
    traces: str | None = None
    api: ApiSettings = field(default_factory=ApiSettings)
    relayer: RelayerKeySettings = field(default_factory=RelayerKeySettings)

    @property
    def whole(self) -> bool:
        """One process for everything."""
        return set(self.roles) == set(ROLES)

    @property
    def base(self) -> str:
        """Where this machine reaches the gateway."""
        return f"http://{self.host}:{self.port}"

    @property
    def uri(self) -> str:
        return self.site or self.base

    @property
    def domain(self) -> str:
        """Host and port of the site: what an EIP-4361 message calls its domain."""
        return self.uri.split("://", 1)[1].split("/", 1)[0]

    def to_json(self) -> str:
        return msgspec.json.encode(self, enc_hook=str).decode()

    @classmethod
    def from_json(cls, text: str) -> Settings:
        return msgspec.json.decode(text, type=cls, dec_hook=lambda kind, value: kind(value))
