"""Files that are put to a draft: sealed at once, kept with it, listed in the document that is signed."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.desk.conftest import PASSPHRASE, SAMPLE, Office, Visitor, summary_of
from tests.desk.test_files import HOSTILE
from tests.desk.test_waiting import two
from tests.desk.test_writing import INVOICE, begun

from portledger.cli.exit_codes import Exit
from portledger.cli.main import main
from portledger.desk import attached, drafts
from portledger.desk.safety import MAX_UPLOAD
from portledger.domain.refusals import NotFound
from portledger.domain.vault_errors import CiphertextMismatch
from portledger.sdk import attaching

FILE = ("packing 髙.txt", b"two cases, and a word nobody else may read\n")


def put(visitor: Visitor, place: str, name: str, data: bytes, token: str = "") -> httpx.Response:
    return visitor.http.post(
        f"{place}/files",
        data={"token": token or visitor.desk.form_token},
        files={"file": (name, data)},
        headers={"Origin": visitor.origin},
        timeout=120,
    )


def ready(visitor: Visitor) -> tuple[str, str]:
    """(a draft's page, the carrier's number)."""
    visitor.unlock("shipper")
    place = begun(visitor, "shipper", "commercial-invoice")
    return place, re.findall(r'value="(\d+)">Example Line', visitor.get(place))[0]


def checked(visitor: Visitor, place: str, carrier: str, number: str) -> str:
    """The page before signing."""
    return visitor.post(place, do="check", endorsee=carrier, **(INVOICE | {"/header/invoiceNumber": number}))


def kept_files(visitor: Visitor) -> list[str]:
    """The sealed files of all the shipper's drafts, those of other tests among them."""
    session = visitor.desk.session("shipper")
    assert session is not None
    return sorted(visitor.desk.shelf(session, "attached").names())


def test_a_file_of_a_draft_is_listed_signed_with_the_document_and_read_by_its_receiver(
    office: Office, visitor: Visitor
) -> None:
    place, carrier = ready(visitor)
    before = kept_files(visitor)
    led = visitor.post(place, do="files", endorsee=carrier, **(INVOICE | {"/header/invoiceNumber": "FILES-1"}))
    assert "A file to seal with the document" in led
    assert FILE[0] in put(visitor, place, *FILE).text
    assert "Attached files (1)" in visitor.get(place)
    shown = checked(visitor, place, carrier, "FILES-1")
    assert FILE[0] in shown
    done = visitor.post(f"{place}/sign", summary=summary_of(shown))
    document = re.findall(r"/files/([0-9a-f]{64})", done)[0]
    (found,) = attaching.attachments(office.carrier, document)
    assert (found.name, found.media_type) == (FILE[0], "text/plain")
    assert attaching.read(office.carrier.client, found) == FILE[1]
    assert visitor.http.get(f"{place}/files").status_code == 409
    assert kept_files(visitor) == before


def test_nothing_of_a_file_lies_readable_on_the_disk_and_it_survives_a_lock(office: Office, visitor: Visitor) -> None:
    place, _ = ready(visitor)
    before = kept_files(visitor)
    put(visitor, place, *FILE)
    kept = [path.read_bytes() for path in visitor.desk.files.rglob("*.sealed")]
    assert kept
    assert [blob for blob in kept if b"two cases" in blob or b"packing" in blob] == []
    visitor.post("/lock")
    visitor.unlock("shipper")
    page = visitor.get(f"{place}/files")
    assert FILE[0] in page
    (name,) = re.findall(r'name="file" value="([0-9a-f]{32})"', page)
    assert FILE[0] not in visitor.post(f"{place}/files/remove", file=name)
    put(visitor, place, *FILE)
    visitor.post(f"{place}/delete")
    assert kept_files(visitor) == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (".hidden", "A file of this name is not taken"),
        ("bill\u202efdp.exe", "A file of this name is not taken"),
        ("x" * 256, "A file of this name is not taken"),
        ("", "No file was chosen"),
    ],
    ids=["hidden", "turned round", "long", "none chosen"],
)
def test_a_file_that_is_refused_is_told_in_words_and_the_draft_keeps_what_it_has(
    visitor: Visitor, name: str, said: str
) -> None:
    place, carrier = ready(visitor)
    visitor.post(place, do="save", endorsee=carrier, **INVOICE)
    put(visitor, place, *FILE)
    if name:
        answer = put(visitor, place, name, b"x")
    else:  # as a browser sends a form in which none was chosen
        answer = visitor.http.post(
            f"{place}/files",
            content=(
                f'--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n{visitor.desk.form_token}\r\n--b\r\n'
                'Content-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--b--\r\n'
            ).encode(),
            headers={"Origin": visitor.origin, "Content-Type": "multipart/form-data; boundary=b"},
        )
    assert answer.status_code == 409
    assert said in answer.text
    page = visitor.get(f"{place}/files")
    assert FILE[0] in page
    assert page.count('name="file" value=') == 1
    assert "Laem Thong" in visitor.get(place)


