"""portledger admin backup, restore, rehearse: a copy of the running system, a system from a copy, the proof of it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from portledger.cli import output
from portledger.cli.command import Run, command
from portledger.cli.exit_codes import Exit
from portledger.domain.errors import moment

if TYPE_CHECKING:
    from portledger.services.backup import Manifest
    from portledger.services.rehearsal import Rehearsal

_DATA = Annotated[Path, typer.Option("--data", metavar="DIR", help="The data folder of `portledger up`, or of a role.")]
_NEW_DATA = Annotated[Path, typer.Option("--data", metavar="DIR", help="The new data folder: empty or not there yet.")]
_HERE: Final = Path("portledger-data")
_SAY_SECONDS: Final = 1.0
"""Between two words about long work."""


def add(app: typer.Typer) -> None:
    """Adds the three to `admin`."""
    command(app, "backup", example="portledger admin backup ./backup-1 --data ./data")(backup)
    command(app, "restore", example="portledger admin restore ./backup-1 --data ./data")(restore)
    command(app, "rehearse", example="portledger admin rehearse ./backup-1")(rehearse)


def backup(
    run: Run,
    target: Annotated[Path, typer.Argument(help="The folder for the backup: empty or not there yet.")],
    data: _DATA = _HERE,
    previous: Annotated[
        Path | None,
        typer.Option("--previous", metavar="DIR", help="An earlier backup, finished or not: its contents are taken."),
    ] = None,
) -> None:
    """Copy the system into a folder while it runs, all of it as of one moment.

    The folder holds the operator's keys: whoever can read it can act for the consortium. Where the tables are on a
    server, PORTLEDGER_DATABASE says which; where the sealed contents are on S3, PORTLEDGER_PAYLOADS says where.
    """
    from portledger.cli.operator import DATABASE, PAYLOADS
    from portledger.services import backup as backups
    from portledger.store.payloads import PayloadStore

    payloads = PayloadStore.beside(os.environ.get(PAYLOADS), data / "blobs")
    made = backups.make(data, os.environ.get(DATABASE), payloads, target, previous, time.time(), _now_and_then())
    run.show(backups.shown(made), output.pairs({"backup": target, **_text(made)}))
    if made.missing:
        output.warn(f"{len(made.missing)} sealed contents are named and not in the store: {made.missing[0]} …")
    if linked := backups.linked_keys(data):
        output.warn(f"{linked[0]} is a link to another place, and so not in the backup; {len(linked)} such keys.")
    if not made.chain:
        output.say("The chain is another node's: it is not in the backup.")


def restore(
    run: Run,
    source: Annotated[Path, typer.Argument(help="The folder with the backup.")],
    data: _NEW_DATA = _HERE,
    ledger: Annotated[
        str | None, typer.Option("--ledger", metavar="0x…", help="Refuse a backup of another ledger than this.")
    ] = None,
    node: Annotated[
        str | None, typer.Option("--node", metavar="URL", help="Refuse a backup whose ledger this node does not have.")
    ] = None,
) -> None:
    """Build a system's data from a backup, in an empty place; nothing is written unless all of it is sound.

    Tables that were on a server go to the empty database that PORTLEDGER_DATABASE names, sealed contents to
    PORTLEDGER_PAYLOADS or into the folder. Never start it while the system that was copied runs.
    """
    from portledger.cli.operator import DATABASE, PAYLOADS
    from portledger.services import backup as backups

    found = backups.read(source)
    place = backups.Place(data, os.environ.get(DATABASE), os.environ.get(PAYLOADS), ledger, node)
    backups.restore(found, place, _now_and_then())
    run.show(backups.shown(found.manifest), output.pairs({"restored": data, **_text(found.manifest)}))


def rehearse(
    run: Run,
    source: Annotated[Path, typer.Argument(help="The folder with the backup.")],
    node: Annotated[
        str | None, typer.Option("--node", metavar="URL", help="The ledger's node, where the chain is not in it.")
    ] = None,
    scratch: Annotated[
        str | None,
        typer.Option(
            "--scratch",
            metavar="URL",
            envvar="PORTLEDGER_SCRATCH",
            help="postgresql://… of an empty database for dumped tables; emptied again.",
        ),
    ] = None,
    work: Annotated[
        Path | None, typer.Option("--work", metavar="DIR", help="Where there is room for it; else the system's.")
    ] = None,
    webhook_key: Annotated[
        str,
        typer.Option(
            "--webhook-key",
            metavar="FILE",
            envvar="PORTLEDGER_WEBHOOK_KEY",
            help="The key of the webhooks' secrets, where it lies outside the data folder.",
        ),
    ] = "",
) -> None:
    """Prove a backup: build a system from it in a temporary folder, and look at everything.

    Digests, integrity, migrations, rows, keys; every accepted act is final, refused or queued; the read model, built
    anew from the copied chain, is equal byte by byte. Ends with exit code 13 when anything fails or cannot be checked.
    """  # fmt: skip
    from portledger.services import backup as backups
    from portledger.services import rehearsal

    found = backups.read(source)
    with tempfile.TemporaryDirectory(prefix="portledger-rehearsal-", dir=work) as folder:
        done = rehearsal.rehearse(found, Path(folder), node, scratch, _now_and_then(), webhook_key)
    run.show(_rehearsed(found.manifest, done), _table(done))
    if not done.passed:
        raise typer.Exit(Exit.UNSOUND)


def _now_and_then() -> Callable[[str], None]:
    """Says a word at most every second."""
    said = 0.0

    def say(text: str) -> None:
        nonlocal said
        if time.monotonic() - said >= _SAY_SECONDS:
            said = time.monotonic()
            output.say(text)

    return say


def _text(made: Manifest) -> dict[str, object]:
    return {
        "made": moment(made.made_at), "ledger": f"{made.ledger} on chain {made.chain_id}",
        "block": made.cursor.block, "accepted": made.counts.get("intake.outbox", 0),
        "documents": made.counts.get("ledger.documents", 0),
        "sealed contents": f"{made.contents}, {made.content_bytes} bytes",
    }  # fmt: skip


_WORDS: Final = {True: "ok", False: "FAILS", None: "not checked"}


def _table(done: Rehearsal) -> output.Shown:
    rows = [(one.name, _WORDS[one.ok], one.found) for one in done.checks]
    return output.table(["check", "result", "found"], rows, prose=["found"])


def _rehearsed(made: Manifest, done: Rehearsal) -> dict[str, Any]:
    checks = [{"check": one.name, "ok": one.ok, "found": one.found} for one in done.checks]
    return {"passed": done.passed, "ledger": made.ledger, "block": made.cursor.block, "madeAt": made.made_at,
            "checks": checks}  # fmt: skip
