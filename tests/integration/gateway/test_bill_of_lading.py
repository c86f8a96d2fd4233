"""The whole life of a bill of lading over HTTP, with signatures made by hand."""

from tests.support.gateway import Gateway

from portledger.domain.codes import ZERO
from portledger.formats import api_json as wire

from .conftest import Cast


def test_a_bill_is_issued_accepted_endorsed_handed_on_and_surrendered(gateway: Gateway, cast: Cast) -> None:
    carrier, shipper, bank, consignee = cast.carrier, cast.shipper, cast.bank, cast.consignee
    document = gateway.issue(carrier, shipper.party)
    assert gateway.record(document, carrier).state == "OFFERED"

    gateway.act(shipper, document, "ACCEPT", counterparty=carrier.party, endorsee=shipper.party)
    record = gateway.record(document, shipper)
    assert (record.state, record.possessor, record.endorsee) == ("ISSUED", shipper.party, shipper.party)

    gateway.act(shipper, document, "ENDORSE", endorsee=consignee.party)
    gateway.act(shipper, document, "OFFER", counterparty=bank.party)
    gateway.act(bank, document, "ACCEPT", counterparty=shipper.party)
    gateway.act(bank, document, "OFFER", counterparty=consignee.party)
    gateway.act(consignee, document, "ACCEPT", counterparty=bank.party)
    gateway.act(consignee, document, "SURRENDER_FOR_DELIVERY")
    gateway.act(carrier, document, "ACCEPT_SURRENDER", counterparty=consignee.party)

    record = gateway.record(document, shipper)
    assert (record.state, record.possessor, record.progress) == ("SURRENDERED_FOR_DELIVERY", carrier.party, "done")
    answer = gateway.http.get(f"/v1/documents/{document.hex()}/history", headers=bank.headers)
    entries = wire.decode(answer.content, wire.History).entries
    assert [entry.verb_name for entry in entries] == [
        "ISSUE", "ACCEPT", "ENDORSE", "OFFER", "ACCEPT", "OFFER", "ACCEPT",
        "SURRENDER_FOR_DELIVERY", "ACCEPT_SURRENDER",
    ]  # fmt: skip
    assert entries[-1].head == record.head
    assert entries[0].signers == [wire.address_text(carrier.address)]
    heads = [ZERO.hex(), *(entry.head for entry in entries)]
    assert [entry.action.previous for entry in entries if entry.action] == heads[:-1]
