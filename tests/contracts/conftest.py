"""One deployed ledger and its model for the session; what a test does to them is undone."""

from __future__ import annotations

from collections.abc import Iterator

import ape
import pytest
from tests.contracts.twin import Twin, peopled


@pytest.fixture(scope="session")
def _peopled() -> Iterator[Twin]:
    with ape.networks.parse_network_choice("ethereum:local:foundry") as provider:
        yield peopled(provider)


@pytest.fixture
def twin(_peopled: Twin) -> Iterator[Twin]:
    with _peopled.undone():
        yield _peopled
