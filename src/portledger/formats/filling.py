"""A form being filled in: texts by pointer and rows on one side, the datasets' values on the other. Pure.

What a form does not show, or could not give back exactly as it was, stays in `base` untouched:
`values_of(texts_of(form, values))` is `values`, whatever the values are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from portledger.domain.errors import InvalidInput
from portledger.formats import identifiers, schema
from portledger.formats.labels import ROW, Form, Node, Path
from portledger.formats.typed import Mistake, cleaned, doubt, text_of, value_of

MAX_ROWS: Final = 500
"""Rows of one group; a form with more is a file."""
ABSENT: Final[Any] = object()


@dataclass(slots=True)
class Filled:
    """What was filled in. base: dataset -> value; texts: pointer -> text of every field that is shown; rows: pointer of
    a group -> how many rows it has."""

    base: dict[str, Any]
    texts: dict[str, str]
    rows: dict[str, int]

    def copy(self) -> Filled:
        return Filled(deepcopy(self.base), dict(self.texts), dict(self.rows))


@dataclass(slots=True)
class Built:
    """values: dataset -> value; mistakes: pointer of a field -> what is wrong; places: pointer into the values ->
    pointer in the form, which counts blank rows too."""

    values: dict[str, Any]
    mistakes: dict[str, Mistake] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)


def pointer(path: Path | list[str]) -> str:
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)


def texts_of(form: Form, values: Mapping[str, Any]) -> Filled:
    """The form of these values; for an empty one, one row of each group that needs one."""
    filled = Filled({name: deepcopy(value) for name, value in values.items()}, {}, {})
    for section in form.sections:
        _write(section, filled.base.get(section.name, {}), pointer(section.path), filled)
    return filled


def blank(form: Form) -> Filled:
    """An empty form, with a first row wherever one is needed."""
    filled = texts_of(form, {})
    for node in form.nodes():
        if node.many and node.needed and ROW not in node.path:
            add_row(form, filled, pointer(node.path))
    return filled


def complete(form: Form, filled: Filled) -> None:
    """Adds what the form shows and `filled` does not have yet: fields that it has got since, empty."""
    for node, at in list(shown(form, filled)):
        if at not in filled.texts and at not in filled.rows and inside(filled.base, at) is ABSENT:
            if node.input:
                filled.texts[at] = ""
            elif node.many:
                filled.rows[at] = 0


def _write(node: Node, value: Any, at: str, filled: Filled) -> None:
    if node.many:
        if value is not ABSENT and not isinstance(value, list):
            return
        items = [] if value is ABSENT else value
        filled.rows[at] = len(items)
        for number, item in enumerate(items):
            _write_members(node, item, f"{at}/{number}", filled)
    elif node.input:
        text = "" if value is ABSENT else text_of(node, value)
        if text is not None:
            filled.texts[at] = text
    else:
        _write_members(node, value, at, filled)


def _write_members(node: Node, value: Any, at: str, filled: Filled) -> None:
    if value is not ABSENT and not isinstance(value, dict):
        return
    members = {} if value is ABSENT else value
    for child in node.children:
        _write(child, members.get(child.name, ABSENT), at + pointer([child.name]), filled)


def values_of(form: Form, filled: Filled) -> Built:
    """The values that the texts give; a mistaken text gives none, and says why."""
    built = Built({})
    for name, value in filled.base.items():
        built.values[name] = deepcopy(value)
    for section in form.sections:
        at = pointer(section.path)
        made = _members(section, filled.base.get(section.name, {}), at, at, filled, built)
        if made != {} or section.name in filled.base:
            built.values[section.name] = {} if made is ABSENT else made
    for (dataset, item), fixed in form.fixed.items():
        built.values.setdefault(dataset, {}).setdefault(item, fixed)
    return built


def _value(node: Node, base: Any, at: str, place: str, filled: Filled, built: Built) -> Any:
    built.places[place] = at
    if node.many:
        return _rows(node, base, at, place, filled, built)
    if not node.input:
        return _members(node, base, at, place, filled, built)
    text = filled.texts.get(at)
    if text is None:
        return base
    if not text:
        return ABSENT
    try:
        return value_of(node, text)
    except Mistake as mistake:
        built.mistakes[at] = mistake
        return ABSENT


def _rows(node: Node, base: Any, at: str, place: str, filled: Filled, built: Built) -> Any:
    count = filled.rows.get(at)
    if count is None:
        return base
    before = base if isinstance(base, list) else []
    made: list[Any] = []
    for number in range(count):
        above = before[number] if number < len(before) else ABSENT
        inner = f"{place}/{len(made)}"
        built.places[inner] = f"{at}/{number}"
        row = _members(node, above, f"{at}/{number}", inner, filled, built)
        if row is not ABSENT:
            made.append(row)
    return made if made or base == [] else ABSENT


def _members(node: Node, base: Any, at: str, place: str, filled: Filled, built: Built) -> Any:
    if base is not ABSENT and not isinstance(base, dict):
        return base
    made = {} if base is ABSENT else dict(base)
    for child in node.children:
        step = pointer([child.name])
        above = made.get(child.name, ABSENT)
        value = _value(child, above, at + step, place + step, filled, built)
        if value is ABSENT:
            made.pop(child.name, None)
        else:
            made[child.name] = value
    return made if made or base == {} else ABSENT


# --- rows -------------------------------------------------------------------------------------------------------------


def node_at(form: Form, at: str) -> Node | None:
    """The node of a pointer, row numbers left out; None where the form has none."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in at.split("/")[1:]]
    nodes: tuple[Node, ...] = form.sections
    found: Node | None = None
    for step in steps:
        if found is not None and found.many and step.isdigit() and nodes is not found.children:
            nodes = found.children
            continue
        following = next((node for node in nodes if node.name == step), None)
        if following is None:
            return None
        found, nodes = following, () if following.many else following.children
    return found


