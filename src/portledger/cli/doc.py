"""portledger doc: documents: new ones, reading, and every verb by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from portledger.cli import output
from portledger.cli.command import Run, command, group
from portledger.cli.files import detail_members, read_document, standard_form
from portledger.domain.errors import InvalidInput
from portledger.formats import api_json as wire
from portledger.sdk import attaching
from portledger.sdk.party import PartySession
from portledger.sdk.quantities import Use
from portledger.sdk.session import Done

app = group("Documents: make, read, hand over, surrender, use.")

_DOC = Annotated[str, typer.Argument(metavar="DOCUMENT", help="The document's id, or its first 6 or more hex digits.")]
_TO = Annotated[str, typer.Option("--to", metavar="PARTY", help="Party id or the name of a key file.")]
_ENDORSEE = Annotated[
    str | None, typer.Option("--endorsee", metavar="PARTY", help="To whose order: a party, or bearer.")
]
_REASON = Annotated[str, typer.Option("--reason", help="Reason code or words; sealed to the parties.")]
_OPT_REASON = Annotated[str, typer.Option("--reason", help="Reason code or words; sealed to the parties.")]
_COMMENTS = Annotated[str, typer.Option("--comments", help="Free words; sealed to the parties.")]
_FILE = Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file in the standard's form.")]
_USES = Annotated[
    list[str],
    typer.Option("--item", metavar="NUMBER=QUANTITY", help="Item of the certificate and quantity; repeat it."),
]
_DECLARATION = Annotated[str, typer.Option("--declaration", help="Number of the import declaration.")]


def _done(run: Run, session: PartySession, done: Done) -> None:
    """What an act came to: the record's new state, or that it is on its way."""
    record = session.record(done.document)
    value = {
        "document": done.document,
        "verb": done.verb,
        "digest": done.digest,
        "status": output.plain(done.status),
        "record": output.plain(record),
    }
    shown = output.pairs(
        {
            "document": done.document,
            "did": f"{done.verb} (block {done.status.block})",
            "state": record.state,
            "issuer": output.party_text(record.issuer),
            "possessor": output.party_text(record.possessor),
            "endorsee": output.party_text(record.endorsee),
            "offered to": output.party_text(record.offeree),
            **({"used": output.percent(record.used)} if record.used else {}),
        }
    )
    run.show(value, shown)


def _act(run: Run, document: str, do: Callable[[PartySession, str], Done]) -> None:
    identity = run.document(document)
    session = run.session()
    _done(run, session, do(session, identity))


# --- new, list, show, open, history ----------------------------------------------------------------------------------


