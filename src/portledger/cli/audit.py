"""portledger audit: the whole ledger replayed from its first block, by anybody, from any node or from one file."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from portledger import resources
from portledger.cli import output
from portledger.cli.command import Run, command, group
from portledger.cli.progress import bar
from portledger.domain.errors import InvalidInput, moment
from portledger.evidence.audit.holdings import Difference, Holding, difference, holdings, snapshot
from portledger.evidence.audit.report import Report
from portledger.sdk.audit import ArchiveSource, Moment, NodeSource, Source, State, audit, export, replayed
from portledger.sdk.ledger_node import LedgerNode

app = group("Replay a whole ledger from its first block: from any node, or from an archive alone.")

_AHEAD: Final = 900
"""Seconds that a clock may differ."""
_SHOWN: Final = 30
"""Rows of a list that a report shows; --json has all."""

_Archive = Annotated[
    Path | None, typer.Option("--archive", metavar="FILE", help="An archive, as `audit export` writes it.")
]
_Node = Annotated[
    str | None,
    typer.Option("--node", metavar="URL", help="A node of the chain; else PORTLEDGER_NODE, else the config's."),
]
_Ledger = Annotated[str | None, typer.Option("--ledger", metavar="ADDRESS", help="The ledger's address, 0x….")]
_First = Annotated[
    int | None,
    typer.Option("--first-block", metavar="N", help="The block of the deployment; else it is looked for.", min=0),
]
_To = Annotated[int | None, typer.Option("--to-block", metavar="N", help="The last block; else the newest.", min=0)]
_Processes = Annotated[
    int | None, typer.Option("--processes", metavar="N", help="How many work at once; else one for each core.", min=1)
]
_PartyOption = Annotated[int | None, typer.Option("--party", metavar="ID", help="Only what this party stands in.")]


@command(app, "ledger", example="portledger audit ledger --archive port.archive --resume port.state")
def ledger(
    run: Run,
    archive: _Archive = None,
    node: _Node = None,
    ledger: _Ledger = None,
    first_block: _First = None,
    to_block: _To = None,
    resume: Annotated[
        Path | None,
        typer.Option("--resume", metavar="STATEFILE", help="Go on from this file, and keep how far it came."),
    ] = None,
    processes: _Processes = None,
    ledger_head: Annotated[
        str | None,
        typer.Option("--ledger-head", metavar="HEX", help="A ledgerHead known from elsewhere, which must come out."),
    ] = None,
    storage: Annotated[
        bool, typer.Option("--storage/--no-storage", help="Compare every record in the node's storage as well.")
    ] = True,
) -> None:
    """Replay every act, note, freeze, party log and power, and recompute every hash.

    Stops at the first entry that does not follow, names it, and ends with exit code 8. With --archive and --node the
    node says whether the archive's end is the ledger's.
    """
    with _source(run, archive, node, ledger, first_block, to_block) as source, bar("audit", "events") as watch:
        done = audit(
            source.events_from, resources.kinds(), processes=processes or _cores(), watch=watch, storage=storage,
            state=State(resume) if resume else None, expected=_expected(ledger_head, source, run, node),
        )  # fmt: skip
    failure, report = done.failure, _remarked(done.report)
    value = {"holds": failure is None, "failure": failure.to_dict() if failure else None, **report.to_dict()}
    run.show(value, _report(report))
    if failure is not None:
        raise failure
    if not run.json_wanted:
        output.console().print(_verdict(report, source))


@command(
    app, "export", example="portledger audit export --ledger 0x5f… --out port.archive --node http://127.0.0.1:8545"
)
def export_(
    run: Run,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The archive to write.")],
    node: _Node = None,
    ledger: _Ledger = None,
    first_block: _First = None,
    to_block: _To = None,
) -> None:
    """Write all events of a ledger into one compressed file, from which everything can be checked and rebuilt.

    The same ledger gives the same lines. When it is interrupted, the same command goes on where it stopped.
    """
    with _node(run, node, ledger) as reader, bar("export", "events") as watch:
        header, closing = export(reader, out, first_block=first_block, last_block=to_block, watch=watch)
    value = {
        "file": str(out),
        "bytes": out.stat().st_size,
        "ledger": "0x" + header.domain.ledger.hex(),
        "chainId": header.domain.chain_id,
        "firstBlock": header.first_block,
        "lastBlock": header.last_block,
        "events": dict(closing.counts),
        "ledgerHead": closing.ledger_head.hex(),
        "sha256": closing.sha256.hex(),
    }
    run.show(value, output.pairs({**value, "events": sum(closing.counts.values())}))


@command(app, "at", example="portledger audit at 2026-11-25 --archive port.archive --party 3")
def at(
    run: Run,
    when: Annotated[str, typer.Argument(metavar="DATE", help="A date (its end, UTC), a time (ISO 8601), or a block.")],
    archive: _Archive = None,
    node: _Node = None,
    ledger: _Ledger = None,
    first_block: _First = None,
    party: _PartyOption = None,
    processes: _Processes = None,
) -> None:
    """Show who held what at a moment: every document with its state, issuer, possessor and endorsee.

    All that happened until then is checked as in `audit ledger`; what came later must lead to the same ledger's head.
    """
    wanted = parse_moment(when)
    with _source(run, archive, node, ledger, first_block, None, wanted) as source, bar("replay", "events") as watch:
        for auditor in replayed(
            source.events_from, [wanted], resources.kinds(), processes=processes or _cores(), watch=watch
        ):
            as_of = wanted.as_of(source.events_from.header, auditor)
            found = list(holdings(auditor, as_of, party))
            head, taken = auditor.ledger.ledger_head, auditor.taken
    value = {"asOf": _as_of(wanted), "ledgerHead": head.hex(), "events": taken,
             "documents": [one.to_dict() for one in found]}  # fmt: skip
    run.show(value, _holdings(found))


@command(app, "diff", example="portledger audit diff 2026-11-01 2026-11-25 --archive port.archive")
def diff(
    run: Run,
    earlier: Annotated[str, typer.Argument(metavar="A", help="A date (its end, UTC), a time (ISO 8601), or a block.")],
    later: Annotated[str, typer.Argument(metavar="B", help="The same, not before A.")],
    archive: _Archive = None,
    node: _Node = None,
    ledger: _Ledger = None,
    first_block: _First = None,
    party: _PartyOption = None,
    processes: _Processes = None,
) -> None:
    """Show what changed between two moments: documents, parties, powers used.

    Both moments are checked as in `audit at`.
    """
    moments = [parse_moment(earlier), parse_moment(later)]
    before = None
    with _source(run, archive, node, ledger, first_block, None, moments[1]) as source, bar("replay", "events") as watch:
        for auditor in replayed(
            source.events_from, moments, resources.kinds(), processes=processes or _cores(), watch=watch
        ):
            if before is None:
                before = snapshot(auditor)
            else:
                found = difference(before, auditor, party)
    value = {"from": _as_of(moments[0]), "to": _as_of(moments[1]), **found.to_dict()}
    run.show(value, _difference(found))


# --- where the events come from --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Opened:
    """events_from: the source; node: of a node source, None for an archive."""

    events_from: Source
    node: LedgerNode | None


@contextmanager
def _source(
    run: Run,
    archive: Path | None,
    node: str | None,
    ledger: str | None,
    first_block: int | None,
    to_block: int | None,
    until: Moment | None = None,
) -> Iterator[_Opened]:
    if archive is not None:
        for name, value in (("--first-block", first_block), ("--to-block", to_block)):
            if value is not None:
                raise InvalidInput(name, str(value), "nothing beside --archive, whose header says it")
        with ArchiveSource(archive) as source:
            own = source.header.domain.ledger
            if ledger is not None and _address(ledger) != own:
                raise InvalidInput("--ledger", ledger, f"0x{own.hex()}, the archive's")
            yield _Opened(source, None)
        return
    with _node(run, node, ledger) as reader:
        last = to_block
        if until is not None:
            last = _last_block(reader, until, first_block)
        opened = NodeSource(reader, reader.header(first_block, last))
        if until is not None and not opened.provable:  # a node that keeps few states: the past of its newest block
            opened = NodeSource(reader, reader.header(opened.header.first_block))
        yield _Opened(opened, reader)


def _last_block(node: LedgerNode, until: Moment, first_block: int | None) -> int:
    newest = node.newest()
    if until.block is not None:
        return min(until.block, newest)
    assert until.time is not None
    found = node.block_at(until.time, first_block or 0)
    if found < (first_block or 0):
        raise InvalidInput("DATE", moment(until.time), "a moment that the chain has a block of")
    return found


@contextmanager
def _node(run: Run, url: str | None, ledger: str | None) -> Iterator[LedgerNode]:
    wanted = url or run.settings.node
    if wanted is None or ledger is None:
        raise InvalidInput(
            "source", "neither --archive nor --node with --ledger", "one of them",
            "Say --archive FILE, or --node URL --ledger 0x….",
        )  # fmt: skip
    with LedgerNode(wanted, _address(ledger)) as reader:
        yield reader


def _address(text: str) -> bytes:
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", text):
        raise InvalidInput("--ledger", repr(text), "0x and 40 hex digits")
    return bytes.fromhex(text[2:])


def _expected(text: str | None, source: _Opened, run: Run, node: str | None) -> bytes | None:
    """The head that must come out: as given, else a node's, where an archive is audited with one."""
    if text is not None:
        if not re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", text):
            raise InvalidInput("--ledger-head", repr(text), "64 hex digits")
        return bytes.fromhex(text.removeprefix("0x"))
    if source.node is not None or node is None:
        return None
    header = source.events_from.header
    with LedgerNode(node, header.domain.ledger) as reader:
        reader.header(header.first_block, header.last_block)
        return reader.ledger_head(header.last_block)


