"""What can be wrong with sealed contents, their keys, grants, proofs and blobs (docs/protocol §8, §10).

Every check of the vault raises one of these; none answers False.
"""

from __future__ import annotations

from typing import Any, ClassVar

from portledger.domain.errors import PortledgerError


class VaultError(PortledgerError):
    """Sealed content, or something that belongs to it, fails a check."""

    REMEDY: ClassVar[str] = "Do not use the content; ask the sender for it again."

    def __init__(self, where: str, found: str, allowed: str, remedy: str = "") -> None:
        """where: what was checked: a JSON pointer, a dataset's name, a file."""
        super().__init__(where, found, allowed, remedy)
        self.where, self._found, self._allowed, self._remedy = where, found, allowed, remedy or self.REMEDY

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
        return {"where": self.where}

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}; allowed: {self.allowed}. {self.remedy}"


class NotCanonical(VaultError):
    """A value or JSON text is outside the strict form: NFC, no floats, no duplicate members, RFC 8785 bytes."""

    REMEDY: ClassVar[str] = "Correct the value that is named; money and quantities are decimal strings."


class WrongKey(VaultError):
    """A key is malformed, of the wrong length or kind."""

    REMEDY: ClassVar[str] = "Use the key that belongs to this party and purpose."


class WrongPassphrase(VaultError):
    """The passphrase does not open the key file, or the file was altered."""

    REMEDY: ClassVar[str] = "Try the passphrase again; restore the file from its copy if it was altered."


class KeyFileRefused(VaultError):
    """A key file is not readable as one."""

    REMEDY: ClassVar[str] = "Restore the file from its copy."


class KeyCommitmentMismatch(VaultError):
    """The key is not the one that the manifest commits to; another key could open other content."""

    REMEDY: ClassVar[str] = "Ask the one who granted it for a grant of the right key."


class CiphertextMismatch(VaultError):
    """The sealed bytes are not those that the manifest names, or do not decrypt under the committed key."""

    REMEDY: ClassVar[str] = "Fetch the blob again, or from another copy."


class RootMismatch(VaultError):
    """The content does not give the root that the manifest states: fields proved to others would differ from it."""

    REMEDY: ClassVar[str] = "Do not accept the document; show the issuer this message."


class PaddingRefused(VaultError):
    """The padding of an opened plaintext is not the one that its length demands."""

    REMEDY: ClassVar[str] = "Do not accept the document; show the issuer this message."


class ProofRefused(VaultError):
    """A proof of a field's presence, absence or equality does not lead to the root."""

    REMEDY: ClassVar[str] = "Ask for the proof again; the claim is not shown."


class GrantRefused(VaultError):
    """A grant is not for this party, dataset or version, does not open, or would go to a key not on the ledger."""

    REMEDY: ClassVar[str] = "Ask a party that can read the dataset for a new grant."


class ManifestRefused(VaultError):
    """A manifest has unknown members, another form, or does not fit the record, the kind or the content digest."""

    REMEDY: ClassVar[str] = "Fetch the manifest again; if it stays so, do not accept the document."


class ReferenceRefused(VaultError):
    """A number, a reference signature or a reference key breaks a rule of docs/protocol §10."""

    REMEDY: ClassVar[str] = "Correct the number, or ask the issuer for the reference signature again."


class DetailRefused(VaultError):
    """A detail has no salt or schema, or is not the one whose digest the act carries."""

    REMEDY: ClassVar[str] = "Ask the acting party for the detail again."


class AttachmentRefused(VaultError):
    """An attached file is too large, altered, or not the one that its document names."""

    REMEDY: ClassVar[str] = "Fetch the file again; a file may have 100,000,000 bytes."


class InspectionRefused(VaultError):
    """A document offered for acceptance fails a step of its inspection."""

    REMEDY: ClassVar[str] = "Do not accept the document; DECLINE it, or ask for what is missing."

    def __init__(self, step: int, name: str, found: str, allowed: str, remedy: str = "") -> None:
        """step: 1 to 10, as in docs/protocol/sealing.md; name: the step's name."""
        super().__init__(f"{step} {name}", found, allowed, remedy)
        self.step, self.name = step, name

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.step, self.name, self.found, self.allowed, self.remedy)

    def parameters(self) -> dict[str, Any]:
        return {"step": self.step, "where": self.where}


class BlobMissing(VaultError):
    """The payload store does not hold this blob."""

    REMEDY: ClassVar[str] = "Upload the blob first."


class BlobDigestMismatch(VaultError):
    """The bytes have another SHA-256 than the one they were sent or kept under."""

    REMEDY: ClassVar[str] = "Send the bytes again with their own digest; nothing was kept."


class BlobTooLarge(VaultError):
    """A blob is larger than the payload store takes."""

    REMEDY: ClassVar[str] = "Split the content, or attach a smaller file."


class PayloadStoreFailed(VaultError):
    """The payload store could not read or write: disk full, no permission, network down."""

    REMEDY: ClassVar[str] = "Look at the store's folder or service; sending again is safe."
