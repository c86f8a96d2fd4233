"""The routes of writing: choose a kind, fill in its form, read what it does, sign.

A draft is kept at every step, sealed, before anything is judged: neither a mistake nor a restart loses what was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from portledger import resources
from portledger.desk import acting, attached, drafts, forms, jobs, prefill, signing, waiting
from portledger.desk.acting import Question
from portledger.desk.drafts import Draft
from portledger.desk.effects import effects
from portledger.desk.inbox import verbs_of
from portledger.desk.pages import Pages, minute
from portledger.desk.plain import fits
from portledger.desk.requests import FORM, document_id, party
from portledger.desk.state import Desk, Summary
from portledger.domain.kind_file import RELATIONS, KindFile
from portledger.domain.records import Control
from portledger.domain.vault_errors import ReferenceRefused
from portledger.formats import filling
from portledger.formats.document import Document
from portledger.formats.typed import Mistake
from portledger.sdk import acts, content_rules
from portledger.sdk.party import PartySession
from portledger.sdk.session import creating
from portledger.sdk.shelf import Shelf

MAX_SOURCES: Final = 200
"""Documents that are offered to take values from."""
_RELATIONS: Final = {
    "issuer": "document.issuer", "possessor": "document.possessor", "endorsee": "document.endorsee",
    "offeree": "document.offeree",
}  # fmt: skip


def may_create(session: PartySession) -> list[KindFile]:
    """The kinds that this party may begin a document of."""
    roles = session.me().roles
    return [kind for kind in resources.kinds().values() if verbs_of(kind, Control(), session.party, roles)]


def asked(kind: KindFile, me: int) -> list[Question]:
    """What creating a document asks besides its contents: for whom it is."""
    verb, _ = creating(kind)
    return [one for one in acting.questions(kind, Control(), kind.verb(verb).number, me) if one.what == "party"]


def completed(session: PartySession, draft: Draft, values: Mapping[str, Any]) -> Document:
    """The document of a draft's values, with its number, naming its ledger."""
    named = {one.name: dict(values.get(one.name, {})) for one in draft.kind.datasets}
    document = Document(draft.kind.id, draft.number(), named)
    return document.on_ledger(draft.kind, session.ledger.chain_id, session.domain.ledger)


def judged(session: PartySession, draft: Draft) -> tuple[Document, dict[str, Mistake], dict[str, Mistake], list[str]]:
    """(document, mistakes, warnings, names of checks that fail): all that can be said before anything is signed."""
    built = filling.values_of(draft.form, draft.filled)
    document = completed(session, draft, built.values)
    built.values = content_rules.as_created(draft.kind, document.datasets)
    wrong, doubtful = filling.faults(draft.form, draft.filled, built, draft.outside())
    failed = []
    if not wrong:
        failed = [one.check.name for one in content_rules.failed(draft.kind, built.values)]
        if number := _number(session, draft):
            wrong[drafts.number_at(draft.kind)] = number
    return document, wrong, doubtful, failed


def _number(session: PartySession, draft: Draft) -> Mistake | None:
    """What is wrong with the document's number: another form, or there is such a document already."""
    try:
        identity = session.new_id(draft.kind, draft.number(), bytes.fromhex(draft.salt))
    except ReferenceRefused:
        return Mistake("reference")
    return Mistake("used") if session.named_by_key(draft.kind) and session.exists(identity) else None