@command(app, "new", example="portledger doc new bl.json --to shipper --endorsee bank --as carrier")
def new(
    run: Run,
    file: _FILE,
    to: _TO,
    endorsee: _ENDORSEE = None,
    number: Annotated[
        str | None, typer.Option("--number", help="The document's number; default: the file's own.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="shipping-instruction, where the file could be either.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Complete the file: /carrierCode=EXLN; repeat it."),
    ] = None,
    attach: Annotated[
        list[Path] | None, typer.Option("--attach", help="A file to seal with it; may be repeated.")
    ] = None,
) -> None:
    """Make a document from a file: a bill of lading is issued and offered, a certificate applied for, a filing sent.

    Known forms: DCSA transport document or shipping instruction, certificates of origin (RCEP boxes, UN/CEFACT D23B,
    ChAFTA, simple), portledger's commercial invoice. --to is the shipper, the certifier, or the addressee.
    """
    document = read_document(file, number=number, kind=kind, completed=set_ or ())
    session = run.session()
    target = run.party(to)
    table = session.kind(document.kind)
    if attach:
        document = attaching.attach(session.client, table, document, attach)
    if table.family == 1:
        named = run.party(endorsee) if endorsee else target
        done = session.new_document(document, counterparty=target, endorsee=named, number=number)
    elif table.family == 2:
        done = session.new_document(document, counterparty=target, number=number)
    else:
        done = session.new_document(document, endorsee=target, number=number)
    _done(run, session, done)


@command(app, "list", example="portledger doc list --state ISSUED --as bank")
def list_(
    run: Run,
    state: Annotated[str | None, typer.Option("--state", help="Only in this state, such as ISSUED.")] = None,
    progress: Annotated[str | None, typer.Option("--progress", help="todo, processing, done or cancelled.")] = None,
) -> None:
    """List the documents that your party is or was a party to, newest first."""
    found = list(run.reader().documents(state=state, progress=progress))
    run.show(found, _table(found))


def _table(found: list[wire.DocumentJson]) -> Table:
    rows = [
        (one.document[:12], one.kind_id, one.state, *map(output.party_text, (one.issuer, one.possessor, one.endorsee)),
         one.version, output.time_text(one.updated_at))
        for one in found
    ]  # fmt: skip
    return output.table(
        ["document", "kind", "state", "issuer", "possessor", "endorsee", "version", "last change"], rows
    )


@command(app, "show", example="portledger doc show 4f1c2a --as bank")
def show(run: Run, document: _DOC) -> None:
    """Show a document's record: state, who issued it, who possesses it, to whose order it is."""
    record = run.reader().document(run.document(document))
    shown = {
        "document": record.document,
        "kind": f"{record.kind_id} (0x{record.kind:04x})",
        "state": f"{record.state} ({record.progress})",
        "issuer": output.party_text(record.issuer),
        "possessor": output.party_text(record.possessor),
        "endorsee": output.party_text(record.endorsee),
        "offered to": output.party_text(record.offeree),
        "offered endorsee": output.party_text(record.offered_endorsee),
        "version": record.version,
        "acts": record.sequence,
        "used": output.percent(record.used),
        "frozen until": output.time_text(record.frozen_until),
        "created": output.time_text(record.created_at),
        "last change": output.time_text(record.updated_at),
        "head": record.head,
    }
    run.show(record, output.pairs(shown))


@command(app, "open", example="portledger doc open 4f1c2a --as bank > bl.json")
def open_(
    run: Run,
    document: _DOC,
    version: Annotated[int | None, typer.Option("--version", help="Default: the newest.")] = None,
    datasets: Annotated[
        bool, typer.Option("--datasets", help="By dataset, instead of in the standard's form.")
    ] = False,
) -> None:
    """Open a document with your keys and print it as JSON, in the standard's form; what you may not read is absent."""
    identity = run.document(document)
    session = run.session()
    opened = session.open(identity, version=version)
    kind = session.kind(opened.kind)
    value = opened.values() if datasets else standard_form(kind, opened.values())
    if opened.closed:
        output.say("Not granted to you: " + ", ".join(opened.closed))
    output.emit_json(value)


@command(app, "history", example="portledger doc history 4f1c2a --as bank")
def history(run: Run, document: _DOC) -> None:
    """Show everything that happened to a document, with the details that were sealed to you."""
    identity = run.document(document)
    session = run.session()
    entries = session.history(identity)
    details = {entry.digest: session.detail(entry, identity) for entry in entries}
    value = [{**output.plain(entry), "detail": details[entry.digest]} for entry in entries]
    rows = [_line(entry, details[entry.digest]) for entry in entries]
    run.show(value, output.table(["time", "block", "what", "by", "to", "then", "detail"], rows))


def _line(entry: wire.HistoryEntry, detail: dict[str, Any] | None) -> tuple[object, ...]:
    if entry.action is None:
        what = f"FROZEN until {output.time_text(entry.until)}" if entry.until else "UNFROZEN"
        return output.time_text(entry.time), entry.block, what, entry.sender or "", "", entry.state, ""
    act = entry.action
    to = output.party_text(act.counterparty) if act.counterparty else output.party_text(act.endorsee)
    said = {name: value for name, value in (detail or {}).items() if name not in ("salt", "schema")}
    note = " (note)" if entry.track == "notes" else ""
    return (
        output.time_text(entry.time), entry.block, f"{entry.verb_name}{note}", act.actor, to, entry.state,
        json.dumps(said, ensure_ascii=False) if said else "",
    )  # fmt: skip


@command(app, "attachments", example="portledger doc attachments 4f1c2a --save ./files --as bank")
def attachments(
    run: Run,
    document: _DOC,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="DIR", help="Fetch, check and write them here.")
    ] = None,
) -> None:
    """List a document's attached files, and fetch them."""
    identity = run.document(document)
    session = run.session()
    found = attaching.attachments(session, identity)
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
        for one in found:
            attaching.save(session.client, one, save)
    value = [
        {"name": one.name, "mediaType": one.media_type, "size": one.size, "sha256": one.sha256.hex()} for one in found
    ]
    rows = [(one.name, one.media_type, one.size, one.sha256.hex()) for one in found]
    run.show(value, output.table(["file", "type", "bytes", "SHA-256"], rows))


