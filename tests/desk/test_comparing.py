"""Two versions of a bill beside each other: on the desk, and by the command of the same function."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest
from tests.desk.conftest import PASSPHRASE, SAMPLE, Office, Visitor, desk_at

from portledger.cli.main import main
from portledger.formats import dcsa
from portledger.formats.strict_json import read_json


def amended(office: Office, marks: str = "25") -> str:
    """A bill of two versions: the carrier wrote another number of packages, after the shipper gave it back."""
    document = office.bill()
    with desk_at(office.keys, office.url) as (desk, _, _):
        desk.unlock("shipper", PASSPHRASE)
        shipper = desk.session("shipper")
        assert shipper is not None
        shipper.accept(shipper.inspect(document))
        shipper.act(document, "SURRENDER_FOR_AMENDMENT", detail={"reasonCode": "PACKAGES"})
        office.carrier.act(document, "ACCEPT_SURRENDER")
        value = read_json(SAMPLE.read_bytes()) | {"transportDocumentReference": f"DESK26{office.made:05}"}
        value = copy.deepcopy(value)
        value["consignmentItems"][0]["cargoItems"][0]["outerPackaging"]["numberOfPackages"] = int(marks)
        values = office.carrier.kept(document, dcsa.document(value).datasets)
        office.carrier.amend(document, values, reason="PACKAGES", endorsee=office.shipper)
    return document


def test_the_changed_field_is_shown_with_its_label_and_both_values(office: Office, visitor: Visitor) -> None:
    document = amended(office)
    visitor.unlock("shipper")
    assert f"/compare/{document}" in visitor.get(f"/as/shipper/documents/{document}")
    page = visitor.get(f"/as/shipper/compare/{document}")
    changes = re.findall(r"<dt>(.*?)</dt>\s*<dd><del>.*?>(.*?)</span></del> → <ins>.*?>(.*?)</span>", page)
    assert [(old, new) for _, old, new in changes] == [("24", "25")]
    assert changes[0][0] == "Cargo item / 1 / Cargo in a container / 1 / Packages / Number · changed"
    assert "1 · Issue" in page
    assert page == visitor.post(f"/as/shipper/compare/{document}", before="1", after="2")


def test_a_version_beside_itself_has_no_differences_and_there_is_no_third(office: Office, visitor: Visitor) -> None:
    document = amended(office)
    visitor.unlock("shipper")
    assert "Nothing that you can read is different." in visitor.get(f"/as/shipper/compare/{document}/2/2")
    assert visitor.http.get(f"/as/shipper/compare/{document}/1/3").status_code == 409
    visitor.post(f"/as/shipper/compare/{document}", 404, before="1", after="../..")
    assert visitor.http.get(f"/as/shipper/compare/{'0' * 63}/1/2").status_code == 404


def test_a_document_of_one_version_has_nothing_to_compare_and_no_stranger_sees_any(
    office: Office, visitor: Visitor
) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    visitor.unlock("bank")
    assert "/compare/" not in visitor.get(f"/as/shipper/documents/{document}")
    assert "one version only" in visitor.get(f"/as/shipper/compare/{document}")
    assert visitor.http.get(f"/as/bank/compare/{document}").status_code == 409


def test_the_command_line_says_the_same(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = amended(office)
    secret = tmp_path / "passphrase"
    secret.write_text(PASSPHRASE)
    common = ["--home", str(office.keys.parent), "--gateway", office.url, "--as", "shipper"]
    common += ["--passphrase-file", str(secret)]
    assert main(["doc", "compare", document, *common, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    changed = [change for one in told["datasets"] for change in one["changes"]]
    assert [(one["before"], one["after"]) for one in changed] == [(24, 25)]
    assert changed[0]["pathAfter"].endswith("/outerPackaging/numberOfPackages")
    assert main(["doc", "compare", document, "--before", "1", "--after", "1", *common]) == 0
    assert "same" in capsys.readouterr().out
    assert main(["doc", "compare", document, "--before", "7", *common]) != 0
    assert "1 to 2" in capsys.readouterr().err
