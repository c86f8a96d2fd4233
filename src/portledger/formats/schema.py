"""JSON Schema of every dataset (protocol/schemas): drawn from the kind files and one table of item shapes.

The schemas say what shape an item has where portledger or a check relies on it; the standard's own schema says the
rest, and members that they do not name are carried untouched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from portledger import resources
from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import Dataset, KindFile
from portledger.formats.strict_json import check

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


@lru_cache(maxsize=1)
def shapes() -> dict[str, Any]:
    """protocol/schemas/items.json: item -> shape ("kind.item" first), required items, shared definitions."""
    table: dict[str, Any] = json.loads(resources.read("schemas/items.json"))
    return table


def drawn(kind: KindFile, dataset: Dataset) -> dict[str, Any]:
    """The schema of one dataset as the kind file and the table of shapes give it. Raises InvalidInput: no shape."""
    table = shapes()
    properties: dict[str, Any] = {}
    for item in dataset.fields:
        shape = table["items"].get(f"{kind.id}.{item}", table["items"].get(item))
        if shape is None:
            raise InvalidInput(
                f"{kind.id} {dataset.name}.{item}", "no shape", "a shape in protocol/schemas/items.json", "Add one."
            )
        properties[item] = shape
    required = [pointer[1:].split("/")[0] for pointer in kind.mandatory_in(dataset.name)]
    required += table["required"].get(kind.id, {}).get(dataset.name, [])
    schema: dict[str, Any] = {
        "$schema": DIALECT,
        "title": f"{kind.title['en']}: {dataset.title['en']}",
        "description": f"Dataset {dataset.name} of kind {kind.id} (0x{kind.number:04x}).",
        "type": "object",
        "additionalProperties": False,
        "required": list(dict.fromkeys(required)),
        "properties": properties,
    }
    if used := _used(properties, table["$defs"]):
        schema["$defs"] = used
    return schema


def _used(shape: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The definitions that a shape refers to, and those that they refer to, in the table's order."""
    names: set[str] = set()
    waiting = [shape]
    while waiting:
        for name in set(_references(waiting.pop())) - names:
            names.add(name)
            waiting.append(definitions[name])
    return {name: body for name, body in definitions.items() if name in names}


def _references(shape: Any) -> Iterator[str]:
    if isinstance(shape, dict):
        for name, value in shape.items():
            if name == "$ref":
                yield str(value).rpartition("/")[2]
            else:
                yield from _references(value)
    elif isinstance(shape, list):
        for item in shape:
            yield from _references(item)


@lru_cache(maxsize=256)
def _validator(kind: str, dataset: str) -> Any:
    import jsonschema  # a tenth of a second, and only who checks content pays it

    schema = json.loads(resources.read(f"schemas/{kind}/{dataset}.json"))
    return jsonschema.Draft202012Validator(schema)


def validate(kind: KindFile, dataset: str, value: Any) -> None:
    """Raises InvalidInput with the JSON path of the first thing that does not fit: `$.header.blNumber`."""
    from jsonschema.exceptions import best_match

    kind.dataset(dataset)
    where = f"$.{dataset}"
    check(value, where)
    error = best_match(_validator(kind.id, dataset).iter_errors(value))
    if error is not None:
        found, allowed = _said(error)
        raise InvalidInput(where + error.json_path[1:], found, allowed)


def _said(error: Any) -> tuple[str, str]:
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return f"no {', '.join(missing)}", f"an object with {', '.join(error.validator_value)}"
    if error.validator == "additionalProperties":
        unknown = sorted(set(error.instance) - set(error.schema["properties"]))
        return f"unknown items {', '.join(unknown)}", ", ".join(error.schema["properties"])
    return _short(error.instance), f"{error.validator} {_short(error.validator_value)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not fit. pointer: into the dataset's value; rule: JSON Schema's keyword; allowed: its value."""

    pointer: str
    rule: str
    allowed: str


def findings(kind: KindFile, dataset: str, value: Any) -> list[Finding]:
    """Everything that does not fit the schema, a missing member at the place where it is missing. Raises InvalidInput
    for a value that is no strict JSON."""
    check(value, f"$.{dataset}")
    found = []
    for error in _validator(kind.id, dataset).iter_errors(value):
        at = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in error.absolute_path)
        if error.validator == "required":
            missing = [name for name in error.validator_value if name not in error.instance]
            found += [Finding(f"{at}/{name}", "required", name) for name in missing]
        else:
            allowed = error.validator_value
            text = ", ".join(map(str, allowed)) if isinstance(allowed, list) else _short(allowed).strip('"')
            found.append(Finding(at, str(error.validator), text))
    return list(dict.fromkeys(found))


def validate_all(kind: KindFile, datasets: Mapping[str, Any]) -> None:
    """Every dataset of the kind, absent ones as empty. Raises InvalidInput, also for one that it does not have."""
    for name in datasets:
        kind.dataset(name)
    for dataset in kind.datasets:
        validate(kind, dataset.name, datasets.get(dataset.name, {}))