# --- any verb --------------------------------------------------------------------------------------------------------


@command(
    app, "act",
    example="portledger doc act 4f1c2a SWITCH_PLATFORM --to 9 --detail platform=OTHER --as shipper",
)  # fmt: skip
def act(
    run: Run,
    document: _DOC,
    verb: Annotated[str, typer.Argument(metavar="VERB", help="As the kind names it; see `portledger kind show`.")],
    to: Annotated[str | None, typer.Option("--to", metavar="PARTY", help="The act's counterparty.")] = None,
    endorsee: _ENDORSEE = None,
    quantity: Annotated[int | None, typer.Option("--quantity", help="Parts per million, for uses.")] = None,
    detail: Annotated[list[str] | None, typer.Option("--detail", metavar="NAME=VALUE", help="May be repeated.")] = None,
    content: Annotated[Path | None, typer.Option("--content", help="New content, for acts that write it.")] = None,
    deadline: Annotated[int, typer.Option("--deadline", metavar="HOURS", help="How long the act may be carried.")] = 24,
) -> None:
    """Sign and send any act; whatever the record decides by itself is filled in."""
    identity = run.document(document)
    session = run.session()
    name = verb.upper().replace("-", "_")
    values = read_document(content).datasets if content else None
    done = session.act(
        identity,
        name,
        counterparty=run.party(to) if to else None,
        endorsee=run.party(endorsee) if endorsee else None,
        quantity=quantity,
        detail=detail_members(detail or []) or None,
        values=values,
        deadline=session.now() + deadline * 3600,
    )
    _done(run, session, done)


# --- titles ----------------------------------------------------------------------------------------------------------


@command(app, "offer", example="portledger doc offer 4f1c2a --to bank --as shipper")
def offer(run: Run, document: _DOC, to: _TO, endorsee: _ENDORSEE = None) -> None:
    """Offer possession to another party. You stay in control until it accepts, and may withdraw until then."""
    named = run.party(endorsee) if endorsee else None
    _act(run, document, lambda session, one: session.offer(one, run.party(to), endorsee=named))


@command(app, "inspect", example="portledger doc inspect 4f1c2a --as bank")
def inspect(run: Run, document: _DOC) -> None:
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
    document: _DOC,
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
    _done(run, session, session.accept(inspection))


@command(app, "decline", example='portledger doc decline 4f1c2a --reason "wrong consignee" --as bank')
def decline(run: Run, document: _DOC, reason: _OPT_REASON = "", comments: _COMMENTS = "") -> None:
    """Decline what is offered to you; nothing moves."""
    _act(run, document, lambda session, one: session.decline(one, reason=reason, comments=comments))


@command(app, "withdraw", example="portledger doc withdraw 4f1c2a --as shipper")
def withdraw(run: Run, document: _DOC, reason: _OPT_REASON = "") -> None:
    """Take back an offer, a surrender or an application before it is answered."""
    _act(run, document, lambda session, one: session.withdraw(one, reason=reason))


@command(app, "endorse", example="portledger doc endorse 4f1c2a --to consignee --as bank")
def endorse(
    run: Run,
    document: _DOC,
    to: _TO,
    to_order: Annotated[bool, typer.Option("--to-order", help="To the order of the party.")] = False,
) -> None:
    """Endorse to a named party, or in blank with --to bearer. The title follows when possession does."""
    if to.lower() == "bearer":
        _act(run, document, lambda session, one: session.blank_endorse(one))
    elif to_order:
        _act(run, document, lambda session, one: session.endorse_to_order(one, run.party(to)))
    else:
        _act(run, document, lambda session, one: session.endorse(one, run.party(to)))


@command(app, "renounce", example='portledger doc renounce 4f1c2a --reason "documents refused" --as bank')
def renounce(run: Run, document: _DOC, reason: _REASON) -> None:
    """Give up your endorsement in the possessor's favour."""
    _act(run, document, lambda session, one: session.renounce(one, reason=reason))


