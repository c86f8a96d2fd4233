"""Without a mouse, and with every step's place on the page to be seen."""

from __future__ import annotations

import pytest
from tests.desk.browser.conftest import Visit
from tests.desk.conftest import PASSPHRASE, Office
from tests.support.browsers import Window

RING = """() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2;
}"""


def tab_to(window: Window, selector: str) -> None:
    """Goes on with the Tab key until the focus is there; each stop on the way shows where it is."""
    for _ in range(400):  # the inbox of a long run of tests has two stops for each document
        window.page.keyboard.press("Tab")
        assert window.page.evaluate(RING), window.page.evaluate("document.activeElement.outerHTML")
        if window.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the Tab key does not lead to {selector}")


def press(window: Window, key: str = "Enter") -> None:
    """A key that leads to another page."""
    with window.page.expect_navigation():
        window.page.keyboard.press(key)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_unlocking_reading_inspecting_and_accepting_take_no_mouse(office: Office, visit: Visit, language: str) -> None:
    bill = office.bill()
    with visit(language=language) as (window, _):
        tab_to(window, "select#key")
        window.page.keyboard.type("ship")
        assert window.page.input_value("#key") == "shipper"
        tab_to(window, "#passphrase")
        window.page.keyboard.type(PASSPHRASE)
        press(window)
        tab_to(window, f"a[href$='/{bill}']")
        press(window)
        tab_to(window, "a[href$='/ACCEPT']")
        press(window)
        tab_to(window, "form[action$='/sign'] button")
        press(window)
        assert window.page.is_visible("[role=status]")
        assert window.troubles() == []
    assert office.carrier.record(bill).possessor == office.shipper


def test_the_first_stop_of_a_page_leads_past_what_all_pages_share(visit: Visit) -> None:
    with visit("shipper") as (window, _):
        window.page.keyboard.press("Tab")
        window.page.keyboard.press("Enter")
        window.page.wait_for_url("**/as/shipper/#main")


def test_after_a_mistake_the_focus_is_in_its_field_and_the_mistake_is_read_with_it(
    office: Office, visit: Visit
) -> None:
    bill = office.bill()
    with visit("carrier") as (window, _):
        window.page.goto(f"{window.origin}/as/carrier/documents/{bill}/NOTICE")
        tab_to(window, "#comments")
        window.page.keyboard.type("a lien")
        press(window)
        window.page.wait_for_function("document.activeElement.id === 'reasonCode'")
        described = window.page.get_attribute("#reasonCode", "aria-describedby")
        assert window.page.inner_text(f"#{described}") == "This is needed."
        assert window.page.input_value("#comments") == "a lien"


def test_the_language_changes_where_one_is(office: Office, visit: Visit) -> None:
    bill = office.bill()
    with visit("shipper") as (window, _):
        for path in (f"/as/shipper/documents/{bill}", f"/as/shipper/documents/{bill}/ACCEPT"):
            window.page.goto(window.origin + path)
            tab_to(window, "form[action='/language'] button")
            press(window)
            assert window.page.url == window.origin + path
        assert window.page.get_attribute("html", "lang") == "en"
