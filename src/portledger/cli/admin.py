"""portledger admin: what only the machine's operator does, on the system's data folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from portledger.cli import backups, output
from portledger.cli.command import Run, command, group
from portledger.cli.serving import WebhookKey
from portledger.domain.errors import InvalidInput, moment
from portledger.domain.refusals import Conflict
from portledger.evidence.headers import Engine
from portledger.formats import api_json as wire

if TYPE_CHECKING:
    from portledger.services.queue import Queue
    from portledger.services.rebuilding import Index, Rebuilt
    from portledger.store.stamps import Stamp

app = group(
    "The operator's work beside the running system: outside time stamps, the queue, tables built anew, backups.\n\n"
    "Needs the data folder of a running system; where the tables are on a server, PORTLEDGER_DATABASE says which."
)

backups.add(app)

CLOCKS_APART: Final = 300
"""Seconds that an authority's clock may differ from this machine's before anybody is told."""

_DATA = Annotated[Path, typer.Option("--data", metavar="DIR", help="The data folder of `portledger up`.")]
_HERE: Final = Path("portledger-data")


@command(app, "stamp", example="portledger admin stamp --tsa https://tsa.example --certificate tsa.pem --data ./data")
def stamp(
    run: Run,
    tsa: Annotated[
        list[str], typer.Option("--tsa", metavar="URL", help="A time-stamping authority (RFC 3161); repeat it.")
    ],
    data: _DATA = _HERE,
    certificate: Annotated[
        list[Path] | None,
        typer.Option("--certificate", metavar="FILE", help="A certificate that may sign (PEM or DER); repeat it."),
    ] = None,
    ca: Annotated[
        list[Path] | None,
        typer.Option("--ca", metavar="FILE", help="Root certificates that the signer's must lead to; repeat it."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="For every document, also those that an earlier stamp serves.")
    ] = False,
    node: Annotated[
        str | None, typer.Option("--node", metavar="URL", help="The ledger's node; default: the folder's own.")
    ] = None,
    engine: Annotated[
        str, typer.Option("--engine", help="How the node's chain seals its blocks: none, qbft or istanbul.")
    ] = "none",
) -> None:
    """Have the whole ledger's state stamped by somebody outside: it existed before that time, whatever happens later.

    What is stamped is one hash over everything on the ledger. The stamp then goes into the evidence of every document
    that has not changed since: run it every night. A verifier takes the stamp if its policy names the certificate.
    """
    if engine not in set(Engine):
        raise InvalidInput("--engine", engine, ", ".join(Engine))
    from portledger.cli import operator  # the system's own rooms take a second to load: only for who needs them

    output.say(f"Asking {', '.join(tsa)} …")
    made = operator.stamp(
        data, tsa, certificates=_read(certificate, "--certificate"), roots=_read(ca, "--ca"), everything=everything,
        node=node, engine=engine, progress=lambda done: output.say(f"Proofs kept: {done}"),
    )  # fmt: skip
    value = {
        "new": made.new,
        "block": made.stamps[0].number,
        "blockHash": made.stamps[0].block.hex(),
        "ledgerHead": made.stamps[0].ledger_head.hex(),
        "documents": made.documents,
        "stamps": [_value(one) for one in made.stamps],
    }
    run.show(value, output.pairs(_text(made.stamps, made.documents, new=made.new)))
    if made.new:
        _advise(made.stamps, vouched=bool(certificate or ca))


@command(app, "stamps", example="portledger admin stamps --data ./data")
def stamps(
    run: Run,
    data: _DATA = _HERE,
    last: Annotated[int, typer.Option("--last", min=1, max=10_000, help="How many.")] = 20,
) -> None:
    """List the newest outside time stamps. --json shows the tokens, which anybody can check with other tools."""
    from portledger.cli import operator

    found = operator.stamps(data, last)
    rows = [(moment(one.time), one.number, one.certificate.hex(), one.authority) for one in found]
    shown = output.table(["stamped", "block", "certificate", "authority"], rows, prose=["authority"])
    run.show([{**_value(one), **_token(one)} for one in found], shown if rows else "Nothing was stamped yet.")


@command(app, "queue", example="portledger admin queue --data ./data")
def queue(
    run: Run,
    data: _DATA = _HERE,
    first: Annotated[int, typer.Option("--first", min=1, max=10_000, help="How many to show, the oldest.")] = 20,
    park: Annotated[
        str | None, typer.Option("--park", metavar="DIGEST", help="Take this one out of the relayer's way.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it is parked.")] = "",
    release: Annotated[
        str | None, typer.Option("--release", metavar="DIGEST", help="Let this one, which is parked, go on.")
    ] = None,
) -> None:
    """See what was accepted and has no outcome yet, and mend it.

    A parked one waits until it is released, and with it what builds on it; all others go on. What is in a transaction
    already goes its way: parking then counts when that transaction fails.
    """
    from portledger.cli import operator

    if park is not None and release is not None:
        raise InvalidInput("--release", "beside --park", "one of the two")
    if park is not None:
        parked = operator.park(data, _digest("--park", park), reason)
        output.say(f"Parked: {', '.join(one.hex() for one in parked)}")
    elif release is not None:
        released = operator.release(data, _digest("--release", release))
        output.say(f"Released: {', '.join(one.hex() for one in released)}")
    found = operator.look_at_queue(data, first)
    run.show(_queue_value(found), _queue_text(found))


def _digest(option: str, text: str) -> bytes:
    """Raises InvalidInput."""
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != 32:
        raise InvalidInput(option, text, "a digest of 64 hex digits, as `portledger admin queue` shows it")
    return found


def _queue_value(found: Queue) -> dict[str, Any]:
    rows = [
        {
            "digest": one.row.digest.hex(), "state": one.state, "type": one.type, "party": one.row.party,
            "document": one.row.document.hex() if one.row.document else None, "receivedAt": one.row.received_at,
            "transaction": one.tx.hash.hex() if one.tx else None, "nonce": one.tx.nonce if one.tx else None,
            "parked": one.parked,
        }
        for one in found.rows
    ]  # fmt: skip
    holders = [{"work": one.name, "taken": one.token, "by": one.by} for one in found.holders]
    strangers = [
        {"sender": "0x" + one.sender.hex(), "nonces": one.times, "seenAt": one.seen_at} for one in found.strangers
    ]
    return {
        "waiting": found.waiting, "sent": found.sent, "parked": found.parked, "rows": rows, "leases": holders,
        "strangers": strangers,
    }  # fmt: skip


def _queue_text(found: Queue) -> output.Shown:
    told: dict[str, object] = {"waiting": found.waiting, "sent": found.sent, "parked": found.parked}
    told |= {f"{one.name} was last": one.by for one in found.holders}
    told |= {
        f"0x{one.sender.hex()} is used elsewhere": f"{one.times} nonces, last seen {moment(int(one.seen_at))}"
        for one in found.strangers
    }
    if not found.rows:
        return output.pairs(told)
    rows = [
        (moment(int(one.row.received_at)), one.state, one.type, one.row.digest.hex(),
         one.tx.nonce if one.tx else "", one.parked or "")
        for one in found.rows
    ]  # fmt: skip
    table = output.table(
        ["received", "state", "type", "digest", "nonce", "parked because"], rows, prose=["parked because"]
    )
    return output.beside(output.pairs(told), table)


@command(app, "relayer-key", example="portledger admin relayer-key --next 0x5aAe… --data ./data")
def relayer_key(
    run: Run,
    data: _DATA = _HERE,
    following: Annotated[
        str | None, typer.Option("--next", metavar="ADDRESS", help="The account to go on with: 0x and 40 hex digits.")
    ] = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take back what was named and is not at work yet.")
    ] = False,
) -> None:
    """See which account the relayer sends from, and name another one, while it works.

    Put the new key first where the running relayer looks for keys. It then makes final what it has sent, and goes on
    with the new account; until it can sign with that one, it goes on with the present one. Nothing is lost or sent
    twice. The former key is not needed any more once another one is at work.
    """
    from portledger.cli import operator

    if withdraw and following is not None:
        raise InvalidInput("--withdraw", "beside --next", "one of the two")
    if following is not None:
        operator.name_relayer_key(data, wire.address(following, "--next"))
    if withdraw:
        output.say(f"Withdrawn: {wire.address_text(operator.withdraw_relayer_key(data))}")
    found = operator.relayer_keys(data)
    value = [
        {"account": wire.address_text(one.address), "state": one.state, "since": one.since, "inFlight": one.in_flight}
        for one in found
    ]
    rows = [(item["account"], item["state"], moment(int(one.since)), one.in_flight)
            for item, one in zip(value, found, strict=True)]  # fmt: skip
    run.show(value, output.table(["account", "state", "since", "in flight"], rows) if rows else _NO_KEY)


_NO_KEY: Final = "No relayer has begun yet."


@command(app, "webhook-key", example="portledger admin webhook-key --webhook-key ./shared/webhooks.key --data ./data")
def webhook_key(
    run: Run,
    data: _DATA = _HERE,
    file: WebhookKey = "",
    take: Annotated[
        bool, typer.Option("--take", help="From the next starts on, it is this one; made when it is missing.")
    ] = False,
) -> None:
    """See whether this machine's key of webhooks is the one that the database's are signed with, or change it.

    A gateway or relayer with another one does not start. After --take give the file to all of them and start them
    anew: every webhook then has another secret, and its owner makes a new one to see it.
    """
    from portledger.cli import operator

    path, state = operator.webhook_key(data, file, take=take)
    value = {"file": str(path), "key": state}
    run.show(value, output.pairs(value))


@command(app, "rebuild", example="portledger admin rebuild --check --data ./data")
def rebuild(
    run: Run,
    data: _DATA = _HERE,
    node: Annotated[
        str | None, typer.Option("--node", metavar="URL", help="The ledger's node; default: the folder's own.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Compare only; the system may run.")] = False,
) -> None:
    """Build the read model anew from the chain, and the payload index from the payload store.

    Stop the indexer first; gateways may go on. Says table by table whether the new one is equal to the old one, byte by
    byte. Where the sealed contents are on S3, PORTLEDGER_PAYLOADS says where.
    """
    from portledger.cli import operator

    made, index = operator.rebuild(data, node, check=check, progress=lambda block: output.say(f"Block {block}"))
    both = {**made.tables, **index.rebuilt.tables}
    rows = [(name, after.rows, after.sha256.hex()[:16], "equal" if before == after else f"was {before.rows} rows, "
             f"{before.sha256.hex()[:16]}") for name, (before, after) in both.items()]  # fmt: skip
    run.show(_rebuilt_value(made, index), output.table(["table", "rows", "sha256", "compared"], rows))
    if index.missing:
        output.warn(f"{len(index.missing)} sealed contents are named and not in the store: {index.missing[0].hex()} …")
    if check and not (made.equal and index.rebuilt.equal):
        raise Conflict(
            "tables that differ from the chain or the store", "equal ones",
            "Stop the indexer, then: portledger admin rebuild.",
        )  # fmt: skip


def _rebuilt_value(made: Rebuilt, index: Index) -> dict[str, Any]:
    tables = [
        {"table": name, "rows": after.rows, "sha256": after.sha256.hex(), "equal": before == after,
         "before": {"rows": before.rows, "sha256": before.sha256.hex()}}
        for name, (before, after) in {**made.tables, **index.rebuilt.tables}.items()
    ]  # fmt: skip
    return {"block": made.block.number if made.block else None, "tables": tables,
            "missing": [one.hex() for one in index.missing]}  # fmt: skip


def _read(files: Sequence[Path] | None, option: str) -> list[tuple[str, bytes]]:
    """(How errors call it, bytes) of each file. Raises InvalidInput."""
    try:
        return [(f"{option} {file}", file.read_bytes()) for file in files or ()]
    except OSError as failure:
        raise InvalidInput(option, f"{failure.filename}: {failure.strerror}", "a file that can be read") from failure


def _value(one: Stamp) -> dict[str, Any]:
    return {"time": one.time, "authority": one.authority, "certificate": one.certificate.hex()}


def _token(one: Stamp) -> dict[str, Any]:
    told = {"block": one.number, "blockHash": one.block.hex(), "ledgerHead": one.ledger_head.hex()}
    return {**told, "token": one.token.hex()}


def _text(made: Sequence[Stamp], documents: int, *, new: bool) -> dict[str, object]:
    first = made[0]
    told: dict[str, object] = {} if new else {"nothing new": "the ledger has not changed since; --all stamps it again"}
    told |= {"block": f"{first.number}, {first.block.hex()}", "ledgerHead": first.ledger_head.hex()}
    for one in made:
        told[f"stamped {moment(one.time)}"] = f"{one.authority}, certificate {one.certificate.hex()}"
    return {**told, "serves": f"{documents} documents, as long as they do not change"}


def _advise(made: Sequence[Stamp], *, vouched: bool) -> None:
    """What the operator should know about what the authorities said."""
    for one in made:
        if abs(one.time - time.time()) > CLOCKS_APART:
            output.warn(f"{one.authority} says {moment(one.time)}, which is not this machine's time.")
    if not vouched:
        output.warn("nobody says that these certificates are the authorities': name them with --certificate or --ca.")
    output.say("A verifier takes these stamps if its policy says:")
    for fingerprint in dict.fromkeys(one.certificate.hex() for one in made):
        output.say(f'[[stamp]]\ncertificate = "{fingerprint}"')
