"""Files on the command line: completed with --set, and refused with their name, the place, and what would be taken."""

import json
from pathlib import Path

import pytest

from portledger import resources, samples
from portledger.cli.files import about, check_new, read_document
from portledger.domain.errors import InvalidInput
from portledger.formats import schema

CERTIFICATE = Path(samples.__file__).parent / "certificate_of_origin_rcep.json"


def test_a_list_s_item_is_completed_by_its_index() -> None:
    document = read_document(CERTIFICATE, completed=['/items/0/quantity={"value":"7","unit":"PK"}'])
    assert json.loads(json.dumps(document.datasets["goods"]))["items"][0]["quantity"] == {"value": "7", "unit": "PK"}


@pytest.mark.parametrize("path", ["/items/99/quantity", "/items/first/quantity", "/items/99"])
def test_an_item_that_the_list_does_not_have_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match="path through objects"):
        read_document(CERTIFICATE, completed=[f"{path}=1"])


def written(folder: Path, text: str) -> Path:
    path = folder / "given.json"
    path.write_text(text)
    return path


def refused(path: Path, **more: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as wrong:
        check_new(path, read_document(path), more.get("number"))
    return wrong.value


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": ', ""),
        ('{"a": {"b": [1, {"c": 1, "c": 2}]}}', " at /a/b/1/c"),
        ('{"transportDocumentTypeCode": "SWB"}', " at /transportDocumentTypeCode"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_the_file_s_name_and_the_place(
    tmp_path: Path, text: str, place: str
) -> None:
    path = written(tmp_path, text)
    assert refused(path).where == f"{path}{place}"


def test_a_place_in_a_dataset_is_told_as_the_place_in_the_file() -> None:
    kind = resources.kind("certificate-of-origin")
    with pytest.raises(InvalidInput) as wrong, about(CERTIFICATE, kind):
        schema.validate(kind, "goods", {"items": [{"number": 1, "description": "x", "hsCode": "2204.21"}]})
    assert wrong.value.where == f"{CERTIFICATE} at /items/0"
    assert wrong.value.found == "no quantity"


def test_what_is_refused_elsewhere_keeps_its_place() -> None:
    with pytest.raises(InvalidInput) as wrong, about(CERTIFICATE, resources.kind("certificate-of-origin")):
        raise InvalidInput("$.action.kind", "x", "y")
    assert wrong.value.where == "$.action.kind"


def test_all_that_a_new_document_lacks_is_told_at_once_as_set_takes_it(tmp_path: Path) -> None:
    value = json.loads(CERTIFICATE.read_text())
    del value["agreement"], value["items"]
    error = refused(written(tmp_path, json.dumps(value)))
    assert error.found == "a document without /agreement, /items"
    assert "--set /agreement=VALUE" in error.remedy


@pytest.mark.parametrize("number", ["", "TRANSPORT_DOCUMENT_REFERENCE_PLACEHOLDER"])
def test_a_missing_or_unusable_number_says_that_number_gives_it(tmp_path: Path, number: str) -> None:
    value = json.loads((CERTIFICATE.parent / "transport_document_straight.json").read_text())
    value["transportDocumentReference"] = number
    path = written(tmp_path, json.dumps(value))
    error = refused(path)
    assert error.where == str(path)
    assert "--number" in error.remedy
    check_new(path, read_document(path, number="EXLN1"), "EXLN1")


def test_a_schema_is_told_from_the_documents_that_it_describes(tmp_path: Path) -> None:
    path = written(tmp_path, '{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Preferential CoO"}')
    error = refused(path)
    assert error.where == str(path)
    assert "JSON Schema (Preferential CoO)" in error.found
    assert "D23B" in error.allowed


def test_several_documents_in_one_file_are_named(tmp_path: Path) -> None:
    credential = {"credentialSubject": {"supplyChainConsignmentId": "1"}}
    error = refused(written(tmp_path, json.dumps({"first": credential, "second": credential})))
    assert error.found == "2 documents under names of their own: first, second"


def test_a_credential_without_the_certificate_s_data_says_so(tmp_path: Path) -> None:
    credential = {"type": ["VerifiableCredential"], "credentialSubject": {"supplyChainConsignmentId": "1"}}
    error = refused(written(tmp_path, json.dumps(credential)))
    assert error.found.startswith("a W3C credential without /agreement, /exportCountry")
