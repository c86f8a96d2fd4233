"""A fresh anvil with a deployed ledger, for benchmarks: plain JSON-RPC, so that nothing else is measured along."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
from eth_abi import encode

from portledger.domain.actions import AccountConsent, Domain, Registration, SignedAction
from portledger.domain.hashing import keccak
from portledger.domain.signatures import address_of, sign
from portledger.resources import kinds

ROOT = Path(__file__).parents[1]
SIGNED_ACTION = "(bytes32,bytes32,bytes32,bytes32,bytes32,uint256,bytes)"
REGISTRATION = "(bytes32,uint64,bytes32,uint8,bool,address[],uint8[],bytes[])"
GAS = 30_000_000


def selector(signature: str) -> bytes:
    return keccak(signature.encode())[:4]


def call(signature: str, *values: Any) -> str:
    """Calldata by eth_abi, as 0x hex."""
    types = split_types(signature[signature.index("(") + 1 : -1])
    return "0x" + (selector(signature) + encode(types, values)).hex()


def split_types(inside: str) -> list[str]:
    """`a,(b,c)[],d` cut at the commas that stand outside of brackets."""
    types, depth, start = [], 0, 0
    for at, letter in enumerate(inside):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            types.append(inside[start:at])
            start = at + 1
    return [*types, inside[start:]] if inside else []


def anvil() -> str:
    found = shutil.which("anvil") or os.environ.get("PORTLEDGER_ANVIL")
    for path in ROOT.glob("node_modules/@foundry-rs/anvil-*/bin/anvil"):
        found = found or str(path)
    if not found:
        raise SystemExit("no anvil found: run scripts/setup")
    return found


class Bench:
    """with Bench() as bench: … — deploys, defines the shipped kinds, and registers parties."""

    def __enter__(self) -> Bench:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._node = subprocess.Popen(
            [
                anvil(),
                "--port",
                str(port),
                "--silent",
                "--timestamp",
                "1800000000",
                "--block-base-fee-per-gas",
                "0",
                "--gas-price",
                "0",
                "--gas-limit",
                "100000000",
            ]
        )
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        self._wait()
        # Salt, keys and clock are fixed: the gas of calldata depends on every byte, and figures must repeat exactly.
        self.rpc("anvil_setBlockTimestampInterval", 1)
        self.sender = self.rpc("eth_accounts")[0]
        self._deploy()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        self._node.kill()
        self._node.wait()

    def _wait(self) -> None:
        for _ in range(200):
            try:
                self.rpc("eth_chainId")
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise SystemExit("anvil does not answer")

    def rpc(self, method: str, *parameters: Any) -> Any:
        answer = self._http.post("/", json={"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).json()
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def send(self, data: str, to: str | None = None) -> dict[str, Any]:
        """One transaction, mined at once; its receipt. Raises RuntimeError when it reverts."""
        transaction = {"from": self.sender, "data": data, "gas": hex(GAS), "gasPrice": "0x0"}
        if to:
            transaction["to"] = to
        sent = self.rpc("eth_sendTransaction", transaction)
        receipt: dict[str, Any] | None = None
        while receipt is None:
            receipt = self.rpc("eth_getTransactionReceipt", sent)
        if receipt["status"] != "0x1":
            raise RuntimeError(
                self.rpc("eth_call", {key: transaction[key] for key in transaction if key != "gas"}, "latest")
            )
        return receipt

    def _deploy(self) -> None:
        artifact = json.loads((ROOT / "src/portledger/chain/artifacts/DocumentLedger.json").read_text())
        powers = self.rpc("eth_accounts")[:3]
        salt = keccak(b"benchmark")
        receipt = self.send(
            "0x"
            + artifact["bytecode"].removeprefix("0x")
            + encode(["address"] * 3 + ["bytes32"], [*powers, salt]).hex()
        )
        self.ledger = receipt["contractAddress"]
        self.deployment_gas = int(receipt["gasUsed"], 16)
        self.domain = Domain(int(self.rpc("eth_chainId"), 16), bytes.fromhex(self.ledger[2:]), salt)
        self._governor, self._registrar = powers[0], powers[1]
        self.parties = 0
        for kind in kinds().values():
            number, file_digest, keys, words, verbs, intents = kind.define_arguments()
            self.send(
                call(
                    "defineKind(uint16,bytes32,uint256[],uint256[],uint8[],bytes32[])",
                    number,
                    file_digest,
                    keys,
                    words,
                    verbs,
                    intents,
                ),
                self.ledger,
            )

    def now(self) -> int:
        return int(self.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def head(self, document: bytes) -> bytes:
        data = call("head(bytes32)", document)
        return bytes.fromhex(self.rpc("eth_call", {"to": self.ledger, "data": data}, "latest")[2:])

    def execute(self, signed: Sequence[SignedAction]) -> int:
        """Gas of the whole transaction: `execute` for one act, else `executeBatch`. Raises when any act is refused."""
        tuples = [
            (a.document, a.previous, a.content, a.document_reference, a.detail, a.terms(), item.signatures)
            for item in signed
            for a in [item.action]
        ]
        if len(tuples) == 1:
            return int(self.send(call(f"execute({SIGNED_ACTION})", tuples[0]), self.ledger)["gasUsed"], 16)
        receipt = self.send(call(f"executeBatch({SIGNED_ACTION}[])", tuples), self.ledger)
        refused = "0x" + keccak(b"ActionRefused(uint256,bytes32,bytes)").hex()
        for log in receipt["logs"]:
            if log["topics"][0] == refused:
                raise RuntimeError(f"refused: {log['data']}")
        return int(receipt["gasUsed"], 16)

    def register(self, key: bytes, roles: int) -> int:
        self._register([key], roles)
        return self.parties

    def register_gas(self, accounts: int) -> int:
        """Gas of one registration with so many accounts."""
        return self._register([keccak(b"account %d of %d" % (n, accounts)) for n in range(accounts)], 1)

    def _register(self, keys: list[bytes], roles: int) -> int:
        self.parties += 1
        accounts = tuple(address_of(key) for key in keys)
        scopes = tuple(255 for _ in keys)
        plain = Registration(keccak(b"profile"), roles, keccak(b"key"), 1, False, accounts, scopes)
        consents = [
            sign(AccountConsent(self.parties, account, 255, plain.digest()).digest(self.domain), key)
            for account, key in zip(accounts, keys, strict=True)
        ]
        value = (
            plain.profile,
            roles,
            plain.encryption_key,
            1,
            False,
            ["0x" + a.hex() for a in accounts],
            list(scopes),
            consents,
        )
        self.sender, before = self._registrar, self.sender
        try:
            return int(self.send(call(f"register({REGISTRATION})", value), self.ledger)["gasUsed"], 16)
        finally:
            self.sender = before
