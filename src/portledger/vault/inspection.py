"""Inspecting a document before accepting it (docs/protocol §8): `accept` takes only what `inspect` made.

Steps: 1 head live · 2 manifest · 3 datasets · 4 grants · 5 keys · 6 ciphertexts · 7 decryption · 8 canonical form ·
9 roots · 10 schema and mandatory paths. The history itself is verified before (evidence room); its results come in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any, Final, TypeVar

from portledger.domain.errors import PortledgerError
from portledger.domain.kind_file import KindFile
from portledger.domain.vault_errors import (
    CiphertextMismatch,
    GrantRefused,
    InspectionRefused,
    KeyCommitmentMismatch,
    ManifestRefused,
    NotCanonical,
    PaddingRefused,
    RootMismatch,
    VaultError,
    WrongKey,
)
from portledger.vault.canonical import resolve
from portledger.vault.grants import EncryptionKey, Grant, open_grant
from portledger.vault.manifest import Manifest, Place
from portledger.vault.sealing import Opened, check_ciphertext, open_dataset

STEPS: Final = {
    1: "head live",
    2: "manifest",
    3: "datasets",
    4: "grants",
    5: "keys",
    6: "ciphertexts",
    7: "decryption",
    8: "canonical form",
    9: "roots",
    10: "schema and mandatory paths",
}
T = TypeVar("T")
_TOKEN: Final = object()
_STEP_OF: Final[dict[type[VaultError], int]] = {
    CiphertextMismatch: 7,
    PaddingRefused: 8,
    NotCanonical: 8,
    RootMismatch: 9,
}

Blobs = Callable[[bytes], bytes] | Mapping[bytes, bytes]
"""SHA-256 -> ciphertext; a function may raise BlobMissing."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What the verified history says of the document now.

    head: to which the history was verified; live_head: the ledger's, asked now; content: digest of the last content
    act; version, state: of the record. All digests 32 bytes.
    """

    place: Place
    head: bytes
    live_head: bytes
    content: bytes
    version: int
    state: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """A document whose content was opened and checked, on this head. Only `inspect` makes one."""

    place: Place
    head: bytes
    """What the accepting act extends: `previous`."""
    content: bytes
    manifest: Manifest
    recipient: int
    opened: Mapping[str, Opened] = field(repr=False)
    token: InitVar[object]

    def __post_init__(self, token: object) -> None:
        if token is not _TOKEN:
            raise InspectionRefused(0, "inspection", "an Inspection that nobody made by inspecting", "inspect(…)")

    @property
    def values(self) -> dict[str, Any]:
        """dataset -> value: what is shown to the person before it signs."""
        return {name: one.value for name, one in self.opened.items()}


def inspect(
    offered: Offered,
    kind: KindFile,
    readers: Iterable[str],
    recipient: int,
    private: Sequence[EncryptionKey],
    manifest: Manifest,
    grants: Iterable[Grant],
    blobs: Blobs,
    schema: Callable[[Mapping[str, Any]], None] | None = None,
) -> Inspection:
    """Opens everything that the kind gives to the receiver and checks it, in the steps above.

    readers: the receiver's relations and business roles ("offeree", "bank"); recipient: its party id; private: its
    encryption keys, newest first; schema: the format's check of the values (dataset -> value), raising PortledgerError.
    Raises InspectionRefused with the step that fails.
    """
    if offered.head != offered.live_head:
        raise _refused(1, f"head {offered.head.hex()}", f"{offered.live_head.hex()}, the ledger's", "Verify it again.")
    _within(2, lambda: _check_manifest(offered, kind, manifest))
    _within(3, lambda: manifest.check_datasets([dataset.name for dataset in kind.datasets]))
    wanted = kind.datasets_for(readers, offered.state)
    if not wanted:
        raise _refused(4, "no dataset that these roles may read", "a role or relation that the kind lists")
    keys = _keys(manifest, wanted, list(grants), recipient, private)
    ciphertexts = {name: _ciphertext(manifest, name, blobs) for name in wanted}
    opened = {name: _open(manifest, name, keys[name], ciphertexts[name]) for name in wanted}
    for name in wanted:
        _check_mandatory(kind, manifest.place, opened[name])
    if schema:
        check = schema
        _within(10, lambda: check({name: one.value for name, one in opened.items()}))
    return Inspection(offered.place, offered.head, offered.content, manifest, recipient, opened, _TOKEN)


def _check_manifest(offered: Offered, kind: KindFile, manifest: Manifest) -> None:
    manifest.check_content(offered.content)
    manifest.check_place(offered.place, offered.version)
    if manifest.place.kind != kind.number:
        raise ManifestRefused("kind", str(manifest.place.kind), f"{kind.number}, {kind.id}")


def _keys(
    manifest: Manifest, wanted: Iterable[str], grants: Sequence[Grant], recipient: int, private: Sequence[EncryptionKey]
) -> dict[str, bytes]:
    keys = {}
    for name in wanted:
        version = manifest.entry(name).sealed_version
        mine = [g for g in grants if g.dataset == name and g.sealed_version == version and g.recipient == recipient]
        if not mine:
            raise _refused(4, f"no grant of dataset {name}, sealed version {version}", f"one to party {recipient}")
        keys[name] = _key(manifest, name, mine, recipient, private)
    return keys


def _key(
    manifest: Manifest, name: str, grants: Sequence[Grant], recipient: int, private: Sequence[EncryptionKey]
) -> bytes:
    """Anybody can make a grant (HPKE base mode), so a bad one beside a good one does not count."""
    failed: VaultError | None = None
    for grant in grants:
        for one in private:
            try:
                return open_grant(manifest, grant, recipient, one)
            except (GrantRefused, KeyCommitmentMismatch, WrongKey) as error:
                # A wrong key says more than a grant to another of the party's keys.
                failed = failed if isinstance(failed, KeyCommitmentMismatch | WrongKey) else error
    step = 5 if isinstance(failed, KeyCommitmentMismatch | WrongKey) else 4
    raise _refused(
        step, failed.found if failed else f"dataset {name}, no private key", "a grant that opens"
    ) from failed


def _ciphertext(manifest: Manifest, name: str, blobs: Blobs) -> bytes:
    entry = manifest.entry(name)

    def fetch() -> bytes:
        found = blobs(entry.ciphertext_sha256) if callable(blobs) else blobs.get(entry.ciphertext_sha256)
        if found is None:
            raise CiphertextMismatch(name, "no blob", entry.ciphertext_sha256.hex())
        check_ciphertext(entry, found)
        return found

    return _within(6, fetch)


def _open(manifest: Manifest, name: str, key: bytes, ciphertext: bytes) -> Opened:
    try:
        return open_dataset(manifest.place, manifest.entry(name), key, ciphertext)
    except VaultError as error:
        step = _STEP_OF.get(type(error), 5)
        raise _refused(step, f"{error.where}: {error.found}", error.allowed) from error


def _check_mandatory(kind: KindFile, place: Place, opened: Opened) -> None:
    for path in kind.mandatory_in(opened.name):
        try:
            resolve(opened.value, path)
        except KeyError:
            raise _refused(10, f"no {path} in dataset {opened.name}", "every mandatory path") from None
    # The document itself names its ledger: the sole original (docs/protocol §7).
    own = {"ext:/chainId": place.chain_id, "ext:/ledger": "0x" + place.ledger.hex()}
    for item, path in kind.dataset(opened.name).fields.items():
        if path in own and opened.value.get(item) != own[path]:
            raise _refused(10, f"{item} = {str(opened.value.get(item))[:60]}", f"{own[path]}, this ledger")


def _within(step: int, call: Callable[[], T]) -> T:
    try:
        return call()
    except InspectionRefused:
        raise
    except PortledgerError as error:
        raise _refused(step, error.found, error.allowed, error.remedy) from error


def _refused(step: int, found: str, allowed: str, remedy: str = "") -> InspectionRefused:
    return InspectionRefused(step, STEPS[step], found, allowed, remedy)
