"""Checks a kind file: every rule of docs/protocol §3, each finding with file, row and remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntFlag
from itertools import pairwise
from typing import Any, Final

from portledger.domain import table
from portledger.domain.codes import (
    ROLE_BY_NAME,
    ContentMode,
    CounterpartyMode,
    DetailMode,
    Effect,
    EndorseeMode,
    QuantityMode,
    ReferenceMode,
    RuleFlag,
    Scope,
    Who,
)
from portledger.domain.errors import KindError
from portledger.domain.hashing import json_digest
from portledger.domain.kind_file import (
    EXTENSION,
    LEDGER_FIELDS,
    NONE,
    PROGRESS,
    RELATIONS,
    REST,
    Check,
    Dataset,
    KindFile,
    State,
    Verb,
    closure,
    edges,
    kind_digest,
    upload,
)
from portledger.domain.table import Rule

_NAME: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_ITEM: Final = re.compile(r"[a-z][A-Za-z0-9]*")
_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


_MODES: Final[
    dict[str, type[CounterpartyMode | EndorseeMode | ContentMode | ReferenceMode | DetailMode | QuantityMode]]
] = {
    "counterparty": CounterpartyMode,
    "endorsee": EndorseeMode,
    "content": ContentMode,
    "reference": ReferenceMode,
    "detail": DetailMode,
    "quantity": QuantityMode,
}
_CLASSES: Final = {str(s.name).lower(): s for s in (Scope.FILING, Scope.ISSUE, Scope.TITLE, Scope.OFFICIAL)}
_ROW_MEMBERS: Final = {
    "state", "verb", "next", "who", "roles", "effects", "counterparty_roles", "flags", "class", *_MODES,
}  # fmt: skip
_TOP_MEMBERS: Final = {
    "id", "number", "title", "standard", "uncefact", "form", "detail", "mandatory", "decimals", "states", "verbs",
    "rows", "datasets", "checks",
}  # fmt: skip
_RULE_CHECKS: Final[tuple[tuple[Callable[[int, Rule], bool], str, str], ...]] = (
    (
        table.creates_only_from_nothing,
        "a creating row outside NONE, or another row in it",
        "effect create in state NONE, and only there",
    ),
    (
        table.note_is_harmless,
        "a note row with effects or with another next state",
        "a note without effects that stays in its state",
    ),
    (lambda _, rule: table.who_is_said(rule), "who = role without roles", "roles beside who = role"),
    (
        lambda _, rule: table.content_is_consistent(rule),
        "content, effects and reference that contradict each other",
        'content "new" exactly with effect create or new_content; reference "set" in a creating row',
    ),
)
"""The rules of defineKind that names can break; the rest (bits, ranges, modes, class) follow from the names."""


class Examination:
    """One reading of one file: collects findings, and builds the kind when there are none."""

    def __init__(self, name: str, *, first: bool = False) -> None:
        """first: raise the first finding at once, so that a file from a stranger costs no more than a good one."""
        self.name, self.first = name, first
        self.findings: list[KindError] = []

    def note(self, where: str, found: object, allowed: str, remedy: str = "") -> None:
        """Raises KindError where only the first finding is wanted."""
        self.findings.append(KindError(f"{self.name}: {where}" if where else self.name, str(found), allowed, remedy))
        if self.first:
            raise self.findings[0]

    def kind(self, data: dict[str, Any]) -> tuple[KindFile | None, list[KindError]]:
        self.members("", data, _TOP_MEMBERS)
        identity = self.text("id", data.get("id"), _ID, "lower-case words joined by hyphens")
        number = self.integer("number", data.get("number"), 0x0100, 0xFFFF)
        title = self.title("title", data.get("title"))
        common = self.names("detail", data.get("detail", []), _ITEM)
        states = self.states(data.get("states"))
        verbs = self.verbs(data.get("verbs"), common)
        rows = self.rows(data.get("rows"), states, verbs)
        self.graph(states, verbs, rows)
        datasets = self.datasets(data.get("datasets"), states)
        mandatory = self.mandatory(data.get("mandatory"), datasets)
        decimals = self.pointers("decimals", data.get("decimals", []))
        checks = self.checks(data.get("checks", {}), datasets)
        if self.findings:
            return None, self.findings
        file_digest = json_digest(data)
        built = KindFile(
            number=number,
            id=identity,
            title=title,
            standard=self.free_text("standard", data),
            states=states,
            verbs=verbs,
            rows=rows,
            datasets=datasets,
            mandatory=mandatory,
            decimals=decimals,
            checks=checks,
            file_digest=file_digest,
            kind_digest=kind_digest(file_digest, *upload(rows, verbs.values())),
            uncefact=self.free_text("uncefact", data),
            form=self.free_text("form", data),
            _states={state.number: state for state in states.values()},
            _verbs={verb.number: verb for verb in verbs.values()},
        )
        return (None, self.findings) if self.findings else (built, [])

    # -- values ----------------------------------------------------------------------------------------------------

    def members(self, where: str, value: Mapping[str, Any], allowed: Iterable[str]) -> None:
        known = set(allowed)
        for name in value:
            if name not in known:
                self.note(where, f"unknown member {name}", ", ".join(sorted(known)))

    def text(self, where: str, value: Any, pattern: re.Pattern[str], allowed: str) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            self.note(where, repr(value), allowed)
            return ""
        return value

    def free_text(self, name: str, data: Mapping[str, Any]) -> str:
        value = data.get(name, "")
        if not isinstance(value, str):
            self.note(name, repr(value), "a text")
            return ""
        return value

    def integer(self, where: str, value: Any, least: int, most: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.note(where, repr(value), f"an integer from {least} to {most}")
            return 0
        return value

    def title(self, where: str, value: Any) -> dict[str, str]:
        if (
            not isinstance(value, dict)
            or set(value) != {"en", "ja"}
            or not all(isinstance(text, str) and text for text in value.values())
        ):
            self.note(where, f"title {value!r}", "{ en, ja }, both not empty")
            return {"en": "", "ja": ""}
        return value

    def names(self, where: str, value: Any, pattern: re.Pattern[str]) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) and pattern.fullmatch(item) for item in value):
            self.note(where, repr(value), "a list of names")
            return ()
        if len(set(value)) != len(value):
            self.note(where, "a name that stands there twice", "every name once")
        return tuple(value)

    def pointers(self, where: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) and item.startswith("/") for item in value):
            self.note(where, repr(value), 'a list of RFC 6901 pointers, each beginning with "/"')
            return ()
        return tuple(value)

    def tables(self, where: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        """The inline tables of a list, each with the place that a finding names."""
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            self.note(where, repr(value)[:60], "a list of tables, not empty")
            return
        for index, item in enumerate(value, 1):
            yield f"{where}[{index}] {item.get('name', '')}".rstrip(), item

    # -- states, verbs, rows ---------------------------------------------------------------------------------------

    def states(self, value: Any) -> dict[str, State]:
        states: dict[str, State] = {}
        for where, item in self.tables("states", value):
            self.members(where, item, ("name", "number", "progress", "final", "title", "dcsa"))
            name = self.text(where, item.get("name"), _NAME, "a name in capitals, other than NONE")
            number = self.integer(f"{where} number", item.get("number"), 1, table.LAST_STATE)
            if name == "NONE":
                self.note(where, "NONE", "a name other than NONE, which is the record that does not exist")
            if item.get("progress") not in PROGRESS:
                self.note(where, f"progress {item.get('progress')!r}", ", ".join(PROGRESS))
            if not isinstance(item.get("final", False), bool):
                self.note(where, f"final = {item['final']!r}", "true or false")
            self.once(where, name, number, states)
            states[name] = State(
                name=name,
                number=number,
                progress=str(item.get("progress")),
                final=item.get("final") is True,
                title=self.title(where, item.get("title")),
                dcsa=str(item.get("dcsa", "")),
            )
        return states

    def verbs(self, value: Any, common: tuple[str, ...]) -> dict[str, Verb]:
        verbs: dict[str, Verb] = {}
        for where, item in self.tables("verbs", value):
            self.members(where, item, ("name", "number", "intent", "title", "detail", "required"))
            name = self.text(where, item.get("name"), _NAME, "a name in capitals")
            number = self.integer(f"{where} number", item.get("number"), 1, 255)
            detail = common + self.names(f"{where} detail", item.get("detail", []), _ITEM)
            required = self.names(f"{where} required", item.get("required", []), _ITEM)
            for member in required:
                if member not in detail:
                    self.note(where, f"required {member}", f"one of its detail members: {', '.join(detail)}")
            intent = item.get("intent")
            if (
                not isinstance(intent, str)
                or not intent.isascii()
                or not intent.isprintable()
                or not 1 <= len(intent) <= 80
            ):
                self.note(where, f"intent {intent!r}", "the words a wallet shows: 1 to 80 printable ASCII characters")
            self.once(where, name, number, verbs)
            verbs[name] = Verb(name, number, str(intent), self.title(where, item.get("title")), detail, required)
        intents = [verb.intent for verb in verbs.values()]
        for verb in verbs.values():
            if intents.count(verb.intent) > 1:
                self.note(
                    f"verbs {verb.name}", f"intent {verb.intent!r}, used twice", "words of its own for every verb"
                )
        return verbs

    def once(self, where: str, name: str, number: int, earlier: Mapping[str, State | Verb]) -> None:
        if name in earlier:
            self.note(where, f"the name {name} a second time", "every name once")
        if number and any(number == other.number for other in earlier.values()):
            self.note(where, f"number {number} a second time", "a number of its own, never given again")

    def rows(self, value: Any, states: Mapping[str, State], verbs: Mapping[str, Verb]) -> dict[tuple[int, int], Rule]:
        rows: dict[tuple[int, int], Rule] = {}
        for place, item in self.tables("rows", value):
            where = f"{place} ({item.get('state')}, {item.get('verb')})"
            before = len(self.findings)
            self.members(where, item, _ROW_MEMBERS)
            state = NONE if item.get("state") == "NONE" else self.known(where, "state", item, states, "NONE")
            verb = self.known(where, "verb", item, verbs)
            rule = self.rule(where, item, self.known(where, "next", item, states))
            if (state, verb) in rows:
                self.note(where, "a second row for this state and verb", "one row for a state and verb")
            if len(self.findings) == before:
                for holds, found, allowed in _RULE_CHECKS:
                    if not holds(state, rule):
                        self.note(where, found, allowed)
            rows[state, verb] = rule
        return rows

    def known(
        self, where: str, member: str, item: Mapping[str, Any], things: Mapping[str, State | Verb], also: str = ""
    ) -> int:
        found = things.get(str(item.get(member)))
        if found is None:
            self.note(where, f"{member} {item.get(member)!r}", ", ".join(filter(None, (also, *things))))
            return 0
        return found.number

    def rule(self, where: str, item: Mapping[str, Any], following: int) -> Rule:
        modes = {member: self.mode(where, member, item, modes) for member, modes in _MODES.items()}
        scope = _CLASSES.get(str(item.get("class")))
        if scope is None:
            self.note(where, f"class {item.get('class')!r}", ", ".join(_CLASSES))
        who = self.mask(where, "who", item, Who)
        if not item.get("who"):
            self.note(where, "nobody who may act", "at least one name in who")
        return Rule(
            next=following,
            effects=self.mask(where, "effects", item, Effect),
            who=who,
            flags=self.mask(where, "flags", item, RuleFlag),
            roles=self.role_mask(where, "roles", item),
            counterparty_roles=self.role_mask(where, "counterparty_roles", item),
            scope=int(scope or 0),
            **modes,
        )

    def mode(self, where: str, member: str, item: Mapping[str, Any], modes: Any) -> int:
        names = {mode.name.lower(): int(mode) for mode in modes}
        if member not in item:
            return 0
        found = names.get(item[member]) if isinstance(item[member], str) else None
        if found is None:
            self.note(where, f"{member} {item[member]!r}", ", ".join(names))
            return 0
        return found

    def mask(self, where: str, member: str, item: Mapping[str, Any], bits: type[IntFlag]) -> int:
        names = {str(bit.name).lower(): int(bit) for bit in bits}
        return self.masked(where, member, item, names)

    def role_mask(self, where: str, member: str, item: Mapping[str, Any]) -> int:
        return self.masked(where, member, item, {name: int(role) for name, role in ROLE_BY_NAME.items()})

    def masked(self, where: str, member: str, item: Mapping[str, Any], names: Mapping[str, int]) -> int:
        given = item.get(member, [])
        if not isinstance(given, list) or len(set(map(str, given))) != len(given):
            self.note(where, f"{member} {given!r}", "a list, every name once")
            return 0
        total = 0
        for name in given:
            if not isinstance(name, str) or name not in names:
                self.note(where, f"{member} {name!r}", ", ".join(names))
            else:
                total |= names[name]
        return total

    def graph(
        self, states: Mapping[str, State], verbs: Mapping[str, Verb], rows: Mapping[tuple[int, int], Rule]
    ) -> None:
        """Every state is reached, from each an ending can be, endings have no way out, verbs are used."""
        following = edges(rows)
        reached = closure({NONE}, following)
        backwards: dict[int, set[int]] = {}
        for number, followers in following.items():
            for follower in followers:
                backwards.setdefault(follower, set()).add(number)
        ends = closure({state.number for state in states.values() if state.final}, backwards)
        for state in states.values():
            where = f"states {state.name}"
            if state.number not in reached:
                self.note(where, "a state that no row leads to", "a way from NONE", "Add a row, or take the state out.")
            if state.final and state.number in following:
                self.note(where, "a row in a final state", "no row", "Take the row out, or the mark `final`.")
            if state.number not in ends:
                self.note(where, "no ending can be reached", "a way to a final state", "Add a row, or mark it `final`.")
        used = {verb for _, verb in rows}
        for verb in verbs.values():
            if verb.number not in used:
                self.note(f"verbs {verb.name}", "a verb that no row uses", "at least one row", "Take the verb out.")

    # -- content ---------------------------------------------------------------------------------------------------

    def datasets(self, value: Any, states: Mapping[str, State]) -> tuple[Dataset, ...]:
        if not isinstance(value, dict) or not value:
            self.note("datasets", repr(value), "at least one dataset")
            return ()
        datasets = []
        for name, item in value.items():
            where = f"datasets.{name}"
            self.text(where, name, _ITEM, "a name in camelCase")
            if not isinstance(item, dict):
                self.note(where, repr(item), "a table")
                continue
            self.members(where, item, ("title", "fields", "readers", "attachments"))
            if not isinstance(item.get("attachments", False), bool):
                self.note(where, f"attachments = {item['attachments']!r}", "true or false")
            datasets.append(
                Dataset(
                    name=name,
                    title=self.title(where, item.get("title")),
                    fields=self.fields(where, item.get("fields")),
                    readers=self.readers(where, item.get("readers"), states),
                    attachments=item.get("attachments") is True,
                )
            )
        self.partition(datasets)
        return tuple(datasets)

    def fields(self, where: str, value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not value:
            self.note(where, f"fields {value!r}", "at least one item = path")
            return {}
        for item, path in value.items():
            self.text(f"{where}.{item}", item, _ITEM, "an item name in camelCase")
            pointer = path.removeprefix(EXTENSION) if isinstance(path, str) else path
            if (
                not isinstance(pointer, str)
                or (pointer == "" and path != REST)
                or not re.fullmatch(r"(/[^/*]+)*", pointer)
            ):
                self.note(f"{where}.{item}", repr(path), 'an RFC 6901 pointer to a member, `ext:` and a pointer, or ""')
        return {str(item): str(path) for item, path in value.items()}

    def readers(self, where: str, value: Any, states: Mapping[str, State]) -> dict[str, str]:
        if not isinstance(value, dict) or not value:
            self.note(where, f"readers {value!r}", "at least one reader = first state")
            return {}
        for reader, state in value.items():
            if reader not in ROLE_BY_NAME and reader not in RELATIONS:
                self.note(where, f"reader {reader}", ", ".join((*RELATIONS, *ROLE_BY_NAME)))
            if not isinstance(state, str) or state not in states:
                self.note(f"{where} reader {reader}", f"first state {state!r}", ", ".join(states))
        return {str(reader): str(state) for reader, state in value.items()}

    def partition(self, datasets: list[Dataset]) -> None:
        """Every fact of the standard's document lands in exactly one dataset, and every item has one."""
        items: dict[str, str] = {}
        paths: list[tuple[str, str]] = []
        for dataset in datasets:
            for item, path in dataset.fields.items():
                where = f"datasets.{dataset.name}.{item}"
                if item in items:
                    self.note(where, f"item {item}, also in {items[item]}", "every item in one dataset")
                items[item] = dataset.name
                paths.append((path, where))
        # Sorted by their steps, a path stands right before the first that lies under it.
        for (path, place), (under, where) in pairwise(sorted(paths, key=lambda one: one[0].split("/"))):
            if path and (under == path or under.startswith(path + "/")):
                self.note(where, f"path {under}, also under {place}", "every fact in one dataset")
        rests = [where for path, where in paths if path == REST]
        if len(rests) != 1:
            found = ", ".join(rests) or "no field that takes what no other names"
            self.note("datasets", found, 'exactly one field with the path ""', 'Add a dataset `other` with rest = "".')
        attachments = [dataset.name for dataset in datasets if dataset.attachments]
        if len(attachments) > 1:
            self.note("datasets", f"attachments in {', '.join(attachments)}", "at most one dataset with attachments")
        for needed in LEDGER_FIELDS:
            if needed not in dict(paths):
                self.note(
                    "datasets", f"no field for {needed}", "the document names its ledger: ext:/chainId, ext:/ledger"
                )

    def mandatory(self, value: Any, datasets: tuple[Dataset, ...]) -> tuple[str, ...]:
        pointers = self.pointers("mandatory", value)
        known = {f"/{dataset.name}/{item}": path for dataset in datasets for item, path in dataset.fields.items()}
        for pointer in pointers:
            if "/".join(pointer.split("/")[:3]) not in known:
                self.note("mandatory", f"path {pointer}, which does not exist", "/dataset/item of a field")
        for item, path in known.items():
            if path in LEDGER_FIELDS and item not in pointers:
                self.note("mandatory", f"{item} may be hidden", "the document names its ledger: it is mandatory")
        return pointers

    def checks(self, value: Any, datasets: tuple[Dataset, ...]) -> tuple[Check, ...]:
        if not isinstance(value, dict) or not all(isinstance(item, dict) for item in value.values()):
            self.note("checks", repr(value)[:60], "tables")
            return ()
        names = [dataset.name for dataset in datasets]
        checks = []
        for name, item in value.items():
            where = f"checks.{name}"
            self.text(where, name, _ITEM, "a name in camelCase")
            self.members(where, item, ("title", "needs", "cel"))
            needs = self.names(f"{where} needs", item.get("needs"), _ITEM)
            for dataset in needs:
                if dataset not in names:
                    self.note(where, f"needs {dataset}", ", ".join(names))
            if not isinstance(item.get("cel"), str) or not item["cel"]:
                self.note(where, f"cel {item.get('cel')!r}", "an expression in CEL")
            checks.append(Check(name, str(item.get("cel")), needs, self.title(where, item.get("title"))))
        return tuple(checks)
