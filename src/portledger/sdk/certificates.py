"""The verbs of certificates of origin, with their quantities (docs/protocol §5, §9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import sha256
from portledger.evidence.history import Act
from portledger.formats import api_json as wire
from portledger.formats.document import Document
from portledger.sdk import quantities
from portledger.sdk.errors import NoGrant, PastLastDay
from portledger.sdk.opening import OpenedDocument
from portledger.sdk.quantities import Use
from portledger.sdk.session import Done, Session
from portledger.sdk.titles import reasoned

_USES = frozenset({"USE_PART", "USE_FULL", "CORRECT_USE"})


class Certificates(Session):
    """apply → (approve | return_for_correction → resubmit) → certify → verify_note, use_part, use_full …"""

    def apply(self, document: Document, certifier: int) -> Done:
        """The exporter applies; all its datasets are granted to the certifier."""
        return self.new_document(document, counterparty=certifier)

    def approve(self, document: str) -> Done:
        return self.act(document, "APPROVE")

    def return_for_correction(self, document: str, *, reason: str, comments: str = "") -> Done:
        return self.act(document, "RETURN", detail=reasoned(reason, comments))

    def reject(self, document: str, *, reason: str, comments: str = "") -> Done:
        return self.act(document, "REJECT", detail=reasoned(reason, comments))

    def resubmit(self, document: str, values: Mapping[str, Any], *, changes: str = "") -> Done:
        """values: dataset -> its whole new value; those left out stay as they are."""
        return self.act(document, "RESUBMIT", values=values, detail=reasoned("", changes=changes))

    def certify(
        self, document: str, number: str, user: int, *, values: Mapping[str, Any] | None = None, detail: Any = None
    ) -> Done:
        """The certifier issues under its own number. user: the customs or certifier that may use it, or BEARER.

        values: further changes, dataset -> its whole new value (the certification's box, the dates). The number and
        what proves it are written into the header.
        """
        control = wire.control_of(self.record(document))
        kind = self.kind(control.kind)
        signature = self.wallet.reference.sign(kind.family, self.party, number)
        header = dict((values or {}).get("header") or self.open(document, only=["header"]).value("header"))
        header |= {"certificateNumber": number, "certificateReferenceSignature": signature.hex()}
        return self.act(
            document,
            "CERTIFY",
            endorsee=user,
            reference=sha256(signature),
            values={**(values or {}), "header": header},
            detail=detail,
        )

    def verify_note(self, document: str, result: str, *, comments: str = "", reason: str = "") -> Done:
        """Notes that the certificate was verified: a signed note that moves nothing."""
        return self.act(document, "VERIFY", detail=reasoned(reason, comments, result=result))

    def use_part(self, document: str, uses: Iterable[Use], declaration: str, **more: Any) -> Done:
        """Uses a part of the certified quantities. declaration: number of the import declaration; more: detail members.

        Raises PastLastDay after the certificate's last day; the ledger refuses more than was certified.
        """
        return self._use(document, "USE_PART", uses, declaration, more)

    def use_full(self, document: str, uses: Iterable[Use], declaration: str, **more: Any) -> Done:
        """Uses the rest, or closes the certificate (then `closed` says which items: closed=["2"])."""
        return self._use(document, "USE_FULL", uses, declaration, more)

    def _use(self, document: str, verb: str, uses: Iterable[Use], declaration: str, more: Mapping[str, Any]) -> Done:
        opened = self.open(document, only=["header", "goods"])
        self._refuse_after_last_day(opened)
        items = quantities.certified(opened.value("goods"))
        before, head = self._used_on(document)
        rows = quantities.used(items, before, uses)
        detail = {"importDeclarationNumber": declaration, "items": rows, **more}
        return self._used(document, verb, rows, detail, head)

    def correct_use(self, document: str, totals: Iterable[Use], *, reason: str, declaration: str = "") -> Done:
        """Takes uses back. totals: the items' new totals, not above the ones before."""
        items = quantities.certified(self.open(document, only=["goods"]).value("goods"))
        before, head = self._used_on(document)
        rows = quantities.corrected(items, before, totals)
        more = {"importDeclarationNumber": declaration} if declaration else {}
        return self._used(document, "CORRECT_USE", rows, {"reasonCode": reason, "items": rows, **more}, head)

    def _used(
        self, document: str, verb: str, rows: list[dict[str, str]], detail: Mapping[str, Any], head: bytes
    ) -> Done:
        return self.act(document, verb, quantity=quantities.ppm(rows), detail=detail, previous=head)

    def used_so_far(self, document: str) -> dict[str, str]:
        """item -> total used, from the last use's detail. Raises NoGrant when that was not sealed to this party."""
        return self._used_on(document)[0]

    def _used_on(self, document: str) -> tuple[dict[str, str], bytes]:
        """The totals so far, and the head of the verified history that they come from: a use that was computed on them
        extends that head and no other."""
        history = self.proven(document)
        head = history.entries[-1].head
        numbers = {history.kind.verb(name).number for name in _USES}
        uses = [item for item in history.entries if isinstance(item, Act) and item.action.verb in numbers]
        if not uses:
            return {}, head
        entries = {entry.digest: entry for entry in self.history(document)}
        entry = entries.get(uses[-1].digest.hex())
        detail = self.detail(entry, document) if entry else None
        if detail is None:
            raise NoGrant(
                "a use whose detail was not sealed to this party", "the totals so far",
                "Ask the party that used the certificate last, or the certifier, for the totals.",
            )  # fmt: skip
        return quantities.totals(detail["items"]), head

    def _refuse_after_last_day(self, opened: OpenedDocument) -> None:
        """The ledger has no calendar; the client refuses, and a verifier names a later use (docs/protocol §5)."""
        text = opened.value("header").get("validUntil")
        if text is None:
            return
        try:
            last = date.fromisoformat(str(text)[:10])
        except ValueError:
            raise InvalidInput("header.validUntil", repr(text), "a date, YYYY-MM-DD") from None
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        if today > last:
            raise PastLastDay(f"{today.isoformat()}", f"uses until {last.isoformat()}, the certificate's last day")

    def replace(self, document: str, successors: Iterable[str], *, reason: str = "") -> Done:
        """The certifier ends it and names the new certificate's number."""
        return self.act(document, "REPLACE", detail=reasoned(reason, successors=list(successors)))

    def revoke(self, document: str, *, reason: str, comments: str = "") -> Done:
        return self.act(document, "REVOKE", detail=reasoned(reason, comments))
