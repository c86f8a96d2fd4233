"""Party logs written by code that shares nothing with ours (scripts/write_party_vectors), read by all who must agree.

The model, the auditor's replay and the contract on a real node each run the same calls and come to the same heads.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import eth_abi
import pytest

from portledger import resources
from portledger.chain.artifacts import ledger_artifact
from portledger.chain.contract import LedgerContract
from portledger.chain.node import AnvilNode, NodeSettings
from portledger.chain.transactions import Transaction, contract_address
from portledger.domain import calls_decode as calls
from portledger.domain.actions import Domain, PartyAction, SignedPartyAction
from portledger.domain.codes import ZERO
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.model import Ledger
from portledger.domain.parties import Party
from portledger.domain.signatures import address_of
from portledger.evidence.history import PartyEntry
from portledger.evidence.party_log import replay

ROOT = Path(__file__).parents[2]
VECTORS = json.loads(resources.read("vectors/party_logs.json"))
ENTRIES: list[dict[str, Any]] = VECTORS["entries"]
PARTIES = sorted({item["party"] for item in ENTRIES} - {0})


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


DOMAIN = Domain(VECTORS["chainId"], raw(VECTORS["ledger"]), raw(VECTORS["salt"]))
POWERS = [raw(VECTORS["powers"][name]) for name in ("governor", "registrar", "guardian")]
SECRETS = {name: raw(secret) for name, secret in VECTORS["secretKeys"].items()}


def signed_act(call: calls.PartyActCall) -> SignedPartyAction:
    """The nonce is not in the call: the ledger puts it in."""
    return SignedPartyAction(
        PartyAction(call.party, 0, call.what, call.value, call.deadline), call.signatures, call.consent
    )


def run(model: Ledger, item: dict[str, Any]) -> None:
    """One call on the model."""
    data, now, sender = raw(item["call"]), item["time"], address_of(SECRETS[item["sender"]])
    digest = calls.call_digest(data)
    if item["party"] == 0:
        run_consortium(model, data, sender, now)
        return
    match calls.decode_call(data):
        case calls.Register(registration):
            assert model.register(sender, registration, now, digest) == item["party"]
        case calls.PartyActCall() as call:
            model.party_act(signed_act(call), now)
        case calls.Propose(party, what, value):
            model.propose(sender, party, what, value, now, digest)
        case calls.Order(party, what, value, order_digest):
            model.order(sender, party, what, value, order_digest, now, digest)
        case calls.CancelOrder(change):
            model.cancel_order(sender, change, now, digest)
        case calls.VetoCall(change, signature):
            model.veto(change, signature, now)
        case calls.Enact(change, consent):
            model.enact(change, consent, now, digest)
        case calls.Suspend(party, until):
            model.suspend(sender, party, until, now, digest)
        case calls.Reinstate(party):
            model.reinstate(sender, party, now, digest)


CONSORTIUM_CALLS = {
    keccak(signature.encode())[:4]: (method, signature[signature.index("(") + 1 : -1].split(","))
    for method, signature in (
        ("define_kind", "defineKind(uint16,bytes32,uint256[],uint256[],uint8[],bytes32[])"),
        ("appoint", "appoint(uint8,address)"),
        ("accept", "accept(uint8)"),
    )
}


def run_consortium(model: Ledger, data: bytes, sender: bytes, now: int) -> None:
    method, types = CONSORTIUM_CALLS[data[:4]]
    arguments = [
        raw(v) if kind == "address" else v for kind, v in zip(types, eth_abi.decode(types, data[4:]), strict=True)
    ]
    getattr(model, method)(sender, *arguments, now=now, call=calls.call_digest(data))


def test_the_vectors_are_what_the_second_implementation_writes_today() -> None:
    script = str(ROOT / "scripts" / "write_party_vectors.py")
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_call_of_the_registry_and_of_the_powers_to_themselves_occurs() -> None:
    names = {type(calls.decode_call(raw(item["call"]))) for item in ENTRIES if item["party"]}
    assert names == set(calls.RegistryCall.__args__)
    assert {raw(item["call"])[:4] for item in ENTRIES if not item["party"]} == set(CONSORTIUM_CALLS)
    acts = [calls.decode_call(raw(item["call"])) for item in ENTRIES if item["party"]]
    assert {act.what for act in acts if isinstance(act, calls.PartyActCall)} == set(range(1, 11))


def test_heads_follow_from_the_entries_by_the_one_formula() -> None:
    heads: dict[int, bytes] = {}
    ledger_head = ZERO
    for item in ENTRIES:
        party = item["party"]
        if party:
            words = (raw(item[name]) for name in ("partyWord", "profile", "encryptionKey", "accountWord"))
            result = keccak(abi_words(*words))
            heads[party] = entry(
                heads.get(party, ZERO), raw(item["digest"]), result, raw(item["signers"]), item["time"]
            )
            assert heads[party].hex() == item["head"], item["about"]
        ledger_head = keccak(ledger_head, raw(item["head"]))
        assert ledger_head.hex() == item["ledgerHead"], item["about"]


def test_the_model_comes_to_the_same_words_and_heads_after_every_call() -> None:
    model = Ledger(DOMAIN, *POWERS)
    for item in ENTRIES:
        run(model, item)
        party = item["party"]
        assert model.party_heads[party].hex() == item["head"], item["about"]
        assert model.ledger_head.hex() == item["ledgerHead"], item["about"]
        if party:
            assert model.parties[party] == Party.unpack(int(item["partyWord"], 16)), item["about"]
            assert model.profiles[party].hex() == item["profile"]
            assert model.encryption_keys[party].hex() == item["encryptionKey"]
            assert model.nonces.get(party, 0) == item["nonce"]


@pytest.mark.parametrize("party", PARTIES)
def test_an_auditor_replays_the_log_to_the_same_head(party: int) -> None:
    log = [
        PartyEntry(
            time=item["time"],
            digest=raw(item["digest"]),
            party_word=int(item["partyWord"], 16),
            profile=raw(item["profile"]),
            encryption_key=raw(item["encryptionKey"]),
            account_word=int(item["accountWord"], 16),
            signers=raw(item["signers"]),
            head=raw(item["head"]),
            call=raw(item["call"]),
        )
        for item in ENTRIES
        if item["party"] == party
    ]
    head = raw(VECTORS["partyHeads"][str(party)])
    assert replay(DOMAIN, party, log, head).head == head


@pytest.fixture
def contract(tmp_path: Path) -> Iterator[LedgerContract]:
    """The contract where the vectors expect it: created by the deployer's first transaction."""
    secret = raw(VECTORS["deployer"]["secretKey"])
    assert contract_address(address_of(secret), 0) == DOMAIN.ledger
    creation = ledger_artifact().bytecode + abi_words(*POWERS, DOMAIN.salt)
    with AnvilNode(tmp_path, NodeSettings(chain_id=DOMAIN.chain_id, block_seconds=0.0)) as node:
        node.rpc.send_raw(Transaction(0, 10**8, b"", creation).sign(secret, DOMAIN.chain_id))
        node.rpc.call("evm_mine", {"timestamp": ENTRIES[0]["time"] - 10})
        yield LedgerContract(node.rpc, DOMAIN.ledger)


def test_the_contract_comes_to_the_same_words_and_heads_after_every_call(contract: LedgerContract) -> None:
    assert contract.domain() == DOMAIN
    nonces = dict.fromkeys(SECRETS, 0)
    for item in ENTRIES:
        sender, party = item["sender"], item["party"]
        transaction = Transaction(nonces[sender], 10**8, DOMAIN.ledger, raw(item["call"]))
        nonces[sender] += 1
        tx = contract.rpc.send_raw(transaction.sign(SECRETS[sender], DOMAIN.chain_id))
        contract.rpc.call("evm_mine", {"timestamp": item["time"]})
        contract.wait(tx)
        assert contract.party_head(party).hex() == item["head"], item["about"]
        assert contract.ledger_head().hex() == item["ledgerHead"], item["about"]
        if party:
            assert contract.party(party) == Party.unpack(int(item["partyWord"], 16)), item["about"]
            assert contract.party_nonce(party) == item["nonce"]
