"""A time-stamping authority (RFC 3161) without any service: tokens and answers as bytes, always the same for the same
words.

token(imprint, time)                                  a token of RSA
token(imprint, time, EC)                              one of P-256
token(imprint, time, content_type="1.2.3")            a damaged one, signed all the same: see Said
answer(request, time)                                 what the authority answers to a request

Made of bytes here and not with the library that asks for stamps: what is damaged must be damaged on purpose.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from portledger.evidence import der

SHA256, SHA384, SHA512 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"
_NAMES = {SHA256: "sha256", SHA384: "sha384", SHA512: "sha512"}
RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
_RSA_WITH = {SHA256: "1.2.840.113549.1.1.11", SHA384: "1.2.840.113549.1.1.12", SHA512: "1.2.840.113549.1.1.13"}
_ECDSA_WITH = {SHA256: "1.2.840.10045.4.3.2", SHA384: "1.2.840.10045.4.3.3", SHA512: "1.2.840.10045.4.3.4"}
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
RULES = "1.3.6.1.4.1.99999.1"
"""Under which the authority says that it works."""

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 1, 1, tzinfo=UTC)
"""From when to when the certificates hold, unless somebody says otherwise."""

# Primes of keys that sign nothing but tests.
_ROOT_P = 0xB8E14A22FAAA4BA124414A8CC20BA3DB638FD5E3CB1251292632DFA456720371AAB35F74026933C82E072948A93D651DA0B72B5A6B2933585AD7A432DA5F88EBC9E1B4C537D9BBD449E7FDF373EA2618956A491C828B6285C86B6D8E28D08F88133C26D552B3AE9E41A189C828919EA2A240FF98D31A518D2A374CBFB72A3465  # noqa: E501
_ROOT_Q = 0xB88190CC134B7B36D76060E6E81066D51300E86E8AABA46A5114ED079A3721A09C062F1EF09FD72A4DEF660350BC8015DB5C2E92E13266903BC61F7C62C1343D259EE91781047C9E11DC7685A99E3E8ED350C367814F54569BEF49EAEC50F9E254DD7CF49642AEC2D3F43F28CF55F3FA89835F0A87FD854B1B7461ED4190C933  # noqa: E501
_P = 0xF0779B0B2C7CBAD66ABAEA8C775301F3FA33A727F32B635AF32DA04E9F656CFCD878DDEDF7385A044A20A9AA622BBC597F32869B05C19D7E287CFD975FDEB8B828B068E880308F0342964392A97A01744F257DBE1A3E9FC48FF07799EE742A737EA3C932431422391C78E1961C799228A7DE7D9BEB15A32BAF2AEB9B04A70751  # noqa: E501
_Q = 0xD0BB9DC97801279BA1314BCD6534A012408C692B3AB1C5107E9E42F3A5F5F10F4E65C54B20B597AF6ED99390AF9F4CC6881A696ECCCC41925B754194A75FC1D9A6482C5383316BB90815D2445B025C464FE555C2E07F00B59F7AD4F7BDFFF8A5D8D3387415575A06FF46D36323682FAFAA214AE0F53123EA0E1542940412EA03  # noqa: E501

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def rsa_key(p: int, q: int, exponent: int = 65537) -> rsa.RSAPrivateKey:
    d = rsa.rsa_recover_private_exponent(exponent, p, q)
    public = rsa.RSAPublicNumbers(exponent, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key()


def ec_key(curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(curve.name.encode()).digest(), "big"), curve)


@dataclass(frozen=True)
class Authority:
    """Who signs. certificate: DER; issued: its IssuerAndSerialNumber."""

    key: Key
    certificate: bytes
    issued: bytes

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha256(self.certificate).digest()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@lru_cache(maxsize=1)
def root() -> Authority:
    """The certification authority above all others here."""
    key = root_key()
    built = _builder("Example Root", 1, key.public_key(), FIRST, LAST)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    built = built.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return _signed(key, built)


def authority(
    key: Key,
    name: str = "Example Time Stamps",
    *,
    serial: int = 7,
    first: datetime = FIRST,
    last: datetime = LAST,
    usage: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.TIME_STAMPING,),
    critical: bool = True,
) -> Authority:
    """One with a certificate by `root`. usage: empty = no extended key usage at all."""
    built = _builder(name, serial, key.public_key(), first, last)
    built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    if usage:
        built = built.add_extension(x509.ExtendedKeyUsage(list(usage)), critical=critical)
    return _signed(key, built)


@lru_cache(maxsize=1)
def root_key() -> rsa.RSAPrivateKey:
    return rsa_key(_ROOT_P, _ROOT_Q)


def _signed(key: Key, built: x509.CertificateBuilder) -> Authority:
    made = built.sign(root_key(), hashes.SHA256())
    issued = sequence(made.issuer.public_bytes(), integer(made.serial_number))
    return Authority(key, made.public_bytes(Encoding.DER), issued)


def _builder(name: str, serial: int, key: Any, first: datetime, last: datetime) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(_name("Example Root"), _name(name), key, serial, first, last)


# --- DER -------------------------------------------------------------------------------------------------------------


def tlv(tag: int, *bodies: bytes) -> bytes:
    """One element."""
    body = b"".join(bodies)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    digits = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(digits)]) + digits + body


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    return tlv(0x31, *sorted(parts))


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    return tlv(0x06, der.object_id(dotted))


def octets(data: bytes) -> bytes:
    return tlv(0x04, data)


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    return sequence(oid(dotted), parameters)


NULL = b"\x05\x00"
TRUE = b"\x01\x01\xff"


# --- who there is ---------------------------------------------------------------------------------------------------

RSA = authority(rsa_key(_P, _Q))
EC = authority(ec_key(ec.SECP256R1()), "Example Time Stamps P-256", serial=8)
EC384 = authority(ec_key(ec.SECP384R1()), "Example Time Stamps P-384", serial=9)


# --- tokens ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """Every word of a token that a test may want otherwise; the signature is made over what is said.

    hash: of content and signature; imprint_hash: of the imprint; fraction: of the second, with its point; certificates:
    DER, the authority's own if None; named: the bytes whose digest names the signer's certificate; attributes: others
    by their OBJECT, None leaves one out; issued: issuer and serial number; algorithm: of the signature; broken: turned
    over in the signature; tail: after the last element of the token.
    """

    hash: str = SHA256
    imprint_hash: str = SHA256
    fraction: str = ""
    serial: int = 42
    nonce: int | None = None
    extensions: bytes = b""
    certificates: tuple[bytes, ...] | None = None
    named: bytes | None = None
    named_hash: str = SHA256
    content_type: str = _TST_INFO
    message_digest: bytes | None = None
    attributes: Mapping[str, bytes | None] = field(default_factory=dict)
    issued: bytes | None = None
    algorithm: bytes | None = None
    unsigned: bytes = b""
    broken: int = 0
    tail: bytes = b""


def token(imprint: bytes, time: int, by: Authority = RSA, said: Said | None = None, **words: Any) -> bytes:
    """A time-stamp token, DER. imprint: 32 bytes; time: unix seconds; words: members of Said."""
    told = replace(said or Said(), **words)
    information = _information(imprint, time, told)
    attributes = _attributes(information, by, told)
    signature = bytearray(_sign(by.key, told.hash, set_of(*attributes)))
    signature[-1] ^= told.broken
    signer = sequence(
        integer(1),
        by.issued if told.issued is None else told.issued,
        algorithm(told.hash),
        tlv(0xA0, *sorted(attributes)),
        told.algorithm if told.algorithm is not None else _signs_with(by.key, told.hash),
        octets(bytes(signature)),
        told.unsigned,
    )
    shown = (by.certificate,) if told.certificates is None else told.certificates
    signed = sequence(
        integer(3),
        set_of(algorithm(told.hash)),
        sequence(oid(_TST_INFO), tlv(0xA0, octets(information))),
        tlv(0xA0, *shown),
        set_of(signer),
    )
    return sequence(oid(_SIGNED_DATA), tlv(0xA0, signed)) + told.tail


def _information(imprint: bytes, time: int, told: Said) -> bytes:
    moment = datetime.fromtimestamp(time, UTC).strftime("%Y%m%d%H%M%S") + told.fraction + "Z"
    return sequence(
        integer(1),
        oid(RULES),
        sequence(algorithm(told.imprint_hash), octets(imprint)),
        integer(told.serial),
        tlv(0x18, moment.encode()),
        sequence(integer(1)),
        b"" if told.nonce is None else integer(told.nonce),
        tlv(0xA1, told.extensions) if told.extensions else b"",
    )


def _attributes(information: bytes, by: Authority, told: Said) -> list[bytes]:
    digest = hashlib.new(_NAMES[told.hash], information).digest()
    named = hashlib.new(_NAMES[told.named_hash], by.certificate if told.named is None else told.named).digest()
    by_hash = b"" if told.named_hash == SHA256 else algorithm(told.named_hash)
    values: dict[str, bytes | None] = {
        _CONTENT_TYPE: oid(told.content_type),
        _MESSAGE_DIGEST: octets(digest if told.message_digest is None else told.message_digest),
        SIGNING_CERTIFICATE_V2: sequence(sequence(sequence(by_hash, octets(named)))),
    }
    values.update(told.attributes)
    return [sequence(oid(name), tlv(0x31, value)) for name, value in values.items() if value is not None]


def _sign(key: Key, digest: str, data: bytes) -> bytes:
    function = {SHA256: hashes.SHA256(), SHA384: hashes.SHA384(), SHA512: hashes.SHA512()}[digest]
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), function)
    return key.sign(data, ec.ECDSA(function, deterministic_signing=True))


def _signs_with(key: Key, digest: str) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return algorithm(_RSA_WITH[digest], NULL)
    return algorithm(_ECDSA_WITH[digest])


# --- certificates that the library would not make --------------------------------------------------------------------


def changed(by: Authority, old: bytes, new: bytes) -> Authority:
    """The same with some bytes of its certificate replaced: who named it is the only one to look at the root's word."""
    assert by.certificate.count(old) == 1
    assert len(old) == len(new)
    return replace(by, certificate=by.certificate.replace(old, new))


