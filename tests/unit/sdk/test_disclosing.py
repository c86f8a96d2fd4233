"""What is named on the command line of a presentation, and what is refused."""

import pytest

from portledger.domain.errors import InvalidInput
from portledger.sdk.disclosing import Chosen, Place, Same, place_of, same_of, seconds_of

DOCUMENT = "4f1c2a" + "0" * 58


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("route:/pol", Place("route", "/pol")),
        ("header:/a~1b/0", Place("header", "/a~1b/0")),
        ("terms:/a:b=c", Place("terms", "/a:b=c")),
        ("terms:/", Place("terms", "/")),
    ],
)
def test_a_field_is_a_dataset_and_a_pointer(text: str, place: Place) -> None:
    assert place_of(text) == place
    assert str(place) == text


@pytest.mark.parametrize("text", ["route", "route/pol", ":/pol", "route:pol", "", "ro=ute:/pol"])
def test_anything_else_is_no_field(text: str) -> None:
    with pytest.raises(InvalidInput, match="DATASET:/path") as refused:
        place_of(text, "--absent")
    assert refused.value.where == "--absent"


def test_two_equal_fields_name_the_other_document_which_may_be_shortened() -> None:
    here, there = Place("route", "/pol/x=y"), Place("cargo", "/0")
    assert same_of(f"{here}={DOCUMENT}:{there}") == Same(here, DOCUMENT, there)
    assert same_of(f"{here}=0x4F1C2A:{there}") == Same(here, "4f1c2a", there)


@pytest.mark.parametrize("text", ["route:/pol", "route:/pol=4f1c:cargo:/0", "route:/pol=4f1c2a:cargo", "=4f1c2a:a:/b"])
def test_anything_else_is_no_equality(text: str) -> None:
    with pytest.raises(InvalidInput, match="DOCUMENT"):
        same_of(text)


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("30m", 1800), ("12h", 43_200), ("7d", 604_800)])
def test_a_span_has_a_unit(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["7", "d", "0d", "-1d", "1w", "1.5h", "9" * 30 + "d"])
def test_anything_else_is_no_span(text: str) -> None:
    with pytest.raises(InvalidInput):
        seconds_of(text)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [({"audience": ""}, "--to"), ({"purpose": "x" * 201}, "--purpose"), ({"valid": 0}, "--valid"),
     ({"valid": 20 * 365 * 86_400}, "--valid")],
)  # fmt: skip
def test_audience_purpose_and_time_have_limits(wrong: dict[str, object], where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Chosen(**{"audience": "a", "purpose": "b", "valid": 60, **wrong})  # type: ignore[arg-type]
    assert refused.value.where == where
