"""Numbers become the kind file's words where a person reads them."""

import pytest

from portledger.domain import party_rules
from portledger.domain.codes import BEARER, Parameter
from portledger.domain.errors import BadParameter, NoRule
from portledger.sdk.explain import found_and_allowed


def test_a_missing_rule_names_verb_state_and_what_is_allowed_there() -> None:
    found, allowed = found_and_allowed(NoRule(kind=0x0101, state=1, verb=2))
    assert found.startswith("OFFER in state OFFERED of ")
    assert "ACCEPT, " in allowed
    assert "DECLINE" in allowed


def test_an_ended_document_allows_nothing_more() -> None:
    found, allowed = found_and_allowed(NoRule(kind=0x0101, state=8, verb=200))
    assert found.startswith("verb 200 in state ")
    assert allowed == "nothing more, it has ended in this state"


def test_a_kind_that_is_not_shipped_keeps_its_numbers() -> None:
    error = NoRule(kind=0x7FFF, state=2, verb=3)
    assert found_and_allowed(error) == (error.found, error.allowed)


def test_making_a_document_twice_says_that_its_number_is_used() -> None:
    found, allowed = found_and_allowed(NoRule(kind=0x0101, state=1, verb=1))
    assert (found, allowed) == (
        "a document under this number already, in state OFFERED", "a number that you never used",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parameter", "values", "words"),
    [
        (Parameter.QUANTITY, (1_100_000, 1_000_000), ("110 % used", "100 % of what is certified")),
        (Parameter.COUNTERPARTY, (3, 4), ("counterparty party 3", "party 4, or as the row's mode says")),
        (Parameter.ENDORSEE, (BEARER, 0), ("endorsee bearer", "nobody, or as the row's mode says")),
        (party_rules.BARRED, (2, 3), ("2 full accounts", "3 full accounts and a threshold of 2, or more")),
        (party_rules.VALUE, (16, 15), ("value = 16", "value = 15, or as its rule says")),
        (Parameter.TERMS, (9, 8), ("terms = 9", "terms = 8, or as its rule says")),
        (party_rules.ALREADY, (0, 1), ("nothing to change: it is so already", "a change")),
    ],
)
def test_a_wrong_parameter_is_told_in_shares_and_parties(
    parameter: int, values: tuple[int, int], words: tuple[str, str]
) -> None:
    assert found_and_allowed(BadParameter(parameter=parameter, found=values[0], allowed=values[1])) == words
