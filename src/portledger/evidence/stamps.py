"""Outside time stamps of the ledger (RFC 3161; docs/protocol/evidence.md, "Stamps").

A token is read by that page's grammar and no further, so that a second verifier can take exactly the same tokens. What
is trusted is one certificate, the signer's, by its SHA-256: no chain is built here, and no name compared.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    EllipticCurve,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from portledger.domain.actions import Domain
from portledger.domain.errors import moment
from portledger.domain.hashing import jcs, sha256
from portledger.domain.verification_errors import DerError, OutsidePolicy, VerificationError
from portledger.evidence import der
from portledger.evidence.der import Element, Parts, Tag
from portledger.evidence.policy import Policy
from portledger.evidence.result import TITLES, Step

SCHEMA: Final = "portledger/stamp/1"

SIGNED_DATA: Final = der.object_id("1.2.840.113549.1.7.2")
TST_INFO: Final = der.object_id("1.2.840.113549.1.9.16.1.4")
CONTENT_TYPE: Final = der.object_id("1.2.840.113549.1.9.3")
MESSAGE_DIGEST: Final = der.object_id("1.2.840.113549.1.9.4")
SIGNING_CERTIFICATE: Final = der.object_id("1.2.840.113549.1.9.16.2.47")
KEY_USAGE: Final = der.object_id("2.5.29.37")
"""Of a certificate: extended key usage."""
TIME_STAMPING: Final = der.object_id("1.3.6.1.5.5.7.3.8")
RSA_KEY: Final = der.object_id("1.2.840.113549.1.1.1")
EC_KEY: Final = der.object_id("1.2.840.10045.2.1")

HASHES: Final = {
    der.object_id("2.16.840.1.101.3.4.2.1"): "sha256",
    der.object_id("2.16.840.1.101.3.4.2.2"): "sha384",
    der.object_id("2.16.840.1.101.3.4.2.3"): "sha512",
}
_RSA_WITH: Final = {
    der.object_id("1.2.840.113549.1.1.11"): "sha256",
    der.object_id("1.2.840.113549.1.1.12"): "sha384",
    der.object_id("1.2.840.113549.1.1.13"): "sha512",
}
_ECDSA_WITH: Final = {
    der.object_id("1.2.840.10045.4.3.2"): "sha256",
    der.object_id("1.2.840.10045.4.3.3"): "sha384",
    der.object_id("1.2.840.10045.4.3.4"): "sha512",
}
_CURVES: Final[dict[bytes, type[EllipticCurve]]] = {
    der.object_id("1.2.840.10045.3.1.7"): SECP256R1,
    der.object_id("1.3.132.0.34"): SECP384R1,
}
_FUNCTIONS: Final[dict[str, type[hashes.HashAlgorithm]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_RSA_BITS: Final = range(2048, 8193)
_RSA_EXPONENT: Final = 65537

_ONE: Final = b"\x02\x01\x01"
_TWO: Final = b"\x02\x01\x02"
_THREE: Final = b"\x02\x01\x03"
_TRUE: Final = b"\x01\x01\xff"

_GENERAL: Final = re.compile(rb"([0-9]{14})(\.[0-9]*[1-9])?Z")
_UTC: Final = re.compile(rb"([0-9]{12})Z")


def message(domain: Domain, block_hash: bytes, ledger_head: bytes) -> bytes:
    """What is stamped: the JCS of chain, ledger, block hash and ledgerHead."""
    return jcs(
        {
            "schema": SCHEMA,
            "chainId": domain.chain_id,
            "ledger": "0x" + domain.ledger.hex(),
            "blockHash": block_hash.hex(),
            "ledgerHead": ledger_head.hex(),
        }
    )


def imprint(domain: Domain, block_hash: bytes, ledger_head: bytes) -> bytes:
    """What a token carries: SHA-256 of the message, 32 bytes."""
    return sha256(message(domain, block_hash, ledger_head))


def earliest(tokens: Sequence[bytes], stamped: bytes, policy: Policy) -> int | None:
    """The time of the earliest token, unix seconds; None without any. All of them must hold.

    stamped: the imprint that each must carry. Raises VerificationError (step 15) for a token that does not hold,
    OutsidePolicy for one by an authority that the policy does not name.
    """
    times = []
    for number, raw in enumerate(tokens):
        where = f"stamp {number}"
        token = read(raw, where)
        token.check_imprint(stamped, where)
        if token.fingerprint not in policy.stamps:
            raise OutsidePolicy(
                int(Step.RESULT), TITLES[Step.RESULT], f"a time stamp by certificate {token.fingerprint.hex()}",
                "a certificate that the policy names", entry=where,
            )  # fmt: skip
        token.check_signature(where)
        times.append(token.time)
    return min(times, default=None)


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says; nothing of it is checked before somebody asks.

    time: unix seconds, fractions dropped; hash: of the imprint; nonce: of the request that it answers; certificate: DER
    of the signer's; content: the stamped information as it was signed; digest: the hash of all that is signed;
    attributes: the signed ones as a SET; issued: issuer and serial number by which the signer is named; scheme: rsa or
    ecdsa.
    """

    time: int
    hash: str
    imprint: bytes
    nonce: int | None
    certificate: bytes
    content: bytes
    digest: str
    message_digest: bytes
    attributes: bytes
    issued: bytes
    scheme: str
    signature: bytes

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the signer's certificate, 32 bytes: what a policy names."""
        return sha256(self.certificate)

    def check_imprint(self, stamped: bytes, where: str = "") -> None:
        """Raises VerificationError (step 15) unless this is what was stamped."""
        if (self.hash, self.imprint) != ("sha256", stamped):
            raise _wrong(
                f"a time stamp of {self.hash} {self.imprint.hex()}",
                f"sha256 {stamped.hex()}, of this block and its ledgerHead", where,
            )  # fmt: skip

    def check_signature(self, where: str = "") -> None:
        """Raises VerificationError (step 15) unless the certificate is one for stamping, was good at that time, and
        signed this."""
        try:
            signer = _certificate(self.certificate)
        except DerError as failure:
            raise _malformed(failure, "certificate", where) from failure
        if signer.issued != self.issued:
            raise _wrong("a signer that is not the token's certificate", "its issuer and serial number", where)
        if not signer.first <= self.time <= signer.last:
            found = f"a time stamp of {moment(self.time)}"
            raise _wrong(
                found, f"within the certificate's time, {moment(signer.first)} to {moment(signer.last)}", where
            )
        if hashlib.new(self.digest, self.content).digest() != self.message_digest:
            raise _wrong("other content than was signed", f"{self.digest} {self.message_digest.hex()}", where)
        try:
            signer.key.verify(self.scheme, self.digest, self.signature, self.attributes)
        except (InvalidSignature, UnsupportedAlgorithm, ValueError, DerError) as failure:
            raise _wrong("a signature that does not hold", "one by the token's certificate", where) from failure