def swapped(raw: bytes, old: bytes, new: bytes) -> bytes:
    """The element with another, wherever it stands within constructed ones, replaced by these bytes, and all lengths
    around it put right."""
    if raw == old:
        return new
    if old not in raw or not raw[0] & 0x20:
        return raw
    return tlv(raw[0], *(swapped(one.raw, old, new) for one in der.read(raw, der.Tag(raw[0])).all()))


def public_of(key: Key) -> bytes:
    """SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


# --- answering -------------------------------------------------------------------------------------------------------


def answer(request: bytes, time: int, by: Authority = RSA, status: int = 0, **words: Any) -> bytes:
    """TimeStampResp to a TimeStampReq: granted, or (status 2) refused without a token."""
    if status not in (0, 1):
        text = tlv(0x30, tlv(0x0C, b"not today"))
        return sequence(sequence(integer(status), text))
    parts = der.read(request, der.Tag.SEQUENCE).parts()
    parts.take(der.Tag.INTEGER)
    asked = parts.take(der.Tag.SEQUENCE).parts()
    asked.take(der.Tag.SEQUENCE)
    imprint = asked.take(der.Tag.OCTETS).body
    nonce = parts.maybe(der.Tag.INTEGER)
    words.setdefault("nonce", der.natural(nonce) if nonce else None)
    return sequence(sequence(integer(status)), token(words.pop("imprint", imprint), time, by, **words))
