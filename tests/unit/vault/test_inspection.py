"""Inspecting before accepting: each step fails by its own number."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.support.vault import bytes_named, place, reader

from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import sha256
from portledger.domain.vault_errors import BlobMissing, InspectionRefused
from portledger.resources import kind
from portledger.vault.contents import SealedContent, seal_content
from portledger.vault.grants import EncryptionKey, Grant, make_grants
from portledger.vault.inspection import Inspection, Offered, inspect
from portledger.vault.manifest import Manifest, build
from portledger.vault.sealing import seal_dataset

KIND = kind("ebl-negotiable")
NAMES = [dataset.name for dataset in KIND.datasets]
PLACE = place()
B = reader(5)
HEADER = {path.removeprefix("/header/"): "x" for path in KIND.mandatory if path.startswith("/header/")} | {
    "chainId": PLACE.chain_id,
    "ledger": "0x" + PLACE.ledger.hex(),
}


def content(header: Mapping[str, Any] = HEADER) -> SealedContent:
    return seal_content(PLACE, NAMES, {"header": dict(header), "cargo": {"consignmentItems": []}})


CONTENT = content()
HEAD = bytes_named("head")


def offered(manifest: Manifest = CONTENT.manifest) -> Offered:
    return Offered(PLACE, HEAD, HEAD, manifest.digest(), manifest.version, KIND.state("OFFERED").number)


def run(
    at: Offered | None = None,
    sealed: SealedContent = CONTENT,
    *,
    readers: tuple[str, ...] = ("offeree",),
    keys: tuple[EncryptionKey, ...] = (B.key,),
    grants: list[Grant] | None = None,
    **more: Any,
) -> Inspection:
    wanted = KIND.datasets_for(readers, KIND.state("OFFERED").number)
    made = make_grants(sealed.manifest, sealed.keys, {B.recipient: wanted}) if grants is None else grants
    more.setdefault("blobs", sealed.blobs)
    return inspect(at or offered(sealed.manifest), KIND, readers, B.party, keys, sealed.manifest, made, **more)


def refused_at(step: int, *arguments: Any, **more: Any) -> InspectionRefused:
    with pytest.raises(InspectionRefused) as caught:
        run(*arguments, **more)
    assert caught.value.step == step
    assert caught.value.found
    return caught.value


def test_a_sound_document_is_opened_for_its_receiver() -> None:
    shown = run()
    assert shown.values["header"] == HEADER
    assert set(shown.values) == set(KIND.datasets_for(["offeree"], KIND.state("OFFERED").number))
    assert (shown.head, shown.content, shown.recipient) == (HEAD, CONTENT.manifest.digest(), 5)


def test_step_1_a_history_that_ends_before_the_live_head_is_refused() -> None:
    refused_at(1, replace(offered(), live_head=bytes(32)))


def test_step_2_a_manifest_of_another_digest_version_or_place_is_refused() -> None:
    refused_at(2, replace(offered(), content=bytes(32)))
    refused_at(2, replace(offered(), version=2))
    refused_at(2, replace(offered(), place=place("other")))


def test_step_2_a_manifest_of_another_kind_is_refused() -> None:
    at = replace(PLACE, kind=0x0102)
    sealed = seal_content(at, NAMES, {"header": dict(HEADER)})
    refused_at(2, replace(offered(sealed.manifest), place=at), sealed)


def test_step_3_a_missing_or_moved_dataset_is_refused() -> None:
    for names in (NAMES[:-1], NAMES[::-1]):
        refused_at(3, None, seal_content(PLACE, names, {"header": dict(HEADER)}), grants=[])


def test_step_4_every_dataset_of_the_role_needs_a_grant_that_opens() -> None:
    grants = make_grants(CONTENT.manifest, CONTENT.keys, {B.recipient: NAMES})
    refused_at(4, grants=[one for one in grants if one.dataset != "header"])
    refused_at(4, keys=(reader(6).key,))
    refused_at(4, keys=())
    refused_at(4, readers=("nobody",), grants=[])


def test_step_4_a_bad_grant_beside_a_good_one_and_a_former_key_do_no_harm() -> None:
    grants = make_grants(CONTENT.manifest, CONTENT.keys, {B.recipient: NAMES})
    bad = [replace(one, sealed=bytes(1168)) for one in grants]
    assert run(grants=[*bad, *grants], keys=(reader(6).key, B.key)).values["header"] == HEADER


def test_step_5_a_granted_key_that_is_not_the_committed_one_is_refused() -> None:
    from portledger.vault.grants import grant_info, seal_to

    entry = CONTENT.manifest.entry("header")
    forged = seal_to(B.key.public, B.key.digest, bytes(32), grant_info(PLACE, entry, 5))
    grants = make_grants(CONTENT.manifest, CONTENT.keys, {B.recipient: NAMES})
    refused_at(5, grants=[replace(one, sealed=forged) if one.dataset == "header" else one for one in grants])


def test_step_6_other_or_missing_bytes_are_refused() -> None:
    header = CONTENT.manifest.entry("header").ciphertext_sha256

    def none(digest: bytes) -> bytes:
        raise BlobMissing(digest.hex(), "no such blob", "one that was uploaded")

    refused_at(6, blobs={**CONTENT.blobs, header: b"other"})
    refused_at(6, blobs={})
    refused_at(6, blobs=none)


def dishonest(**change: Any) -> tuple[SealedContent, list[Grant]]:
    """A content whose issuer wrote another entry for `header` than the sealing gave, and its grants."""
    blobs, keys = dict(CONTENT.blobs), dict(CONTENT.keys)
    one = seal_dataset(PLACE, "header", 1, dict(HEADER))
    ciphertext = change.pop("ciphertext", one.ciphertext)
    entry = replace(one.entry, ciphertext_sha256=sha256(ciphertext), size=len(ciphertext), **change)
    blobs[entry.ciphertext_sha256], keys["header"] = ciphertext, one.key
    rest = [entry if old.name == "header" else old for old in CONTENT.manifest.datasets]
    sealed = SealedContent(build(PLACE, 1, rest), keys, blobs, {})
    return sealed, make_grants(sealed.manifest, keys, {B.recipient: NAMES})


def test_step_7_bytes_that_do_not_decrypt_are_refused() -> None:
    sealed, grants = dishonest(ciphertext=bytes(300))
    refused_at(7, None, sealed, grants=grants)


def test_step_9_a_root_that_the_content_does_not_give_is_refused() -> None:
    sealed, grants = dishonest(root=bytes(32))
    refused_at(9, None, sealed, grants=grants)


def test_step_10_a_missing_mandatory_path_is_refused() -> None:
    for name in HEADER:
        refused_at(10, None, content({key: value for key, value in HEADER.items() if key != name}))


def test_step_10_a_document_that_names_another_ledger_is_refused() -> None:
    refused_at(10, None, content({**HEADER, "chainId": 1}))
    refused_at(10, None, content({**HEADER, "ledger": "0x" + "00" * 20}))


def test_step_10_the_formats_own_check_is_asked() -> None:
    seen: list[Mapping[str, Any]] = []

    def schema(values: Mapping[str, Any]) -> None:
        seen.append(values)
        raise InvalidInput("/header", "a date in the past", "today")

    assert "date in the past" in refused_at(10, schema=schema).found
    assert seen[0]["header"] == HEADER
