"""What the gateway itself refuses, before the ledger has a word in it: the other branch of the tree in `errors`.

Each says what was found and what would have been allowed; gateway/problems.py gives each its HTTP status.
"""

from __future__ import annotations

from typing import Any, ClassVar

from portledger.domain.errors import PortledgerError, hex_of


class Refusal(PortledgerError):
    """The gateway refuses a request."""

    def __init__(self, found: str, allowed: str, remedy: str = "", **parameters: object) -> None:
        """parameters: the values by camelCase name; bytes become hex."""
        super().__init__(found, allowed, remedy)
        self._found, self._allowed, self._remedy = found, allowed, remedy or self.REMEDY
        self._parameters = parameters

    @property
    def found(self) -> str:
        return self._found

    @property
    def allowed(self) -> str:
        return self._allowed

    @property
    def remedy(self) -> str:
        return self._remedy

    def parameters(self) -> dict[str, Any]:
        return {name: hex_of(value) for name, value in self._parameters.items()}


class WrongChain(Refusal):
    """The request was made for another chain."""

    REMEDY: ClassVar[str] = "Read GET /v1/ledger, and sign for that chain; or turn to the gateway of the other chain."


class WrongLedger(Refusal):
    """The request was made for another ledger contract."""

    REMEDY: ClassVar[str] = "Read GET /v1/ledger, and sign for that ledger; or turn to the other ledger's gateway."


class InFlight(Refusal):
    """Another act on the same document is on its way to the ledger; the next head is known after its block."""

    REMEDY: ClassVar[str] = "Wait until that act is final, read what happened, and sign on the new head."


class ManifestMissing(Refusal):
    """An act that writes content comes with its manifest."""

    REMEDY: ClassVar[str] = "Send the manifest with the act."


class ManifestMismatch(Refusal):
    """The manifest is not the one that the act's content digest stands for, or does not fit the act."""

    REMEDY: ClassVar[str] = "Send the manifest whose canonical JSON hashes to the act's content digest."


class BodyTooLarge(Refusal):
    """The request's body is larger than the gateway takes."""

    REMEDY: ClassVar[str] = "Send less at once; large data goes to PUT /v1/blobs."


class NotSignedIn(Refusal):
    """Reading documents takes a session."""

    REMEDY: ClassVar[str] = "Sign in: POST /v1/sessions/nonce, sign the message, POST /v1/sessions."


class SignInRefused(Refusal):
    """The sign-in message or its signature does not hold."""

    REMEDY: ClassVar[str] = "Ask for a new nonce and sign the message for this gateway, chain and account."


class NotFound(Refusal):
    """There is nothing under this name, or nothing that you may see."""

    REMEDY: ClassVar[str] = "Check the name; and whether your party is a party to the document."


class Forbidden(Refusal):
    """You may see that it exists, but not do this with it."""

    REMEDY: ClassVar[str] = "Sign in as a party that may."


class AccessMissing(Refusal):
    """The session or key was not made for this: it lacks a scope."""

    REMEDY: ClassVar[str] = "Use a session or a key with the scope under allowed; scopes never grow."


class MethodNotAllowed(Refusal):
    """The path is there, but not for this method."""

    REMEDY: ClassVar[str] = "Use a method that the answer's Allow header lists."


class TooManyRequests(Refusal):
    """More requests came from this session, key or address than the gateway takes."""

    REMEDY: ClassVar[str] = "Wait as many seconds as Retry-After says; the RateLimit header shows what is left."


class QuotaUsedUp(Refusal):
    """The party has left as much here as it may in a day."""

    REMEDY: ClassVar[str] = "Wait as many seconds as Retry-After says, or ask the operator for more."


class BodyTooSlow(Refusal):
    """The request's body came too slowly."""

    REMEDY: ClassVar[str] = "Send it again without long pauses."


class IdempotencyKeyReused(Refusal):
    """The Idempotency-Key was used for another request in the last 24 hours."""

    REMEDY: ClassVar[str] = "Make a new key for each request, and keep it only for repeating that one."


class RequestInFlight(Refusal):
    """A request with the same Idempotency-Key is being worked on."""

    REMEDY: ClassVar[str] = "Wait as many seconds as Retry-After says, and repeat it: then its answer is there."


class AddressRefused(Refusal):
    """The gateway sends nothing to this address."""

    REMEDY: ClassVar[str] = "Name an https address on the public internet, without a user's name in it."


class Conflict(Refusal):
    """The request collides with what is already there."""

    REMEDY: ClassVar[str] = "Read the present state and decide anew."


class PreconditionFailed(Refusal):
    """What was to be changed is not any more what you have read."""

    REMEDY: ClassVar[str] = "Read it again, and send your change with the ETag of what you read in If-Match."


class DigestUnknown(Refusal):
    """Bytes were offered that no party's log or request asks for."""

    REMEDY: ClassVar[str] = "Let the ledger name the digest first, or sign in as the party that will."


class Unavailable(Refusal):
    """The gateway cannot serve this at the moment."""

    REMEDY: ClassVar[str] = "Try again; the request is safe to repeat."


REFUSALS: dict[str, type[Refusal]] = {leaf.__name__: leaf for leaf in Refusal.__subclasses__()}
"""The gateway's refusals by name."""
