"""Whoever carries a party's act chooses how its calldata is laid out: the log must stay readable whatever was chosen.

The compiler's decoder takes offsets that point backwards, and does not look at a consent that the act does not use. A
reader that is stricter than the ledger could be stopped for ever by one such call.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.node import KEYS, Chain, Member

from portledger.chain.encoding import selector
from portledger.domain.actions import PartyAction
from portledger.domain.calls_decode import PartyActCall, decode_call
from portledger.domain.codes import DAY, ZERO, PartyAct, Role, Source
from portledger.domain.errors import TooLong
from portledger.domain.events import PartyChanged
from portledger.domain.hashing import abi_words, keccak
from portledger.domain.signatures import join
from portledger.relay.indexer import Indexer, Place
from portledger.sdk.verify import LogReader, verify_from_node
from portledger.store.database import migrate, open_database, sqlite_url

EBL = 0x0101
PARTY_ACT = selector("partyAct((uint32,uint8,bytes32,uint40,bytes,bytes))")
FAR = 1 << 200
"""An offset that points nowhere."""
BEFORE_EVERYTHING = (1 << 256) - 4096
"""An offset that points to before the call, where all is zero: an empty consent."""
BACKWARDS = (1 << 256) - 160
"""An offset that points backwards from the act, to the word in which the signatures' length stands."""


@pytest.fixture
def reader(chain: Chain) -> Iterator[LogReader]:
    with LogReader(chain.url) as node:
        yield node


def signed(chain: Chain, member: Member, what: PartyAct, value: bytes, *keys: bytes) -> tuple[PartyAction, bytes]:
    act = PartyAction(member.id, chain.ledger.party_nonce(member.id), what, value, chain.now() + DAY)
    return act, join(act.digest(chain.domain), keys or member.keys[:1])


def strange_consent(act: PartyAction, signatures: bytes, offset: int) -> bytes:
    """As any encoder would, but with this offset of the consent."""
    return PARTY_ACT + b"".join(
        (
            abi_words(32, act.party, act.what, act.value, act.deadline, 6 * 32, offset, len(signatures)),
            signatures,
            bytes(-len(signatures) % 32),
        )
    )


def signatures_first(act: PartyAction, signatures: bytes) -> bytes:
    """The act stands behind its signatures: 32 bytes of offset, length and 96 bytes of signature, then the act."""
    assert len(signatures) == 65
    return PARTY_ACT + b"".join(
        (
            abi_words(32 * 5, len(signatures)),
            signatures,
            bytes(31),
            abi_words(act.party, act.what, act.value, act.deadline, (1 << 256) - 4 * 32, BEFORE_EVERYTHING),
        )
    )


def newest_change(chain: Chain, member: Member) -> PartyChanged:
    (event,) = (e for e in chain.events(chain.rpc.block_number()) if isinstance(e, PartyChanged))
    assert event.party == member.id
    return event


def test_a_consent_that_the_act_does_not_use_may_point_nowhere(chain: Chain) -> None:
    member = chain.register(Role.CARRIER, accounts=3, threshold=2)
    act, signatures = signed(chain, member, PartyAct.SET_THRESHOLD, (3).to_bytes(32, "big"))
    chain.transact(KEYS.relayer, strange_consent(act, signatures, FAR))
    expected = PartyActCall(act.party, act.what, act.value, act.deadline, signatures, b"")
    assert decode_call(newest_change(chain, member).call) == expected


def test_an_act_may_stand_behind_its_signatures(chain: Chain) -> None:
    member = chain.register(Role.CARRIER)
    act, signatures = signed(chain, member, PartyAct.BUMP_EPOCH, ZERO)
    chain.transact(KEYS.relayer, signatures_first(act, signatures))
    expected = PartyActCall(act.party, act.what, act.value, act.deadline, signatures, b"")
    assert decode_call(newest_change(chain, member).call) == expected


def test_a_bill_verifies_and_is_indexed_whatever_the_calldata_of_its_issuer_looks_like(
    chain: Chain, reader: LogReader, tmp_path: Path
) -> None:
    carrier = chain.register(Role.CARRIER, accounts=3, threshold=1)
    shipper = chain.register(Role.SHIPPER_OR_CONSIGNEE)
    issue = chain.prepare(
        carrier,
        EBL,
        "ISSUE",
        reference=keccak(b"n"),
        content=keccak(b"m"),
        counterparty=shipper.id,
        endorsee=shipper.id,
    )
    chain.execute(issue)
    act, signatures = signed(chain, carrier, PartyAct.SET_THRESHOLD, (3).to_bytes(32, "big"))
    chain.transact(KEYS.relayer, strange_consent(act, signatures, FAR))
    act, signatures = signed(chain, carrier, PartyAct.BUMP_EPOCH, ZERO)
    chain.transact(KEYS.relayer, signatures_first(act, signatures) + b"and more")

    result = verify_from_node(reader, chain.deployment.ledger, issue.action.document)
    assert result.parties[carrier.id].words[-1] == chain.ledger.party(carrier.id)
    engine = open_database(sqlite_url(tmp_path, "ledger"), "ledger")
    migrate(engine, "ledger")
    try:
        indexer = Indexer(chain.rpc, Place(chain.deployment.ledger, chain.deployment.block), engine, lambda *_: 0)
        while indexer.step():
            pass
        assert indexer.confirmed is not None
        assert indexer.confirmed.number == chain.rpc.block_number()
    finally:
        engine.dispose()


def test_a_call_that_goes_into_a_partys_log_has_an_end(chain: Chain) -> None:
    """Anybody may enact what is ready: a megabyte behind the call would be part of every proof about the party."""
    member = chain.register(Role.CARRIER)
    act, signatures = signed(chain, member, PartyAct.SET_THRESHOLD, (1).to_bytes(32, "big"))
    chain.transact(KEYS.relayer, strange_consent(act, signatures, FAR))
    change = chain.ledger.open_change(member.id, Source.PARTY, PartyAct.SET_THRESHOLD)
    chain.advance(8 * DAY)
    call = chain.call("enact", change, b"")
    with pytest.raises(TooLong) as refused:
        chain.transact(KEYS.relayer, call + bytes(4097 - len(call)))
    assert refused.value == TooLong(found=4097, allowed=4096)
    chain.transact(KEYS.relayer, call + bytes(4096 - len(call)))


def test_the_largest_registration_fits_into_a_partys_log(chain: Chain) -> None:
    member = chain.register(Role.CARRIER, accounts=15, threshold=15)
    act, signatures = signed(chain, member, PartyAct.BUMP_EPOCH, ZERO, *member.keys)
    chain.transact(KEYS.relayer, strange_consent(act, signatures, 6 * 32))
    assert len(newest_change(chain, member).call) < 4096
