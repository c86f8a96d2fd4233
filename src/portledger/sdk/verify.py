"""Verifying a document from a node alone, with no gateway: the history comes from the ledger's own logs.

The ledger's part only: what is sealed lies at a gateway. A gateway that leaves acts out, or tells another history,
differs from what is found here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from portledger import resources
from portledger.domain.actions import Action, Domain, claim_id
from portledger.domain.codes import BEARER, Effect
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.events import (
    ActionApplied,
    Appointed,
    Frozen,
    KindDefined,
    LedgerEvent,
    NoteApplied,
    PartyChanged,
    Unfrozen,
    Where,
)
from portledger.domain.hashing import abi_words, keccak
from portledger.domain.records import Control
from portledger.domain.signatures import recover, split
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.history import Act, History, LedgerFacts, history_of
from portledger.evidence.result import TITLES, Result, Step
from portledger.evidence.verify import verify
from portledger.sdk import logs
from portledger.sdk.errors import NodeUnreachable
from portledger.sdk.node import Node

_ACT: Final = "(bytes32,bytes32,bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes)"
_TOPICS: Final = {
    event: "0x" + keccak((event.__name__ + types).encode()).hex()
    for event, types in (
        (ActionApplied, _ACT),
        (NoteApplied, _ACT),
        (Frozen, "(bytes32,bytes32,uint256,uint40,bytes32,address)"),
        (Unfrozen, "(bytes32,bytes32,uint256,address)"),
        (PartyChanged, "(uint32,bytes32,uint256,bytes32,bytes32,uint256,bytes32,bytes32,bytes)"),
    )
}
_EVENTS: Final = {topic: event for event, topic in _TOPICS.items()}
_EIP712_DOMAIN: Final = "0x" + keccak(b"eip712Domain()")[:4].hex()


class LogReader(Node):
    """A node whose logs are read as well. Raises NodeUnreachable for what no node of the ledger's chain answers."""

    def __enter__(self) -> LogReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def domain(self, ledger: bytes) -> Domain:
        """The signing domain as the ledger itself states it (EIP-5267)."""
        call = {"to": "0x" + ledger.hex(), "data": _EIP712_DOMAIN}
        answer = _bytes(self._calls([("eth_call", [call, "latest"])])[0])
        if len(answer) < 7 * 32 or answer[140:160] != ledger:
            raise NodeUnreachable(f"no ledger at 0x{ledger.hex()} on the node {self.url}", "a deployed ledger")
        return Domain(int.from_bytes(answer[96:128], "big"), ledger, answer[160:192])

    def control(self, ledger: bytes, document: bytes) -> Control | None:
        """The record's present state; None when there is none."""
        block = int(self._calls([("eth_blockNumber", [])])[0], 16)
        word = int.from_bytes(self._views(ledger, block, [("control", document)])[0], "big")
        return Control.unpack(word) if word else None

    def events(self, ledger: bytes, types: Iterable[type[LedgerEvent]], ids: Iterable[bytes]) -> list[LedgerEvent]:
        """The events of these types whose first indexed member is one of the ids, in the chain's order."""
        topics = [[_TOPICS[event] for event in types], ["0x" + one.hex() for one in ids]]  # type: ignore[index]
        wanted = {"address": "0x" + ledger.hex(), "fromBlock": "0x0", "toBlock": "latest", "topics": topics}
        told = [log for log in self._calls([("eth_getLogs", [wanted])])[0] if not log.get("removed")]
        times = self._times(told)
        try:
            found = [_event(log, times[log["blockNumber"]]) for log in told]
        except (KeyError, ValueError, TypeError, IndexError, InvalidInput) as failure:
            raise NodeUnreachable(f"a log that is not the ledger's ({failure})", "the ledger's events") from failure
        return sorted(found, key=lambda event: (event.where.block, event.where.index))

    def words(self, ledger: bytes, document: bytes) -> tuple[int, bytes, bytes]:
        """The record's present control, head and notesHead; control 0 when there is none."""
        block = int(self._calls([("eth_blockNumber", [])])[0], 16)
        views = [(name, document) for name in ("control", "head", "notesHead")]
        control, head, notes = self._views(ledger, block, list(views))
        return int.from_bytes(control, "big"), head, notes

    def power_events(self, ledger: bytes) -> list[KindDefined | Appointed]:
        """The entries of log 0, in the chain's order."""
        topics = [[logs.TOPICS[KindDefined], logs.TOPICS[Appointed]]]
        wanted = {"address": "0x" + ledger.hex(), "fromBlock": "0x0", "toBlock": "latest", "topics": topics}
        told = [log for log in self._calls([("eth_getLogs", [wanted])])[0] if not log.get("removed")]
        times = self._times(told)
        found = [logs.event_of(log, times[log["blockNumber"]]) for log in told]
        ordered = sorted(found, key=lambda event: (event.where.block, event.where.index))
        return [event for event in ordered if isinstance(event, KindDefined | Appointed)]

    def _times(self, told: list[dict[str, Any]]) -> dict[str, int]:
        times = {log["blockNumber"]: int(log["blockTimestamp"], 16) for log in told if log.get("blockTimestamp")}
        missing = sorted({log["blockNumber"] for log in told} - set(times))
        if missing:
            blocks = self._calls([("eth_getBlockByNumber", [number, False]) for number in missing])
            times |= {block["number"]: int(block["timestamp"], 16) for block in blocks}
        return times


