"""Certificates of origin and filings through the SDK, on a real system."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.integration.sdk.conftest import SAMPLES, Port
from tests.integration.sdk.test_lying_gateway import lied_to

from portledger.domain.errors import BadParameter, NumberTaken
from portledger.domain.verification_errors import VerificationError
from portledger.formats import certificate, dcsa, invoice
from portledger.formats.strict_json import read_json
from portledger.sdk.errors import PastLastDay
from portledger.sdk.party import PartySession
from portledger.sdk.quantities import Use
from portledger.sdk.verification import verify_document


def application(port: Port, *, days: int = 365) -> dict[str, Any]:
    port.made += 1
    value: dict[str, Any] = read_json((SAMPLES / "certificate_of_origin_rcep.json").read_bytes())
    today = datetime.now(UTC).date()
    value["applicationNumber"] = f"HKZ-{port.made:05}"
    value["certificateNumber"] = f"JP-{port.made:05}"
    value["issueDate"] = (today - timedelta(days=400)).isoformat()
    value["transport"]["departureDate"] = today.isoformat()
    value["validUntil"] = (today + timedelta(days=days)).isoformat()
    return value


def certified(
    port: Port, shipper: PartySession, chamber: PartySession, customs: PartySession, *, days: int = 365
) -> str:
    value = application(port, days=days)
    done = shipper.apply(certificate.document(value), chamber.party)
    chamber.certify(done.document, value["certificateNumber"], customs.party)
    return done.document


def test_a_certificate_is_used_in_parts_corrected_and_used_up(
    port: Port, shipper: PartySession, chamber: PartySession, customs: PartySession
) -> None:
    document = certified(port, shipper, chamber, customs)
    customs.verify_note(document, "genuine")
    customs.use_part(document, [Use("1", "12")], "IMP-1")
    assert customs.record(document).used == 250_000
    customs.use_part(document, [Use("1", "12"), Use("2", "36")], "IMP-2")
    assert customs.used_so_far(document) == {"1": "24", "2": "36"}
    customs.correct_use(document, [Use("1", "20")], reason="TYPING")
    assert customs.record(document).used == 416_667
    with pytest.raises(BadParameter):
        customs.use_part(document, [Use("1", "29")], "IMP-3")
    customs.use_full(document, [Use("1", "28"), Use("2", "324")], "IMP-4")
    assert customs.record(document).state == "USED"
    result = verify_document(customs, document, port.node).result
    assert (result.acts, result.notes, result.control.used) == (6, 1, 1_000_000)


def test_a_certificate_is_known_by_its_own_number_and_never_by_its_applicant_s(
    port: Port, shipper: PartySession, chamber: PartySession, customs: PartySession
) -> None:
    """An exporter may apply under the number of another's certificate."""
    value = application(port)
    value["applicationNumber"] = f"JP-{port.made - 1:05}"
    document = shipper.apply(certificate.document(value), chamber.party).document
    assert chamber.numbered(document)[1] == value["applicationNumber"]
    chamber.certify(document, value["certificateNumber"], customs.party)
    assert {one.numbered(document)[1] for one in (shipper, chamber, customs)} == {value["certificateNumber"]}