def add(app: FastAPI, desk: Desk) -> None:
    """Adds the pages to the desk."""

    @app.get("/as/{name}/new")
    def choose(name: str) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            return _choices(desk, session, pages)

    @app.post("/as/{name}/new")
    def begin(name: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            kept = desk.shelf(session, drafts.SORT)
            if given.get("from"):
                draft = _from_document(session, given["from"])
            else:
                draft = drafts.new(kind_of(session, given.get("kind", "")))
            return _kept_and_shown(name, kept, kept.new_name(), draft, session.now())

    @app.get("/as/{name}/drafts/{draft}")
    def show(name: str, draft: str, filled: str = "") -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            written = drafts.from_json(desk.shelf(session, drafts.SORT).get(draft))
            return _form(session, pages, draft, written, filled=int(filled) if filled.isdecimal() else None)

    @app.get("/as/{name}/drafts/{draft}/prefill")
    def sources(name: str, draft: str) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            return _sources(session, pages, draft, drafts.from_json(desk.shelf(session, drafts.SORT).get(draft)))

    @app.post("/as/{name}/drafts/{draft}/prefill")
    def fill(name: str, draft: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            kept = desk.shelf(session, drafts.SORT)
            written = drafts.from_json(kept.get(draft))
            opened = session.open(document_id(given.get("from", "")))
            count = prefill.taken(written, session.kind(opened.kind), opened.values(), opened.document)
            drafts.keep(kept, draft, written, session.now())
            return RedirectResponse(f"/as/{quote(name)}/drafts/{draft}?filled={count}", 303)

    @app.post("/as/{name}/drafts/{draft}/delete")
    def delete(name: str, draft: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            attached.forget(desk, session, draft)
            return RedirectResponse(f"/as/{quote(name)}/new", 303)

    @app.post("/as/{name}/drafts/{draft}/sign")
    def sign(name: str, draft: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            shown = desk.take(given.get("summary", ""), session, draft)
            if shown is None or shown.act is None or not attached.upload(desk, session, draft, shown.act):
                back = f"/as/{quote(name)}/drafts/{quote(draft)}"
                return pages.show("error.html", 409, problem={"note": "sign.gone", "found": ""}, back=back)
            done = signing.carried(desk, pages, shown, given.get("signature", ""))
            if isinstance(done, Response):
                return done
            if not done.missing:  # while it waits it may be withdrawn, and nothing typed is lost
                attached.forget(desk, session, draft)
            return waiting.led(name, done)

    @app.post("/as/{name}/drafts/{draft}")
    def write(name: str, draft: str, given: FORM) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            kept = desk.shelf(session, drafts.SORT)
            written = drafts.from_json(kept.get(draft))
            filling.take(written.filled, given)
            written.given = {one.name: given.get(one.name, "") for one in asked(written.kind, session.party)}
            anchor = _changed(written, given.get("do", ""))
            drafts.keep(kept, draft, written, session.now())
            if given.get("do") == "check":
                return _checked(desk, session, pages, draft, written)
            if given.get("do") == "files":
                return RedirectResponse(f"/as/{quote(name)}/drafts/{draft}/files", 303)
            if given.get("do") == "prefill":
                return RedirectResponse(f"/as/{quote(name)}/drafts/{draft}/prefill", 303)
            return RedirectResponse(f"/as/{quote(name)}/drafts/{draft}{anchor}", 303)


def _changed(draft: Draft, do: str) -> str:
    """Adds or removes a row, if that was asked; the place on the page to go on."""
    what, _, at = do.partition(":")
    if what == "add":
        filling.add_row(draft.form, draft.filled, at)
        return f"#{quote(at)}/{draft.filled.rows[at] - 1}"
    if what == "remove":
        group, _, number = at.rpartition("/")
        filling.remove_row(draft.form, draft.filled, group, int(number) if number.isdigit() else -1)
        draft.sources = {one: told for one, told in draft.sources.items() if not one.startswith(group + "/")}
        return f"#{quote(group)}"
    return "#saved" if what == "save" else ""


def kind_of(session: PartySession, name: str) -> KindFile:
    for kind in may_create(session):
        if kind.id == name:
            return kind
    raise HTTPException(404)


def _from_document(session: PartySession, document: str) -> Draft:
    """A draft like an earlier document. Raises 404 unless the party may begin one of its kind."""
    opened = session.open(document_id(document))
    return drafts.copied(kind_of(session, session.kind(opened.kind).id), opened.values(), document)


def _kept_and_shown(name: str, kept: Shelf, new: str, draft: Draft, now: int) -> Response:
    drafts.keep(kept, new, draft, now)
    return RedirectResponse(f"/as/{quote(name)}/drafts/{new}", 303)


def _choices(desk: Desk, session: PartySession, pages: Pages) -> Response:
    kept = {one: drafts.from_json(told) for one, told in desk.shelf(session, drafts.SORT).all().items()}
    lines = [
        {
            "draft": one,
            "kind": draft.kind.title[pages.language],
            "number": draft.number(),
            "changed": minute(draft.changed),
        }
        for one, draft in kept.items()
    ]
    kinds = [(kind.id, kind.title[pages.language]) for kind in may_create(session)]
    running = [
        {"job": one, "kind": job.kind.title[pages.language], "rows": len(job.rows), "changed": minute(job.changed)}
        for one, told in desk.shelf(session, jobs.SORT).all().items()
        if (job := jobs.from_json(told))
    ]
    return pages.show("write.html", kinds=kinds, drafts=lines, jobs=running)


def _form(
    session: PartySession, pages: Pages, name: str, draft: Draft, wrong: Mapping[str, Mistake] | None = None,
    doubtful: Mapping[str, Mistake] | None = None, failed: list[str] | None = None,
    unnamed: Mapping[str, str] | None = None, filled: int | None = None,
) -> Response:  # fmt: skip
    """The form; after a check with what is wrong. unnamed: mistakes in the choice of parties; filled: how many values
    were just taken from a document."""
    sources = {
        at: _source(pages, one) for at, one in draft.sources.items() if draft.filled.texts.get(at) == one.text
    }  # fmt: skip
    view = forms.View(draft, pages.language, wrong or {}, doubtful or {}, sources)
    titles = {check.name: check.title[pages.language] for check in draft.kind.checks}
    wanted = choices_of_parties(session, pages, draft.kind, draft.given, unnamed or {})
    troubled = bool(wrong or failed or unnamed)
    return pages.show(
        "draft.html", 422 if troubled else 200,
        draft=name, kind=draft.kind.title[pages.language], sections=view.sections(), lists=view.lists(),
        problems=view.problems(), failed=[titles[one] for one in failed or []], parties_asked=wanted,
        troubled=troubled, filled=filled, changed=minute(draft.changed),
        files=len(draft.files) if attached.takes_files(draft.kind) else None,
    )  # fmt: skip


def choices_of_parties(
    session: PartySession, pages: Pages, kind: KindFile, given: Mapping[str, str], unnamed: Mapping[str, str]
) -> list[dict[str, Any]]:
    """For whom it is: the questions with those who may be chosen."""
    others = [one for one in session.client.parties() if one.party != session.party]
    return [
        {
            "name": one.name,
            "label": one.label,
            "value": given.get(one.name, ""),
            "options": pages.options(one, others),
            "wrong": unnamed.get(one.name, ""),
        }
        for one in asked(kind, session.party)
    ]


def _source(pages: Pages, source: drafts.Source) -> str:
    """Where a value came from: the document, and its field as that kind names it."""
    if not source.document:
        return pages.w("form.from_file", field=source.path)
    kind = resources.kind(source.kind)
    field = " / ".join(forms.titles(drafts.new(kind), source.path, pages.language))
    return pages.w("form.from_document", kind=kind.title[pages.language], document=source.document[:12], field=field)


def _sources(session: PartySession, pages: Pages, name: str, draft: Draft) -> Response:
    """The documents from which values can be taken: all that this party may see, newest change first."""
    found = sorted(session.client.documents(), key=lambda one: -one.updated_at)[:MAX_SOURCES]
    lines = [
        {
            "document": one.document,
            "kind": session.kind(one.kind).title[pages.language],
            "issuer": pages.party(one.issuer),
            "changed": minute(one.updated_at),
        }
        for one in found
    ]
    return pages.show("prefill.html", draft=name, kind=draft.kind.title[pages.language], documents=lines)


def _checked(desk: Desk, session: PartySession, pages: Pages, name: str, draft: Draft) -> Response:
    """What is wrong, beside its fields; or, when nothing is, what signing does."""
    document, wrong, doubtful, failed = judged(session, draft)
    unnamed = unnamed_parties(session, draft.kind, draft.given)
    if wrong or failed or unnamed:
        return _form(session, pages, name, draft, wrong, doubtful, failed, unnamed)
    return _summary(desk, session, pages, name, draft, document, doubtful)


def unnamed_parties(session: PartySession, kind: KindFile, given: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the choice of those for whom a document is: field -> key of words."""
    questions = asked(kind, session.party)
    roles = {one.party: one.roles for one in session.client.parties()}
    if any(one.name == "counterparty" for one in questions):
        roles.pop(session.party, None)
    return acting.wrong(questions, given, roles)


def _summary(
    desk: Desk, session: PartySession, pages: Pages, name: str, draft: Draft, document: Document,
    doubtful: Mapping[str, Mistake],
) -> Response:  # fmt: skip
    kind = draft.kind
    document = attached.listed(draft, document)
    verb, rule = creating(kind)
    said = acting.arguments(asked(kind, session.party), draft.given)
    terms = acts.terms(rule, Control(), counterparty=said.get("counterparty"), endorsee=said.get("endorsee"))
    act = session.unsigned_new(
        document, counterparty=terms.counterparty or None, endorsee=terms.endorsee or None, carry_from=draft.carried,
        salt=bytes.fromhex(draft.salt),
    )  # fmt: skip
    filled = {one.name: document.datasets[one.name] for one in kind.datasets if document.datasets.get(one.name)}
    view = forms.View(draft, pages.language, {}, doubtful, {})
    whole = fits(filled)
    values = {
        "draft": name,
        "kind": kind.title[pages.language],
        "number": draft.number(),
        "intent": act.intent,
        "sentences": [pages.sentence(kind, one) for one in effects(kind, Control(), rule, terms, session.party)],
        "readers": [readers(pages, kind, one, rule.next) for one in filled],
        "doubts": [(view.titles(at), forms.said(one, pages.language)) for at, one in doubtful.items()],
        "files": attached.rows(pages, draft),
        "contents": pages.contents(kind, filled, whole=whole),
        "carried": [pages.w("form.carried", document=one[:12]) for one in draft.carried],
    }
    shown = Summary(session, name, verb, act=act, template="draft_summary.html", values=values, whole=whole)
    return signing.show(desk, pages, shown)


def readers(pages: Pages, kind: KindFile, dataset: str, state: int) -> tuple[str, str]:
    """(dataset, who may read it from now on)."""
    roles = resources.roles()
    named = [
        pages.w(_RELATIONS[one]) if one in RELATIONS else roles[one].title[pages.language]
        for one in kind.readers_of(dataset, state)
    ]
    return kind.dataset(dataset).title[pages.language], " · ".join(named)
