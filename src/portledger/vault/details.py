"""Details: what an act says beyond its fixed members, salted, hashed into the act, sealed to those entitled.

digest = SHA-256 of JCS{salt, schema: "portledger/detail/1", …} (docs/protocol §1). The sealed form is one blob: JCS of
{schema, chainId, ledger, document, kind, detail, nonce, keyCommitment, ciphertext, grants} with a key of its own; its
grants travel inside it.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portledger.domain.hashing import sha256
from portledger.domain.vault_errors import CiphertextMismatch, DetailRefused, GrantRefused, NotCanonical
from portledger.vault.canonical import MAX_INTEGER, decode_canonical, encode
from portledger.vault.grants import EncryptionKey, Recipient, seal_to
from portledger.vault.manifest import MAX_KIND, NONCE_LENGTH, Place
from portledger.vault.padding import pad, unpad
from portledger.vault.sealing import KEY_LENGTH, check_key, key_commitment
from portledger.vault.wire import address_of, bytes_of_base64, bytes_of_hex, integer_of, with_members

SCHEMA: Final = "portledger/detail/1"
SEALED_SCHEMA: Final = "portledger/sealed-detail/1"
KEY_LABEL: Final = b"portledger/detail-key/1"
GRANT_LABEL: Final = b"portledger/detail-grant/1"
SALT_LENGTH: Final = 16
MAX_SEALED: Final = 4 * 2**20
"""Bytes of a sealed detail; an honest one with twenty readers has about 50,000."""

_SEALED_NAMES: Final = frozenset(
    ["schema", "chainId", "ledger", "document", "kind", "detail", "nonce", "keyCommitment", "ciphertext", "grants"]
)


@dataclass(frozen=True, slots=True)
class SealedDetail:
    """digest: `detail` of the act; blob: the sealed form; blob_sha256: what it is stored under."""

    digest: bytes
    blob: bytes

    @property
    def blob_sha256(self) -> bytes:
        return sha256(self.blob)


def make_detail(members: Mapping[str, Any]) -> dict[str, Any]:
    """A detail with fresh salt and schema. members: as the kind lists them for the verb. Raises DetailRefused."""
    if reserved := {"salt", "schema"} & members.keys():
        raise DetailRefused("detail", f"members {sorted(reserved)}", "members other than salt and schema")
    return {"salt": os.urandom(SALT_LENGTH).hex(), "schema": SCHEMA, **members}


def detail_digest(detail: Any) -> bytes:
    """The 32 bytes that go into the act. Raises DetailRefused without salt or schema, NotCanonical."""
    if not isinstance(detail, dict) or detail.get("schema") != SCHEMA:
        raise DetailRefused("detail/schema", "another schema", SCHEMA)
    bytes_of_hex(detail.get("salt"), SALT_LENGTH, "detail/salt", DetailRefused)
    return sha256(encode(detail))


def seal_detail(place: Place, detail: Any, recipients: Iterable[Recipient]) -> SealedDetail:
    """Seals a detail to its readers (name yourself too). Raises DetailRefused, NotCanonical, GrantRefused, WrongKey."""
    digest = detail_digest(detail)
    members = _members(place, digest)
    aad, key, nonce = encode(members), os.urandom(KEY_LENGTH), os.urandom(NONCE_LENGTH)
    commitment = key_commitment(key, aad, KEY_LABEL)
    ciphertext = AESGCM(key).encrypt(nonce, pad(encode(detail)), aad)
    grants = [
        {
            "recipient": one.party,
            "sealed": b64encode(
                seal_to(one.public, one.ledger_digest, key, _info(members, one.party, commitment))
            ).decode(),
        }
        for one in recipients
    ]
    blob = encode(
        {
            "schema": SEALED_SCHEMA,
            **members,
            "nonce": nonce.hex(),
            "keyCommitment": commitment.hex(),
            "ciphertext": b64encode(ciphertext).decode(),
            "grants": grants,
        }
    )
    return SealedDetail(digest, blob)


def open_detail(place: Place, digest: bytes, blob: bytes, recipient: int, private: EncryptionKey) -> dict[str, Any]:
    """The detail whose digest the act carries.

    recipient: the reader's party id. Raises DetailRefused, GrantRefused, KeyCommitmentMismatch, CiphertextMismatch,
    PaddingRefused, NotCanonical.
    """
    data = _parse(blob)
    members = _members(place, digest)
    if {name: data[name] for name in members} != members:
        raise DetailRefused("sealed detail", "a detail of another act or document", str(members))
    commitment = bytes_of_hex(data["keyCommitment"], 32, "keyCommitment", DetailRefused)
    aad = encode(members)
    key = private.open(_grant_for(data["grants"], recipient), _info(members, recipient, commitment))
    check_key(key, commitment, aad, "detail", KEY_LABEL)
    nonce = bytes_of_hex(data["nonce"], NONCE_LENGTH, "nonce", DetailRefused)
    try:
        plain = AESGCM(key).decrypt(nonce, bytes_of_base64(data["ciphertext"], "ciphertext", DetailRefused), aad)
    except InvalidTag:
        raise CiphertextMismatch("detail", "bytes that do not decrypt", "what was sealed under this key") from None
    text = unpad(plain)
    detail: dict[str, Any] = decode_canonical(text)
    # Salt and all members are under the digest on the ledger, so no second content can hide behind it.
    if sha256(text) != digest:
        raise DetailRefused("detail", f"digest {sha256(text).hex()}", f"{digest.hex()}, the act's")
    detail_digest(detail)
    return detail


def _members(place: Place, digest: bytes) -> dict[str, Any]:
    return {**place.members(), "detail": digest.hex()}


def _info(members: Mapping[str, Any], recipient: int, commitment: bytes) -> bytes:
    return GRANT_LABEL + b"\0" + encode({**members, "recipient": recipient, "keyCommitment": commitment.hex()})


def _parse(blob: bytes) -> dict[str, Any]:
    if len(blob) > MAX_SEALED:
        raise DetailRefused("sealed detail", f"{len(blob)} bytes", f"at most {MAX_SEALED}")
    try:
        data = with_members(decode_canonical(blob), _SEALED_NAMES, "sealed detail", DetailRefused)
    except NotCanonical as error:
        raise DetailRefused("sealed detail", error.found, error.allowed) from error
    if data["schema"] != SEALED_SCHEMA:
        raise DetailRefused("sealed detail/schema", str(data["schema"])[:60], SEALED_SCHEMA)
    integer_of(data["chainId"], 1, MAX_INTEGER, "chainId", DetailRefused)
    integer_of(data["kind"], 1, MAX_KIND, "kind", DetailRefused)
    address_of(data["ledger"], "ledger", DetailRefused)
    return data


def _grant_for(grants: Any, recipient: int) -> bytes:
    if not isinstance(grants, list):
        raise DetailRefused("sealed detail/grants", "no list", "a list of grants")
    for grant in grants:
        members = with_members(grant, {"recipient", "sealed"}, "sealed detail/grants", DetailRefused)
        if members["recipient"] == recipient:
            return bytes_of_base64(members["sealed"], "sealed detail/grants", DetailRefused)
    raise GrantRefused("detail", f"no grant to party {recipient}", "a grant to the reader")
