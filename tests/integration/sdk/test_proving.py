"""Evidence files and presentations made by parties through the SDK, and judged by the verifier."""

import time

import pytest
from tests.integration.sdk.conftest import Port
from tests.support.proving import RELEASE, judged, policy_for, schema_of

from portledger.domain.errors import InvalidInput
from portledger.domain.verification_errors import OutsidePolicy, VerificationError
from portledger.evidence import bundle, presentation
from portledger.evidence.making import Form
from portledger.evidence.presentation import Presentation, verify_presentation
from portledger.evidence.result import Result
from portledger.sdk import disclosing, proving
from portledger.sdk.disclosing import Chosen, place_of, same_of
from portledger.sdk.errors import NoGrant
from portledger.sdk.party import PartySession
from portledger.sdk.proving import Freshness

TO_CUSTOMS = {"audience": "Customs of Osaka", "purpose": "import declaration", "valid": 7 * 86_400}


def held(port: Port, carrier: PartySession, holder: PartySession, **values: str) -> str:
    """A bill in a party's hand, to its order."""
    done = carrier.new_document(port.bill(), counterparty=holder.party, endorsee=holder.party, **values)
    holder.accept(holder.inspect(done.document))
    return done.document


@pytest.fixture(scope="module")
def bills() -> dict[str, str]:
    return {}


@pytest.fixture
def bill(port: Port, carrier: PartySession, shipper: PartySession, bills: dict[str, str]) -> str:
    """One bill for all tests that only read it."""
    if "bill" not in bills:
        bills["bill"] = held(port, carrier, shipper)
    return bills["bill"]


def chosen(**values: object) -> Chosen:
    return Chosen(**{**TO_CUSTOMS, **values})  # type: ignore[arg-type]


def told(made: Presentation, **wanted: object) -> Result:
    """The file of a presentation, read back and judged."""
    schema_of("presentation").validate(made.to_json())
    read = presentation.parse(bundle.read_json(presentation.dump(made)))
    assert read == made
    return verify_presentation(read, policy_for(read.evidence.domain, **wanted), RELEASE, int(time.time()))


# --- evidence --------------------------------------------------------------------------------------------------------


def test_a_holder_opens_what_it_can_read(shipper: PartySession, bill: str) -> None:
    made = proving.prove(shipper, bill, opened=["header", "cargo"])
    read, result = judged(bundle.dump(made))
    assert [one.dataset for one in read.opened] == ["header", "cargo"]
    assert set(result.values) == {"header", "cargo"}
    assert result.number == result.values["header"]["blNumber"]


def test_all_opens_every_dataset_and_the_details(port: Port, carrier: PartySession, shipper: PartySession) -> None:
    document = held(port, carrier, shipper)
    shipper.act(document, "REMARK", detail={"reasonCode": "R", "comments": "seen"})
    made = proving.prove(shipper, document, opened=[proving.ALL], details=True)
    read, result = judged(bundle.dump(made))
    assert len(read.opened) == len(shipper.kind("ebl-negotiable").datasets)
    assert [one["comments"] for one in (read.details or {}).values()] == ["seen"]
    assert set(result.values) == {one.dataset for one in read.opened}


def test_what_was_not_granted_cannot_be_opened(port: Port, shipper: PartySession, bill: str) -> None:
    auditor = port.party("auditor", lambda: port.join("auditor"))
    assert judged(bundle.dump(proving.prove(auditor, bill)))[0].opened == ()
    with pytest.raises(NoGrant):
        proving.prove(auditor, bill, opened=["cargo"])
    with pytest.raises(InvalidInput, match="nosuch"):
        proving.prove(shipper, bill, opened=["nosuch"])


def test_an_auditor_makes_the_same_history_from_a_node_alone(port: Port, shipper: PartySession, bill: str) -> None:
    domain = shipper.domain
    made = proving.prove_from_node(port.node, domain.ledger, bytes.fromhex(bill))
    read, result = judged(bundle.dump(made))
    told_by_gateway, _ = judged(bundle.dump(proving.prove(shipper, bill)))
    assert read.entries == told_by_gateway.entries
    assert read.consortium == told_by_gateway.consortium
    assert [one.log for one in read.parties] == [one.log for one in told_by_gateway.parties]
    assert read.manifests == ()
    assert result.state == "ISSUED"
    hidden = proving.prove_from_node(port.node, domain.ledger, bytes.fromhex(bill), Form(notes="hidden"))
    assert judged(bundle.dump(hidden))[0].entries == read.entries


