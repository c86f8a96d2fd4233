"""Sign-in with a wallet (EIP-4361): a nonce of ours, used once, in a message that the wallet signs, then a token.

The database keeps only the token's hash. A session belongs to an account and its party; it says nothing about roles,
which are looked up at every request.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from eth_keys.exceptions import BadSignature
from sqlalchemy import Engine, delete, insert, select

from portledger.domain.codes import Scope
from portledger.domain.parties import Account
from portledger.domain.refusals import NotFound, SignInRefused
from portledger.services.access import EVERYTHING, Access
from portledger.store.tables import nonces, sessions

NONCE_SECONDS: Final = 300
SESSION_SECONDS: Final = 8 * 3600
MOST: Final = 200
"""Open sessions of one account."""
MAX_MESSAGE: Final = 1000
"""Characters of a sign-in message; one has about 450."""
_FORM: Final = re.compile(
    r"[^\s/]{1,255} wants you to sign in with your Ethereum account:\n0x[0-9a-fA-F]{40}\n\n(?:[^\n]{1,400}\n)?\n"
    r"URI: [!-~]{1,255}\nVersion: 1\nChain ID: [0-9]{1,18}\nNonce: [0-9a-zA-Z]{8,64}\nIssued At: [0-9TZtz:.+-]{1,40}"
    r"(?:\nExpiration Time: [0-9TZtz:.+-]{1,40})?(?:\nNot Before: [0-9TZtz:.+-]{1,40})?"
)


@dataclass(frozen=True, slots=True)
class Session:
    """account: 20 bytes; times: unix seconds. id: names it in lists, and opens nothing.

    key: of a machine that bears a key, the key's id; then the account is the one that made it.
    """

    account: bytes
    party: int
    expires_at: float
    scopes: Access = EVERYTHING
    created_at: float = 0
    id: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What a message must name. domain: host and port as the user sees them; uri: the gateway's base address."""

    domain: str
    uri: str
    chain_id: int


@lru_cache(maxsize=1)
def _siwe() -> Any:
    """The sign-in library. It brings half of an Ethereum stack along: two seconds that a start need not wait for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its grammar redefines rules of its parser's, and says so
        import siwe.siwe

    return siwe.siwe


def preload() -> None:
    """Loads the library in the background."""
    threading.Thread(target=_siwe, name="preload", daemon=True).start()


def new_nonce(intake: Engine, now: float) -> tuple[str, float]:
    """A nonce and the moment until which it can be used."""
    nonce, expires_at = secrets.token_hex(16), now + NONCE_SECONDS
    with intake.begin() as connection:
        connection.execute(delete(nonces).where(nonces.c.expires_at < now))
        connection.execute(delete(sessions).where(sessions.c.expires_at < now))
        connection.execute(insert(nonces).values(nonce=nonce, expires_at=expires_at))
    return nonce, expires_at


def sign_in(
    intake: Engine,
    site: Site,
    message: str,
    signature: bytes,
    account_of: Callable[[bytes], Account | None],
    now: float,
    scopes: Access = EVERYTHING,
    most: int = MOST,
) -> tuple[str, Session]:
    """A token and its session. account_of: the ledger's word about an account; scopes: what is asked for.

    most: open sessions of one account; where there are more, the oldest end. So whoever signs in for each request, and
    never out, holds up nobody.

    The session administers only when its account may administer the party on the ledger.

    Raises SignInRefused. The nonce is spent by the attempt, whatever comes of it.
    """
    parsed = _parse(message)
    if not _spend(intake, str(parsed.nonce), now):
        raise SignInRefused("a nonce that is unknown, used or expired", "a nonce from POST /v1/sessions/nonce")
    _check(parsed, site, signature, now)
    account = bytes.fromhex(str(parsed.address)[2:])
    word = account_of(account)
    if word is None or not word.active:
        raise SignInRefused(f"account 0x{account.hex()}, which is no party's", "an active account of a party")
    granted = scopes if word.covers(Scope.ADMIN) else scopes & ~Access.ADMIN
    token = secrets.token_urlsafe(32)
    hashed = _hash(token)
    session = Session(account, word.party, _expiry(parsed, now), granted, now, _id(hashed))
    with intake.begin() as connection:
        connection.execute(
            insert(sessions).values(
                token_hash=hashed,
                account=account,
                party=session.party,
                expires_at=session.expires_at,
                scopes=int(granted),
                created_at=now,
            )
        )
        newest = select(sessions.c.token_hash).where(sessions.c.party == word.party, sessions.c.account == account)
        newest = newest.order_by(sessions.c.created_at.desc(), sessions.c.token_hash)
        if old := connection.execute(newest.offset(most)).scalars().all():
            connection.execute(delete(sessions).where(sessions.c.token_hash.in_(old)))
    return token, session


def find(intake: Engine, token: str, now: float) -> Session | None:
    """The session of a bearer token, or None when it is unknown or over."""
    with intake.connect() as connection:
        row = connection.execute(select(*_COLUMNS).where(sessions.c.token_hash == _hash(token))).first()
    found = _session(row) if row else None
    return found if found is not None and found.expires_at > now else None


_COLUMNS: Final[tuple[Any, ...]] = tuple(
    sessions.c[name] for name in ("token_hash", "account", "party", "expires_at", "scopes", "created_at")
)


def _session(row: Any) -> Session:
    hashed, account, party, expires_at, scopes, created_at = row
    return Session(bytes(account), party, expires_at, Access(scopes), created_at, _id(bytes(hashed)))


def _id(hashed: bytes) -> str:
    """Half of the token's hash: it names the session, and nobody finds the token by it."""
    return hashed[:16].hex()


