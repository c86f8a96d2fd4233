"""portledger doc: the verbs of bills of lading: offer, inspect, accept, endorse, surrender, amend."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from portledger import resources
from portledger.cli import output
from portledger.cli.acting import COMMENTS, DOC, ENDORSEE, FILE, REASON, TO, act_on, show_done
from portledger.cli.command import Run, command, group
from portledger.cli.files import about, read_document, standard_form
from portledger.domain.errors import InvalidInput
from portledger.sdk.party import PartySession
from portledger.sdk.session import Done

app = group("Bills of lading.")


@command(app, "offer", example="portledger doc offer 4f1c2a --to bank --as shipper")
def offer(run: Run, document: DOC, to: TO, endorsee: ENDORSEE = None) -> None:
    """Offer possession to another party. You stay in control until it accepts, and may withdraw until then."""
    named = run.party(endorsee) if endorsee else None
    act_on(run, document, lambda session, one: session.offer(one, run.party(to), endorsee=named))


@command(app, "inspect", example="portledger doc inspect 4f1c2a --as bank")
def inspect(run: Run, document: DOC) -> None:
    """Verify a document that is offered to you, open it and check everything, without accepting it."""
    identity = run.document(document)
    session = run.session()
    inspection = session.inspect(identity, run.node())
    kind = session.kind(inspection.place.kind)
    value = {"document": identity, "head": inspection.head.hex(), "content": inspection.content.hex(),
             "datasets": inspection.values}  # fmt: skip
    text = json.dumps(standard_form(kind, inspection.values), indent=2, ensure_ascii=False)
    run.show(value, text)
    output.say(f"Everything checked, on head {inspection.head.hex()}. Accept with `portledger doc accept`.")


@command(app, "accept", example="portledger doc accept 4f1c2a --as bank")
def accept(
    run: Run,
    document: DOC,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask after showing the document.")] = False,
) -> None:
    """Inspect a document that is offered to you, show it, and accept exactly that."""
    identity = run.document(document)
    session = run.session()
    inspection = session.inspect(identity, run.node())
    if not yes:
        kind = session.kind(inspection.place.kind)
        output.say(json.dumps(standard_form(kind, inspection.values), indent=2, ensure_ascii=False))
        if not typer.confirm("Accept this document?", err=True):
            raise typer.Abort
    show_done(run, session, session.accept(inspection))


@command(app, "decline", example='portledger doc decline 4f1c2a --reason "wrong consignee" --as bank')
def decline(run: Run, document: DOC, reason: REASON = "", comments: COMMENTS = "") -> None:
    """Decline what is offered to you; nothing moves."""
    act_on(run, document, lambda session, one: session.decline(one, reason=reason, comments=comments))


@command(app, "withdraw", example="portledger doc withdraw 4f1c2a --as shipper")
def withdraw(run: Run, document: DOC, reason: REASON = "") -> None:
    """Take back an offer, a surrender or an application before it is answered."""
    act_on(run, document, lambda session, one: session.withdraw(one, reason=reason))


@command(app, "endorse", example="portledger doc endorse 4f1c2a --to consignee --as bank")
def endorse(
    run: Run,
    document: DOC,
    to: TO,
    to_order: Annotated[bool, typer.Option("--to-order", help="To the order of the party.")] = False,
) -> None:
    """Endorse to a named party, or in blank with --to bearer. The title follows when possession does."""
    if to.lower() == "bearer":
        act_on(run, document, lambda session, one: session.blank_endorse(one))
    elif to_order:
        act_on(run, document, lambda session, one: session.endorse_to_order(one, run.party(to)))
    else:
        act_on(run, document, lambda session, one: session.endorse(one, run.party(to)))


@command(app, "renounce", example='portledger doc renounce 4f1c2a --reason "documents refused" --as bank')
def renounce(run: Run, document: DOC, reason: REASON) -> None:
    """Give up your endorsement in the possessor's favour."""
    act_on(run, document, lambda session, one: session.renounce(one, reason=reason))


