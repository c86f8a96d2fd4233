"""Numbers become the kind file's words where a person reads them."""

from portledger.domain.errors import NoRule
from portledger.sdk.explain import found_and_allowed


def test_a_missing_rule_names_verb_state_and_what_is_allowed_there() -> None:
    found, allowed = found_and_allowed(NoRule(kind=0x0101, state=1, verb=1))
    assert found.startswith("ISSUE in state OFFERED of ")
    assert "ACCEPT, " in allowed
    assert "DECLINE" in allowed


def test_an_ended_document_allows_nothing_more() -> None:
    found, allowed = found_and_allowed(NoRule(kind=0x0101, state=8, verb=200))
    assert found.startswith("verb 200 in state ")
    assert allowed == "nothing more, it has ended in this state"


def test_a_kind_that_is_not_shipped_keeps_its_numbers() -> None:
    error = NoRule(kind=0x7FFF, state=2, verb=3)
    assert found_and_allowed(error) == (error.found, error.allowed)
