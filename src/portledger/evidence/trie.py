"""Merkle-Patricia proofs: what an account or a storage slot holds under a state root, or that it holds nothing.

A proof is a set of RLP nodes; each is known by its Keccak-256 hash, so the walk from the root finds its own way and no
order is needed. One set serves the account and all its slots. Keys are hashed before the walk (Ethereum's "secure"
tries): the key of an account is keccak(address), of a slot keccak(slot as 32 bytes). Every failure is a
VerificationError of step 2 (account) or 3 (storage) that says at which nibble of the key it happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from portledger.domain.hashing import keccak, word
from portledger.domain.verification_errors import RlpError, VerificationError
from portledger.evidence import rlp
from portledger.evidence.headers import Engine
from portledger.evidence.result import TITLES, Step

EMPTY_ROOT: Final = keccak(b"\x80")
"""Root of a trie that holds nothing: the hash of RLP's empty bytes."""
_KAIA_CONTRACT: Final = 2
"""First byte of a contract's leaf on Kaia; 1 is an account without code."""
_SMALL: Final = 32
"""A node whose RLP is shorter stands inside its parent instead of its hash."""

_Node: TypeAlias = list[rlp.Item]


class Nodes:
    """The nodes of one or several proofs, found by hash; remembers which were needed."""

    def __init__(self, raw: Iterable[bytes]) -> None:
        """raw: RLP of each node, in any order. Raises VerificationError (step 2) when one occurs twice."""
        self._raw: dict[bytes, bytes] = {}
        self._read: dict[bytes, _Node] = {}
        for node in raw:
            digest = keccak(node)
            if digest in self._raw:
                raise _failure(Step.ACCOUNT, f"node {digest.hex()} twice", "each node of the proofs once")
            self._raw[digest] = node

    def __len__(self) -> int:
        return len(self._raw)

    def used(self) -> list[bytes]:
        """RLP of the nodes that some walk needed, in the order of the input: the smallest set that proves the same."""
        return [raw for digest, raw in self._raw.items() if digest in self._read]

    def unused(self) -> list[bytes]:
        """Hashes of the nodes that no walk needed so far; a proof that carries any is not in its one form."""
        return [digest for digest in self._raw if digest not in self._read]

    def node(self, digest: bytes, nibble: int, step: Step) -> _Node:
        """The node with this hash, marked as used. Raises VerificationError when it is missing or malformed."""
        known = self._read.get(digest)
        if known is not None:
            return known
        raw = self._raw.get(digest)
        if raw is None:
            raise _failure(step, f"no node {digest.hex()} (nibble {nibble})", "every node from the root to the value")
        try:
            node = rlp.decode(raw)
        except RlpError as failure:
            raise _failure(step, f"node {digest.hex()}: {failure.found}", failure.allowed) from failure
        self._read[digest] = _shaped(node, nibble, step)
        return self._read[digest]


def walk(root: bytes, key: bytes, nodes: Nodes, step: Step = Step.STORAGE) -> bytes | None:
    """The value under a key, None when the nodes prove that there is none.

    root: 32 bytes; key: what the trie is keyed by, 32 bytes (the caller hashes). Raises VerificationError when a node
    is missing or is none; a proof that stops halfway proves nothing.
    """
    if root == EMPTY_ROOT:
        return None
    path = [half for byte in key for half in (byte >> 4, byte & 15)]
    node, at = nodes.node(root, 0, step), 0
    while True:
        if len(node) == 17:
            if at == len(path):
                return _value(node[16], at, step)
            below = node[path[at]]
            at += 1
        else:
            part, leaf = _prefix(node[0], at, step)
            if leaf:
                return _value(node[1], at, step) if part == path[at:] else None
            if path[at : at + len(part)] != part:
                return None
            below = node[1]
            at += len(part)
        if below == b"":
            return None
        node = _below(below, at, nodes, step)


@dataclass(frozen=True, slots=True)
class Account:
    """What a state trie holds of a contract. balance: wei; storage_root, code_hash: 32 bytes."""

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes


def account(root: bytes, address: bytes, nodes: Nodes, engine: Engine = Engine.NONE) -> Account:
    """The account of a contract under a state root. address: 20 bytes; engine: Kaia's leaves differ from Ethereum's.

    Raises VerificationError (step 2) when the nodes do not lead to it, prove its absence, or the leaf is malformed.
    """
    leaf = walk(root, keccak(address), nodes, Step.ACCOUNT)
    if leaf is None:
        raise _failure(Step.ACCOUNT, f"no account 0x{address.hex()}", "the ledger's account in the block's state")
    try:
        return _kaia_account(leaf) if engine == Engine.ISTANBUL else _ethereum_account(rlp.decode(leaf))
    except RlpError as failure:
        found = f"account 0x{address.hex()}: {failure.found}"
        raise _failure(Step.ACCOUNT, found, failure.allowed) from failure


