"""Who is calling: sign-in, sessions and API keys."""

from __future__ import annotations

import msgspec

from portledger.formats.api_json.text import Answer, Request


class NonceAnswer(Answer):
    nonce: str
    domain: str
    uri: str
    expires_at: int


class SessionRequest(Request):
    """POST /v1/sessions. message: the EIP-4361 text as signed; signature: 65 bytes, hex.

    scopes: what the session shall do (read, submit, admin); by default all that the account may.
    """

    message: str
    signature: str
    scopes: list[str] | None = None


class SessionAnswer(Answer):
    """scopes: without admin when the account may not administer its party."""

    token: str
    account: str
    party: int
    expires_at: int
    scopes: list[str] = msgspec.field(default_factory=list)


class SessionJson(Answer):
    """An open session. id: names it here and opens nothing; current: the one that asks."""

    id: str
    account: str
    scopes: list[str]
    created_at: int
    expires_at: int
    current: bool


class SessionsAnswer(Answer):
    items: list[SessionJson]


class ApiKeyRequest(Request):
    """POST /v1/api-keys. scopes: of read, submit, admin; expiresAt: unix seconds, by default never."""

    name: str
    scopes: list[str]
    expires_at: int | None = None


class ApiKeyJson(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """A machine's key. account: whose session made it, with which it dies; key: its text, only in the first answer."""

    id: str
    name: str
    party: int
    account: str
    scopes: list[str]
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    key: str | None = None


class ApiKeysAnswer(Answer):
    items: list[ApiKeyJson]
