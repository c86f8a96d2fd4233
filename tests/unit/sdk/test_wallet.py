"""Signing with the right accounts, and signing in."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address
from siwe import SiweMessage

from portledger.domain.codes import FULL_SCOPE, Scope
from portledger.domain.errors import InvalidInput
from portledger.domain.parties import Account
from portledger.domain.signatures import address_of, recover, split
from portledger.sdk.errors import KeyMissing
from portledger.sdk.wallet import Wallet, checksummed, public_of, sign_in_text
from portledger.vault import keys as key_files

KEYS = key_files.generate(3)
ADDRESSES = KEYS.addresses()


def accounts(*scopes: int, removed: int = -1) -> dict[bytes, Account]:
    return {
        address: Account(7, 1, 5 if at == removed else 0, scope)
        for at, (address, scope) in enumerate(zip(ADDRESSES, scopes, strict=True))
    }


def test_as_many_accounts_sign_as_are_asked_for_ascending_by_address() -> None:
    wallet = Wallet(KEYS)
    digest = bytes(range(32))
    signers = wallet.signers(accounts(FULL_SCOPE, FULL_SCOPE, FULL_SCOPE), Scope.TITLE, 2)
    found = [recover(digest, one) for one in split(wallet.sign(digest, signers))]
    assert len(found) == 2
    assert found == sorted(found)


def test_an_account_without_the_scope_or_removed_does_not_sign() -> None:
    wallet = Wallet(KEYS)
    (signer,) = wallet.signers(accounts(Scope.FILING, FULL_SCOPE, FULL_SCOPE, removed=1), Scope.TITLE, 1)
    assert address_of(signer) == ADDRESSES[2]


def test_too_few_accounts_is_said_before_anything_is_signed() -> None:
    with pytest.raises(KeyMissing, match="1 accounts"):
        Wallet(KEYS).signers(accounts(Scope.FILING, FULL_SCOPE, Scope.FILING), Scope.TITLE, 2)


def test_the_sign_in_text_is_what_eip_4361_says_and_its_signature_verifies() -> None:
    now = datetime.now(UTC).timestamp()
    text = sign_in_text("gate.example:8780", "http://gate.example:8780", ADDRESSES[0], 1337, "a1b2c3d4e5f6", now)
    parsed = SiweMessage.from_message(text)
    assert parsed.domain == "gate.example:8780"
    assert int(parsed.chain_id) == 1337
    parsed.verify("0x" + Wallet(KEYS).sign_text(text).hex(), domain="gate.example:8780", nonce="a1b2c3d4e5f6")


def test_a_gateway_cannot_smuggle_lines_into_the_sign_in_text() -> None:
    with pytest.raises(InvalidInput):
        sign_in_text("gate.example", "http://gate.example\nChain ID: 1", ADDRESSES[0], 1337, "a1b2c3d4", 0)


def test_addresses_carry_their_checksum() -> None:
    assert [checksummed(one) for one in ADDRESSES] == [to_checksum_address(one) for one in ADDRESSES]


def test_keys_of_no_party_cannot_act() -> None:
    with pytest.raises(KeyMissing, match="no party"):
        _ = Wallet(KEYS).party


def test_issuing_without_a_reference_key_is_refused_with_a_remedy() -> None:
    with pytest.raises(KeyMissing) as refused:
        _ = Wallet(KEYS).reference
    assert "--issuer" in refused.value.remedy


def test_a_key_file_tells_its_party_without_the_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "bank.json"
    key_files.save(path, KEYS.with_party(5), "a passphrase", key_files.FAST)
    assert public_of(path).party_or_refuse() == 5
    assert Wallet.open(path, "a passphrase").party == 5
    with pytest.raises(KeyMissing):
        public_of(tmp_path / "nobody.json")
