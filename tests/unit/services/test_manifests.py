"""The door reads manifests by the same rules as the vault, which seals and opens them."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.vault import NAMES, place, sealed

from portledger.domain.hashing import sha256
from portledger.domain.refusals import ManifestMismatch
from portledger.domain.vault_errors import VaultError
from portledger.services import manifests
from portledger.vault import manifest as vault_manifest

GOOD = sealed().manifest


def test_a_manifest_is_read_to_the_bytes_that_its_digest_covers() -> None:
    found = manifests.read(GOOD.members())
    assert found.body == GOOD.encode()
    assert sha256(found.body) == GOOD.digest()
    assert found.blobs == tuple(zip(NAMES, GOOD.blobs(), strict=True))
    assert found.version == 1


def _entry(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    members = GOOD.members()
    change(members["datasets"][0])
    return members


DAMAGED: dict[str, dict[str, Any]] = {
    "unknown member": {**GOOD.members(), "more": 1},
    "missing member": {name: value for name, value in GOOD.members().items() if name != "version"},
    "upper-case ledger": {**GOOD.members(), "ledger": "0x" + "AB" * 20},
    "a ledger without its prefix": {**GOOD.members(), "ledger": "ab" * 21},
    "a document that is no hex": {**GOOD.members(), "document": "g" * 64},
    "version 0": {**GOOD.members(), "version": 0},
    "version too high": {**GOOD.members(), "version": 65_536},
    "no datasets": {**GOOD.members(), "datasets": []},
    "kind as text": {**GOOD.members(), "kind": "257"},
    "a float": {**GOOD.members(), "version": 1.5},
    "a dataset twice": {**GOOD.members(), "datasets": GOOD.members()["datasets"] * 2},
    "short root": _entry(lambda one: one.update(root="00")),
    "upper-case digest": _entry(lambda one: one.update(ciphertextSha256="AB" * 32)),
    "sealed later than the version": _entry(lambda one: one.update(sealedVersion=2)),
    "size 0": _entry(lambda one: one.update(size=0)),
    "size above 2^53": _entry(lambda one: one.update(size=2**53)),
    "no name": _entry(lambda one: one.update(name="")),
    "a name that is not ASCII": _entry(lambda one: one.update(name="荷")),
    "a newline after the digest": _entry(lambda one: one.update(root="00" * 32 + "\n")),
    "digits of another script": _entry(lambda one: one.update(root="٣" * 64)),
    "short nonce": _entry(lambda one: one.update(nonce="00")),
}


@pytest.mark.parametrize("given", DAMAGED.values(), ids=DAMAGED)
def test_what_the_vault_refuses_the_door_refuses(given: dict[str, Any]) -> None:
    with pytest.raises(VaultError):
        vault_manifest.parse(given)
    with pytest.raises(ManifestMismatch):
        manifests.read(given)


def test_a_manifest_for_another_place_is_refused() -> None:
    from dataclasses import replace

    from portledger.domain.actions import Action, Domain

    domain = Domain(1337, place().ledger, bytes(32))
    action = Action(
        kind=0x0101, verb=1, document=place().document, previous=bytes(32), actor=1, epoch=1, deadline=1,
        content=GOOD.digest(),
    )  # fmt: skip
    found = manifests.read(GOOD.members())
    manifests.require(found, domain, action, None)
    for wrong_domain, wrong_action in (
        (replace(domain, chain_id=1), action),
        (replace(domain, ledger=bytes(20)), action),
        (domain, replace(action, document=bytes(32))),
        (domain, replace(action, kind=0x0102)),
        (domain, replace(action, content=bytes(32))),
    ):
        with pytest.raises(ManifestMismatch):
            manifests.require(found, wrong_domain, wrong_action, None)
