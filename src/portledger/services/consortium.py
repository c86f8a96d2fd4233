"""What the consortium's powers do, and admissions: rows of the outbox that one of the powers' keys sends."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, insert, select, update

from portledger import faults
from portledger.domain.actions import Registration
from portledger.domain.calls_decode import call_digest
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import sha256
from portledger.domain.refusals import Conflict, NotFound, Unavailable
from portledger.domain.vault_errors import NotCanonical
from portledger.formats import api_json as wire
from portledger.services import calls
from portledger.services.ledger import Databases
from portledger.store import outbox, read_model
from portledger.store.database import write_after_others
from portledger.store.outbox import Outcome, Row, Sender, Type
from portledger.store.tables import encryption_keys, profiles, registrations
from portledger.vault.canonical import encode

MAX_PROFILE: Final = 64 << 10
"""Bytes of a profile's canonical JSON."""
MAX_KEY: Final = 4096
MAX_ACCOUNTS: Final = 15
"""Accounts of one registration: as many as the ledger takes."""
MAX_WAITING: Final = 1000
"""Registrations that wait for the registrar: anybody may ask."""


_ONE_AT_A_TIME: Final = Lock()
"""From the look at the next id until the row that takes it: the intake's one process answers in several threads."""


def canonical_profile(value: Mapping[str, Any]) -> bytes:
    """A profile's canonical JSON. Raises InvalidInput for what has none, and for more than a profile holds."""
    try:
        body = encode(dict(value))
    except NotCanonical as wrong:
        raise InvalidInput("$.profile" + wrong.where, wrong.found, wrong.allowed) from wrong
    if len(body) > MAX_PROFILE:
        raise InvalidInput("$.profile", f"{len(body)} bytes", f"at most {MAX_PROFILE}")
    return body


def send(intake: Engine, sender: Sender, call: bytes, now: float, party: int | None = None) -> bytes:
    """Puts a power's call into the outbox; its digest, under which its outcome is found."""
    with intake.begin() as connection:
        return append_call(connection, sender, call, now, party)


def append_call(connection: Connection, sender: Sender, call: bytes, now: float, party: int | None = None) -> bytes:
    digest = call_digest(call)
    write_after_others(connection, outbox.WRITERS)  # else two may give the same call the same number
    known = outbox.latest(connection, [digest]).get(digest)
    attempt = 0 if known is None else known[1] + 1
    outbox.add(connection, [Row(Type.POWER, digest, call, now, party=party, sender=sender, attempt=attempt)])
    return digest


# --- registrations --------------------------------------------------------------------------------------------------


def next_party(databases: Databases) -> int:
    """The id that the next registration gets: one above every registered and every waiting one."""
    refresh(databases)
    with databases.ledger.connect() as connection:
        last = read_model.last_party(connection)
    with databases.intake.connect() as connection:
        waiting = connection.execute(
            select(func.max(registrations.c.party)).where(registrations.c.status.in_(("waiting", "approved")))
        ).scalar()
    return max(last, waiting or 0) + 1


def request(
    databases: Databases, asked: wire.RegistrationRequest, now: float, *, admit_at_once: bool
) -> wire.RegistrationStatus:
    """Takes a registration. Raises InvalidInput, Conflict (another one took the id: sign the consents anew)."""
    with _ONE_AT_A_TIME:
        return _request(databases, asked, now, admit_at_once)


def _request(
    databases: Databases, asked: wire.RegistrationRequest, now: float, admit_at_once: bool
) -> wire.RegistrationStatus:
    registration = wire.registration(asked.registration)
    body, raw = _checked(asked, registration)
    call = calls.register(registration)
    known = _same_request(databases.intake, asked.party, call_digest(call))
    if known is not None:
        return status(databases, known)
    expected = next_party(databases)
    if asked.party != expected:
        raise Conflict(f"consents for party {asked.party}", f"consents for party {expected}", party=expected)
    if not admit_at_once and len(waiting(databases.intake)) >= MAX_WAITING:
        raise Unavailable(f"{MAX_WAITING} registrations waiting", "fewer", "Ask again when the registrar has answered.")
    request_id = secrets.token_hex(16)
    faults.point("registration.before_commit")
    with databases.intake.begin() as connection:
        _require_still_free(connection, asked.party)
        _keep(connection, profiles, registration.profile, "body", body)
        _keep(connection, encryption_keys, registration.encryption_key, "raw", raw)
        connection.execute(
            insert(registrations).values(
                id=request_id,
                party=asked.party,
                digest=call_digest(call),
                body=wire.encode(asked),
                status="waiting",
                created_at=now,
            )
        )
        if admit_at_once:
            _admit(connection, request_id, call, asked.party, now)
        faults.point("registration.inside_commit")
    faults.point("registration.after_commit")
    return status(databases, request_id)


def _require_still_free(connection: Connection, party: int) -> None:
    """Another gateway may have given the id away since it was looked for. Raises Conflict."""
    write_after_others(connection, "registrations")
    waiting = select(func.max(registrations.c.party)).where(registrations.c.status.in_(("waiting", "approved")))
    taken = connection.execute(waiting).scalar() or 0
    if taken >= party:
        raise Conflict(f"consents for party {party}", f"consents for party {taken + 1}", party=taken + 1)


def _same_request(intake: Engine, party: int, digest: bytes) -> str | None:
    """The id of a request that was sent before with the same registration: a repeated request is not a new one."""
    with intake.connect() as connection:
        return connection.execute(
            select(registrations.c.id).where(
                registrations.c.party == party, registrations.c.digest == digest, registrations.c.status != "refused"
            )
        ).scalar()


