"""What a dataset may hold: its schema, and the kind's conditions."""

import copy
import json
from typing import Any

import jsonschema
import pytest

from portledger import resources, samples
from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import KindFile, parse
from portledger.formats import certificate, checks, dcsa, invoice, schema
from portledger.formats.document import Document

BILL = dcsa.document(samples.sample("transport_document_negotiable"))
STRAIGHT = dcsa.document(samples.sample("transport_document_straight"))
ORIGIN = certificate.document(samples.sample("certificate_of_origin_rcep"))
INVOICE = invoice.document(samples.sample("commercial_invoice"))


def on_ledger(document: Document) -> tuple[KindFile, dict[str, Any]]:
    kind = resources.kind(document.kind)
    return kind, copy.deepcopy(dict(document.on_ledger(kind, 31337, bytes(20)).datasets))


@pytest.mark.parametrize("kind", resources.kinds().values(), ids=lambda kind: kind.id)
def test_every_dataset_has_a_drawn_schema_that_is_itself_valid(kind: KindFile) -> None:
    for dataset in kind.datasets:
        drawn = schema.drawn(kind, dataset)
        assert json.loads(resources.read(f"schemas/{kind.id}/{dataset.name}.json")) == drawn
        jsonschema.Draft202012Validator.check_schema(drawn)
        assert set(drawn["properties"]) == set(dataset.fields)
        assert {pointer[1:] for pointer in kind.mandatory_in(dataset.name)} <= set(drawn["required"])


@pytest.mark.parametrize("kind", resources.kinds().values(), ids=lambda kind: kind.id)
def test_every_check_of_a_shipped_kind_is_cel(kind: KindFile) -> None:
    assert checks.lint(kind) == []


def test_the_invoice_comes_back_equal_and_fits() -> None:
    assert invoice.invoice(INVOICE) == json.loads(samples.raw("commercial_invoice"))
    kind, datasets = on_ledger(INVOICE)
    schema.validate_all(kind, datasets)
    assert checks.failures(kind, datasets) == []
    assert datasets["other"] == {}


@pytest.mark.parametrize(
    ("dataset", "item", "value", "where"),
    [
        ("header", "ledger", "0x12", "$.header.ledger"),
        ("header", "chainId", 2**60, "$.header.chainId"),
        ("header", "toOrder", False, "$.header.toOrder"),
        ("header", "issueDate", "18.10.2026", "$.header.issueDate"),
        ("charges", "declaredValue", "1.50", "$.charges.declaredValue"),
        ("cargo", "consignmentItems", [{"HSCodes": ["pump"]}], "$.cargo.consignmentItems[0].HSCodes[0]"),
        ("attachments", "files", [{"name": "a"}], "$.attachments.files[0]"),
        ("header", "colour", "red", "$.header"),
        ("header", "blSubReference", "e\u0301", "$.header.blSubReference"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_path(dataset: str, item: str, value: Any, where: str) -> None:
    kind, datasets = on_ledger(BILL)
    datasets[dataset][item] = value
    with pytest.raises(InvalidInput) as refused:
        schema.validate_all(kind, datasets)
    assert refused.value.where == where


def test_a_dataset_that_the_kind_does_not_have_is_refused() -> None:
    kind, datasets = on_ledger(BILL)
    with pytest.raises(InvalidInput, match="colours"):
        schema.validate_all(kind, {**datasets, "colours": {}})


def change(datasets: dict[str, Any], path: str, value: Any) -> None:
    *steps, last = path.split("/")
    here: Any = datasets
    for step in steps:
        here = here[int(step)] if isinstance(here, list) else here[step]
    if value is None:
        del here[last]
    else:
        here[int(last) if isinstance(here, list) else last] = value


@pytest.mark.parametrize(
    ("document", "path", "value", "check"),
    [
        (BILL, "header/toOrder", False, "toOrder"),
        (BILL, "header/electronic", False, "electronic"),
        (BILL, "cargo/consignmentItems/0/cargoItems/0/equipmentReference", "PLGU9999999", "containers"),
        (BILL, "charges/declaredValueCurrency", None, "declaredValue"),
        (STRAIGHT, "header/toOrder", True, "notToOrder"),
        (STRAIGHT, "parties/consignee", None, "consignee"),
        (ORIGIN, "goods/items/1/number", 1, "itemNumbers"),
        (ORIGIN, "goods/items/1/quantity/value", "0", "quantities"),
        (ORIGIN, "header/validUntil", "2026-10-01", "validity"),
        (ORIGIN, "header/issueDate", "2026-10-20", "retroactive"),
        (ORIGIN, "header/importCountry", "JP", "routes"),
        (INVOICE, "cargo/items/1/number", 1, "itemNumbers"),
        (INVOICE, "commercial/goodsTotal", "141480.01", "goodsTotal"),
        (INVOICE, "commercial/prices/0/number", 9, "priced"),
    ],
)
def test_content_that_breaks_a_condition_is_found(document: Document, path: str, value: Any, check: str) -> None:
    kind, datasets = on_ledger(document)
    change(datasets, path, value)
    assert check in [failure.check.name for failure in checks.failures(kind, datasets)]
    with pytest.raises(InvalidInput):
        checks.require(kind, datasets)


def test_content_that_keeps_every_condition_passes() -> None:
    for document in (BILL, STRAIGHT, ORIGIN, INVOICE):
        checks.require(*on_ledger(document))


def test_a_certificate_issued_late_passes_when_it_says_so() -> None:
    kind, datasets = on_ledger(ORIGIN)
    datasets["header"] |= {"issueDate": "2026-10-20", "flags": ["ISSUED_RETROACTIVELY"]}
    assert checks.failures(kind, datasets) == []


def test_a_check_is_skipped_where_a_dataset_is_not_open() -> None:
    kind, datasets = on_ledger(ORIGIN)
    del datasets["goods"]
    assert checks.failures(kind, datasets) == []


def test_a_check_that_cannot_be_worked_out_fails_and_says_why() -> None:
    kind, datasets = on_ledger(INVOICE)
    datasets["commercial"]["goodsTotal"] = "a lot"
    failure = next(f for f in checks.failures(kind, datasets) if f.check.name == "goodsTotal")
    assert "found 'a lot'; allowed: a decimal string" in failure.why


def test_totals_are_exact_where_doubles_are_not() -> None:
    kind, datasets = on_ledger(INVOICE)
    datasets["commercial"]["prices"] = [{"number": n, "amount": "0.1"} for n in (1, 2, 3)]
    datasets["commercial"]["goodsTotal"] = "0.3"
    assert "goodsTotal" not in [failure.check.name for failure in checks.failures(kind, datasets)]


def test_an_expression_that_is_no_cel_is_a_finding() -> None:
    source = copy.deepcopy(resources.kind_source(0x0401))
    source["checks"]["priced"]["cel"] = "cargo.items.("
    assert [finding.where for finding in checks.lint(parse(source))] == ["commercial-invoice checks.priced"]
