"""portledger doc prove, doc disclose, doc grants: what is shown of a document to others, and who was let in."""

from __future__ import annotations

import gzip
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from portledger.cli import output
from portledger.cli.acting import DOC
from portledger.cli.command import Run, command, group
from portledger.cli.progress import bar
from portledger.domain.codes import ZERO
from portledger.domain.errors import InvalidInput, moment
from portledger.evidence import bundle as bundles
from portledger.evidence import presentation as presentations
from portledger.evidence.bundle import Bundle
from portledger.evidence.headers import Engine, parse
from portledger.evidence.history import HiddenNote
from portledger.evidence.making import Form
from portledger.evidence.presentation import Presentation
from portledger.evidence.stamps import read as read_stamp
from portledger.evidence.story import names_of
from portledger.formats import api_json as wire
from portledger.sdk import disclosing, proving
from portledger.vault.canonical import flatten

_FORM = Annotated[
    str, typer.Option("--form", help="whole, or suffix: from the last act that wrote content on; says that it is one.")
]
_NOTES = Annotated[
    str, typer.Option("--notes", help="all, own (others by their hashes), or hidden (all by their hashes).")
]
_STAMPS = Annotated[
    str,
    typer.Option(
        "--stamps",
        metavar="all|none|CERTIFICATE",
        help="Time stamps of the block: all, none, or by one authority (SHA-256 of its certificate). A verifier must "
        "know them all.",
    ),
]
_OUT = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Default: named after the document, here.")]
_GZ = Annotated[bool, typer.Option("--gz", help="Compress it with gzip.")]


app = group("Evidence.")


# --- prove -----------------------------------------------------------------------------------------------------------


@command(app, "prove", example="portledger doc prove 4f1c2a --open header --out bill.evidence.json --as bank")
def prove(
    run: Run,
    document: DOC,
    form: _FORM = "whole",
    notes: _NOTES = "all",
    stamps: _STAMPS = "all",
    opened: Annotated[
        list[str] | None,
        typer.Option("--open", metavar="DATASET", help="Show this dataset whole, or `all` you can read; repeat it."),
    ] = None,
    details: Annotated[bool, typer.Option("--details", help="Show the acts' details that were sealed to you.")] = False,
    newest: Annotated[
        bool, typer.Option("--newest", help="As of the newest block, even where an older proof still fits.")
    ] = False,
    out: _OUT = None,
    gz: _GZ = False,
    from_node: Annotated[
        str | None,
        typer.Option("--from-node", metavar="URL", help="Ask only this node, no gateway; needs --ledger, no keys."),
    ] = None,
    ledger: Annotated[
        str | None, typer.Option("--ledger", metavar="ADDRESS", help="The ledger's address, for --from-node.")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", help="How the node's chain seals its blocks: none, qbft or istanbul.")
    ] = "none",
    since: Annotated[
        int | None,
        typer.Option(
            "--since",
            metavar="BLOCK",
            min=0,
            help="With --from-node: the block whose validators the verifier's policy trusts; headers are read from "
            "there on. Default: the ledger's first.",
        ),
    ] = None,
) -> None:
    """Write a document's evidence into a file that anybody can verify offline, today and in ten years.

    It holds the history with all signatures, the logs of the parties in it, and the proof that the ledger held just
    this at one block. Nothing of the content is shown but what --open and --details name. `portledger verify` checks.
    """
    if from_node is None:
        made = proving.prove(
            run.session(), run.document(document), form=form, notes=notes, stamps=stamps, opened=opened or (),
            details=details, newest=newest,
        )  # fmt: skip
    else:
        if opened or details:
            raise InvalidInput("--from-node", "--open or --details", "neither: what is sealed lies at a gateway")
        made = _from_node(run, from_node, ledger, document, Form(form, notes, stamps=stamps), engine, since)
    file = _write(out, made.document, "evidence", bundles.dump(made), gz=gz)
    run.show({"file": str(file), **contents(made)}, output.pairs({"file": str(file), **_contents_text(made)}))
    if form == "suffix" and made.start is None:
        output.say("Nothing can be left out: only the creating act wrote content, so this is the whole history.")
    for line in reveals(made):
        output.say(line)


def _from_node(
    run: Run, url: str, ledger: str | None, document: str, form: Form, engine: str, since: int | None
) -> Bundle:
    if engine not in set(Engine):
        raise InvalidInput("--engine", engine, ", ".join(Engine))
    if ledger is None:
        raise InvalidInput("--ledger", "none", "the ledger's address, with --from-node")
    node = run.node(url)
    assert node is not None
    identity, address = wire.digest(_whole(document), "document"), wire.address(ledger.lower(), "--ledger")
    with node, bar("headers", "headers") as watch:
        return proving.prove_from_node(node, address, identity, form, engine, since=since, progress=watch)


