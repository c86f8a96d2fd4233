"""Document references: numbers that can be checked but not guessed from the chain (docs/protocol §10).

documentReference = SHA-256 of the issuer's deterministic RSA signature over the number: one per number, checkable by
whoever is shown the signature. Eight signatures in the issuer's profile show that its key is a proper RSA key, under
which a message has exactly one signature.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicNumbers, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from portledger.domain.hashing import json_digest, sha256
from portledger.domain.vault_errors import ReferenceRefused, WrongKey
from portledger.vault.wire import bytes_of_hex, with_members

EXPONENT: Final = 65537
BITS: Final = 3072
SIGNATURE_LENGTH: Final = 384
PROOFS: Final = 8
KEY_LABEL: Final = "portledger/reference-key/1"
REFERENCE_LABEL: Final = "portledger/reference/1"
SALT_LENGTH: Final = 16
MAX_NUMBER: Final = 200
"""Characters of a number before it is normalised: NFKC makes up to eighteen of one."""

_NUMBER: Final = re.compile(r"[A-Z0-9./-]{1,35}")
_UPPER: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def normal_number(number: str) -> str:
    """NUMBER: NFKC, spaces removed, ASCII upper case, then 1 to 35 of A-Z 0-9 . / -. Raises ReferenceRefused."""
    short = number[: MAX_NUMBER + 1]
    normal = unicodedata.normalize("NFKC", short).replace(" ", "").translate(_UPPER)
    if len(short) > MAX_NUMBER or not _NUMBER.fullmatch(normal):
        raise ReferenceRefused("number", f"{number[:60]!a}", "1 to 35 of the characters A-Z 0-9 . / -")
    return normal


def reference_message(family: int, party: int, number: str) -> bytes:
    """What is signed. family: high byte of the kind; party: the issuing party's id."""
    return f"{REFERENCE_LABEL}|{family}|{party}|{normal_number(number)}".encode("ascii")


@dataclass(frozen=True, slots=True)
class ReferencePublicKey:
    """n: the modulus; proofs: eight signatures of 384 bytes."""

    n: int
    proofs: tuple[bytes, ...]

    def check(self) -> None:
        """Raises ReferenceRefused unless n is in range and all eight proofs verify."""
        if not 1 << (BITS - 1) < self.n < 1 << BITS:
            raise ReferenceRefused("reference key", f"a modulus of {self.n.bit_length()} bits", f"{BITS} bits")
        if len(self.proofs) != PROOFS:
            raise ReferenceRefused("reference key", f"{len(self.proofs)} proofs", f"{PROOFS}")
        for index, proof in enumerate(self.proofs):
            _verify(self.n, proof, _proof_message(self.n, index), f"proof {index} of the reference key")

    def verify(self, family: int, party: int, number: str, signature: bytes, reference: bytes | None = None) -> None:
        """Raises ReferenceRefused unless the signature is this key's over the number, and hashes to the reference.

        reference: the 32 bytes on the ledger; the key itself must have passed `check`.
        """
        _verify(self.n, signature, reference_message(family, party, number), "reference signature")
        if reference is not None and sha256(signature) != reference:
            raise ReferenceRefused("reference", sha256(signature).hex(), f"{reference.hex()}, the ledger's")

    def to_json(self) -> dict[str, Any]:
        """As it stands in the party's profile."""
        return {"n": f"{self.n:0768x}", "proofs": [proof.hex() for proof in self.proofs]}

    @classmethod
    def from_json(cls, data: Any) -> ReferencePublicKey:
        """Reads and checks. Raises ReferenceRefused."""
        members = with_members(data, {"n", "proofs"}, "reference key", ReferenceRefused)
        n = int.from_bytes(bytes_of_hex(members["n"], BITS // 8, "reference key/n", ReferenceRefused), "big")
        if not isinstance(members["proofs"], list) or len(members["proofs"]) != PROOFS:
            raise ReferenceRefused("reference key/proofs", "another form", f"a list of {PROOFS} signatures")
        proofs = [
            bytes_of_hex(one, SIGNATURE_LENGTH, "reference key/proofs", ReferenceRefused) for one in members["proofs"]
        ]
        key = cls(n, tuple(proofs))
        key.check()
        return key


class ReferenceKey:
    """An issuer's private reference key; it never changes for the life of a party id."""

    __slots__ = ("_private", "_public")

    def __init__(self, private: RSAPrivateKey) -> None:
        """Raises WrongKey."""
        numbers = private.public_key().public_numbers()
        if numbers.e != EXPONENT or private.key_size != BITS:
            raise WrongKey("reference key", f"RSA-{private.key_size}, e = {numbers.e}", f"RSA-{BITS}, e = {EXPONENT}")
        self._private = private
        self._public: ReferencePublicKey | None = None

    @classmethod
    def generate(cls) -> ReferenceKey:
        """A new one; takes about half a second."""
        return cls(generate_private_key(EXPONENT, BITS))

    @classmethod
    def from_der(cls, der: bytes) -> ReferenceKey:
        """From PKCS #8. Raises WrongKey."""
        try:
            private = load_der_private_key(der, None)
        except (ValueError, TypeError) as error:
            raise WrongKey("reference key", "bytes that are no private key", "PKCS #8 DER") from error
        if not isinstance(private, RSAPrivateKey):
            raise WrongKey("reference key", type(private).__name__, f"RSA-{BITS}")
        return cls(private)

    def to_der(self) -> bytes:
        """PKCS #8, unencrypted: secret."""
        return self._private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @property
    def public(self) -> ReferencePublicKey:
        """The public key with its eight proofs."""
        if self._public is None:
            n = self._private.public_key().public_numbers().n
            self._public = ReferencePublicKey(n, tuple(self._sign(_proof_message(n, index)) for index in range(PROOFS)))
        return self._public

    def sign(self, family: int, party: int, number: str) -> bytes:
        """S: 384 bytes, the same every time. Raises ReferenceRefused for a number outside the form."""
        return self._sign(reference_message(family, party, number))

    def reference(self, family: int, party: int, number: str) -> bytes:
        """documentReference = SHA-256(S), 32 bytes."""
        return sha256(self.sign(family, party, number))

    def _sign(self, message: bytes) -> bytes:
        return self._private.sign(message, PKCS1v15(), SHA256())

    def __repr__(self) -> str:
        return f"ReferenceKey(RSA-{self._private.key_size})"


def filing_reference(salt: bytes, family: int, party: int, number: str) -> bytes:
    """documentReference of a filing: SHA-256 of JCS{salt, family, party, number}, 32 bytes.

    salt: 16 random bytes, kept in the content; number: as normal_number gives it. Raises ReferenceRefused.
    """
    if len(salt) != SALT_LENGTH:
        raise ReferenceRefused("salt", f"{len(salt)} bytes", f"{SALT_LENGTH} bytes")
    return json_digest({"salt": salt.hex(), "family": family, "party": party, "number": normal_number(number)})


def _proof_message(n: int, index: int) -> bytes:
    return f"{KEY_LABEL}|{n:0768x}|{index}".encode("ascii")


def _verify(n: int, signature: bytes, message: bytes, where: str) -> None:
    if len(signature) != SIGNATURE_LENGTH:
        raise ReferenceRefused(where, f"{len(signature)} bytes", f"{SIGNATURE_LENGTH} bytes")
    try:
        RSAPublicNumbers(EXPONENT, n).public_key().verify(signature, message, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError) as error:
        raise ReferenceRefused(where, "a signature that does not verify", "the issuer's own") from error
