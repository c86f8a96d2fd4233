"""The routes of importing: a JSON file becomes a draft, a spreadsheet many documents, with a result for every row."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from portledger.desk import acting, drafts, forms, jobs, running, signing, writing
from portledger.desk.drafts import Draft, Source
from portledger.desk.effects import effects
from portledger.desk.jobs import Fault, Job
from portledger.desk.outcomes import DONE, FAILED, SENT, WAITS
from portledger.desk.pages import Pages
from portledger.desk.plain import cut, fits, visible
from portledger.desk.requests import FORM, UPLOAD, party
from portledger.desk.state import Desk, Summary
from portledger.domain.hashing import json_digest
from portledger.domain.kind_file import KindFile
from portledger.domain.records import Control
from portledger.formats import certificate, columns, filling, labels
from portledger.formats.api_json import address_text
from portledger.formats.content import split
from portledger.formats.strict_json import read_json
from portledger.formats.tables import read_table
from portledger.formats.typed import Mistake
from portledger.sdk import acts, content_rules
from portledger.sdk.party import PartySession
from portledger.sdk.session import creating

HELD: Final = 0.05
"""Seconds for which the desk's lock is held while rows are looked through, or one row, if that takes longer."""


def add(app: FastAPI, desk: Desk) -> None:
    """Adds the pages to the desk."""

    @app.post("/as/{name}/import")
    def take(name: str, sent: UPLOAD) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            if sent.oversize:
                large = {"note": "import.large", "found": ""}
                return pages.show("error.html", 413, problem=large, back=f"/as/{quote(name)}/new")
            kind = writing.kind_of(session, sent.given.get("kind", ""))
            if sent.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
                return _as_one_draft(desk, session, name, from_json_file(kind, sent.data))
        job = jobs.begun(kind, read_table(sent.data))
        judge(job, partial(_held, desk, name))
        with desk.lock:
            session, _ = party(desk, name)
            shelf = desk.shelf(session, jobs.SORT)
            new = shelf.new_name()
            jobs.keep(shelf, new, job, session.now())
            return RedirectResponse(f"/as/{quote(name)}/jobs/{new}", 303)

    @app.get("/as/{name}/jobs/{job}")
    def show(name: str, job: str, fetched: str = "") -> Response:
        with desk.lock:
            session, pages = party(desk, name, used=not fetched)
            runs = desk.jobs.runs(job)  # before what is kept is read: what ended meanwhile is asked for once more
            kept = jobs.from_json(desk.shelf(session, jobs.SORT).get(job))
            return _progress(pages, job, kept, runs) if kept.signed else _preview(session, pages, job, kept)

    @app.post("/as/{name}/jobs/{job}/delete")
    def delete(name: str, job: str, given: FORM) -> Response:
        return running.given_up(desk, name, jobs.SORT, job, f"jobs/{job}", "new")

    @app.post("/as/{name}/jobs/{job}/sign")
    def sign(name: str, job: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            kept = jobs.from_json(desk.shelf(session, jobs.SORT).get(job))
            shown = desk.take(given.get("summary", ""), session, job)
            if shown is None or shown.arguments["digest"] != _digest(kept) or kept.signed:
                back = f"/as/{quote(name)}/jobs/{quote(job)}"
                return pages.show("error.html", 409, problem={"note": "sign.gone", "found": ""}, back=back)
            if not shown.whole:
                long = {"note": "signing.too_long", "found": ""}
                return pages.show("error.html", 409, problem=long, back=f"/as/{quote(name)}/jobs/{quote(job)}")
            kept.signed, kept.needed = shown.arguments["rows"], shown.arguments["needed"]
            kept.signers = [one.hex() for one in shown.arguments["signers"]]
            running.begin(desk, session, jobs.SORT, job, jobs.work, jobs.to_json(kept))
            return RedirectResponse(f"/as/{quote(name)}/jobs/{job}", 303)

    @app.post("/as/{name}/jobs/{job}/continue")
    def go_on(name: str, job: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            if not jobs.from_json(desk.shelf(session, jobs.SORT).get(job)).signed:
                raise HTTPException(404)
            running.go_on(desk, session, jobs.SORT, job, jobs.work)
            return RedirectResponse(f"/as/{quote(name)}/jobs/{job}", 303)

    @app.post("/as/{name}/jobs/{job}")
    def write(name: str, job: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            shelf = desk.shelf(session, jobs.SORT)
            kept = jobs.from_json(shelf.get(job))
            if given.get("do", "").startswith("draft:"):
                return _as_draft(desk, session, name, kept, given["do"].partition(":")[2])
            if kept.signed:
                raise HTTPException(404)
            anew = _mapped(session, kept, given)
        if anew:
            judge(kept, partial(_held, desk, name))
        with desk.lock:
            session, pages = party(desk, name)
            shelf = desk.shelf(session, jobs.SORT)
            now = jobs.from_json(shelf.get(job))  # not there any more: nothing is kept of it again
            if now.signed or now.rows != kept.rows:
                changed = {"note": "import.changed", "found": ""}
                return pages.show("error.html", 409, problem=changed, back=f"/as/{quote(name)}/jobs/{quote(job)}")
            jobs.keep(shelf, job, kept, session.now())
            if given.get("do") == "check":
                return _checked(desk, session, pages, job, kept)
            return RedirectResponse(f"/as/{quote(name)}/jobs/{job}", 303)


def _as_one_draft(desk: Desk, session: PartySession, name: str, draft: Draft) -> Response:
    shelf = desk.shelf(session, drafts.SORT)
    new = shelf.new_name()
    drafts.keep(shelf, new, draft, session.now())
    return RedirectResponse(f"/as/{quote(name)}/drafts/{new}", 303)


def from_json_file(kind: KindFile, data: bytes) -> Draft:
    """A draft of the standard's JSON. Raises InvalidInput with the JSON path."""
    value = read_json(data.removeprefix(b"\xef\xbb\xbf"))
    if isinstance(value.get("document"), dict):
        value = value["document"]  # DCSA's issuance request wraps the transport document
    if kind.family == content_rules.CERTIFICATES:
        value = certificate.read(value)
    filled = filling.texts_of(labels.form(kind), split(kind, value))
    return Draft(kind, filled, sources={at: Source(text, path=at) for at, text in filled.texts.items() if text})


@contextmanager
def _held(desk: Desk, name: str) -> Iterator[PartySession]:
    """The party's session under the desk's lock. Raises Elsewhere where it was locked meanwhile."""
    with desk.lock:
        yield party(desk, name)[0]


def judge(job: Job, held: Callable[[], AbstractContextManager[PartySession]]) -> None:
    """Looks through every row: what is wrong with it, what is doubtful; a number that comes twice is wrong. held: the
    session, under a lock that is let go every now and then: this takes a while, and others go on meanwhile."""
    job.faults, job.doubts = {}, {}
    numbers: dict[str, int] = {}
    left = deque(range(len(job.rows)))
    while left:
        with held() as session:
            until = time.monotonic() + HELD
            while left:
                _judge_row(session, job, left.popleft(), numbers)
                if time.monotonic() >= until:
                    break
        time.sleep(running.FREE)


def _judge_row(session: PartySession, job: Job, number: int, numbers: dict[str, int]) -> None:
    """numbers: of the rows before, with the first row that has each."""
    draft = job.draft(number)
    _, wrong, doubtful, failed = writing.judged(session, draft)
    first = numbers.setdefault(draft.number().casefold(), number)
    if draft.number() and first != number:
        wrong.setdefault(drafts.number_at(job.kind), Mistake("twice", (("line", str(job.rows[first].line)),)))
    found = [_kept(at, mistake) for at, mistake in wrong.items()] + [["", name, []] for name in failed]
    if found:
        job.faults[str(number)] = found
    if doubtful:
        job.doubts[str(number)] = [_kept(at, mistake) for at, mistake in doubtful.items()]


def _kept(at: str, mistake: Mistake) -> Fault:
    return [at, mistake.key, [list(pair) for pair in mistake.names]]


def _said(pages: Pages, job: Job, draft: Draft, fault: Fault) -> dict[str, str]:
    """A fault as a page shows it: field and what was expected."""
    at, key, names = str(fault[0]), str(fault[1]), fault[2]
    if not at:
        titles = {check.name: check.title[pages.language] for check in job.kind.checks}
        return {"field": pages.w("form.check"), "text": titles.get(key, key), "found": ""}
    mistake = Mistake(key, tuple((name, text) for name, text in names))
    field = " / ".join(forms.titles(draft, at, pages.language))
    found = cut(draft.filled.texts.get(at) or "")[0]
    return {"field": field, "text": forms.said(mistake, pages.language), "found": found}


def _mapped(session: PartySession, job: Job, given: Mapping[str, str]) -> bool:
    """Takes over which column is which field, and for whom the documents are; unknown fields are left out. Whether the
    rows must be looked through anew."""
    allowed = {*columns.fields(labels.form(job.kind)), *job.columns}
    chosen = [given.get(f"column-{number}", at) for number, at in enumerate(job.columns)]
    seen: set[str] = set()
    for number, at in enumerate(chosen):
        chosen[number] = at if at in allowed and at not in seen else ""
        seen.add(chosen[number])
    job.given = {one.name: given.get(one.name, "") for one in writing.asked(job.kind, session.party)}
    anew = chosen != job.columns or given.get("do") == "check"
    job.columns = chosen
    return anew


def _good(job: Job) -> list[int]:
    return [number for number in range(len(job.rows)) if str(number) not in job.faults]


def _preview(
    session: PartySession, pages: Pages, name: str, job: Job, unnamed: Mapping[str, str] | None = None
) -> Response:
    """Row by row what is wrong, and which column is which field."""
    blank = drafts.new(job.kind)
    choices = [
        (at, " / ".join(forms.titles(blank, at, pages.language))) for at in columns.fields(labels.form(job.kind))
    ]
    known = {at for at, _ in choices}
    extra = [(at, " / ".join(forms.titles(blank, at, pages.language))) for at in job.columns if at and at not in known]
    shown = [
        {"number": number, "column": f"column-{number}", "title": cut(title)[0] or "–", "at": at,
         "example": cut(next((row.cells[number] for row in job.rows if row.cells[number].strip()), ""))[0][:80]}
        for number, (title, at) in enumerate(zip(job.header, job.columns, strict=True))
    ]  # fmt: skip
    wrong = [_row_of(pages, job, int(number), faults) for number, faults in job.faults.items()]
    return pages.show(
        "job.html", 422 if unnamed else 200,
        job=name, kind=job.kind.title[pages.language], columns=shown, choices=[*choices, *extra], wrong=wrong,
        good=len(_good(job)), rows=len(job.rows), unnamed=bool(unnamed),
        parties_asked=writing.choices_of_parties(session, pages, job.kind, job.given, unnamed or {}),
    )  # fmt: skip


def _row_of(pages: Pages, job: Job, number: int, faults: list[Fault]) -> dict[str, Any]:
    draft = job.draft(number)
    return {
        "number": number,
        "line": job.rows[number].line,
        "name": cut(draft.number())[0] or "–",
        "faults": [_said(pages, job, draft, fault) for fault in faults],
    }


def _as_draft(desk: Desk, session: PartySession, name: str, job: Job, number: str) -> Response:
    """Opens a row as a draft, to be put right by hand. Raises 404."""
    if not number.isdigit() or int(number) >= len(job.rows):
        raise HTTPException(404)
    shelf = desk.shelf(session, drafts.SORT)
    new = shelf.new_name()
    drafts.keep(shelf, new, job.draft(int(number)), session.now())
    return RedirectResponse(f"/as/{quote(name)}/drafts/{new}", 303)


def _digest(job: Job) -> bytes:
    """Of all that a summary shows: for whom, which columns, every cell."""
    return json_digest({"given": job.given, "columns": job.columns, "rows": [row.cells for row in job.rows]})


def _checked(desk: Desk, session: PartySession, pages: Pages, name: str, job: Job) -> Response:
    """What signing does, for all rows without mistakes; or what is missing still."""
    unnamed = writing.unnamed_parties(session, job.kind, job.given)
    good = _good(job)
    if unnamed or not good:
        return _preview(session, pages, name, job, unnamed)
    kind = job.kind
    verb, rule = creating(kind)
    said = acting.arguments(writing.asked(kind, session.party), job.given)
    terms = acts.terms(rule, Control(), counterparty=said.get("counterparty"), endorsee=said.get("endorsee"))
    used = [number for number, at in enumerate(job.columns) if at]
    blank = drafts.new(kind)
    datasets = {at.split("/")[1] for at in job.columns if at}
    signers, needed = signing.expected(session, rule)
    whole = fits([[job.rows[number].cells[one] for one in used] for number in good])
    return pages.show(
        "job_summary.html",
        job=name,
        kind=kind.title[pages.language],
        count=len(good),
        left_out=len(job.rows) - len(good),
        intent=kind.intent(kind.verb(verb).number),
        sentences=[pages.sentence(kind, one) for one in effects(kind, Control(), rule, terms, session.party)],
        readers=[writing.readers(pages, kind, one.name, rule.next) for one in kind.datasets if one.name in datasets],
        titles=[" / ".join(forms.titles(blank, job.columns[number], pages.language)) for number in used],
        lines=[
            {"line": job.rows[number].line, "cells": [_cell(job.rows[number].cells[one], whole) for one in used],
             "doubts": [_said(pages, job, job.draft(number), one) for one in job.doubts.get(str(number), [])]}
            for number in good
        ],
        whole=whole,
        accounts=[address_text(one) for one in signers],
        needed=needed,
        lacks=needed - len(signers),
        summary=desk.shown(
            Summary(
                session, name, verb,
                {"rows": good, "digest": _digest(job), "signers": signers, "needed": needed},
                whole=whole and bool(signers),
            )
        ),
    )  # fmt: skip


def _cell(text: str, whole: bool) -> str:
    return visible(text) if whole else cut(text)[0]


def _progress(pages: Pages, name: str, job: Job, runs: bool) -> Response:
    """How far it is, and the result of every row."""
    lines = [
        {
            "line": (row := job.rows[number]).line,
            "kind": "",
            "name": cut(job.name(number))[0],
            "state": pages.w(running.STATES[row.state]),
            "document": row.document if row.state == DONE else "",
            "waits": row.digest if row.state == WAITS else "",
            "code": row.code,
            "keyless": bool(row.code),
            "why": cut(row.why)[0],
        }
        for number in job.signed
    ]
    return running.shown(
        pages,
        runs,
        place=f"jobs/{name}",
        back=("new", "form.back"),
        title=f"{pages.w('job.title')} · {job.kind.title[pages.language]}",
        heads=("job.line", "write.number"),
        lines=lines,
        total=len(job.signed),
        ended=job.count(DONE) + job.count(FAILED) + job.count(WAITS),
        result=pages.w(
            "several.result" if job.count(WAITS) else "job.result",
            done=str(job.count(DONE)),
            failed=str(job.count(FAILED)),
            waits=str(job.count(WAITS)),
        ),
        failed=job.count(FAILED),
        left=bool(job.left()),
        doubtful=bool(job.doubtful()),
        sent=job.count(SENT),
        note=cut(job.note)[0],
    )
