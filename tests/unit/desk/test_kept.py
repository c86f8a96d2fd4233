"""Pages that answered a form."""

from __future__ import annotations

from pathlib import Path

from portledger.desk.kept import PAGES, KeptPages, Page
from portledger.desk.state import Desk


def page(number: int) -> Page:
    return Page("/as/somebody/search", 200, b"%d" % number)


def test_each_page_is_found_by_its_own_token_only() -> None:
    kept = KeptPages()
    tokens = [kept.keep(page(number)) for number in range(3)]
    assert [kept.get(token) for token in tokens] == [page(0), page(1), page(2)]
    assert kept.get("made up") is None


def test_the_oldest_pages_are_forgotten_first() -> None:
    kept = KeptPages()
    tokens = [kept.keep(page(number)) for number in range(PAGES + 2)]
    assert [kept.get(token) is None for token in tokens] == [True, True] + [False] * PAGES


def test_a_page_that_was_begun_before_a_lock_is_not_kept_after(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "http://127.0.0.1:9")
    before = desk.lockings()
    kept = desk.keep_page(page(1), before)
    assert desk.kept_page(kept) == page(1)
    desk.lock_up()
    assert desk.kept_page(kept) is None
    assert desk.keep_page(page(2), before) == ""


def test_nothing_of_a_page_stands_in_what_is_printed_of_it() -> None:
    assert "secret" not in repr(Page("/somewhere", 200, b"secret"))
