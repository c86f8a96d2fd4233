"""What a command's exit code means: one table, for docs, `portledger --help` and tests."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from portledger.domain import vault_errors
from portledger.domain.errors import InvalidInput, LedgerError, PortledgerError
from portledger.domain.refusals import Forbidden, NotSignedIn, SignInRefused, Unavailable
from portledger.domain.verification_errors import Malformed, OutsidePolicy, VerificationError
from portledger.sdk.errors import GatewayUnreachable, KeyMissing, NodeUnreachable, NoGrant, NotFinalYet


class Exit(IntEnum):
    DONE = 0
    BUG = 1
    USAGE = 2
    INPUT = 3
    LEDGER = 4
    REFUSED = 5
    UNREACHABLE = 6
    KEYS = 7
    VERIFICATION = 8
    PENDING = 9
    UNSEALED = 10
    OUTSIDE_POLICY = 11
    STALE = 12
    UNSOUND = 13
    INTERRUPTED = 130


MEANING: Final[dict[Exit, str]] = {
    Exit.DONE: "done",
    Exit.BUG: "something nobody expected; please report it",
    Exit.USAGE: "wrong command line",
    Exit.INPUT: "a file or value is malformed",
    Exit.LEDGER: "the ledger refuses the act",
    Exit.REFUSED: "the gateway or the client refuses",
    Exit.UNREACHABLE: "the gateway or the node does not answer",
    Exit.KEYS: "a key, passphrase, grant or session is missing or wrong",
    Exit.VERIFICATION: "a verification failed: do not rely on the document",
    Exit.PENDING: "accepted, but not final within the time waited",
    Exit.UNSEALED: "the evidence holds, but nobody sealed its block",
    Exit.OUTSIDE_POLICY: "the evidence may hold, but the policy does not trust what it rests on",
    Exit.STALE: "something has happened since the evidence was made",
    Exit.UNSOUND: "something of the system or of a backup fails its check",
    Exit.INTERRUPTED: "interrupted",
}

_KEYS: Final = (
    KeyMissing,
    NoGrant,
    NotSignedIn,
    SignInRefused,
    Forbidden,
    vault_errors.WrongKey,
    vault_errors.WrongPassphrase,
    vault_errors.KeyFileRefused,
    vault_errors.GrantRefused,
)
_INPUT: Final = (
    InvalidInput,
    vault_errors.NotCanonical,
    vault_errors.ReferenceRefused,
    vault_errors.DetailRefused,
    vault_errors.AttachmentRefused,
)


_CODES: Final[tuple[tuple[tuple[type[PortledgerError], ...], Exit], ...]] = (
    ((NotFinalYet,), Exit.PENDING),
    ((OutsidePolicy,), Exit.OUTSIDE_POLICY),
    ((Malformed,), Exit.INPUT),
    ((GatewayUnreachable, NodeUnreachable, Unavailable), Exit.UNREACHABLE),
    (_KEYS, Exit.KEYS),
    (_INPUT, Exit.INPUT),
    ((VerificationError, vault_errors.VaultError), Exit.VERIFICATION),
    ((LedgerError,), Exit.LEDGER),
)
"""The first line that fits decides."""


def exit_of(error: PortledgerError) -> Exit:
    """The exit code of an expected error."""
    for kinds, code in _CODES:
        if isinstance(error, kinds):
            return code
    return Exit.REFUSED


def table() -> str:
    """The codes, one a line."""
    return "\n".join(f"{int(code):>3}  {text}" for code, text in MEANING.items())
