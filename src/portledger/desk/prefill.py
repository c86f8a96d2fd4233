"""Values of documents that one may read, taken into a draft where they mean the same, with where they came from. Pure.

Which fields mean the same is said by the labels: items and members of one name, or of one `means`. Nothing that is
typed is overwritten, and nothing is taken that the field would not accept. Values that stand in the dataset and at the
path of the same name keep their salt, so that they can be proved equal without being shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from portledger.desk import drafts
from portledger.desk.drafts import Draft, Source
from portledger.domain.kind_file import KindFile
from portledger.formats import filling, labels
from portledger.formats.filling import Filled
from portledger.formats.labels import ROW, Form, Node
from portledger.formats.typed import Mistake, value_of

Meaning = tuple[str, ...]
"""What a field means, row numbers in their places."""


def taken(draft: Draft, kind: KindFile, values: Mapping[str, Any], document: str) -> int:
    """Fills empty fields of the draft from a document's values; how many. document: 64 hex."""
    source_form, target_form = labels.form(kind), draft.form
    source = filling.texts_of(source_form, values)
    told: dict[Meaning, tuple[str, str]] = {}
    for meaning, at, text in _said(source_form, source):
        if text:
            told.setdefault(meaning, (at, text))
    blank = {at for at in draft.filled.rows if not filling.filled_below(draft.filled, at) or _only_numbers(draft, at)}
    rooms: dict[Meaning, list[Node]] = {}
    for node in target_form.nodes():
        if node.input:
            rooms.setdefault(node.means, []).append(node)
    number = drafts.number_at(draft.kind)
    count, carried = 0, False
    for meaning, (at, text) in told.items():
        for node in rooms.get(tuple(ROW if step.isdigit() else step for step in meaning), []):
            place = _placed(node, meaning)
            if place == number or not _room(target_form, draft.filled, place, blank):
                continue
            if draft.filled.texts.get(place) == "" and _fits(node, text):
                draft.filled.texts[place] = text
                draft.sources[place] = Source(text, document, kind.id, at)
                count, carried = count + 1, carried or place == at
    if carried and document not in draft.carried:
        draft.carried.append(document)
    return count


def _said(form: Form, filled: Filled) -> Iterator[tuple[Meaning, str, str]]:
    """Every field that is shown: what it means, its pointer, its text."""
    for node, at in filling.shown(form, filled):
        if node.input and at in filled.texts:
            numbers = iter([step for step in at.split("/")[1:] if step.isdigit()])
            yield tuple(next(numbers) if step == ROW else step for step in node.means), at, filled.texts[at]


def _placed(node: Node, meaning: Meaning) -> str:
    numbers = iter([step for step in meaning if step.isdigit()])
    return filling.pointer(tuple(next(numbers) if step == ROW else step for step in node.path))


def _room(form: Form, filled: Filled, place: str, blank: set[str]) -> bool:
    """Whether the field is there; rows are added only to groups that were blank."""
    steps = place.split("/")[1:]
    for number, step in enumerate(steps):
        group = "".join(f"/{one}" for one in steps[:number])
        if not step.isdigit() or group not in filled.rows:
            continue
        new = group in blank or any(group.startswith(f"{above}/") for above in blank)
        while filled.rows[group] <= int(step):
            if not new or filled.rows[group] >= filling.MAX_ROWS:
                return False
            filling.add_row(form, filled, group)
    return place in filled.texts


def _only_numbers(draft: Draft, group: str) -> bool:
    """Whether the rows of a group hold nothing but the numbers that the form itself gave them."""
    texts = [(at, text) for at, text in draft.filled.texts.items() if at.startswith(group + "/") and text]
    return all(at.endswith("/number") for at, _ in texts)


def _fits(node: Node, text: str) -> bool:
    try:
        value_of(node, text)
    except Mistake:
        return False
    return True
