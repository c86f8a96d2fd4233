"""Calldata of the registry's and the powers' calls: what goes to the ledger as a transaction of its own.

Rare calls, so an ABI library makes them; acts on documents have chain/encoding.
"""

from __future__ import annotations

from typing import Any, Final

from eth_abi.abi import encode as abi_encode

from portledger.chain.encoding import selector
from portledger.domain.actions import Registration, SignedPartyAction

_REGISTRATION: Final = "(bytes32,uint64,bytes32,uint8,bool,address[],uint8[],bytes[])"
_PARTY_ACT: Final = "(uint32,uint8,bytes32,uint40,bytes,bytes)"


def _call(name: str, types: list[str], *values: Any) -> bytes:
    return selector(f"{name}({','.join(types)})") + abi_encode(types, values)


def register(registration: Registration) -> bytes:
    return _call(
        "register",
        [_REGISTRATION],
        (
            registration.profile,
            registration.roles,
            registration.encryption_key,
            registration.threshold,
            registration.recovery_barred,
            ["0x" + account.hex() for account in registration.accounts],
            list(registration.scopes),
            list(registration.consents),
        ),
    )


def party_act(signed: SignedPartyAction) -> bytes:
    act = signed.party_action
    return _call(
        "partyAct", [_PARTY_ACT], (act.party, act.what, act.value, act.deadline, signed.signatures, signed.consent)
    )


def veto(change_id: bytes, signature: bytes) -> bytes:
    return _call("veto", ["bytes32", "bytes"], change_id, signature)


def enact(change_id: bytes, consent: bytes) -> bytes:
    return _call("enact", ["bytes32", "bytes"], change_id, consent)


def propose(party: int, what: int, value: bytes) -> bytes:
    return _call("propose", ["uint32", "uint8", "bytes32"], party, what, value)


def order(party: int, what: int, value: bytes, order_digest: bytes) -> bytes:
    return _call("order", ["uint32", "uint8", "bytes32", "bytes32"], party, what, value, order_digest)


def cancel_order(change_id: bytes) -> bytes:
    return _call("cancelOrder", ["bytes32"], change_id)


def suspend(party: int, until: int) -> bytes:
    return _call("suspend", ["uint32", "uint40"], party, until)


def reinstate(party: int) -> bytes:
    return _call("reinstate", ["uint32"], party)


def freeze(document: bytes, until: int, reason: bytes) -> bytes:
    return _call("freeze", ["bytes32", "uint40", "bytes32"], document, until, reason)


def unfreeze(document: bytes) -> bytes:
    return _call("unfreeze", ["bytes32"], document)


def appoint(power: int, account: bytes) -> bytes:
    return _call("appoint", ["uint8", "address"], power, "0x" + account.hex())


def accept(power: int) -> bytes:
    return _call("accept", ["uint8"], power)