@command(app, "surrender", example="portledger doc surrender 4f1c2a --as consignee")
def surrender(
    run: Run,
    document: DOC,
    purpose: Annotated[str, typer.Option("--for", help="delivery, amendment, paper or platform.")] = "delivery",
    reason: REASON = "",
    changes: Annotated[str, typer.Option("--changes", help="For an amendment: what should change.")] = "",
    to: Annotated[
        str | None, typer.Option("--to", metavar="PARTY", help="For a platform: the party that runs it.")
    ] = None,
    platform: Annotated[str, typer.Option("--platform", help="For a platform: its code.")] = "",
) -> None:
    """Surrender a bill of lading: for delivery of the cargo, amendment, paper, or another platform."""
    identity = run.document(document)
    session = run.session()
    if purpose == "delivery":
        done = session.surrender_for_delivery(identity)
    elif purpose == "amendment":
        done = session.surrender_for_amendment(identity, reason=reason, changes=changes)
    elif purpose == "paper":
        done = session.switch_to_paper(identity, reason=reason)
    elif purpose == "platform" and to:
        done = session.switch_platform(identity, run.party(to), platform=platform)
    else:
        raise InvalidInput("--for", purpose, "delivery, amendment, paper, or platform with --to")
    show_done(run, session, done)


@command(app, "accept-surrender", example="portledger doc accept-surrender 4f1c2a --as carrier")
def accept_surrender(run: Run, document: DOC, reason: REASON = "") -> None:
    """The issuer accepts what was surrendered. Release cargo only after this."""
    detail = {"comments": reason} if reason else None
    act_on(run, document, lambda session, one: session.accept_surrender(one, detail=detail))


@command(app, "reject-surrender", example='portledger doc reject-surrender 4f1c2a --reason "charges open" --as carrier')
def reject_surrender(run: Run, document: DOC, reason: REASON) -> None:
    """The issuer gives a surrendered bill back; nothing moves."""
    act_on(run, document, lambda session, one: session.reject_surrender(one, reason=reason))


@command(app, "amend", example='portledger doc amend 4f1c2a new.json --reason "package count" --as carrier')
def amend(run: Run, document: DOC, file: FILE, reason: REASON, endorsee: ENDORSEE = None) -> None:
    """The issuer writes a new version, in the standard's form, and offers it back to the surrenderer."""
    given = read_document(file)
    named = run.party(endorsee) if endorsee else None

    def do(session: PartySession, one: str) -> Done:
        return session.amend(one, session.kept(one, given.datasets), reason=reason, endorsee=named)

    with about(file, resources.kind(given.kind)):
        act_on(run, document, do)


@command(app, "return-possession", example='portledger doc return-possession 4f1c2a --reason "refused" --as carrier')
def return_possession(run: Run, document: DOC, reason: REASON) -> None:
    """The issuer gives a bill back that was surrendered for amendment, unamended."""
    act_on(run, document, lambda session, one: session.return_possession(one, reason=reason))


@command(app, "void", example='portledger doc void 4f1c2a --reason "issued in error" --as carrier')
def void(
    run: Run,
    document: DOC,
    reason: REASON,
    successor: Annotated[list[str] | None, typer.Option("--successor", help="Number of what takes its place.")] = None,
) -> None:
    """End a document that you possess and issued, or that you surrendered for amendment."""
    act_on(run, document, lambda session, one: session.void(one, reason=reason, successors=successor or ()))


@command(app, "reoffer", example="portledger doc reoffer 4f1c2a --to shipper --endorsee bank --as carrier")
def reoffer(run: Run, document: DOC, to: TO, endorsee: ENDORSEE = None, reason: REASON = "") -> None:
    """The issuer offers a bill again that its first shipper declined."""
    named = run.party(endorsee) if endorsee else run.party(to)
    act_on(run, document, lambda session, one: session.reoffer(one, run.party(to), endorsee=named, reason=reason))


@command(app, "remark", example='portledger doc remark 4f1c2a --comments "seal checked" --as forwarder')
def remark(run: Run, document: DOC, comments: Annotated[str, typer.Option("--comments")]) -> None:
    """Write a signed remark into the history; it also kills signatures that were given and not used."""
    act_on(run, document, lambda session, one: session.remark(one, comments))


@command(app, "notice", example='portledger doc notice 4f1c2a --reason LIEN --comments "storage unpaid" --as carrier')
def notice(run: Run, document: DOC, reason: REASON, comments: COMMENTS = "") -> None:
    """The issuer's note (a lien, a stop, delivery against an indemnity); it moves nothing."""
    act_on(run, document, lambda session, one: session.notice(one, reason=reason, comments=comments))
