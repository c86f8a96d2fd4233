"""The browser's own buttons: back, forward and reload look at pages; they lose nothing and sign nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.desk.browser.conftest import Visit
from tests.desk.browser.test_every_page import INVOICE
from tests.desk.conftest import Office
from tests.desk.test_importing import table
from tests.support.browsers import Window


def stays(window: Window, mark: str) -> None:
    """The page is the same one after reload, and after back and forward; the browser asks for no form again."""
    page = window.page
    address, said = page.url, told(page, mark)
    assert said[1]
    for _ in range(2):
        page.reload()
        assert (page.url, told(page, mark)) == (address, said)
    page.go_back()
    assert page.url != address
    assert page.locator("main").count()
    page.go_forward()
    assert (page.url, told(page, mark)) == (address, said)


def told(page: Page, mark: str) -> tuple[str, bool]:
    """What the page is about and whether it still says so; times and what the ledger has of it may move on."""
    return page.inner_text("main h1"), mark in page.inner_text("main")


def to_the_form_again(page: Page, **typed: str) -> None:
    page.go_back()
    assert {name: page.input_value(f"#{name}") for name in typed} == typed


def test_an_act_is_gone_back_from_looked_at_again_and_signed_once(office: Office, visit: Visit) -> None:
    bill = office.bill()
    before = len(office.carrier.history(bill))
    with visit("carrier") as (window, _):
        page = window.page
        page.goto(f"{window.origin}/as/carrier/documents/{bill}/NOTICE")
        page.fill("#comments", "a lien on the boxes")
        page.click("main button.main")
        stays(window, "This is needed.")
        to_the_form_again(page, comments="a lien on the boxes")
        page.fill("#reasonCode", "LIEN")
        page.click("main button.main")
        stays(window, "a lien on the boxes")
        to_the_form_again(page, reasonCode="LIEN", comments="a lien on the boxes")
        page.go_forward()
        page.click("form[action$='/sign'] button.main")
        assert page.is_visible("[role=status]")
        page.reload()
        page.go_back()
        assert "a lien on the boxes" in page.inner_text("main")
        page.click("form[action$='/sign'] button.main")
        stays(window, "Nothing was signed")
        assert window.troubles() == []
    assert len(office.carrier.history(bill)) == before + 1


def test_an_inspection_and_what_was_signed_after_it_are_gone_back_from(office: Office, visit: Visit) -> None:
    bill = office.bill()
    before = len(office.carrier.history(bill))
    with visit("shipper") as (window, _):
        page = window.page
        page.goto(f"{window.origin}/as/shipper/documents/{bill}")
        page.click("a[href$='/ACCEPT']")
        page.reload()
        page.go_back()
        page.go_forward()
        page.click("form[action$='/sign'] button.main")
        stays(window, "Signed, and on the ledger.")
        page.go_back()
        page.go_back()
        assert page.is_visible("main h1")
    assert len(office.carrier.history(bill)) == before + 1


def invoices(office: Office) -> int:
    return sum(one.kind_id == "commercial-invoice" for one in office.carrier.client.documents())


def test_a_draft_is_gone_back_to_from_its_mistakes_and_its_summary_and_becomes_one_document(
    office: Office, visit: Visit
) -> None:
    before = invoices(office)
    with visit("shipper") as (window, _):
        page = window.page
        page.goto(f"{window.origin}/as/shipper/new")
        page.click("form:has([name='kind'][value='commercial-invoice']) button")
        page.fill("[name='/header/invoiceNumber']", "BACK-1")
        page.click("main button[value='check']")
        stays(window, "This must be put right first")
        page.go_back()
        assert page.input_value("[name='/header/invoiceNumber']") == "BACK-1"
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        for name, text in {**INVOICE, "/header/invoiceNumber": "BACK-2"}.items():
            page.fill(f"[name='{name}']", text)
        page.select_option("#endorsee", label=office.name_of("carrier"))
        page.click("main button[value='check']")
        stays(window, "BACK-2")
        page.go_back()
        assert page.input_value("[name='/header/invoiceNumber']") == "BACK-2"
        page.go_forward()
        page.click("form[action$='/sign'] button.main")
        assert page.is_visible("[role=status]")
        page.go_back()
        page.click("form[action$='/sign'] button.main")
        stays(window, "That did not work")
        assert window.troubles() == []
    assert invoices(office) == before + 1


def test_rows_are_gone_back_to_from_their_summary_and_signed_once(office: Office, visit: Visit) -> None:
    before = invoices(office)
    with visit("shipper") as (window, _):
        page = window.page
        page.goto(f"{window.origin}/as/shipper/new")
        page.select_option("form[action$='/import'] #kind", "commercial-invoice")
        rows = table("BACK-3", "BACK-4").encode()
        page.set_input_files("#file", {"name": "rows.csv", "mimeType": "text/csv", "buffer": rows})
        page.click("form[action$='/import'] button")
        page.click("button[value='check']")
        stays(window, "This is needed.")
        page.select_option("#endorsee", label=office.name_of("carrier"))
        page.click("button[value='check']")
        stays(window, office.name_of("carrier"))
        page.click("form[action$='/sign'] button.main")
        while page.locator("progress").get_attribute("value") != "2":
            page.wait_for_timeout(300)
            page.reload()
        page.go_back()
        page.click("form[action$='/sign'] button.main")
        stays(window, "Nothing was signed")
    assert invoices(office) == before + 2


@pytest.mark.parametrize("query", ["DESK26", "no such thing"])
def test_a_search_is_gone_back_to_and_says_nothing_in_its_address(office: Office, visit: Visit, query: str) -> None:
    office.bill()
    with visit("shipper") as (window, _):
        window.page.fill("#query", query)
        window.page.click("form[role='search'] button")
        stays(window, "Search")
        assert query not in "".join(window.asked)


def test_chosen_fields_are_still_chosen_after_going_back(office: Office, visit: Visit) -> None:
    bill = office.bill()
    with visit("shipper") as (window, _):
        page = window.page
        page.goto(f"{window.origin}/as/shipper/out/{bill}/disclose")
        page.fill("#audience", "Example customs")
        page.fill("#purpose", "release")
        box = page.locator("main input[type=checkbox]:not([disabled])").first
        name = box.get_attribute("name")
        box.check()
        page.click("main button.main")
        stays(window, "Example customs")
        to_the_form_again(page, audience="Example customs", purpose="release")
        assert page.is_checked(f"[name='{name}']")


def test_a_refused_passphrase_is_gone_back_from(visit: Visit) -> None:
    with visit() as (window, _):
        window.page.fill("#passphrase", "wrong passphrase")
        window.page.click("main button.main")
        stays(window, "This passphrase does not open")
        assert "wrong passphrase" not in window.page.content()
