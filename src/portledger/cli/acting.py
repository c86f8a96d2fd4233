"""What the commands on documents share: their options, doing an act, and telling what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from portledger.cli import output
from portledger.cli.command import Run
from portledger.formats import api_json as wire
from portledger.sdk.party import PartySession
from portledger.sdk.session import Done

DOC = Annotated[str, typer.Argument(metavar="DOCUMENT", help="The document's id, or its first 6 or more hex digits.")]
TO = Annotated[str, typer.Option("--to", metavar="PARTY", help="Party id or the name of a key file.")]
ENDORSEE = Annotated[
    str | None, typer.Option("--endorsee", metavar="PARTY", help="To whose order: a party, or bearer.")
]
REASON = Annotated[str, typer.Option("--reason", help="Reason code or words; sealed to the parties.")]
COMMENTS = Annotated[str, typer.Option("--comments", help="Free words; sealed to the parties.")]
FILE = Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file in the standard's form.")]


def show_done(run: Run, session: PartySession, done: Done) -> None:
    """What an act came to: the record's new state, or that it waits for other officers."""
    if done.missing:
        _show_waiting(run, done)
        return
    record = session.record(done.document)
    value = {
        "document": done.document,
        "verb": done.verb,
        "digest": done.digest,
        "status": output.plain(done.status),
        "record": output.plain(record),
    }
    run.show(value, None if run.json_wanted else output.pairs(_told(run, record, done)))


def _show_waiting(run: Run, done: Done) -> None:
    value = {
        "document": done.document,
        "verb": done.verb,
        "digest": done.digest,
        "status": output.plain(done.status),
        "missing": done.missing,
    }
    shown = {"document": done.document, "waits": f"{done.verb}, for {done.missing} more", "act": done.digest}
    run.show(value, output.pairs(shown))
    output.say(f"Another officer signs it: `portledger waiting sign {done.digest[:12]}`, or at the desk.")


def _told(run: Run, record: wire.DocumentJson, done: Done) -> dict[str, object]:
    named = {"issuer": record.issuer, "possessor": record.possessor, "endorsee": record.endorsee,
             "offered to": record.offeree}  # fmt: skip
    names = run.names(named.values())
    return {
        "document": done.document,
        "did": f"{done.verb} (block {done.status.block})",
        "state": record.state,
        **{what: output.party_text(party, names) for what, party in named.items()},
        **({"used": output.percent(record.used)} if record.used else {}),
    }


def act_on(run: Run, document: str, do: Callable[[PartySession, str], Done]) -> None:
    identity = run.document(document)
    session = run.session()
    show_done(run, session, do(session, identity))
