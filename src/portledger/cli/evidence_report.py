"""What a person reads of a verdict on an evidence file or a presentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Group
from rich.text import Text

from portledger import resources
from portledger.cli import output
from portledger.cli.exit_codes import Exit
from portledger.domain.errors import moment
from portledger.domain.kinds import KindFile, parse
from portledger.evidence.bundle import Bundle
from portledger.evidence.presentation import Presentation
from portledger.evidence.result import EXPLAINED, TITLES, Result, Step
from portledger.evidence.story import Event, holders, names_of, story
from portledger.evidence.verdict import Class, Verdict

EXITS: Final[dict[Class, Exit]] = {
    Class.VALID: Exit.DONE,
    Class.UNSEALED: Exit.UNSEALED,
    Class.INVALID: Exit.VERIFICATION,
    Class.MALFORMED: Exit.INPUT,
    Class.OUTSIDE_POLICY: Exit.OUTSIDE_POLICY,
}
WORST_FIRST: Final = (Class.INVALID, Class.MALFORMED, Class.OUTSIDE_POLICY, Class.UNSEALED, Class.VALID)
_SAID: Final[dict[Class, str]] = {
    Class.VALID: "VALID: every step holds, and the ledger's validators sealed the block.",
    Class.UNSEALED: "VALID BUT UNSEALED: every step holds; nobody sealed the block (a development ledger).",
    Class.INVALID: "NOT VALID: do not rely on it.",
    Class.MALFORMED: "NOT EVIDENCE: this is no evidence file or presentation of this version.",
    Class.OUTSIDE_POLICY: "OUTSIDE THE POLICY: it may be right, but the policy does not trust what it rests on.",
}


def exit_code(verdicts: list[Verdict]) -> Exit:
    """Of several files the worst one counts."""
    found = {verdict.verdict for verdict in verdicts}
    return EXITS[next(one for one in WORST_FIRST if one in found)]


def value(verdict: Verdict) -> dict[str, Any]:
    """As `--json` prints it: the verdict, the document's story, what is disclosed."""
    told = verdict.to_dict()
    if verdict.result is None or verdict.shown is None:
        return told
    bundle = _bundle(verdict.shown)
    names = names_of(bundle)
    told["story"] = [event.to_dict(names) for event in story(bundle, _kind(bundle))]
    if isinstance(verdict.shown, Presentation):
        told["disclosed"] = _disclosed(verdict.shown)
    return told


def report(verdict: Verdict, *, explain: bool = False) -> Group:
    """The verdict with its steps; where it holds, facts, story and what may be concluded."""
    style = "green" if verdict.verdict in (Class.VALID, Class.UNSEALED) else "red"
    parts: list[Any] = [Text(_SAID[verdict.verdict], style=f"bold {style}")]
    if verdict.failure is not None:
        parts += ["", output.pairs(_failure(verdict))]
    if verdict.result is not None and verdict.shown is not None:
        parts += _holding(verdict.result, verdict.shown)
    if explain:
        parts += ["", _explained()]
    return Group(*(Text(part) if isinstance(part, str) else part for part in parts))


def _failure(verdict: Verdict) -> dict[str, object]:
    failure, said = verdict.failure, verdict.said()
    assert failure is not None
    told = {"step": f"{failure.step}, {said['check']}", "where": said["entry"], "found": said["found"]}
    told |= {"expected": said["expected"], "remedy": said["remedy"]}
    return {name: text for name, text in told.items() if text}


def _holding(result: Result, shown: Bundle | Presentation) -> Iterator[Any]:
    bundle = _bundle(shown)
    names, kind = names_of(bundle), _kind(bundle)
    yield ""
    yield output.pairs(_facts(result, shown, names, kind))
    yield ""
    yield output.table(
        ["when", "what", "who", "with", "state"],
        [_row(event, names) for event in story(bundle, kind)],
        prose=["what", "who", "with"],
        title="What happened",
    )
    if isinstance(shown, Presentation):
        yield ""
        yield _fields(shown)
    yield ""
    rows = [(int(step.step), TITLES[step.step], step.status.value, step.checked) for step in result.steps]
    yield output.table(["step", "what must hold", "", "looked at"], rows, prose=["what must hold", "looked at"])
    yield ""
    yield from (f"Note: {output.visible(remark)}." for remark in result.remarks)
    yield from _conclusions(result, shown)


