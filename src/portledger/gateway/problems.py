"""Errors as RFC 9457 problem details: the one place where an error meets an HTTP status."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

from portledger.domain.codes import Parameter
from portledger.domain.errors import (
    BadParameter,
    InvalidInput,
    LedgerError,
    PartyInactive,
    PortledgerError,
    RoleMissing,
)
from portledger.domain.refusals import Unavailable
from portledger.formats import api_json
from portledger.formats.api_json import Problem

MEDIA_TYPE: Final = "application/problem+json"

STEPS: Final[dict[str, str]] = {
    "Expired": "2 deadline",
    "DeadlineTooFar": "2 deadline",
    "KindMismatch": "3 kind",
    "KindUnknown": "4 rule",
    "NoRule": "4 rule",
    "RecordFrozen": "5 frozen",
    "WrongDocumentId": "6 document id",
    "PartyInactive": "7 actor",
    "EpochPassed": "8 epoch",
    "RoleMissing": "9 roles",
    "NotAllowed": "10 who",
    "BadParameter": "11 parameters",
    "StalePrevious": "12 previous",
    "SignaturesRefused": "13 signatures",
    "ScopeMissing": "13 signatures",
    "NumberTaken": "14 claim",
    "NoteRepeated": "14 note",
    "CounterFull": "15 counters",
}
"""The numbered check of docs/protocol §1 that refuses with this error."""

_STATUS: Final[dict[str, int]] = {
    "InvalidInput": 400,
    "WrongChain": 409,
    "WrongLedger": 409,
    "InFlight": 409,
    "Conflict": 409,
    "StalePrevious": 409,
    "KindMismatch": 409,
    "NoRule": 409,
    "NumberTaken": 409,
    "NoteRepeated": 409,
    "ChangeOpen": 409,
    "NotReady": 409,
    "AccountTaken": 409,
    "RecordFrozen": 423,
    "Expired": 410,
    "NotAllowed": 403,
    "RoleMissing": 403,
    "ScopeMissing": 403,
    "SignaturesRefused": 403,
    "PartyInactive": 403,
    "EpochPassed": 403,
    "PowerMissing": 403,
    "Forbidden": 403,
    "NoRecord": 404,
    "NotFound": 404,
    "NotSignedIn": 401,
    "SignInRefused": 401,
    "AccessMissing": 403,
    "MethodNotAllowed": 405,
    "BodyTooSlow": 408,
    "PreconditionFailed": 412,
    "RequestInFlight": 409,
    "IdempotencyKeyReused": 422,
    "TooManyRequests": 429,
    "QuotaUsedUp": 429,
    "BodyTooLarge": 413,
    "BlobTooLarge": 413,
    "PayloadStoreFailed": 503,
    "NodeUnreachable": 503,
    "Unavailable": 503,
}
"""Every other expected error is a 422: well-formed JSON that asks for something impossible."""


REPEAT: Final = frozenset({"InFlight", "RequestInFlight", "Unavailable", "BodyTooSlow", "PayloadStoreFailed"})
"""Answered with Retry-After: the same request may go through a moment later."""


def status_of(error: PortledgerError) -> int:
    """The HTTP status of an error, found along its class's ancestors."""
    for kind in type(error).__mro__:
        if kind.__name__ in _STATUS:
            return _STATUS[kind.__name__]
    return 422


def step_of(error: PortledgerError, actor: int | None = None) -> str | None:
    """The numbered check that refuses so; a counterparty's fault is a parameter's, step 11."""
    if isinstance(error, LedgerError) and error.at_step is not None:
        return error.at_step
    if isinstance(error, BadParameter) and error.parameter == Parameter.TERMS:
        return "1 terms"
    if isinstance(error, PartyInactive | RoleMissing) and actor is not None and error.party != actor:
        return "11 parameters"
    return STEPS.get(error.code)


def title_of(kind: type[BaseException]) -> str:
    """The one line why: the class's docstring."""
    return (inspect.getdoc(kind) or kind.__name__).split("\n")[0]


def problem(
    error: PortledgerError, *, instance: str | None = None, actor: int | None = None, request_id: str | None = None
) -> Problem:
    where = error.parameters().get("where") if isinstance(error, InvalidInput) else None
    pointer = api_json.pointer(where) if isinstance(where, str) else None
    return Problem(
        type=f"/problems/{error.code}",
        title=title_of(type(error)),
        status=status_of(error),
        detail=f"Found {error.found}; allowed: {error.allowed}.",
        code=error.code,
        found=error.found,
        allowed=error.allowed,
        remedy=error.remedy,
        instance=instance,
        step=step_of(error, actor),
        parameters=json_safe(error.parameters()),
        pointer=pointer,
        parameter=str(where) if where is not None and pointer is None else None,
        request_id=request_id,
    )


def not_ready(parts: Mapping[str, str], wrong: Mapping[str, str]) -> Problem:
    """parts: what each part of a process was found to be; wrong: those that are not ready."""
    words = "; ".join(f"{part}: {found}" for part, found in wrong.items())
    return problem(Unavailable(words, "every part ready", NOT_READY, parts=dict(parts)), instance="/readyz")


NOT_READY: Final = "Wait, or see the runbook's page on the part that is named; nothing acknowledged is lost."


def json_safe(parameters: dict[str, Any]) -> dict[str, Any]:
    """Integers that JSON readers may round become decimal strings."""
    return {
        name: str(value) if isinstance(value, int) and not -(2**53) < value < 2**53 else value
        for name, value in parameters.items()
    }


def internal(instance: str | None, request_id: str | None = None) -> Problem:
    """What nobody expected; the log has the rest."""
    return Problem(
        type="/problems/InternalError",
        title=str(_INTERNAL["title"]),
        status=500,
        detail="Found an error that nobody expected; it was logged.",
        code="InternalError",
        remedy=str(_INTERNAL["remedy"]),
        instance=instance,
        request_id=request_id,
    )


_INTERNAL: Final[dict[str, str | int | None]] = {
    "code": "InternalError",
    "title": "The gateway failed.",
    "status": 500,
    "remedy": "Try again; the request is safe to repeat. Tell the operator, with the requestId, if it stays.",
    "step": None,
    "origin": "gateway",
}


def catalogue() -> dict[str, dict[str, str | int | None]]:
    """Every problem by its code: what /problems/{code} shows."""
    known = {kind.__name__: kind for kind in _leaves(PortledgerError)}
    return {**{name: _page(kind) for name, kind in sorted(known.items())}, "InternalError": _INTERNAL}


def _leaves(kind: type[PortledgerError]) -> list[type[PortledgerError]]:
    below = [leaf for child in kind.__subclasses__() for leaf in _leaves(child)]
    return [*([kind] if kind.REMEDY else []), *below]


def _page(kind: type[PortledgerError]) -> dict[str, str | int | None]:
    status = next((_STATUS[base.__name__] for base in kind.__mro__ if base.__name__ in _STATUS), 422)
    origin = "ledger" if issubclass(kind, LedgerError) else "gateway"
    return {
        "code": kind.__name__,
        "title": title_of(kind),
        "status": status,
        "remedy": kind.REMEDY,
        "step": STEPS.get(kind.__name__),
        "origin": origin,
    }
