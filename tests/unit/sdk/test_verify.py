"""A document verified from a node's logs alone; the node is a small one that answers from a town's ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from eth_abi.abi import encode
from tests.support.histories import DOMAIN, Town, bill_of_lading, certificate, selector

from portledger.domain.hashing import abi_words, keccak
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.history import Act, Freeze, PartyEntry
from portledger.sdk.errors import NodeUnreachable
from portledger.sdk.verify import LogReader, verify_from_node

ACT = "(bytes32,bytes32,bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes)"


def topic(text: str) -> str:
    return "0x" + keccak(text.encode()).hex()


class SmallNode:
    """JSON-RPC over a town: the calls that a verification makes."""

    def __init__(self, town: Town, chain_id: int = DOMAIN.chain_id) -> None:
        self.town, self.chain_id = town, chain_id
        self.facts = town.facts()
        self.logs = self._logs()

    def reader(self) -> LogReader:
        return LogReader("http://node", transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        calls = json.loads(request.content)
        return httpx.Response(200, json=[{"id": one["id"], "result": self._one(**one)} for one in calls])

    def _one(self, method: str, params: list[Any], **_: Any) -> Any:
        block = {"number": hex(self.facts.block), "timestamp": hex(self.facts.time)}
        match method:
            case "eth_chainId":
                return hex(self.chain_id)
            case "eth_blockNumber":
                return hex(self.facts.block)
            case "eth_getBlockByNumber":
                return block if params[0] == "latest" else {"number": params[0], "timestamp": self._time(params[0])}
            case "eth_getLogs":
                first, second = params[0]["topics"]
                return [log for log in self.logs if log["topics"][0] in first and log["topics"][1] in second]
            case _:
                return "0x" + self._view(bytes.fromhex(params[0]["data"][2:])).hex()

    def _time(self, number: str) -> str:
        times = {hex(item.block): item.time for log in self.town.logs.values() for item in log}
        times |= {hex(item.block): item.time for item in (*self.town.entries, *self.town.notes)}
        return hex(times[number])

    def _view(self, data: bytes) -> bytes:
        facts, argument = self.facts, data[4:36]
        if data[:4] == selector("eip712Domain()"):
            return encode(
                ["bytes1", "string", "string", "uint256", "address", "bytes32", "uint256[]"],
                [b"\x1f", "portledger", "1", self.chain_id, "0x" + DOMAIN.ledger.hex(), DOMAIN.salt, []],
            )
        known = argument == self.town.document
        answers: dict[str, Callable[[], int | bytes]] = {
            "control(bytes32)": lambda: facts.control if known else 0,
            "head(bytes32)": lambda: facts.head,
            "notesHead(bytes32)": lambda: facts.notes_head,
            "extension(bytes32)": lambda: facts.secured_party | facts.frozen_until << 32,
            "kindDigest(uint16)": lambda: facts.kind_digest,
            "partyHead(uint32)": lambda: facts.party_heads[int.from_bytes(argument, "big")],
            "account(address)": lambda: facts.accounts.get(argument[12:], 0),
            "claims(bytes32)": lambda: facts.claims.get(argument, bytes(32)),
        }
        return abi_words(next(answer for text, answer in answers.items() if data[:4] == selector(text))())

    def _logs(self) -> list[dict[str, Any]]:
        town, logs = self.town, []
        for item in (*town.entries, *town.notes):
            logs.append(self._freeze(item) if isinstance(item, Freeze) else self._act(item))
        for party, log in town.logs.items():
            logs += [self._changed(party, item) for item in log]
        return logs

    def _log(self, block: int, topics: list[str], types: list[str], values: list[Any]) -> dict[str, Any]:
        return {
            "blockNumber": hex(block), "logIndex": "0x0", "transactionHash": "0x" + bytes(32).hex(), "topics": topics,
            "data": "0x" + encode(types, values).hex(),
        }  # fmt: skip

    def _act(self, item: Act) -> dict[str, Any]:
        name = "NoteApplied" if item in self.town.notes else "ActionApplied"
        act = item.action
        topics = [topic(name + ACT), "0x" + act.document.hex(), "0x" + item.digest.hex()]
        values = [
            item.head,
            item.control,
            act.terms(),
            act.content,
            act.document_reference,
            act.detail,
            item.signatures,
        ]
        types = ["bytes32", "uint256", "uint256", "bytes32", "bytes32", "bytes32", "bytes"]
        return self._log(item.block, topics, types, values)

    def _freeze(self, item: Freeze) -> dict[str, Any]:
        document, sender = "0x" + self.town.document.hex(), "0x" + item.sender.hex()
        if not item.until:
            topics = [topic("Unfrozen(bytes32,bytes32,uint256,address)"), document]
            return self._log(item.block, topics, ["bytes32", "uint256", "address"], [item.head, item.control, sender])
        topics = [topic("Frozen(bytes32,bytes32,uint256,uint40,bytes32,address)"), document]
        types = ["bytes32", "uint256", "uint40", "bytes32", "address"]
        return self._log(item.block, topics, types, [item.head, item.control, item.until, item.reason, sender])

    def _changed(self, party: int, item: PartyEntry) -> dict[str, Any]:
        types = ["bytes32", "uint256", "bytes32", "bytes32", "uint256", "bytes32", "bytes32", "bytes"]
        values = [
            item.digest, item.party_word, item.profile, item.encryption_key, item.account_word, item.signers, item.head,
            item.call,
        ]  # fmt: skip
        name = "PartyChanged(uint32,bytes32,uint256,bytes32,bytes32,uint256,bytes32,bytes32,bytes)"
        return self._log(item.block, [topic(name), "0x" + abi_words(party).hex()], types, values)


@pytest.mark.parametrize("make", [bill_of_lading, certificate])
def test_a_history_from_the_node_s_own_logs_verifies(make: Callable[[], Town]) -> None:
    town = make()
    result = verify_from_node(SmallNode(town).reader(), DOMAIN.ledger, town.document)
    assert result.head == town.standing.head
    assert (result.acts + result.freezes, result.notes) == (len(town.entries), len(town.notes))


def test_a_node_that_hides_a_log_is_noticed() -> None:
    town = bill_of_lading()
    whole = SmallNode(town)
    for at in range(len(whole.logs)):
        node = SmallNode(town)
        del node.logs[at]
        with pytest.raises(VerificationError):
            verify_from_node(node.reader(), DOMAIN.ledger, town.document)


def test_a_document_that_the_ledger_does_not_know_is_refused() -> None:
    with pytest.raises(VerificationError, match="no record"):
        verify_from_node(SmallNode(bill_of_lading()).reader(), DOMAIN.ledger, keccak(b"unknown"))


def test_an_address_without_a_ledger_is_refused() -> None:
    with pytest.raises(NodeUnreachable):
        verify_from_node(SmallNode(bill_of_lading()).reader(), bytes(20), keccak(b"x"))


def test_a_malformed_log_is_refused() -> None:
    town = bill_of_lading()
    node = SmallNode(town)
    node.logs[0] = {**node.logs[0], "data": "0x00"}
    with pytest.raises(NodeUnreachable, match="log"):
        verify_from_node(node.reader(), DOMAIN.ledger, town.document)


def test_events_after_the_block_of_the_facts_are_cut_off() -> None:
    town = bill_of_lading()
    node = SmallNode(town)
    node.facts = replace(node.facts, block=max(item.block for item in town.entries))
    late = dict(node.logs[len(town.entries) + len(town.notes)])
    late["blockNumber"] = hex(node.facts.block + 5)
    node.logs.append({**late, "blockTimestamp": hex(node.facts.time + 50)})
    assert verify_from_node(node.reader(), DOMAIN.ledger, town.document).block == node.facts.block