def test_a_number_that_its_profile_does_not_prove_is_not_shown_and_the_contents_are(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    bill = port.bill()
    document = carrier.new_document(bill, counterparty=shipper.party, endorsee=shipper.party).document
    opened, number = shipper.numbered(document)
    assert (number, opened.closed) == (bill.datasets["header"]["blNumber"], [])

    def alter(path: str, answer: Any) -> Any:
        return answer | {"name": "Another"} if path.endswith(f"/parties/{carrier.party}/profile") else answer

    with lied_to(port, shipper, alter) as session:
        again, number = session.numbered(document)
    assert (number, again.values()) == ("", opened.values())


def test_a_use_that_the_gateway_hides_is_missed(
    port: Port, shipper: PartySession, chamber: PartySession, customs: PartySession
) -> None:
    """Else customs would sign totals without it: the ledger's one percentage does not show every item."""
    document = certified(port, shipper, chamber, customs)
    customs.use_part(document, [Use("1", "24")], "IMP-1")
    customs.use_part(document, [Use("2", "36")], "IMP-2")

    def alter(path: str, answer: Any) -> Any:
        if path.endswith(f"{document}/history"):
            answer["entries"] = answer["entries"][:-1]
        return answer

    with lied_to(port, customs, alter) as session, pytest.raises(VerificationError):
        session.use_part(document, [Use("2", "1")], "IMP-3")
    assert customs.used_so_far(document) == {"1": "24", "2": "36"}


def test_a_note_whose_detail_is_rubbish_keeps_nobody_from_verifying(
    port: Port, shipper: PartySession, chamber: PartySession, customs: PartySession
) -> None:
    document = certified(port, shipper, chamber, customs)
    prepared = customs.prepare(document, "VERIFY", detail={"result": "genuine"})
    assert prepared.detail is not None
    customs.send(replace(prepared, detail=replace(prepared.detail, blob=b"rubbish")))
    result = verify_document(shipper, document, port.node).result
    assert (result.state, result.notes) == ("ISSUED", 1)


def test_only_who_needs_them_reads_the_costs(
    port: Port, shipper: PartySession, chamber: PartySession, customs: PartySession
) -> None:
    document = certified(port, shipper, chamber, customs)
    assert "basis" in chamber.open(document).opened
    assert "basis" in customs.open(document).closed


def test_a_certificate_number_lives_once_per_certifier(
    port: Port, shipper: PartySession, chamber: PartySession, customs: PartySession
) -> None:
    value = application(port)
    first = shipper.apply(certificate.document(value), chamber.party)
    chamber.certify(first.document, value["certificateNumber"], customs.party)
    second = shipper.apply(certificate.document(application(port)), chamber.party)
    with pytest.raises(NumberTaken):
        chamber.certify(second.document, value["certificateNumber"], customs.party)


def test_an_application_is_returned_corrected_and_certified(
    port: Port, shipper: PartySession, chamber: PartySession, customs: PartySession
) -> None:
    value = application(port)
    done = shipper.apply(certificate.document(value), chamber.party)
    chamber.return_for_correction(done.document, reason="HS", comments="item 2")
    value["items"][1]["hsCode"] = "848190"
    shipper.resubmit(done.document, shipper.kept(done.document, certificate.document(value).datasets))
    chamber.approve(done.document)
    chamber.certify(done.document, value["certificateNumber"], customs.party)
    assert customs.open(done.document).value("goods")["items"][1]["hsCode"] == "848190"
    chamber.revoke(done.document, reason="FALSE")
    assert chamber.record(done.document).state == "REVOKED"


def test_after_its_last_day_the_client_does_not_use_a_certificate(
    port: Port, shipper: PartySession, chamber: PartySession, customs: PartySession
) -> None:
    document = certified(port, shipper, chamber, customs, days=-1)
    with pytest.raises(PastLastDay):
        customs.use_part(document, [Use("1", "12")], "IMP-1")


def test_a_shipping_instruction_and_an_invoice_are_filed_revised_and_completed(
    port: Port, carrier: PartySession, shipper: PartySession, bank: PartySession
) -> None:
    instruction = dcsa.instruction_document("SI-1", read_json((SAMPLES / "shipping_instruction.json").read_bytes()))
    done = shipper.submit(instruction, carrier.party)
    carrier.acknowledge(done.document)
    references = {**shipper.open(done.document).value("references")}
    shipper.revise(done.document, {"references": references})
    assert carrier.record(done.document).state == "SUBMITTED"
    carrier.acknowledge(done.document)
    carrier.complete(done.document)
    assert verify_document(carrier, done.document, port.node).result.state == "COMPLETED"
    bill = invoice.document(read_json((SAMPLES / "commercial_invoice.json").read_bytes()))
    filed = shipper.submit(bill, bank.party)
    bank.decline(filed.document, reason="CURRENCY")
    shipper.cancel(filed.document)
    assert shipper.record(filed.document).state == "CANCELLED"
