"""DCSA's documents and ours are the same documents."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from tests.support.shared_data import shared

from portledger import resources, samples
from portledger.domain.errors import InvalidInput
from portledger.formats import checks, dcsa, schema
from portledger.formats.document import File
from portledger.formats.strict_json import read_json

OPENAPI = shared("dcsa/openapi/EBL_v3.0.4.yaml")
RECORDED = shared("dcsa/recorded")
MESSAGES = shared("dcsa/messages")
BILLS = ("transport_document_negotiable", "transport_document_straight")


@pytest.mark.parametrize("name", BILLS)
def test_our_samples_come_back_equal(name: str) -> None:
    sample = samples.sample(name)
    document = dcsa.document(sample)
    assert dcsa.transport_document(document) == json.loads(samples.raw(name))
    assert document.number == sample["transportDocumentReference"]
    assert document.datasets["other"] == {}, "every member of the sample has a field of its own"


def test_to_order_decides_between_negotiable_and_straight() -> None:
    assert [dcsa.document(samples.sample(name)).kind for name in BILLS] == ["ebl-negotiable", "ebl-straight"]


@pytest.mark.parametrize("name", BILLS)
def test_a_bill_on_its_ledger_fits_schemas_and_checks(name: str) -> None:
    document = dcsa.document(samples.sample(name))
    kind = resources.kind(document.kind)
    file = File("photo.jpg", "image/jpeg", 12, "ab" * 32)
    document = document.on_ledger(kind, 31337, b"\x11" * 20).with_files(kind, [file])
    schema.validate_all(kind, document.datasets)
    assert checks.failures(kind, document.datasets) == []
    assert document.datasets["header"]["ledger"] == "0x" + "11" * 20
    assert document.datasets["attachments"]["files"][0]["sha256"] == "ab" * 32


def test_a_bill_that_does_not_name_its_ledger_does_not_fit() -> None:
    document = dcsa.document(samples.sample(BILLS[0]))
    with pytest.raises(InvalidInput, match="no chainId, ledger"):
        schema.validate_all(resources.kind(document.kind), document.datasets)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"transportDocumentTypeCode": "SWB"}, "$.transportDocumentTypeCode"),
        ({"isToOrder": None}, "$.isToOrder"),
        ({"transportDocumentReference": 5}, "$.transportDocumentReference"),
    ],
)
def test_what_is_no_bill_of_lading_is_refused(change: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        dcsa.document({**samples.sample(BILLS[0]), **change})
    assert refused.value.where == where


def test_other_values_and_other_kinds_are_refused() -> None:
    with pytest.raises(InvalidInput):
        dcsa.document([])
    instruction = dcsa.instruction_document("TBF-1", samples.sample("shipping_instruction"))
    with pytest.raises(InvalidInput):
        dcsa.transport_document(instruction)
    with pytest.raises(InvalidInput):
        dcsa.instruction(dcsa.document(samples.sample(BILLS[0])))


def test_a_shipping_instruction_comes_back_equal_and_carries_what_the_booking_knows() -> None:
    sample = samples.sample("shipping_instruction")
    port = {"locationName": "Tokyo", "UNLocationCode": "JPTYO"}
    document = dcsa.instruction_document("TBF-SI-2604", sample, {"ext:/portOfLoading": port})
    assert document.number == document.datasets["header"]["siNumber"] == "TBF-SI-2604"
    assert document.datasets["route"]["pol"] == port
    assert dcsa.instruction(document) == json.loads(samples.raw("shipping_instruction"))
    kind = resources.kind(document.kind)
    document = document.on_ledger(kind, 1, "0x" + "AB" * 20)
    schema.validate_all(kind, document.datasets)
    assert checks.failures(kind, document.datasets) == []


@pytest.mark.skipif(OPENAPI is None, reason="DCSA's schemas are not here (PORTLEDGER_SHARED_DATA)")
@pytest.mark.parametrize(
    ("name", "definition"),
    [
        (BILLS[0], "TransportDocument"),
        (BILLS[1], "TransportDocument"),
        ("shipping_instruction", "CreateShippingInstructions"),
    ],
)
def test_our_samples_are_valid_against_dcsas_own_schema(name: str, definition: str) -> None:
    components = _components()
    reference = {"$ref": f"#/components/schemas/{definition}", "components": components}
    errors = list(jsonschema.Draft7Validator(reference).iter_errors(json.loads(samples.raw(name))))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


@pytest.mark.skipif(OPENAPI is None, reason="DCSA's schemas are not here (PORTLEDGER_SHARED_DATA)")
@pytest.mark.parametrize(
    ("kind", "definition"),
    [
        ("ebl-negotiable", "TransportDocument"),
        ("ebl-straight", "TransportDocument"),
        ("shipping-instruction", "CreateShippingInstructions"),
    ],
)
def test_every_path_and_every_number_of_dcsa_has_its_place_in_the_kind(kind: str, definition: str) -> None:
    schemas = _components()["schemas"]
    paths = dict(_paths(schemas, schemas[definition], ""))
    named = [p for d in resources.kind(kind).datasets for p in d.fields.values() if p.startswith("/")]
    assert [path for path in named if path not in paths] == [], "a field that DCSA does not have"
    left = {path for path in paths if path.count("/") == 1}
    left -= {"/" + path.split("/")[1] for path in named}
    assert left <= {"/feedbacks"}, "a member of DCSA's document that would land in `other`"
    assert {path for path, kinds in paths.items() if "number" in kinds} == set(resources.kind(kind).decimals)


def _components() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml")
    assert OPENAPI is not None

    def without_discriminator(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: without_discriminator(v) for k, v in value.items() if k != "discriminator"}
        return [without_discriminator(item) for item in value] if isinstance(value, list) else value

    components = yaml.load(OPENAPI.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["components"]
    return without_discriminator(components)  # type: ignore[no-any-return]


def _paths(
    schemas: dict[str, Any], schema: dict[str, Any], path: str, depth: int = 0
) -> Iterator[tuple[str, set[str]]]:
    """Every path of a schema with the types it may have; "*" is every item of a list."""
    found: dict[str, set[str]] = {}

    def walk(part: dict[str, Any], at: str, seen: tuple[str, ...]) -> None:
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            if name not in seen:
                walk(schemas[name], at, (*seen, name))
            return
        for inner in [*part.get("allOf", []), *part.get("oneOf", []), *part.get("anyOf", [])]:
            walk(inner, at, seen)
        if at:
            found.setdefault(at, set()).add(str(part.get("type")))
        if part.get("type") == "array":
            walk(part["items"], at + "/*", seen)
        for name, member in part.get("properties", {}).items():
            walk(member, f"{at}/{name}", seen)

    walk(schema, path, ())
    yield from found.items()


def _bills_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("transportDocumentTypeCode") == "BOL" and isinstance(value.get("isToOrder"), bool):
            yield value
        for member in value.values():
            yield from _bills_in(member)
    elif isinstance(value, list):
        for item in value:
            yield from _bills_in(item)
    elif isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            yield from _bills_in(json.loads(value))
        except ValueError:
            return


@pytest.mark.skipif(RECORDED is None, reason="DCSA's recordings are not here (PORTLEDGER_SHARED_DATA)")
def test_every_bill_that_dcsas_gateway_sent_comes_back_equal() -> None:
    assert RECORDED is not None
    seen = 0
    for path in sorted(RECORDED.rglob("*.json")):
        for bill in _bills_in(json.loads(path.read_text())):
            assert dcsa.transport_document(dcsa.document(read_json(json.dumps(bill)))) == bill
            seen += 1
    assert seen >= 50


@pytest.mark.skipif(MESSAGES is None, reason="DCSA's messages are not here (PORTLEDGER_SHARED_DATA)")
@pytest.mark.parametrize("name", ["ebl-api-3.0.0-negotiable-bl.json", "ebl-api-3.0.0-straight-bl.json"])
def test_dcsas_message_templates_come_back_equal(name: str) -> None:
    assert MESSAGES is not None
    raw = (MESSAGES / name).read_bytes()
    assert dcsa.transport_document(dcsa.document(read_json(raw))) == json.loads(raw)
