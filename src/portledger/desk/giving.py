"""What leaves the desk: evidence files, PDFs, presentations for one reader, and a message that tells nothing."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any, Final

from fastapi import FastAPI
from starlette.responses import Response

from portledger.desk.pages import Pages, minute, problem
from portledger.desk.paper import Paper, Part, Section, pdf
from portledger.desk.plain import fits, visible
from portledger.desk.requests import FORM, party, proven
from portledger.desk.state import Desk, Summary
from portledger.desk.words import LANGUAGES, word
from portledger.domain.errors import InvalidInput
from portledger.domain.kind_file import KindFile
from portledger.sdk import handing
from portledger.sdk.disclosing import Chosen, place_of
from portledger.sdk.party import PartySession

SHORT: Final = 12
"""Digits of a document's id in the name of a file."""
_FIELD: Final = "field."
_OPEN: Final = "open."
DAYS: Final = 30
"""How long a presentation is good when the person says nothing else."""
MAX_DAYS: Final = 3_650


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /as/NAME/out/DOCUMENT."""

    @app.get("/as/{name}/out/{document}")
    def out(name: str, document: str) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            kind, _, _ = proven(session, document)
            opened = session.open(document)
            subject, body = message(kind, document)
            return pages.show(
                "out.html",
                document=document,
                kind=kind.title[pages.language],
                datasets=[(one.name, one.title[pages.language]) for one in kind.datasets if one.name in opened.opened],
                subject=subject,
                body=body,
            )

    @app.post("/as/{name}/out/{document}/evidence")
    def evidence(name: str, document: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            proven(session, document)
            made = handing.evidence(session, document, _chosen(given, _OPEN), details=given.get("details") == "1")
            return _file(made.data, f"{document[:SHORT]}.evidence.json", "application/json")

    @app.post("/as/{name}/out/{document}/pdf")
    def on_paper(name: str, document: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            proven(session, document)
            made = handing.evidence(session, document, _chosen(given, _OPEN), details=given.get("details") == "1")
            return _file(
                pdf(_paper(pages, document, made), made.data, session.now()),
                f"{document[:SHORT]}.pdf",
                "application/pdf",
            )

    @app.post("/as/{name}/out/{document}/message")
    def mail(name: str, document: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            kind, _, _ = proven(session, document)
            return _file(_mail(*message(kind, document)), f"{document[:SHORT]}.eml", "message/rfc822")

    _disclosing(app, desk)


def _disclosing(app: FastAPI, desk: Desk) -> None:
    @app.get("/as/{name}/out/{document}/disclose")
    def choose(name: str, document: str) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            proven(session, document)
            return _wizard(session, pages, document, desk.typed_at(_typed_at(name, document)))

    @app.post("/as/{name}/out/{document}/disclose")
    def conclude(name: str, document: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            desk.typed(_typed_at(name, document), given)  # first: the gateway may not answer
            proven(session, document)
            if wrong := _wrong(given):
                return _wizard(session, pages, document, given, wrong)
            try:
                chosen = _presentation(given)
            except InvalidInput as refused:
                return _wizard(session, pages, document, given, {"": ""}, problem(refused))
            return _shown(desk, session, pages, document, chosen)

    @app.post("/as/{name}/out/{document}/present")
    def present(name: str, document: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            shown = desk.take(given.get("summary", ""), session, document, Summary.DISCLOSE)
            if shown is None:
                return pages.show(
                    "error.html", 409, problem={"note": "sign.gone", "found": ""}, back=f"/as/{name}/out/{document}"
                )
            if not shown.whole:
                long = {"note": "signing.too_long", "found": ""}
                return pages.show("error.html", 409, problem=long, back=f"/as/{name}/out/{document}")
            made = handing.presentation(session, document, shown.arguments["chosen"])
            desk.forget_typed(_typed_at(name, document))
            return _file(made, f"{document[:SHORT]}.presentation.json", "application/json")


def _typed_at(name: str, document: str) -> str:
    """Under what the choices of a presentation are remembered."""
    return f"/as/{name}/out/{document}/disclose"


def _chosen(given: dict[str, str], prefix: str) -> list[str]:
    """The values of the boxes that are ticked."""
    return [value for name, value in given.items() if name.startswith(prefix)]


def _file(data: bytes, name: str, media: str) -> Response:
    """A download. name: of letters, digits and dots only."""
    return Response(data, media_type=media, headers={"content-disposition": f'attachment; filename="{name}"'})


# --- presentation ----------------------------------------------------------------------------------------------------


def _wrong(given: dict[str, str]) -> dict[str, str]:
    """Field -> key of what is wrong with it."""
    found = {name: "act.missing" for name in ("audience", "purpose") if not given.get(name)}
    days = given.get("days", "")
    if not (days.isascii() and days.isdigit() and 1 <= int(days[:6]) <= MAX_DAYS):
        found["days"] = "disclose.days_wrong"
    if not _chosen(given, _FIELD):
        found["fields"] = "disclose.nothing"
    return found


def _presentation(given: dict[str, str]) -> Chosen:
    """Raises InvalidInput."""
    return Chosen(
        audience=given["audience"],
        purpose=given["purpose"],
        valid=int(given["days"]) * 86_400,
        fields=[place_of(one, "field") for one in _chosen(given, _FIELD)],
    )


def _wizard(
    session: PartySession, pages: Pages, document: str, given: dict[str, str], wrong: dict[str, str] | None = None,
    refused: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    """Which fields, to whom, what for, until when; nothing typed is lost by a mistake."""
    every = handing.choices(session, document)
    kind = session.kind(session.client.document(document).kind)
    ticked = set(_chosen(given, _FIELD))
    groups: dict[str, list[dict[str, Any]]] = {}
    for at, one in enumerate(every):
        row = {
            "name": f"{_FIELD}{at}",
            "value": str(one.place),
            "path": pages.place(kind, one.place.path),
            "shown": pages.value(one.value),
            "always": one.always,
            "ticked": str(one.place) in ticked,
        }
        groups.setdefault(one.place.dataset, []).append(row)
    titles = {one.name: one.title[pages.language] for one in kind.datasets}
    return pages.show(
        "disclose.html", 422 if wrong else 200,
        document=document,
        kind=kind.title[pages.language],
        groups=[(titles.get(name, name), rows) for name, rows in groups.items()],
        given={"days": str(DAYS), **given},
        wrong=wrong or {},
        problem=refused,
    )  # fmt: skip


def _shown(desk: Desk, session: PartySession, pages: Pages, document: str, chosen: Chosen) -> Response:
    """The page before signing: what the reader gets, and what it will be able to conclude."""
    every = handing.choices(session, document)
    wanted = {str(one) for one in chosen.fields}
    fields = [one for one in every if one.always or str(one.place) in wanted]
    missing = wanted - {str(one.place) for one in every}
    if missing:
        raise InvalidInput("field", ", ".join(sorted(missing))[:200], "fields of the document as it is now")
    kind = session.kind(session.client.document(document).kind)
    titles = {one.name: one.title[pages.language] for one in kind.datasets}
    whole = fits([[str(one.place), one.value] for one in fields])
    shown = [
        (
            f"{titles.get(one.place.dataset, one.place.dataset)} / {pages.place(kind, one.place.path)}",
            pages.value(one.value, whole=whole),
        )
        for one in fields
    ]
    names = {"audience": visible(chosen.audience), "party": pages.party(session.party)}
    return pages.show(
        "disclosed.html",
        document=document,
        fields=shown,
        audience=visible(chosen.audience),
        purpose=visible(chosen.purpose),
        until=minute(session.now() + chosen.valid),
        closed=len(every) - len(fields),
        may=[pages.w(key, **names) for key in ("disclose.may_fields", "disclose.may_history", "disclose.may_who")],
        cannot=[pages.w(key, **names) for key in ("disclose.not_others", "disclose.not_since", "disclose.not_secret")],
        whole=whole,
        summary=desk.shown(Summary(session, document, Summary.DISCLOSE, {"chosen": chosen}, whole=whole)),
    )


# --- on paper --------------------------------------------------------------------------------------------------------


def _paper(pages: Pages, document: str, made: handing.Handed) -> Paper:
    """The pages of the evidence, in the desk's language."""
    kind, control = made.kind, made.control
    title, state = kind.title[pages.language], kind.states[kind.state_name(control.state)].title[pages.language]
    titles = {one.name: one.title[pages.language] for one in kind.datasets}
    record = [
        (pages.w("inbox.state"), state),
        *((pages.w(key), value) for key, value in pages.record(document, control)),
    ]
    closed = [(pages.w("document.closed"), " · ".join(titles.get(one, one) for one in made.closed))]
    contents = [Part(one["title"], one["fields"]) for one in pages.contents(kind, made.values)]
    steps = [(minute(one.time), _happened(pages, kind, one)) for one in made.steps]
    return Paper(
        title=f"{title} · {state}",
        language=pages.language,
        id=document,
        notes=[
            pages.w("paper.as_of", block=str(made.block), time=minute(made.time)),
            pages.w("paper.copy"),
            pages.w("paper.verify", file=f"{document[:SHORT]}.evidence.json"),
        ],
        sections=[
            Section(pages.w("document.record"), record, []),
            Section(pages.w("document.contents"), closed if made.closed else [], contents),
            Section(pages.w("document.timeline"), steps, []),
        ],
        file=f"{document[:SHORT]}.evidence.json",
        attached=pages.w("out.evidence"),
        link=pages.desk.verify_page,
    )


def _happened(pages: Pages, kind: KindFile, step: handing.Step) -> str:
    if not step.verb:
        return pages.w("document.freeze")
    return f"{kind.verb(kind.verb_name(step.verb)).title[pages.language]} · {pages.party(step.actor)}"


# --- a message -------------------------------------------------------------------------------------------------------


def message(kind: KindFile, document: str) -> tuple[str, str]:
    """(subject, text) in both languages. It names kind and id, no party, no contents, and leads nowhere: a person opens
    the desk of its own accord, and a message that asks to follow a link is not one of these."""
    names = {one: {"kind": kind.title[one], "document": document[:SHORT]} for one in LANGUAGES}
    subject = " / ".join(word("mail.subject", one, **names[one]) for one in LANGUAGES)
    return subject, "\n\n".join(word("mail.text", one, **names[one], id=document) for one in LANGUAGES) + "\n"


def _mail(subject: str, body: str) -> bytes:
    """A draft that mail programs open for its receiver to be filled in."""
    made = EmailMessage()
    made["Subject"], made["X-Unsent"] = subject, "1"
    made.set_content(body)
    return made.as_bytes()