def read(raw: bytes, where: str = "") -> Token:
    """A token's parts. where: how errors call it. Raises VerificationError (step 15) for what is no such token."""
    try:
        return _token(raw)
    except DerError as failure:
        raise _malformed(failure, "token", where) from failure


# --- the token -------------------------------------------------------------------------------------------------------


def _token(raw: bytes) -> Token:
    outer = der.read(raw, Tag.SEQUENCE).parts()
    _named(outer.take(Tag.OBJECT), SIGNED_DATA, "signed data")
    signed = outer.take(Tag.FIRST).inner(Tag.SEQUENCE).parts()
    outer.end()
    der.exactly(signed.take(Tag.INTEGER), _THREE, "version 3")
    signed.take(Tag.SET)  # the hashes that the signers use: each names its own again
    content = _content(signed.take(Tag.SEQUENCE))
    certificates = [one.raw for one in signed.take(Tag.FIRST).all() if one.tag == Tag.SEQUENCE]
    signed.maybe(Tag.SECOND)  # lists of revoked certificates
    signer = signed.take(Tag.SET).inner(Tag.SEQUENCE).parts()
    signed.end()
    return _signed(content, certificates, signer)


def _content(element: Element) -> bytes:
    parts = element.parts()
    _named(parts.take(Tag.OBJECT), TST_INFO, "time-stamp information")
    content = parts.take(Tag.FIRST).inner(Tag.OCTETS).body
    parts.end()
    return content


