"""JSON from outside is read without a trap."""

import json
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import jcs
from portledger.formats.strict_json import check, is_decimal, read_json, to_number, to_text

NAMES = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text("aZ 0é東", max_size=8)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4))


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        ('{"a": {"b": 1, "b": 2}}', "$.a.b", "the same member twice"),
        ('[{"a": 1, "a": 1}]', "$[0].a", "the same member twice"),
        ('{"a": NaN}', "$", "NaN"),
        ('{"a": -Infinity}', "$", "-Infinity"),
        ('{"a": 9007199254740992}', "$.a", "the integer 9007199254740992"),
        ('{"a": 1e400}', "$.a", "1E+400"),
        ('{"a": [0.12345678901234567890]}', "$.a[0]", "0.12345678901234567890"),
        ('{"a": 1e60}', "$.a", "1E+60"),
        ('{"a": "e\\u0301"}', "$.a", "not in NFC"),
        ('{"e\\u0301": 1}', "$", "not in NFC"),
        ('{"a": "\\ud800"}', "$.a", "surrogate"),
        ('{"a": 1,}', "$", ""),
        ("", "$", ""),
        ("[" * 70 + "]" * 70, "$" + "[0]" * 60, "deeper nesting"),
    ],
)
def test_a_trap_is_refused_with_its_json_path(text: str, where: str, found: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_json(text)
    assert refused.value.where == where[:200]
    assert found in refused.value.found


def test_bytes_that_are_no_utf8_and_endless_nesting_are_refused() -> None:
    for raw in (b'{"a": "\xff"}', b"[" * 100_000):
        with pytest.raises(InvalidInput):
            read_json(raw)


def test_values_that_json_cannot_say_are_refused() -> None:
    for value in ({1: 2}, {"a": b"x"}, {"a": math.inf}, object()):
        with pytest.raises(InvalidInput):
            check(value)


@given(VALUES)
def test_what_json_writes_without_fractions_is_read_back_equal(value: object) -> None:
    assert read_json(json.dumps(value)) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.dictionaries(NAMES, SCALARS, min_size=1, max_size=4), st.data())
def test_a_member_that_is_written_twice_is_always_refused(members: dict[str, object], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(sorted(members)))
    inside = json.dumps(members)[1:-1]
    with pytest.raises(InvalidInput, match="twice"):
        read_json("{" + inside + "," + json.dumps(again) + ": 1}")


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_number_survives_the_way_to_a_decimal_string_and_back(number: float) -> None:
    try:
        text = to_text(number)
    except InvalidInput:
        assert len(format(Decimal(repr(number)).normalize(), "f")) > 40
        return
    assert is_decimal(text)
    back = to_number(text)
    assert back == number
    assert jcs(back) == jcs(number if number else 0)


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("12000.0", "12000"),
        ("1.2e4", "12000"),
        ("12000", "12000"),
        ("-0.0", "0"),
        ("0.10", "0.1"),
        ("1E-7", "0.0000001"),
    ],
)
def test_equal_numbers_have_one_decimal_string(token: str, text: str) -> None:
    number = read_json(token)
    assert to_text(number) == text
    assert jcs(to_number(text)) == jcs(json.loads(token))


@pytest.mark.parametrize("text", ["+1", "01", "1.0", "1e3", ".5", "1.", "", "NaN", "1,5", " 1", "１"])
def test_another_spelling_of_a_decimal_string_is_refused(text: str) -> None:
    assert not is_decimal(text)
    with pytest.raises(InvalidInput):
        to_number(text)