def storage(root: bytes, slot: int | bytes, nodes: Nodes) -> int:
    """The word in a storage slot, 0 when the nodes prove that none is stored. root: the account's storage root.

    slot: number, or 32 bytes. Raises VerificationError (step 3) when the nodes do not lead there.
    """
    place = word(slot)
    leaf = walk(root, keccak(place), nodes, Step.STORAGE)
    if leaf is None:
        return 0
    try:
        value = rlp.integer(rlp.decode(leaf))
    except RlpError as failure:
        raise _failure(Step.STORAGE, f"slot {place.hex()}: {failure.found}", failure.allowed) from failure
    if value == 0:
        raise _failure(Step.STORAGE, f"slot {place.hex()}: a stored 0", "no leaf where nothing is stored")
    return value


def _ethereum_account(item: rlp.Item) -> Account:
    """[nonce, balance, storageRoot, codeHash]"""
    nonce, balance, storage_root, code_hash = _members(item, 4)
    return Account(rlp.integer(nonce, 8), rlp.integer(balance), _digest(storage_root), _digest(code_hash))


def _kaia_account(leaf: bytes) -> Account:
    """02 | [[nonce, balance, humanReadable, keyType, key], storageRoot, codeHash, codeInfo]"""
    if leaf[:1] != bytes([_KAIA_CONTRACT]):
        raise RlpError(0, f"account type 0x{leaf[:1].hex()}", "0x02, a contract")
    common, storage_root, code_hash, _ = _members(rlp.decode(leaf[1:]), 4)
    nonce, balance, *_ = _members(common, 5)
    return Account(rlp.integer(nonce, 8), rlp.integer(balance), _digest(storage_root), _digest(code_hash))


def _members(item: rlp.Item, count: int) -> list[rlp.Item]:
    if not isinstance(item, list) or len(item) != count:
        raise RlpError(0, "another value", f"a list of {count}")
    return item


def _digest(item: rlp.Item) -> bytes:
    if isinstance(item, list) or len(item) != 32:
        raise RlpError(0, "another value", "a hash of 32 bytes")
    return item


def _shaped(node: rlp.Item, nibble: int, step: Step) -> _Node:
    """A node is a branch of 16 places and a value, or a path with what follows."""
    if isinstance(node, list) and len(node) in (2, 17):
        return node
    raise _malformed(step, nibble, "a value that is no node", "a list of 2 or 17")


def _below(reference: rlp.Item, nibble: int, nodes: Nodes, step: Step) -> _Node:
    """The node that a parent names: by its hash, or itself where it is small."""
    if isinstance(reference, list):
        if len(rlp.encode(reference)) >= _SMALL:
            raise _malformed(step, nibble, "a node of 32 bytes or more inside its parent", "its hash")
        return _shaped(reference, nibble, step)
    if len(reference) != 32:
        raise _malformed(step, nibble, f"a reference of {len(reference)} bytes", "a hash of 32 bytes")
    return nodes.node(reference, nibble, step)


def _prefix(encoded: rlp.Item, nibble: int, step: Step) -> tuple[list[int], bool]:
    """The nibbles of a path and whether it ends in a leaf (hex prefix: 0 even, 1 odd, + 2 for a leaf)."""
    if isinstance(encoded, list) or not encoded or encoded[0] >> 4 > 3:
        raise _malformed(step, nibble, "a path without its prefix", "prefix 0 to 3")
    halves = [half for byte in encoded for half in (byte >> 4, byte & 15)]
    leaf, odd = halves[0] >= 2, halves[0] & 1
    if not odd and halves[1] != 0:
        raise _malformed(step, nibble, f"an even path padded with {halves[1]}", "padding 0")
    part = halves[1:] if odd else halves[2:]
    if not leaf and not part:
        raise _malformed(step, nibble, "an extension without a path", "at least one nibble")
    return part, leaf


def _value(item: rlp.Item, nibble: int, step: Step) -> bytes | None:
    """What a leaf holds, or a branch in its last place, where nothing is empty bytes."""
    if isinstance(item, list):
        raise _malformed(step, nibble, "a list as a value", "bytes")
    return item or None


def _malformed(step: Step, nibble: int, found: str, expected: str) -> VerificationError:
    return _failure(step, f"{found} (nibble {nibble})", expected)


def _failure(step: Step, found: str, expected: str) -> VerificationError:
    return VerificationError(
        int(step), TITLES[step], found, expected, "The proof is incomplete or damaged: make the evidence again."
    )
