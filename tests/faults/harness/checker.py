"""What clients were told, against what stands on the chain. Pure: the tests feed it crooked histories.

Times are monotonic seconds of the one machine that all clients run on: what ended before something else began was
before it, whoever did it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["offer", "status", "record"]
GONE = "gone"
"""Of a record: there is none, says the gateway."""


@dataclass(frozen=True, slots=True)
class Told:
    """One answer that a client had. subject: an act's digest, or a document for records.

    answer: of offers "accepted", "refused" or "" (no answer); of statuses accepted, submitted, final, refused, unknown;
    of records the head, hex, or GONE.
    """

    client: int
    kind: Kind
    subject: str
    answer: str
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Stood:
    """One event of the chain, in its order: an act applied or skipped. head: of the document after an applied act."""

    digest: str
    applied: bool
    document: str = ""
    head: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """How everything stood when all was quiet.

    left: rows of the outbox without an outcome; views: heads by document, as each party was shown them at the end;
    statuses: of every act, as it was shown at the end.
    """

    chain: Sequence[Stood]
    left: Sequence[int] = ()
    views: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    statuses: Mapping[str, str] = field(default_factory=dict)


def check(told: Sequence[Told], end: End) -> list[str]:
    """What is wrong, in sentences; empty when everything held."""
    return [
        *_each_once(told, end),
        *_answers_hold(told, end),
        *_final_stays(told, end),
        *_records_move_on(told, end),
        *_views_are_the_chain_s(end),
        *[f"row {row} of the outbox has no outcome" for row in end.left],
    ]


def _each_once(told: Sequence[Told], end: End) -> list[str]:
    applied = Counter(one.digest for one in end.chain if one.applied)
    offered = {one.subject for one in told if one.kind == "offer"}
    accepted = {one.subject for one in told if one.kind == "offer" and one.answer == "accepted"}
    skipped = {one.digest for one in end.chain if not one.applied}
    found = [f"{digest} was applied {times} times" for digest, times in applied.items() if times > 1]
    found += [f"{digest} was applied, and nobody offered it" for digest in applied if digest not in offered]
    found += [
        f"{digest} was acknowledged, and the ledger neither applied nor refused it"
        for digest in sorted(accepted)
        if digest not in applied and digest not in skipped
    ]
    seen: set[str] = set()
    for one in end.chain:
        if one.applied:
            seen.add(one.digest)
        elif one.digest in seen:
            found.append(f"{one.digest} was sent again after it had been applied")
    return found


def _answers_hold(told: Sequence[Told], end: End) -> list[str]:
    """What an offer was answered, against what its act was shown as later and at the end."""
    applied = {one.digest for one in end.chain if one.applied}
    skipped = {one.digest for one in end.chain if not one.applied}
    offers: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        if one.kind == "offer":
            offers[one.subject].append(one)
    found = []
    for digest, answers in offers.items():
        if digest in applied and all(one.answer == "refused" for one in answers):
            found.append(f"{digest} was refused whenever it was offered, and is on the chain")
    acknowledged = {
        digest: min(one.ended for one in answers if one.answer == "accepted")
        for digest, answers in offers.items()
        if any(one.answer == "accepted" for one in answers)
    }
    found += [
        f"{one.subject} was acknowledged, and unknown later"
        for one in told
        if one.kind == "status" and one.answer == "unknown" and one.began > acknowledged.get(one.subject, one.began)
    ]
    for digest, status in end.statuses.items():
        wanted = "final" if digest in applied else "refused" if digest in skipped else status
        if status != wanted:
            found.append(f"{digest} is shown as {status} at the end, and on the chain it is {wanted}")
    return found


_RANK = {"unknown": 0, "accepted": 1, "submitted": 1, "final": 2, "refused": 2}


def _final_stays(told: Sequence[Told], end: End) -> list[str]:
    applied = {one.digest for one in end.chain if one.applied}
    by_act: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        if one.kind == "status" and one.answer:
            by_act[one.subject].append(one)
    found = []
    for digest, answers in by_act.items():
        if any(one.answer == "final" for one in answers) and digest not in applied:
            found.append(f"{digest} was shown as final, and is not on the chain")
        if any(one.answer == "refused" for one in answers) and digest in applied:
            found.append(f"{digest} was shown as refused, and is on the chain")
        found += [
            f"{digest} was shown as {before.answer}, then as {after.answer}"
            for before, after in _in_order(answers)
            if _RANK[after.answer] < _RANK[before.answer]
        ]
    return found


def _in_order(answers: Sequence[Told]) -> list[tuple[Told, Told]]:
    """Pairs of which the first ended before the second began: for each answer, the highest that ended before it."""
    pairs = []
    ended = sorted(answers, key=lambda one: one.ended)
    at, best = 0, None
    for one in sorted(answers, key=lambda one: one.began):
        while at < len(ended) and ended[at].ended < one.began:
            if best is None or _RANK.get(ended[at].answer, 0) >= _RANK.get(best.answer, 0):
                best = ended[at]
            at += 1
        if best is not None:
            pairs.append((best, one))
    return pairs


def _records_move_on(told: Sequence[Told], end: End) -> list[str]:
    places: dict[str, dict[str, int]] = defaultdict(dict)
    for one in end.chain:
        if one.applied:
            places[one.document][one.head] = len(places[one.document])
    by_document: dict[str, list[Told]] = defaultdict(list)
    for answer in told:
        if answer.kind == "record" and answer.answer:
            by_document[answer.subject].append(answer)
    found = []
    for document, answers in by_document.items():
        known = {**places[document], GONE: -1}
        strange = [one for one in answers if one.answer not in known]
        found += [f"document {document} was shown at head {one.answer}, which never became final" for one in strange]
        newest, ended, at = -1, sorted((one for one in answers if one.answer in known), key=lambda one: one.ended), 0
        for one in sorted((one for one in answers if one.answer in known), key=lambda one: one.began):
            while at < len(ended) and ended[at].ended < one.began:
                newest = max(newest, known[ended[at].answer])
                at += 1
            if known[one.answer] < newest:
                then = "gone" if one.answer == GONE else "shown at an older head"
                found.append(f"document {document} was {then} after a newer head had been shown")
    return found


def _views_are_the_chain_s(end: End) -> list[str]:
    heads = {one.document: one.head for one in end.chain if one.applied}
    return [
        f"at the end document {document} is shown at head {head}, and the chain has {heads.get(document, 'none')}"
        for view in end.views
        for document, head in view.items()
        if heads.get(document) != head
    ]
