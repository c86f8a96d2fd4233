"""Asking a time-stamping authority: what is sent, what is taken, and how each wrong answer is called."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.support import tsa
from tests.support.histories import DOMAIN
from tests.support.tsa import EC, RSA, Authority
from tests.support.tsa_server import WHY_SKIPPED, Said, has_openssl, openssl_authority, openssl_verifies, serving

from portledger.cli.exit_codes import Exit, exit_of
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.hashing import sha256
from portledger.domain.verification_errors import VerificationError
from portledger.evidence import der, stamps
from portledger.services import stamping
from portledger.services.prove import Point
from portledger.services.stamping import AuthorityUnreachable, StampRefused
from portledger.store.stamps import Stamp

POINT = Point(b"\x01" * 32, 77, 1_800_000_000, b"\x02" * 32)
MESSAGE = stamps.message(DOMAIN, POINT.hash, POINT.ledger_head)
NOW = 1_900_000_000


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority is on this machine, whatever way this machine takes to others."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def asked(answer: Callable[[bytes], bytes | Said], **known: Any) -> Stamp:
    with serving(answer) as url:
        return stamping.Authority(url, **known).stamp(POINT, MESSAGE)


def answering(by: Authority = RSA, **words: Any) -> Callable[[bytes], bytes]:
    return lambda request: tsa.answer(request, NOW, by, **words)


# --- what is taken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [RSA, EC, tsa.EC384], ids=["RSA", "P-256", "P-384"])
def test_a_token_is_kept_with_its_block_time_and_certificate(by: Authority) -> None:
    made = asked(answering(by), certificates=(EC.certificate, by.certificate), roots=(tsa.root().certificate,))
    assert (made.block, made.number, made.ledger_head) == (POINT.hash, POINT.number, POINT.ledger_head)
    assert (made.time, made.certificate) == (NOW, by.fingerprint)
    token = stamps.read(made.token)
    token.check_imprint(stamps.imprint(DOMAIN, POINT.hash, POINT.ledger_head))
    token.check_signature()


def test_the_request_names_sha_256_a_nonce_and_asks_for_the_certificate() -> None:
    sent: list[bytes] = []

    def answer(request: bytes) -> bytes:
        sent.append(request)
        return tsa.answer(request, NOW)

    asked(answer)
    asked(answer)
    nonces = set()
    for request in sent:
        parts = der.read(request, der.Tag.SEQUENCE).parts()
        assert parts.take(der.Tag.INTEGER).body == b"\x01"
        imprint = tsa.sequence(tsa.algorithm(tsa.SHA256, tsa.NULL), tsa.octets(sha256(MESSAGE)))
        assert parts.take(der.Tag.SEQUENCE).raw == imprint
        nonces.add(der.natural(parts.take(der.Tag.INTEGER)))
        assert parts.take(der.Tag.BOOLEAN).raw == tsa.TRUE
        parts.end()
    assert len(nonces) == 2
    assert min(nonces) > 2**32


@pytest.mark.skipif(not has_openssl(), reason=WHY_SKIPPED)
@pytest.mark.parametrize(
    ("key", "digest", "chain"),
    [("rsa:2048", "sha256", "no"), ("rsa:3072", "sha512", "yes"), ("ec:P-256", "sha256", "no"),
     ("ec:P-384", "sha384", "yes")],
)  # fmt: skip
def test_openssl_s_tokens_are_taken(tmp_path: Path, key: str, digest: str, chain: str) -> None:
    with openssl_authority(tmp_path, key, digest, chain) as authority:
        signers = stamping.certificates_of(authority.certificate.read_bytes(), "signer")
        roots = stamping.certificates_of(authority.root.read_bytes(), "root")
        before = int(time.time())
        made = stamping.Authority(authority.url, signers, roots).stamp(POINT, MESSAGE)
    assert before <= made.time <= time.time()
    assert made.certificate == sha256(signers[0])
    assert openssl_verifies(tmp_path, made.token, sha256(MESSAGE), authority.root)


@pytest.mark.skipif(not has_openssl(), reason=WHY_SKIPPED)
@pytest.mark.parametrize("by", [RSA, EC, tsa.EC384], ids=["RSA", "P-256", "P-384"])
def test_openssl_takes_the_tokens_that_the_other_tests_are_made_of(tmp_path: Path, by: Authority) -> None:
    root = tmp_path / "root.pem"
    root.write_bytes(x509.load_der_x509_certificate(tsa.root().certificate).public_bytes(Encoding.PEM))
    token = tsa.token(sha256(MESSAGE), int(time.time()), by, fraction=".25", nonce=2**40)
    assert openssl_verifies(tmp_path, token, sha256(MESSAGE), root)
    assert not openssl_verifies(tmp_path, token, sha256(b"another"), root)


# --- what is not -----------------------------------------------------------------------------------------------------


def refused(kind: type[PortledgerError], code: Exit, answer: Callable[[bytes], bytes | Said], **known: Any) -> str:
    with pytest.raises(kind) as failed:
        asked(answer, **known)
    assert type(failed.value) is kind
    assert exit_of(failed.value) is code
    assert failed.value.allowed
    assert failed.value.remedy
    return failed.value.found


def test_an_authority_that_does_not_answer_is_unreachable() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    with pytest.raises(AuthorityUnreachable) as failed:
        stamping.Authority(url).stamp(POINT, MESSAGE)
    assert url in failed.value.found
    assert exit_of(failed.value) is Exit.UNREACHABLE


def test_an_answer_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, stamping.SECONDS + 1])
    monkeypatch.setattr(stamping, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    assert "no end" in refused(AuthorityUnreachable, Exit.UNREACHABLE, answering())


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "tsa.example", "http://", "", "http://a:b/", "file:///etc/hosts"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        stamping.Authority(url)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (Said(status=500), "HTTP status 500"),
        (Said(status=302, location="http://127.0.0.1:9/"), "HTTP status 302"),
        (Said(b"<html>", kind="text/html"), "text/html"),
        (Said(b"", kind=""), "no content type"),
        (Said(b"<html>"), "no time-stamp reply"),
        (Said(b""), "no time-stamp reply"),
        (Said(bytes(70_000)), "more than 65536 bytes"),
    ],
    ids=["an error", "another place", "a page", "no type", "something else", "nothing", "too much"],
)
def test_an_answer_that_is_no_reply_is_refused(said: Said, found: str) -> None:
    assert found in refused(StampRefused, Exit.REFUSED, lambda _: said)


@pytest.mark.parametrize(
    ("status", "found"),
    [(1, "status 1 (granted_with_mods)"), (2, "status 2 (rejection): not today"), (3, "status 3 (waiting)"),
     (9, "status 9: not today")],
)  # fmt: skip
def test_a_status_other_than_granted_is_refused(status: int, found: str) -> None:
    assert found in refused(StampRefused, Exit.REFUSED, answering(status=status))


def test_a_reply_without_a_token_is_refused() -> None:
    refused(StampRefused, Exit.REFUSED, lambda _: tsa.sequence(tsa.sequence(tsa.integer(0))))
    empty = tsa.sequence(tsa.sequence(tsa.integer(0)), tsa.sequence())
    assert "nothing" in refused(VerificationError, Exit.VERIFICATION, lambda _: empty)


def test_a_token_that_no_evidence_file_could_hold_is_refused() -> None:
    chain = (RSA.certificate, *[tsa.root().certificate] * 30)
    assert "bytes" in refused(StampRefused, Exit.REFUSED, answering(certificates=chain))


WRONG: dict[str, tuple[Callable[[bytes], bytes], dict[str, Any], str]] = {
    "a wrong imprint": (answering(imprint=bytes(32)), {}, "sha256 " + "00" * 32),
    "an imprint by another hash": (answering(imprint_hash=tsa.SHA512), {}, "sha512"),
    "another nonce": (answering(nonce=5), {}, "nonce 5"),
    "no nonce": (answering(nonce=None), {}, "nonce None"),
    "another certificate": (answering(), {"certificates": (EC.certificate,)}, RSA.fingerprint.hex()),
    "a broken signature": (answering(broken=1), {}, "signature"),
    "a certificate that is not for stamping": (answering(tsa.authority(RSA.key, usage=())), {}, "key usage"),
    "a certificate under another root": (answering(), {"roots": (EC.certificate,)}, "does not lead to the roots"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_token_that_is_not_what_was_asked_for_is_not_taken(what: str) -> None:
    answer, known, found = WRONG[what]
    assert found in refused(VerificationError, Exit.VERIFICATION, answer, **known)


# --- certificates ----------------------------------------------------------------------------------------------------


def test_certificates_are_read_from_pem_and_der() -> None:
    both = b"".join(x509.load_der_x509_certificate(one.certificate).public_bytes(Encoding.PEM) for one in (RSA, EC))
    assert stamping.certificates_of(b"\n" + both, "x") == (RSA.certificate, EC.certificate)
    assert stamping.certificates_of(RSA.certificate, "x") == (RSA.certificate,)


@pytest.mark.parametrize("data", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nnonsense\n"])
def test_what_holds_no_certificate_is_refused_with_its_name(data: bytes) -> None:
    with pytest.raises(InvalidInput) as failed:
        stamping.certificates_of(data, "--ca file.pem")
    assert failed.value.parameters()["where"] == "--ca file.pem"
