"""The verbs of filings: shipping instruction, commercial invoice (docs/protocol §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portledger.formats.document import Document
from portledger.sdk.session import Done, Session
from portledger.sdk.titles import reasoned


class Filings(Session):
    """submit → acknowledge → complete; revise and cancel by the sender, decline by the addressee."""

    def submit(self, document: Document, to: int) -> Done:
        return self.new_document(document, endorsee=to)

    def revise(self, document: str, values: Mapping[str, Any]) -> Done:
        """values: dataset -> its whole new value; those left out stay as they are."""
        return self.act(document, "REVISE", values=values)

    def acknowledge(self, document: str) -> Done:
        return self.act(document, "ACKNOWLEDGE")

    def complete(self, document: str) -> Done:
        return self.act(document, "COMPLETE")

    def cancel(self, document: str, *, reason: str = "") -> Done:
        return self.act(document, "CANCEL", detail=reasoned(reason))
