"""Grants and encryption keys."""

from typing import Any

import pytest
from tests.support.vault import NAMES, bytes_named, grant, reader, sealed

from portledger.domain.hashing import sha256
from portledger.domain.vault_errors import GrantRefused, WrongKey
from portledger.vault.grants import PUBLIC_LENGTH, EncryptionKey, Grant, make_grants, open_grant, seal_to


def test_a_granted_party_gets_the_key_and_no_other_party_does() -> None:
    content, b, c = sealed(), reader(5), reader(6)
    grants = make_grants(content.manifest, content.keys, {b.recipient: NAMES, c.recipient: ["cargo"]})
    assert [(one.recipient, one.dataset) for one in grants] == [(5, name) for name in NAMES] + [(6, "cargo")]
    for one in grants:
        to = b if one.recipient == 5 else c
        assert open_grant(content.manifest, one, to.party, to.key) == content.keys[one.dataset]
        with pytest.raises(GrantRefused):
            open_grant(content.manifest, one, one.recipient, (c if to is b else b).key)


def test_a_grant_comes_back_from_its_wire_form() -> None:
    one = grant(sealed(), "cargo", reader(5))
    assert Grant.from_json(one.to_json()) == one
    assert len(one.sealed) == 32 + 1136


@pytest.mark.parametrize(
    "change",
    [{"sealed": "%"}, {"sealed": 7}, {"recipient": 0}, {"recipient": 2**32 - 1}, {"sealedVersion": 0}, {"more": 1}],
)
def test_a_grant_of_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(GrantRefused):
        Grant.from_json({**grant(sealed(), "cargo", reader(5)).to_json(), **change})


def test_a_damaged_grant_does_not_open() -> None:
    content, to = sealed(), reader(5)
    one = grant(content, "cargo", to)
    for sealed_bytes in (b"", one.sealed[:-1], one.sealed[:100], bytes(len(one.sealed))):
        with pytest.raises(GrantRefused):
            open_grant(content.manifest, Grant("cargo", 1, 5, sealed_bytes), 5, to.key)


def test_a_key_is_the_same_from_the_same_seed_and_has_the_lengths_of_x_wing() -> None:
    first, second = (EncryptionKey(bytes_named("seed")) for _ in range(2))
    assert first.public == second.public
    assert len(first.public) == PUBLIC_LENGTH
    assert first.digest == sha256(first.public)
    assert first.seed.hex() not in repr(first)


def test_the_key_is_the_one_of_the_x_wing_test_vector() -> None:
    # draft-connolly-cfrg-xwing-kem, appendix C, first vector: seed, and the beginning and end of pk.
    key = EncryptionKey(bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"))
    assert key.public.hex().startswith("e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5")


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_private_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(WrongKey):
        EncryptionKey(bytes(length))


@pytest.mark.parametrize("public", [b"", bytes(1215), b"\xff" * 1216])
def test_a_malformed_public_key_is_refused_even_when_the_ledger_has_its_digest(public: bytes) -> None:
    with pytest.raises(WrongKey):
        seal_to(public, sha256(public), bytes(32), b"")
