"""Manifests at the door: the form of docs/protocol §8, read in one pass.

vault/manifest has the same rules for those who seal and open; a test holds the two together. Here every content act
passes, so the reading is left to a compiled decoder, and the digits of all hex texts are looked at together: a pattern
for each of some sixty texts took three times as long as everything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
import orjson

from portledger.domain.actions import Action, Domain
from portledger.domain.hashing import sha256
from portledger.domain.kinds import KindFile
from portledger.domain.refusals import ManifestMismatch

_Hex32 = Annotated[str, msgspec.Meta(min_length=64, max_length=64)]
_HEX: Final = re.compile("[0-9a-f]+")
_MAX_INTEGER: Final = 2**53 - 1


class _Dataset(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    sealedVersion: Annotated[int, msgspec.Meta(ge=1, le=65_535)]
    nonce: Annotated[str, msgspec.Meta(min_length=24, max_length=24)]
    size: Annotated[int, msgspec.Meta(ge=1, le=_MAX_INTEGER)]
    ciphertextSha256: _Hex32
    keyCommitment: _Hex32
    root: _Hex32


class _Manifest(msgspec.Struct, forbid_unknown_fields=True):
    chainId: Annotated[int, msgspec.Meta(ge=1, le=_MAX_INTEGER)]
    ledger: Annotated[str, msgspec.Meta(min_length=42, max_length=42)]
    document: _Hex32
    kind: Annotated[int, msgspec.Meta(ge=1, le=0xFFFF)]
    version: Annotated[int, msgspec.Meta(ge=1, le=65_535)]
    datasets: Annotated[list[_Dataset], msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Read:
    """body: the canonical JSON; blobs: (dataset, SHA-256 of its ciphertext)."""

    parsed: _Manifest
    body: bytes
    blobs: tuple[tuple[str, bytes], ...]

    @property
    def version(self) -> int:
        return self.parsed.version


def read(given: dict[str, Any]) -> Read:
    """Raises ManifestMismatch for what is no manifest."""
    try:
        parsed = msgspec.convert(given, _Manifest)
    except msgspec.ValidationError as wrong:
        raise ManifestMismatch(f"a manifest with {wrong}", "the members and forms of docs/protocol §8") from wrong
    _require_digits(parsed)
    names = [one.name for one in parsed.datasets]
    if not "".join(names).isascii():
        raise ManifestMismatch("the name of a dataset that is not ASCII", "names of 1 to 64 ASCII characters")
    if len(set(names)) != len(names):
        raise ManifestMismatch("a dataset twice", "each dataset once")
    if any(one.sealedVersion > parsed.version for one in parsed.datasets):
        raise ManifestMismatch("a sealedVersion above the version", f"at most {parsed.version}")
    # ASCII names and values, integers below 2^53: sorted and compact is RFC 8785.
    body = orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
    return Read(parsed, body, tuple((one.name, bytes.fromhex(one.ciphertextSha256)) for one in parsed.datasets))


def _require_digits(parsed: _Manifest) -> None:
    texts = [parsed.document, parsed.ledger[2:]]
    for one in parsed.datasets:
        texts += (one.nonce, one.ciphertextSha256, one.keyCommitment, one.root)
    if parsed.ledger[:2] != "0x" or not _HEX.fullmatch("".join(texts)):
        wrong = next((text for text in texts if not _HEX.fullmatch(text)), parsed.ledger)
        raise ManifestMismatch(f"a manifest with {wrong!r}", "lower-case hex digits; 0x before the ledger's alone")


def require(found: Read, domain: Domain, action: Action, kind: KindFile | None) -> None:
    """Raises ManifestMismatch unless the manifest is the act's: digest, ledger, document, kind, the kind's datasets."""
    if sha256(found.body) != action.content:
        raise ManifestMismatch(f"digest {sha256(found.body).hex()}", f"the act's content, {action.content.hex()}")
    parsed = found.parsed
    given = (parsed.chainId, parsed.ledger, parsed.document, parsed.kind)
    allowed = (domain.chain_id, "0x" + domain.ledger.hex(), action.document.hex(), action.kind)
    if given != allowed:
        raise ManifestMismatch(f"chain, ledger, document, kind {given}", str(allowed))
    if kind is not None:
        names, wanted = [one.name for one in parsed.datasets], [one.name for one in kind.datasets]
        if names != wanted:
            raise ManifestMismatch(f"datasets {', '.join(names)}", ", ".join(wanted))
