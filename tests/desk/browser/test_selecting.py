"""Several documents accepted in one go by a person without a mouse, on a phone's width, with scripts switched off."""

from __future__ import annotations

import pytest
from tests.desk.browser.conftest import Visit
from tests.desk.browser.test_by_keyboard import press
from tests.desk.conftest import Office

from portledger.desk.words import word


@pytest.mark.parametrize("language", ["en", "ja"])
def test_several_bills_are_chosen_read_and_accepted_by_keyboard_without_scripts(
    office: Office, visit: Visit, language: str
) -> None:
    bills = [office.bill() for _ in range(3)]
    with visit(
        "shipper", language, java_script_enabled=False, viewport={"width": 375, "height": 800}, locale=language
    ) as (window, _):
        page = window.page
        for bill in bills:
            page.focus(f"input[name='pick.{bill}']")
            page.keyboard.press("Space")
            assert page.is_checked(f"input[name='pick.{bill}']")
        page.select_option("#act-todo", "ACCEPT")  # others may come first, of documents that earlier tests left
        page.focus("#act-todo")
        page.keyboard.press("Tab")
        press(window)
        page.wait_for_selector("#sign button")
        headings = page.locator("section[aria-labelledby] h2").all_inner_texts()
        assert {one.rpartition(" ")[2] for one in headings} == {bill[:12] for bill in bills}
        assert office.carrier.record(bills[0]).possessor == office.carrier.party
        office.carrier.withdraw(bills[2])
        page.focus("#sign button")
        press(window)
        page.wait_for_selector(f"text={word('job.progress', language, ended='3', total='3')}")
        address = page.url
        page.reload()
        assert page.url == address
        told = word("several.result", language, done="2", waits="0", failed="1")
        assert told in page.inner_text("main")
    assert {office.carrier.record(one).possessor for one in bills[:2]} == {office.shipper}


def test_a_whole_list_is_ticked_by_one_link_and_unticked_again(office: Office, visit: Visit) -> None:
    bill = office.bill()
    with visit("shipper") as (window, _):
        window.page.click("a[href*='/select/todo']")
        assert window.page.is_checked(f"input[name='pick.{bill}']")
        window.page.click("a.button[href$='/as/shipper/#todo']")
        assert not window.page.is_checked(f"input[name='pick.{bill}']")
        assert window.troubles() == []
