"""A page that is open shows what others do, without a reload, and says when it cannot; and it is the same as ever in a
browser that runs no script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.desk.browser.conftest import Visit
from tests.desk.browser.test_every_page import AXE, RUN_AXE
from tests.desk.conftest import Office

from portledger.desk import live
from portledger.desk.words import LANGUAGES, WORDS
from portledger.sdk import news
from portledger.sdk.errors import GatewayUnreachable

WAIT = 60_000
OFFERED = "#live-show:not([hidden])"


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SECONDS", 0.2)


def said(page: Page, key: str, language: str = "en") -> None:
    """Waits until the page says so, to eyes and to screen readers."""
    text = WORDS[key][LANGUAGES.index(language)]
    page.locator("#live-said[role=status]", has_text=text).wait_for(timeout=WAIT)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('href') ?? document.activeElement.outerHTML"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_another_party_does_shows_in_an_open_inbox_and_typed_text_stays(
    office: Office, visit: Visit, language: str
) -> None:
    with visit("shipper", language, viewport={"width": 375, "height": 800}) as (window, _):
        window.page.evaluate("window.same = true")
        window.page.fill("input[type=search]", "half a wor")
        document = office.bill()
        window.page.wait_for_selector(f"a[href$='/documents/{document}']", timeout=WAIT)
        said(window.page, "live.fresh", language)
        assert window.page.evaluate("window.same")
        assert window.page.input_value("input[type=search]") == "half a wor"
        assert window.page.evaluate("document.activeElement.matches('input[type=search]')")
        assert window.troubles() == []
        window.page.evaluate(AXE.read_text())
        assert window.page.evaluate(RUN_AXE) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_in_the_middle_of_the_list_is_told_and_asks_for_it_without_a_mouse(
    office: Office, visit: Visit, language: str
) -> None:
    first = office.bill()
    with visit("shipper", language) as (window, _):
        window.page.fill("input[type=search]", "half a wor")
        window.page.focus(f"a[href$='/documents/{first}']")
        second = office.bill()
        window.page.wait_for_selector(OFFERED, timeout=WAIT)
        said(window.page, "live.news", language)
        assert focused(window.page).endswith(first)
        assert window.page.query_selector(f"a[href$='/documents/{second}']") is None
        window.page.focus(OFFERED)
        window.page.keyboard.press("Enter")
        window.page.wait_for_selector(f"a[href$='/documents/{second}']", timeout=WAIT)
        assert window.page.is_hidden("#live-show")
        assert window.page.evaluate("document.activeElement.dataset.part") == "inbox"
        window.page.keyboard.press("Tab")
        assert window.page.evaluate("document.activeElement.closest('[data-part=inbox]') !== null")
        assert window.page.input_value("input[type=search]") == "half a wor"
        assert window.troubles() == []


def test_news_that_come_while_a_person_is_on_the_button_leave_the_keyboard_a_place(
    office: Office, visit: Visit
) -> None:
    first = office.bill()
    with visit("shipper") as (window, _):
        window.page.focus(f"a[href$='/documents/{first}']")
        office.bill()
        window.page.wait_for_selector(OFFERED, timeout=WAIT)
        window.page.focus(OFFERED)
        third = office.bill()
        window.page.wait_for_selector(f"a[href$='/documents/{third}']", timeout=WAIT)
        assert window.page.is_hidden("#live-show")
        assert window.page.evaluate("document.activeElement.dataset.part") == "inbox"
        assert window.troubles() == []


def test_what_is_ticked_stays_and_nothing_that_comes_new_is_ticked(office: Office, visit: Visit) -> None:
    first = office.bill()
    with visit("shipper") as (window, _):
        page = window.page
        page.check(f"input[name='pick.{first}']")
        page.select_option("#act-todo", "ACCEPT")
        second = office.bill()
        page.wait_for_selector(OFFERED, timeout=WAIT)
        page.click(OFFERED)
        page.wait_for_selector(f"input[name='pick.{second}']", timeout=WAIT)
        assert page.is_checked(f"input[name='pick.{first}']")
        assert not page.is_checked(f"input[name='pick.{second}']")
        assert page.input_value("#act-todo") == "ACCEPT"
        page.click("a[href*='/select/todo']")
        assert page.is_checked(f"input[name='pick.{second}']")
        third = office.bill()
        page.wait_for_selector(f"input[name='pick.{third}']", timeout=WAIT)
        assert page.is_checked(f"input[name='pick.{second}']")
        assert not page.is_checked(f"input[name='pick.{third}']")
        assert window.troubles() == []


def test_an_open_document_shows_what_others_did_with_it_and_no_more_than_that(office: Office, visit: Visit) -> None:
    document = office.bill()
    with visit("shipper") as (window, _):
        with window.page.expect_response("**/live/*"):
            window.page.goto(f"{window.origin}/as/shipper/documents/{document}")
        window.page.evaluate("window.same = true")
        fetched = len(window.asked)
        office.bill()
        office.carrier.withdraw(document)
        # "live.fresh" may be said of the first look already, which came before the withdrawal
        window.page.wait_for_selector("a[href$='/ACCEPT']", state="detached", timeout=WAIT)
        said(window.page, "live.fresh")
        assert window.page.evaluate("window.same")
        looks = [one for one in window.asked[fetched:] if one.endswith(document)]
        assert len(looks) <= 2  # once when listening began, once for its own act; never for the other bill
        assert window.troubles() == []


def test_what_a_person_unfolded_is_not_folded_under_their_eyes(office: Office, visit: Visit) -> None:
    document = office.bill()
    with visit("shipper") as (window, _):
        window.page.goto(f"{window.origin}/as/shipper/documents/{document}")
        window.page.click("details summary")
        window.page.evaluate("document.activeElement.blur()")
        office.carrier.withdraw(document)
        window.page.wait_for_selector(OFFERED, timeout=WAIT)
        assert window.page.query_selector("details[open]") is not None
        assert window.page.is_visible("a[href$='/ACCEPT']")


def test_a_form_is_never_changed_under_a_person_s_hands(office: Office, visit: Visit) -> None:
    document = office.bill()
    with visit("carrier") as (window, _):
        window.page.goto(f"{window.origin}/as/carrier/documents/{document}/NOTICE")
        assert window.page.query_selector("script") is None
        window.page.fill("#comments", "a lien")
        office.carrier.withdraw(document)
        window.page.wait_for_timeout(1_000)
        assert window.page.input_value("#comments") == "a lien"


def test_what_is_on_the_screen_goes_with_the_keys(office: Office, visit: Visit) -> None:
    document = office.bill()
    with visit("shipper") as (window, desk):
        window.page.wait_for_selector(f"a[href$='/documents/{document}']")
        with window.page.expect_response("**/live/*"):
            window.page.reload()
        desk._used -= 10_000  # nobody used it for hours
        window.page.wait_for_url("**/unlock", timeout=WAIT)
        assert desk.open_parties() == []
        assert document[:12] not in window.text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lost_gateway_is_said_and_its_return_too_and_nothing_else_happens(
    office: Office, visit: Visit, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    def unreachable(*_: object) -> None:
        raise GatewayUnreachable("no answer", "a running gateway")

    monkeypatch.setattr(live, "LONGEST", 0.5)
    with visit("shipper", language) as (window, _):
        before = office.bill()
        window.page.wait_for_selector(f"a[href$='/documents/{before}']", timeout=WAIT)
        with monkeypatch.context() as silence:
            silence.setattr(news, "since", unreachable)
            said(window.page, "live.lost", language)
            missed, asked = office.bill(), len(window.asked)
            window.page.wait_for_timeout(2_000)
            assert window.asked[asked:] == []
        window.page.wait_for_selector(f"a[href$='/documents/{missed}']", timeout=WAIT)
        assert window.troubles() == []


def test_a_window_that_the_desk_refuses_says_that_it_hears_nothing_and_asks_seldom(
    office: Office, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visit("shipper") as (window, _):
        with monkeypatch.context() as full:
            full.setattr(live, "STREAMS", 0)
            window.page.reload()
            said(window.page, "live.deaf")
            window.page.wait_for_timeout(3_000)
            tried = [one for one in window.asked if "/live/" in one]
            assert len(tried) <= 4
        said(window.page, "live.back")


def test_a_browser_that_runs_no_script_reads_searches_and_accepts_as_before(office: Office, visit: Visit) -> None:
    document = office.bill()
    with visit("shipper", java_script_enabled=False) as (window, _):
        assert not window.page.is_visible("#live-show")
        assert window.page.inner_text("#live") == ""
        window.page.fill("input[type=search]", f"DESK26{office.made:05}")
        window.page.click("form[role=search] button, form:has(input[type=search]) button")
        window.page.click(f"a[href$='/documents/{document}']")
        window.page.click("a[href$='/ACCEPT']")
        window.page.click("form[action$='/sign'] button")
        assert window.page.is_visible(".success[role=status]")
        later = office.bill()
        window.page.click("main p a")
        assert later[:12] in window.text()
        assert [one for one in window.asked if "/live" in one] == []
    assert office.carrier.record(document).possessor == office.shipper
