"""Putting a ledger on a chain, and knowing it again: deployment, the kinds' tables, deployment.json."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

import orjson

from portledger.chain.artifacts import Artifact, ledger_artifact
from portledger.chain.contract import WAIT_SECONDS, LedgerContract, wait_for
from portledger.chain.encoding import selector
from portledger.chain.reverts import UnknownRevert, from_node
from portledger.chain.rpc import ChainError, NodeAnsweredError, Rpc, hexed
from portledger.chain.signers import Signer
from portledger.chain.transactions import Transaction
from portledger.domain.actions import Domain
from portledger.domain.codes import ZERO
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import abi_words, keccak

DEFINE_KIND: Final = selector("defineKind(uint16,bytes32,uint256[],uint256[],uint8[],bytes32[])")


class DeploymentMismatch(ChainError):
    """The chain holds another ledger than the deployment says."""

    REMEDY: ClassVar[str] = "Check the node's address and deployment.json: they do not belong together."


class KindTable(Protocol):
    """What defining a kind needs of its file."""

    @property
    def number(self) -> int: ...

    @property
    def kind_digest(self) -> bytes: ...

    def define_arguments(self) -> tuple[int, bytes, Sequence[int], Sequence[int], Sequence[int], Sequence[bytes]]:
        """(kind, fileDigest, keys, words, verbs, intentHashes)"""
        ...


@dataclass(frozen=True, slots=True)
class Deployment:
    """Which ledger this is. Digests 32 bytes, ledger 20; block: in which it was deployed; kinds: number -> kindDigest.

    code_digest: keccak256 of the runtime code, immutables included.
    """

    chain_id: int
    ledger: bytes
    salt: bytes
    genesis: bytes
    block: int
    code_digest: bytes
    kinds: dict[int, bytes] = field(default_factory=dict)

    def domain(self) -> Domain:
        """What every signature for this ledger is bound to."""
        return Domain(self.chain_id, self.ledger, self.salt)

    def to_json(self) -> dict[str, Any]:
        return {
            "chainId": self.chain_id,
            "ledger": hexed(self.ledger),
            "salt": self.salt.hex(),
            "genesis": self.genesis.hex(),
            "block": self.block,
            "codeDigest": self.code_digest.hex(),
            "kinds": {str(kind): digest.hex() for kind, digest in sorted(self.kinds.items())},
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Deployment:
        """Raises InvalidInput."""
        try:
            made = cls(
                int(value["chainId"]),
                bytes.fromhex(value["ledger"].removeprefix("0x")),
                bytes.fromhex(value["salt"]),
                bytes.fromhex(value["genesis"]),
                int(value["block"]),
                bytes.fromhex(value["codeDigest"]),
                {int(kind): bytes.fromhex(digest) for kind, digest in value["kinds"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as failure:
            raise InvalidInput("$.deployment", f"{type(failure).__name__}: {failure}", "a deployment.json") from failure
        digests = (made.salt, made.genesis, made.code_digest, *made.kinds.values())
        if len(made.ledger) != 20 or any(len(digest) != 32 for digest in digests):
            raise InvalidInput("$.deployment", "an address or digest of another length", "20 and 32 bytes")
        return made

    def save(self, path: Path) -> None:
        temporary = path.with_name(path.name + ".new")
        temporary.write_bytes(orjson.dumps(self.to_json(), option=orjson.OPT_INDENT_2) + b"\n")
        temporary.replace(path)

    @classmethod
    def load(cls, path: Path) -> Deployment:
        """Raises InvalidInput, FileNotFoundError."""
        try:
            return cls.from_json(orjson.loads(path.read_bytes()))
        except orjson.JSONDecodeError as failure:
            raise InvalidInput(str(path), str(failure), "a deployment.json") from failure

    def check(self, rpc: Rpc) -> LedgerContract:
        """The ledger behind this deployment, after comparing chain id, genesis, code and domain. Raises
        DeploymentMismatch, NoLedger."""
        ledger = LedgerContract(rpc, self.ledger)
        found = (rpc.chain_id(), genesis_hash(rpc), ledger.code_digest(), ledger.domain())
        wanted = (self.chain_id, self.genesis, self.code_digest, self.domain())
        for name, there, here in zip(("chain id", "genesis", "code digest", "domain"), found, wanted, strict=True):
            if there != here:
                raise DeploymentMismatch(f"{name} {_shown(there)}", f"{name} {_shown(here)}")
        return ledger


def make_salt(consortium: str, genesis: bytes, random: bytes | None = None) -> bytes:
    """keccak256(consortium name, UTF-8 | genesis hash | 32 random bytes): no two ledgers share a domain."""
    return keccak(consortium.encode(), genesis, random if random is not None else secrets.token_bytes(32))


def genesis_hash(rpc: Rpc) -> bytes:
    """The hash of block 0. Raises DeploymentMismatch when the node has no such block."""
    block = rpc.block(0)
    if block is None:
        raise DeploymentMismatch("a node without block 0", "the chain from its beginning")
    return bytes.fromhex(block["hash"][2:])


def deploy(
    rpc: Rpc,
    deployer: Signer,
    consortium: str,
    governor: bytes,
    registrar: bytes,
    guardian: bytes,
    artifact: Artifact | None = None,
    wait_seconds: float = WAIT_SECONDS,
) -> Deployment:
    """Deploys the ledger with three separate powers (20 bytes each). The deployer keeps no power.

    Needs a node that mines. Raises LedgerError (BadParameter: powers not three different accounts), NotMined,
    SignerError.
    """
    artifact = artifact or ledger_artifact()
    genesis = genesis_hash(rpc)
    salt = make_salt(consortium, genesis)
    code = artifact.bytecode + abi_words(governor, registrar, guardian, salt)
    try:
        gas = rpc.estimate_gas(None, code, deployer.address) * 5 // 4
    except NodeAnsweredError as failure:
        raise from_node(failure) or failure from failure
    transaction = Transaction(rpc.nonce(deployer.address, "pending"), gas, b"", code)
    receipt = wait_for(rpc, rpc.send_raw(deployer.sign(transaction, rpc.chain_id())), wait_seconds)
    if int(receipt["status"], 16) != 1:
        raise UnknownRevert(b"", "the deployment's transaction failed")
    ledger = bytes.fromhex(receipt["contractAddress"][2:])
    code_digest = LedgerContract(rpc, ledger).code_digest()
    return Deployment(rpc.chain_id(), ledger, salt, genesis, int(receipt["blockNumber"], 16), code_digest)


def define_kinds(
    rpc: Rpc,
    deployment: Deployment,
    governor_key: bytes,
    kinds: Iterable[KindTable],
    wait_seconds: float = WAIT_SECONDS,
) -> Deployment:
    """Defines the kinds that the ledger does not have yet; the deployment with all their digests.

    A governor that is no single key sends `define_kind(...)` itself, in its own way. Raises LedgerError,
    DeploymentMismatch when the ledger has another table under a number.
    """
    ledger = LedgerContract(rpc, deployment.ledger)
    known = dict(deployment.kinds)
    sent = []
    for kind in kinds:
        there = ledger.kind_digest(kind.number)
        if there == ZERO:
            sent.append(ledger.send(governor_key, define_kind(*kind.define_arguments())))
        elif there != kind.kind_digest:
            raise DeploymentMismatch(
                f"kind 0x{kind.number:04x} with digest {there.hex()}", f"digest {kind.kind_digest.hex()}"
            )
        known[kind.number] = kind.kind_digest
    for tx in sent:
        ledger.wait(tx, wait_seconds)
    for number, digest in known.items():
        if (there := ledger.kind_digest(number)) != digest:
            raise DeploymentMismatch(f"kind 0x{number:04x} with digest {there.hex()}", f"digest {digest.hex()}")
    return replace(deployment, kinds=known)


def define_kind(
    kind: int,
    file_digest: bytes,
    keys: Sequence[int],
    words: Sequence[int],
    verbs: Sequence[int],
    intent_hashes: Sequence[bytes],
) -> bytes:
    """Calldata of defineKind."""
    lists = (keys, words, verbs, intent_hashes)
    offsets, at = [], 6 * 32
    for items in lists:
        offsets.append(at)
        at += 32 * (1 + len(items))
    head = DEFINE_KIND + abi_words(kind, file_digest, *offsets)
    return head + b"".join(abi_words(len(items), *items) for items in lists)


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
