"""Every page of the desk in a real browser, in both languages, on a phone and on a wide screen.

A tour walks through all pages once in each language; each test then says one thing of everything that was seen. The
pictures are left in .build/screens (or PORTLEDGER_SCREENS) for people to look at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser
from tests.desk.browser.conftest import unlock
from tests.desk.conftest import PASSPHRASE, Office, desk_at
from tests.desk.test_comparing import amended
from tests.desk.test_files import with_files
from tests.desk.test_importing import table
from tests.desk.test_powers import Port, port
from tests.desk.test_waiting import Two, held, two
from tests.support import browsers
from tests.support.browsers import Window

from portledger import resources
from portledger.cli.desk import registrar
from portledger.desk import pages
from portledger.desk.words import LANGUAGES, WORDS
from portledger.formats import labels

__all__ = ["port"]
ROOT: Final = Path(__file__).parents[3]
INVOICE: Final = {
    "/header/invoiceNumber": "DESK-1",
    "/header/invoiceDate": "2026-10-12",
    "/parties/seller/name": "株式会社髙﨑商店",
    "/parties/buyer/name": "Laem Thong Water Systems Co., Ltd.",
    "/cargo/items/0/number": "1",
    "/cargo/items/0/description": "Centrifugal pumps",
    "/cargo/items/0/quantity/value": "48",
    "/cargo/items/0/quantity/unit": "PCE",
    "/commercial/prices/0/number": "1",
    "/commercial/prices/0/amount": "83640",
    "/commercial/currency": "USD",
    "/commercial/goodsTotal": "83640",
}
AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SCREENS: Final = Path(os.environ.get("PORTLEDGER_SCREENS") or ROOT / ".build" / "screens")
WIDTHS: Final = (375, 1440)
SECRET: Final = "correct horse battery staple"
RUN_AXE: Final = """async () => (await axe.run({resultTypes: ['violations'], preload: false})).violations
    .filter((one) => ['serious', 'critical'].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`.slice(0, 500))"""
TOO_WIDE: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
TEXTS: Final = r"""() => {
    const data = 'bdi, code, pre, time, .value, [lang]:not(html), script, style';
    const found = [];
    const walker = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode())
        found.push([node.data, node.parentElement.closest(data) !== null]);
    for (const element of document.querySelectorAll('*'))
        for (const name of ['aria-label', 'title', 'alt', 'placeholder', 'data-head'])
            if (element.hasAttribute(name)) found.push([element.getAttribute(name), element.closest(data) !== null]);
    return found.map(([text, data]) => [text.trim().replace(/\s+/g, ' '), data]).filter(([text]) => text);
}"""
"""Every text of a page, and whether it is data: a name, a value, an account, what is signed word for word."""


@dataclass
class Look:
    """A page as it was seen in one language at one width."""

    page: str
    language: str
    width: int
    too_wide: int
    axe: list[str]
    texts: list[tuple[str, bool]]

    def __str__(self) -> str:
        return f"{self.page} ({self.language}, {self.width} px)"


@dataclass
class Tour:
    """What was seen. troubles: requests to others, complaints, things kept; templates: those that were shown."""

    looks: list[Look] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    templates: set[str] = field(default_factory=set)


def walk(office: Office, window: Window, go: Any) -> Iterator[str]:
    """Through every page of the desk; yields a page's name when the window shows it. go: opens a path."""
    page = window.page
    yield "unlock"
    page.fill("#passphrase", "wrong")
    page.click("main button.main")
    yield "unlock-refused"
    unlock(window, "bank")
    yield "inbox-empty"
    unlock(window, "shipper")
    yield "inbox"
    bill = office.bill()
    go(f"/as/shipper/documents/{bill}")
    yield "document-offered"
    page.click(f"a[href$='/{bill}/ACCEPT']")
    yield "inspection"
    page.click("button.main")
    yield "document-accepted"
    page.click(f"a[href$='/{bill}/SURRENDER_FOR_AMENDMENT']")
    yield "form"
    page.click("button.main")
    yield "form-refused"
    page.fill("#reasonCode", "PACKAGES")
    page.click("button.main")
    yield "summary"
    go(f"/as/shipper/documents/{bill}/OFFER")
    yield "form-parties"
    page.select_option("#counterparty", label=office.name_of("bank"))
    page.click("button.main")
    yield "summary-offer"
    page.click("button.main")
    yield "document-waiting"
    go(f"/as/bank/documents/{bill}")
    yield "document-of-bank"
    page.click(f"a[href$='/out/{bill}']")
    yield "out"
    page.click(f"a[href$='/out/{bill}/disclose']")
    yield "disclose"
    page.click("main button.main")
    yield "disclose-refused"
    page.fill("#audience", "Example customs")
    page.fill("#purpose", "release")
    page.locator("main input[type=checkbox]:not([disabled])").first.check()
    page.click("main button.main")
    yield "disclosed"
    changed = amended(office)
    go(f"/as/shipper/documents/{changed}")
    yield "document-of-two-versions"
    page.click(f"a[href$='/compare/{changed}']")
    yield "compare"
    attached = with_files(office)
    go(f"/as/shipper/documents/{attached}")
    page.click(f"a[href$='/files/{attached}']")
    yield "files"
    page.click("form[action$='/check'] button")
    yield "files-checked"
    yield from several(office, window, go)
    yield from write(window, go)
    go("/as/shipper/statement")
    yield "statement"
    page.fill("#day", "no day")
    page.click("main button.main")
    yield "statement-refused"
    go("/as/shipper/statement")
    page.click("main button.main")
    yield "statement-shown"
    go("/as/shipper/")
    page.fill("#query", "DESK26")
    page.click("form[role='search'] button")
    yield "search-found"
    page.fill("#query", "no such thing")
    page.click("form[role='search'] button")
    yield "search-nothing"
    again = office.bill()
    go(f"/as/shipper/documents/{again}/ACCEPT")
    office.carrier.withdraw(again)
    page.click("button.main")
    yield "error-past-history"
    go(f"/as/shipper/documents/{office.bill()}/ACCEPT")
    page.locator("input[name='summary']").evaluate("(field) => { field.value = 'used'; }")
    page.click("button.main")
    yield "error-used-summary"
    go("/nowhere")
    yield "error-not-found"
    page.goto(f"{window.origin}/as/shipper/")
    for path in crawl(window):
        go(path)
        yield "crawled" + re.sub(r"[^a-z]+", "-", path.lower())
    page.locator("form[action='/lock'] button").click()
    yield "locked"
    window.context.clear_cookies()
    go("/as/shipper/")
    yield "closed"


def several(office: Office, window: Window, go: Any) -> Iterator[str]:
    """Two bills accepted in one go, of which one was taken back meanwhile, and a third that is left out."""
    page, bills = window.page, [office.bill() for _ in range(3)]
    go("/as/shipper/select/todo")
    yield "inbox-selected"
    go("/as/shipper/")
    page.click("form[action$='/many'] button >> nth=0")
    yield "several-none"
    go("/as/shipper/")
    for bill in bills:
        page.check(f"input[name='pick.{bill}']")
    office.carrier.withdraw(bills[2])
    page.select_option("#act-todo", "ACCEPT")
    page.click("section.todo form[action$='/many'] button")
    yield "several-summary"
    office.carrier.withdraw(bills[1])
    page.click("#sign button.main")
    while page.locator("progress").get_attribute("value") != "2":
        page.wait_for_timeout(300)
        page.reload()
    yield "several-progress"
    go("/as/shipper/")
    yield "inbox-with-several"


def write(window: Window, go: Any) -> Iterator[str]:
    """An invoice by its form, up to the page before it is signed; the draft stays."""
    page = window.page
    go("/as/shipper/new")
    yield "write"
    page.click("form:has([name='kind'][value='commercial-invoice']) button")
    yield "draft"
    page.click("main button[value='check']")
    yield "draft-refused"
    if page.locator("button[value='add:/cargo/items']").count() and not page.locator("[id='/cargo/items/0']").count():
        page.click("button[value='add:/cargo/items']")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for name, text in INVOICE.items():
        page.fill(f"[name='{name}']", text)
    page.select_option("#endorsee", index=1)
    page.click("main button[value='check']")
    yield "draft-summary"
    page.click("main a.button")
    page.click("button[value='prefill']")
    yield "prefill"
    page.go_back()
    page.click("button[value='files']")
    page.set_input_files("#file", {"name": "髙﨑.html", "mimeType": "text/html", "buffer": b"<b>1</b>"})
    page.click("main button.main")
    yield "attached"
    go("/as/shipper/new")
    yield "write-with-draft"
    yield from bring(window)


def bring(window: Window) -> Iterator[str]:
    """Invoices of a table, of which one has a mistake, up to their place on the ledger."""
    page, port = window.page, window.origin[-5:]
    rows = table(f"TOUR-{port}-1", f"TOUR-{port}-2").replace("USD", "no such money", 1)
    page.select_option("form[action$='/import'] #kind", "commercial-invoice")
    page.set_input_files("#file", {"name": "rows.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    page.click("form[action$='/import'] button")
    yield "job"
    page.select_option("#endorsee", index=1)
    page.click("button[value='check']")
    yield "job-summary"
    page.click("button.main")
    while page.locator("progress").get_attribute("value") != "1":
        page.wait_for_timeout(300)
        page.reload()
    yield "job-progress"
    page.goto(window.origin + "/as/shipper/new")
    yield "write-with-job"


def powers_walk(port: Port, window: Window, go: Any) -> Iterator[str]:
    """The registrar's desk, a member's who is being changed, and the auditor's."""
    page = window.page
    request = port.ask(f"asking{window.origin[-5:]}", "Example Forwarding", "forwarder")
    go("/consortium")
    yield "consortium"
    go(f"/consortium/requests/{request}")
    yield "admission"
    page.click("form[action$='/refuse'] button")
    yield "admission-without-reason"
    go(f"/consortium/parties/{port.shipper}")
    yield "member"
    page.click("form[action$='/threshold'] button")
    yield "member-refused"
    page.locator("form[action$='/roles'] input[type='checkbox']:not(:checked)").first.check()
    page.click("form[action$='/roles'] button")
    yield "order"
    page.click("main button.main")
    yield "member-with-change"
    unlock(window, "shipper")
    yield "inbox-with-change"
    page.click("main section[role='alert'] a >> nth=-1")
    yield "change"
    unlock(window, "auditor")
    go("/as/auditor/audit")
    yield "audit"
    page.click("main button.main")
    while page.locator("p[role='status']").count():
        page.wait_for_timeout(300)
        go("/as/auditor/audit")
    yield "audit-report"
    page.fill("#day", "not a day")
    page.click("form[action$='/holdings'] button")
    yield "audit-refused"


def first_run(office: Office, window: Window, go: Any) -> Iterator[str]:
    """A desk on a machine without any key file, up to the request for admission."""
    page = window.page
    yield "unlock-without-keys"
    go("/new")
    yield "new-keys"
    page.click("main button.main")
    yield "new-keys-refused"
    page.fill("#name", "newcomer")
    page.fill("#accounts", "1")
    page.fill("#passphrase", SECRET)
    page.fill("#again", SECRET)
    page.click("main button.main")
    yield "keep-keys"
    page.fill("#passphrase", SECRET)
    page.click("main button.main")
    yield "register"
    page.click("main button.main")
    yield "register-refused"
    page.fill("#organisation", f"髙﨑 {window.origin[-5:]}")
    page.fill("#country", "JP")
    page.check("[name='role.bank']")
    page.click("main button.main")
    yield "request"
    page.click("main button.main")
    yield "request-status"
    go("/unlock")
    yield "unlock-with-request"


def officers_of(bank: Two) -> Any:
    def officers(office: Office, window: Window, go: Any) -> Iterator[str]:
        """Two officers of a party of which two must sign, on one desk."""
        page, bill = window.page, held(office, bank)
        unlock(window, "first")
        go(f"/as/first/documents/{bill}/OFFER")
        page.evaluate("document.querySelector('main form').action = '/as/second/new'")
        page.click("main button.main")
        yield "unlock-with-a-kept-form"
        page.fill("#passphrase", PASSPHRASE)
        page.click("main button.main")
        yield "again"
        page.click("button[value='forget']")
        go(f"/as/first/documents/{bill}/OFFER")
        page.select_option("#counterparty", label=office.name_of("bank"))
        page.click("main button.main")
        yield "summary-that-will-wait"
        page.click("#sign button.main")
        yield "waiting-signed-by-you"
        go("/as/first/")
        yield "inbox-signed-by-you"
        unlock(window, "second")
        yield "inbox-with-your-signature"
        page.click("section[aria-labelledby='collecting'] a")
        yield "waiting"
        address = page.url
        bank.whole.blank_endorse(bill)
        page.click("#sign button.main")
        yield "waiting-spoiled"
        go("/as/second/")
        yield "inbox-with-spoiled"
        page.goto(address)
        page.click("form[action$='/withdraw'] button")
        yield "inbox-after-withdrawing"
        yield from cosigned(office, bank, window, go)
        go("/as/first/officers")
        yield "officers"
        page.click("form[action$='/officers/new'] button")
        yield "officers-refused"
        page.fill("#file", "third")
        page.fill("#passphrase", SECRET)
        page.fill("#again", SECRET)
        page.click("form[action$='/officers/new'] button")
        yield "officer-summary"
        page.click("form[action$='/officers/sign'] button")
        yield "officer-summary-without-the-file"
        go("/bring")
        yield "bring"
        page.click("main button.main")
        yield "bring-refused"

    return officers


def cosigned(office: Office, bank: Two, window: Window, go: Any) -> Iterator[str]:
    """Two acts of the first officer signed by the second in one go; a third is on the document of one of them."""
    page, bills = window.page, [held(office, bank) for _ in range(2)]
    for bill, to in ((bills[0], "bank"), (bills[0], "shipper"), (bills[1], "shipper")):
        go(f"/as/first/documents/{bill}/OFFER")
        page.select_option("#counterparty", label=office.name_of(to))
        page.click("main button.main")
        page.click("#sign button.main")
    go("/as/second/")
    page.click("form[action$='/waiting'] button")
    yield "cosigned-none"
    go("/as/second/select/collecting")
    yield "inbox-with-acts-selected"
    page.click("form[action$='/waiting'] button")
    yield "cosigned-summary"
    bank.whole.blank_endorse(bills[1])
    page.click("#sign button.main")
    while page.locator("progress").get_attribute("value") != "2":
        page.wait_for_timeout(300)
        page.reload()
    yield "cosigned-progress"
    go("/as/second/")
    yield "inbox-with-cosigned"
    for one in bank.whole.client.waiting():
        bank.whole.client.delete_waiting(one.digest, submitted=True)


def crawl(window: Window) -> list[str]:
    """The paths that the inbox and its neighbours lead to, besides documents."""
    seen: list[str] = []
    waiting = [window.page.url.removeprefix(window.origin)]
    while waiting:
        window.page.goto(window.origin + waiting.pop())
        for path in window.page.eval_on_selector_all(
            "a[href^='/']", "(all) => all.map((one) => one.getAttribute('href'))"
        ):
            if (
                path not in seen
                and not re.search("/documents/|/drafts/|/jobs/|/many/|/cosigned/", path)
                and not re.fullmatch(r"/unlock|/as/\w+/", path)
            ):
                seen.append(path)
                waiting.append(path)
    return seen


@pytest.fixture(scope="module")
def tour(office: Office, port: Port, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Tour:
    found = Tour()
    bank = two(office.url, tmp_path_factory.mktemp("officers") / "keys", "二名署名銀行")
    for at, name in enumerate(("first", "second")):
        bank.key_file(bank.folder, name, at)
    shown = pages.Pages.show

    def noted(self: pages.Pages, template: str, *rest: Any, **values: Any) -> Any:
        found.templates.add(template)
        return shown(self, template, *rest, **values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages.Pages, "show", noted)
        for language in LANGUAGES:
            _walk_in(walk, office.keys, language, office, browser, found)
            empty = tmp_path_factory.mktemp("first") / "keys"
            empty.mkdir()
            _walk_in(first_run, empty, language, office, browser, found)
            _walk_in(powers_walk, port.keys, language, port, browser, found)
            _walk_in(officers_of(bank), bank.folder, language, office, browser, found)
    return found


def _walk_in(way: Any, keys: Path, language: str, office: Office, browser: Browser, found: Tour) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    with (
        desk_at(keys, office.url, language) as (desk, origin, link),
        browsers.window(browser, origin, locale=language, viewport={"width": WIDTHS[0], "height": 800}) as window,
    ):
        if isinstance(office, Port):
            desk.powers, desk.node = registrar(office.data), office.node
        window.page.goto(link)
        for number, name in enumerate(way(office, window, lambda path: window.page.goto(origin + path)), 1):
            for width in WIDTHS:
                window.page.set_viewport_size({"width": width, "height": 800})
                found.looks.append(look(window, name, language, width))
                window.page.screenshot(
                    path=SCREENS / f"{way.__name__}-{number:02}-{name}-{language}-{width}.png", full_page=True
                )
        found.troubles += [f"{language}: {one}" for one in window.troubles()]
        found.addresses += window.asked
        found.secrets += [desk.cookie, desk.form_token]


def look(window: Window, name: str, language: str, width: int) -> Look:
    """axe sees each page at both widths and in both languages, in two of the four pairs: it takes longest."""
    page = window.page
    page.wait_for_load_state()
    axe: list[str] = []
    if (language, width) in zip(LANGUAGES, WIDTHS, strict=True):
        page.evaluate(AXE.read_text())
        axe = page.evaluate(RUN_AXE)
    return Look(name, language, width, page.evaluate(TOO_WIDE), axe, page.evaluate(TEXTS))


def test_axe_finds_nothing_serious_on_any_page(tour: Tour) -> None:
    assert [f"{one}: {found}" for one in tour.looks for found in one.axe] == []


def test_no_page_is_wider_than_the_screen(tour: Tour) -> None:
    assert {str(one): one.too_wide for one in tour.looks if one.too_wide > 0} == {}


def test_no_page_asks_anybody_else_breaks_its_policy_complains_or_keeps_anything(tour: Tour) -> None:
    assert tour.troubles == []


def test_addresses_hold_ids_and_no_contents_or_secrets(tour: Tour) -> None:
    """The start link alone holds a secret, which it spends."""
    said = [one for one in tour.addresses if "/start?ticket=" not in one]
    assert len(said) > 40
    assert [one for one in said for secret in [*tour.secrets, SECRET[:7], "DESK26", "PACKAGES"] if secret in one] == []
    assert [one for one in said if "?" in one and not re.search(r"\?done=1$", one)] == []


def same_in_both() -> set[str]:
    """Names of roles and items that are the same word in both languages."""
    titled = [one.title for one in resources.roles().values()]
    titled += [one for part in labels.table()["parts"].values() for one in part.values() if isinstance(one, dict)]
    return {one["en"] for one in titled if one["en"] == one["ja"]}


def english() -> set[str]:
    """Every English text that has a Japanese one: the words of the pages and the titles of the kind files."""
    titled = [
        one
        for kind in resources.kinds().values()
        for one in (kind, *kind.verbs.values(), *kind.states.values(), *kind.datasets, *kind.checks)
    ]
    return {english for english, japanese in WORDS.values() if english != japanese} | {
        one.title["en"] for one in titled
    }


def test_no_japanese_page_has_an_untranslated_text(tour: Tour, office: Office) -> None:
    known, names = (
        english(),
        {*office.parties, *office.parties.values(), "newcomer", "first", "second", *same_in_both()},
    )
    looks = [one for one in tour.looks if one.language == "ja"]
    left = {(one.page, text) for one in looks for text, data in one.texts if text in known and len(text) > 12}
    left |= {
        (one.page, text)
        for one in looks
        for text, data in one.texts
        if not data and text not in names and speaks_english(text)
    }
    (SCREENS / "untranslated.txt").write_text("\n".join(f"{page}: {text}" for page, text in sorted(left)))
    assert sorted(left) == []


def speaks_english(text: str) -> bool:
    """Whether a text is words without a single Japanese character."""
    return bool(re.search(r"[A-Za-z]{3}", text)) and not re.search(r"[\u3040-\u30ff\u3400-\u9fff]", text)


def test_every_page_says_its_language_and_what_it_is(tour: Tour) -> None:
    """The same page in the other language has other words."""
    by_page: dict[str, dict[str, set[str]]] = {}
    for one in tour.looks:
        texts = {text for text, data in one.texts if not data}
        by_page.setdefault(one.page, {})[one.language] = texts
    assert len(by_page) > 15
    assert [name for name, said in by_page.items() if set(said) != set(LANGUAGES) or not said["en"] - said["ja"]] == []


def test_no_page_is_left_out_of_the_tour(tour: Tour) -> None:
    folder = pages.FOLDER / "templates"
    whole = {one.name for one in folder.glob("*.html") if '{% extends "base.html" %}' in one.read_text()}
    assert whole - tour.templates == set()
