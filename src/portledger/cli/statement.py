"""portledger statement: what the party held at the end of a day."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from portledger.cli import output
from portledger.cli.command import Run, command
from portledger.domain.codes import BEARER
from portledger.domain.errors import InvalidInput, moment
from portledger.formats.tables import written
from portledger.sdk.statement import Held, day_of, end_of
from portledger.sdk.statement import statement as stated

_TITLES: Final = (
    "document", "kind", "state", "you are", "issuer", "possessor", "endorsee", "head", "since", "block",
    "read at block",
)  # fmt: skip


def add(app: typer.Typer) -> None:
    """Adds `statement` to the top level."""
    command(app, "statement", example="portledger statement 2026-11-25 --csv holdings.csv --as bank")(statement)


def statement(
    run: Run,
    day: Annotated[str, typer.Argument(metavar="[DAY]", help="A day, its end in UTC; today by default.")] = "",
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a new CSV file as well.")] = None,
) -> None:
    """List what your party possesses, has title to, is secured by or has issued, each by its verified history.

    The list of the documents and the numbers of the blocks are the gateway's word, all else is proven; an audit of the
    whole ledger proves these too.
    """
    session, today = run.session(), datetime.now(UTC).date()
    found = stated(session, end_of(day_of(day, today) if day else today))
    every = (party for one in found.held for party in (one.control.issuer, one.control.possessor, one.control.endorsee))
    names = run.names(every)
    rows = [_row(names, one) for one in found.held]
    if csv is not None:
        _write(csv, written(_TITLES, rows))
    shown = output.table(
        ["document", "kind", "state", "you are", "possessor", "endorsee", "since"],
        [(row[0][:12], row[1], row[2], row[3], row[5], row[6], row[8]) for row in rows],
        prose=["you are"],
    )
    for document, why in found.unproven:
        output.console(stderr=True).print(f"Not in the list, for it does not verify: {document}: {why}", markup=False)
    run.show(found.to_dict(), shown if rows else "Your party held nothing on that day.")


def _row(names: dict[int, str], one: Held) -> tuple[str, ...]:
    control = one.control
    return (
        one.document, one.kind.id, one.state + (" frozen" if one.frozen else ""), ", ".join(one.relations),
        *(_party(names, party) for party in (control.issuer, control.possessor, control.endorsee)),
        one.head, moment(one.time), str(one.block), str(one.read_at),
    )  # fmt: skip


def _party(names: dict[int, str], party: int) -> str:
    if party in (0, BEARER):
        return "bearer" if party else "nobody"
    return f"{names[party]} ({party})" if party in names else f"party {party}"


def _write(path: Path, data: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(data)
    except OSError as failure:
        raise InvalidInput("--csv", f"{path}: {failure.strerror}", "a new file in a folder that is there") from failure
