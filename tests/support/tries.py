"""A Merkle-Patricia trie built from a dictionary, node by node as the yellow paper defines it, to prove against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portledger.domain.hashing import keccak
from portledger.evidence import rlp

Pairs = list[tuple[list[int], bytes]]
"""Nibbles still to go, and the value."""


@dataclass
class Trie:
    """root: 32 bytes; nodes: RLP by hash, without those that stand inside their parent."""

    root: bytes = b""
    nodes: dict[bytes, bytes] = field(default_factory=dict)


def build(content: Mapping[bytes, bytes]) -> Trie:
    """The trie of these keys (of any length) and values (not empty)."""
    trie = Trie()
    pairs = sorted(([half for byte in key for half in divmod(byte, 16)], value) for key, value in content.items())
    raw = rlp.encode(_node(pairs, trie)) if pairs else b"\x80"
    trie.root = keccak(raw)
    if pairs:
        trie.nodes[trie.root] = raw
    return trie


def prefixed(nibbles: list[int], leaf: bool) -> bytes:
    """A path in hex prefix form."""
    flag = 2 * leaf + len(nibbles) % 2
    halves = [flag, *nibbles] if len(nibbles) % 2 else [flag, 0, *nibbles]
    return bytes(16 * high + low for high, low in zip(halves[::2], halves[1::2], strict=True))


def _node(pairs: Pairs, trie: Trie) -> list[rlp.Item]:
    first, value = pairs[0]
    if len(pairs) == 1:
        return [prefixed(first, True), value]
    last = pairs[-1][0]
    common = next((at for at in range(len(first)) if at >= len(last) or first[at] != last[at]), len(first))
    if common:
        return [prefixed(first[:common], False), _reference([(path[common:], v) for path, v in pairs], trie)]
    branch: list[rlp.Item] = [
        _reference([(path[1:], v) for path, v in pairs if path[:1] == [nibble]], trie) for nibble in range(16)
    ]
    return [*branch, b"" if first else value]


def _reference(pairs: Pairs, trie: Trie) -> rlp.Item:
    if not pairs:
        return b""
    node = _node(pairs, trie)
    raw = rlp.encode(node)
    if len(raw) < 32:
        return node
    trie.nodes[keccak(raw)] = raw
    return keccak(raw)