def open_sessions(intake: Engine, party: int, now: float) -> list[Session]:
    """The party's sessions that are not over, newest first."""
    with intake.connect() as connection:
        rows = connection.execute(
            select(*_COLUMNS)
            .where(sessions.c.party == party, sessions.c.expires_at > now)
            .order_by(sessions.c.created_at.desc(), sessions.c.token_hash)
        )
        return [_session(row) for row in rows]


def revoke(intake: Engine, party: int, session_id: str, now: float) -> None:
    """Ends one session of the party by its id. Raises NotFound."""
    found = [one for one in open_sessions(intake, party, now) if one.id == session_id]
    if not found:
        raise NotFound(f"session {session_id[:40]}", "an open session of your party")
    with intake.begin() as connection:
        low, high = bytes.fromhex(session_id) + bytes(16), bytes.fromhex(session_id) + b"\xff" * 16
        connection.execute(delete(sessions).where(sessions.c.party == party, sessions.c.token_hash.between(low, high)))


def sign_out(intake: Engine, token: str) -> None:
    with intake.begin() as connection:
        connection.execute(delete(sessions).where(sessions.c.token_hash == _hash(token)))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _parse(message: str) -> Any:
    # The library's grammar takes time with the square of the length, half a minute for 10,000 characters that anybody
    # may send: what it reads is bounded in length and in form before.
    if len(message) > MAX_MESSAGE or not _FORM.fullmatch(message):
        raise SignInRefused(
            f"a text of {len(message)} characters that is no EIP-4361 message",
            f"an EIP-4361 message without resources, at most {MAX_MESSAGE} characters",
        )
    try:
        return _siwe().SiweMessage.from_message(message)
    except ValueError as wrong:
        raise SignInRefused("a text that is no EIP-4361 message", "an EIP-4361 message") from wrong


def _spend(intake: Engine, nonce: str, now: float) -> bool:
    with intake.begin() as connection:
        row = connection.execute(delete(nonces).where(nonces.c.nonce == nonce).returning(nonces.c.expires_at)).first()
    return row is not None and row[0] > now


def _check(message: Any, site: Site, signature: bytes, now: float) -> None:
    if int(message.chain_id) != site.chain_id:
        raise SignInRefused(f"chain {message.chain_id}", f"chain {site.chain_id}")
    if str(message.uri).rstrip("/") != site.uri.rstrip("/"):
        raise SignInRefused(f"URI {message.uri}", site.uri)
    try:
        message.verify("0x" + signature.hex(), domain=site.domain, timestamp=datetime.fromtimestamp(now, UTC))
    except (_siwe().VerificationError, BadSignature) as wrong:
        raise SignInRefused(
            f"a message that does not hold ({type(wrong).__name__})",
            f"a message for {site.domain}, not expired, signed by the account it names",
        ) from wrong


def _expiry(message: Any, now: float) -> float:
    """The session ends when the message says, and after eight hours at the latest."""
    latest = now + SESSION_SECONDS
    if message.expiration_time is None:
        return latest
    return min(latest, float(message.expiration_time._datetime.timestamp()))
