"""Details, sealed to those entitled."""

import json
from typing import Any

import pytest
from tests.support.vault import place, reader

from portledger.domain.vault_errors import (
    CiphertextMismatch,
    DetailRefused,
    GrantRefused,
    KeyCommitmentMismatch,
    VaultError,
)
from portledger.vault.canonical import encode
from portledger.vault.details import detail_digest, make_detail, open_detail, seal_detail

B, C = reader(5), reader(6)


def test_a_sealed_detail_opens_for_each_of_its_readers() -> None:
    detail = make_detail({"reason": "damaged", "quantities": [{"unit": "KGM", "total": "12.5"}]})
    sealed = seal_detail(place(), detail, [B.recipient, C.recipient])
    assert sealed.digest == detail_digest(detail)
    for to in (B, C):
        assert open_detail(place(), sealed.digest, sealed.blob, to.party, to.key) == detail
    assert b"damaged" not in sealed.blob


def test_nobody_else_opens_it() -> None:
    sealed = seal_detail(place(), make_detail({"reason": "x"}), [B.recipient])
    with pytest.raises(GrantRefused):
        open_detail(place(), sealed.digest, sealed.blob, 6, C.key)
    with pytest.raises(GrantRefused):
        open_detail(place(), sealed.digest, sealed.blob, 5, C.key)


def test_it_serves_one_act_of_one_document_only() -> None:
    sealed = seal_detail(place(), make_detail({"reason": "x"}), [B.recipient])
    with pytest.raises(DetailRefused):
        open_detail(place("other"), sealed.digest, sealed.blob, 5, B.key)
    with pytest.raises(DetailRefused):
        open_detail(place(), bytes(32), sealed.blob, 5, B.key)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"more": 1}, DetailRefused),
        ({"schema": "other"}, DetailRefused),
        ({"keyCommitment": "00" * 32}, GrantRefused),
        ({"nonce": "00" * 12}, CiphertextMismatch),
        ({"grants": {}}, DetailRefused),
        ({"grants": []}, GrantRefused),
        ({"ciphertext": "AAAA"}, CiphertextMismatch),
    ],
)
def test_a_sealed_detail_with_anything_changed_is_refused(change: dict[str, Any], error: type[VaultError]) -> None:
    sealed = seal_detail(place(), make_detail({"reason": "x"}), [B.recipient])
    blob = encode({**json.loads(sealed.blob), **change})
    with pytest.raises(error):
        open_detail(place(), sealed.digest, blob, 5, B.key)


def test_a_sealed_detail_that_is_not_canonical_json_is_refused() -> None:
    sealed = seal_detail(place(), make_detail({"reason": "x"}), [B.recipient])
    for blob in (sealed.blob + b"\n", b"{}", b"", bytes(5 * 2**20)):
        with pytest.raises(DetailRefused):
            open_detail(place(), sealed.digest, blob, 5, B.key)


def test_salt_and_schema_are_not_the_callers_to_set() -> None:
    with pytest.raises(DetailRefused):
        make_detail({"salt": "00" * 16})


def test_a_detail_key_is_no_dataset_key() -> None:
    # Another label in the commitment: a dataset's key and commitment cannot be passed off as a detail's.
    from portledger.vault.sealing import check_key, key_commitment

    with pytest.raises(KeyCommitmentMismatch):
        check_key(bytes(32), key_commitment(bytes(32), b"aad"), b"aad", "x", b"portledger/detail-key/1")
