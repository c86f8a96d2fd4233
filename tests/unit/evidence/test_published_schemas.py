"""protocol/schemas/{evidence,presentation}.schema.json say what the reader takes: on a made file, member by member."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.support.evidence import bundle_of
from tests.support.histories import bill_of_lading

from portledger import resources
from portledger.domain.verification_errors import Malformed
from portledger.evidence import bundle, presentation

EVIDENCE = json.loads(resources.read("schemas/evidence.schema.json"))
PRESENTATION = json.loads(resources.read("schemas/presentation.schema.json"))


def valid(schema: dict[str, Any], value: Any) -> bool:
    return bool(Draft202012Validator(schema).is_valid(value))


def read(value: Any) -> bool:
    try:
        bundle.parse(value)
    except Malformed:
        return False
    return True


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return bundle.to_json(bundle_of(bill_of_lading()))


@pytest.mark.parametrize("schema", [EVIDENCE, PRESENTATION])
def test_the_schema_is_one(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


def test_a_made_file_is_valid(made: dict[str, Any]) -> None:
    assert valid(EVIDENCE, made)
    assert read(made)


def objects(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths of the objects whose members are the file's own; the first two of each list are enough."""
    if isinstance(value, dict):
        yield path
        for name, member in value.items():
            if name not in ("kind", "profile", "manifests", "detail"):
                yield from objects(member, (*path, name))
    elif isinstance(value, list):
        for at, item in enumerate(value[:2]):
            yield from objects(item, (*path, at))


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def test_reader_and_schema_refuse_the_same_missing_and_unknown_members(made: dict[str, Any]) -> None:
    for path in objects(made):
        for name in [*at(made, path), "somethingElse"]:
            changed = copy.deepcopy(made)
            inside = at(changed, path)
            if name in inside:
                del inside[name]
            else:
                inside[name] = 0
            assert not read(changed), (path, name)
            assert not valid(EVIDENCE, changed), (path, name)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for place in objects(value, path):
        for name, member in at(value, place).items():
            if isinstance(member, str | int) and not isinstance(member, bool):
                yield (*place, name), member


def test_reader_and_schema_refuse_the_same_spellings(made: dict[str, Any]) -> None:
    changed = copy.deepcopy(made)
    for path, value in leaves(made):
        members = at(changed, path[:-1])
        for other in _others(value):
            members[path[-1]] = other
            assert not read(changed), (path, other)
            assert not valid(EVIDENCE, changed), (path, other)
        members[path[-1]] = value
    assert changed == made


def _others(value: str | int) -> list[Any]:
    if isinstance(value, int):
        return [-1, 2**53, str(value), None, 1.5]
    return [value.upper() + "G", value + "0", 7, None, [value]]


def test_the_limits_are_the_readers() -> None:
    members = EVIDENCE["properties"]
    limits = {
        "entries": bundle.MAX_ENTRIES, "notes": bundle.MAX_ENTRIES, "consortium": bundle.MAX_CHANGES,
        "parties": bundle.MAX_PARTIES, "proof": bundle.MAX_NODES, "manifests": bundle.MAX_MANIFESTS,
        "opened": bundle.MAX_OPENED, "details": bundle.MAX_DETAILS, "stamps": bundle.MAX_STAMPS,
    }  # fmt: skip
    assert {name: members[name]["maxItems"] for name in limits} == limits
    assert members["proof"]["items"]["maxLength"] == 2 * bundle.MAX_NODE
    assert members["block"]["properties"]["header"]["maxLength"] == 2 * bundle.MAX_HEADER
    assert tuple(members["block"]["properties"]["engine"]["enum"]) == bundle.ENGINES
    shown = PRESENTATION["properties"]
    assert shown["others"]["maxItems"] == presentation.MAX_OTHERS
    assert shown["fields"]["maxItems"] == presentation.MAX_PROOFS
    assert shown["audience"]["maxLength"] == presentation.MAX_TEXT


def test_both_schemas_describe_evidence_alike() -> None:
    inner = PRESENTATION["$defs"]["evidence"]
    assert inner["required"] == EVIDENCE["required"]
    ours = {name: value for name, value in inner["properties"].items() if name != "opened"}
    assert ours == {name: value for name, value in EVIDENCE["properties"].items() if name != "opened"}
    for name, value in EVIDENCE["$defs"].items():
        assert PRESENTATION["$defs"].get(name, value) == value
