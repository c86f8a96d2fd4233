"""The demo's story: one bill of lading and one certificate of origin, and what must not be possible."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from portledger.cli.demo_cast import Cast
from portledger.cli.demo_voice import Voice
from portledger.cli.output import percent
from portledger.domain.actions import SignedAction
from portledger.domain.signatures import sign
from portledger.formats import certificate as certificates
from portledger.formats import dcsa
from portledger.sdk.party import PartySession
from portledger.sdk.quantities import Use
from portledger.sdk.session import Done
from portledger.sdk.signing import Prepared
from portledger.vault.keys import new_account

AskLedger = Callable[[SignedAction], object]
"""Asks the ledger itself, past the gateway, what it would do with an act; raises its error."""


@dataclass(slots=True)
class Story:
    voice: Voice
    cast: Cast
    bill: Mapping[str, Any]
    certificate: Mapping[str, Any]
    ask_ledger: AskLedger
    document: str = ""
    certified: str = ""
    second: str = ""
    """A bill that still lives: a dead one refuses everybody, so it would prove nothing."""

    def play(self) -> None:
        self.issue()
        self.amend()
        self.decline()
        self.through_the_banks()
        self.deliver()
        self.certify()
        self.use()
        self.attempts()

    # --- the bill of lading ----------------------------------------------------------------------------------------

    def issue(self) -> None:
        voice, cast = self.voice, self.cast
        voice.title(
            "The bill of lading",
            """The carrier has the cargo on board. It reads its own file, a transport document as DCSA's standard
            describes it, cuts it into sections, seals each under a key of its own, and signs ISSUE: the shipper shall
            have it. The ledger learns a digest, a number that nobody can guess, and who may do what next.""",
        )
        document = dcsa.document(copy.deepcopy(dict(self.bill)))
        shipper = cast["shipper"].party
        done = voice.does(
            f"The carrier seals and issues bill {self.bill['transportDocumentReference']} to the shipper",
            lambda: cast["carrier"].new_document(document, counterparty=shipper, endorsee=shipper),
        )
        self.document = done.document
        self._where(done)
        self._take("shipper", "The shipper verifies the history, opens every section, checks it, and accepts")

    def amend(self) -> None:
        voice, cast = self.voice, self.cast
        voice.tell(
            """The shipper finds a mistake: 25 wooden cases in the first container, not 24. Nobody can change a bill
            that somebody holds. So the shipper surrenders it for amendment, the carrier writes a new version, and the
            shipper looks again before accepting."""
        )
        shipper, carrier = cast["shipper"], cast["carrier"]
        voice.does(
            "The shipper surrenders the bill for amendment and says why",
            lambda: shipper.surrender_for_amendment(
                self.document, reason="PACKAGES", changes="25 cases in the first container"
            ),
        )
        voice.does("The carrier accepts the surrender", lambda: carrier.accept_surrender(self.document))
        corrected = copy.deepcopy(dict(self.bill))
        corrected["consignmentItems"][0]["cargoItems"][0]["outerPackaging"]["numberOfPackages"] = 25
        values = carrier.kept(self.document, dcsa.document(corrected).datasets)
        done = voice.does(
            "The carrier amends: version 2, only the section `cargo` sealed anew, offered back",
            lambda: carrier.amend(self.document, values, reason="PACKAGES", endorsee=shipper.party),
        )
        self._where(done)
        self._take("shipper", "The shipper inspects version 2 and accepts it")

    def decline(self) -> None:
        voice, cast = self.voice, self.cast
        voice.tell("""Possession moves only when both want it. Who is offered a bill may open it first, and say no.""")
        voice.does(
            "The shipper offers the bill to the forwarder",
            lambda: cast["shipper"].offer(self.document, cast["forwarder"].party),
        )
        voice.does("The forwarder inspects it", lambda: cast["forwarder"].inspect(self.document))
        done = voice.does(
            "The forwarder declines: not its shipment",
            lambda: cast["forwarder"].decline(self.document, reason="NOT_OURS"),
        )
        self._where(done)

    def through_the_banks(self) -> None:
        voice, cast = self.voice, self.cast
        voice.tell(
            """Now the money. The shipper endorses the bill to the buyer's bank and sends it through its own bank. The
            seller's bank will hold the bill without owning it: possession and title are two things, as on paper. The
            buyer's bank has three keys and needs two of them for everything that matters."""
        )
        shipper, seller, buyer = cast["shipper"], cast["seller_bank"], cast["buyer_bank"]
        voice.does(
            "The shipper endorses to the order of the buyer's bank",
            lambda: shipper.endorse_to_order(self.document, buyer.party),
        )
        voice.does(
            "The shipper offers the bill to the seller's bank", lambda: shipper.offer(self.document, seller.party)
        )
        self._take("seller_bank", "The seller's bank inspects and accepts: it possesses, the buyer's bank is endorsee")
        voice.does("The seller's bank offers it to the buyer's bank", lambda: seller.offer(self.document, buyer.party))
        self._take("buyer_bank", "The buyer's bank inspects and accepts: title and possession are in one hand")
        consignee = cast["consignee"]
        done = voice.does(
            "The consignee has paid: the bank endorses the bill to it, with two of its three keys",
            lambda: buyer.endorse(self.document, consignee.party),
        )
        self._where(done)
        voice.does("The bank offers the bill to the consignee", lambda: buyer.offer(self.document, consignee.party))
        self._take("consignee", "The consignee inspects and accepts")

    def deliver(self) -> None:
        voice, cast = self.voice, self.cast
        voice.tell(
            """The ship has arrived. The consignee surrenders the bill for delivery; with the carrier's acceptance its
            life ends, and the terminal learns what it needs to hand out the containers: not the price, not the
            parties."""
        )
        consignee, carrier, terminal = cast["consignee"], cast["carrier"], cast["terminal"]
        voice.does(
            "The consignee surrenders the bill for delivery", lambda: consignee.surrender_for_delivery(self.document)
        )
        done = voice.does(
            "The carrier accepts the surrender: the cargo may go", lambda: carrier.accept_surrender(self.document)
        )
        self._where(done)
        voice.does("The carrier grants the terminal its sections", lambda: carrier.grant(self.document, terminal.party))
        opened = voice.does("The terminal opens them", lambda: terminal.open(self.document))
        voice.note(f"It reads {', '.join(opened.opened)}; closed to it: {', '.join(opened.closed)}.")

    # --- the certificate of origin ---------------------------------------------------------------------------------

    def certify(self) -> None:
        voice, cast = self.voice, self.cast
        shipper, chamber, customs = cast["shipper"], cast["chamber"], cast["customs"]
        voice.title(
            "The certificate of origin",
            """Goods that come from Japan pay less duty in Thailand, if a chamber of commerce certifies it. The
            exporter applies with everything, its costs included; the costs are for the chamber alone.""",
        )
        value = _dated(self.certificate)
        done = voice.does(
            f"The shipper applies to the chamber (application {value['applicationNumber']})",
            lambda: shipper.apply(certificates.document(value), chamber.party),
        )
        self.certified = done.document
        opened = voice.does("The chamber opens the application", lambda: chamber.open(self.certified))
        voice.note(f"It reads {', '.join(opened.opened)}.")
        voice.does("The chamber approves it", lambda: chamber.approve(self.certified))
        done = voice.does(
            f"The chamber certifies it under number {value['certificateNumber']}, for the customs of Thailand",
            lambda: chamber.certify(self.certified, value["certificateNumber"], customs.party),
        )
        self._where(done)

    def use(self) -> None:
        voice, customs = self.voice, self.cast["customs"]
        opened = voice.does("The customs open the certificate", lambda: customs.open(self.certified))
        voice.note(f"They read {', '.join(opened.opened)}; closed to them: {', '.join(opened.closed)}.")
        voice.does(
            "The customs note that they verified it",
            lambda: customs.verify_note(self.certified, "genuine", comments="goods match"),
        )
        done = voice.does(
            "The customs use it in part: 12 of 48 pumps, for one import declaration",
            lambda: customs.use_part(self.certified, [Use("1", "12")], "TH-IMP-26-00771"),
        )
        self._where(done)

    # --- what must fail --------------------------------------------------------------------------------------------

    def attempts(self) -> None:
        voice, cast = self.voice, self.cast
        voice.title(
            "What must not be possible",
            """Six attempts, each properly sealed and sent. The gateway refuses them; that is a courtesy. So the ledger
            itself is asked too, past the gateway, and its answer counts.""",
        )
        self._live_bill()
        self._double_issue()
        self._forgery()
        self._replay()
        self._overuse()
        voice.refused(
            "The auditor, who may see every record, asks for the bill's cargo",
            "NoGrant",
            lambda: cast["auditor"].open(self.document).value("cargo"),
        )

    def _live_bill(self) -> None:
        """Another bill in the consignee's hand, and what its former holder tries."""
        cast = self.cast
        second = copy.deepcopy(dict(self.bill))
        second["transportDocumentReference"] += "B"
        document = dcsa.document(second)
        carrier, shipper, consignee = cast["carrier"], cast["shipper"], cast["consignee"]
        done = self.voice.does(
            "(A second bill is issued to the shipper, who accepts it and hands it to the consignee)",
            lambda: _hand_over(carrier, shipper, consignee, document),
        )
        self.second = done.document
        self._attempt(
            "A former holder, the shipper, offers the bill once more to a bank",
            "NotAllowed",
            lambda: shipper.prepare(done.document, "OFFER", counterparty=cast["seller_bank"].party),
            shipper,
        )

    def _double_issue(self) -> None:
        carrier, shipper = self.cast["carrier"], self.cast["shipper"]
        document = dcsa.document(copy.deepcopy(dict(self.bill)))
        self._attempt(
            "The carrier issues a second original under the same number",
            "NoRule",
            lambda: carrier.prepare_new(document, counterparty=shipper.party, endorsee=shipper.party),
            carrier,
        )

    def _forgery(self) -> None:
        cast = self.cast
        consignee = cast["consignee"]

        def forged() -> Prepared:
            honest = consignee.prepare(self.second, "OFFER", counterparty=cast["forwarder"].party)
            signature = sign(honest.digest, new_account())
            return replace(honest, signed=replace(honest.signed, signatures=signature))

        self._attempt(
            "A stranger signs an offer in the consignee's name, with a key of its own",
            "SignaturesRefused",
            forged,
            consignee,
        )

    def _replay(self) -> None:
        """An offer that was withdrawn: the state allows an offer again, the history does not allow this one."""
        cast = self.cast
        consignee, buyer = cast["consignee"], cast["buyer_bank"]

        def offered_and_withdrawn() -> Prepared:
            offer = consignee.prepare(self.second, "OFFER", counterparty=buyer.party)
            consignee.send(offer)
            consignee.withdraw(self.second)
            return offer

        old = self.voice.does("(The consignee offers the second bill to a bank and withdraws)", offered_and_withdrawn)
        self.voice.does(
            "The bank sends the withdrawn offer again: the gateway answers that it was done, and does nothing",
            lambda: buyer.client.submit(consignee.request(old)),
        )
        self.voice.refused(
            "... and the ledger itself: this signature was for a history that is past",
            "StalePrevious",
            lambda: self.ask_ledger(old.signed),
        )

    def _overuse(self) -> None:
        customs = self.cast["customs"]

        def over() -> Prepared:
            rows = [{"item": "1", "certified": "48", "used": "48", "total": "60", "unit": "PCE"}]
            detail = {"importDeclarationNumber": "TH-IMP-26-00772", "items": rows}
            return customs.prepare(self.certified, "USE_PART", quantity=1_250_000, detail=detail)

        self._attempt("The customs use more pumps than were certified: 60 of 48", "BadParameter", over, customs)

    def _attempt(self, text: str, expected: str, prepare: Callable[[], Prepared], by: PartySession) -> None:
        """Through the gateway, then past it."""
        made: list[Prepared] = []

        def through_the_gateway() -> object:
            made.append(prepare())
            return by.send(made[0])

        self.voice.refused(text, expected, through_the_gateway)
        self.voice.refused("... and the ledger itself says", expected, lambda: self.ask_ledger(made[0].signed))

    # --- telling ---------------------------------------------------------------------------------------------------

    def _take(self, who: str, text: str) -> None:
        session = self.cast[who]
        done = self.voice.does(text, lambda: session.accept(session.inspect(self.document)))
        self._where(done)

    def _where(self, done: Done) -> None:
        """Where the record stands."""
        record = self.cast["carrier" if done.document == self.document else "chamber"].record(done.document)
        names = {session.party: role.name for role, session in self.cast}
        parts = [f"state {record.state}", f"possessor {names.get(record.possessor, record.possessor)}"]
        if record.endorsee:
            parts.append(f"endorsee {names.get(record.endorsee, record.endorsee)}")
        if record.offeree:
            parts.append(f"offered to {names.get(record.offeree, record.offeree)}")
        if record.version > 1:
            parts.append(f"version {record.version}")
        if record.used:
            parts.append(f"used {percent(record.used)}")
        self.voice.note("ledger: " + ", ".join(parts))


def _hand_over(carrier: PartySession, shipper: PartySession, consignee: PartySession, document: Any) -> Done:
    done = carrier.new_document(document, counterparty=shipper.party, endorsee=shipper.party)
    shipper.accept(shipper.inspect(done.document))
    shipper.offer(done.document, consignee.party, endorsee=consignee.party)
    return consignee.accept(consignee.inspect(done.document))


def _dated(certificate: Mapping[str, Any]) -> dict[str, Any]:
    """The sample as if issued today and valid for a year, so that the demo tells the same story in any year."""
    value = copy.deepcopy(dict(certificate))
    today = datetime.now(UTC).date()
    value["issueDate"] = today.isoformat()
    value["validUntil"] = (today + timedelta(days=365)).isoformat()
    value["transport"]["departureDate"] = (today + timedelta(days=2)).isoformat()
    return value
