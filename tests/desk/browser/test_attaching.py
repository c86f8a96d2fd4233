"""A person puts a file to a draft, signs, and the receiver saves it: without a mouse but for the choice of the file."""

from __future__ import annotations

import pytest
from tests.desk.browser.conftest import Visit, unlock
from tests.desk.browser.test_by_keyboard import press, tab_to
from tests.desk.browser.test_every_page import INVOICE
from tests.desk.conftest import Office

from portledger.desk.words import word

PDF = b"%PDF-1.7\nhello\n"
NAME = "送り状 髙﨑.pdf"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_file_is_put_to_a_draft_signed_with_it_and_saved_by_its_receiver(
    office: Office, visit: Visit, language: str
) -> None:
    with visit("shipper", language) as (window, _):
        page = window.page
        page.goto(f"{window.origin}/as/shipper/new")
        page.click("form:has([name='kind'][value='commercial-invoice']) button")
        for at in ("/cargo/items", "/commercial/prices"):
            if not page.locator(f"[id='{at}/0']").count() and page.locator(f"button[value='add:{at}']").count():
                page.click(f"button[value='add:{at}']")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        for name, text in (INVOICE | {"/header/invoiceNumber": f"FILE-{language}"}).items():
            page.fill(f"[name='{name}']", text)
        page.select_option("#endorsee", label=office.name_of("carrier"))
        page.click("button[value='files']")
        for name in (NAME, "<b>taken out</b>.txt"):
            page.set_input_files("#file", {"name": name, "mimeType": "text/html", "buffer": PDF})
            tab_to(window, "form[enctype] button.main")
            press(window)
        tab_to(window, "tr:nth-child(2) form[action$='/remove'] button")
        press(window)
        page.reload()
        assert NAME in window.text()
        assert "taken out" not in window.text()
        page.click("main a")
        assert f"{word('files.title', language)} (1)" in window.text()
        page.click("main button[value='check']")
        assert NAME in window.text()
        assert "application/pdf" in window.text()
        page.click("#sign button.main")
        assert page.is_visible(".success")
        unlock(window, "carrier")
        page.click("section.todo a, section.processing a")
        page.click("a[href*='/files/']")
        with page.expect_download() as saved:
            page.click("form[action$='/1'] button")
        assert saved.value.suggested_filename == NAME
        assert saved.value.path().read_bytes() == PDF
        assert window.troubles() == []
