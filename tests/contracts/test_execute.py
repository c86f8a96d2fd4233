"""execute: what the ledger takes, and the first check that refuses the rest, with the model's typed error."""

from __future__ import annotations

from tests.contracts.twin import Twin


def test_a_bill_is_issued_and_accepted(twin: Twin) -> None:
    document = twin.held("first")
    assert twin.number("control(bytes32)", document) == twin.model.document(document).standing.control.pack()
