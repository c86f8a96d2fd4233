"""What the tests of the powers share: the calls by name, a party with three accounts, the account to be added."""

from __future__ import annotations

from tests.contracts.twin import ANYBODY, Member, Twin

from portledger.domain.actions import Veto
from portledger.domain.codes import FULL_SCOPE
from portledger.domain.hashing import keccak
from portledger.domain.parties import account_value
from portledger.domain.signatures import address_of, sign

NEW = keccak(b"recovered")
ADD = account_value(address_of(NEW), FULL_SCOPE)
ROLES = (8).to_bytes(32, "big")
SUCCESSOR = keccak(b"successor")[12:]

PROPOSE = "propose(uint32,uint8,bytes32)"
ORDER = "order(uint32,uint8,bytes32,bytes32)"
ENACT, VETO = "enact(bytes32,bytes)", "veto(bytes32,bytes)"
SUSPEND, REINSTATE = "suspend(uint32,uint40)", "reinstate(uint32)"
FREEZE, UNFREEZE = "freeze(bytes32,uint40,bytes32)", "unfreeze(bytes32)"
APPOINT, ACCEPT = "appoint(uint8,address)", "accept(uint8)"


def veto(twin: Twin, firm: Member, change: bytes, key: bytes):  # type: ignore[no-untyped-def]
    return twin.power(ANYBODY, VETO, change, sign(Veto(firm.id, change).digest(twin.domain), key))
