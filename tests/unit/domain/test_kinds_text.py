"""What the docs and the command line draw of a kind."""

import pytest

from portledger import resources
from portledger.domain.errors import LedgerError, PortledgerError
from portledger.domain.kinds import KindFile
from portledger.domain.kinds_text import diagram, errors_page, page, row_cells

EBL = resources.kind("ebl-negotiable")
ALL = pytest.mark.parametrize("kind", resources.kinds().values(), ids=lambda kind: kind.id)


def test_the_diagram_starts_with_the_creating_act_and_ends_in_every_ending() -> None:
    lines = diagram(EBL).splitlines()
    assert lines[:2] == ["stateDiagram-v2", "    [*] --> OFFERED: ISSUE"]
    assert [line.strip() for line in lines if line.endswith("--> [*]")] == [
        f"{state.name} --> [*]" for state in EBL.states.values() if state.final
    ]


def test_notes_are_left_out_of_the_diagram() -> None:
    assert "NOTICE" not in diagram(EBL)


@ALL
def test_every_row_stands_in_the_diagram_once_unless_it_is_a_note(kind: KindFile) -> None:
    drawn = [
        (line.split(" --> ")[0].strip(), verb)
        for line in diagram(kind).splitlines()
        if ": " in line
        for verb in line.split(": ", 1)[1].split("<br>")
    ]
    expected = [
        (kind.state_name(state) if state else "[*]", kind.verb_name(verb))
        for (state, verb), rule in kind.rows.items()
        if not rule.note
    ]
    assert sorted(drawn) == sorted(expected)


@ALL
def test_the_page_names_every_state_verb_dataset_and_item(kind: KindFile) -> None:
    text = page(kind)
    for name in (*kind.states, *kind.verbs, *(item for d in kind.datasets for item in d.fields)):
        assert name in text
    assert kind.kind_digest.hex() in text


def test_a_row_reads_as_the_protocol_writes_it() -> None:
    cells = row_cells(EBL, EBL.state("ISSUED").number, EBL.verb("VOID").number)
    assert cells["who"] == "issuer and possessor"
    assert (cells["next"], cells["detail"], cells["flags"], cells["class"]) == ("VOIDED", "must", "critical", "issue")


def test_the_errors_page_shows_each_ledger_error_with_its_abi_signature_and_remedy() -> None:
    text = errors_page(PortledgerError, lambda e: e.signature() if issubclass(e, LedgerError) else "")
    for error in LedgerError.__subclasses__():
        assert f"`{error.signature()}`" in text
        assert error.REMEDY in text
    assert text.index("StalePrevious") < text.index("`KindError`")
