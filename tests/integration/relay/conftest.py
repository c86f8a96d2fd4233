"""A relay on the session's chain, and two parties."""

import pytest
from tests.support.node import Chain, Member
from tests.support.relay import Relay, loops

from portledger.domain.codes import Role
from portledger.services.ledger import Databases


@pytest.fixture
def relay(chain: Chain, databases: Databases) -> Relay:
    """Once on each engine."""
    return Relay(chain, databases, *loops(chain, databases))


@pytest.fixture
def carrier(chain: Chain) -> Member:
    return chain.register(Role.CARRIER)


@pytest.fixture
def shipper(chain: Chain) -> Member:
    return chain.register(Role.SHIPPER_OR_CONSIGNEE)
