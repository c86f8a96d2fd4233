"""Time from outside: ledgerHead and block hash taken to time-stamping authorities (RFC 3161), by the operator.

A stamp serves a document only where a proof of it is kept at the very block that was stamped: so stamping keeps the
proofs of all that no stamp is of yet, at that block. First the token is had and stored, then the proofs are kept: when
it is stopped between the two, the next run goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerifierBuilder,
    decode_timestamp_response,
)
from rfc3161_client import VerificationError as LibraryError
from rfc3161_client.tsp import PKIStatus, TimeStampRequest

from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import sha256
from portledger.domain.refusals import Refusal, Unavailable
from portledger.domain.verification_errors import DerError, VerificationError
from portledger.evidence import der
from portledger.evidence import stamps as tokens
from portledger.evidence.bundle import MAX_STAMP
from portledger.evidence.der import Tag
from portledger.evidence.result import TITLES, Step
from portledger.evidence.stamps import Token
from portledger.services.ledger import Ledger
from portledger.services.prove import Point, Prover
from portledger.store import stamps as store
from portledger.store.stamps import Stamp

SECONDS: Final = 30.0
"""How long an authority may take."""
MAX_ANSWER: Final = 64 * 2**10
"""Bytes of an authority's answer."""
ASKED_AS: Final = "application/timestamp-query"
ANSWERED_AS: Final = "application/timestamp-reply"


class AuthorityUnreachable(Unavailable):
    """The time-stamping authority does not answer."""

    REMEDY: ClassVar[str] = "Check its address and the way there, and try again; or ask another authority."


class StampRefused(Refusal):
    """The time-stamping authority gives no token, or something else."""

    REMEDY: ClassVar[str] = (
        "Read what it says; check that the address is an RFC 3161 service, or ask another authority."
    )


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority. certificates: of those that may sign, empty = whichever does; roots: of those above
    them, where the chain is to be checked; both DER. Raises InvalidInput for what is no address."""

    url: str
    certificates: tuple[bytes, ...] = ()
    roots: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        try:
            url = httpx.URL(self.url)
        except httpx.InvalidURL as failure:
            raise InvalidInput("--tsa", f"{self.url[:80]!r} ({failure})", "an http or https address") from failure
        if url.scheme not in ("http", "https") or not url.host:
            raise InvalidInput("--tsa", repr(self.url[:80]), "an http or https address")

    def stamp(self, point: Point, message: bytes) -> Stamp:
        """A token of the message, checked, as it is kept.

        Raises AuthorityUnreachable, StampRefused, VerificationError (a token of something else, or that does not hold).
        """
        request = (
            TimestampRequestBuilder(message, HashAlgorithm.SHA256)
            .nonce(nonce=True)
            .cert_request(cert_request=True)
            .build()
        )
        raw = _token(_post(self.url, request.as_bytes()))
        token = self._checked(raw, request, message)
        return Stamp(point.hash, point.number, point.ledger_head, token.time, token.fingerprint, self.url, raw)

    def _checked(self, raw: bytes, request: TimeStampRequest, message: bytes) -> Token:
        """The token, if it is what was asked for and would be taken by every verifier that names its certificate."""
        if len(raw) > MAX_STAMP:
            raise StampRefused(f"a token of {len(raw)} bytes", f"at most {MAX_STAMP}, with its certificates")
        token = tokens.read(raw)
        token.check_imprint(sha256(message))
        if token.nonce != request.nonce:
            raise _wrong(f"nonce {token.nonce}", f"{request.nonce}, the request's")
        if self.certificates and token.certificate not in self.certificates:
            named = ", ".join(sha256(one).hex() for one in self.certificates)
            raise _wrong(f"a time stamp by certificate {token.fingerprint.hex()}", f"by {named}, as named")
        token.check_signature()
        if self.roots:
            _check_chain(raw, request, self.roots, message)
        return token


def certificates_of(data: bytes, where: str) -> tuple[bytes, ...]:
    """DER of the certificates in a file, PEM or DER. where: how errors call it. Raises InvalidInput."""
    try:
        if data.lstrip().startswith(b"-----BEGIN"):
            found = x509.load_pem_x509_certificates(data)
        else:
            found = [x509.load_der_x509_certificate(data)]
    except ValueError as failure:
        raise InvalidInput(where, str(failure)[:200], "certificates, in PEM or DER") from failure
    return tuple(one.public_bytes(Encoding.DER) for one in found)


def _post(url: str, request: bytes) -> bytes:
    """The authority's answer, at most MAX_ANSWER bytes of it."""
    headers = {"content-type": ASKED_AS, "accept": ANSWERED_AS, "accept-encoding": "identity"}
    body, until = b"", time.monotonic() + SECONDS
    try:
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=False) as client,
            client.stream("POST", url, content=request, headers=headers) as answer,
        ):
            for part in answer.iter_raw():
                body += part
                if len(body) > MAX_ANSWER:
                    raise StampRefused(f"more than {MAX_ANSWER} bytes from {url}", "a time-stamp reply")
                if time.monotonic() > until:
                    raise AuthorityUnreachable(f"no end of {url}'s answer in {SECONDS:g} s", "a time-stamp reply")
    except httpx.HTTPError as failure:
        raise AuthorityUnreachable(f"no answer from {url} ({failure})", "a time-stamp reply") from failure
    if answer.status_code != httpx.codes.OK:
        raise StampRefused(f"HTTP status {answer.status_code} from {url}", "200 and a time-stamp reply")
    kind = answer.headers.get("content-type", "").split(";")[0].strip()
    if kind != ANSWERED_AS:
        raise StampRefused(f"{kind[:80] or 'no content type'} from {url}", ANSWERED_AS)
    return body