def _remarked(report: Report) -> Report:
    """The ledger's clock is its validators': an audit has none of its own, and only says what this machine's says."""
    if report.time <= time.time() + _AHEAD:
        return report
    remark = f"the last block is dated {moment(report.time)}, which is still to come by this machine's clock"
    return replace(report, remarks=(*report.remarks, remark))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parse_moment(text: str) -> Moment:
    """A block number, a date (its last second in UTC) or an ISO 8601 time (UTC unless it says otherwise).

    Raises InvalidInput.
    """
    if re.fullmatch(r"[0-9]{1,12}", text):
        return Moment(block=int(text))
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            day = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
            return Moment(time=int((day + timedelta(days=1)).timestamp()) - 1)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise InvalidInput(
            "DATE", repr(text[:40]), "a date (2026-11-25), a time (2026-11-25T14:00:00Z) or a block (1234)"
        ) from None
    return Moment(time=int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()))


def _as_of(wanted: Moment) -> dict[str, Any]:
    if wanted.block is not None:
        return {"block": wanted.block}
    return {"time": wanted.time, "moment": moment(wanted.time or 0)}


# --- what is shown ---------------------------------------------------------------------------------------------------


def _report(report: Report) -> Group:
    counts = {
        "ledger": f"0x{report.ledger.hex()}, chain {report.chain_id}",
        "as of": f"block {report.block}, {moment(report.time)}",
        "acts, notes": f"{report.acts:,}, {report.notes:,}",
        "freezes": f"{report.freezes:,}",
        "parties": f"{report.parties:,}",
        "accounts": f"{report.accounts:,} active, {report.accounts_removed:,} removed",
        **{power: "0x" + holder.hex() for power, holder in report.holders.items()},
        "ledgerHead": report.head.hex(),
    }
    parts: list[RenderableType] = [output.pairs(counts), Text()]
    rows = [(kind, state, f"{count:,}") for (kind, state), count in report.documents.items()]
    parts.append(output.table(["kind", "state", "documents"], rows))
    parts += _open(report)
    uses = [use for use in report.uses if use.what not in ("register", "define kind")]
    shown = [(use.block, moment(use.time), use.power or "appointed", use.what, use.on) for use in uses[-_SHOWN:]]
    parts += _listed("powers used", ["block", "time", "power", "what", "on"], shown, len(uses))
    if report.remarks:
        parts += [Text(), *(Text(f"Note: {remark}") for remark in report.remarks)]
    return Group(*parts)


