"""The salted tree over a dataset's fields, and proofs of one field against its root (docs/protocol §8).

A binary trie in which a leaf's position is SHA-256 of its path, so the issuer cannot choose where a field stands and a
path has one leaf by construction. Bit d of a position, most significant first, chooses the side at depth d (0 = left);
a leaf stands at the first depth where it is alone. Every check raises ProofRefused; none answers False.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import orjson

from portledger.domain.vault_errors import NotCanonical, ProofRefused
from portledger.vault.canonical import Leaf, encode, flatten
from portledger.vault.wire import bytes_of_hex, text_of, with_members

EMPTY: Final = bytes(32)
"""Stands where no leaf is."""
SALT_LENGTH: Final = 16
SEED_LENGTH: Final = 32
MAX_DEPTH: Final = 256

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"
_ROOT: Final = b"\x02"
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


@dataclass(frozen=True, slots=True)
class TreeRoot:
    """What a manifest says about one dataset's fields.

    document: 32 bytes; aad: the dataset's associated data (JCS bytes); root: 32 bytes.
    """

    document: bytes
    aad: bytes
    root: bytes


class Salts:
    """The salt of each path: 16 bytes of HMAC-SHA256(seed, path), or the one carried over from another document."""

    __slots__ = ("_carried", "_inner", "_outer", "seed")

    def __init__(self, seed: bytes, carried: Mapping[str, bytes] | None = None) -> None:
        """seed: 32 bytes, fresh per sealedVersion; carried: path -> 16 bytes."""
        self.seed = seed
        self._carried = dict(carried or {})
        block = seed.ljust(64, b"\0")
        # HMAC (RFC 2104) with the padded keys made once: a third of the time of hmac.digest for short messages.
        self._inner, self._outer = block.translate(_INNER), block.translate(_OUTER)

    def of(self, path: str) -> bytes:
        if path in self._carried:
            return self._carried[path]
        return sha256(self._outer + sha256(self._inner + path.encode()).digest()).digest()[:SALT_LENGTH]


def position(path: str) -> bytes:
    """Where a path's leaf stands: SHA-256 of the pointer's UTF-8 bytes."""
    return sha256(path.encode()).digest()


@lru_cache(maxsize=32_768)
def _placed(path: str) -> tuple[bytes, int]:
    """The position, as bytes and as a number. Documents of a kind have the same paths again and again."""
    at = position(path)
    return at, int.from_bytes(at, "big")


def value_hash(salt: bytes, value: Any) -> bytes:
    """H(salt | JCS value): equal in two documents when both value and salt are carried over."""
    return sha256(salt + encode(value)).digest()


def leaf_hash(document: bytes, at: bytes, hashed: bytes) -> bytes:
    return sha256(_LEAF + document + at + hashed).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(_NODE + left + right).digest()


def root_hash(aad: bytes, trie: bytes) -> bytes:
    return sha256(_ROOT + aad + trie).digest()


class FieldTree:
    """The tree of one dataset, with everything that is needed to prove its fields. Holds secrets: never sent whole."""

    __slots__ = ("_hashes", "_known", "_leaves", "_numbers", "_values", "aad", "document", "salts")

    def __init__(self, document: bytes, aad: bytes, salts: Salts, leaves: Iterable[Leaf]) -> None:
        """leaves: as `flatten` gives them (checked values)."""
        self.document, self.aad, self.salts = document, aad, salts
        self._leaves = dict(leaves)
        rows = []
        prefix = _LEAF + document
        salt_of, dumps = salts.of, orjson.dumps
        for path, value in self._leaves.items():
            at, number = _placed(path)
            # A leaf's JCS form is orjson's: strings, integers, literals, {} and [] (see canonical.encode_checked).
            hashed = sha256(salt_of(path) + dumps(value)).digest()
            rows.append((number, sha256(prefix + at + hashed).digest(), hashed))
        rows.sort()
        self._numbers = [row[0] for row in rows]
        self._hashes = [row[1] for row in rows]
        self._values = [row[2] for row in rows]
        self._known: dict[tuple[int, int, int], bytes] = {}

    @classmethod
    def of(cls, document: bytes, aad: bytes, salts: Salts, value: Any) -> FieldTree:
        """The tree over every leaf of a strict value. Raises NotCanonical."""
        return cls(document, aad, salts, flatten(value))

    @property
    def root(self) -> bytes:
        return root_hash(self.aad, self._trie(0, len(self._numbers), 0))

    @property
    def commitment(self) -> TreeRoot:
        return TreeRoot(self.document, self.aad, self.root)

    def paths(self) -> list[str]:
        return list(self._leaves)

    def prove(self, path: str) -> Presence:
        """The proof that this field has this value. Raises ProofRefused where there is no such leaf."""
        if path not in self._leaves:
            raise ProofRefused(path, "no such field", "a leaf of the dataset")
        siblings, _ = self._descend(position(path))
        return Presence(path, self._leaves[path], self.salts.of(path), tuple(siblings))

    def prove_absence(self, path: str) -> Absence:
        """The proof that no leaf stands at this path. Raises ProofRefused where one does."""
        if path in self._leaves:
            raise ProofRefused(path, "a field with a value", "a path without a leaf")
        siblings, index = self._descend(position(path))
        if index is None:
            return Absence(path, tuple(siblings), None)
        other = Other(self._numbers[index].to_bytes(32, "big"), self._values[index])
        return Absence(path, tuple(siblings), other)

    def prove_equal(self, path: str, other: FieldTree, other_path: str) -> Equality:
        """The proof that both fields hold one value, without showing it. Their salts must be the same (carried)."""
        mine, theirs = self.prove(path), other.prove(other_path)
        hashed = value_hash(mine.salt, mine.value)
        if value_hash(theirs.salt, theirs.value) != hashed:
            raise ProofRefused(path, "another value or another salt there", "a value carried over with its salt")
        return Equality(path, mine.siblings, other_path, theirs.siblings, hashed)

    def _trie(self, low: int, high: int, depth: int) -> bytes:
        """Hash of the subtree over leaves low..high-1, which agree in all bits above `depth`."""
        if high - low <= 1:
            return self._hashes[low] if high > low else EMPTY
        numbers = self._numbers
        last = numbers[high - 1]
        # The leaves are sorted: the first bit in which any two differ is the first in which the outermost differ.
        split = 256 - (numbers[low] ^ last).bit_length()
        shift = 255 - split
        middle = low + 1 if high - low == 2 else bisect_left(numbers, last >> shift << shift, low, high)
        left, right = self._trie(low, middle, split + 1), self._trie(middle, high, split + 1)
        found = sha256(_NODE + left + right).digest()
        for bit in range(split - 1, depth - 1, -1):
            found = sha256(_NODE + (EMPTY + found if last >> (255 - bit) & 1 else found + EMPTY)).digest()
        return found

    def _sibling(self, low: int, high: int, depth: int) -> bytes:
        """As _trie, kept: the proofs of one tree share most of their siblings."""
        key = (low, high, depth)
        if key not in self._known:
            self._known[key] = self._trie(low, high, depth)
        return self._known[key]

    def _split(self, low: int, high: int, depth: int) -> int:
        """The first of the sorted leaves whose bit `depth` is set."""
        shift = 255 - depth
        return bisect_left(self._numbers, (self._numbers[low] >> shift | 1) << shift, low, high)

    def _descend(self, at: bytes) -> tuple[list[bytes], int | None]:
        """Siblings from the root down to where `at` belongs, and the leaf that stands there, if any."""
        number = int.from_bytes(at, "big")
        low, high, depth = 0, len(self._numbers), 0
        siblings: list[bytes] = []
        while high - low > 1:
            middle = self._split(low, high, depth)
            depth += 1
            if number >> (256 - depth) & 1:
                siblings.append(self._sibling(low, middle, depth))
                low = middle
            else:
                siblings.append(self._sibling(middle, high, depth))
                high = middle
        return siblings, low if high > low else None


@dataclass(frozen=True, slots=True)
class Presence:
    """path: RFC 6901; value: the leaf; salt: 16 bytes; siblings: 32 bytes each, from the root down."""

    path: str
    value: Any
    salt: bytes
    siblings: tuple[bytes, ...]

    def verify(self, tree: TreeRoot) -> None:
        """Raises ProofRefused unless the dataset holds exactly this value at this path."""
        if len(self.salt) != SALT_LENGTH:
            raise ProofRefused(self.path, f"a salt of {len(self.salt)} bytes", f"{SALT_LENGTH} bytes")
        if isinstance(self.value, dict | list) and self.value:
            raise ProofRefused(self.path, "a value that is no leaf", "scalars, {} and []")
        _refuse_other_form(self.path, self.value)
        _check_leaf(tree, self.path, value_hash(self.salt, self.value), self.siblings)

    def to_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "value": self.value,
            "salt": self.salt.hex(),
            "siblings": [sibling.hex() for sibling in self.siblings],
        }

    @classmethod
    def from_json(cls, data: Any) -> Presence:
        """Raises ProofRefused for another form."""
        members = with_members(data, {"path", "value", "salt", "siblings"}, "proof", ProofRefused)
        path = text_of(members["path"], "proof/path", ProofRefused)
        return cls(path, members["value"], _hex(members["salt"], SALT_LENGTH), _siblings(members["siblings"]))


@dataclass(frozen=True, slots=True)
class Other:
    """Another leaf that stands where the sought one would: position and H(salt | JCS value), 32 bytes each."""

    position: bytes
    value_hash: bytes


@dataclass(frozen=True, slots=True)
class Absence:
    """siblings: 32 bytes each, from the root down; other: the leaf found instead, None where the place is empty."""

    path: str
    siblings: tuple[bytes, ...]
    other: Other | None

    def verify(self, tree: TreeRoot) -> None:
        """Raises ProofRefused unless the dataset has no leaf at this path."""
        at = position(self.path)
        if self.other is None:
            _check_path(tree, self.path, at, EMPTY, self.siblings)
            return
        if self.other.position == at:
            raise ProofRefused(self.path, "the leaf of this very path", "another leaf, or none")
        depth = len(self.siblings)
        if _top(self.other.position, depth) != _top(at, depth):
            raise ProofRefused(self.path, "a leaf of another place", "one that agrees in all bits above it")
        hashed = leaf_hash(tree.document, self.other.position, self.other.value_hash)
        _check_path(tree, self.path, at, hashed, self.siblings)

    def to_json(self) -> dict[str, Any]:
        other = self.other and {"position": self.other.position.hex(), "valueHash": self.other.value_hash.hex()}
        return {"path": self.path, "siblings": [sibling.hex() for sibling in self.siblings], "other": other}

    @classmethod
    def from_json(cls, data: Any) -> Absence:
        """Raises ProofRefused for another form."""
        members = with_members(data, {"path", "siblings", "other"}, "proof", ProofRefused)
        other = None
        if members["other"] is not None:
            inner = with_members(members["other"], {"position", "valueHash"}, "proof/other", ProofRefused)
            other = Other(_hex(inner["position"], 32), _hex(inner["valueHash"], 32))
        return cls(text_of(members["path"], "proof/path", ProofRefused), _siblings(members["siblings"]), other)


@dataclass(frozen=True, slots=True)
class Equality:
    """One H(salt | JCS value) under two roots: the same value in both documents, not shown."""

    path: str
    siblings: tuple[bytes, ...]
    other_path: str
    other_siblings: tuple[bytes, ...]
    value_hash: bytes

    def verify(self, tree: TreeRoot, other: TreeRoot) -> None:
        """Raises ProofRefused unless both datasets hold the value of this hash at these paths."""
        _check_leaf(tree, self.path, self.value_hash, self.siblings)
        _check_leaf(other, self.other_path, self.value_hash, self.other_siblings)

    def to_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "siblings": [sibling.hex() for sibling in self.siblings],
            "otherPath": self.other_path,
            "otherSiblings": [sibling.hex() for sibling in self.other_siblings],
            "valueHash": self.value_hash.hex(),
        }

    @classmethod
    def from_json(cls, data: Any) -> Equality:
        """Raises ProofRefused for another form."""
        names = {"path", "siblings", "otherPath", "otherSiblings", "valueHash"}
        members = with_members(data, names, "proof", ProofRefused)
        return cls(
            text_of(members["path"], "proof/path", ProofRefused),
            _siblings(members["siblings"]),
            text_of(members["otherPath"], "proof/otherPath", ProofRefused),
            _siblings(members["otherSiblings"]),
            _hex(members["valueHash"], 32),
        )


def _check_leaf(tree: TreeRoot, path: str, hashed: bytes, siblings: tuple[bytes, ...]) -> None:
    at = position(path)
    _check_path(tree, path, at, leaf_hash(tree.document, at, hashed), siblings)


def _check_path(tree: TreeRoot, path: str, at: bytes, found: bytes, siblings: tuple[bytes, ...]) -> None:
    if len(siblings) > MAX_DEPTH or any(len(sibling) != 32 for sibling in siblings):
        raise ProofRefused(path, "siblings of another form", f"at most {MAX_DEPTH} of 32 bytes each")
    if siblings and siblings[-1] == EMPTY:
        # A node with an empty child and a leaf or another empty child is no valid node.
        raise ProofRefused(path, "an empty lowest sibling", "a leaf or a node beside the place")
    number = int.from_bytes(at, "big")
    for depth in range(len(siblings) - 1, -1, -1):
        sibling = siblings[depth]
        right = number >> (255 - depth) & 1
        found = node_hash(sibling, found) if right else node_hash(found, sibling)
    if root_hash(tree.aad, found) != tree.root:
        raise ProofRefused(path, "a proof that leads to another root", f"root {tree.root.hex()}")


def _refuse_other_form(path: str, value: Any) -> None:
    try:
        encode(value)
    except NotCanonical as error:
        raise ProofRefused(path, error.found, error.allowed) from error


def _top(at: bytes, bits: int) -> int:
    return int.from_bytes(at, "big") >> (256 - bits)


def _hex(value: Any, length: int) -> bytes:
    return bytes_of_hex(value, length, "proof", ProofRefused)


def _siblings(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > MAX_DEPTH:
        raise ProofRefused("proof/siblings", "another form", f"a list of at most {MAX_DEPTH} digests")
    return tuple(_hex(sibling, 32) for sibling in value)
