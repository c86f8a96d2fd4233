"""portledger doc: the verbs of filings (shipping instructions, invoices): revise, acknowledge, complete, cancel."""

from __future__ import annotations

from portledger import resources
from portledger.cli.acting import DOC, FILE, REASON, act_on
from portledger.cli.command import Run, command, group
from portledger.cli.files import about, read_document

app = group("Filings.")


@command(app, "revise", example="portledger doc revise 31c0de si-2.json --as shipper")
def revise(run: Run, document: DOC, file: FILE) -> None:
    """Send a new version of a shipping instruction or invoice."""
    given = read_document(file)
    with about(file, resources.kind(given.kind)):
        act_on(run, document, lambda session, one: session.revise(one, session.kept(one, given.datasets)))


@command(app, "acknowledge", example="portledger doc acknowledge 31c0de --as carrier")
def acknowledge(run: Run, document: DOC) -> None:
    """The addressee takes a filing in hand."""
    act_on(run, document, lambda session, one: session.acknowledge(one))


@command(app, "complete", example="portledger doc complete 31c0de --as carrier")
def complete(run: Run, document: DOC) -> None:
    """The addressee is done with a filing."""
    act_on(run, document, lambda session, one: session.complete(one))


@command(app, "cancel", example="portledger doc cancel 31c0de --reason "
         '"booking cancelled" --as shipper')  # fmt: skip
def cancel(run: Run, document: DOC, reason: REASON = "") -> None:
    """The sender cancels a filing."""
    act_on(run, document, lambda session, one: session.cancel(one, reason=reason))
