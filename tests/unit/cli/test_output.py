"""How errors are told, to people and to programs."""

import io
import json

import pytest
from rich.console import Console

from portledger.cli import output
from portledger.cli.main import main
from portledger.domain.codes import BEARER
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


ROWS = [("4f1c2a", "PENDING_SURRENDER_FOR_DELIVERY", "Example Line (1)", ""), ("97a99e", "ISSUED", "9", "noted")]


def shown(grid: output.Shown, width: int) -> list[str]:
    out = Console(width=width, file=io.StringIO(), color_system=None)
    out.print(grid)
    return [line.rstrip() for line in out.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_a_table_that_fits_has_a_line_for_each_row() -> None:
    lines = shown(output.table(["document", "state", "by", "detail"], ROWS), 80)
    assert lines == [
        "document  state                           by                detail",
        "4f1c2a    PENDING_SURRENDER_FOR_DELIVERY  Example Line (1)",
        "97a99e    ISSUED                          9                 noted",
    ]


def test_a_table_that_does_not_fit_is_shown_record_by_record_and_no_word_is_broken() -> None:
    lines = shown(output.table(["document", "state", "by", "detail"], ROWS), 50)
    assert lines == [
        "document  4f1c2a",
        "state     PENDING_SURRENDER_FOR_DELIVERY",
        "by        Example Line (1)",
        "",
        "document  97a99e",
        "state     ISSUED",
        "by        9",
        "detail    noted",
    ]


def test_prose_is_broken_between_words_before_a_table_is_given_up() -> None:
    rows = [("1", "what must hold is said here at some length and on several lines")]
    lines = shown(output.table(["step", "what"], rows, prose=["what"]), 40)
    assert lines[1:] == ["1     what must hold is said here at", "      some length and on several lines"]


def test_a_party_is_shown_by_the_name_of_its_profile_and_its_number() -> None:
    names = {3: "Example Bank"}
    assert [output.party_text(party, names) for party in (0, 3, 4, BEARER)] == ["-", "Example Bank (3)", "4", "bearer"]
