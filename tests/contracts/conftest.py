"""One deployed ledger and its model for the session; what a test does to them is undone."""

from __future__ import annotations

from collections.abc import Iterator

import ape
import pytest
from tests.contracts.twin import Member, Twin, peopled


@pytest.fixture(scope="session")
def _peopled() -> Iterator[Twin]:
    with ape.networks.parse_network_choice("ethereum:local:foundry") as provider:
        yield peopled(provider)


@pytest.fixture
def twin(_peopled: Twin) -> Iterator[Twin]:
    with _peopled.undone():
        yield _peopled


@pytest.fixture
def firm(twin: Twin) -> Member:
    """A party with three accounts, two for critical acts."""
    return twin.member("firm", 1, accounts=3, threshold=2)
