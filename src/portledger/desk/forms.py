"""A draft as a page shows it: every field with title, text, code list, and what is wrong beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from portledger.desk.drafts import Draft
from portledger.desk.plain import cut, visible
from portledger.desk.words import word
from portledger.formats import codelists, filling, labels
from portledger.formats.labels import Node
from portledger.formats.typed import Mistake

SHORT_LIST: Final = 12
"""Up to so many codes are chosen from a list; more are searched."""
_SAID: Final = {
    "missing": "typed.missing", "date": "typed.date", "number": "typed.number", "integer": "typed.integer",
    "yes": "typed.yes", "long": "typed.long", "one_line": "typed.one_line", "unlisted": "typed.unlisted",
    "which": "typed.which", "unknown_code": "typed.unknown_code", "named_too": "typed.named_too",
    "form": "typed.form", "minLength": "typed.least", "maxLength": "typed.most", "minimum": "typed.at_least",
    "maximum": "typed.at_most", "minItems": "typed.rows_least", "maxItems": "typed.rows_most",
    "digits_container": "typed.container", "digits_imo": "typed.imo", "digits_lei": "typed.lei",
    "digits_corporate": "typed.corporate", "digits_party": "typed.party_code", "reference": "typed.reference",
    "used": "typed.used", "twice": "typed.twice",
}  # fmt: skip
"""Mistake.key -> the words for it."""
_EXAMPLES: Final = {"date": "2026-11-26", "number": "1234.5", "integer": "12"}


def said(mistake: Mistake, language: str) -> str:
    """What was expected, in words."""
    return word(_SAID[mistake.key], language, **{name: visible(text) for name, text in mistake.names})


@dataclass(frozen=True, slots=True)
class View:
    """What a page needs to draw a draft. wrong, doubtful: pointer in the form -> mistake; sources: pointer -> words."""

    draft: Draft
    language: str
    wrong: Mapping[str, Mistake]
    doubtful: Mapping[str, Mistake]
    sources: Mapping[str, str]

    def sections(self) -> list[dict[str, Any]]:
        return [self._node(one, filling.pointer(one.path)) for one in self.draft.form.sections]

    def lists(self) -> dict[str, dict[str, str]]:
        """The code lists that are searched: name -> code -> title. Of whole ones only what is in everyday use is
        offered before anything is typed: the rest is found by its code, its name, or a part of that."""
        used = {node.codes for node in self.draft.form.nodes() if node.codes}
        every = {name: codelists.everyday(name, self.language) for name in sorted(used)}
        return {name: told for name, told in every.items() if len(told) > SHORT_LIST}

    def problems(self) -> list[tuple[str, str, str]]:
        """(pointer, the field's titles, what is wrong), in the form's order; what stands beside no field comes last."""
        order = {at: number for number, (_, at) in enumerate(filling.shown(self.draft.form, self.draft.filled))}
        found = sorted(self.wrong.items(), key=lambda pair: order.get(pair[0], len(order)))
        return [(at if at in order else "", self.titles(at), said(mistake, self.language)) for at, mistake in found]

    def titles(self, at: str) -> str:
        """Port of loading / UN/LOCODE; rows with their number."""
        return " / ".join(titles(self.draft, at, self.language))

    def _node(self, node: Node, at: str) -> dict[str, Any]:
        mistake, doubt = self.wrong.get(at), self.doubtful.get(at)
        shown: dict[str, Any] = {
            "at": at,
            "title": node.title[self.language],
            "needed": node.needed,
            "wrong": said(mistake, self.language) if mistake else "",
            "doubt": said(doubt, self.language) if doubt else "",
        }
        if node.input:
            return {**shown, **self._field(node, at)}
        if node.many:
            return {**shown, **self._group(node, at)}
        held = filling.inside(self.draft.filled.base, at)
        if held is not filling.ABSENT and not isinstance(held, dict):
            return {**shown, "sort": "kept", "text": cut(str(held))[0]}
        children = [self._node(child, at + filling.pointer([child.name])) for child in node.children]
        return {**shown, "sort": "part", "children": children, "open": self._open(node, at)}

    def _field(self, node: Node, at: str) -> dict[str, Any]:
        text = self.draft.filled.texts.get(at)
        if text is None:
            return {"sort": "kept", "text": cut(str(filling.inside(self.draft.filled.base, at)))[0]}
        options: list[tuple[str, str]] = []
        if node.input == "yes":
            options = [("", "–"), ("yes", word("form.yes", self.language)), ("no", word("form.no", self.language))]
        elif node.codes and node.input == "code" and node.closed:
            told = codelists.entries(node.codes, self.language)
            if len(told) <= SHORT_LIST:
                options = [("", "–"), *((code, f"{code} · {title}") for code, title in told.items())]
        if options and text not in [code for code, _ in options]:
            options.append((text, text))
        searched = bool(node.codes) and node.input == "code" and not options
        return {
            "sort": "field",
            "input": node.input,
            "value": text,
            "options": options,
            "codes": node.codes if searched and len(codelists.everyday(node.codes, "en")) > SHORT_LIST else "",
            "means": codelists.entries(node.codes, self.language).get(text, "") if node.codes else "",
            "example": _EXAMPLES.get(node.input, ""),
            "source": self.sources.get(at, ""),
        }

    def _group(self, node: Node, at: str) -> dict[str, Any]:
        count = self.draft.filled.rows.get(at)
        if count is None:
            return {"sort": "kept", "text": cut(str(filling.inside(self.draft.filled.base, at)))[0]}
        rows = [
            {
                "at": f"{at}/{number}",
                "title": f"{node.title[self.language]} {number + 1}",
                "children": [
                    self._node(child, f"{at}/{number}{filling.pointer([child.name])}") for child in node.children
                ],
            }
            for number in range(count)
        ]
        return {"sort": "group", "rows": rows, "more": count < filling.MAX_ROWS}

    def _open(self, node: Node, at: str) -> bool:
        """Whether an object is shown unfolded: it is needed, has something in it, or something is wrong with it."""
        troubled = any(one == at or one.startswith(at + "/") for one in (*self.wrong, *self.doubtful))
        return node.needed or troubled or filling.filled_below(self.draft.filled, at)


def titles(draft: Draft, at: str, language: str) -> list[str]:
    """The titles along a pointer of the form, the dataset's first."""
    _, dataset, *path = at.split("/") if at else ("", "")
    known = {one.name: one.title[language] for one in draft.kind.datasets}
    if dataset not in known:
        return [visible(at)] if at else []
    counted = [str(int(step) + 1) if step.isdigit() else step for step in path]
    return [known[dataset], *labels.titles(draft.kind, tuple(counted), language)]