def add_row(form: Form, filled: Filled, at: str) -> None:
    """One more row. Raises InvalidInput for a group that is not shown, or is full."""
    node = node_at(form, at)
    if node is None or not node.many or at not in filled.rows:
        raise InvalidInput("group", at[:200], "a group of the form")
    if filled.rows[at] >= MAX_ROWS:
        raise InvalidInput("rows", f"{filled.rows[at]}", f"at most {MAX_ROWS}")
    number = filled.rows[at]
    filled.rows[at] += 1
    _write_members(node, ABSENT, f"{at}/{number}", filled)
    for name in _numbered(node):
        if not filled.texts[f"{at}/{number}/{name}"]:
            filled.texts[f"{at}/{number}/{name}"] = str(number + 1)


def _numbered(node: Node) -> list[str]:
    """The member that counts the rows, if there is one: items that have a number of their own get the next."""
    return [child.name for child in node.children if child.name == "number" and child.input == "integer"]


def remove_row(form: Form, filled: Filled, at: str, number: int) -> None:
    """Takes one row out; those after it move up. Raises InvalidInput for a row that there is not."""
    if at not in filled.rows or not 0 <= number < filled.rows[at]:
        raise InvalidInput("row", f"{at[:200]}/{number}", "a row of the form")
    filled.texts = {to: text for name, text in filled.texts.items() if (to := _moved(name, at, number)) is not None}
    filled.rows = {to: count for name, count in filled.rows.items() if (to := _moved(name, at, number)) is not None}
    filled.rows[at] -= 1
    items = inside(filled.base, at)
    if isinstance(items, list) and number < len(items):
        del items[number]


def _moved(name: str, at: str, number: int) -> str | None:
    """Where a pointer stands once the row is gone; None for the row itself."""
    if not name.startswith(at + "/"):
        return name
    first, _, rest = name[len(at) + 1 :].partition("/")
    row = int(first)
    if row == number:
        return None
    return name if row < number else f"{at}/{row - 1}" + (f"/{rest}" if rest else "")


def inside(value: Any, at: str) -> Any:
    """The value at a pointer, or ABSENT."""
    for step in at.split("/")[1:]:
        if isinstance(value, dict):
            value = value.get(step.replace("~1", "/").replace("~0", "~"), ABSENT)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return ABSENT
    return value


