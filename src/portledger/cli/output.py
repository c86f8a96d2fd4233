"""How commands speak: data to stdout, talk to stderr; `--json` gives the same bytes on a terminal and in a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from portledger.domain.codes import BEARER
from portledger.domain.errors import PortledgerError, moment
from portledger.sdk.explain import found_and_allowed

WIDTH: Final = 100
"""Columns when stdout is no terminal: steady, so that what is piped or saved reads well."""


def console(*, stderr: bool = False) -> Console:
    """Made anew per use, so that it writes to today's stdout or stderr; Rich itself honours NO_COLOR and TERM."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else WIDTH, highlight=False, soft_wrap=False)


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


def emit(value: Any, shown: Table | str | None, *, json_wanted: bool) -> None:
    """The command's result: as JSON, or as what a person reads."""
    if json_wanted:
        emit_json(value)
    elif shown is not None:
        out = console()
        out.print(Text(shown) if isinstance(shown, str) else shown)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> Table:
    """A plain table without colour: every cell is text."""
    made = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(str(cell)) for cell in row))
    return made


def pairs(values: Mapping[str, object], *, title: str = "") -> Table:
    """Names and values, one a line."""
    made = Table(title=title or None, title_justify="left", box=None, pad_edge=False, show_header=False)
    made.add_column(style="bold")
    made.add_column(overflow="fold")
    for name, value in values.items():
        made.add_row(Text(name), Text(str(value)))
    return made


def party_text(party: int) -> str:
    """A party id as people read it: nobody, bearer, or its number."""
    return {0: "-", BEARER: "bearer"}.get(party, str(party))


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