def verify_from_node(node: LogReader, ledger: bytes, document: bytes) -> Result:
    """Replays a document's history from a node's logs alone. ledger: 20 bytes; document: 32.

    Raises VerificationError, NodeUnreachable, InvalidInput (a kind that this release does not ship).
    """
    domain = node.domain(ledger)
    history, facts = gather(node, domain, document)
    return verify(history, facts)


def gather(node: LogReader, domain: Domain, document: bytes) -> tuple[History, LedgerFacts]:
    """History and facts up to one block, the facts'; what happens while they are read is cut off."""
    control = node.control(domain.ledger, document)
    if control is None:
        raise VerificationError(
            int(Step.STORAGE), TITLES[Step.STORAGE], f"no record {document.hex()}", "a record on this ledger",
            "Check the document id, and that the node belongs to the right ledger.",
        )  # fmt: skip
    kind = resources.kind(control.kind)
    wanted = (domain.ledger, (ActionApplied, NoteApplied, Frozen, Unfrozen), [document])
    bare = history_of(document, kind, node.events(*wanted))
    while True:
        asked = _asked(bare)
        facts = node.facts(domain, document, *asked)
        acts = [event for event in node.events(*wanted) if event.block <= facts.block]
        bare = history_of(document, kind, acts)
        if _asked(bare) == asked:  # else an act came in between, with a party or account not asked for
            break
    parties = [abi_words(party) for party in sorted(asked[0])]
    changes = [event for event in node.events(domain.ledger, (PartyChanged,), parties) if event.block <= facts.block]
    return history_of(document, kind, [*acts, *changes]), facts


def _asked(history: History) -> tuple[set[int], set[bytes], set[bytes]]:
    """What the facts must tell of: parties, accounts, claims."""
    return parties_of(history), _signers(history), claims_of(history)


def _actions(history: History) -> list[Action]:
    return [item.action for item in (*history.entries, *history.notes) if isinstance(item, Act)]


def parties_of(history: History) -> set[int]:
    """Every party that an act or note of the history names."""
    acts = _actions(history)
    return {party for act in acts for party in (act.actor, act.counterparty, act.endorsee)} - {0, BEARER}


def _signers(history: History) -> set[bytes]:
    found = set()
    acts = [item for item in (*history.entries, *history.notes) if isinstance(item, Act)]
    for item in acts:
        for signature in split(item.signatures):
            try:
                found.add(recover(item.digest, signature))
            except PortledgerError:
                continue  # the verification itself names it
    return found


def claims_of(history: History) -> set[bytes]:
    """The claims that the history's acts made: certificate numbers under their certifiers."""
    found, state = set(), 0
    for item in history.entries:
        row = history.kind.rule(state, item.action.verb) if isinstance(item, Act) else None
        if isinstance(item, Act) and row is not None and row.effects & Effect.CLAIM:
            found.add(claim_id(item.action.kind >> 8, item.action.actor, item.action.document_reference))
        state = Control.unpack(item.control).state
    return found


# --- logs ------------------------------------------------------------------------------------------------------------


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _event(log: dict[str, Any], time: int) -> LedgerEvent:
    """One log as JSON-RPC has it. Raises what a malformed one leads to."""
    event, first = _EVENTS[log["topics"][0]], _bytes(log["topics"][1])
    where = Where(int(log["blockNumber"], 16), time, int(log["logIndex"], 16), _bytes(log["transactionHash"]))
    data = _bytes(log["data"])
    words = [data[at : at + 32] for at in range(0, len(data), 32)]
    number = [int.from_bytes(word, "big") for word in words]
    if event is Frozen:
        return Frozen(where, first, words[0], number[1], number[2], words[3], words[4][12:])
    if event is Unfrozen:
        return Unfrozen(where, first, words[0], number[1], words[2][12:])
    if event is PartyChanged:
        return PartyChanged(
            where, int.from_bytes(first, "big"), words[0], number[1], words[2], words[3], number[4], words[5],
            words[6], _tail(data, number[7]),
        )  # fmt: skip
    second = _bytes(log["topics"][2])
    make = ActionApplied if event is ActionApplied else NoteApplied
    return make(
        where, first, second, words[0], number[1], number[2], words[3], words[4], words[5], _tail(data, number[6])
    )


def _tail(data: bytes, offset: int) -> bytes:
    length = int.from_bytes(data[offset : offset + 32], "big")
    tail = data[offset + 32 : offset + 32 + length]
    if len(tail) != length:
        raise InvalidInput("log", f"{len(tail)} bytes", f"{length} bytes")
    return tail
