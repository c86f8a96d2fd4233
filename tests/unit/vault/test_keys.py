"""Key files."""

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_keyfile import keyfile

from portledger.domain.signatures import address_of
from portledger.domain.vault_errors import KeyFileRefused, WrongKey, WrongPassphrase
from portledger.vault.keys import (
    FAST,
    STANDARD,
    Cost,
    Keys,
    generate,
    load,
    load_account,
    new_account,
    open_keys,
    read_public,
    save,
    seal_keys,
)
from portledger.vault.references import ReferenceKey

REFERENCE = ReferenceKey.generate()


def keys() -> Keys:
    made = generate(3, party=7)
    return Keys(made.accounts, made.encryption, REFERENCE, 7)


def test_a_key_file_comes_back_with_its_passphrase_and_only_with_it(tmp_path: Path) -> None:
    made, path = keys(), tmp_path / "deep" / "party.json"
    save(path, made, "Yokkaichi 四日市", FAST)
    opened = load(path, "Yokkaichi 四日市")
    assert opened.accounts == made.accounts
    assert [key.seed for key in opened.encryption] == [key.seed for key in made.encryption]
    assert opened.reference is not None
    assert opened.reference.public == REFERENCE.public
    assert opened.party == 7
    with pytest.raises(WrongPassphrase):
        load(path, "yokkaichi")


def test_only_the_owner_may_read_it_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "party.json"
    save(path, generate(), "one", FAST)
    save(path, generate(), "two", FAST)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
    load(path, "two")


def test_other_tools_read_the_wallet_key(tmp_path: Path) -> None:
    made, path = keys(), tmp_path / "party.json"
    save(path, made, "pass", FAST)
    data = json.loads(path.read_text())
    assert bytes(Account.decrypt(data, "pass")) == made.accounts[0]
    for store, key in zip(data["portledger"]["accounts"], made.accounts[1:], strict=True):
        assert bytes(Account.decrypt(store, "pass")) == key


def test_the_public_part_needs_no_passphrase_and_holds_no_secret(tmp_path: Path) -> None:
    made, path = keys(), tmp_path / "party.json"
    save(path, made, "pass", FAST)
    public = read_public(path)
    assert list(public.addresses) == made.addresses()
    assert public.encryption == made.encryption[0].public
    assert public.reference == REFERENCE.public
    assert public.party == 7
    text = path.read_text()
    for secret in (*made.accounts, made.encryption[0].seed):
        assert secret.hex() not in text
        assert secret.hex() not in repr(made)


def test_keys_grow_and_rotate() -> None:
    made = generate(reference=False)
    assert made.reference is None
    more = made.with_account().with_new_encryption().with_party(9)
    assert more.accounts[0] == made.accounts[0]
    assert len(more.accounts) == 2
    assert more.encryption[1] is made.encryption[0]
    assert more.without_former_encryption().encryption == more.encryption[:1]
    assert more.account(address_of(more.accounts[1])) == more.accounts[1]
    with pytest.raises(WrongKey):
        more.account(bytes(20))
    opened = open_keys(seal_keys(more, "x", FAST), "x")
    assert [key.seed for key in opened.encryption] == [key.seed for key in more.encryption]
    assert keys().with_reference().reference is REFERENCE


def damaged(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    at: Any = data
    *steps, last = path.split("/")
    for step in steps:
        at = at[step]
    at[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        ("crypto/mac", "00" * 32, WrongPassphrase),
        ("crypto/ciphertext", "00" * 32, WrongPassphrase),
        ("crypto/cipherparams/iv", "00" * 16, KeyFileRefused),
        ("address", "00" * 20, KeyFileRefused),
        ("crypto/kdf", "pbkdf2", KeyFileRefused),
        ("crypto/kdfparams/n", 2**30, KeyFileRefused),
        ("crypto/kdfparams/n", "many", KeyFileRefused),
        ("crypto/kdfparams/p", 10**6, KeyFileRefused),
        ("crypto/cipher", "aes-256-ctr", KeyFileRefused),
        ("version", 4, KeyFileRefused),
        ("portledger", {}, KeyFileRefused),
        ("portledger/schema", "portledger/keys/2", KeyFileRefused),
        ("portledger/secrets/nonce", "00" * 12, WrongPassphrase),
        ("portledger/secrets/ciphertext", "AAAA", WrongPassphrase),
    ],
)
def test_a_damaged_file_is_refused(path: str, value: Any, error: type[Exception]) -> None:
    data = damaged(seal_keys(generate(), "x", FAST), path, value)
    with pytest.raises(error):
        open_keys(data, "x")


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    with pytest.raises(KeyFileRefused):
        load(path, "x")
    for text in ("", "[]", "{}", '"x"'):
        path.write_text(text)
        with pytest.raises(KeyFileRefused):
            load(path, "x")
        with pytest.raises(KeyFileRefused):
            read_public(path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileRefused):
        save(tmp_path / "file" / "x.json", generate(), "x", FAST)


LOSSES: dict[str, Callable[[Keys], Keys]] = {
    "an encryption key that the sharing file has not": lambda own: own.with_new_encryption(),
    "another reference key": lambda own: replace(own, reference=ReferenceKey.generate()),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_sharing_keys_never_loses_one(loss: str) -> None:
    party = generate().with_party(7)
    officer = party.officer(generate())
    assert party.with_new_encryption().officer(officer).encryption[1:] == party.encryption
    with pytest.raises(WrongKey):
        party.officer(LOSSES[loss](officer))


@pytest.mark.parametrize("zeros", [0, 1, 2, 16])
def test_a_keystore_of_another_writer_opens_though_its_counter_lost_its_leading_zeros(
    zeros: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_account()
    monkeypatch.setattr(keyfile.Random, "get_random_bytes", lambda size: bytes(zeros) + b"\7" * (size - zeros))
    store = Account.encrypt(key, "a passphrase", kdf="scrypt", iterations=2)
    assert len(store["crypto"]["cipherparams"]["iv"]) == max(2, 32 - 2 * zeros)
    path = tmp_path / "keystore.json"
    path.write_text(json.dumps(store))
    assert load_account(path, "a passphrase") == key


def test_the_standard_cost_is_the_keystores_own() -> None:
    assert Cost(262_144, 8, 1) == STANDARD
    assert len(new_account()) == 32
