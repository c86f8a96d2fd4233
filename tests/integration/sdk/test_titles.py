"""Bills of lading through the SDK, on a real system."""

from pathlib import Path

import pytest
from tests.integration.sdk.conftest import Port

from portledger.domain.codes import BEARER
from portledger.domain.errors import InvalidInput, NoRule, NotAllowed, StalePrevious
from portledger.domain.refusals import NotFound
from portledger.domain.verification_errors import VerificationError
from portledger.sdk import attaching
from portledger.sdk.errors import NoGrant, NotInspected
from portledger.sdk.party import PartySession
from portledger.sdk.verification import verify_document


def held(port: Port, carrier: PartySession, holder: PartySession) -> str:
    """A bill in a party's hand, to its order."""
    done = carrier.new_document(port.bill(), counterparty=holder.party, endorsee=holder.party)
    holder.accept(holder.inspect(done.document))
    return done.document


def test_a_bill_goes_from_hand_to_hand_and_verifies_against_the_node(
    port: Port, carrier: PartySession, shipper: PartySession, bank: PartySession
) -> None:
    document = held(port, carrier, shipper)
    shipper.offer(document, bank.party, endorsee=bank.party)
    assert document in [turn.record.document for turn in bank.inbox() if turn.mine]
    bank.accept(bank.inspect(document, port.node))
    record = bank.record(document)
    assert (record.state, record.possessor, record.endorsee) == ("ISSUED", bank.party, bank.party)
    verified = verify_document(bank, document, port.node)
    assert verified.result.acts == 4
    assert set(verified.result.values) == {one.name for one in bank.kind("ebl-negotiable").datasets}
    bank.surrender_for_delivery(document)
    carrier.accept_surrender(document)
    assert carrier.record(document).state == "SURRENDERED_FOR_DELIVERY"


def test_a_critical_act_carries_as_many_signatures_as_the_threshold(
    port: Port, carrier: PartySession, bank: PartySession
) -> None:
    document = held(port, carrier, bank)
    bank.blank_endorse(document)
    last = bank.history(document)[-1]
    assert len(last.signers) == 2
    assert bank.record(document).endorsee == BEARER


def test_what_was_inspected_cannot_be_accepted_after_something_happened(
    port: Port, carrier: PartySession, shipper: PartySession, bank: PartySession
) -> None:
    document = held(port, carrier, shipper)
    shipper.offer(document, bank.party)
    inspection = bank.inspect(document)
    shipper.withdraw(document)
    shipper.offer(document, bank.party)
    with pytest.raises(StalePrevious):
        bank.accept(inspection)
    bank.decline(document)


def test_accepting_takes_an_inspection_of_ones_own(
    port: Port, carrier: PartySession, shipper: PartySession, bank: PartySession
) -> None:
    document = held(port, carrier, shipper)
    shipper.offer(document, bank.party)
    with pytest.raises(NotInspected):
        bank.accept(object())  # type: ignore[arg-type]
    with pytest.raises(NotInspected):
        carrier.accept(bank.inspect(document))
    shipper.withdraw(document)


def test_G4_no_way_to_sign_an_acceptance_leads_round_the_inspection(
    port: Port, carrier: PartySession, shipper: PartySession, bank: PartySession
) -> None:
    """Neither the general act, which `portledger doc act` uses, nor an inspection of another document."""
    document, other = held(port, carrier, shipper), held(port, carrier, shipper)
    shipper.offer(document, bank.party)
    shipper.offer(other, bank.party)
    with pytest.raises(NotInspected):
        bank.act(document, "ACCEPT")
    with pytest.raises(NotInspected):
        bank.prepare(document, "ACCEPT", previous=bytes.fromhex(bank.record(document).head))
    with pytest.raises(NotInspected, match=other):
        bank.act(document, "ACCEPT", inspected=bank.inspect(other))
    bank.act(document, "ACCEPT", inspected=bank.inspect(document))
    assert bank.record(document).possessor == bank.party