def _checked(asked: wire.RegistrationRequest, registration: Registration) -> tuple[bytes, bytes]:
    """Profile as canonical JSON and the raw key, both fitting the digests of the registration."""
    body, raw = canonical_profile(asked.profile), wire.base64_bytes(asked.encryption_key, "$.encryptionKey")
    if not 1 <= len(registration.accounts) <= MAX_ACCOUNTS:
        raise InvalidInput("$.registration.accounts", f"{len(registration.accounts)}", f"1 to {MAX_ACCOUNTS}")
    if not 0 < len(raw) <= MAX_KEY:
        raise InvalidInput("$.encryptionKey", f"{len(raw)} bytes", f"1 to {MAX_KEY} bytes")
    if sha256(body) != registration.profile:
        raise InvalidInput("$.profile", f"digest {sha256(body).hex()}", registration.profile.hex())
    if sha256(raw) != registration.encryption_key:
        raise InvalidInput("$.encryptionKey", f"digest {sha256(raw).hex()}", registration.encryption_key.hex())
    if not len(registration.accounts) == len(registration.scopes) == len(registration.consents):
        raise InvalidInput("$.registration", "lists of different length", "a scope and a consent per account")
    return body, raw


def _keep(connection: Connection, table: object, digest: bytes, column: str, body: bytes) -> None:
    columns = table.c  # type: ignore[attr-defined]
    if connection.execute(select(columns.digest).where(columns.digest == digest)).first() is None:
        connection.execute(insert(table).values(digest=digest, **{column: body}))  # type: ignore[arg-type]


def keep_profile(connection: Connection, body: bytes) -> bytes:
    """Keeps a profile's canonical JSON under its digest, which it returns."""
    digest = sha256(body)
    _keep(connection, profiles, digest, "body", body)
    return digest


def keep_encryption_key(connection: Connection, raw: bytes) -> bytes:
    digest = sha256(raw)
    _keep(connection, encryption_keys, digest, "raw", raw)
    return digest


def admit(intake: Engine, request_id: str, now: float) -> None:
    """The registrar's yes. Raises NotFound, Conflict when it was answered before."""
    with intake.begin() as connection:
        row = connection.execute(
            select(registrations.c.body, registrations.c.status, registrations.c.party).where(
                registrations.c.id == request_id
            )
        ).first()
        if row is None:
            raise NotFound(f"registration {request_id}", "a registration that waits")
        if row[1] != "waiting":
            raise Conflict(f"a registration that is {row[1]}", "one that waits")
        asked = wire.decode(row[0], wire.RegistrationRequest)
        _admit(connection, request_id, calls.register(wire.registration(asked.registration)), row[2], now)


def refuse(intake: Engine, request_id: str, reason: str) -> None:
    """The registrar's no."""
    with intake.begin() as connection:
        done = connection.execute(
            update(registrations)
            .where(registrations.c.id == request_id, registrations.c.status == "waiting")
            .values(status="refused", reason=reason)
        )
        if done.rowcount == 0:
            raise NotFound(f"registration {request_id}", "a registration that waits")


def waiting(intake: Engine) -> list[tuple[str, wire.RegistrationRequest]]:
    """(request id, request) of every registration that waits for the registrar, oldest first."""
    with intake.connect() as connection:
        rows = connection.execute(
            select(registrations.c.id, registrations.c.body)
            .where(registrations.c.status == "waiting")
            .order_by(registrations.c.created_at)
        ).all()
    return [(row[0], wire.decode(row[1], wire.RegistrationRequest)) for row in rows]


def _admit(connection: Connection, request_id: str, call: bytes, party: int, now: float) -> None:
    append_call(connection, Sender.REGISTRAR, call, now, party)
    connection.execute(update(registrations).where(registrations.c.id == request_id).values(status="approved"))


def outcome(databases: Databases, digest: bytes) -> Outcome | None:
    """What became of the newest row with this digest; None while it is under way or unknown."""
    with databases.intake.connect() as connection:
        known = outbox.latest(connection, [digest]).get(digest)
    if known is None:
        return None
    with databases.relay.connect() as connection:
        return outbox.outcomes_of(connection, [known[0]]).get(known[0])


def refresh(databases: Databases) -> None:
    """Frees the ids of approved registrations that the ledger refused."""
    with databases.intake.connect() as connection:
        rows = connection.execute(
            select(registrations.c.id, registrations.c.digest).where(registrations.c.status == "approved")
        ).all()
    for request_id, digest in rows:
        found = outcome(databases, digest)
        if found is None:
            continue
        word = "registered" if found.final else "refused"
        with databases.intake.begin() as connection:
            connection.execute(
                update(registrations)
                .where(registrations.c.id == request_id)
                .values(status=word, reason=None if found.final else (found.reason or b"").hex())
            )


def status(databases: Databases, request_id: str) -> wire.RegistrationStatus:
    """Raises NotFound. A refusal's problem is the caller's to add, from `refusal_of`."""
    with databases.intake.connect() as connection:
        row = connection.execute(
            select(registrations.c.status, registrations.c.party, registrations.c.digest, registrations.c.reason).where(
                registrations.c.id == request_id
            )
        ).first()
    if row is None:
        raise NotFound(f"registration {request_id}", "the requestId of a registration")
    word, party, digest, reason = row
    found = outcome(databases, digest) if word == "approved" else None
    if found is not None:
        word = "registered" if found.final else "refused"
    return wire.RegistrationStatus(request_id=request_id, status=word, party=party, reason=reason or "")


def refusal_of(databases: Databases, request_id: str) -> bytes | None:
    """The ledger's ABI-encoded reason why it refused a registration."""
    with databases.intake.connect() as connection:
        digest = connection.execute(select(registrations.c.digest).where(registrations.c.id == request_id)).scalar()
    found = outcome(databases, digest) if digest else None
    return found.reason if found is not None and not found.final else None