def test_names_of_files_do_nothing_on_any_page_and_programs_are_named_as_such(office: Office, visitor: Visitor) -> None:
    place, carrier = ready(visitor)
    for name in HOSTILE:
        put(visitor, place, name, b"x")
    for page in (visitor.get(f"{place}/files"), checked(visitor, place, carrier, "FILES-2")):
        assert "<img" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;.html" in page
        assert page.count("A program or page") == 3


def test_a_draft_takes_so_many_files_and_says_when_there_is_no_room(visitor: Visitor) -> None:
    place, _ = ready(visitor)
    for number in range(attached.MOST):
        assert put(visitor, place, f"{number}.txt", b"x").status_code == 200
    answer = put(visitor, place, "another.txt", b"x")
    assert answer.status_code == 409
    assert "The draft holds as many files" in answer.text
    assert answer.text.count('name="file" value=') == attached.MOST


def test_what_is_signed_lists_name_size_type_and_digest_and_nothing_goes_up_before(
    office: Office, visitor: Visitor
) -> None:
    place, carrier = ready(visitor)
    put(visitor, place, *FILE)
    page = checked(visitor, place, carrier, "FILES-3")
    for told in (FILE[0], f"{len(FILE[1])} B", "text/plain", hashlib.sha256(FILE[1]).hexdigest()):
        assert told in page
    session = visitor.desk.session("shipper")
    assert session is not None
    (file,) = drafts.from_json(visitor.desk.shelf(session, drafts.SORT).get(place.rpartition("/")[2])).files
    found = attaching.Attachment.from_value(file.value)
    with pytest.raises(NotFound):
        attaching.read(office.carrier.client, found)
    assert found.key.hex() not in page


@pytest.mark.parametrize("change", ["taken out", "added"])
def test_a_file_that_is_added_or_taken_out_after_the_summary_stops_the_signature(visitor: Visitor, change: str) -> None:
    place, carrier = ready(visitor)
    page = put(visitor, place, *FILE).text
    shown = checked(visitor, place, carrier, "FILES-4")
    if change == "added":
        put(visitor, place, "another.txt", b"x")
    else:
        visitor.post(f"{place}/files/remove", file=re.findall(r'name="file" value="([0-9a-f]{32})"', page)[0])
    told = visitor.post(f"{place}/sign", 409, summary=summary_of(shown))
    assert "what it showed was changed since" in told
    assert "FILES-4" in visitor.get(place)


def test_a_folder_in_a_name_is_left_out(visitor: Visitor) -> None:
    place, _ = ready(visitor)
    page = put(visitor, place, r"C:\secret\folder\list.txt", b"x").text
    assert "list.txt" in page
    assert "secret" not in page


