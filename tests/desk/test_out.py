"""What leaves the desk: evidence files, PDFs with them inside, presentations, and a message that tells nothing."""

from __future__ import annotations

import email
import io
import re
import time

import httpx
import pytest
from tests.desk.conftest import Office, Visitor, browsing, summary_of

from portledger.evidence.policy import LedgerRule, Policy
from portledger.evidence.presentation import Presentation
from portledger.evidence.verdict import Class, Verdict, judge
from portledger.sdk.evidence_files import release

pypdf = pytest.importorskip("pypdf")
pytest.importorskip("typst")

HOSTILE = "<script>alert(1)</script> #panic() $x$ *b* {{ 7*7 }} \u202e gnp.exe"


def verdict(office: Office, data: bytes) -> Verdict:
    domain = office.carrier.domain
    policy = Policy((LedgerRule(domain.chain_id, "none", domain.ledger, domain.salt),))
    return judge(data, policy, release(), int(time.time()))


def sent(visitor: Visitor, path: str, **fields: str) -> httpx.Response:
    answer = visitor.http.post(
        path, data={"token": visitor.desk.form_token, **fields}, headers={"Origin": visitor.origin}
    )
    assert answer.status_code == 200, answer.text
    return answer


def text_of(data: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def test_an_evidence_file_shows_what_was_ticked_and_verifies(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    assert "Save the evidence file" in visitor.get(f"/as/shipper/out/{document}")
    answer = sent(visitor, f"/as/shipper/out/{document}/evidence", **{"open.1": "header"})
    assert answer.headers["content-disposition"] == f'attachment; filename="{document[:12]}.evidence.json"'
    found = verdict(office, answer.content)
    assert found.verdict == Class.UNSEALED
    assert found.shown is not None
    assert [one.dataset for one in found.shown.opened] == ["header"]  # type: ignore[union-attr]


def test_a_pdf_holds_the_evidence_and_reads_with_name_kanji(office: Office, visitor: Visitor) -> None:
    document = office.bill(termsAndConditions="株式会社髙﨑 １２３ " + HOSTILE + "x" * 3_000)
    visitor.unlock("shipper")
    datasets = re.findall(r'name="(open\.\d+)" value="(\w+)"', visitor.get(f"/as/shipper/out/{document}"))
    answer = sent(visitor, f"/as/shipper/out/{document}/pdf", **dict(datasets))
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    ((name, (inside,)),) = reader.attachments.items()
    assert name == f"{document[:12]}.evidence.json"
    assert verdict(office, inside).verdict == Class.UNSEALED
    (file,) = reader.trailer["/Root"]["/AF"]
    assert file.get_object()["/AFRelationship"] == "/Data"
    xmp = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>3" in xmp
    text = text_of(answer.content).replace("\n", "")
    for wanted in ("髙﨑", "１２３", document, "<script>alert(1)</script> #panic() $x$ *b*", "⟦U+202E⟧"):
        assert wanted in text
    assert text.count("x") > 3_000  # nothing is cut off at the edge of the page
    assert f"{office.url}/verify" in text


def test_the_verify_page_that_a_pdf_leads_to_is_there_and_lets_its_own_script_run(office: Office) -> None:
    answer = httpx.get(f"{office.url}/verify")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert policy.endswith("frame-ancestors 'none'")
    assert "Verify a trade document" in answer.text


def test_a_character_without_a_glyph_is_named_and_no_pdf_is_made(office: Office, visitor: Visitor) -> None:
    document = office.bill(termsAndConditions="ok \U0001f6a2 ก")
    visitor.unlock("shipper")
    path = f"/as/shipper/out/{document}"
    datasets = dict(re.findall(r'name="(open\.\d+)" value="(\w+)"', visitor.get(path)))
    page = visitor.post(f"{path}/pdf", 409, **datasets)
    assert "🚢 (U+1F6A2)" in page
    assert "(U+0E01)" in page
    assert sent(visitor, f"{path}/evidence", **datasets).content.startswith(b"{")


def test_chosen_fields_are_shown_before_they_are_signed_for_one_reader(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    path = f"/as/shipper/out/{document}"
    page = visitor.get(f"{path}/disclose")
    name, place = re.findall(r'name="(field\.\d+)" value="(\w+:/[^"]*[lL]ocation[^"]*)"', page)[0]
    shown = visitor.post(f"{path}/disclose", audience="税関 <i>", purpose="import", days="7", **{name: place})
    assert "税関 &lt;i&gt; may conclude that these fields stand in the document" in shown
    answer = sent(visitor, f"{path}/present", summary=summary_of(shown))
    found = verdict(office, answer.content)
    assert found.verdict == Class.UNSEALED, found.to_dict()
    assert isinstance(found.shown, Presentation)
    assert (found.shown.audience, found.shown.purpose) == ("税関 <i>", "import")
    assert found.shown.expires_at - found.shown.created_at == 7 * 86_400
    places = {f"{dataset}:{proof.path}" for dataset, proof in found.shown.fields}
    assert place in places
    assert len(places) < len(re.findall(r'name="field\.', page))


def test_a_mistake_in_the_wizard_loses_nothing_that_was_chosen(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    path = f"/as/shipper/out/{document}/disclose"
    name, place = re.findall(r'name="(field\.\d+)" value="([^"]+)"', visitor.get(path))[0]
    page = visitor.post(path, 422, audience='"Customs"', purpose="", days="0", **{name: place})
    assert "This is needed." in page
    assert "A whole number of days" in page
    assert "&#34;Customs&#34;" in page
    assert f'value="{place}" checked' in page
    assert "Tick at least one field." in visitor.post(path, 422, audience="a", purpose="b", days="1")


@pytest.mark.parametrize("place", ["header", "header:/nothing", "nowhere:/x", "header:/" + "x" * 5_000])
def test_a_field_that_the_document_lacks_is_refused(office: Office, visitor: Visitor, place: str) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    fields = {"audience": "a", "purpose": "b", "days": "1", "field.0": place}
    answer = visitor.http.post(
        f"/as/shipper/out/{document}/disclose",
        data={"token": visitor.desk.form_token, **fields},
        headers={"Origin": visitor.origin},
    )
    assert answer.status_code in (409, 422)
    assert 'name="summary"' not in answer.text


def test_a_summary_of_an_act_signs_no_presentation_and_the_other_way_round(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    act = summary_of(visitor.get(f"/as/shipper/documents/{document}/ACCEPT"))
    visitor.post(f"/as/shipper/out/{document}/present", 409, summary=act)
    path = f"/as/shipper/out/{document}/disclose"
    name, place = re.findall(r'name="(field\.\d+)" value="([^"]+)"', visitor.get(path))[0]
    shown = summary_of(visitor.post(path, audience="a", purpose="b", days="1", **{name: place}))
    visitor.post(f"/as/shipper/documents/{document}/sign", 409, summary=shown)
    assert office.carrier.record(document).possessor == office.carrier.party


def test_the_message_names_no_party_no_contents_and_no_address(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    made = email.message_from_bytes(sent(visitor, f"/as/shipper/out/{document}/message").content)
    body = made.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert document in body
    assert "文書" in body
    for hidden in ("DESK26", "髙﨑", "Example Line", "http", office.url):
        assert hidden not in body


def test_nothing_leaves_without_the_forms_token_or_of_a_document_of_others(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("bank")
    for path in ("evidence", "pdf", "message", "disclose", "present"):
        visitor.post(f"/as/bank/out/{document}/{path}", 403, token="made up")
        visitor.post(f"/as/bank/out/{document}/{path}", 409)
    assert visitor.http.get(f"/as/bank/out/{document}").status_code == 409


def test_the_pages_speak_japanese(office: Office) -> None:
    document = office.bill()
    with (
        office.desk("ja") as (desk, origin, link),
        browsing(origin) as http,
    ):
        http.get(link)
        visitor = Visitor(http, origin, desk)
        visitor.unlock("shipper")
        assert "証拠ファイルを保存" in visitor.get(f"/as/shipper/out/{document}")
        path = f"/as/shipper/out/{document}/disclose"
        page = visitor.get(path)
        assert "この相手に何を見せますか" in page
        name, place = re.findall(r'name="(field\.\d+)" value="([^"]+)"', page)[0]
        assert "相手が結論できること" in visitor.post(path, audience="a", purpose="b", days="1", **{name: place})
        pdf = sent(visitor, f"/as/shipper/out/{document}/pdf", **{"open.1": "header"})
        assert "この紙面は閲覧用の写しです" in text_of(pdf.content).replace("\n", "")
