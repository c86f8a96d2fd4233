"""The files beside a document: listed, checked, saved; and never shown."""

from __future__ import annotations

import re

import httpx
import pytest
from tests.desk.conftest import SAMPLE, Office, Visitor

from portledger.formats import dcsa
from portledger.formats.strict_json import read_json
from portledger.sdk import attaching

HOSTILE = {
    "packing list.txt": b"two cases\n",
    "<img src=x onerror=alert(1)>.html": b"<script>alert(1)</script>",
    'invoice"; x="y.pdf.exe': b"MZ" + bytes(2000),
    "髙﨑.svg": b"<svg onload='alert(1)'/>",
}


def with_files(office: Office) -> str:
    """A bill with these files, offered to the shipper."""
    office.made += 1
    folder = office.keys.parent / "attached"
    folder.mkdir(exist_ok=True)
    paths = []
    for name, data in HOSTILE.items():
        paths.append(folder / name)
        paths[-1].write_bytes(data)
    value = read_json(SAMPLE.read_bytes()) | {"transportDocumentReference": f"DESK26{office.made:05}"}
    kind = office.carrier.kind("ebl-negotiable")
    bill = attaching.attach(office.carrier.client, kind, dcsa.document(value), paths)
    return office.carrier.new_document(bill, counterparty=office.shipper, endorsee=office.shipper).document


def saved(visitor: Visitor, path: str) -> httpx.Response:
    return visitor.http.post(path, data={"token": visitor.desk.form_token}, headers={"Origin": visitor.origin})


def test_files_are_listed_with_name_size_type_and_digest_and_their_names_do_nothing(
    office: Office, visitor: Visitor
) -> None:
    document = with_files(office)
    visitor.unlock("shipper")
    assert f"/files/{document}" in visitor.get(f"/as/shipper/documents/{document}")
    page = visitor.get(f"/as/shipper/files/{document}")
    assert "<img" not in page
    assert "packing list.txt" in page
    assert "text/plain" in page
    assert "10 B" in page
    assert len(re.findall(r"<code class=\"value\">[0-9a-f]{64}</code>", page)) == len(HOSTILE)
    assert page.count("A program or page") == 3
    assert page.count(">Save</button>") == len(HOSTILE)


def test_a_file_is_saved_as_it_was_and_never_shown(office: Office, visitor: Visitor) -> None:
    document = with_files(office)
    visitor.unlock("shipper")
    for number, data in enumerate(HOSTILE.values(), 1):
        answer = saved(visitor, f"/as/shipper/files/{document}/{number}")
        assert answer.content == data
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].endswith("; sandbox")
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"[<>\r\n]", answer.headers["content-disposition"])
    for number in ("0", "5", "-1"):
        assert saved(visitor, f"/as/shipper/files/{document}/{number}").status_code in (404, 422)
    assert visitor.http.get(f"/as/shipper/files/{document}/1").status_code == 405


def test_a_damaged_file_is_named_and_nothing_of_it_is_handed_out(office: Office, visitor: Visitor) -> None:
    document = with_files(office)
    visitor.unlock("shipper")
    assert "could not be fetched" not in visitor.post(f"/as/shipper/files/{document}/check")
    found = attaching.attachments(office.carrier, document)
    (blob,) = [path for path in office.keys.parent.rglob("*") if found[2].blob.hex() in path.name]
    whole = blob.read_bytes()
    blob.write_bytes(whole[:10] + bytes([whole[10] ^ 1]) + whole[11:])
    page = visitor.post(f"/as/shipper/files/{document}/check")
    assert page.count("and is the file that was sealed.") == len(HOSTILE) - 1
    assert page.count('class="wrong"') == 1
    assert saved(visitor, f"/as/shipper/files/{document}/3").status_code == 409
    assert saved(visitor, f"/as/shipper/files/{document}/1").content == HOSTILE["packing list.txt"]


def test_what_opens_a_file_is_shown_on_no_page(office: Office, visitor: Visitor) -> None:
    document = with_files(office)
    keys = [one.key.hex() for one in attaching.attachments(office.carrier, document)]
    visitor.unlock("shipper")
    for path in (f"documents/{document}", f"documents/{document}/ACCEPT", f"files/{document}"):
        page = visitor.get(f"/as/shipper/{path}")
        assert [key for key in keys if key in page] == []


@pytest.mark.parametrize("path", ["", "/check", "/1"])
def test_no_stranger_sees_or_saves_any(office: Office, visitor: Visitor, path: str) -> None:
    document = with_files(office)
    visitor.unlock("bank")
    place = f"/as/bank/files/{document}{path}"
    assert (saved(visitor, place) if path else visitor.http.get(place)).status_code == 409


def test_a_document_without_files_says_so(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    assert "No files are attached" in visitor.get(f"/as/shipper/files/{document}")
    assert "/files/" not in visitor.get(f"/as/shipper/documents/{document}")