def take(filled: Filled, given: Mapping[str, str]) -> None:
    """Takes over what was typed, for the fields that are shown; names that are no field's are left alone."""
    for name in filled.texts.keys() & given.keys():
        filled.texts[name] = cleaned(given[name])


# --- what is wrong ----------------------------------------------------------------------------------------------------


def faults(form: Form, filled: Filled, built: Built, outside: Mapping[str, str]) -> tuple[
    dict[str, Mistake], dict[str, Mistake]
]:  # fmt: skip
    """(mistakes, warnings) by pointer in the form: what texts, labels, schemas and check digits say.

    outside: pointer -> the text with which it came from elsewhere; as long as it stands, doubtful digits only warn.
    Codes that a whole list does not have only warn, wherever they come from: lists have gaps.
    """
    wrong: dict[str, Mistake] = dict(built.mistakes)
    doubtful: dict[str, Mistake] = {}
    for node, at in shown(form, filled):
        text = filled.texts.get(at, "")
        if not node.input or at in wrong:
            continue
        if not text and node.needed and _around(form, filled, node, at):
            wrong[at] = Mistake("missing")
        elif text and node.digits and not _digits_fit(node, at, filled):
            (doubtful if outside.get(at) == text else wrong)[at] = Mistake(f"digits_{node.digits}")
        elif text and (doubted := doubt(node, text)):
            doubtful[at] = doubted
    for node in form.nodes():
        if node.needed and not node.input and ROW not in node.path and not filled_below(filled, pointer(node.path)):
            wrong.setdefault(pointer(node.path), Mistake("missing"))
    for dataset in form.kind.datasets:
        for finding in schema.findings(form.kind, dataset.name, built.values.get(dataset.name, {})):
            at = _place(f"/{dataset.name}{finding.pointer}", built.places)
            wrong.setdefault(at, _said(finding))
    return wrong, doubtful


def shown(form: Form, filled: Filled) -> Iterator[tuple[Node, str]]:
    """Every node with its pointer, rows one by one."""
    for section in form.sections:
        yield from _shown(section, pointer(section.path), filled)


def _shown(node: Node, at: str, filled: Filled) -> Iterator[tuple[Node, str]]:
    yield node, at
    bases = [f"{at}/{number}" for number in range(filled.rows.get(at, 0))] if node.many else [at]
    for base in bases:
        for child in node.children:
            yield from _shown(child, base + pointer([child.name]), filled)


def _around(form: Form, filled: Filled, node: Node, at: str) -> bool:
    """Whether what the field belongs to is there: a dataset always is, an object or a row once anything in it is."""
    return len(node.path) == 2 or filled_below(filled, at.rpartition("/")[0])


def filled_below(filled: Filled, at: str) -> bool:
    """Whether anything is filled in below a pointer."""
    if any(text for name, text in filled.texts.items() if name.startswith(at + "/")):
        return True
    found = inside(filled.base, at)
    return (
        found is not ABSENT
        and found not in ({}, [])
        and not any(name.startswith(at + "/") or name == at for name in filled.texts)
    )


def _digits_fit(node: Node, at: str, filled: Filled) -> bool:
    above = at.rpartition("/")[0]
    beside = (filled.texts.get(f"{above}/codeListProvider", ""), filled.texts.get(f"{above}/codeListName", ""))
    return identifiers.digits_fit(identifiers.scheme(node.digits, beside), filled.texts[at])


def _place(at: str, places: Mapping[str, str]) -> str:
    """Where in the form a place in the values stands."""
    above, rest = at, ""
    while above and above not in places:
        above, _, step = above.rpartition("/")
        rest = f"/{step}{rest}"
    return (places[above] if above else "") + rest


def _said(finding: schema.Finding) -> Mistake:
    if finding.rule == "required":
        return Mistake("missing")
    if finding.rule in ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"):
        return Mistake(f"{finding.rule}", (("limit", finding.allowed),))
    if finding.rule == "enum":
        return Mistake("unlisted", (("allowed", finding.allowed),))
    return Mistake("form", (("allowed", finding.allowed),))
