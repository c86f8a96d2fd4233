"""What a party keeps on its own disk opens only with its own keys, under its own name, unaltered."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portledger.domain.vault_errors import CiphertextMismatch, NotCanonical
from portledger.vault.at_rest import open_at_rest, seal_at_rest
from portledger.vault.grants import EncryptionKey

KEY, OTHER = EncryptionKey(os.urandom(32)), EncryptionKey(os.urandom(32))


@given(st.dictionaries(st.text(max_size=5).filter(str.isascii), st.integers(0, 9) | st.booleans(), max_size=3))
def test_what_was_sealed_opens_again(value: dict[str, int]) -> None:
    assert open_at_rest([KEY], "draft|1", seal_at_rest([KEY], "draft|1", value)) == value


def test_a_former_key_still_opens_and_the_newest_seals() -> None:
    assert open_at_rest([OTHER, KEY], "a", seal_at_rest([KEY], "a", "kept")) == "kept"
    with pytest.raises(CiphertextMismatch):
        open_at_rest([KEY], "a", seal_at_rest([OTHER, KEY], "a", "new"))


@pytest.mark.parametrize(("keys", "name"), [([OTHER], "draft|1"), ([KEY], "draft|2"), ([], "draft|1")])
def test_another_key_or_name_opens_nothing(keys: list[EncryptionKey], name: str) -> None:
    with pytest.raises(CiphertextMismatch):
        open_at_rest(keys, name, seal_at_rest([KEY], "draft|1", {"a": 1}))


@given(st.data())
def test_one_changed_bit_opens_nothing(data: st.DataObject) -> None:
    blob = bytearray(seal_at_rest([KEY], "a", {"number": 1}))
    blob[data.draw(st.integers(0, len(blob) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CiphertextMismatch):
        open_at_rest([KEY], "a", bytes(blob))


@pytest.mark.parametrize("blob", [b"", b"portledger/at-rest/1", b"portledger/at-rest/1" + bytes(12), b"x" * 400])
def test_what_was_never_sealed_is_refused(blob: bytes) -> None:
    with pytest.raises(CiphertextMismatch):
        open_at_rest([KEY], "a", blob)


def test_a_value_that_is_not_strict_is_refused() -> None:
    with pytest.raises(NotCanonical):
        seal_at_rest([KEY], "a", {"number": 1.5})


def test_lengths_are_padded() -> None:
    assert len(seal_at_rest([KEY], "a", "x")) == len(seal_at_rest([KEY], "a", "x" * 200))
