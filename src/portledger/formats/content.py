"""The standard's one JSON <-> the kind's datasets, without loss (docs/protocol §3, "datasets").

Every field of a kind names a path of the standard. `split` takes each of them out of the document and puts it under its
item name; what no field names stays together, in its own shape, in the field whose path is empty. An object that is
left without a member because all of them were taken out is dropped, one that was empty before stays. `join` is the
exact inverse.

Numbers are JSON numbers on one side and decimal strings on the other at the paths that the kind lists under `decimals`.
Elsewhere a whole number is an integer ("12000.0" is 12000, as RFC 8785 writes it), and a fraction that the standard
does not know is carried as a decimal string whose pointer is listed in the field `ext:/numbers`; a kind without that
field refuses it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import EXTENSION, KindFile
from portledger.formats.document import Datasets
from portledger.formats.strict_json import check, is_decimal, to_number, to_text

NUMBERS: Final = "ext:/numbers"
"""Where a kind keeps the pointers to fractions that stand elsewhere than its `decimals` say."""
_ABSENT: Final = object()

Convert = Callable[[Any, str], Any]


def split(kind: KindFile, document: Any, extensions: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """The datasets of the standard's JSON. extensions: values for `ext:` paths. Raises InvalidInput with JSON path."""
    if not isinstance(document, dict):
        raise InvalidInput("$", f"a {type(document).__name__}", f"one object: {kind.standard}")
    check(document)
    rest = _copied(document, "$")
    for pattern in kind.decimals:
        _convert(rest, pattern.split("/")[1:], "$", _carried)
    numbers = _numbers_field(kind)
    carried: list[str] | None = None if numbers is None else []
    rest = _plain(rest, "", "$", carried)
    datasets: dict[str, dict[str, Any]] = {dataset.name: {} for dataset in kind.datasets}
    for dataset in kind.datasets:
        for item, path in dataset.fields.items():
            if path.startswith(EXTENSION):
                if extensions and path in extensions:
                    datasets[dataset.name][item] = extensions[path]
            elif path:
                value = _take(rest, path.split("/")[1:])
                if value is not _ABSENT:
                    datasets[dataset.name][item] = value
    if rest:
        rest_dataset, rest_item = rest_field(kind)
        datasets[rest_dataset][rest_item] = rest
    if numbers and carried:
        datasets[numbers[0]][numbers[1]] = carried
    return datasets


def join(kind: KindFile, datasets: Datasets) -> dict[str, Any]:
    """The standard's JSON of these datasets; `ext:` items are left out. Raises InvalidInput where they cannot fit."""
    dataset, item = rest_field(kind)
    document: dict[str, Any] = _copied(datasets.get(dataset, {}).get(item, {}), f"$.{dataset}.{item}")
    for each in kind.datasets:
        for name, path in each.fields.items():
            values = datasets.get(each.name, {})
            if path and not path.startswith(EXTENSION) and name in values:
                where = f"$.{each.name}.{name}"
                _put(document, path.split("/")[1:], _copied(values[name], where), where)
    for pattern in kind.decimals:
        _convert(document, pattern.split("/")[1:], "$", _written)
    numbers = _numbers_field(kind)
    for pointer in datasets.get(numbers[0], {}).get(numbers[1], ()) if numbers else ():
        _number_at(document, pointer)
    return document


def rest_field(kind: KindFile) -> tuple[str, str]:
    """(dataset, item) of the field that takes what no other field names; every kind has exactly one."""
    return next((d.name, item) for d in kind.datasets for item, path in d.fields.items() if path == "")


def _numbers_field(kind: KindFile) -> tuple[str, str] | None:
    return next(((d.name, item) for d in kind.datasets for item, path in d.fields.items() if path == NUMBERS), None)


def _copied(value: Any, where: str) -> Any:
    if isinstance(value, dict):
        return {name: _copied(member, f"{where}.{name}") for name, member in value.items()}
    if isinstance(value, list):
        return [_copied(item, f"{where}[{index}]") for index, item in enumerate(value)]
    return value


def _take(tree: dict[str, Any], steps: list[str]) -> Any:
    """Takes the value at the steps out of the tree, and every object that is empty afterwards."""
    here = tree.get(steps[0], _ABSENT)
    if here is _ABSENT:
        return _ABSENT
    if len(steps) == 1:
        return tree.pop(steps[0])
    if not isinstance(here, dict):
        return _ABSENT
    value = _take(here, steps[1:])
    if value is not _ABSENT and not here:
        del tree[steps[0]]
    return value


def _put(tree: dict[str, Any], steps: list[str], value: Any, where: str) -> None:
    for step in steps[:-1]:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise InvalidInput(where, f"a value in the way at {step}", "datasets of one document")
    if steps[-1] in tree:
        raise InvalidInput(where, "a second value for the same path", "every fact in one dataset")
    tree[steps[-1]] = value


def _convert(tree: Any, steps: list[str], where: str, convert: Convert) -> None:
    """Applies the conversion to everything at the steps; "*" is every item of a list."""
    if steps[0] == "*":
        if isinstance(tree, list):
            for index, item in enumerate(tree):
                if len(steps) > 1:
                    _convert(item, steps[1:], f"{where}[{index}]", convert)
    elif isinstance(tree, dict) and steps[0] in tree:
        place = f"{where}.{steps[0]}"
        if len(steps) == 1:
            tree[steps[0]] = convert(tree[steps[0]], place)
        else:
            _convert(tree[steps[0]], steps[1:], place, convert)


def _carried(value: Any, where: str) -> Any:
    if isinstance(value, str):
        raise InvalidInput(where, repr(value[:40]), "a JSON number, as the standard says")
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return to_text(value, where)
    return value


def _written(value: Any, where: str) -> Any:
    return to_number(value, where) if isinstance(value, str) and is_decimal(value) else value


def _plain(value: Any, pointer: str, where: str, carried: list[str] | None) -> Any:
    """The value without fractions: whole numbers as integers, others as decimal strings whose places are listed."""
    if isinstance(value, dict):
        for name, member in value.items():
            step = name.replace("~", "~0").replace("/", "~1")
            value[name] = _plain(member, f"{pointer}/{step}", f"{where}.{name}", carried)
    elif isinstance(value, list):
        value[:] = [
            _plain(item, f"{pointer}/{index}", f"{where}[{index}]", carried) for index, item in enumerate(value)
        ]
    elif isinstance(value, float | Decimal):
        text = to_text(value, where)
        number = to_number(text, where)
        if isinstance(number, int):
            return number
        if carried is None:
            raise InvalidInput(where, f"the number {value}", "no fraction here", "Write it as a decimal string.")
        carried.append(pointer)
        return text
    return value


def _number_at(document: Any, pointer: str) -> None:
    """Writes the decimal string at the pointer back as a number. Raises InvalidInput where there is none."""
    *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    try:
        for step in steps:
            document = document[int(step)] if isinstance(document, list) else document[step]
        place = int(last) if isinstance(document, list) else last
        document[place] = to_number(document[place], pointer)
    except (LookupError, TypeError, ValueError) as error:
        raise InvalidInput(NUMBERS, f"the pointer {pointer!r}", "a pointer to a decimal string") from error