def _facts(result: Result, shown: Bundle | Presentation, names: dict[int, str], kind: KindFile) -> dict[str, object]:
    told: dict[str, object] = {
        "document": result.document.hex(),
        "kind": f"{kind.title.get('en', kind.id)} ({kind.id})",
        "number": result.number or "not shown",
        "state": result.state + (", an end" if result.final else ""),
        **holders(result, names),
        "version": result.control.version,
        "as of": result.as_of,
        "ledger": f"0x{_bundle(shown).domain.ledger.hex()} on chain {_bundle(shown).domain.chain_id}",
    }
    if result.control.used:
        told["used"] = output.percent(result.control.used)
    if result.frozen_until:
        told["frozen until"] = moment(result.frozen_until)
    if result.stamped_at is not None:
        told["existed before"] = f"{moment(result.stamped_at)}, by an outside time stamp"
    if isinstance(shown, Presentation):
        by = output.party_text(shown.party, names)
        told |= {"shown by": by, "to": shown.audience, "for": shown.purpose, "until": moment(shown.expires_at)}
    return told


def _row(event: Event, names: dict[int, str]) -> tuple[object, ...]:
    who = "" if event.actor is None else output.party_text(event.actor, names)
    others = ", ".join(f"{role} {output.party_text(party, names)}" for role, party in event.others)
    return moment(event.time), event.words, who, others, event.state


def _fields(shown: Presentation) -> output.Grid:
    rows = [(one["dataset"] + one["path"], one["how"], one["value"]) for one in _disclosed(shown)]
    return output.table(["field", "", "value"], rows, prose=["value"], title="What is shown of the content")


def _disclosed(shown: Presentation) -> list[dict[str, Any]]:
    told = [
        {"dataset": dataset, "path": proof.path, "how": "shown", "value": proof.value}
        for dataset, proof in shown.fields
    ]
    told += [
        {"dataset": dataset, "path": gone.path, "how": "proven absent", "value": ""} for dataset, gone in shown.absent
    ]
    for one in shown.equal:
        other = shown.others[one.other].document.hex()
        there = f"{one.other_dataset}{one.proof.other_path} of document {other}"
        told.append({"dataset": one.dataset, "path": one.proof.path, "how": "proven equal", "value": there})
    return told


def _conclusions(result: Result, shown: Bundle | Presentation) -> Iterator[str]:
    yield f"It holds as of {result.as_of}. What happened since is another question: portledger fresh FILE."
    if not result.whole:
        yield (
            "The origin is not shown: this is the suffix form. Neither who created it nor that it is the only record "
            "of its number follows from this file."
        )
    else:
        yield "It is the only record of the number that it was created under on this ledger."
    yield ("That no second platform carries the document is a matter of the rulebook and a registry of platforms.")
    if isinstance(shown, Presentation):
        yield "Shown fields are the sealed and signed ones; what is not shown may say anything."
        yield f"It was made for {output.visible(shown.audience)}; somebody else can check it but was not meant."


def _explained() -> output.Grid:
    rows = [(int(step), TITLES[step], EXPLAINED[step]) for step in Step]
    return output.table(
        ["step", "what must hold", "how it is checked"], rows, prose=["what must hold", "how it is checked"]
    )


def _bundle(shown: Bundle | Presentation) -> Bundle:
    return shown.evidence if isinstance(shown, Presentation) else shown


def _kind(bundle: Bundle) -> KindFile:
    """The kind file of evidence that was verified: this release's own object where it is one of its kinds."""
    number = bundle.kind.get("number")
    known = resources.kinds().get(number) if isinstance(number, int) else None
    if known is not None and resources.kind_source(known.number) == bundle.kind:
        return known
    return parse(dict(bundle.kind))
