"""portledger doc: the verbs of certificates of origin: approve, certify, use, replace, revoke."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from portledger import resources
from portledger.cli.acting import COMMENTS, DOC, FILE, REASON, act_on
from portledger.cli.command import Run, command, group
from portledger.cli.files import about, read_document
from portledger.domain.errors import InvalidInput
from portledger.sdk.party import PartySession
from portledger.sdk.quantities import Use
from portledger.sdk.session import Done

app = group("Certificates of origin.")

_USES = Annotated[
    list[str],
    typer.Option("--item", metavar="NUMBER=QUANTITY", help="Item of the certificate and quantity; repeat it."),
]
_DECLARATION = Annotated[str, typer.Option("--declaration", help="Number of the import declaration.")]


@command(app, "approve", example="portledger doc approve 7ab310 --as chamber")
def approve(run: Run, document: DOC) -> None:
    """The certifier approves an application."""
    act_on(run, document, lambda session, one: session.approve(one))


@command(app, "return", example='portledger doc return 7ab310 --reason "HS code of item 2" --as chamber')
def return_(run: Run, document: DOC, reason: REASON, comments: COMMENTS = "") -> None:
    """The certifier returns an application for correction."""
    act_on(run, document, lambda session, one: session.return_for_correction(one, reason=reason, comments=comments))


@command(app, "reject", example='portledger doc reject 7ab310 --reason "not originating" --as chamber')
def reject(run: Run, document: DOC, reason: REASON, comments: COMMENTS = "") -> None:
    """The certifier rejects an application."""
    act_on(run, document, lambda session, one: session.reject(one, reason=reason, comments=comments))


@command(app, "resubmit", example="portledger doc resubmit 7ab310 corrected.json --as shipper")
def resubmit(run: Run, document: DOC, file: FILE) -> None:
    """The exporter sends a returned application again, corrected."""
    given = read_document(file)
    with about(file, resources.kind(given.kind)):
        act_on(run, document, lambda session, one: session.resubmit(one, session.kept(one, given.datasets)))


@command(app, "certify", example="portledger doc certify 7ab310 --number JP-26-104417 --user customs --as chamber")
def certify(
    run: Run,
    document: DOC,
    number: Annotated[str, typer.Option("--number", help="The certificate's number; lives once per certifier.")],
    user: Annotated[str, typer.Option("--user", metavar="PARTY", help="The customs that may use it, or bearer.")],
    file: Annotated[
        Path | None, typer.Option("--content", help="The certificate as certified; default: as applied.")
    ] = None,
) -> None:
    """The certifier issues the certificate under its number.

    With --user bearer any customs may use it that sees it: give it the keys with `portledger grant`.
    """
    given = read_document(file).datasets if file else None

    def do(session: PartySession, one: str) -> Done:
        return session.certify(one, number, run.party(user), values=session.kept(one, given) if given else None)

    act_on(run, document, do)


@command(app, "note", example='portledger doc note 7ab310 --result "genuine" --as customs')
def note(
    run: Run,
    document: DOC,
    result: Annotated[str, typer.Option("--result", help="What the check found.")],
    comments: COMMENTS = "",
) -> None:
    """Note on a certificate that you verified it (VERIFY); it moves nothing."""
    act_on(run, document, lambda session, one: session.verify_note(one, result, comments=comments))


@command(app, "use", example="portledger doc use 7ab310 --item 1=400 --declaration A123 --as customs")
def use(
    run: Run,
    document: DOC,
    item: _USES,
    declaration: _DECLARATION,
    full: Annotated[bool, typer.Option("--full", help="Use the rest: the certificate is used up.")] = False,
) -> None:
    """Use a certificate for an import declaration, in part or in full."""
    uses = _uses(item)

    def do(session: PartySession, one: str) -> Done:
        return (session.use_full if full else session.use_part)(one, uses, declaration)

    act_on(run, document, do)


@command(
    app, "correct-use", example='portledger doc correct-use 7ab310 --item 1=300 --reason "typing error" --as customs'
)
def correct_use(run: Run, document: DOC, item: _USES, reason: REASON) -> None:
    """Take a use back. --item gives the item's new total."""
    act_on(run, document, lambda session, one: session.correct_use(one, _uses(item), reason=reason))


def _uses(items: list[str]) -> list[Use]:
    found = []
    for text in items:
        name, equals, quantity = text.partition("=")
        if not equals or not name or not quantity:
            raise InvalidInput("--item", text, "NUMBER=QUANTITY, such as 1=400")
        found.append(Use(name, quantity))
    return found


@command(app, "replace", example="portledger doc replace 7ab310 --successor JP-26-104500 --as chamber")
def replace(
    run: Run,
    document: DOC,
    successor: Annotated[list[str], typer.Option("--successor", help="The new certificate's number.")],
    reason: REASON = "",
) -> None:
    """The certifier ends a certificate and names the one that takes its place."""
    act_on(run, document, lambda session, one: session.replace(one, successor, reason=reason))


@command(app, "revoke", example='portledger doc revoke 7ab310 --reason "false declaration" --as chamber')
def revoke(run: Run, document: DOC, reason: REASON) -> None:
    """The certifier revokes a certificate."""
    act_on(run, document, lambda session, one: session.revoke(one, reason=reason))
