"""Japanese names come through as they were written, and are drawn with Japanese letters on pages of both languages."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from tests.desk.browser.conftest import Visit
from tests.desk.conftest import Office
from tests.support.browsers import Window

NAMES = "株式会社髙﨑商店　横浜第２倉庫　１２３－４５６７　吉𠮷 神神 ﾊﾝｶｸ ①㈱"
"""Letters that many systems lose: 髙 and 﨑, full-width digits and spaces, one beyond the first plane, a variant that
looks like another, half-width kana, a sign for a company."""
DRAWN_OTHERWISE_IN_CHINA = "直骨令次底"
"""Letters that Japanese and Chinese fonts draw differently under the same number."""


def japanese_fonts() -> bool:
    """Whether this machine has a font made for Japanese, as every machine in Japan has."""
    found = subprocess.run(["fc-list", ":lang=ja", "family"], capture_output=True, text=True, check=False)
    return "CJK JP" in found.stdout


def fonts_of(window: Window, selector: str) -> set[str]:
    """The fonts that the browser really took for a text."""
    session = window.context.new_cdp_session(window.page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    document: Any = session.send("DOM.getDocument")
    node: Any = session.send("DOM.querySelector", {"nodeId": document["root"]["nodeId"], "selector": selector})
    used: Any = session.send("CSS.getPlatformFontsForNode", {"nodeId": node["nodeId"]})
    return {one["familyName"] for one in used["fonts"]}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_japanese_names_are_shown_as_they_were_written(office: Office, visit: Visit, language: str) -> None:
    bill = office.bill(termsAndConditions=NAMES)
    with visit("shipper", language) as (window, _):
        assert "株式会社髙﨑" in window.page.inner_text("h1")
        for path in ("", "/ACCEPT"):
            window.page.goto(f"{window.origin}/as/shipper/documents/{bill}{path}")
            assert window.page.locator(".value", has_text="髙﨑商店").first.text_content() == NAMES


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_name_that_is_typed_comes_back_as_it_was_typed(office: Office, visit: Visit, language: str) -> None:
    bill = office.bill()
    with visit("shipper", language) as (window, _):
        window.page.goto(f"{window.origin}/as/shipper/documents/{bill}/DECLINE")
        window.page.fill("#reasonCode", NAMES)
        window.page.click("main button.main")
        assert NAMES in (window.page.text_content("main") or "")
        window.page.click("main button.main")
        assert NAMES in (window.page.text_content("main") or "")


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("typed", ["髙﨑", "第2倉庫", "第２倉庫", "123-4567", "１２３－４５６７", "ハンカク", "ﾊﾝｶｸ"])
def test_a_document_is_found_by_a_name_in_whatever_width_it_is_typed(
    office: Office, visit: Visit, language: str, typed: str
) -> None:
    bill = office.bill(termsAndConditions=NAMES)
    with visit("shipper", language) as (window, _):
        window.page.fill("#query", typed)
        window.page.click("form[role='search'] button")
        window.page.wait_for_selector(f"a[href$='/documents/{bill}']")
        assert NAMES in (window.page.text_content("main") or "")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_inbox_names_the_issuer_as_it_is_written(office: Office, visit: Visit, language: str) -> None:
    """The shipper's own invoice: its name has 髙 and 﨑, and angle brackets."""
    with visit("shipper", language) as (window, _):
        page = window.page
        page.goto(f"{window.origin}/as/shipper/new")
        page.click("form:has([name='kind'][value='commercial-invoice']) button")
        page.click("main button[value='check']")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        number = f"NAMES-{language}-{window.origin[-5:]}"
        typed = {
            "/header/invoiceNumber": number, "/header/invoiceDate": "２０２６年１０月１２日",
            "/parties/seller/name": "株式会社髙﨑商店　第２", "/parties/buyer/name": "吉𠮷",
            "/cargo/items/0/number": "１", "/cargo/items/0/description": NAMES, "/cargo/items/0/quantity/value": "４８",
            "/cargo/items/0/quantity/unit": "PCE", "/commercial/prices/0/number": "１",
            "/commercial/prices/0/amount": "８３，６４０", "/commercial/currency": "USD",
            "/commercial/goodsTotal": "83640",
        }  # fmt: skip
        for name, text in typed.items():
            page.fill(f"[name='{name}']", text)
        page.select_option("#endorsee", index=1)
        page.click("main button[value='check']")
        shown = page.text_content("main") or ""
        for wanted in ("株式会社髙﨑商店　第２", "吉𠮷", NAMES, "2026-10-12", "48", "83640"):
            assert wanted in shown
        page.click("main form[action$='/sign'] button.main")
        page.goto(f"{window.origin}/as/shipper/")
        assert office.name_of("shipper") in page.inner_text("main")
        assert page.locator("td", has_text=office.name_of("shipper")).count() >= 1


@pytest.mark.skipif(not japanese_fonts(), reason="no font for Japanese on this machine: scripts/browser installs one")
@pytest.mark.parametrize("language", ["en", "ja"])
def test_japanese_text_is_drawn_in_a_japanese_font_on_pages_of_both_languages(
    office: Office, visit: Visit, language: str
) -> None:
    bill = office.bill(termsAndConditions=DRAWN_OTHERWISE_IN_CHINA)
    with visit("shipper", language) as (window, _):
        assert "Noto Sans CJK JP" in fonts_of(window, "h1 bdi")
        window.page.goto(f"{window.origin}/as/shipper/documents/{bill}")
        window.page.locator(".value", has_text=DRAWN_OTHERWISE_IN_CHINA).first.evaluate(
            "(one) => { one.id = 'drawn'; }"
        )
        assert fonts_of(window, "#drawn") == {"Noto Sans CJK JP"}
