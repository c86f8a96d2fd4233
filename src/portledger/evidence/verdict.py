"""The verdict on a file: valid, unsealed, invalid, malformed or outside the policy (docs/protocol/evidence.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from portledger.domain.verification_errors import Malformed, OutsidePolicy, VerificationError
from portledger.evidence import bundle as files
from portledger.evidence import presentation as presentations
from portledger.evidence.bundle import Bundle
from portledger.evidence.bundle_verify import Release, verify_bundle
from portledger.evidence.policy import Policy
from portledger.evidence.presentation import Presentation, verify_presentation
from portledger.evidence.result import SEALED, Result

SCHEMA: Final = "portledger/verdict/1"
LONGEST: Final = 500
"""Characters of a text that speaks of a failure."""


class Class(StrEnum):
    """How a verification ends."""

    VALID = "valid"
    UNSEALED = "unsealed"
    INVALID = "invalid"
    MALFORMED = "malformed"
    OUTSIDE_POLICY = "outside-policy"


@dataclass(frozen=True, slots=True)
class Verdict:
    """result: what holds, where all steps hold; failure: why not, where one does not; shown: the file, once read."""

    verdict: Class
    result: Result | None = None
    failure: VerificationError | None = None
    shown: Bundle | Presentation | None = None

    def said(self) -> dict[str, str]:
        """The failure in words, each text at most LONGEST characters: a file may hold what fills a screen for hours."""
        failure = self.failure
        if failure is None:
            return dict.fromkeys(("entry", "check", "found", "expected", "remedy"), "")
        told = {"entry": failure.entry, "check": failure.check, "found": failure.found, "expected": failure.allowed}
        return {name: _short(text) for name, text in {**told, "remedy": failure.remedy}.items()}

    def to_dict(self) -> dict[str, Any]:
        """What `portledger verify FILE --json` prints, and what the verify page computes."""
        failure, result = self.failure, self.result
        return {
            "schema": SCHEMA,
            "verdict": self.verdict.value,
            "step": failure.step if failure else None,
            **self.said(),
            "level": result.level if result else None,
            "stampedAt": result.stamped_at if result else None,
            "result": result.to_dict() if result else None,
        }


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def read(data: bytes) -> Bundle | Presentation:
    """The evidence file or presentation in a file's bytes. Raises Malformed."""
    value = files.read_json(data)
    named = value.get("schema") if isinstance(value, dict) else None
    if named == presentations.SCHEMA:
        return presentations.parse(value)
    return files.parse(value)


def judge(data: bytes, policy: Policy, release: Release, now: int) -> Verdict:
    """The verdict on a file's bytes. now: unix seconds of whoever verifies. Raises nothing that evidence can cause."""
    try:
        shown = read(data)
    except Malformed as failure:
        return Verdict(Class.MALFORMED, failure=failure)
    try:
        if isinstance(shown, Presentation):
            result = verify_presentation(shown, policy, release, now)
        else:
            result = verify_bundle(shown, policy, release, now)
    except OutsidePolicy as failure:
        return Verdict(Class.OUTSIDE_POLICY, failure=failure, shown=shown)
    except VerificationError as failure:
        return Verdict(Class.INVALID, failure=failure, shown=shown)
    return Verdict(Class.VALID if result.level == SEALED else Class.UNSEALED, result=result, shown=shown)