def test_a_file_as_large_as_is_taken_goes_through_and_a_larger_one_is_refused(visitor: Visitor) -> None:
    place, _ = ready(visitor)
    assert "8.4 MB" in put(visitor, place, "large.bin", bytes(MAX_UPLOAD - 2_000)).text
    answer = put(visitor, place, "larger.bin", bytes(3 * MAX_UPLOAD))
    assert answer.status_code == 409
    assert "The file is too large for this page" in answer.text
    assert "larger.bin" not in visitor.get(f"{place}/files")
    visitor.desk.language = "ja"
    assert "ファイルが大きすぎる" in put(visitor, place, "larger.bin", bytes(MAX_UPLOAD + 1)).text
    answer = visitor.http.post(
        "/as/shipper/import", content=bytes(MAX_UPLOAD + 1), headers={"Origin": visitor.origin}, timeout=60
    )
    assert "8 MBを超えている" in answer.text


def test_the_second_officer_reads_the_files_of_a_new_document_before_he_signs(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = two(office.url, tmp_path, "Line of Two", "carrier")
    with line.desk("first", 0) as first, line.desk("second", 1) as second:
        sent = first.http.post(
            "/as/first/import",
            data={"token": first.desk.form_token, "kind": "ebl-negotiable"},
            files={"file": ("bill.json", SAMPLE.read_bytes())},
            headers={"Origin": first.origin},
        )
        place = sent.url.path
        put(first, place, *FILE)
        session = first.desk.session("first")
        assert session is not None
        kept = drafts.from_json(first.desk.shelf(session, drafts.SORT).get(place.rpartition("/")[2]))
        holder = str(office.shipper)
        given = {at: text for at, text in kept.filled.texts.items() if text}
        page = first.post(place, do="check", counterparty=holder, endorsee=holder, **given)
        page = first.post(f"{place}/sign", summary=summary_of(page))
        (digest,) = set(re.findall(r"/as/first/waiting/([0-9a-f]{64})/withdraw", page))
        assert FILE[0] in first.get(f"{place}/files")
        page = second.get(f"/as/second/waiting/{digest}")
        assert FILE[0] in page
        assert hashlib.sha256(FILE[1]).hexdigest() in page
        there = f"/as/second/waiting/{digest}/files"
        token = {"token": second.desk.form_token}
        saved = second.http.post(f"{there}/1", data=token, headers={"Origin": second.origin})
        assert saved.content == FILE[1], "the second officer reads it before he signs"
        assert saved.headers["content-disposition"].startswith("attachment;")
        assert second.http.post(f"{there}/2", data=token, headers={"Origin": second.origin}).status_code == 404
        assert second.http.post(f"{there}/1", headers={"Origin": second.origin}).status_code == 403

        where = ["--as", "second", "--home", str(tmp_path / "second"), "--gateway", office.url]
        secret = tmp_path / "passphrase"
        secret.write_text(PASSPHRASE)
        where += ["--passphrase-file", str(secret)]
        assert main(["waiting", "show", digest, "--save", str(tmp_path / "saved"), *where]) == 0
        assert (tmp_path / "saved" / FILE[0]).read_bytes() == FILE[1]

        def damaged(*_: Any) -> None:
            raise CiphertextMismatch("a blob", "other bytes", "the sealed ones")

        with monkeypatch.context() as patch:
            patch.setattr(attaching, "open_stream", damaged)
            page = second.post(f"/as/second/waiting/{digest}/sign", 409, summary=summary_of(page))
            monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
            assert main(["waiting", "sign", digest, *where]) == Exit.VERIFICATION
        assert "Nothing was signed: an attached file could not be fetched" in page
        (one,) = line.whole.waiting()
        assert one.found is not None
        assert one.found.missing == 1
        page = second.post(f"/as/second/waiting/{digest}/sign", summary=summary_of(page))
        document = re.findall(r"/files/([0-9a-f]{64})", page)[0]
        (found,) = attaching.attachments(line.whole, document)
        assert attaching.read(line.whole.client, found) == FILE[1]
    line.whole.client.close()


def test_files_are_taken_from_forms_of_this_desk_only(visitor: Visitor) -> None:
    place, _ = ready(visitor)
    assert put(visitor, place, *FILE, token="made up").status_code == 403
    assert FILE[0] not in visitor.get(f"{place}/files")