def _signed(content: bytes, certificates: Sequence[bytes], signer: Parts) -> Token:
    """The token of what was stamped and its one SignerInfo."""
    der.exactly(signer.take(Tag.INTEGER), _ONE, "version 1")
    issued = signer.take(Tag.SEQUENCE).body
    digest = _hash(signer.take(Tag.SEQUENCE))
    attributes = signer.take(Tag.FIRST)
    scheme = _scheme(signer.take(Tag.SEQUENCE), digest)
    signature = signer.take(Tag.OCTETS).body
    signer.maybe(Tag.SECOND)  # what others added later, unsigned
    signer.end()
    message_digest, certificate = _attributes(attributes, certificates)
    time, hash_name, stamped, nonce = _information(content)
    return Token(
        time=time,
        hash=hash_name,
        imprint=stamped,
        nonce=nonce,
        certificate=certificate,
        content=content,
        digest=digest,
        message_digest=message_digest,
        # Signed is the SET, although it stands in the token under another tag (RFC 5652 §5.4).
        attributes=bytes([Tag.SET]) + attributes.raw[1:],
        issued=issued,
        scheme=scheme,
        signature=signature,
    )


def _scheme(element: Element, digest: str) -> str:
    """rsa or ecdsa; the hash that the name may hold is the signer's own. Raises DerError."""
    name, parameters = der.algorithm(element)
    if parameters is None and (name == RSA_KEY or _RSA_WITH.get(name) == digest):
        return "rsa"
    if parameters is None and _ECDSA_WITH.get(name) == digest:
        return "ecdsa"
    raise DerError(element.at, f"algorithm 0x{element.body[:32].hex()}", f"RSA (PKCS #1 v1.5) or ECDSA with {digest}")


def _attributes(element: Element, certificates: Sequence[bytes]) -> tuple[bytes, bytes]:
    """(Digest of the content that was signed, the certificate that signed names itself.) Raises DerError."""
    wanted: dict[bytes, Element] = {}
    for one in element.all():
        if one.tag != Tag.SEQUENCE:
            raise DerError(one.at, f"tag 0x{one.tag:02x}", "an attribute")
        parts = one.parts()
        name, values = parts.take(Tag.OBJECT).body, parts.take(Tag.SET)
        parts.end()
        if name in wanted:
            raise DerError(one.at, f"attribute 0x{name.hex()} twice", "each once")
        wanted[name] = values
    missing = [name for name in (CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE) if name not in wanted]
    if missing:
        raise DerError(element.at, f"no signed attribute 0x{missing[0].hex()}", "type, digest and signing certificate")
    _named(wanted[CONTENT_TYPE].inner(Tag.OBJECT), TST_INFO, "time-stamp information")
    certificate = _own_certificate(wanted[SIGNING_CERTIFICATE].inner(Tag.SEQUENCE), certificates)
    return wanted[MESSAGE_DIGEST].inner(Tag.OCTETS).body, certificate


def _own_certificate(element: Element, certificates: Sequence[bytes]) -> bytes:
    """The certificate whose hash stands first in SigningCertificateV2 (RFC 5035). Raises DerError."""
    parts = element.parts().take(Tag.SEQUENCE).parts().take(Tag.SEQUENCE).parts()
    named = parts.maybe(Tag.SEQUENCE)
    name = _hash(named) if named is not None else "sha256"
    digest = parts.take(Tag.OCTETS)
    for one in certificates:
        if hashlib.new(name, one).digest() == digest.body:
            return one
    raise DerError(digest.at, f"a certificate {digest.body[:64].hex()} that is not in the token", "the signer's")


