"""How commands speak: data to stdout, talk to stderr; `--json` gives the same bytes on a terminal and in a pipe."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.table import Table
from rich.text import Text

from portledger.domain.codes import BEARER
from portledger.domain.errors import PortledgerError, moment
from portledger.sdk.explain import found_and_allowed

WIDTH: Final = 100
"""Columns of prose when stdout is no terminal: steady, so that what is piped or saved reads well."""
WIDE: Final = 10_000
"""Columns of tables when stdout is no terminal: a row stays a line, for grep and its like."""
NARROWEST: Final = 24
"""Columns that a column of prose has at least; a table that has not room for that is shown record by record."""


def console(*, stderr: bool = False, width: int = WIDTH) -> Console:
    """Made anew per use, so that it writes to today's stdout or stderr. width: where the stream is no terminal.

    Rich takes NO_COLOR for colours only and still writes bold: here no escape sequence is left (no-color.org).
    """
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr,
        width=None if stream.isatty() else width,
        highlight=False,
        soft_wrap=False,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
    )


def say(text: str) -> None:
    """Talk: what is going on, for a person."""
    console(stderr=True).print(Text(text))


def warn(text: str) -> None:
    console(stderr=True).print(Text("warning: ", style="yellow") + Text(text))


def as_json(value: Any) -> str:
    """Indented JSON of plain values and wire shapes; bytes as hex."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False)


def plain(value: Any) -> Any:
    """Wire shapes, bytes and tuples as what JSON knows."""
    return msgspec.to_builtins(value, enc_hook=_other, builtin_types=())


def _other(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def emit_json(value: Any) -> None:
    sys.stdout.write(as_json(value) + "\n")


def emit(value: Any, shown: Shown | str | None, *, json_wanted: bool) -> None:
    """The command's result: as JSON, or as what a person reads."""
    if json_wanted:
        emit_json(value)
    elif isinstance(shown, str):
        console().print(Text(shown))
    elif shown is not None:
        out = console(width=WIDE)
        with out.capture() as caught:
            out.print(shown)
        sys.stdout.write("\n".join(line.rstrip() for line in caught.get().split("\n")))


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows under column names; every cell is text. prose: the columns that may be broken into lines.

    A row whose cells do not fit side by side would be broken within words: then each row is shown as a record.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    prose: frozenset[str] = frozenset()
    title: str = ""

    def __rich_console__(self, out: Console, options: ConsoleOptions) -> RenderResult:
        yield self._table() if self._needed() <= options.max_width else self._records()

    def _needed(self) -> int:
        widths = 0
        for at, column in enumerate(self.columns):
            widest = max(cell_len(text) for text in (column, *(row[at] for row in self.rows)))
            widths += min(widest, NARROWEST) if column in self.prose else widest
        return widths + 2 * (len(self.columns) - 1)

    def _table(self) -> Table:
        made = Table(title=self.title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
        for column in self.columns:
            made.add_column(column, overflow="fold", no_wrap=column not in self.prose)
        for row in self.rows:
            made.add_row(*(Text(cell) for cell in row))
        return made

    def _records(self) -> Group:
        records: list[Any] = [Text(self.title)] if self.title else []
        for row in self.rows:
            told = {column: cell for column, cell in zip(self.columns, row, strict=True) if cell}
            records += [pairs(told), Text("")]
        return Group(*records[:-1])


Shown = Grid | Table | Group


def beside(*parts: Grid | Table) -> Group:
    """One after the other, an empty line between them."""
    lines: list[Any] = [line for part in parts for line in (part, Text(""))]
    return Group(*lines[:-1])


_UNSEEN: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
"""Characters that a terminal obeys or does not show: escapes, text turned around, blanks of no width."""


def visible(text: str) -> str:
    """What somebody else wrote (a name, a field, a purpose), so that it can neither steer the terminal nor hide: unseen
    characters as \\u and four hex digits. Line feeds stay."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", prose: Iterable[str] = ()
) -> Grid:
    """Rows under column names, without colour. prose: columns whose cells may be broken into lines."""
    return Grid(columns, [[visible(str(cell)) for cell in row] for row in rows], frozenset(prose), title)


def pairs(values: Mapping[str, object], *, title: str = "") -> Table:
    """Names and values, one a line."""
    made = Table(title=title or None, title_justify="left", box=None, pad_edge=False, show_header=False)
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in values.items():
        made.add_row(Text(name), Text(visible(str(value))))
    return made


def party_text(party: int, names: Mapping[int, str]) -> str:
    """A party as people read it: nobody, bearer, or name and number. names: of the parties whose profile is known."""
    special = {0: "-", BEARER: "bearer"}.get(party)
    return special or (f"{names[party]} ({party})" if party in names else str(party))


def time_text(seconds: int) -> str:
    return moment(seconds) if seconds else "-"


def percent(ppm: int) -> str:
    """Parts per million as per cent."""
    return f"{ppm / 10_000:.4f}".rstrip("0").rstrip(".") + " %"


def complain(error: PortledgerError, *, json_wanted: bool) -> None:
    """An expected error on stderr: what was found, what would be allowed, what to do."""
    if json_wanted:
        value = {**error.to_dict(), "step": error.at_step}
        sys.stderr.write(json.dumps({"error": plain(value)}, indent=2, ensure_ascii=False) + "\n")
        return
    where = getattr(error, "where", "")
    out = console(stderr=True)
    heading = error.code + (f" (check {error.at_step})" if error.at_step else "")
    out.print(Text("error: ", style="red") + Text(heading, style="bold"))
    found, allowed = found_and_allowed(error)
    for name, text in (("where", where), ("found", found), ("allowed", allowed), ("remedy", error.remedy)):
        if text:
            out.print(Text(f"  {name + ':':<9}{text}"))
