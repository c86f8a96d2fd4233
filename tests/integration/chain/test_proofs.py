"""Proofs and headers from a real node: what eth_getProof proves is what the contract says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.node import KEYS, Chain, key

from portledger.chain.node import AnvilNode, NodeSettings
from portledger.chain.rpc import hexed, unhexed
from portledger.domain.actions import claim_id
from portledger.domain.codes import BEARER, DAY, Role
from portledger.domain.hashing import keccak
from portledger.domain.signatures import address_of
from portledger.domain.verification_errors import VerificationError
from portledger.evidence import slots
from portledger.evidence.block_json import header_of
from portledger.evidence.headers import Header
from portledger.evidence.seals.check import Level, check
from portledger.evidence.trie import Nodes, account, storage, walk

EBL, CO = 0x0101, 0x0201


class Proven:
    """The newest block's header, and the ledger's storage as the node's proof shows it."""

    def __init__(self, chain: Chain, wanted: list[int]) -> None:
        block, proof = chain.rpc.block(), chain.rpc.proof(chain.deployment.ledger, wanted)
        assert block is not None
        self.header: Header = header_of("none", block)
        self.nodes = Nodes(dict.fromkeys(raw_nodes(proof)))
        self.account = account(self.header.state_root, chain.deployment.ledger, self.nodes)
        self.words = [storage(self.account.storage_root, slot, self.nodes) for slot in wanted]


def raw_nodes(proof: dict[str, Any]) -> Iterator[bytes]:
    yield from map(unhexed, proof["accountProof"])
    for slot in proof["storageProof"]:
        yield from map(unhexed, slot["proof"])


def test_every_slot_of_the_ledger_that_evidence_proves_holds_what_the_contract_says(chain: Chain) -> None:
    carrier, shipper = chain.register(Role.CARRIER), chain.register(Role.SHIPPER_OR_CONSIGNEE)
    certifier = chain.register(Role.CERTIFIER)
    issue = chain.prepare(
        carrier, EBL, "ISSUE", reference=keccak(b"number"), content=keccak(b"manifest"), counterparty=shipper.id,
        endorsee=shipper.id,
    )  # fmt: skip
    document = issue.action.document
    chain.execute(issue)
    chain.execute(chain.prepare(shipper, EBL, "ACCEPT", document, counterparty=carrier.id, endorsee=shipper.id))
    chain.execute(chain.prepare(carrier, EBL, "NOTICE", document, detail=keccak(b"note")))
    chain.send(KEYS.guardian, "freeze", document, chain.now() + DAY, keccak(b"reason"))
    apply = chain.prepare(
        shipper, CO, "APPLY", reference=keccak(b"application"), content=keccak(b"manifest"), counterparty=certifier.id
    )
    chain.execute(apply)
    certify = chain.prepare(
        certifier, CO, "CERTIFY", apply.action.document, keccak(b"certificate"), content=keccak(b"certified"),
        endorsee=BEARER,
    )  # fmt: skip
    chain.execute(certify)
    chain.mine()

    ledger, claim = chain.ledger, claim_id(CO >> 8, certifier.id, keccak(b"certificate"))
    party, owner = ledger.party(shipper.id), ledger.account(shipper.addresses[0])
    control, extension = ledger.control(document), ledger.extension(document)
    assert party is not None
    assert owner is not None
    assert control is not None
    number = lambda word: int.from_bytes(word, "big")  # noqa: E731
    wanted = {
        slots.party(shipper.id): party.pack(),
        slots.account(shipper.addresses[0]): owner.pack(),
        slots.profile(shipper.id): number(ledger.profile(shipper.id)),
        slots.encryption_key(shipper.id): number(ledger.encryption_key(shipper.id)),
        slots.party_head(shipper.id): number(ledger.party_head(shipper.id)),
        slots.party_head(0): number(ledger.party_head(0)),
        slots.ledger_head(): number(ledger.ledger_head()),
        slots.control(document): control.pack(),
        slots.head(document): number(ledger.head(document)),
        slots.notes_head(document): number(ledger.notes_head(document)),
        slots.extension(document): extension[0] | extension[1] << 32,
        slots.kind_digest(EBL): number(ledger.kind_digest(EBL)),
        slots.claim(claim): number(ledger.claim(claim)),
    }
    assert all(wanted.values())
    proven = Proven(chain, list(wanted))
    assert dict(zip(wanted, proven.words, strict=True)) == wanted
    assert proven.nodes.unused() == []
    assert proven.account.code_hash == keccak(chain.rpc.code(chain.deployment.ledger))
    assert ledger.claim(claim) == apply.action.document
    assert check("none", [], proven.header.raw, []).level is Level.UNSEALED


def test_what_the_ledger_does_not_hold_is_proven_absent(chain: Chain) -> None:
    absent = [slots.control(keccak(b"no document")), slots.account(bytes(20)), slots.party(999), slots.claim(bytes(32))]
    proven = Proven(chain, absent)
    assert proven.words == [0, 0, 0, 0]
    stranger = address_of(key("nobody"))
    nodes = Nodes(map(unhexed, chain.rpc.proof(stranger, [])["accountProof"]))
    assert walk(proven.header.state_root, keccak(stranger), nodes) is None
    with pytest.raises(VerificationError, match=f"no account 0x{stranger.hex()}"):
        account(proven.header.state_root, stranger, nodes)


def test_a_proof_of_another_block_s_state_is_refused(chain: Chain) -> None:
    before = Proven(chain, [slots.ledger_head()])
    chain.register(Role.BANK)
    chain.mine()
    after = Proven(chain, [slots.ledger_head()])
    assert before.words != after.words
    with pytest.raises(VerificationError, match="no node"):
        account(after.header.state_root, chain.deployment.ledger, before.nodes)


@pytest.mark.parametrize("hardfork", ["istanbul", "berlin", "london", "paris", "shanghai", "cancun", "prague"])
def test_headers_of_every_fork_are_rebuilt_from_the_node_s_json(tmp_path: Path, hardfork: str) -> None:
    with AnvilNode(tmp_path, NodeSettings(hardfork=hardfork)) as node:
        node.rpc.call("evm_mine")
        parent = None
        for number in range(node.rpc.block_number() + 1):
            block = node.rpc.block(number)
            assert block is not None
            found = header_of("none", block)
            assert hexed(found.hash) == block["hash"]
            assert found.number == number
            assert parent in (None, found.parent_hash)
            parent = found.hash
        assert number >= 1