def _information(content: bytes) -> tuple[int, str, bytes, int | None]:
    """(Time, hash, imprint, nonce) of a TSTInfo. Raises DerError."""
    parts = der.read(content, Tag.SEQUENCE).parts()
    der.exactly(parts.take(Tag.INTEGER), _ONE, "version 1")
    parts.take(Tag.OBJECT)  # under which rules the authority works
    stamped = parts.take(Tag.SEQUENCE).parts()
    name, digest = _hash(stamped.take(Tag.SEQUENCE)), stamped.take(Tag.OCTETS).body
    stamped.end()
    parts.take(Tag.INTEGER)  # the token's number
    time = _time(parts.take(Tag.GENERALIZED_TIME))
    parts.maybe(Tag.SEQUENCE)  # how exact
    parts.maybe(Tag.BOOLEAN)  # whether its tokens are in order
    nonce = parts.maybe(Tag.INTEGER)
    parts.maybe(Tag.FIRST)  # what the authority calls itself
    extensions = parts.maybe(Tag.SECOND)
    parts.end()
    for at, critical, _, _ in _extensions(extensions.all() if extensions else ()):
        if critical:
            raise DerError(at, "a critical extension", "none in time-stamp information")
    return time, name, digest, None if nonce is None else int.from_bytes(nonce.body, "big", signed=True)


# --- the certificate -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Key:
    """A public key. point: on the curve, uncompressed."""

    modulus: int = 0
    curve: type[EllipticCurve] | None = None
    point: bytes = b""

    def verify(self, scheme: str, digest: str, signature: bytes, data: bytes) -> None:
        """Raises InvalidSignature, and ValueError, UnsupportedAlgorithm or DerError for what is no signature or key."""
        function = _FUNCTIONS[digest]()
        if scheme != ("ecdsa" if self.curve else "rsa"):
            raise InvalidSignature
        if self.curve is None:
            key = RSAPublicNumbers(_RSA_EXPONENT, self.modulus).public_key()
            key.verify(signature, data, PKCS1v15(), function)
            return
        parts = der.read(signature, Tag.SEQUENCE).parts()
        r, s = der.natural(parts.take(Tag.INTEGER)), der.natural(parts.take(Tag.INTEGER))
        parts.end()
        point = EllipticCurvePublicKey.from_encoded_point(self.curve(), self.point)
        point.verify(encode_dss_signature(r, s), data, ECDSA(function))


@dataclass(frozen=True, slots=True)
class _Certificate:
    """issued: issuer and serial number, as a signer is named by them; first, last: unix seconds."""

    issued: bytes
    first: int
    last: int
    key: _Key


def _certificate(raw: bytes) -> _Certificate:
    """A certificate for stamping and nothing else. Raises DerError."""
    outer = der.read(raw, Tag.SEQUENCE).parts()
    parts = outer.take(Tag.SEQUENCE).parts()
    outer.take(Tag.SEQUENCE)
    outer.take(Tag.BIT_STRING)
    outer.end()
    der.exactly(parts.take(Tag.FIRST).inner(Tag.INTEGER), _TWO, "version 3")
    serial = parts.take(Tag.INTEGER)
    parts.take(Tag.SEQUENCE)  # how the issuer signed it
    issuer = parts.take(Tag.SEQUENCE)
    times = parts.take(Tag.SEQUENCE).all()
    if len(times) != 2:
        raise DerError(issuer.at, f"{len(times)} times", "two, from when to when it holds")
    parts.take(Tag.SEQUENCE)  # whose it is
    key = _key(parts.take(Tag.SEQUENCE))
    parts.maybe(Tag.SECOND_PLAIN)
    parts.maybe(Tag.THIRD_PLAIN)
    extensions = parts.take(Tag.FOURTH).inner(Tag.SEQUENCE)
    parts.end()
    _for_stamping(extensions)
    return _Certificate(issuer.raw + serial.raw, _time(times[0]), _time(times[1]), key)


def _for_stamping(element: Element) -> None:
    """Raises DerError unless the extended key usage is critical and time stamping alone (RFC 3161 §2.3)."""
    found = [(critical, value) for _, critical, name, value in _extensions(element.all()) if name == KEY_USAGE]
    if len(found) != 1 or not found[0][0]:
        raise DerError(element.at, f"{len(found)} extended key usages, critical or not", "one that is critical")
    _named(der.read(found[0][1], Tag.SEQUENCE).inner(Tag.OBJECT), TIME_STAMPING, "time stamping and nothing else")


