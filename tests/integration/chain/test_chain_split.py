"""After a chain split, signatures of one side are none on the other: the separator follows the chain id."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.node import Chain

from portledger.chain import encoding
from portledger.domain.codes import Role
from portledger.domain.errors import SignaturesRefused
from portledger.domain.hashing import keccak

EBL = 0x0101


def test_A9_a_signature_from_before_a_chain_split_is_refused_on_the_other_side(chain: Chain) -> None:
    carrier = chain.register(Role.CARRIER)
    shipper = chain.register(Role.SHIPPER_OR_CONSIGNEE)
    here = chain.domain
    signed = chain.prepare(
        carrier,
        EBL,
        "ISSUE",
        reference=keccak(b"reference"),
        content=keccak(b"content"),
        counterparty=shipper.id,
        endorsee=shipper.id,
    )
    calldata = encoding.execute(signed)
    chain.rpc.call("anvil_setChainId", here.chain_id + 1)
    try:
        there = replace(here, chain_id=here.chain_id + 1)
        assert chain.ledger.domain_separator() == there.separator() != here.separator()
        with pytest.raises(SignaturesRefused):
            chain.ledger.simulate(bytes(20), calldata)
    finally:
        chain.rpc.call("anvil_setChainId", here.chain_id)
    assert chain.ledger.domain_separator() == here.separator()
    chain.execute(signed)
