"""Problems turned back into the errors they came from."""

from typing import Any

import pytest

from portledger.domain.errors import BY_NAME, InvalidInput, LedgerError
from portledger.domain.refusals import REFUSALS
from portledger.formats.api_json import Problem
from portledger.gateway import problems
from portledger.sdk.errors import GatewayProblem, error_of


def sample(kind: type[LedgerError]) -> LedgerError:
    """An error with telling values: large numbers where the ABI type is large."""
    values: dict[str, Any] = {}
    for at, (name, abi_type) in enumerate(zip(kind.parameter_names(), kind.TYPES.split(","), strict=True), 1):
        large = 2**200 + at if abi_type == "uint256" else at
        values[name] = large if abi_type.startswith("uint") else bytes([at]) * (20 if abi_type == "address" else 32)
    return kind(**values)


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_error_of_the_ledger_survives_the_way_through_a_problem(name: str) -> None:
    error = sample(BY_NAME[name])
    back = error_of(problems.problem(error))
    assert back == error
    assert back.found == error.found
    assert back.at_step == problems.step_of(error)


@pytest.mark.parametrize("name", sorted(REFUSALS.keys() & problems.catalogue().keys()))
def test_every_refusal_of_the_gateway_keeps_its_class_and_words(name: str) -> None:
    back = error_of(problems.problem(REFUSALS[name]("this", "that", "do so", where="here")))
    assert type(back) is REFUSALS[name]
    assert (back.found, back.allowed, back.remedy) == ("this", "that", "do so")
    assert back.parameters() == {"where": "here"}


def test_a_problem_whose_parameters_are_called_like_parts_of_an_error_is_still_one() -> None:
    parameters = {"remedy": "x", "found": "y", "self": "z", "allowed": 1, "where": "here"}
    back = error_of(
        Problem(type="", title="", status=409, detail="", code="Conflict", found="this", parameters=parameters)
    )
    assert (back.found, back.parameters()) == ("this", {"where": "here"})


def test_malformed_input_keeps_its_path() -> None:
    back = error_of(problems.problem(InvalidInput("$.a.b", "1", "2")))
    assert isinstance(back, InvalidInput)
    assert back.where == "$.a.b"


def test_a_problem_that_nobody_knows_is_still_told() -> None:
    back = error_of(Problem(type="x", title="t", status=422, detail="d", code="FromTheFuture", found="a", allowed="b"))
    assert isinstance(back, GatewayProblem)
    assert back.found == "a"
