"""The ledger itself: its block, its kinds, its identity."""

from __future__ import annotations

from typing import Any

from portledger.formats.api_json.text import Answer


class BlockJson(Answer):
    number: int
    hash: str
    time: int


class KindSummary(Answer):
    kind: int
    id: str
    kind_digest: str
    title: dict[str, str]


class KindsAnswer(Answer):
    items: list[KindSummary]


class KindJson(Answer):
    """A kind as defined on the ledger. file: the parsed kind file (fileDigest = H(JCS(file)))."""

    kind: int
    id: str
    title: dict[str, str]
    kind_digest: str
    file_digest: str
    states: dict[str, int]
    verbs: dict[str, int]
    intents: dict[str, str]
    file: dict[str, Any]


class LedgerJson(Answer):
    """GET /v1/ledger: what a client needs to sign. salt, genesis, codeDigest: 64 hex.

    nextParty: the id that the next registration will get; time: the gateway's clock.
    """

    chain_id: int
    ledger: str
    salt: str
    genesis: str
    code_digest: str
    confirmed: BlockJson
    kinds: list[KindSummary]
    version: str
    next_party: int
    time: int
