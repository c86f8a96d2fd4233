"""enact: a change that waited happens, once, if it is still possible."""

from __future__ import annotations

from tests.contracts.calls import ADD, ENACT, NEW, PROPOSE
from tests.contracts.twin import ANYBODY, REGISTRAR, Member, Twin

from portledger.domain.codes import DAY
from portledger.domain.errors import BadParameter
from portledger.domain.parties import account_value


def test_enacting_looks_again_whether_the_change_is_possible(twin: Twin, firm: Member) -> None:
    assert twin.party_act(firm, 3, (3).to_bytes(32, "big")) is None
    change = twin.newest_change()
    assert twin.party_act(firm, 2, account_value(firm.accounts[2]), firm.keys[:2]) is None
    twin.advance(7 * DAY)
    assert twin.power(ANYBODY, ENACT, change, b"") == BadParameter(parameter=17, found=3, allowed=2)


def test_barring_kills_a_recovery_that_was_proposed_before(twin: Twin, firm: Member) -> None:
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 1, ADD) is None
    change = twin.newest_change()
    assert twin.party_act(firm, 9, keys=firm.keys[:2]) is None
    twin.advance(14 * DAY)
    consent = twin.consent(firm.id, ADD, change, NEW)
    assert twin.power(ANYBODY, ENACT, change, consent) == BadParameter(parameter=18, found=1, allowed=0)
