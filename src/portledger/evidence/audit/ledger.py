"""The model of the ledger, kept small: what an audit holds of a document is one string of about a hundred bytes.

The rules are the model's. This only stores differently, says which changes a call opened or ended, and takes signers
that were recovered beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from portledger.domain.actions import Domain, SignedAction
from portledger.domain.acts import Checked, Standing
from portledger.domain.codes import ZERO, PartyAct, Source
from portledger.domain.model import Document, Ledger
from portledger.domain.records import Control
from portledger.domain.signatures import recover

_HEAD: Final = slice(32, 64)
_SECURED: Final = slice(64, 68)
_FROZEN: Final = slice(68, 73)
_NOTES: Final = slice(73, 105)
PACKED: Final = (73, 105)
"""Lengths of a packed document: without and with notes."""

Signers = dict[tuple[bytes, bytes], bytes]
"""(digest, signature of 65 bytes) -> signer, 20 bytes."""


class PackedLedger(Ledger):
    """`packed`: by document, control 32 | head 32 | secured party 4 | frozenUntil 5, and the notes' head 32 if any.

    A note speaks about one head and dies with it, so only the digests of notes since the last entry are kept.
    """

    def __init__(self, domain: Domain, governor: bytes, registrar: bytes, guardian: bytes) -> None:
        """Raises BadParameter (address) unless the three are different and not zero (20 bytes each)."""
        super().__init__(domain, governor, registrar, guardian)
        self.packed: dict[bytes, bytes] = {}
        self.live_notes: dict[bytes, tuple[bytes, ...]] = {}
        self.tables: dict[int, bytes] = {}
        """By kind, the calldata that sealed it."""
        self.opened: list[bytes] = []
        self.ended: list[bytes] = []
        self.known: Signers = {}
        self.recover = self._recover

    def document(self, document: bytes) -> Document:
        packed = self.packed.get(document)
        if packed is None:
            return Document()
        standing = Standing(
            Control.unpack(int.from_bytes(packed[:32], "big")),
            packed[_HEAD],
            int.from_bytes(packed[_SECURED], "big"),
            int.from_bytes(packed[_FROZEN], "big"),
        )
        return Document(standing, packed[_NOTES] or ZERO)

    def head_of(self, document: bytes) -> bytes:
        packed = self.packed.get(document)
        return packed[_HEAD] if packed else ZERO

    def notes_head_of(self, document: bytes) -> bytes:
        packed = self.packed.get(document)
        return (packed[_NOTES] if packed else b"") or ZERO

    def documents_now(self) -> Iterator[tuple[bytes, Control, int, int]]:
        """(document, control, secured party, frozenUntil) of every record, in the order of creation."""
        for document, packed in self.packed.items():
            control = Control.unpack(int.from_bytes(packed[:32], "big"))
            yield document, control, int.from_bytes(packed[_SECURED], "big"), int.from_bytes(packed[_FROZEN], "big")

    def execute(self, signed: SignedAction, now: int) -> Checked:
        checked = super().execute(signed, now)
        document = signed.action.document
        if checked.rule.note:
            self.live_notes[document] = (*self.live_notes.get(document, ()), checked.digest)
        elif self.live_notes:
            self._forget_notes(document)
        return checked

    def _keep(self, name: bytes, document: Document) -> None:
        standing = document.standing
        notes = b"" if document.notes_head == ZERO else document.notes_head
        self.packed[name] = b"".join(
            (
                standing.control.pack().to_bytes(32, "big"),
                standing.head,
                standing.secured_party.to_bytes(4, "big"),
                standing.frozen_until.to_bytes(5, "big"),
                notes,
            )
        )

    def _mark(self, document: bytes, sender: bytes, until: int, digest: bytes, flags: int, now: int) -> None:
        super()._mark(document, sender, until, digest, flags, now)
        self._forget_notes(document)

    def _forget_notes(self, document: bytes) -> None:
        self.notes.difference_update(self.live_notes.pop(document, ()))

    def _open(self, party: int, source: Source, what: PartyAct, value: bytes, delay: int, now: int) -> bytes:
        name = super()._open(party, source, what, value, delay, now)
        self.opened.append(name)
        return name

    def _kill(self, change: bytes) -> None:
        super()._kill(change)
        self.ended.append(change)

    def _recover(self, digest: bytes, signature: bytes, party: int) -> bytes:
        return self.known.get((digest, signature)) or recover(digest, signature, party)
