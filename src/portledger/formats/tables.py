"""Spreadsheets as text: CSV and XLSX from outside, read under limits, nothing in them ever worked out or fetched; and
CSV for others, in which nothing is a formula."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from portledger.domain.errors import InvalidInput

MAX_BYTES: Final = 8 * 2**20
MAX_ROWS: Final = 500
"""Rows below the header."""
MAX_COLUMNS: Final = 300
MAX_CELL: Final = 50_000
"""Characters."""
MAX_UNPACKED: Final = 64 * 2**20
"""Bytes of everything in an XLSX file, unpacked."""
MAX_PARTS: Final = 500
"""Files in an XLSX file."""
_ZIP: Final = b"PK\x03\x04"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell begins that spreadsheets may take for a formula, in full width as well."""


@dataclass(frozen=True, slots=True)
class Table:
    """header: the first row; rows: as wide as the header, text of every cell, blank rows left out; lines: for each row
    its line in the file, the header's is the first with anything in it."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


def read_table(data: bytes) -> Table:
    """The first sheet of an XLSX file, or a CSV file. Raises InvalidInput."""
    if len(data) > MAX_BYTES:
        raise InvalidInput("file", f"{len(data)} bytes", f"at most {MAX_BYTES}")
    return _table(_xlsx(data) if data.startswith(_ZIP) else _csv(data))


def written(header: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """CSV (RFC 4180) in UTF-8 with the mark that spreadsheets know it by. What could be taken for a formula gets an
    apostrophe before it, and is text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in (header, *rows):
        writer.writerow(["'" + cell if cell.startswith(_FORMULA) else cell for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _table(cells: Iterable[list[str]]) -> Table:
    header: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    for number, row in enumerate(cells, 1):
        if len(row) > MAX_COLUMNS and any(row[MAX_COLUMNS:]):
            raise InvalidInput(f"line {number}", f"{len(row)} columns", f"at most {MAX_COLUMNS}")
        if long := next((text for text in row if len(text) > MAX_CELL), None):
            raise InvalidInput(f"line {number}", f"a cell of {len(long)} characters", f"at most {MAX_CELL}")
        if not any(text.strip() for text in row):
            continue
        if not header:
            while row and not row[-1].strip():
                row.pop()
            header = tuple(text.strip() for text in row[:MAX_COLUMNS])
            continue
        if any(text.strip() for text in row[len(header) :]):
            raise InvalidInput(f"line {number}", f"more than the header's {len(header)} columns", "a title above each")
        if len(rows) == MAX_ROWS:
            raise InvalidInput("file", f"more than {MAX_ROWS} rows", f"at most {MAX_ROWS}", "Part the file.")
        rows.append(tuple([*row, *[""] * len(header)][: len(header)]))
        lines.append(number)
    if not rows:
        raise InvalidInput("file", "no rows" if header else "nothing", "a row of titles, and rows below it")
    return Table(header, tuple(rows), tuple(lines))


def _csv(data: bytes) -> Iterator[list[str]]:
    text = _decoded(data)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(",\t;", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error as error:
        raise InvalidInput("file", str(error), "CSV: RFC 4180, parted by comma, tab or semicolon") from error


def _decoded(data: bytes) -> str:
    """UTF-8, with or without a mark, or as Japanese spreadsheets write it (CP932)."""
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InvalidInput("file", "bytes that are no text", "XLSX, or CSV in UTF-8 or Shift_JIS (CP932)")


def _xlsx(data: bytes) -> Iterator[list[str]]:
    _check_parts(data)
    import openpyxl  # a fifth of a second, and only who imports a spreadsheet pays it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it cannot show it says aloud; only values are read
            # data_only: what the sheet showed when it was saved; a formula is never worked out here.
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            sheet = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
            if sheet is None:
                raise InvalidInput("file", "no visible sheet", "a sheet with rows")
            sheet.reset_dimensions()  # what a file says of its size is not believed
            for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS + 1), 1):
                if number > 20 * MAX_ROWS:
                    raise InvalidInput("file", f"more than {20 * MAX_ROWS} lines", f"{MAX_ROWS} rows, few blank lines")
                yield [_text(cell) for cell in row]
    except InvalidInput:
        raise
    except Exception as error:  # openpyxl raises whatever a damaged file makes its parts raise
        raise InvalidInput("file", f"{type(error).__name__}: {error}"[:200], "an XLSX file that opens") from error


def _check_parts(data: bytes) -> None:
    """Refuses archives that unpack to much more than a spreadsheet, before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS:
                raise InvalidInput("file", f"{len(parts)} parts", f"at most {MAX_PARTS}")
            left = MAX_UNPACKED
            for part in parts:
                # The size that the directory names may be a lie: it is read, never beyond what is left.
                with archive.open(part) as stream:
                    while chunk := stream.read(2**20):
                        left -= len(chunk)
                        if left < 0:
                            raise InvalidInput(
                                "file",
                                f"more than {MAX_UNPACKED} bytes when unpacked",
                                "a spreadsheet of ordinary size",
                            )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise InvalidInput("file", f"{error}"[:200], "an XLSX file without a password that opens") from error


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else format(cell, ".15g")
    return str(cell)