def _open(report: Report) -> list[RenderableType]:
    waiting: list[tuple[object, ...]] = [
        ("change that waits", f"party {one.party}", f"{one.what}, by {one.source}", f"ready {moment(one.ready_at)}")
        for one in report.open_changes
    ]
    waiting += [("suspended", f"party {party}", "", f"until {moment(until)}") for party, until in report.suspended]
    waiting += [("locked", f"party {party}", "", "") for party in report.locked]
    waiting += [("frozen", f"document {one.hex()[:16]}…", "", f"until {moment(until)}") for one, until in report.frozen]
    waiting += [
        ("appointment that waits", f"0x{account.hex()}", power, f"ready {moment(ready)}")
        for power, (account, ready) in report.pending.items()
    ]
    return _listed("open", ["what", "whose", "", "when"], waiting[:_SHOWN], len(waiting))


def _listed(title: str, columns: list[str], rows: Sequence[tuple[object, ...]], count: int) -> list[RenderableType]:
    if not rows:
        return []
    more = f" ({len(rows)} of {count}; --json has all)" if count > len(rows) else ""
    return [Text(), output.table(columns, rows, title=title + more)]


def _verdict(report: Report, source: _Opened) -> Text:
    where = "the node's" if source.node is not None else "the archive's"
    count = sum(report.events.values())
    return Text(
        f"\nIt holds: {count:,} events follow from each other, by the rules, to {where} ledgerHead."
        + ("" if source.node else "\nThat nothing came after them only a node or a time stamp can say.")
    )