def _key(element: Element) -> _Key:
    parts = element.parts()
    named, value = parts.take(Tag.SEQUENCE), der.bits(parts.take(Tag.BIT_STRING))
    parts.end()
    name, parameters = der.algorithm(named)
    if name == RSA_KEY and parameters is None:
        return _rsa_key(value, element.at)
    curve = _CURVES.get(parameters.body) if parameters is not None and parameters.tag == Tag.OBJECT else None
    if name == EC_KEY and curve is not None:
        if value[:1] != b"\x04":
            raise DerError(element.at, "a point that is compressed", "0x04 and both coordinates")
        return _Key(curve=curve, point=value)
    raise DerError(element.at, f"a key of another kind, 0x{named.body[:32].hex()}", "RSA, P-256 or P-384")


def _rsa_key(value: bytes, at: int) -> _Key:
    numbers = der.read(value, Tag.SEQUENCE).parts()
    modulus, exponent = der.natural(numbers.take(Tag.INTEGER)), der.natural(numbers.take(Tag.INTEGER))
    numbers.end()
    if modulus.bit_length() not in _RSA_BITS or exponent != _RSA_EXPONENT:
        raise DerError(at, f"RSA with {modulus.bit_length()} bits and another exponent or size", "2048 to 8192, 65537")
    return _Key(modulus=modulus)


# --- what both are made of -------------------------------------------------------------------------------------------


def _extensions(elements: Sequence[Element]) -> list[tuple[int, bool, bytes, bytes]]:
    """(Place, critical, object identifier, value) of each. Raises DerError."""
    found = []
    for one in elements:
        if one.tag != Tag.SEQUENCE:
            raise DerError(one.at, f"tag 0x{one.tag:02x}", "an extension")
        parts = one.parts()
        name, critical = parts.take(Tag.OBJECT).body, parts.maybe(Tag.BOOLEAN)
        if critical is not None:
            der.exactly(critical, _TRUE, "true, or nothing")
        found.append((one.at, critical is not None, name, parts.take(Tag.OCTETS).body))
        parts.end()
    return found


def _hash(element: Element) -> str:
    name, parameters = der.algorithm(element)
    if name not in HASHES or parameters is not None:
        raise DerError(element.at, f"hash 0x{element.body[:32].hex()}", "SHA-256, SHA-384 or SHA-512")
    return HASHES[name]


def _time(element: Element) -> int:
    """Unix seconds, fractions dropped, of a GeneralizedTime or UTCTime in UTC. Raises DerError."""
    general = _GENERAL.fullmatch(element.body) if element.tag == Tag.GENERALIZED_TIME else None
    short = _UTC.fullmatch(element.body) if element.tag == Tag.UTC_TIME else None
    if general is not None:
        year, rest = int(general[1][:4]), general[1][4:]
    elif short is not None:
        year, rest = int(short[1][:2]), short[1][2:]
        year += 1900 if year >= 50 else 2000
    else:
        raise DerError(element.at, f"time {element.body[:32]!a}", "seconds in UTC, as DER writes them")
    month, day, hour, minute, second = (int(rest[at : at + 2]) for at in range(0, 10, 2))
    try:
        found = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as failure:
        raise DerError(element.at, f"time {element.body[:32]!a}", "one of the calendar") from failure
    if year < 1970:
        raise DerError(element.at, f"year {year}", "1970 or later")
    return int(found.timestamp())


def _named(element: Element, wanted: bytes, what: str) -> None:
    if element.body != wanted:
        raise DerError(element.at, f"object identifier 0x{element.body[:32].hex()}", f"0x{wanted.hex()}, {what}")


def _malformed(failure: DerError, what: str, where: str) -> VerificationError:
    return _wrong(f"{failure.found} of the {what}", failure.allowed, where)


def _wrong(found: str, allowed: str, where: str) -> VerificationError:
    return VerificationError(int(Step.RESULT), TITLES[Step.RESULT], found, allowed, entry=where)
