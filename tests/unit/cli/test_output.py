"""How errors are told, to people and to programs."""

import json

import pytest

from portledger.cli import output
from portledger.cli.main import main
from portledger.domain.verification_errors import VerificationError


def test_an_error_says_what_was_found_allowed_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kind", "show", "nope"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    for word in ("error: InvalidInput", "found:", "allowed:", "remedy:"):
        assert word in err
    assert "Traceback" not in err


def test_an_error_is_json_when_json_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kind", "show", "nope", "--json"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    error = json.loads(err)["error"]
    assert error["code"] == "InvalidInput"
    assert error["found"] == "nope"
    assert "ebl-negotiable" in error["allowed"]


def test_markup_in_foreign_text_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kind", "show", "[bold]x[/bold]"]) == 3
    assert "[bold]x[/bold]" in capsys.readouterr().err


def test_a_failed_verification_names_its_step_and_the_place(capsys: pytest.CaptureFixture[str]) -> None:
    error = VerificationError(12, "the manifest is the one that was signed", "a", "b", entry="header")
    output.complain(error, json_wanted=False)
    said = " ".join(capsys.readouterr().err.split())
    assert "12 the manifest is the one that was signed" in said
    assert "where: header" in said
