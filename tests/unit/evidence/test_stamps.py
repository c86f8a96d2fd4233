"""Time-stamp tokens: what is taken, what is refused at step 15, and what is outside the policy."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support import tsa
from tests.support.histories import DOMAIN
from tests.support.tsa import EC, EC384, RSA, SHA256, SHA384, SHA512, Authority, authority, token

from portledger.domain.verification_errors import OutsidePolicy, VerificationError
from portledger.evidence import stamps
from portledger.evidence.policy import DEFAULT, Policy

STAMPED = stamps.imprint(DOMAIN, b"\x01" * 32, b"\x02" * 32)
NOW = 1_900_000_000
AUTHORITIES = {"RSA": RSA, "P-256": EC, "P-384": EC384}


def trusting(*who: Authority) -> Policy:
    return replace(DEFAULT, stamps=frozenset(one.fingerprint for one in who))


def time_of(*tokens: bytes, by: Authority = RSA) -> int | None:
    return stamps.earliest(tokens, STAMPED, trusting(by))


def refused(*tokens: bytes, by: Authority = RSA) -> VerificationError:
    """Why these are not valid: step 15, and not a matter of the policy."""
    with pytest.raises(VerificationError) as failed:
        time_of(*tokens, by=by)
    assert failed.value.step == 15
    assert not isinstance(failed.value, OutsidePolicy)
    assert failed.value.entry == f"stamp {len(tokens) - 1}"
    return failed.value


# --- what is taken ---------------------------------------------------------------------------------------------------


def test_the_imprint_is_of_chain_ledger_block_and_head() -> None:
    text = (
        f'{{"blockHash":"{"01" * 32}","chainId":{DOMAIN.chain_id},"ledger":"0x{DOMAIN.ledger.hex()}",'
        f'"ledgerHead":"{"02" * 32}","schema":"portledger/stamp/1"}}'
    )
    assert hashlib.sha256(text.encode()).digest() == STAMPED


@pytest.mark.parametrize("digest", [SHA256, SHA384, SHA512])
@pytest.mark.parametrize("name", AUTHORITIES)
def test_a_token_of_a_named_authority_says_its_time(name: str, digest: str) -> None:
    by = AUTHORITIES[name]
    assert time_of(token(STAMPED, NOW, by, hash=digest), by=by) == NOW


def test_without_a_token_there_is_no_time() -> None:
    assert time_of() is None


def test_the_earliest_of_several_counts() -> None:
    tokens = [token(STAMPED, NOW + 5), token(STAMPED, NOW, EC), token(STAMPED, NOW + 9)]
    assert stamps.earliest(tokens, STAMPED, trusting(RSA, EC)) == NOW


def test_fractions_of_a_second_are_dropped() -> None:
    assert time_of(token(STAMPED, NOW, fraction=".999")) == NOW


@pytest.mark.parametrize(
    "words",
    [
        {"algorithm": tsa.algorithm(tsa.RSA_ENCRYPTION, tsa.NULL)},
        {"algorithm": tsa.algorithm("1.2.840.113549.1.1.11")},
        {"named_hash": SHA512},
        {"certificates": (tsa.root().certificate, RSA.certificate)},
        {"nonce": 2**63},
        {"nonce": -1},
        {"extensions": tsa.sequence(tsa.oid("1.2.3"), tsa.octets(b"\x05\x00"))},
        {"unsigned": tsa.tlv(0xA1, tsa.sequence(tsa.oid("1.2.3"), tsa.set_of()))},
        {"attributes": {tsa.SIGNING_CERTIFICATE: tsa.sequence(), "1.2.3": tsa.integer(5)}},
    ],
    ids=lambda words: next(iter(words)),
)
def test_what_authorities_write_differently_is_taken(words: dict[str, Any]) -> None:
    assert time_of(token(STAMPED, NOW, **words)) == NOW


def test_the_ends_of_a_certificate_s_time_belong_to_it() -> None:
    first, last = (int(one.timestamp()) for one in (tsa.FIRST, tsa.LAST))
    assert time_of(token(STAMPED, first)) == first
    assert time_of(token(STAMPED, last)) == last
    for outside in (first - 1, last + 1):
        assert "within the certificate's time" in refused(token(STAMPED, outside)).allowed


def test_a_certificate_may_hold_beyond_2049() -> None:
    by = authority(RSA.key, last=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    late = int(datetime(2100, 2, 28, tzinfo=UTC).timestamp())
    assert time_of(token(STAMPED, late, by), by=by) == late


def test_a_token_can_be_read_before_anybody_is_named() -> None:
    read = stamps.read(token(STAMPED, NOW, EC, nonce=77))
    assert (read.time, read.imprint, read.nonce, read.fingerprint) == (NOW, STAMPED, 77, EC.fingerprint)
    read.check_imprint(STAMPED)
    read.check_signature()


# --- outside the policy ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [(), (EC,), (tsa.root(),)], ids=["nobody", "another", "the root above it"])
def test_an_authority_that_the_policy_does_not_name_is_outside_it(named: tuple[Authority, ...]) -> None:
    with pytest.raises(OutsidePolicy) as failed:
        stamps.earliest([token(STAMPED, NOW, certificates=(RSA.certificate, tsa.root().certificate))], STAMPED,
                        trusting(*named))  # fmt: skip
    assert failed.value.step == 15
    assert failed.value.entry == "stamp 0"
    assert RSA.fingerprint.hex() in failed.value.found


def test_how_well_a_stranger_signs_says_nothing() -> None:
    """Form and imprint are looked at before the name, certificate and signature after it."""
    with pytest.raises(OutsidePolicy):
        time_of(token(STAMPED, NOW, EC, broken=1))
    refused(token(bytes(32), NOW, EC))
    refused(token(STAMPED, NOW, EC)[:-1])


def test_tokens_are_judged_in_the_file_s_order() -> None:
    stranger, damaged = token(STAMPED, NOW, EC), token(STAMPED, NOW, broken=1)
    with pytest.raises(OutsidePolicy) as failed:
        time_of(stranger, damaged)
    assert failed.value.entry == "stamp 0"
    refused(damaged)
    refused(token(STAMPED, NOW), damaged)
    assert refused(damaged, by=RSA).entry == "stamp 0"


def test_another_certificate_of_the_same_key_is_another_authority() -> None:
    renewed = authority(RSA.key, serial=70)
    with pytest.raises(OutsidePolicy):
        time_of(token(STAMPED, NOW, renewed))


# --- refused ---------------------------------------------------------------------------------------------------------

DAMAGED: dict[str, dict[str, Any]] = {
    "an imprint by another hash": {"imprint_hash": SHA512},
    "an imprint by no known hash": {"imprint_hash": "1.3.14.3.2.26"},
    "a flipped signature": {"broken": 1},
    "other content than was signed": {"message_digest": bytes(32)},
    "another content type": {"content_type": "1.2.840.113549.1.7.1"},
    "no content type": {"attributes": {"1.2.840.113549.1.9.3": None}},
    "no digest": {"attributes": {"1.2.840.113549.1.9.4": None}},
    "no signing certificate": {"attributes": {tsa.SIGNING_CERTIFICATE_V2: None}},
    "the older signing certificate alone": {
        "attributes": {tsa.SIGNING_CERTIFICATE_V2: None, tsa.SIGNING_CERTIFICATE: tsa.sequence()}
    },
    "another signing certificate": {"named": b"another certificate"},
    "no certificate": {"certificates": ()},
    "another's certificate only": {"certificates": (EC.certificate,)},
    "a signer with another number": {"issued": EC.issued},
    "SHA-1": {"hash": SHA256, "algorithm": tsa.algorithm("1.2.840.113549.1.1.5", tsa.NULL)},
    "an algorithm of another hash": {"algorithm": tsa.algorithm("1.2.840.113549.1.1.12", tsa.NULL)},
    "ECDSA for an RSA key": {"algorithm": tsa.algorithm("1.2.840.10045.4.3.2")},
    "PSS": {"algorithm": tsa.algorithm("1.2.840.113549.1.1.10", tsa.sequence())},
    "a critical extension": {"extensions": tsa.sequence(tsa.oid("1.2.3"), tsa.TRUE, tsa.octets(b""))},
    "an extension that says it is not critical": {
        "extensions": tsa.sequence(tsa.oid("1.2.3"), b"\x01\x01\x00", tsa.octets(b""))
    },
    "a fraction that ends in a zero": {"fraction": ".50"},
    "a fraction of nothing": {"fraction": "."},
    "a zone": {"fraction": "+0100"},
    "extra bytes": {"tail": b"\x00"},
    "extra bytes in the signer": {"unsigned": tsa.NULL},
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_token_is_refused(what: str) -> None:
    refused(token(STAMPED, NOW, **DAMAGED[what]))


def test_a_token_of_something_else_is_refused() -> None:
    other = stamps.imprint(DOMAIN, b"\x01" * 32, b"\x03" * 32)
    failure = refused(token(other, NOW))
    assert other.hex() in failure.found
    assert STAMPED.hex() in failure.allowed


def test_the_same_attribute_twice_is_refused() -> None:
    whole = token(STAMPED, NOW, attributes={"1.2.3": tsa.integer(5), "1.2.4": tsa.integer(5)})
    assert time_of(whole) == NOW
    failure = refused(whole.replace(tsa.oid("1.2.4"), tsa.oid("1.2.3")))
    assert "twice" in failure.found


@pytest.mark.parametrize("size", [0, 1, 2, 30, 500, -1])
def test_a_cut_token_is_refused(size: int) -> None:
    refused(token(STAMPED, NOW)[:size])


def test_lengths_are_as_short_as_possible() -> None:
    whole = token(STAMPED, NOW)
    body = whole[4:]
    assert whole[:2] == b"\x30\x82"
    refused(b"\x30\x83\x00" + whole[2:4] + body)
    refused(b"\x30\x80" + body + b"\x00\x00")
    refused(b"\x30\x85\x00\x00\x00" + whole[2:4] + body)


CERTIFICATES: dict[str, Authority] = {
    "no key usage": authority(RSA.key, usage=()),
    "a key usage that is not critical": authority(RSA.key, critical=False),
    "another key usage": authority(RSA.key, usage=(ExtendedKeyUsageOID.CODE_SIGNING,)),
    "a key usage beside time stamping": authority(
        RSA.key, usage=(ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)
    ),
    "an end before the stamp": authority(RSA.key, last=datetime(2025, 1, 1, tzinfo=UTC)),
    "a beginning after the stamp": authority(RSA.key, first=datetime(2040, 1, 1, tzinfo=UTC)),
    "another curve": authority(tsa.ec_key(ec.SECP521R1())),
    "a key that is not its signer's": replace(RSA, key=EC.key),
    "another exponent": tsa.changed(RSA, tsa.integer(65537), tsa.integer(65539)),
    "a curve nobody knows": tsa.changed(EC, tsa.oid("1.2.840.10045.3.1.7"), tsa.oid("1.2.840.10045.3.1.6")),
    "another version": tsa.changed(RSA, tsa.tlv(0xA0, tsa.integer(2)), tsa.tlv(0xA0, tsa.integer(1))),
    "a day that is none": tsa.changed(RSA, b"200101000000Z", b"200132000000Z"),
    "a year before 1970": tsa.changed(RSA, b"200101000000Z", b"690101000000Z"),
    "a point that is none": tsa.changed(
        EC, tsa.public_of(EC.key)[-64:], tsa.public_of(EC.key)[-64:-1] + bytes([tsa.public_of(EC.key)[-1] ^ 1])
    ),
    "a point of bits": tsa.changed(
        EC, b"\x00\x04" + tsa.public_of(EC.key)[-64:], b"\x01\x04" + tsa.public_of(EC.key)[-64:]
    ),
    "a key usage that is critical in another spelling": tsa.changed(
        RSA, tsa.oid("2.5.29.37") + tsa.TRUE, tsa.oid("2.5.29.37") + b"\x01\x01\x01"
    ),
}


@pytest.mark.parametrize("what", CERTIFICATES)
def test_a_certificate_that_is_not_one_for_stamping_at_that_time_is_refused_though_named(what: str) -> None:
    by = CERTIFICATES[what]
    refused(token(STAMPED, NOW, by), by=by)


def test_a_small_key_is_refused() -> None:
    small = authority(tsa.rsa_key(2**521 - 1, 2**607 - 1))
    assert "1128 bits" in refused(token(STAMPED, NOW, small), by=small).found


def test_an_ecdsa_algorithm_names_the_signer_s_hash_and_fits_the_key() -> None:
    refused(token(STAMPED, NOW, EC, hash=SHA384, algorithm=tsa.algorithm("1.2.840.10045.4.3.2")), by=EC)
    refused(token(STAMPED, NOW, EC, algorithm=tsa.algorithm(tsa.RSA_ENCRYPTION)), by=EC)
    assert time_of(token(STAMPED, NOW, EC, algorithm=tsa.algorithm("1.2.840.10045.4.3.2", tsa.NULL)), by=EC) == NOW


def test_a_signature_of_p_256_has_one_form() -> None:
    """r with a byte too many or too few: the number is the same, the bytes are not DER."""
    for serial in range(20):
        whole = token(STAMPED, NOW, EC, serial=serial)
        signature = stamps.read(whole).signature
        r = signature[4 : 4 + signature[3]]
        other = b"\x00" + r if r[0] else r[1:]
        assert time_of(tsa.swapped(whole, tsa.octets(signature), tsa.octets(signature)), by=EC) == NOW
        told = tsa.sequence(tsa.tlv(2, other), signature[4 + len(r) :])
        refused(tsa.swapped(whole, tsa.octets(signature), tsa.octets(told)), by=EC)


SWAPPED: dict[str, tuple[bytes, bytes]] = {
    "another version": (tsa.integer(3), tsa.integer(1)),
    "a signer of another version": (tsa.integer(1), tsa.integer(3)),
    "parameters of a hash": (tsa.algorithm(SHA256), tsa.algorithm(SHA256, tsa.octets(b""))),
    "a length longer than it need be": (tsa.algorithm(SHA256), b"\x30\x81" + tsa.algorithm(SHA256)[1:]),
    "another content": (tsa.oid("1.2.840.113549.1.9.16.1.4"), tsa.oid("1.2.840.113549.1.9.16.1.5")),
    "no signed data": (tsa.oid("1.2.840.113549.1.7.2"), tsa.oid("1.2.840.113549.1.7.3")),
    "a tag of several bytes": (RSA.certificate, RSA.certificate + b"\xbf\x03\x00\x00\x00"),
    "an element that is cut": (RSA.certificate, RSA.certificate + b"\x30"),
}


@pytest.mark.parametrize("what", SWAPPED)
def test_what_the_signature_does_not_cover_has_its_form_all_the_same(what: str) -> None:
    refused(tsa.swapped(token(STAMPED, NOW), *SWAPPED[what]))


def test_a_null_of_a_hash_means_nothing() -> None:
    told = tsa.swapped(token(STAMPED, NOW), tsa.algorithm(SHA256), tsa.algorithm(SHA256, tsa.NULL))
    assert time_of(told) == NOW


def test_a_compressed_point_is_refused() -> None:
    point = tsa.public_of(EC.key)[-65:]
    compressed = bytes([2 + point[-1] % 2]) + point[1:33]
    certificate = tsa.swapped(EC.certificate, tsa.tlv(3, b"\x00", point), tsa.tlv(3, b"\x00", compressed))
    by = replace(EC, certificate=certificate)
    assert "compressed" in refused(token(STAMPED, NOW, by), by=by).found


# --- any bytes -------------------------------------------------------------------------------------------------------

WHOLE = {name: token(STAMPED, NOW, by, nonce=5) for name, by in AUTHORITIES.items()}
MEANT = {name: stamps.read(whole) for name, whole in WHOLE.items()}


def judged(raw: bytes, name: str) -> None:
    """Bytes that are refused are refused by name; those that hold say what the authority said."""
    try:
        time = time_of(raw, by=AUTHORITIES[name])
    except VerificationError as failure:
        assert failure.step == 15  # noqa: PT017
        return
    assert time == NOW
    assert stamps.read(raw) == MEANT[name]


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_name(raw: bytes) -> None:
    assert refused(raw).allowed


@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_mutated_token_means_the_same_or_is_refused(name: str, data: st.DataObject) -> None:
    raw = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        how = data.draw(st.sampled_from(["turn", "cut", "put"]))
        if how == "turn":
            raw[at] ^= data.draw(st.integers(1, 255))
        elif how == "cut":
            del raw[at : at + data.draw(st.integers(1, 4))]
        else:
            raw[at:at] = data.draw(st.binary(min_size=1, max_size=4))
        if not raw:
            break
    judged(bytes(raw), name)


@pytest.mark.parametrize("name", WHOLE)
def test_every_single_byte_matters_or_was_never_signed(name: str) -> None:
    whole = WHOLE[name]
    for at in range(len(whole)):
        for turned in (0x01, 0x80):
            judged(whole[:at] + bytes([whole[at] ^ turned]) + whole[at + 1 :], name)


@given(st.binary(max_size=40), st.binary(max_size=40), st.integers(0, 300))
@example(b"", b"", 0)
def test_a_certificate_of_any_bytes_is_refused_by_name(head: bytes, tail: bytes, cut: int) -> None:
    """Whoever put such a fingerprint into a policy gets an answer, too."""
    wrapped = tsa.sequence(head + RSA.certificate[cut : cut + 400] + tail)
    by = replace(RSA, certificate=wrapped)
    refused(token(STAMPED, NOW, by), by=by)
