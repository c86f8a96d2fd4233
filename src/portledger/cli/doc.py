"""portledger doc: documents: new ones, reading, and any verb. The verbs by name: titles, certificates, filings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from portledger.cli import certificates, evidence, filings, output, titles
from portledger.cli.acting import DOC, ENDORSEE, FILE, TO, show_done
from portledger.cli.command import Run, command, group
from portledger.cli.files import SAVE, about, check_new, detail_members, read_document, save_files, standard_form
from portledger.formats import api_json as wire
from portledger.formats import labels
from portledger.formats.comparing import Change, Found, Sort, counted, pointer
from portledger.sdk import attaching, comparing

app = group("Documents: make, read, hand over, surrender, use.")


@command(app, "new", example="portledger doc new bl.json --to shipper --endorsee bank --as carrier")
def new(
    run: Run,
    file: FILE,
    to: TO,
    endorsee: ENDORSEE = None,
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
    carry_from: Annotated[
        str | None,
        typer.Option("--carry-from", metavar="DOCUMENT", help="Equal values can be proven equal later, unseen."),
    ] = None,
) -> None:
    """Make a document from a file: a bill of lading is issued and offered, a certificate applied for, a filing sent.

    Known forms: DCSA transport document or shipping instruction, certificates of origin (RCEP boxes, UN/CEFACT D23B,
    ChAFTA, simple), portledger's commercial invoice. --to is the shipper, the certifier, or the addressee.
    """
    document = read_document(file, number=number, kind=kind, completed=set_ or ())
    check_new(file, document, number)
    session = run.session()
    target = run.party(to)
    table = session.kind(document.kind)
    if attach:
        document = attaching.attach(session.client, table, document, attach)
    other = run.document(carry_from) if carry_from else None
    with about(file, table):
        if table.family == 1:
            named = run.party(endorsee) if endorsee else target
            done = session.new_document(document, counterparty=target, endorsee=named, number=number, carry_from=other)
        elif table.family == 2:
            done = session.new_document(document, counterparty=target, number=number, carry_from=other)
        else:
            done = session.new_document(document, endorsee=target, number=number, carry_from=other)
    show_done(run, session, done)


@command(app, "list", example="portledger doc list --state ISSUED --as bank")
def list_(
    run: Run,
    state: Annotated[str | None, typer.Option("--state", help="Only in this state, such as ISSUED.")] = None,
    progress: Annotated[str | None, typer.Option("--progress", help="todo, processing, done or cancelled.")] = None,
) -> None:
    """List the documents that your party is or was a party to, newest first."""
    found = list(run.reader().documents(state=state, progress=progress))
    run.show(found, None if run.json_wanted else _table(run, found))


def _table(run: Run, found: list[wire.DocumentJson]) -> output.Shown:
    def named(one: wire.DocumentJson) -> tuple[int, int, int]:
        return one.issuer, one.possessor, one.endorsee

    names = run.names(party for one in found for party in named(one))
    rows = [
        (one.document[:12], one.kind_id, one.state, *(output.party_text(party, names) for party in named(one)),
         one.version, output.time_text(one.updated_at))
        for one in found
    ]  # fmt: skip
    return output.table(
        ["document", "kind", "state", "issuer", "possessor", "endorsee", "version", "last change"], rows
    )


@command(app, "show", example="portledger doc show 4f1c2a --as bank")
def show(run: Run, document: DOC) -> None:
    """Show a document's record: state, who issued it, who possesses it, to whose order it is."""
    record = run.reader().document(run.document(document))
    run.show(record, None if run.json_wanted else output.pairs(_described(run, record)))


def _described(run: Run, record: wire.DocumentJson) -> dict[str, object]:
    named = {"issuer": record.issuer, "possessor": record.possessor, "endorsee": record.endorsee,
             "offered to": record.offeree, "offered endorsee": record.offered_endorsee}  # fmt: skip
    names = run.names(named.values())
    return {
        "document": record.document,
        "kind": f"{record.kind_id} (0x{record.kind:04x})",
        "state": f"{record.state} ({record.progress})",
        **{what: output.party_text(party, names) for what, party in named.items()},
        "version": record.version,
        "acts": record.sequence,
        "used": output.percent(record.used),
        "frozen until": output.time_text(record.frozen_until),
        "created": output.time_text(record.created_at),
        "last change": output.time_text(record.updated_at),
        "head": record.head,
    }


