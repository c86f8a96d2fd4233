"""Spreadsheets from outside: what is read, what is refused, and which column is which field."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portledger import resources
from portledger.domain.errors import InvalidInput
from portledger.formats import columns, filling, labels, tables
from portledger.formats.tables import read_table

INVOICE = labels.form(resources.kind("commercial-invoice"))


def sheet(rows: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


TEXT = '送り状番号,品名\r\nA-1,"ポンプ, 大\n二行目"\r\n\r\nA-2,髙﨑\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_is_read_in_unicode_with_quotes_and_blank_lines(encoding: str) -> None:
    table = read_table(TEXT.encode(encoding))
    assert table.header == ("送り状番号", "品名")
    assert table.rows == (("A-1", "ポンプ, 大\n二行目"), ("A-2", "髙﨑"))


def test_csv_is_read_as_japanese_spreadsheets_write_it() -> None:
    assert read_table("番号\t品名\nA\t髙\n".encode("cp932")).rows == (("A", "髙"),)
    assert read_table(b"a;b\n1;2,5\n").rows == (("1", "2,5"),)


def test_a_spreadsheet_gives_texts_as_they_are_shown() -> None:
    data = sheet([["n", "d", "t", "q", "b", "x"], [12.0, date(2026, 1, 2), datetime(2026, 1, 2), 1.5, True, None]])
    assert read_table(data).rows == (("12", "2026-01-02", "2026-01-02", "1.5", "yes", ""),)


@settings(deadline=None)
@given(st.lists(st.lists(st.text("aあ髙,\"\n;='", max_size=6), min_size=2, max_size=2), min_size=1, max_size=5))
def test_what_a_spreadsheet_holds_is_what_is_read(rows: list[list[str]]) -> None:
    data = sheet([["a", "b"], *rows])
    # A cell that begins with "=" is a formula, whose saved value (none) counts; it is never worked out.
    shown = [tuple("" if cell.startswith("=") and len(cell) > 1 else cell for cell in row) for row in rows]
    kept = tuple(row for row in shown if any(cell.strip() for cell in row))
    if not kept:
        with pytest.raises(InvalidInput):
            read_table(data)
        return
    assert read_table(data).rows == kept


def test_a_formula_is_never_worked_out_and_in_csv_it_is_text() -> None:
    with pytest.raises(InvalidInput):
        read_table(sheet([["a"], ["=1+1"]]))
    assert read_table(b"a,b\n=1+1,\"=cmd|'/C calc'!A0\"\n").rows == (("=1+1", "=cmd|'/C calc'!A0"),)


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def with_part(name: str, data: bytes) -> bytes:
    """A good spreadsheet with one part put in another's place."""
    good = zipfile.ZipFile(io.BytesIO(sheet([["a"], ["1"]])))
    return zipped({one: good.read(one) for one in good.namelist()} | {name: data})


