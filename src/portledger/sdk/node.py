"""What a node says of the ledger: the few facts that a verification measures a history by.

A reader of its own, a page long, so that a party depends on nobody's chain software for it: any JSON-RPC node serves.
All reads are of one block.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import httpx

from portledger.domain.actions import Domain
from portledger.domain.hashing import abi_words, keccak
from portledger.domain.records import Control
from portledger.evidence.history import LedgerFacts
from portledger.sdk.errors import NodeUnreachable

_VIEWS: Final = {
    name: keccak(f"{name}({types})".encode())[:4]
    for name, types in {
        "control": "bytes32",
        "head": "bytes32",
        "notesHead": "bytes32",
        "extension": "bytes32",
        "kindDigest": "uint16",
        "partyHead": "uint32",
        "account": "address",
        "claims": "bytes32",
    }.items()
}
_M32: Final = (1 << 32) - 1
_M40: Final = (1 << 40) - 1


class Node:
    """url: the node's JSON-RPC address. Raises NodeUnreachable."""

    def __init__(self, url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        self._http = httpx.Client(timeout=30, transport=transport, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def facts(
        self,
        domain: Domain,
        document: bytes,
        parties: Iterable[int],
        accounts: Iterable[bytes],
        claims: Iterable[bytes],
    ) -> LedgerFacts:
        """The ledger's own word on a document as of the newest block, and on whoever its history speaks of."""
        block = self._calls([("eth_getBlockByNumber", ["latest", False])])[0]
        if self._number("eth_chainId") != domain.chain_id:
            raise NodeUnreachable(f"a node of another chain at {self.url}", f"chain {domain.chain_id}")
        number = int(block["number"], 16)
        party_list, account_list, claim_list = sorted(set(parties)), sorted(set(accounts)), sorted(set(claims))
        asked = [(name, document) for name in ("control", "head", "notesHead", "extension")]
        words = self._views(domain.ledger, number, [
            *asked,
            *(("partyHead", party) for party in party_list),
            *(("account", account) for account in account_list),
            *(("claims", claim) for claim in claim_list),
        ])  # fmt: skip
        control, extension = int.from_bytes(words[0], "big"), int.from_bytes(words[3], "big")
        kind = self._views(domain.ledger, number, [("kindDigest", Control.unpack(control).kind)])[0]
        heads, rest = words[4 : 4 + len(party_list)], words[4 + len(party_list) :]
        return LedgerFacts(
            domain=domain,
            block=number,
            time=int(block["timestamp"], 16),
            control=control,
            head=words[1],
            notes_head=words[2],
            kind_digest=kind,
            party_heads=dict(zip(party_list, heads, strict=True)),
            accounts={account: int.from_bytes(word, "big") for account, word in zip(account_list, rest, strict=False)},
            frozen_until=extension >> 32 & _M40,
            secured_party=extension & _M32,
            claims=dict(zip(claim_list, rest[len(account_list) :], strict=True)),
        )

    def _number(self, method: str) -> int:
        return int(self._calls([(method, [])])[0], 16)

    def _views(self, ledger: bytes, block: int, views: list[tuple[str, int | bytes]]) -> list[bytes]:
        to, at = "0x" + ledger.hex(), hex(block)
        answers = self._calls(
            [
                ("eth_call", [{"to": to, "data": "0x" + (_VIEWS[name] + abi_words(value)).hex()}, at])
                for name, value in views
            ]
        )
        words = [bytes.fromhex(str(answer)[2:]) for answer in answers]
        if any(len(word) != 32 for word in words):
            raise NodeUnreachable(f"no ledger at {to} on the node {self.url}", "the node of the ledger's chain")
        return words

    def ask(self, calls: list[tuple[str, list[Any]]]) -> list[Any]:
        """Calls (method, parameters) in one request; their results in the same order. Raises NodeUnreachable."""
        return self._calls(calls)

    def _calls(self, calls: list[tuple[str, list[Any]]]) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": at, "method": method, "params": params}
            for at, (method, params) in enumerate(calls)
        ]
        try:
            answers = self._http.post(self.url, json=body).raise_for_status().json()
            by_id = {answer["id"]: answer for answer in answers}
            return [by_id[at]["result"] for at in range(len(calls))]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as failure:
            raise NodeUnreachable(f"no usable answer from {self.url} ({type(failure).__name__})", "a node") from failure