def _whole(document: str) -> str:
    """Without a gateway nobody completes a shortened id."""
    text = document.lower().removeprefix("0x")
    if len(text) != 64:
        raise InvalidInput("document", repr(document), "the whole id, 64 hex digits, with --from-node")
    return text


def contents(made: Bundle) -> dict[str, Any]:
    """What is in the file, as `--json` prints it."""
    header = parse(made.engine, made.header)
    return {
        "document": made.document.hex(),
        "form": "whole" if made.start is None else "suffix",
        "asOf": {"block": header.number, "time": header.time},
        "head": made.entries[-1].head.hex(),
        "acts": len(made.entries),
        "notes": sum(not isinstance(one, HiddenNote) for one in made.notes),
        "hiddenNotes": sum(isinstance(one, HiddenNote) for one in made.notes),
        "parties": [one.party for one in made.parties],
        "names": {str(party): name for party, name in names_of(made).items()},
        "opened": [one.dataset for one in made.opened],
        "details": len(made.details or {}),
        "nodes": len(made.proof),
        "stamps": [{"time": one.time, "certificate": one.fingerprint.hex()} for one in map(read_stamp, made.stamps)],
    }


def _contents_text(made: Bundle) -> dict[str, object]:
    told = contents(made)
    hidden = f", and {told['hiddenNotes']} by their hashes only" if told["hiddenNotes"] else ""
    stamped = [f"{moment(one['time'])}, by certificate {one['certificate']}" for one in told["stamps"]]
    return {
        "document": told["document"],
        "form": "the whole history" if made.start is None else "a suffix: from the last act that wrote content on",
        "as of": f"block {told['asOf']['block']}, {moment(told['asOf']['time'])}",
        "contains": f"{told['acts']} acts, {told['notes']} notes{hidden}, {told['nodes']} nodes of proof",
        "stamped": "; ".join(stamped) or "by nobody outside",
    }


def reveals(made: Bundle) -> list[str]:
    """What who gets the file learns, and what stays closed, in sentences."""
    names = names_of(made)
    who = ", ".join(output.party_text(one.party, names) for one in made.parties)
    lines = [f"It reveals who did what and when: {who}."]
    if made.opened:
        fields = sum(len(flatten(one.value)) for one in made.opened)
        lines.append(f"It shows whole: {', '.join(one.dataset for one in made.opened)} ({fields} fields).")
    if made.details:
        lines.append(f"It shows the details of {len(made.details)} acts.")
    shown = {one.dataset for one in made.opened}
    closed = [
        one["name"] for one in (made.manifests[-1]["datasets"] if made.manifests else ()) if one["name"] not in shown
    ]
    if closed:
        lines.append(f"It keeps closed, as hashes only: {', '.join(closed)}.")
    silent = sum(one.action.detail != ZERO and one.digest not in (made.details or {}) for one in proving.acts_of(made))
    if silent:
        lines.append(f"The details of {silent} acts stay closed.")
    lines.append("Who has the file may pass it on: it is not bound to a receiver. A presentation is: `doc disclose`.")
    return lines


# --- disclose --------------------------------------------------------------------------------------------------------


@command(
    app, "disclose",
    example="portledger doc disclose 4f1c2a --field route:/pol --to customs --purpose import --as bank",
)  # fmt: skip
def disclose(
    run: Run,
    document: DOC,
    to: Annotated[str, typer.Option("--to", metavar="AUDIENCE", help="For whom: a name, as they call themselves.")],
    purpose: Annotated[str, typer.Option("--purpose", metavar="TEXT", help="What it is shown for.")],
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="DATASET:/PATH", help="Show this field, or all below the path; repeat it."),
    ] = None,
    absent: Annotated[
        list[str] | None,
        typer.Option("--absent", metavar="DATASET:/PATH", help="Prove that nothing stands there; repeat it."),
    ] = None,
    equal: Annotated[
        list[str] | None,
        typer.Option(
            "--equal",
            metavar="DATASET:/PATH=DOCUMENT:DATASET:/PATH",
            help="Prove that both documents hold one value, unseen; repeat it.",
        ),
    ] = None,
    valid: Annotated[str, typer.Option("--valid", metavar="SPAN", help="30m, 12h, 7d …")] = "7d",
    form: _FORM = "whole",
    notes: _NOTES = "all",
    stamps: _STAMPS = "all",
    out: _OUT = None,
    gz: _GZ = False,
) -> None:
    """Write chosen fields of a document into a file for one receiver, each proven, signed by you.

    What the kind makes mandatory (its number, its ledger …) is always shown. `doc open --datasets` shows the paths.
    """
    identity = run.document(document)
    same = [disclosing.same_of(one) for one in equal or ()]
    chosen = disclosing.Chosen(
        audience=to,
        purpose=purpose,
        valid=disclosing.seconds_of(valid),
        fields=[disclosing.place_of(one) for one in fields or ()],
        absent=[disclosing.place_of(one, "--absent") for one in absent or ()],
        equal=[disclosing.Same(one.here, run.document(one.document), one.there) for one in same],
    )
    made = disclosing.disclose(run.session(), identity, chosen, form=form, notes=notes, stamps=stamps)
    data = presentations.dump(made)
    file = _write(out, made.evidence.document, "presentation", data, gz=gz)
    beside = len(data) - len(bundles.dump(made.evidence)) - sum(len(bundles.dump(one)) for one in made.others)
    value = {"file": str(file), "bytes": len(data), "besideTheHistory": beside, **shown(made)}
    run.show(value, output.pairs({"file": str(file), **_shown_text(made)}))
    for line in concludes(made):
        output.say(line)


