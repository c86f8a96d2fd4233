"""Numbers, reference keys and references."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from portledger.domain.hashing import sha256
from portledger.domain.vault_errors import ReferenceRefused, WrongKey
from portledger.vault.references import (
    ReferenceKey,
    ReferencePublicKey,
    filing_reference,
    normal_number,
    reference_message,
)

KEY = ReferenceKey.generate()


@pytest.mark.parametrize(
    ("number", "normal"),
    [
        ("MAEU1234567", "MAEU1234567"),
        ("maeu 123 4567", "MAEU1234567"),
        ("ＭＡＥＵ１２３", "MAEU123"),  # full width
        ("MAEU\u3000123", "MAEU123"),  # ideographic space
        ("MAEU\u00a0123", "MAEU123"),  # no-break space
        ("cn/2026-11.7", "CN/2026-11.7"),
        ("№7", "NO7"),
        ("①", "1"),
        ("ſ1", "S1"),  # long s: NFKC makes it s
        ("A" * 35, "A" * 35),
    ],
)
def test_a_number_has_one_normal_form(number: str, normal: str) -> None:
    assert normal_number(number) == normal
    assert normal_number(normal) == normal


@pytest.mark.parametrize(
    "number", ["", " ", "A" * 36, "A_B", "A\tB", "A\nB", "Ä1", "ı1", "A|B", "四日市1", "A\u200bB", "A\u20101"]
)
def test_a_number_outside_the_alphabet_is_refused(number: str) -> None:
    with pytest.raises(ReferenceRefused):
        normal_number(number)


def test_the_message_is_plain_ascii() -> None:
    assert reference_message(1, 42, "maeu 1") == b"portledger/reference/1|1|42|MAEU1"


def test_one_number_has_one_reference_under_a_key_a_family_and_a_party() -> None:
    reference = KEY.reference(1, 7, "maeu 1")
    assert KEY.reference(1, 7, "MAEU1") == reference == sha256(KEY.sign(1, 7, "MAEU1"))
    assert (
        len({reference, KEY.reference(2, 7, "MAEU1"), KEY.reference(1, 8, "MAEU1"), KEY.reference(1, 7, "MAEU2")}) == 4
    )


def test_the_signature_shows_the_number_to_whoever_has_the_public_key() -> None:
    signature, reference = KEY.sign(1, 7, "MAEU1"), KEY.reference(1, 7, "MAEU1")
    public = ReferencePublicKey.from_json(KEY.public.to_json())
    public.verify(1, 7, "maeu1", signature, reference)
    with pytest.raises(ReferenceRefused):
        public.verify(1, 7, "MAEU2", signature)
    with pytest.raises(ReferenceRefused):
        public.verify(1, 8, "MAEU1", signature)
    with pytest.raises(ReferenceRefused):
        public.verify(1, 7, "MAEU1", signature, bytes(32))
    with pytest.raises(ReferenceRefused):
        public.verify(1, 7, "MAEU1", signature[:-1])


def test_a_private_key_comes_back_from_its_der() -> None:
    assert ReferenceKey.from_der(KEY.to_der()).public == KEY.public
    for der in (
        b"",
        ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    ):
        with pytest.raises(WrongKey):
            ReferenceKey.from_der(der)
    with pytest.raises(WrongKey):
        ReferenceKey(rsa.generate_private_key(65537, 2048))


def test_a_public_key_of_another_form_is_refused() -> None:
    good = KEY.public.to_json()
    for bad in ({**good, "n": good["n"][2:]}, {**good, "e": 3}, {**good, "proofs": good["proofs"][1:]}, []):
        with pytest.raises(ReferenceRefused):
            ReferencePublicKey.from_json(bad)


def test_a_filing_reference_depends_on_salt_family_party_and_normal_number() -> None:
    salt = bytes(16)
    assert filing_reference(salt, 3, 7, "si 1") == filing_reference(salt, 3, 7, "SI1")
    others = {
        filing_reference(s, f, p, n)
        for s, f, p, n in [
            (salt, 3, 7, "SI1"),
            (b"1" * 16, 3, 7, "SI1"),
            (salt, 4, 7, "SI1"),
            (salt, 3, 8, "SI1"),
            (salt, 3, 7, "SI2"),
        ]
    }
    assert len(others) == 5


def test_a_number_longer_than_a_page_is_refused_before_it_is_normalised() -> None:
    assert normal_number("A" + " " * 199) == "A"
    with pytest.raises(ReferenceRefused):
        normal_number("A" + " " * 200)
