"""Certificates of origin: ours come back equal, others are read without losing a fact."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.shared_data import shared

from portledger import resources, samples
from portledger.domain.errors import InvalidInput
from portledger.formats import certificate, checks, schema
from portledger.formats.strict_json import read_json

KIND = resources.kind("certificate-of-origin")
NAME = "certificate_of_origin_rcep"
CHAFTA = shared("certificates-of-origin/ChaftaCoo_sampleV2.json")
CREDENTIALS = shared("certificates-of-origin/ChaftaCoo_sampleW3C.json")
SIMPLE = shared("certificates-of-origin/SimpleCoo_sampleV2.json")
D23B_SCHEMA = shared("certificates-of-origin/snapshot-PreferentialCoO-D23B.json")

D23B: dict[str, Any] = {
    "exchangedDocument": {
        "id": {"content": "JP-26-77"},
        "issueDateTime": "2026-10-16T09:00:00Z",
        "issuer": {"id": [{"content": "Yokohama Harbour Chamber of Trade"}]},
    },
    "specifiedConsignment": [
        {
            "consignor": {"id": [{"content": "Hamakaze Pump Works"}]},
            "consignee": {"id": [{"content": "Laem Thong Water Systems"}]},
            "loadingLogisticsLocation": {"id": [{"content": "JPTYO"}]},
            "unloadingLogisticsLocation": {"id": [{"content": "THLCH"}]},
            "applicableCrossBorderRegulatoryProcedure": [{"freeTradeAgreementName": {"content": "RCEP"}}],
            "mainCarriageLogisticsTransportMovement": [
                {"id": {"content": "042S"}, "usedLogisticsTransportMeans": {"name": {"content": "LANTERN OF TOKYO"}}}
            ],
            "includedConsignmentItem": [
                {
                    "id": [{"content": "A-1"}],
                    "includedTradeLineItem": [
                        {
                            "specifiedTradeProduct": [
                                {
                                    "designatedProductClassification": [{"classCode": {"content": "841370"}}],
                                    "originTradeCountry": [{"id": [{"content": "JP"}]}],
                                }
                            ],
                            "physicalReferencedLogisticsPackage": [{"itemQuantity": {"content": 24.5}}],
                        }
                    ],
                }
            ],
        }
    ],
}


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from leaves(member)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif value not in (None, ""):
        yield json.dumps(value, ensure_ascii=False).strip('"')


def test_our_sample_comes_back_equal_and_fits_schemas_and_checks() -> None:
    document = certificate.document(samples.sample(NAME))
    assert certificate.certificate(document) == json.loads(samples.raw(NAME))
    assert document.number == "HKZ-CO-26-0311"
    document = document.on_ledger(KIND, 31337, bytes(20))
    schema.validate_all(KIND, document.datasets)
    assert checks.failures(KIND, document.datasets) == []
    assert certificate.read(samples.sample(NAME)) == samples.sample(NAME)


def test_the_basis_of_origin_is_a_dataset_of_its_own() -> None:
    datasets = certificate.document(samples.sample(NAME)).datasets
    assert set(datasets["basis"]) == {"producer", "costs"}
    assert "28194.48" not in json.dumps({name: value for name, value in datasets.items() if name != "basis"})


def test_a_d23b_certificate_is_read_and_its_quantity_is_a_decimal_string() -> None:
    own = certificate.read(D23B)
    assert (own["certificateNumber"], own["agreement"], own["issueDate"]) == ("JP-26-77", "RCEP", "2026-10-16")
    assert own["items"][0]["quantity"] == {"value": "24.5", "unit": "PK"}
    assert own["transport"]["portOfLoading"] == {"UNLocationCode": "JPTYO"}
    assert own["source"]["standard"] == "UN/CEFACT PreferentialCoO D23B"
    assert "A-1" in json.dumps(own["source"]["rest"])
    assert [leaf for leaf in leaves(D23B) if leaf not in json.dumps(own)] == []
    assert certificate.certificate(certificate.document(own)) == own


@pytest.mark.parametrize(
    ("quantity", "packages"), [(12, {"count": 12, "kind": "CS"}), (24.5, None)], ids=["whole", "fraction"]
)
def test_a_kind_of_package_goes_with_a_count_or_stays_in_the_source(quantity: float, packages: object) -> None:
    value = json.loads(json.dumps(D23B))
    line = value["specifiedConsignment"][0]["includedConsignmentItem"][0]["includedTradeLineItem"][0]
    line["physicalReferencedLogisticsPackage"] = [
        {"itemQuantity": {"content": quantity}, "typeCode": {"content": "CS"}}
    ]
    own = certificate.read(value)
    assert own["items"][0].get("packages") == packages
    assert '"CS"' in json.dumps(own)
    datasets = certificate.document({**own, "items": [{**own["items"][0], "description": "pumps"}]}).datasets
    schema.validate(resources.kind("certificate-of-origin"), "goods", datasets["goods"])


@pytest.mark.skipif(CHAFTA is None, reason="the ChAFTA sample is not here (PORTLEDGER_SHARED_DATA)")
def test_the_chafta_sample_is_read_without_losing_a_fact() -> None:
    assert CHAFTA is not None
    value = read_json(CHAFTA.read_bytes())
    own = certificate.read(value)
    assert (own["certificateNumber"], own["exportCountry"], own["importCountry"]) == ("WBC208897", "AU", "CN")
    assert [item["number"] for item in own["items"]] == [1, 2, 3]
    assert own["items"][0]["grossWeight"] == {"value": "900", "unit": "KGM"}
    assert [item["originCriterion"] for item in own["items"]] == ["WP", "WP", "PSR"]
    text = json.dumps(own, ensure_ascii=False)
    missing = [leaf for leaf in leaves(value) if leaf not in text]
    assert missing == []
    certificate.document(own)


@pytest.mark.skipif(CHAFTA is None, reason="the ChAFTA sample is not here (PORTLEDGER_SHARED_DATA)")
def test_a_wrapped_certificate_is_read_like_the_plain_one() -> None:
    assert CHAFTA is not None
    plain = read_json(CHAFTA.read_bytes())

    def wrapped(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: wrapped(member) for name, member in value.items()}
        if isinstance(value, list):
            return [wrapped(item) for item in value]
        kind = "boolean" if isinstance(value, bool) else "number" if isinstance(value, int) else "string"
        text = str(value).lower() if isinstance(value, bool) else value
        return f"0a1b2c3d-0000-4000-8000-000000000001:{kind}:{text}"

    document = {"version": "v2", "data": wrapped(plain), "signature": {"type": "SHA3MerkleProof"}}
    assert certificate.read(document) == certificate.read(plain)


@pytest.mark.skipif(CHAFTA is None, reason="the ChAFTA sample is not here (PORTLEDGER_SHARED_DATA)")
def test_a_credential_whose_subject_is_the_certificate_is_read() -> None:
    assert CHAFTA is not None
    plain = read_json(CHAFTA.read_bytes())
    own = certificate.read({"type": ["VerifiableCredential"], "credentialSubject": plain})
    assert own["items"] == certificate.read(plain)["items"]


@pytest.mark.skipif(CREDENTIALS is None, reason="the credentials are not here (PORTLEDGER_SHARED_DATA)")
def test_a_credential_that_says_only_a_number_keeps_the_rest() -> None:
    assert CREDENTIALS is not None
    for value in read_json(CREDENTIALS.read_bytes()).values():
        own = certificate.read(value)
        assert own["certificateNumber"] == "12345"
        assert own["source"]["rest"]["issuer"] == value["issuer"]


@pytest.mark.skipif(SIMPLE is None, reason="the simple sample is not here (PORTLEDGER_SHARED_DATA)")
def test_the_simple_sample_is_read_and_no_quantity_is_made_up() -> None:
    assert SIMPLE is not None
    own = certificate.read(read_json(SIMPLE.read_bytes()))
    assert own["certificateNumber"] == "IMDA0001"
    assert "quantity" not in own["items"][0]
    with pytest.raises(InvalidInput, match="quantity"):
        schema.validate(KIND, "goods", certificate.document(own).datasets["goods"])


@pytest.mark.skipif(D23B_SCHEMA is None, reason="the D23B schema is not here (PORTLEDGER_SHARED_DATA)")
def test_the_members_that_we_read_exist_in_the_d23b_schema() -> None:
    assert D23B_SCHEMA is not None
    definitions = json.loads(D23B_SCHEMA.read_text())["$defs"]
    assert set(D23B["exchangedDocument"]) <= set(definitions["exchangedDocumentType"]["properties"])
    assert set(D23B["specifiedConsignment"][0]) <= set(definitions["consignmentType"]["properties"])


@pytest.mark.parametrize("value", [[], "x", {}, {"invoiceNumber": "1"}])
def test_what_is_no_certificate_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput):
        certificate.read(value)


def test_other_kinds_and_wrong_numbers_are_refused() -> None:
    with pytest.raises(InvalidInput, match="applicationNumber"):
        certificate.document({"applicationNumber": 5})