def shown(made: Presentation) -> dict[str, Any]:
    """What the presentation shows, as `--json` prints it."""
    return {
        "document": made.evidence.document.hex(),
        "audience": made.audience,
        "purpose": made.purpose,
        "createdAt": made.created_at,
        "expiresAt": made.expires_at,
        "party": made.party,
        "fields": [{"dataset": name, "path": one.path, "value": one.value} for name, one in made.fields],
        "absent": [{"dataset": name, "path": one.path} for name, one in made.absent],
        "equal": [
            {
                "dataset": one.dataset,
                "path": one.proof.path,
                "document": made.others[one.other].document.hex(),
                "otherDataset": one.other_dataset,
                "otherPath": one.proof.other_path,
            }
            for one in made.equal
        ],
    }


def _shown_text(made: Presentation) -> dict[str, object]:
    told: dict[str, object] = {
        "document": made.evidence.document.hex(),
        "for": f"{made.audience}, {made.purpose}, until {moment(made.expires_at)}",
    }
    told |= {f"{name}:{one.path}": str(one.value) for name, one in made.fields}
    told |= {f"{name}:{one.path}": "absent, proven" for name, one in made.absent}
    for one in made.equal:
        other = made.others[one.other].document.hex()[:12]
        told[f"{one.dataset}:{one.proof.path}"] = (
            f"equal, unseen, to {other} {one.other_dataset}:{one.proof.other_path}"
        )
    return told


def concludes(made: Presentation) -> list[str]:
    """What a viewer may conclude, and what not, in sentences."""
    lines = [
        f"{made.audience} may conclude: these fields are in the document as it was sealed and signed; who did what "
        f"with it until the block; that party {made.party} shows this, for this purpose.",
        "Not: anything about fields that are not shown; what has happened since (`portledger fresh`).",
    ]
    if made.absent:
        lines.append("An absence is proven for exactly that path.")
    if made.equal:
        lines.append("Equality says that both documents hold one value, taken over from one to the other; not which.")
    lines.append(f"Somebody else who gets it can check all of this, but sees that it was meant for {made.audience}.")
    return lines


# --- grants ----------------------------------------------------------------------------------------------------------


@command(app, "grants", example="portledger doc grants 4f1c2a --as bank")
def grants(run: Run, document: DOC) -> None:
    """List who was given which datasets of a document, by whom and when.

    Every party to the document sees it. `portledger grant` lets somebody in.
    """
    found = run.reader().disclosures(run.document(document))
    names = run.names(party for one in found for party in (one.granter, one.recipient))
    rows = [
        (output.time_text(one.created_at), output.party_text(one.granter, names),
         output.party_text(one.recipient, names), one.dataset, one.sealed_version)
        for one in found
    ]  # fmt: skip
    run.show(found, output.table(["when", "by", "to", "dataset", "version"], rows))


# --- files -----------------------------------------------------------------------------------------------------------


def _write(out: Path | None, document: bytes, what: str, data: bytes, *, gz: bool) -> Path:
    """The file, whole or not at all; readable by its owner only. Raises InvalidInput."""
    path = out or Path(f"{document.hex()[:12]}.{what}.json{'.gz' if gz else ''}")
    body = gzip.compress(data, mtime=0) if gz else data
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        os.replace(name, path)
    except OSError as failure:
        if name:
            with suppress(OSError):
                os.unlink(name)
        raise InvalidInput("--out", f"{path}: {failure.strerror}", "a path that can be written") from failure
    return path