@command(app, "surrender", example="portledger doc surrender 4f1c2a --as consignee")
def surrender(
    run: Run,
    document: _DOC,
    purpose: Annotated[str, typer.Option("--for", help="delivery, amendment, paper or platform.")] = "delivery",
    reason: _OPT_REASON = "",
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
    _done(run, session, done)


@command(app, "accept-surrender", example="portledger doc accept-surrender 4f1c2a --as carrier")
def accept_surrender(run: Run, document: _DOC, reason: _OPT_REASON = "") -> None:
    """The issuer accepts what was surrendered. Release cargo only after this."""
    detail = {"comments": reason} if reason else None
    _act(run, document, lambda session, one: session.accept_surrender(one, detail=detail))


@command(app, "reject-surrender", example='portledger doc reject-surrender 4f1c2a --reason "charges open" --as carrier')
def reject_surrender(run: Run, document: _DOC, reason: _REASON) -> None:
    """The issuer gives a surrendered bill back; nothing moves."""
    _act(run, document, lambda session, one: session.reject_surrender(one, reason=reason))


@command(app, "amend", example='portledger doc amend 4f1c2a new.json --reason "package count" --as carrier')
def amend(run: Run, document: _DOC, file: _FILE, reason: _REASON, endorsee: _ENDORSEE = None) -> None:
    """The issuer writes a new version, in the standard's form, and offers it back to the surrenderer."""
    values = read_document(file).datasets
    named = run.party(endorsee) if endorsee else None
    _act(
        run, document,
        lambda session, one: session.amend(one, session.kept(one, values), reason=reason, endorsee=named),
    )  # fmt: skip


@command(app, "return-possession", example='portledger doc return-possession 4f1c2a --reason "refused" --as carrier')
def return_possession(run: Run, document: _DOC, reason: _REASON) -> None:
    """The issuer gives a bill back that was surrendered for amendment, unamended."""
    _act(run, document, lambda session, one: session.return_possession(one, reason=reason))


@command(app, "void", example='portledger doc void 4f1c2a --reason "issued in error" --as carrier')
def void(
    run: Run,
    document: _DOC,
    reason: _REASON,
    successor: Annotated[list[str] | None, typer.Option("--successor", help="Number of what takes its place.")] = None,
) -> None:
    """End a document that you possess and issued, or that you surrendered for amendment."""
    _act(run, document, lambda session, one: session.void(one, reason=reason, successors=successor or ()))


@command(app, "reoffer", example="portledger doc reoffer 4f1c2a --to shipper --endorsee bank --as carrier")
def reoffer(run: Run, document: _DOC, to: _TO, endorsee: _ENDORSEE = None, reason: _OPT_REASON = "") -> None:
    """The issuer offers a bill again that its first shipper declined."""
    named = run.party(endorsee) if endorsee else run.party(to)
    _act(run, document, lambda session, one: session.reoffer(one, run.party(to), endorsee=named, reason=reason))


@command(app, "remark", example='portledger doc remark 4f1c2a --comments "seal checked" --as forwarder')
def remark(run: Run, document: _DOC, comments: Annotated[str, typer.Option("--comments")]) -> None:
    """Write a signed remark into the history; it also kills signatures that were given and not used."""
    _act(run, document, lambda session, one: session.remark(one, comments))


@command(app, "notice", example='portledger doc notice 4f1c2a --reason LIEN --comments "storage unpaid" --as carrier')
def notice(run: Run, document: _DOC, reason: _REASON, comments: _COMMENTS = "") -> None:
    """The issuer's note (a lien, a stop, delivery against an indemnity); it moves nothing."""
    _act(run, document, lambda session, one: session.notice(one, reason=reason, comments=comments))


# --- certificates ----------------------------------------------------------------------------------------------------


@command(app, "approve", example="portledger doc approve 7ab310 --as chamber")
def approve(run: Run, document: _DOC) -> None:
    """The certifier approves an application."""
    _act(run, document, lambda session, one: session.approve(one))


@command(app, "return", example='portledger doc return 7ab310 --reason "HS code of item 2" --as chamber')
def return_(run: Run, document: _DOC, reason: _REASON, comments: _COMMENTS = "") -> None:
    """The certifier returns an application for correction."""
    _act(run, document, lambda session, one: session.return_for_correction(one, reason=reason, comments=comments))


@command(app, "reject", example='portledger doc reject 7ab310 --reason "not originating" --as chamber')
def reject(run: Run, document: _DOC, reason: _REASON, comments: _COMMENTS = "") -> None:
    """The certifier rejects an application."""
    _act(run, document, lambda session, one: session.reject(one, reason=reason, comments=comments))


@command(app, "resubmit", example="portledger doc resubmit 7ab310 corrected.json --as shipper")
def resubmit(run: Run, document: _DOC, file: _FILE) -> None:
    """The exporter sends a returned application again, corrected."""
    values = read_document(file).datasets
    _act(run, document, lambda session, one: session.resubmit(one, session.kept(one, values)))


@command(app, "certify", example="portledger doc certify 7ab310 --number JP-26-104417 --user customs --as chamber")
def certify(
    run: Run,
    document: _DOC,
    number: Annotated[str, typer.Option("--number", help="The certificate's number; lives once per certifier.")],
    user: Annotated[str, typer.Option("--user", metavar="PARTY", help="The customs that may use it, or bearer.")],
    file: Annotated[
        Path | None, typer.Option("--content", help="The certificate as certified; default: as applied.")
    ] = None,
) -> None:
    """The certifier issues the certificate under its number."""
    given = read_document(file).datasets if file else None

    def do(session: PartySession, one: str) -> Done:
        return session.certify(one, number, run.party(user), values=session.kept(one, given) if given else None)

    _act(run, document, do)


@command(app, "note", example='portledger doc note 7ab310 --result "genuine" --as customs')
def note(
    run: Run,
    document: _DOC,
    result: Annotated[str, typer.Option("--result", help="What the check found.")],
    comments: _COMMENTS = "",
) -> None:
    """Note on a certificate that you verified it (VERIFY); it moves nothing."""
    _act(run, document, lambda session, one: session.verify_note(one, result, comments=comments))


@command(app, "use", example="portledger doc use 7ab310 --item 1=400 --declaration A123 --as customs")
def use(
    run: Run,
    document: _DOC,
    item: _USES,
    declaration: _DECLARATION,
    full: Annotated[bool, typer.Option("--full", help="Use the rest: the certificate is used up.")] = False,
) -> None:
    """Use a certificate for an import declaration, in part or in full."""
    uses = _uses(item)

    def do(session: PartySession, one: str) -> Done:
        return (session.use_full if full else session.use_part)(one, uses, declaration)

    _act(run, document, do)


@command(
    app, "correct-use", example='portledger doc correct-use 7ab310 --item 1=300 --reason "typing error" --as customs'
)
def correct_use(run: Run, document: _DOC, item: _USES, reason: _REASON) -> None:
    """Take a use back. --item gives the item's new total."""
    _act(run, document, lambda session, one: session.correct_use(one, _uses(item), reason=reason))


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
    document: _DOC,
    successor: Annotated[list[str], typer.Option("--successor", help="The new certificate's number.")],
    reason: _OPT_REASON = "",
) -> None:
    """The certifier ends a certificate and names the one that takes its place."""
    _act(run, document, lambda session, one: session.replace(one, successor, reason=reason))


