"""Answers kept for repeated requests: the same key and the same request get the stored answer, byte by byte.

A claim is written before the request is worked on, its answer after. A process that dies in between leaves a claim that
runs out; the next attempt then does the work anew, which is safe because everything that it does is known by its digest
or its bytes. Keys, and what they stood for, are in the database as hashes only.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from portledger.domain.refusals import IdempotencyKeyReused, RequestInFlight
from portledger.store.api_tables import idempotency

KEPT_SECONDS: Final = 24 * 3600
CLAIM_SECONDS: Final = 90.0
"""After this long an attempt counts as dead: longer than any answer is waited for."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose keys they are, and whose quota their kept answers count against: the party's, whatever it shows.

    party: None = of all who are not signed in; every session and every machine's key is a party's. credential: the hex
    hash of the token, where the answer holds a secret. Then the keys are this credential's alone: the answer is sealed
    under it, so that another one of the party could not open what it was told is there, and should not.
    """

    party: int | None
    credential: str | None = None

    @property
    def scope(self) -> str:
        """Within it a key stands for one request."""
        if self.credential is not None:
            return f"token:{self.credential}"
        return "nobody" if self.party is None else f"party:{self.party}"


STRANGERS: Final = Owner(None)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The right to work on a request. key: the hash of its key."""

    owner: Owner
    key: bytes
    claim: str


def begin(intake: Engine, owner: Owner, key: str, fingerprint: bytes, now: float) -> Kept | Attempt:
    """fingerprint: SHA-256 of method, path and body.

    Raises IdempotencyKeyReused for another request with this key, RequestInFlight while the same one is worked on.
    """
    mine = Attempt(owner, hashlib.sha256(key.encode()).digest(), secrets.token_hex(16))
    row = {"scope": owner.scope, "key": mine.key, "fingerprint": fingerprint, "claim": mine.claim, "started_at": now,
           "party": None if owner.credential is None else owner.party}  # fmt: skip
    try:
        with intake.begin() as connection:
            connection.execute(delete(idempotency).where(idempotency.c.expires_at < now))
            connection.execute(insert(idempotency).values(**row, expires_at=now + KEPT_SECONDS))
        return mine
    except IntegrityError:
        return _known(intake, mine, fingerprint, now)


def look(intake: Engine, owner: Owner, key: str, fingerprint: bytes) -> Kept | None:
    """The answer that this same request got, if one is kept."""
    here = (idempotency.c.scope == owner.scope) & (idempotency.c.key == hashlib.sha256(key.encode()).digest())
    query = select(idempotency.c.status, idempotency.c.headers, idempotency.c.body)
    with intake.connect() as connection:
        row = connection.execute(
            query.where(here, idempotency.c.fingerprint == fingerprint, idempotency.c.status.is_not(None))
        ).first()
    return None if row is None else Kept(row.status, msgspec.json.decode(row.headers), bytes(row.body))


def _known(intake: Engine, mine: Attempt, fingerprint: bytes, now: float) -> Kept | Attempt:
    columns = ("fingerprint", "claim", "started_at", "status", "headers", "body")
    here = (idempotency.c.scope == mine.owner.scope) & (idempotency.c.key == mine.key)
    with intake.begin() as connection:
        row = connection.execute(select(*(idempotency.c[name] for name in columns)).where(here)).first()
        if row is None:  # given up in this very moment
            raise _in_flight()
        if bytes(row.fingerprint) != fingerprint:
            raise IdempotencyKeyReused("a key that came with another request", "a new key for each request")
        if row.status is not None:
            return Kept(row.status, msgspec.json.decode(row.headers), bytes(row.body))
        if abs(now - row.started_at) < CLAIM_SECONDS:  # one that lies in the future is of a clock that was wrong
            raise _in_flight()
        taken = connection.execute(
            update(idempotency)
            .where(here, idempotency.c.claim == row.claim, idempotency.c.status.is_(None))
            .values(claim=mine.claim, started_at=now)
        )
        if taken.rowcount != 1:
            raise _in_flight()
    return mine


def _in_flight() -> RequestInFlight:
    return RequestInFlight("a request with this key that is being worked on", "one at a time")


def keep(intake: Engine, attempt: Attempt, answer: Kept) -> None:
    """What every later request with this key gets."""
    with intake.begin() as connection:
        _keep(connection, attempt, answer)


def keep_with(connection: Connection, attempt: Attempt, answer: Kept) -> None:
    """As `keep`, in the transaction that makes what the answer tells of: where that is not known by a digest, no death
    in between may leave the one without the other. Raises RequestInFlight when another attempt has taken over."""
    if not _keep(connection, attempt, answer):
        raise _in_flight()


def _keep(connection: Connection, attempt: Attempt, answer: Kept) -> bool:
    kept = connection.execute(
        update(idempotency)
        .where(_of(attempt))
        .values(status=answer.status, headers=msgspec.json.encode(answer.headers).decode(), body=answer.body)
    )
    return kept.rowcount == 1


def give_up(intake: Engine, attempt: Attempt) -> None:
    """The request got no answer that may be kept: the next one with this key is worked on. One that was kept, because
    it could not be made twice, stays, though its request was broken off."""
    with intake.begin() as connection:
        connection.execute(delete(idempotency).where(_of(attempt), idempotency.c.status.is_(None)))


def _of(attempt: Attempt) -> Any:
    mine = (idempotency.c.scope == attempt.owner.scope) & (idempotency.c.key == attempt.key)
    return mine & (idempotency.c.claim == attempt.claim)
