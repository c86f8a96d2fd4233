"""Two officers of one party, each with a browser at a desk of his own: one proposes, the other signs."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser
from tests.desk.browser.conftest import unlock
from tests.desk.conftest import Office, desk_at
from tests.desk.test_waiting import held, two
from tests.support import browsers


def test_one_officer_s_act_waits_for_the_other_s_signature_and_is_sent_with_it(
    office: Office, browser: Browser, tmp_path: Path
) -> None:
    bank = two(office.url, tmp_path)
    bill = held(office, bank)
    for at, name in enumerate(("first", "second")):
        bank.key_file(tmp_path / name / "keys", name, at)
    with (
        desk_at(tmp_path / "first" / "keys", office.url) as (_, one, one_link),
        desk_at(tmp_path / "second" / "keys", office.url, "ja") as (_, other, other_link),
        browsers.window(browser, one) as first,
        browsers.window(browser, other, locale="ja") as second,
    ):
        first.page.goto(one_link)
        unlock(first, "first")
        first.page.goto(f"{one}/as/first/documents/{bill}/OFFER")
        first.page.select_option("#counterparty", label=office.name_of("bank"))
        first.page.click("main button.main")
        assert "1 will still be missing" in first.text()
        first.page.click("#sign button.main")
        assert "You have signed this." in first.text()
        assert not first.page.is_visible("#sign")
        assert bank.whole.record(bill).offeree == 0
        second.page.goto(other_link)
        unlock(second, "second")
        assert "あなたの署名を待つ操作：1件" in second.text()
        second.page.click("section[aria-labelledby='collecting'] a")
        assert "Bill of lading: OFFER" in second.text()
        second.page.click("#sign button.main")
        assert second.page.is_visible(".success")
        first.page.goto(f"{one}/as/first/")
        assert not first.page.is_visible("#collecting")
        assert first.troubles() + second.troubles() == []
    assert f"({bank.whole.record(bill).offeree})" in office.name_of("bank")
    bank.whole.client.close()
