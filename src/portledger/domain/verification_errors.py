"""What a check of evidence raises: which numbered step failed, on which entry, what was found and expected."""

from __future__ import annotations

from typing import Any, ClassVar

from portledger.domain.errors import PortledgerError


class VerificationError(PortledgerError):
    """The evidence does not hold: the step that is named failed (docs/protocol/verification.md).

    step: the number of docs/protocol §7; check: what the step looks at; entry: the place in the history ("act 3",
    "note 0", "party 7, entry 2"), empty where the step speaks about the whole.
    """

    REMEDY: ClassVar[str] = "Do not rely on it: ask another source for the same history, and the issuer if none agrees."

    def __init__(self, step: int, check: str, found: str, allowed: str, remedy: str = "", entry: str = "") -> None:
        super().__init__(step, check, found, allowed, remedy, entry)
        self.step, self.check, self.entry = step, check, entry
        self.at_step, self.where = f"{step} {check}", entry
        self._found, self._allowed, self._remedy = found, allowed, remedy or self.REMEDY

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
        return {"step": self.step, "check": self.check, "entry": self.entry}

    def __str__(self) -> str:
        where = f", {self.entry}" if self.entry else ""
        return f"step {self.step} ({self.check}{where}): found {self.found}; expected {self.allowed}. {self.remedy}"


class Malformed(VerificationError):
    """What was handed in is no evidence file or presentation of this version (step 0)."""

    REMEDY: ClassVar[str] = "Ask for the file again: it was damaged, cut, or is something else."

    def __init__(self, where: str, found: str, allowed: str, remedy: str = "") -> None:
        super().__init__(0, "the file's form", found, allowed, remedy, where)
        self.args = (where, found, allowed, remedy)


class OutsidePolicy(VerificationError):
    """The evidence may be right, but the policy does not trust what it rests on."""

    REMEDY: ClassVar[str] = "Use a policy that names it, if you have one from a source that you trust."


class EncodingError(PortledgerError):
    """Bytes that should be a value in its one encoding are not."""

    def __init__(self, at: int, found: str, allowed: str) -> None:
        """at: offset in bytes."""
        super().__init__(at, found, allowed)
        self.at, self._found, self._allowed = at, found, allowed

    @property
    def found(self) -> str:
        return f"{self._found} at byte {self.at}"

    @property
    def allowed(self) -> str:
        return self._allowed

    def parameters(self) -> dict[str, Any]:
        return {"at": self.at}


class RlpError(EncodingError):
    """Bytes that should be one canonical RLP value are not."""

    REMEDY: ClassVar[str] = "The bytes are damaged or not what they are said to be: fetch them again."


class DerError(EncodingError):
    """Bytes that should be DER, or DER of a certain shape, are not."""

    REMEDY: ClassVar[str] = "The bytes are damaged or not what they are said to be: fetch them again."