def test_an_amendment_seals_only_what_changed_and_the_holder_reads_both_versions(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    document = held(port, carrier, shipper)
    shipper.surrender_for_amendment(document, reason="ROUTE", changes="port of discharge")
    request = carrier.detail(carrier.history(document)[-1], document)
    assert request is not None
    assert request["requestedChanges"] == "port of discharge"
    carrier.accept_surrender(document)
    route = {**carrier.open(document).value("route"), "displayedPod": ["LAEM CHABANG"]}
    carrier.amend(document, {"route": route}, reason="ROUTE", endorsee=shipper.party)
    shipper.accept(shipper.inspect(document))
    manifest = shipper.open(document).manifest
    assert {entry.name: entry.sealed_version for entry in manifest.datasets if entry.sealed_version > 1} == {"route": 2}
    assert shipper.open(document).value("route")["displayedPod"] == ["LAEM CHABANG"]
    assert shipper.open(document, version=1).value("route") != route


def test_the_first_shipper_declines_and_the_bill_is_offered_to_another(
    port: Port, carrier: PartySession, shipper: PartySession, bank: PartySession
) -> None:
    done = carrier.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    shipper.decline(done.document, reason="NOT_OURS")
    carrier.reoffer(done.document, bank.party, endorsee=bank.party)
    bank.accept(bank.inspect(done.document))
    with pytest.raises(NotAllowed):
        carrier.void(done.document, reason="LATE")


def test_a_bank_that_refuses_the_documents_renounces(
    port: Port, carrier: PartySession, shipper: PartySession, bank: PartySession
) -> None:
    document = held(port, carrier, shipper)
    shipper.endorse(document, bank.party)
    bank.renounce(document, reason="DISCREPANT")
    assert bank.record(document).endorsee == shipper.party


def test_paper_and_another_platform_end_the_record(port: Port, carrier: PartySession, shipper: PartySession) -> None:
    document = held(port, carrier, shipper)
    shipper.switch_to_paper(document, reason="BUYER")
    carrier.act(document, "ACCEPT_SURRENDER", detail={"statement": "three originals"})
    assert carrier.record(document).state == "SWITCHED_TO_PAPER"
    platform = port.party("platform", lambda: port.join("platform"))
    other = held(port, carrier, shipper)
    shipper.switch_platform(other, platform.party, platform="OTHER")
    platform.confirm_switch(other, platform="OTHER", reference="X-1")
    assert carrier.record(other).state == "SWITCHED_PLATFORM"


def test_a_straight_bill_goes_only_to_its_consignee(
    port: Port, carrier: PartySession, shipper: PartySession, bank: PartySession
) -> None:
    done = carrier.new_document(port.bill(to_order=False), counterparty=shipper.party, endorsee=bank.party)
    shipper.accept(shipper.inspect(done.document))
    with pytest.raises(NoRule):
        shipper.act(done.document, "ACCEPT")
    shipper.act(done.document, "OFFER")
    bank.accept(bank.inspect(done.document))
    assert bank.record(done.document).possessor == bank.party


def test_who_is_no_party_to_a_document_learns_nothing_of_it(
    port: Port, carrier: PartySession, shipper: PartySession, customs: PartySession
) -> None:
    document = held(port, carrier, shipper)
    with pytest.raises(NotFound):
        customs.record(document)
    shipper.grant(document, customs.party, ["cargo"])
    opened = customs.open(document)
    assert list(opened.opened) == ["cargo"]
    with pytest.raises(NoGrant):
        opened.value("charges")
    with pytest.raises(InvalidInput, match="charges"):
        shipper.grant(document, customs.party, ["charges"])


def test_content_that_breaks_a_rule_of_its_kind_is_not_sealed(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    bill = port.bill()
    header = {name: value for name, value in bill.datasets["header"].items() if name != "carrierCode"}
    broken = type(bill)(bill.kind, bill.number, {**bill.datasets, "header": header})
    with pytest.raises(InvalidInput, match="carrierCode"):
        carrier.new_document(broken, counterparty=shipper.party, endorsee=shipper.party)


def test_attached_files_arrive_as_they_were(
    port: Port, carrier: PartySession, shipper: PartySession, tmp_path: Path
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(bytes(range(256)) * 9000)
    kind = carrier.kind("ebl-negotiable")
    bill = attaching.attach(carrier.client, kind, port.bill(), [file])
    done = carrier.new_document(bill, counterparty=shipper.party, endorsee=shipper.party)
    shipper.accept(shipper.inspect(done.document))
    (found,) = attaching.attachments(shipper, done.document)
    assert (found.name, found.media_type, found.size) == ("photo.jpg", "image/jpeg", 2_304_000)
    target = tmp_path / "received"
    target.mkdir()
    assert attaching.save(shipper.client, found, target).read_bytes() == file.read_bytes()
    saved = (target / "photo.jpg").stat().st_mtime_ns
    assert attaching.save(shipper.client, found, target).stat().st_mtime_ns == saved
    (target / "photo.jpg").write_bytes(b"another")
    with pytest.raises(InvalidInput, match="another file"):
        attaching.save(shipper.client, found, target)


def test_one_changed_byte_of_an_attached_file_is_named_with_the_file(
    port: Port, carrier: PartySession, shipper: PartySession, tmp_path: Path
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(bytes(range(256)) * 900)
    kind = carrier.kind("ebl-negotiable")
    bill = attaching.attach(carrier.client, kind, port.bill(), [file])
    done = carrier.new_document(bill, counterparty=shipper.party, endorsee=shipper.party)
    (found,) = attaching.check_files(shipper, done.document)
    (blob,) = [path for path in (port.data / "blobs").rglob("*") if found.blob.hex() in path.name]
    whole = blob.read_bytes()
    blob.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    with pytest.raises(VerificationError) as failed:
        attaching.check_files(shipper, done.document)
    assert (failed.value.step, failed.value.where) == (13, "photo.jpg")
    blob.write_bytes(whole)
    assert attaching.check_files(shipper, done.document) == [found]


def test_one_changed_byte_of_a_stored_blob_is_named(port: Port, carrier: PartySession, shipper: PartySession) -> None:
    document = held(port, carrier, shipper)
    entry = shipper.open(document).manifest.entry("cargo")
    (blob,) = [path for path in (port.data / "blobs").rglob("*") if entry.ciphertext_sha256.hex() in str(path)]
    whole = blob.read_bytes()
    blob.chmod(0o600)
    blob.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    with pytest.raises(VerificationError) as failed:
        verify_document(shipper, document, port.node)
    blob.write_bytes(whole)
    assert failed.value.step == 12
    assert failed.value.entry == "cargo"
    assert verify_document(shipper, document, port.node).result.state == "ISSUED"


def test_the_header_names_the_ledger_and_proves_the_number(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    document = held(port, carrier, shipper)
    header = shipper.open(document).value("header")
    assert header["ledger"] == shipper.ledger.ledger
    assert len(bytes.fromhex(header["referenceSignature"])) == 384
    step = next(one for one in verify_document(shipper, document, port.node).result.steps if one.step == 11)
    assert header["blNumber"] in step.checked