@command(app, "revoke", example='portledger doc revoke 7ab310 --reason "false declaration" --as chamber')
def revoke(run: Run, document: _DOC, reason: _REASON) -> None:
    """The certifier revokes a certificate."""
    _act(run, document, lambda session, one: session.revoke(one, reason=reason))


# --- filings ---------------------------------------------------------------------------------------------------------


@command(app, "revise", example="portledger doc revise 31c0de si-2.json --as shipper")
def revise(run: Run, document: _DOC, file: _FILE) -> None:
    """Send a new version of a shipping instruction or invoice."""
    values = read_document(file).datasets
    _act(run, document, lambda session, one: session.revise(one, session.kept(one, values)))


@command(app, "acknowledge", example="portledger doc acknowledge 31c0de --as carrier")
def acknowledge(run: Run, document: _DOC) -> None:
    """The addressee takes a filing in hand."""
    _act(run, document, lambda session, one: session.acknowledge(one))


@command(app, "complete", example="portledger doc complete 31c0de --as carrier")
def complete(run: Run, document: _DOC) -> None:
    """The addressee is done with a filing."""
    _act(run, document, lambda session, one: session.complete(one))


@command(app, "cancel", example="portledger doc cancel 31c0de --reason "
         '"booking cancelled" --as shipper')  # fmt: skip
def cancel(run: Run, document: _DOC, reason: _OPT_REASON = "") -> None:
    """The sender cancels a filing."""
    _act(run, document, lambda session, one: session.cancel(one, reason=reason))


@command(app, "json", example="portledger doc json bl.json")
def json_(run: Run, file: _FILE) -> None:
    """Show a file as the datasets that would be sealed, without sending anything."""
    document = read_document(file)
    value = {"kind": document.kind, "number": document.number, "datasets": document.datasets}
    run.show(value, output.as_json(value))