def lying() -> bytes:
    """A part that says it is small and is not."""
    data = bytearray(with_part("xl/bomb.bin", bytes(70 * 2**20)))
    at = data.rindex(b"xl/bomb.bin") - 46
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(data)


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c t="str">'
    b"<v>&b;</v></c></row></sheetData></worksheet>"
)
OUTSIDE = LAUGHS.replace(b'<!ENTITY a "ha">', b'<!ENTITY a SYSTEM "file:///etc/passwd">')
HOSTILE = {
    "nothing": b"",
    "white space": b"\n\n \n",
    "titles alone": b"a,b\n",
    "an image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "half a text": b"a,b\n\xff\xfe\x81\n",
    "an open quotation": b'a,b\n"1,2\n',
    "no spreadsheet in the archive": zipped({"readme.txt": b"hello"}),
    "half an archive": sheet([["a"], ["1"]])[:-40],
    "an archive of zeros": zipped({"xl/workbook.xml": bytes(70 * 2**20)}),
    "a part that lies about its size": lying(),
    "very many parts": zipped({f"p{number}": b"" for number in range(600)}),
    "entities that grow": with_part("xl/worksheets/sheet1.xml", LAUGHS),
    "an entity from the disk": with_part("xl/worksheets/sheet1.xml", OUTSIDE),
    "broken XML": with_part("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>"),
    "too many rows": b"a\n" + b"1\n" * 501,
    "too many columns": (",".join(["a"] * 301) + "\n" + ",".join(["1"] * 301)).encode(),
    "a cell without end": b"a\n" + b"x" * 50_001,
    "more cells than titles": b"a\n1,2\n",
    "too many bytes": b"a\n" + b"x" * (8 * 2**20),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_spreadsheet_or_means_harm_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_table(data)
    assert "root:" not in str(refused.value)


def test_a_sheet_that_is_hidden_is_not_what_is_read() -> None:
    book = openpyxl.Workbook()
    book.active.sheet_state = "hidden"
    book.active.append(["hidden"])
    other = book.create_sheet()
    other.append(["a"])
    other.append(["1"])
    out = io.BytesIO()
    book.save(out)
    assert read_table(out.getvalue()).header == ("a",)


TITLES = {
    "Invoice number": "/header/invoiceNumber",
    "送り状番号": "/header/invoiceNumber",
    "invoiceNumber": "/header/invoiceNumber",
    "ＩＮＶＯＩＣＥ　ＮＵＭＢＥＲ *": "/header/invoiceNumber",
    "/header/invoiceNumber": "/header/invoiceNumber",
    "Seller / Name": "/parties/seller/name",
    "売主・名称": "/parties/seller/name",
    "Parties > Seller > Name": "/parties/seller/name",
    "品名": "/cargo/items/0/description",
    "品目2 品名": "/cargo/items/1/description",
    "Item 3 / HS code": "/cargo/items/2/hsCode",
    "Name": "",
    "Item 99 / HS code": "",
    "something else": "",
    "": "",
}


@pytest.mark.parametrize(("title", "at"), TITLES.items(), ids=TITLES)
def test_a_title_names_a_field_by_either_language_by_pointer_or_not_at_all(title: str, at: str) -> None:
    assert columns.guess(INVOICE, [title]) == [at]


def test_two_columns_are_never_the_same_field() -> None:
    assert columns.guess(INVOICE, ["Invoice number", "送り状番号"]) == ["/header/invoiceNumber", ""]


def test_a_row_fills_the_fields_and_makes_the_rows_it_needs() -> None:
    at = ["/header/invoiceNumber", "", "/cargo/items/1/description", "/cargo/items/0/quantity/value"]
    filled = columns.fill(INVOICE, at, [" A-1 ", "ignored", "Valves", "48"])
    built = filling.values_of(INVOICE, filled).values
    assert built["header"] == {"invoiceNumber": "A-1"}
    assert built["cargo"]["items"] == [
        {"number": 1, "quantity": {"value": "48"}},
        {"number": 2, "description": "Valves"},
    ]


@pytest.mark.parametrize("kind", resources.kinds().values(), ids=lambda kind: kind.id)
def test_every_field_is_named_by_its_whole_title_in_both_languages(kind: object) -> None:
    form = labels.form(kind)
    parents = {node.path: node for node in form.nodes()}
    inputs = [node for node in form.nodes() if node.input]
    expected = [filling.pointer(node.path).replace("/*", "/0") for node in inputs]
    assert len(set(expected)) == len(expected) > 0
    for language in labels.LANGUAGES:
        titles = []
        for node in inputs:
            above = [parents[node.path[:size]] for size in range(1, len(node.path)) if node.path[:size] in parents]
            titles.append(" / ".join(one.title[language] for one in (*above, node)))
        # All in one header: a title that meant several fields would be guessed as none, or take another's.
        assert columns.guess(form, titles) == expected


def test_limits_are_what_the_docs_say() -> None:
    assert (tables.MAX_ROWS, tables.MAX_COLUMNS, tables.MAX_BYTES) == (500, 300, 8 * 2**20)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+81-3", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＠x", '=HYPERLINK("http://x")']
)
def test_what_a_spreadsheet_could_take_for_a_formula_is_written_as_text(cell: str) -> None:
    assert tables.written(["a"], [[cell]]).decode("utf-8-sig").startswith(("a\r\n'", "a\r\n\"'"))


def test_a_written_table_reads_back() -> None:
    rows = [["株式会社髙﨑", 'a "b", c'], ["two\nlines", "１２３"]]
    found = tables.read_table(tables.written(["名称", "b"], rows))
    assert found.header == ("名称", "b")
    assert [list(row) for row in found.rows] == rows
