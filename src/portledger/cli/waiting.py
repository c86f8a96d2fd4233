"""portledger waiting: acts that wait for the party's other officers."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from portledger.cli import output
from portledger.cli.acting import show_done
from portledger.cli.command import Run, command, group
from portledger.cli.files import SAVE, save_files, standard_form
from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import NotFound
from portledger.formats import api_json as wire
from portledger.sdk import attaching
from portledger.sdk.collecting import Collected, Waiting
from portledger.sdk.party import PartySession

app = group("Acts that wait for signatures of your party's other officers.")

_ACT = Annotated[str, typer.Argument(metavar="ACT", help="The act's digest, or its first 6 or more hex digits.")]
_YES = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask after showing the act.")]


@command(app, "list", example="portledger waiting list --as bank")
def list_(run: Run) -> None:
    """List what waits: who signed, how many signatures are missing, and until when it may be signed."""
    lines = run.session().waiting()
    rows = [
        (one.digest[:12], one.found.act.verb if one.found else "–",
         one.found.act.action.document.hex()[:12] if one.found else "–", _signed(one),
         output.time_text(one.deadline))
        for one in lines
    ]  # fmt: skip
    run.show([_line(one) for one in lines], output.table(("act", "verb", "document", "signatures", "until"), rows))


def _signed(one: Waiting) -> str:
    if one.found is None:
        return f"cannot be signed: {one.problem.found if one.problem else ''}"
    return f"{len(one.found.signatures)} of {one.found.act.needed}"


def _line(one: Waiting) -> dict[str, Any]:
    if one.found is None:
        problem = one.problem.code if one.problem else None
        return {"digest": one.digest, "deadline": one.deadline, "problem": problem}
    return {**_facts(one.found), "problem": None}


def _facts(found: Collected) -> dict[str, Any]:
    action = found.act.action
    return {
        "digest": found.digest,
        "deadline": action.deadline,
        "document": action.document.hex(),
        "verb": found.act.verb,
        "intent": found.act.intent,
        "counterparty": action.counterparty,
        "endorsee": action.endorsee,
        "quantity": action.quantity,
        "detail": {name: one for name, one in (found.detail or {}).items() if name not in ("salt", "schema")},
        "signedBy": [wire.address_text(one) for one in sorted(found.signatures)],
        "missing": found.missing,
    }


@command(app, "show", example="portledger waiting show 9b2f4c --as bank")
def show(run: Run, act: _ACT, save: SAVE = None) -> None:
    """Check a waiting act anew and show it whole: what it does, says and writes, its files, and who signed it."""
    session = run.session()
    found = session.collected(_which(session, act))
    if save is not None:
        save_files(session, attaching.of_act(found.act), save)
    run.show({**_facts(found), "content": _content(found)}, _told(run, found))


@command(app, "sign", example="portledger waiting sign 9b2f4c --as bank")
def sign(run: Run, act: _ACT, yes: _YES = False) -> None:
    """Show a waiting act, check its files, and sign it with your key file. With enough signatures it is sent."""
    session = run.session()
    digest = _which(session, act)
    if not yes:
        found = session.collected(digest)
        output.say(_told(run, found))
        for one in attaching.of_act(found.act):
            attaching.check_file(session, one)
            output.say(
                f"Attached, and opens: {one.name} (look at it: `portledger waiting show {digest[:12]} --save DIR`)"
            )
        if not typer.confirm("Sign this?", err=True):
            raise typer.Abort
    show_done(run, session, session.cosign(digest))


@command(app, "withdraw", example="portledger waiting withdraw 9b2f4c --as bank")
def withdraw(run: Run, act: _ACT) -> None:
    """Let an act wait no longer; every officer of the party may."""
    session = run.session()
    digest = _which(session, act)
    session.stop_waiting(digest)
    run.show({"digest": digest}, f"{digest[:12]} waits no longer. Signatures made so far hold until its deadline.")


def _which(session: PartySession, text: str) -> str:
    """The digest from its first digits; a whole one as it is, since what is done no longer waits."""
    wanted = text.lower().removeprefix("0x")
    if len(wanted) < 6 or any(digit not in "0123456789abcdef" for digit in wanted):
        raise InvalidInput("act", repr(text), "a digest: 64 hex digits, or its first 6 or more")
    if len(wanted) == 64:
        return wanted
    found = [one.digest for one in session.client.waiting() if one.digest.startswith(wanted)]
    if not found:
        raise NotFound(
            f"no waiting act that begins with {wanted}", "an act of your party that waits",
            "`portledger waiting list` shows them.",
        )  # fmt: skip
    if len(found) > 1:
        raise InvalidInput("act", f"{len(found)} waiting acts that begin with {wanted}", "more of its digits")
    return found[0]


def _content(found: Collected) -> Any:
    content = found.act.content
    return None if content is None else {name: one.value for name, one in content.opened.items()}


def _told(run: Run, found: Collected) -> str:
    """All that is signed, in words. Names and contents are others' words: none of them steers the terminal."""
    action, facts = found.act.action, _facts(found)
    names = run.names([action.counterparty, action.endorsee])
    lines = [
        f"{found.act.intent} ({found.act.kind.id})",
        f"document      {action.document.hex()}",
        *(f"{word:<12}  {output.party_text(party, names)}"
          for word, party in (("counterparty", action.counterparty), ("endorsee", action.endorsee)) if party),
        *([f"quantity      {action.quantity} parts per million"] if action.quantity else []),
        *(f"{name:<12}  {output.as_json(value)}" for name, value in facts["detail"].items()),
        f"signed by     {', '.join(facts['signedBy'])}",
        f"missing       {found.missing} of {found.act.needed}, until {output.time_text(action.deadline)}",
    ]  # fmt: skip
    if found.act.content is not None:
        values = {name: one.value for name, one in found.act.content.opened.items()}
        lines.append(json.dumps(standard_form(found.act.kind, values), indent=2, ensure_ascii=False))
    return output.visible("\n".join(lines))