def _token(body: bytes) -> bytes:
    """The token of a TimeStampResp. Raises StampRefused for what is no granted one."""
    try:
        parts = der.read(body, Tag.SEQUENCE).parts()
        status = parts.take(Tag.SEQUENCE).parts()
        number, said = der.natural(status.take(Tag.INTEGER)), status.maybe(Tag.SEQUENCE)
        words = "; ".join(one.body.decode(errors="replace") for one in said.all()) if said else ""
        token = parts.maybe(Tag.SEQUENCE)
        parts.end()
    except DerError as failure:
        raise StampRefused(
            f"no time-stamp reply: {failure.found}", f"one that is granted: {failure.allowed}"
        ) from failure
    if number != PKIStatus.GRANTED:
        raise StampRefused(f"status {_status(number)}{': ' if words else ''}{words}"[:300], "granted")
    if token is None:
        raise StampRefused("a reply without a token", "one with its token")
    return token.raw


def _status(number: int) -> str:
    known = {int(one): one.name.lower() for one in PKIStatus}
    return f"{number} ({known[number]})" if number in known else str(number)


def _check_chain(raw: bytes, request: TimeStampRequest, roots: Sequence[bytes], message: bytes) -> None:
    """The library's check of a token, up to one of the roots. Raises VerificationError."""
    builder = VerifierBuilder(nonce=request.nonce, roots=[x509.load_der_x509_certificate(one) for one in roots])
    granted = der.element(Tag.SEQUENCE, der.element(Tag.SEQUENCE, der.element(Tag.INTEGER, b"\0")), _in_order(raw))
    try:
        builder.build().verify_message(decode_timestamp_response(granted), message)
    except (LibraryError, ValueError) as failure:
        raise _wrong(
            f"a certificate that does not lead to the roots ({failure})"[:300], "a chain up to one"
        ) from failure


def _in_order(raw: bytes) -> bytes:
    """The token with its certificates in DER's order of sets, which many authorities (openssl's among them) do not keep
    and the library insists on. Nobody signed their order."""
    kind, outer = der.read(raw, Tag.SEQUENCE).all()
    signed = [
        der.element(Tag.FIRST, *sorted(one.raw for one in part.all())) if part.tag == Tag.FIRST else part.raw
        for part in outer.inner(Tag.SEQUENCE).all()
    ]
    return der.element(Tag.SEQUENCE, kind.raw, der.element(Tag.FIRST, der.element(Tag.SEQUENCE, *signed)))


def _wrong(found: str, allowed: str) -> VerificationError:
    return VerificationError(int(Step.RESULT), TITLES[Step.RESULT], found, allowed, "Ask again, or another authority.")


# --- the whole of it -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stamped:
    """What came of it. stamps: those taken now, or, when there was nothing to stamp, of the last block that was;
    documents: how many the stamps serve as evidence; new: whether anything was stamped."""

    point: Point
    stamps: tuple[Stamp, ...]
    documents: int
    new: bool


def stamp(
    ledger: Ledger,
    prover: Prover,
    authorities: Sequence[Authority],
    *,
    everything: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Stamped:
    """Has the newest block stamped by each of the authorities, and keeps the proofs that the stamps serve.

    everything: proofs of all documents at this block, not only of those that no stamp is of yet; progress: told how
    many proofs were kept so far. Raises Unavailable (the node), and what Authority.stamp raises.
    """
    point = prover.point()
    database = ledger.databases.proofs
    if not everything and (last := _nothing_new(ledger, prover, point)):
        with database.connect() as connection:
            return Stamped(point, tuple(last), store.served(connection, last[0].block), new=False)
    message = tokens.message(ledger.domain, point.hash, point.ledger_head)
    made = []
    for authority in authorities:
        made.append(authority.stamp(point, message))
        with database.begin() as connection:
            store.keep(connection, made[-1])
    done = 0
    for part in prover.without_stamp(point, everything=everything):
        done += prover.keep_at(point, part)
        progress(done)
    with database.connect() as connection:
        return Stamped(point, tuple(made), store.served(connection, point.hash), new=True)


def _nothing_new(ledger: Ledger, prover: Prover, point: Point) -> list[Stamp]:
    """The stamps of the last stamped block, if the ledger has stood still since and stamps serve every document."""
    with ledger.databases.proofs.connect() as connection:
        last = store.of_head(connection, point.ledger_head)
    return [] if any(prover.without_stamp(point)) else last