def _holdings(found: list[Holding]) -> output.Shown:
    rows = [
        (one.document[:8].hex() + "…", one.kind, one.state + (" frozen" if one.frozen else ""),
         _party(one.issuer), _party(one.possessor), _party(one.endorsee))
        for one in found
    ]  # fmt: skip
    return output.table(["document", "kind", "state", "issuer", "possessor", "endorsee"], rows)


def _difference(found: Difference) -> Group:
    documents: list[tuple[object, ...]] = [
        (one.document[:8].hex() + "…", one.kind, "new" if one.new else f"{one.acts} acts", _changed(one.changed))
        for one in found.documents
    ]
    parties: list[tuple[object, ...]] = [
        (one.party, "new" if one.new else "", _changed(one.changed)) for one in found.parties
    ]
    uses = [use for use in found.uses if use.what not in ("register", "define kind")]
    powers: list[tuple[object, ...]] = [
        (use.block, moment(use.time), use.power or "appointed", use.what, use.on) for use in uses
    ]
    parts: list[RenderableType] = [output.pairs({name: f"{count:,}" for name, count in found.counts.items()})]
    parts += _listed("documents", ["document", "kind", "", "changed"], documents, len(documents))
    parts += _listed("parties", ["party", "", "changed"], parties, len(parties))
    parts += _listed("powers used", ["block", "time", "power", "what", "on"], powers, len(powers))
    return Group(*parts)


def _changed(changed: Any) -> str:
    return "; ".join(f"{name} {_value(before)} → {_value(after)}" for name, (before, after) in changed.items())


def _value(value: object) -> str:
    if isinstance(value, list):
        return "+".join(str(one)[:12] for one in value) or "-"
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value):
        return value[:8] + "…"
    return "-" if value is None else _party(value) if type(value) is int and value > 10**9 else str(value)


def _party(party: int) -> str:
    """A number, nobody or bearer: names are known to gateways, not to the ledger."""
    return output.party_text(party, {})
