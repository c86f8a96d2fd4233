"""What a credential may do, and the keys of machines: bound to a party, shown once, kept as their hash.

A key is made by a signed-in account of the party that may administer it, and dies with that account: whoever loses an
account loses what was made with it. Scopes say what the HTTP interface does for the bearer; none of them is a power on
the ledger, where only signatures count.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import Conflict, NotFound
from portledger.store.api_tables import api_keys
from portledger.store.database import write_alone

PREFIX: Final = "plk_"
"""What a machine's key begins with, so that scanners for leaked secrets find it."""
MAX_KEYS: Final = 50
"""Live keys of one party."""
MAX_DEAD: Final = 200
"""Of its keys that are revoked or over, so many are listed, the newest."""
MAX_NAME: Final = 80
MAX_DAYS: Final = 3650


class Access(IntFlag):
    """Scopes of sessions and keys."""

    READ = 1
    SUBMIT = 2
    ADMIN = 4

    def words(self) -> list[str]:
        return [str(one.name).lower() for one in Access if self & one]


EVERYTHING: Final = Access.READ | Access.SUBMIT | Access.ADMIN


def access(words: Sequence[str], where: str = "$.scopes") -> Access:
    """The mask of names such as ["read", "submit"]. Raises InvalidInput."""
    known = {str(one.name).lower(): one for one in Access}
    for word in words:
        if word not in known:
            raise InvalidInput(where, repr(word[:40]), ", ".join(known))
    if not words:
        raise InvalidInput(where, "no scope", ", ".join(known))
    found = Access(0)
    for word in words:
        found |= known[word]
    return found


@dataclass(frozen=True, slots=True)
class ApiKey:
    """account: whose session made it, 20 bytes; times: unix seconds, None = never."""

    id: str
    party: int
    account: bytes
    name: str
    scopes: Access
    created_at: float
    expires_at: float | None
    revoked_at: float | None

    def live(self, now: float) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


_COLUMNS: Final[tuple[Any, ...]] = tuple(
    api_keys.c[name] for name in ("id", "party", "account", "name", "scopes", "created_at", "expires_at", "revoked_at")
)


def create(
    intake: Engine,
    party: int,
    account: bytes,
    name: str,
    scopes: Access,
    expires_at: float | None,
    now: float,
    told: Callable[[Connection, str, ApiKey], None] = lambda *_: None,
) -> tuple[str, ApiKey]:
    """The key's text, which is nowhere afterwards, and what is kept of it. told: called with both in the transaction
    that makes the key; what it raises undoes it. Raises InvalidInput, Conflict."""
    if not 1 <= len(name) <= MAX_NAME or not name.isprintable():
        raise InvalidInput("$.name", repr(name[:100]), f"1 to {MAX_NAME} printable characters")
    if expires_at is not None and not now < expires_at <= now + MAX_DAYS * 86_400:
        raise InvalidInput("$.expiresAt", str(expires_at), f"a moment to come, within {MAX_DAYS} days")
    made = ApiKey(secrets.token_hex(8), party, account, name, scopes, now, expires_at, None)
    text = f"{PREFIX}{made.id}_{secrets.token_urlsafe(32)}"
    with intake.begin() as connection:
        write_alone(connection, "api keys")
        _forget_dead(connection, party, now)
        if _live(connection, party, now) >= MAX_KEYS:
            raise Conflict(f"{MAX_KEYS} live keys of party {party}", f"at most {MAX_KEYS}", "Revoke one first.")
        connection.execute(
            insert(api_keys).values(
                id=made.id,
                key_hash=_hash(text),
                party=party,
                account=account,
                name=name,
                scopes=int(scopes),
                created_at=now,
                expires_at=expires_at,
            )
        )
        told(connection, text, made)
    return text, made


def _forget_dead(connection: Connection, party: int, now: float) -> None:
    """All but the newest of the keys that are over, which open nothing."""
    dead = api_keys.c.revoked_at.is_not(None) | (api_keys.c.expires_at <= now)
    ids = (
        select(api_keys.c.id)
        .where(api_keys.c.party == party, dead)
        .order_by(api_keys.c.created_at.desc(), api_keys.c.id)
    )
    old = connection.execute(ids.offset(MAX_DEAD)).scalars().all()
    if old:
        connection.execute(delete(api_keys).where(api_keys.c.id.in_(old)))


def _live(connection: Connection, party: int, now: float) -> int:
    query = select(func.count()).select_from(api_keys).where(api_keys.c.party == party, api_keys.c.revoked_at.is_(None))
    query = query.where(api_keys.c.expires_at.is_(None) | (api_keys.c.expires_at > now))
    return connection.execute(query).scalar() or 0


def find(intake: Engine, text: str, now: float) -> ApiKey | None:
    """The key of this text; None when it is unknown, revoked or over."""
    with intake.connect() as connection:
        row = connection.execute(select(*_COLUMNS).where(api_keys.c.key_hash == _hash(text))).first()
    found = _key(row) if row else None
    return found if found is not None and found.live(now) else None


def listed(intake: Engine, party: int) -> list[ApiKey]:
    """The party's keys, those that are over among them, newest first."""
    with intake.connect() as connection:
        rows = connection.execute(
            select(*_COLUMNS).where(api_keys.c.party == party).order_by(api_keys.c.created_at.desc(), api_keys.c.id)
        )
        return [_key(row) for row in rows]


def revoke(intake: Engine, party: int, key_id: str, now: float) -> None:
    """At once and for ever; a second time does nothing. Raises NotFound for what is no key of the party."""
    with intake.begin() as connection:
        mine = (api_keys.c.id == key_id) & (api_keys.c.party == party)
        if connection.execute(select(api_keys.c.id).where(mine)).first() is None:
            raise NotFound(f"key {key_id[:40]}", "a key of your party")
        connection.execute(update(api_keys).where(mine, api_keys.c.revoked_at.is_(None)).values(revoked_at=now))


def _key(row: Any) -> ApiKey:
    key_id, party, account, name, scopes, created_at, expires_at, revoked_at = row
    return ApiKey(key_id, party, bytes(account), name, Access(scopes), created_at, expires_at, revoked_at)


def _hash(text: str) -> bytes:
    # 256 random bits: no cost is needed against guessing.
    return hashlib.sha256(text.encode()).digest()
