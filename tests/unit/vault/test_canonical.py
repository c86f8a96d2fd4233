"""Strict values and their canonical bytes."""

import json
import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from portledger.domain.vault_errors import NotCanonical
from portledger.vault.canonical import (
    MAX_INTEGER,
    MAX_LEAVES,
    MAX_POINTER,
    _plainly_strict,
    check,
    decode,
    decode_canonical,
    encode,
    encode_checked,
    flatten,
    pointer,
    resolve,
    tokens,
    unflatten,
)

SHARED = Path(os.environ.get("PORTLEDGER_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
VECTORS = SHARED / "jcs-rfc8785"

texts = st.text(max_size=12).map(lambda text: unicodedata.normalize("NFC", text))
names = texts.filter(lambda name: not name.isdigit())
scalars = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


@given(values)
@settings(max_examples=60, deadline=None)
def test_the_fast_form_is_rfc_8785_to_the_byte(value: Any) -> None:
    assert encode(value) == rfc8785.dumps(value)


@given(values)
@settings(max_examples=60, deadline=None)
def test_what_was_encoded_is_read_back_equal(value: Any) -> None:
    assert decode_canonical(encode(value)) == value
    assert decode(json.dumps(value, indent=2).encode()) == value


@given(values)
@settings(max_examples=60, deadline=None)
def test_flattening_loses_nothing(value: Any) -> None:
    leaves = flatten(value)
    assert len({path for path, _ in leaves}) == len(leaves)
    assert encode(unflatten(reversed(leaves))) == encode(value)
    for path, leaf in leaves:
        assert resolve(value, path) == leaf


@given(st.lists(texts, max_size=4))
def test_a_pointer_gives_its_steps_back(steps: list[str]) -> None:
    assert tokens(pointer(steps)) == steps


def test_pointers_are_those_of_rfc_6901() -> None:
    value = {"a/b": 1, "m~n": 2, "": 3, " ": 4, "foo": ["bar", {}, []]}
    assert dict(flatten(value)) == {
        "/a~1b": 1, "/m~0n": 2, "/": 3, "/ ": 4, "/foo/0": "bar", "/foo/1": {}, "/foo/2": [],
    }  # fmt: skip


def test_a_bare_scalar_is_a_leaf_at_the_empty_pointer() -> None:
    assert flatten("x") == [("", "x")]
    assert flatten({}) == [("", {})]
    assert unflatten([("", [])]) == []


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the RFC 8785 vectors are not here (PORTLEDGER_SHARED_DATA)")
@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_the_vectors_of_rfc_8785_come_out_as_published(name: str) -> None:
    value = json.loads((VECTORS / "input" / f"{name}.json").read_text(encoding="utf-8"))
    expected = (VECTORS / "output" / f"{name}.json").read_bytes().rstrip(b"\n")
    assert rfc8785.dumps(value) == expected
    if name not in ("arrays", "structures", "values"):  # these hold floats, which strict values refuse
        assert encode_checked(value) == expected


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{"a":1,"a":2}', "/a"),
        ('{"a":1e2}', "JSON text"),
        ('{"a":0.5}', "JSON text"),
        ('{"a":NaN}', "JSON text"),
        ('{"a":9007199254740992}', "/a"),
        ('{"a":"e\\u0301"}', "/a"),
        ('{"a":"\\ud800"}', "/a"),
        ('{"a":', "JSON text"),
        ("[" * 70 + "]" * 70, ""),
    ],
)
def test_a_text_outside_the_strict_form_is_refused_by_name(text: str, where: str) -> None:
    with pytest.raises(NotCanonical) as caught:
        decode(text.encode())
    assert caught.value.where.startswith(where)


@pytest.mark.parametrize(
    "text", ['{"b":1,"a":2}', '{"a": 1}', '{"a":1.0}', '{"a":1,"a":1}', '{"a":"\\u0041"}', '{"a":1}\n']
)
def test_bytes_that_are_not_their_own_canonical_form_are_refused(text: str) -> None:
    with pytest.raises(NotCanonical):
        decode_canonical(text.encode())


@pytest.mark.parametrize("value", [1.5, {"a": b"x"}, {1: 2}, (1, 2), {"a": {"b": object()}}, 2**53])
def test_values_of_other_types_are_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        encode(value)


@pytest.mark.parametrize(
    "leaves",
    [
        [],
        [("/a", 1), ("/a", 2)],
        [("/a", 1), ("/a/b", 2)],
        [("/a/0", 1), ("/a/2", 2)],
        [("/a/0", 1), ("/a/b", 2)],
        [("/a", {"b": 1})],
        [("a", 1)],
        [("/a~2", 1)],
    ],
)
def test_leaves_that_no_value_has_are_refused(leaves: list[tuple[str, Any]]) -> None:
    with pytest.raises(NotCanonical):
        unflatten(leaves)


def test_a_pointer_to_nothing_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        resolve({"a": [1]}, "/a/1")
    with pytest.raises(KeyError):
        resolve({"a": 1}, "/a/b")


# Whatever JSON can say: also floats, great integers, deep nesting, text outside NFC.
_any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["e\u0301", '"\u0301', "\\", '\\"', "true", "[[[", "1e5", "12345678901234567890"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text('a\u0301e\u03a9"\\', max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(_any_json)
def test_the_quick_look_at_a_text_takes_nothing_that_the_long_one_refuses(value: Any) -> None:
    try:
        text = encode_checked(value)
    except rfc8785.CanonicalizationError:  # what it was never asked to take: a great integer beside a rare character
        reject()
    value = json.loads(text)
    try:
        check(value)
        strict = True
    except NotCanonical:
        strict = False
    if _plainly_strict(text):
        assert strict
    if strict:
        assert decode_canonical(text) == value
    else:
        with pytest.raises(NotCanonical):
            decode_canonical(text)


def test_the_quick_look_leaves_deep_nesting_to_the_long_one() -> None:
    deep: Any = 1
    for _ in range(64):
        deep = [deep]
    assert decode_canonical(encode_checked(deep)) == deep
    with pytest.raises(NotCanonical):
        decode_canonical(encode_checked([deep]))


def test_a_leaf_s_pointer_has_an_end() -> None:
    assert flatten({"a" * (MAX_POINTER - 1): 1})
    with pytest.raises(NotCanonical, match="a pointer of 1001 characters"):
        flatten({"a" * MAX_POINTER: 1})
    with pytest.raises(NotCanonical, match="a name of 2000 characters"):
        flatten({"a" * 2 * MAX_POINTER: 1})


def test_a_value_has_so_many_leaves_and_no_more() -> None:
    assert len(flatten([1] * MAX_LEAVES)) == MAX_LEAVES
    with pytest.raises(NotCanonical, match="more than 100000 leaves"):
        flatten([1] * (MAX_LEAVES + 1))


def test_the_place_of_what_is_not_strict_is_named() -> None:
    with pytest.raises(NotCanonical) as failure:
        check({"a/b": [0, {"c": 1.5}]})
    assert failure.value.where == "/a~1b/1/c"
