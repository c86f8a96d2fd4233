"""Names and sizes of attached files, as downloads get them."""

from __future__ import annotations

import pytest

from portledger.desk.files import active, download, safe_name, size


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("packing list.pdf", "packing list.pdf"),
        ("船荷証券 髙﨑.pdf", "船荷証券 髙﨑.pdf"),
        ('a"; filename="b.exe', "a_; filename=_b.exe"),
        ("a\r\nSet-Cookie: x", "a__Set-Cookie_ x"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("bill\u202efdp.exe", "bill_fdp.exe"),
        ("bill\u200b.pdf", "bill_.pdf"),
        ("bill\u2028.pdf", "bill_.pdf"),
        ("CON.txt", "_CON.txt"),
        ("aux", "_aux"),
        ("bill.pdf. . ", "bill.pdf"),
        ("-rf", "rf"),
        ("100%41.txt", "100_41.txt"),
        ("...", "file"),
        ("", "file"),
    ],
)
def test_a_name_is_safe_on_every_system(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize("name", ["bill.pdf.exe", "BILL.HTML", "logo.svg", "a.lnk", "bill.exe.", "macro.xlsm"])
def test_a_file_that_does_something_is_known_by_its_name(name: str) -> None:
    assert active(name)


@pytest.mark.parametrize("name", ["bill.pdf", "list.xlsx", "photo.jpg", "notes.txt"])
def test_other_files_are_not(name: str) -> None:
    assert not active(name)


def test_a_download_is_never_shown_and_of_no_type_that_a_browser_runs() -> None:
    answer = download(b"<script>", '船荷"証券".html')
    assert answer.body == b"<script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    where = answer.headers["content-disposition"]
    assert where.startswith('attachment; filename="')
    assert where.endswith("filename*=UTF-8''%E8%88%B9%E8%8D%B7_%E8%A8%BC%E5%88%B8_.html")
    assert where.isascii()


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (2_304_000, "2.3 MB"), (100_000_000, "100.0 MB")]
)
def test_sizes_are_said_as_people_read_them(count: int, text: str) -> None:
    assert size(count) == text
