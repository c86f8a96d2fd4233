"""Pages from values: the templates, and records, histories and contents in the words of a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import jinja2
from starlette.responses import HTMLResponse

from portledger.desk.acting import LABELS, Question
from portledger.desk.effects import Sentence
from portledger.desk.inbox import Line
from portledger.desk.plain import MAX_FIELDS, cut, leaves, visible
from portledger.desk.problems import said
from portledger.desk.state import Desk
from portledger.desk.words import LANGUAGES, word
from portledger.domain.codes import BEARER, Effect
from portledger.domain.errors import PortledgerError
from portledger.domain.kind_file import KindFile
from portledger.domain.records import Control
from portledger.formats import api_json as wire
from portledger.formats import labels, sheets
from portledger.sdk.explain import found_and_allowed
from portledger.sdk.party import PartySession
from portledger.sdk.timeline import Happened

FOLDER: Final = Path(__file__).parent
_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
)

_PLUMBING: Final = frozenset({"salt", "schema"})
"""Members of a detail that say nothing to a person."""


class Pages:
    """The pages of one party at one desk, in the desk's language. name: of the key file."""

    def __init__(self, desk: Desk, session: PartySession | None = None, name: str = "") -> None:
        self.desk, self.session, self.name, self.language = desk, session, name, desk.language

    def show(
        self, template: str, status: int = 200, *, known: bool = True, headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> HTMLResponse:  # fmt: skip
        """A page. known: whether the browser is the one that this desk was opened with."""
        shared = {
            "w": self.w, "language": self.language, "other": LANGUAGES[1 - LANGUAGES.index(self.language)],
            "known": known, "token": self.desk.form_token if known else "", "name": self.name,
            "parties": self.desk.open_parties() if known else [], "gateway": self.desk.gateway,
            "ledger": self.session.ledger if self.session else None, "problem": None, "titled": False,
            "said": lambda code: said(code, self.language), "number_of": self.number_of,
            "changes": self._open_changes(), "powers": known and self.desk.powers is not None,
        }  # fmt: skip
        return HTMLResponse(_TEMPLATES.get_template(template).render(**{**shared, **values}), status, headers)

    def _open_changes(self) -> list[str]:
        """Ids of the changes of this party that wait: shown on every page, until somebody has looked at them."""
        if self.session is None:
            return []
        try:
            return [one.change_id for one in self.session.me().open_changes]
        except PortledgerError:
            return []

    def w(self, key: str, **names: str) -> str:
        return word(key, self.language, **names)

    def party(self, party: int) -> str:
        """A party by name and number, never by the number alone where a name can be shown."""
        if party in (0, BEARER):
            return self.w("party.bearer" if party else "party.nobody")
        name = self.desk.party_name(self.session, party) if self.session else ""
        return f"{visible(name)} ({party})" if name else f"{self.w('party.unnamed')} {party}"

    def number_of(self, document: str) -> str:
        """What a person knows a document by: its own number, as far as it was read; else empty."""
        index = self.desk.indexes.get(self.session) if self.session else None
        return index.number(document) if index else ""

    def sentence(self, kind: KindFile, one: Sentence) -> str:
        state = kind.states[kind.state_name(one.state)].title[self.language] if one.state else ""
        return self.w(one.key, party=self.party(one.party), state=state)

    def options(self, one: Question, others: Iterable[wire.PartySummary]) -> list[tuple[str, str]]:
        """The parties that may be chosen, by name, after the bearer and nobody where those may be."""
        first = ("", self.w("act.choose" if one.needed else "act.keep"))
        bearer = [(str(BEARER), self.w("party.bearer"))] if one.bearer else []
        fitting = [(str(it.party), self.party(it.party)) for it in others if one.fits(it.party, it.roles)]
        return [first, *bearer, *sorted(fitting, key=lambda pair: pair[1])]

    def line(self, one: Line) -> dict[str, Any]:
        return {
            "document": one.document,
            "kind": one.kind.title[self.language],
            "issuer": self.party(one.control.issuer),
            "state": one.kind.states[one.kind.state_name(one.control.state)].title[self.language],
            "verbs": [one.kind.verb(one.kind.verb_name(verb)).title[self.language] for verb in one.verbs],
            "since": minute(one.since),
        }

    def link(self, kind: KindFile, control: Control, verb: int) -> str:
        """What leads to an act: its title, or that it begins with an inspection."""
        takes = kind.rows[control.state, verb].effects & Effect.TAKE
        return self.w("document.inspect") if takes else kind.verb(kind.verb_name(verb)).title[self.language]

    def record(self, document: str, control: Control) -> list[tuple[str, str]]:
        return [
            ("document.issuer", self.party(control.issuer)),
            ("document.possessor", self.party(control.possessor)),
            ("document.endorsee", self.party(control.endorsee)),
            ("document.offeree", self.party(control.offeree)),
            ("document.version", str(control.version)),
            ("document.id", document),
        ]

    def contents(self, kind: KindFile, values: Mapping[str, Any], *, whole: bool = False) -> list[dict[str, Any]]:
        """Dataset by dataset in the kind's order: title, fields, and the same in boxes, as a person knows the form
        (sheets.py). whole: as of `fields`."""
        names = {one.name: one.title[self.language] for one in kind.datasets}
        found = []
        for name, value in values.items():
            told, left = self._leaves(without_keys(value), whole)
            boxes = sheets.boxes(kind, name, told, self.language, self.w("document.more"))
            left_out = [sheets.Box("…", sheets.WHOLE, (sheets.Line("", (left,)),))] if left else []
            fields = self._named(told, left, kind)
            found.append({"title": names.get(name, name), "fields": fields, "boxes": [*boxes, *left_out]})
        return found

    def fields(self, value: Any, kind: KindFile | None = None, *, whole: bool = False) -> list[tuple[str, str]]:
        """Path and text of every leaf. kind: names the items of a dataset in the desk's language; whole: nothing is
        cut, of what is signed and fits on a page (plain.py)."""
        return self._named(*self._leaves(value, whole), kind)

    def _leaves(self, value: Any, whole: bool) -> tuple[list[sheets.Leaf], str]:
        """(every leaf with its path, both harmless; how many were left out, in words, or empty)."""
        every = list(leaves(value, words=self._yes_and_no()))
        left = 0 if whole else max(0, len(every) - MAX_FIELDS)
        shown = [
            (tuple(map(visible, path)), visible(text) if whole else self._text(text))
            for path, text in every[: len(every) - left]
        ]
        return shown, self.w("value.fields_cut", count=str(left)) if left else ""

    def _named(self, told: list[sheets.Leaf], left: str, kind: KindFile | None) -> list[tuple[str, str]]:
        titles = [(labels.titles(kind, path, self.language) if kind else path, text) for path, text in told]
        return [*((" / ".join(path), text) for path, text in titles), *([("…", left)] if left else [])]

    def place(self, kind: KindFile, path: str) -> str:
        """A JSON Pointer inside a dataset in the words of the desk's language; rows are counted from 1."""
        steps = [one.replace("~1", "/").replace("~0", "~") for one in path.split("/")[1:]]
        counted = tuple(str(int(one) + 1) if one.isascii() and one.isdigit() else one for one in steps)
        return visible(" / ".join(labels.titles(kind, counted, self.language)))

    def value(self, value: Any, *, whole: bool = False) -> str:
        """One field's value as harmless text. whole: as of `fields`."""
        text = next(leaves(value, words=self._yes_and_no()))[1]
        return visible(text) if whole else self._text(text)

    def _yes_and_no(self) -> tuple[str, str]:
        return self.w("value.yes"), self.w("value.no")

    def _text(self, text: str) -> str:
        begin, left = cut(text)
        return f"{begin} … {self.w('value.cut', count=str(left))}" if left else begin

    def happened(self, kind: KindFile, one: Happened) -> dict[str, Any]:
        """One entry of the timeline: who, when, in which words, signed by which accounts, and what was said."""
        named = [("timeline.to", one.counterparty), ("timeline.endorsee", one.endorsee)]
        freeze = self.w("timeline.frozen", until=minute(one.until)) if one.until else self.w("timeline.unfrozen")
        return {
            "title": kind.verb(kind.verb_name(one.verb)).title[self.language] if one.verb else freeze,
            "actor": self.party(one.actor) if one.verb else "",
            "named": [(key, self.party(party)) for key, party in named if party],
            "words": kind.intent(one.verb) if one.verb else "",
            "time": minute(one.time),
            "signers": one.signers,
            "detail": self._said(one.detail) if one.detail else [],
            "closed": one.sealed and not one.detail,
        }

    def _said(self, detail: Any) -> list[tuple[str, str]]:
        """What an act's detail says, under the names that its form has."""
        members = {name: told for name, told in detail.items() if name not in _PLUMBING}
        return [(self.w(LABELS[path]) if path in LABELS else path, text) for path, text in self.fields(members)]


def without_keys(value: Any) -> Any:
    """A dataset's value without what opens the files that it lists: keys are no reading matter."""
    if not isinstance(value, dict) or not isinstance(value.get("files"), list):
        return value
    listed = [
        {name: told for name, told in one.items() if name != "sealed"} if isinstance(one, dict) else one
        for one in value["files"]
    ]
    return {**value, "files": listed}


def problem(error: PortledgerError, note: str = "") -> dict[str, str]:
    """An error for problem.html: what was found, what was allowed, what to do; harmless, and of bounded length."""
    found, allowed = found_and_allowed(error)
    return {
        "code": error.code,
        "note": note,
        "found": cut(found)[0],
        "allowed": cut(allowed)[0],
        "remedy": cut(error.remedy)[0],
    }


def minute(seconds: int) -> str:
    """A block time, unix seconds, to the minute in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
