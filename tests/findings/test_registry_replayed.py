"""The auditor follows the registry where one act ends what another began (docs/adr/0012)."""

from __future__ import annotations

import pytest
from tests.support.histories import key
from tests.support.registry import Registry, number

from portledger.domain.codes import FULL_SCOPE, PartyAct
from portledger.domain.errors import NotReady
from portledger.domain.parties import account_value
from portledger.domain.signatures import address_of
from portledger.domain.verification_errors import VerificationError


@pytest.fixture
def firm() -> Registry:
    registry = Registry()
    registry.found(["a", "b", "c"], threshold=2)
    return registry


def follows(registry: Registry) -> None:
    assert registry.replayed().words[-1] == registry.parties[1]


def test_a_lock_is_replayed_whatever_the_epoch_was(firm: Registry) -> None:
    for _ in range(2):
        firm.does(PartyAct.BUMP_EPOCH, "a", "b")
        firm.does(PartyAct.LOCK, "c")
        firm.does(PartyAct.UNLOCK, "a", "b")
    assert firm.parties[1].unlocks == 2
    follows(firm)


def test_an_unlocking_at_once_ends_the_one_that_waits(firm: Registry) -> None:
    firm.does(PartyAct.LOCK, "a")
    firm.does(PartyAct.UNLOCK, "a")
    (stale,) = firm.changes
    firm.does(PartyAct.UNLOCK, "a", "b")
    firm.does(PartyAct.LOCK, "c")
    follows(firm)
    with pytest.raises(NotReady):
        firm.enacts(stale, days=2)


def test_a_log_in_which_a_stale_unlocking_opens_a_later_lock_is_refused(firm: Registry) -> None:
    firm.does(PartyAct.LOCK, "a")
    firm.does(PartyAct.UNLOCK, "a")
    (stale,) = firm.changes
    kept = firm.changes[stale]
    firm.does(PartyAct.UNLOCK, "a", "b")
    firm.does(PartyAct.LOCK, "c")
    firm.changes[stale] = kept  # a ledger that forgot to end it
    firm.enacts(stale, days=2)
    with pytest.raises(VerificationError):
        firm.replayed()


def test_one_order_of_two_is_taken_back_and_the_party_stays_suspended(firm: Registry) -> None:
    first = firm.orders(PartyAct.ADD_ACCOUNT, account_value(address_of(key("d")), FULL_SCOPE))
    second = firm.orders(PartyAct.SET_THRESHOLD, number(1))
    assert first is not None
    assert second is not None
    firm.cancels(second)
    assert firm.parties[1].suspended(firm.now)
    follows(firm)
    firm.cancels(first)
    assert not firm.parties[1].suspended(firm.now)
    follows(firm)


def test_a_threshold_set_at_once_raises_the_epoch(firm: Registry) -> None:
    firm.does(PartyAct.SET_THRESHOLD, "a", "b", value=number(1))
    assert firm.parties[1].epoch == 2
    follows(firm)