@command(app, "open", example="portledger doc open 4f1c2a --as bank > bl.json")
def open_(
    run: Run,
    document: DOC,
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


@command(app, "compare", example="portledger doc compare 4f1c2a --before 1 --after 2 --as bank")
def compare(
    run: Run,
    document: DOC,
    before: Annotated[
        int | None, typer.Option("--before", help="A version; default: the one before the other.")
    ] = None,
    after: Annotated[int | None, typer.Option("--after", help="A version; default: the newest.")] = None,
) -> None:
    """Compare two versions field by field: what was changed, added, removed, and what of it you cannot read."""
    found = comparing.compare(run.session(), run.document(document), before, after)
    value = {
        "before": found.before,
        "after": found.after,
        "datasets": [
            {"name": one.name, "found": one.found.value, "changes": [_change(change) for change in one.changes]}
            for one in found.datasets
        ],
    }
    run.show(value, None if run.json_wanted else _differences(found))


def _change(one: Change) -> dict[str, Any]:
    """A change by JSON Pointers, rows counted from 0 as in them; of rows in another order only where."""
    told: dict[str, Any] = {"change": one.sort.value}
    if one.before is not None:
        told |= {"pathBefore": pointer(one.before), "before": one.old}
    if one.after is not None:
        told |= {"pathAfter": pointer(one.after), "after": one.new}
    return {name: value for name, value in told.items() if one.sort != Sort.MOVED or name not in ("before", "after")}


def _differences(found: comparing.Comparison) -> output.Shown:
    rows = []
    for one in found.datasets:
        if one.changes:
            rows += [
                (one.name, change.sort.value, " / ".join(labels.titles(found.kind, counted(change.path), "en")),
                 _leaf_text(change.old), _leaf_text(change.new))
                for change in one.changes
            ]  # fmt: skip
        else:
            rows.append((one.name, _FOUND[one.found], "", "", ""))
    columns = ["dataset", "what", "field", f"version {found.before}", f"version {found.after}"]
    return output.table(columns, rows, prose=["field", columns[3], columns[4]])


_FOUND: Final = {
    Found.SAME: "same",
    Found.SAME_UNSEEN: "same (unseen, but proven by its seal)",
    Found.RESEALED_UNSEEN: "sealed anew; not granted to you",
    Found.ONLY_BEFORE: "sealed anew; only the older version is granted to you",
    Found.ONLY_AFTER: "sealed anew; only the newer version is granted to you",
}


def _leaf_text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@command(app, "history", example="portledger doc history 4f1c2a --as bank")
def history(run: Run, document: DOC) -> None:
    """Show everything that happened to a document, with the details that were sealed to you."""
    identity = run.document(document)
    session = run.session()
    entries = session.history(identity)
    details = {entry.digest: session.detail(entry, identity) for entry in entries}
    value = [{**output.plain(entry), "detail": details[entry.digest]} for entry in entries]
    run.show(value, None if run.json_wanted else _story(run, entries, details))


def _story(run: Run, entries: list[wire.HistoryEntry], details: Mapping[str, dict[str, Any] | None]) -> output.Shown:
    acts = [entry.action for entry in entries if entry.action is not None]
    names = run.names(party for act in acts for party in (act.actor, act.counterparty, act.endorsee))
    rows = [_line(entry, details[entry.digest], names) for entry in entries]
    columns = ["time", "block", "what", "by", "to", "then", "detail"]
    return output.table(columns, rows, prose=["by", "to", "detail"])


def _line(entry: wire.HistoryEntry, detail: dict[str, Any] | None, names: Mapping[int, str]) -> tuple[object, ...]:
    if entry.action is None:
        what = f"FROZEN until {output.time_text(entry.until)}" if entry.until else "UNFROZEN"
        return output.time_text(entry.time), entry.block, what, entry.sender or "", "", entry.state, ""
    act = entry.action
    to = output.party_text(act.counterparty or act.endorsee, names)
    said = {name: value for name, value in (detail or {}).items() if name not in ("salt", "schema")}
    note = " (note)" if entry.track == "notes" else ""
    by = output.party_text(act.actor, names)
    return (
        output.time_text(entry.time), entry.block, f"{entry.verb_name}{note}", by, to, entry.state,
        json.dumps(said, ensure_ascii=False) if said else "",
    )  # fmt: skip


@command(app, "attachments", example="portledger doc attachments 4f1c2a --save ./files --as bank")
def attachments(
    run: Run,
    document: DOC,
    save: SAVE = None,
) -> None:
    """List a document's attached files, and fetch them; the second of two files of one name gets a number."""
    identity = run.document(document)
    session = run.session()
    found = attaching.attachments(session, identity)
    if save is not None:
        save_files(session, found, save)
    value = [
        {"name": one.name, "mediaType": one.media_type, "size": one.size, "sha256": one.sha256.hex()} for one in found
    ]
    rows = [(one.name, one.media_type, one.size, one.sha256.hex()) for one in found]
    run.show(value, output.table(["file", "type", "bytes", "SHA-256"], rows, prose=["file"]) if rows else "No files.")


# --- any verb --------------------------------------------------------------------------------------------------------


@command(
    app, "act",
    example="portledger doc act 4f1c2a SWITCH_PLATFORM --to 9 --detail platform=OTHER --as shipper",
)  # fmt: skip
def act(
    run: Run,
    document: DOC,
    verb: Annotated[str, typer.Argument(metavar="VERB", help="As the kind names it; see `portledger kind show`.")],
    to: Annotated[str | None, typer.Option("--to", metavar="PARTY", help="The act's counterparty.")] = None,
    endorsee: ENDORSEE = None,
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
    show_done(run, session, done)


@command(app, "json", example="portledger doc json bl.json")
def json_(run: Run, file: FILE) -> None:
    """Show a file as the datasets that would be sealed, without sending anything."""
    document = read_document(file)
    value = {"kind": document.kind, "number": document.number, "datasets": document.datasets}
    run.show(value, output.as_json(value))


for verbs in (titles.app, certificates.app, filings.app, evidence.app):
    app.add_typer(verbs)