def test_B1_freshness_tells_an_act_from_a_note_from_nothing(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    document = held(port, carrier, shipper)
    first = proving.proven_words(proving.prove(shipper, document))
    identity = bytes.fromhex(document)

    def found() -> tuple[Freshness, Freshness]:
        node = proving.live_at_node(port.node, shipper.domain, identity)
        gateway = proving.live_at_gateway(shipper, shipper.domain, identity)
        return proving.freshness(first, node), proving.freshness(first, gateway)

    assert found() == (Freshness.FRESH, Freshness.FRESH)
    carrier.act(document, "NOTICE", detail={"reasonCode": "LIEN"})
    assert found() == (Freshness.NOTED, Freshness.NOTED)
    shipper.act(document, "REMARK", detail={"comments": "seen"})
    assert found() == (Freshness.STALE, Freshness.STALE)


# --- presentations ---------------------------------------------------------------------------------------------------


def test_three_fields_are_shown_and_the_mandatory_ones_with_them(shipper: PartySession, bill: str) -> None:
    made = disclosing.disclose(shipper, bill, chosen(fields=[place_of("route:/pol"), place_of("route:/etd")]))
    result = told(made)
    shown = {f"/{name}{one.path}" for name, one in made.fields}
    assert set(shipper.kind("ebl-negotiable").mandatory) <= shown
    assert {path for path in shown if path.startswith("/route")} == {
        "/route/pol/locationName", "/route/pol/UNLocationCode", "/route/etd"
    }  # fmt: skip
    assert not any(path.startswith("/cargo") for path in shown)
    assert result.document.hex() == bill
    assert made.evidence.opened == ()


def test_an_absence_is_proven_and_a_present_field_is_not_absent(shipper: PartySession, bill: str) -> None:
    made = disclosing.disclose(shipper, bill, chosen(absent=[place_of("charges:/prepaid")]))
    assert [(name, one.path) for name, one in made.absent] == [("charges", "/prepaid")]
    told(made)
    for present in ("header:/blNumber", "route:/pol"):
        with pytest.raises(InvalidInput):
            disclosing.disclose(shipper, bill, chosen(absent=[place_of(present)]))


def test_a_field_that_is_not_there_is_refused_by_name(shipper: PartySession, bill: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        disclosing.disclose(shipper, bill, chosen(fields=[place_of("route:/nowhere")]))
    assert refused.value.where == "route:/nowhere"
    with pytest.raises(InvalidInput):
        disclosing.disclose(shipper, bill, chosen(fields=[place_of("nosuch:/x")]))


def test_equality_with_a_document_that_values_were_carried_over_from(
    port: Port, carrier: PartySession, shipper: PartySession, bill: str
) -> None:
    second = held(port, carrier, shipper, carry_from=bill)
    same = next(iter(shipper.open(bill, only=["terms"]).opened["terms"].tree.paths()))
    made = disclosing.disclose(shipper, second, chosen(equal=[same_of(f"terms:{same}={bill}:terms:{same}")]))
    told(made)
    assert [one.document.hex() for one in made.others] == [bill]
    with pytest.raises(InvalidInput, match="carried"):
        disclosing.disclose(shipper, second, chosen(equal=[same_of(f"header:/blNumber={bill}:header:/blNumber")]))


def test_who_was_only_granted_something_discloses_under_its_own_name(
    port: Port, carrier: PartySession, shipper: PartySession, customs: PartySession, bill: str
) -> None:
    shipper.grant(bill, customs.party)
    made = disclosing.disclose(customs, bill, chosen())
    assert made.party == customs.party
    assert customs.party in {one.party for one in made.evidence.parties}
    told(made)


def test_a_presentation_is_for_its_audience_and_its_time(shipper: PartySession, bill: str) -> None:
    made = disclosing.disclose(shipper, bill, chosen(valid=60))
    told(made, audience="Customs of Osaka")
    with pytest.raises(OutsidePolicy):
        told(made, audience="Somebody else")
    with pytest.raises(VerificationError) as expired:
        verify_presentation(made, policy_for(shipper.domain), RELEASE, made.expires_at + 1)
    assert expired.value.step == 15


def test_a_k_of_n_party_discloses_with_one_of_its_accounts(
    port: Port, carrier: PartySession, bank: PartySession
) -> None:
    document = held(port, carrier, bank)
    told(disclosing.disclose(bank, document, chosen(fields=[place_of("header:/toOrder")])))


# --- who was let in --------------------------------------------------------------------------------------------------


def test_every_party_sees_who_was_granted_what_by_whom(
    port: Port, carrier: PartySession, shipper: PartySession, customs: PartySession, bank: PartySession
) -> None:
    document = held(port, carrier, shipper)
    given = {item.dataset for item in shipper.grant(document, customs.party)}
    seen = [one for one in carrier.client.disclosures(document) if one.recipient == customs.party]
    assert {one.dataset for one in seen} == given
    assert {one.granter for one in seen} == {shipper.party}
    assert all(abs(one.created_at - time.time()) < 600 for one in seen)
    assert {one.recipient for one in customs.client.disclosures(document)} == {customs.party}
    assert {one.recipient for one in carrier.client.disclosures(document)} > {customs.party}
