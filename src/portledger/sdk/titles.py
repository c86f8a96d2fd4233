"""The verbs of bills of lading, and inspecting before accepting (docs/protocol §4, §8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portledger.domain.codes import Role
from portledger.domain.records import Control
from portledger.sdk import content_rules
from portledger.sdk.errors import NotInspected
from portledger.sdk.opening import fetch_manifest, vault_grants
from portledger.sdk.reading import relations
from portledger.sdk.session import Done, Session
from portledger.sdk.verification import content_of, proven
from portledger.sdk.verify import LogReader
from portledger.vault.inspection import Inspection, Offered, inspect

Detail = Mapping[str, Any] | None


class Titles(Session):
    """detail: members as the kind's file lists them for the verb; those with a reason take it as an argument."""

    def inspect(self, document: str, node: LogReader | None = None) -> Inspection:
        """Verifies the history, opens everything that the kind gives to this party and checks it all.

        node: whose word on the ledger counts (default: the session's, else the gateway's). Raises VerificationError,
        InspectionRefused.
        """
        facts, history, _ = proven(self, document, node or self.node)
        control = Control.unpack(facts.control)
        roles = Role(self.me().roles & ((1 << len(Role)) - 1)).names()
        offered = Offered(
            place=self.place(history.document, control.kind),
            head=facts.head,
            live_head=bytes.fromhex(self.record(document).head),
            content=content_of(history, control.version),
            version=control.version,
            state=control.state,
        )
        return inspect(
            offered,
            history.kind,
            [*relations(control, self.party), *roles],
            self.party,
            self.wallet.encryption,
            fetch_manifest(self.client, document),
            vault_grants(self.client.grants(document)),
            lambda digest: self.client.get_blob(digest.hex(), check=False),
            lambda values: content_rules.check_shown(history.kind, values),
        )

    def accept(self, inspection: Inspection, *, detail: Detail = None) -> Done:
        """Accepts exactly what was inspected: dies with StalePrevious when anything happened since."""
        if not isinstance(inspection, Inspection):
            raise NotInspected(f"a {type(inspection).__name__}", "what inspect() made")
        return self.act(inspection.place.document.hex(), "ACCEPT", inspected=inspection, detail=detail)

    def offer(self, document: str, to: int, *, endorsee: int | None = None, detail: Detail = None) -> Done:
        """Offers possession. endorsee: endorse with it, titleholders only. The offeree gets the keys, to inspect."""
        return self.act(document, "OFFER", counterparty=to, endorsee=endorsee, detail=detail)

    def decline(self, document: str, *, reason: str = "", comments: str = "") -> Done:
        """Declines an offer, an amended bill, or a filing."""
        return self.act(document, "DECLINE", detail=reasoned(reason, comments))

    def withdraw(self, document: str, *, reason: str = "") -> Done:
        """Takes back an offer, a surrender or an application before it was answered."""
        return self.act(document, "WITHDRAW", detail=reasoned(reason))

    def endorse(self, document: str, to: int) -> Done:
        return self.act(document, "ENDORSE", endorsee=to)

    def endorse_to_order(self, document: str, to: int) -> Done:
        return self.act(document, "ENDORSE_TO_ORDER", endorsee=to)

    def blank_endorse(self, document: str) -> Done:
        return self.act(document, "BLANK_ENDORSE")

    def renounce(self, document: str, *, reason: str) -> Done:
        """The named endorsee gives the endorsement up in the possessor's favour."""
        return self.act(document, "RENOUNCE", detail=reasoned(reason))

    def surrender_for_delivery(self, document: str) -> Done:
        return self.act(document, "SURRENDER_FOR_DELIVERY")

    def surrender_for_amendment(self, document: str, *, reason: str, changes: str = "") -> Done:
        """changes: what should be amended, for the issuer to read."""
        return self.act(document, "SURRENDER_FOR_AMENDMENT", detail=reasoned(reason, requestedChanges=changes))

    def switch_to_paper(self, document: str, *, reason: str, originals: int = 3) -> Done:
        """originals: how many paper originals are asked for."""
        return self.act(document, "SWITCH_TO_PAPER", detail=reasoned(reason, numberOfOriginals=originals))

    def switch_platform(self, document: str, to: int, *, platform: str, acceptance: str = "") -> Done:
        """to: the party that runs the other platform; acceptance: reference of its signed acceptance."""
        members = {"platform": platform, **({"acceptance": acceptance} if acceptance else {})}
        return self.act(document, "SWITCH_PLATFORM", counterparty=to, detail=members)

    def accept_surrender(self, document: str, *, detail: Detail = None) -> Done:
        return self.act(document, "ACCEPT_SURRENDER", detail=detail)

    def reject_surrender(self, document: str, *, reason: str) -> Done:
        return self.act(document, "REJECT_SURRENDER", detail=reasoned(reason))

    def amend(
        self, document: str, values: Mapping[str, Any], *, reason: str, endorsee: int | None = None, changes: str = ""
    ) -> Done:
        """Writes a new version. values: dataset -> its whole new value; those left out stay as they are."""
        return self.act(document, "AMEND", values=values, endorsee=endorsee, detail=reasoned(reason, changes=changes))

    def return_possession(self, document: str, *, reason: str) -> Done:
        """After a surrender for amendment: gives the bill back without having amended it."""
        return self.act(document, "RETURN_POSSESSION", detail=reasoned(reason))

    def void(self, document: str, *, reason: str, successors: Iterable[str] = ()) -> Done:
        """Ends the document. successors: numbers of the documents that take its place."""
        return self.act(document, "VOID", detail=reasoned(reason, successors=list(successors)))

    def reoffer(self, document: str, to: int, *, endorsee: int | None = None, reason: str = "") -> Done:
        """The issuer offers a bill again that its first shipper declined or was named wrongly in."""
        return self.act(document, "REOFFER", counterparty=to, endorsee=endorsee, detail=reasoned(reason))

    def remark(self, document: str, comments: str, *, reason: str = "") -> Done:
        """A signed remark; on a bill of lading it also kills signatures that were given and not used."""
        return self.act(document, "REMARK", detail=reasoned(reason, comments))

    def notice(self, document: str, *, reason: str, comments: str = "", readers: Iterable[int] = ()) -> Done:
        """The issuer's note: a lien, a stop, a delivery against a letter of indemnity. It moves nothing."""
        return self.act(document, "NOTICE", detail=reasoned(reason, comments), readers=readers)

    def confirm_switch(self, document: str, *, platform: str, reference: str = "") -> Done:
        """The other platform takes the document over."""
        members = {"platform": platform, **({"platformReference": reference} if reference else {})}
        return self.act(document, "CONFIRM_SWITCH", detail=members)

    def reject_switch(self, document: str, *, reason: str) -> Done:
        return self.act(document, "REJECT_SWITCH", detail=reasoned(reason))


def reasoned(reason: str, comments: str = "", **more: Any) -> dict[str, Any] | None:
    """Detail members without those that say nothing; None when nothing is said."""
    members = {"reasonCode": reason, "comments": comments, **more}
    said = {name: value for name, value in members.items() if value not in ("", None, [])}
    return said or None
