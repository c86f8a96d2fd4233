"""A whole hand-over through the desk's pages, and everything that is refused, without a browser."""

from __future__ import annotations

import re

import httpx
import msgspec
import pytest
from tests.desk.conftest import Office, Visitor, browsing, summary_of

from portledger.desk.app import COOKIE
from portledger.desk.serving import bound


def test_a_shipper_reads_accepts_and_offers_a_bill_to_the_bank(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    assert document[:12] in visitor.unlock("shipper").split('class="processing"')[0]
    page = f"/as/shipper/documents/{document}"
    assert "Check and read before accepting" in visitor.get(page)
    inspected = visitor.get(f"{page}/ACCEPT")
    assert "Bill of lading: ACCEPT" in inspected
    assert "Possession comes to you from Example Line" in inspected
    assert "<b>商店" not in inspected
    done = visitor.post(f"{page}/sign", summary=summary_of(inspected))
    assert "Signed, and on the ledger." in done
    asked = visitor.get(f"{page}/OFFER")
    (bank,) = re.findall(r'value="(\d+)">Example Bank', asked.split('id="endorsee"')[0])
    offered = visitor.post(f"{page}/OFFER", counterparty=bank, endorsee="")
    assert f"Possession leaves you when Example Bank ({bank}) accepts; you may withdraw until then." in offered
    visitor.post(f"{page}/sign", summary=summary_of(offered))
    assert office.carrier.record(document).offeree == int(bank)


def test_a_mistake_is_shown_beside_its_field_and_nothing_typed_is_lost(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("carrier")
    page = visitor.post(f"/as/carrier/documents/{document}/NOTICE", 422, reasonCode="", comments='a "lien" <i>')
    assert "This is needed." in page
    assert "a &#34;lien&#34; &lt;i&gt;" in page


def test_a_summary_is_signed_once_and_only_by_the_party_that_saw_it(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    visitor.unlock("carrier")
    page = visitor.get(f"/as/shipper/documents/{document}/DECLINE")
    if 'name="summary"' not in page:
        page = visitor.post(f"/as/shipper/documents/{document}/DECLINE", reasonCode="wrong")
    token = summary_of(page)
    before = office.carrier.record(document).sequence
    assert "Nothing was signed" in visitor.post(f"/as/carrier/documents/{document}/sign", 409, summary=token)
    assert "Nothing was signed" in visitor.post(f"/as/shipper/documents/{document}/sign", 409, summary="made up")
    assert office.carrier.record(document).sequence == before
    visitor.post(f"/as/shipper/documents/{document}/sign", summary=token)
    assert office.carrier.record(document).sequence == before + 1
    assert "Nothing was signed" in visitor.post(f"/as/shipper/documents/{document}/sign", 409, summary=token)


def test_what_was_shown_is_not_signed_on_another_history(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    shown = summary_of(visitor.get(f"/as/shipper/documents/{document}/ACCEPT"))
    office.carrier.withdraw(document)
    visitor.post(f"/as/shipper/documents/{document}/sign", 409, summary=shown)
    assert office.carrier.record(document).possessor == office.carrier.party


def test_a_locked_desk_shows_and_signs_nothing(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    shown = summary_of(visitor.get(f"/as/shipper/documents/{document}/ACCEPT"))
    visitor.post("/lock")
    assert "Unlock your keys" in visitor.get(f"/as/shipper/documents/{document}")
    assert "Unlock your keys" in visitor.post(f"/as/shipper/documents/{document}/sign", summary=shown)
    visitor.unlock("shipper")
    visitor.post(f"/as/shipper/documents/{document}/sign", 409, summary=shown)
    assert office.carrier.record(document).possessor == office.carrier.party


def test_a_wrong_passphrase_opens_nothing(visitor: Visitor) -> None:
    assert "That did not work" in visitor.post("/unlock", 409, key="shipper", passphrase="wrong")
    assert visitor.desk.open_parties() == []


def test_the_start_link_works_once(office: Office) -> None:
    with office.desk() as (_, origin, link), httpx.Client(base_url=origin) as http:
        assert http.get(link).status_code == 303
        assert httpx.get(link).status_code == 403


def test_without_the_cookie_no_page_is_shown(office: Office) -> None:
    with office.desk() as (_, origin, _):
        for path in ("/", "/unlock", "/as/shipper/"):
            assert httpx.get(origin + path).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_a_form_from_elsewhere_is_refused_even_with_cookie_and_token(visitor: Visitor, headers: dict[str, str]) -> None:
    fields = {"token": visitor.desk.form_token}
    answer = visitor.http.post("/lock", data=fields, headers={"Origin": visitor.origin, **headers})
    assert (answer.status_code, answer.text[:8]) == (403, "refused:")


def test_a_form_without_the_token_is_refused(visitor: Visitor) -> None:
    language = visitor.desk.language
    visitor.post("/language", 403, token="made up")
    assert visitor.desk.language == language


def test_a_form_without_an_origin_and_a_huge_one_are_refused(visitor: Visitor) -> None:
    assert visitor.http.post("/lock", data={"token": visitor.desk.form_token}).status_code == 403
    huge = {"token": visitor.desk.form_token, "comments": "x" * 100_000}
    assert visitor.http.post("/lock", data=huge, headers={"Origin": visitor.origin}).status_code == 403


def test_every_answer_forbids_scripts_frames_and_storing(visitor: Visitor) -> None:
    for path in ("/unlock", "/nowhere", "/static/desk.css"):
        headers = visitor.http.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'; form-action 'self'")
        assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_the_session_cookie_is_not_for_scripts_nor_for_other_sites(office: Office) -> None:
    with office.desk() as (_, _, link):
        cookie = httpx.get(link).headers["set-cookie"]
    assert cookie.startswith(COOKIE)
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def shown_at(visitor: Visitor, path: str, **fields: str) -> str:
    """The address of the page that answers a form."""
    sent = {"token": visitor.desk.form_token, **fields}
    answer = visitor.http.post(path, data=sent, headers={"Origin": visitor.origin}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_a_page_that_answers_a_form_has_an_address_without_contents_and_stays_there(
    office: Office, visitor: Visitor
) -> None:
    document = office.bill()
    visitor.unlock("carrier")
    form = f"/as/carrier/documents/{document}/NOTICE"
    place = shown_at(visitor, form, reasonCode="LIEN", comments="a secret lien")
    assert re.fullmatch(r"/shown/[\w-]{32}", place)
    summary = visitor.get(place)
    assert "a secret lien" in summary
    assert visitor.get(place) == summary
    assert 'value="a secret lien"' in visitor.get(form)
    wrong = shown_at(visitor, form, reasonCode="", comments="a secret lien")
    assert visitor.http.get(wrong).status_code == 422
    visitor.post(f"/as/carrier/documents/{document}/sign", summary=summary_of(summary))
    assert 'value="a secret lien"' not in visitor.get(form)
    visitor.post(f"/as/carrier/documents/{document}/sign", 409, summary=summary_of(visitor.get(place)))


def test_a_locked_desk_has_forgotten_the_pages_that_answered_forms_and_what_was_typed(
    office: Office, visitor: Visitor
) -> None:
    document = office.bill()
    visitor.unlock("carrier")
    form = f"/as/carrier/documents/{document}/NOTICE"
    place = shown_at(visitor, form, reasonCode="LIEN", comments="a secret lien")
    visitor.post("/lock")
    visitor.unlock("carrier")
    assert visitor.http.get(place).status_code == 410
    assert "a secret lien" not in visitor.http.get(place).text + visitor.get(form)
    with httpx.Client(base_url=visitor.origin) as stranger:
        assert stranger.get(shown_at(visitor, form, reasonCode="LIEN")).status_code == 403


def test_the_language_of_a_page_that_answers_a_form_changes_on_the_form(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("carrier")
    form = f"/as/carrier/documents/{document}/NOTICE"
    for sent_to, fields, leads_to in (
        (form, {"reasonCode": "LIEN"}, form),
        ("/as/carrier/search", {"query": "DESK26"}, "/as/carrier/"),
        (f"/as/carrier/documents/{document}/sign", {"summary": "made up"}, f"/as/carrier/documents/{document}"),
    ):
        seen = visitor.origin + shown_at(visitor, sent_to, **fields)
        answer = visitor.http.post(
            "/language",
            data={"token": visitor.desk.form_token},
            headers={"Origin": visitor.origin, "Referer": seen},
            follow_redirects=False,
        )
        assert answer.headers["location"] == leads_to


def test_the_desk_listens_on_the_loopback_address_only() -> None:
    with bound() as (place, _):
        assert place.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("sent_from", "leads_to"),
    [
        ("{origin}/as/shipper/", "/as/shipper/"),
        ("{origin}/as/shipper/documents/00/sign", "/as/shipper/documents/00"),
        ("{origin}//evil.example/", "/"),
        ("{origin}.evil.example/as/shipper/", "/"),
        ("http://evil.example/as/shipper/", "/"),
        ("", "/"),
    ],
)
def test_the_language_changes_on_the_same_page_and_leads_nowhere_else(
    visitor: Visitor, sent_from: str, leads_to: str
) -> None:
    answer = visitor.http.post(
        "/language",
        data={"token": visitor.desk.form_token},
        headers={"Origin": visitor.origin, "Referer": sent_from.format(origin=visitor.origin)},
        follow_redirects=False,
    )
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)


def test_what_went_wrong_is_said_in_the_language_of_the_page(office: Office) -> None:
    for language, sentence in (
        ("en", "This passphrase does not open"),
        ("ja", "このパスフレーズでは鍵ファイルを開けません"),
    ):
        with (
            office.desk(language) as (desk, origin, link),
            browsing(origin) as http,
        ):
            http.get(link)
            assert sentence in Visitor(http, origin, desk).post("/unlock", 409, key="shipper", passphrase="wrong")


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>=cmd|' /C calc'!A0\u202e gnp.exe {{ 7*7 }}"


def test_hostile_contents_are_shown_as_harmless_text(office: Office, visitor: Visitor) -> None:
    document = office.bill(termsAndConditions=HOSTILE + "x" * 40_000)
    visitor.unlock("shipper")
    for path in ("", "/ACCEPT"):
        page = visitor.get(f"/as/shipper/documents/{document}{path}")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x" in page
        assert "⟦U+202E⟧ gnp.exe {{ 7*7 }}" in page
        assert ("more characters" in page) == (path == "")
        assert not re.search(r"<script|<img|\u202e", page.split("<main")[1])


def test_every_page_speaks_japanese_and_names_no_other_address(office: Office) -> None:
    document = office.bill()
    with (
        office.desk("ja") as (desk, origin, link),
        browsing(origin) as http,
    ):
        assert "鍵を開く" in http.get(link).text
        visitor = Visitor(http, origin, desk)
        inbox = visitor.unlock("shipper")
        pages = [
            inbox,
            visitor.get(f"/as/shipper/documents/{document}"),
            visitor.get(f"/as/shipper/documents/{document}/ACCEPT"),
            visitor.get(f"/as/shipper/documents/{document}/DECLINE"),
        ]
    assert all("未対応" in pages[0] and '<html lang="ja">' in page for page in pages)
    assert "株式会社髙﨑" in pages[0]
    assert "この文書を支配するのはあなただけ" in pages[2]
    links = [found for page in pages for found in re.findall(r'(?:href|src|action)="([^"#]+)', page)]
    assert links
    assert [found for found in links if not found.startswith("/")] == []


def test_the_contents_are_in_no_address_of_a_page(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    page = visitor.get(f"/as/shipper/documents/{document}")
    assert "DESK26" in page
    assert [link for link in re.findall(r'(?:href|action)="([^"]*)', page) if "DESK26" in link] == []


def test_the_timeline_says_who_when_in_which_words_to_whom_and_signed_by_which_account(
    office: Office, visitor: Visitor
) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    visitor.unlock("carrier")
    page = visitor.post(f"/as/carrier/documents/{document}/NOTICE", reasonCode="LIEN", comments="a <i>lien</i>")
    visitor.post(f"/as/carrier/documents/{document}/sign", summary=summary_of(page))
    timeline = visitor.get(f"/as/shipper/documents/{document}").split("<ol>")[1]
    issued, noticed = timeline.split("<li>")[1:]
    account = office.carrier.history(document)[0].signers[0]
    for one, words in ((issued, "Bill of lading: ISSUE"), (noticed, "Bill of lading: NOTICE")):
        assert office.name_of("carrier") in one
        assert re.search(r"<time>\d{4}-\d\d-\d\d \d\d:\d\d</time>", one)
        assert words in one
        assert account in one
    assert issued.count("株式会社髙﨑 &lt;b&gt;商店&lt;/b&gt;") == 2
    assert "a &lt;i&gt;lien&lt;/i&gt;" in noticed


def test_a_timeline_that_the_gateway_tells_otherwise_is_not_shown(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the gateway's own list only the sealed words are used, under the digest that the signed act names."""
    document = office.bill()
    visitor.unlock("shipper")
    shown = visitor.get(f"/as/shipper/documents/{document}").split("<ol>")[1]
    session = visitor.desk.session("shipper")
    assert session is not None
    true = session.history(document)
    lies = [msgspec.structs.replace(one, time=0, signers=["0x" + "11" * 20]) for one in true]
    monkeypatch.setattr(type(session), "history", lambda self, document: lies)
    assert visitor.get(f"/as/shipper/documents/{document}").split("<ol>")[1] == shown
