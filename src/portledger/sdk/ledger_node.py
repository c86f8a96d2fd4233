"""A node as the source of a whole ledger: what was deployed where, every event in order, and what storage holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from portledger.domain.errors import InvalidInput
from portledger.domain.events import LedgerEvent
from portledger.domain.hashing import keccak
from portledger.formats.archive import Header
from portledger.sdk import logs
from portledger.sdk.errors import NodeUnreachable
from portledger.sdk.verify import LogReader

_NAMES: Final = {
    "governor": "governor()",
    "registrar": "registrar()",
    "guardian": "guardian()",
    "ledgerHead": "ledgerHead()",
    "lastParty": "lastParty()",
    "control": "control(bytes32)",
    "head": "head(bytes32)",
    "notesHead": "notesHead(bytes32)",
    "partyHead": "partyHead(uint32)",
}
_SELECTORS: Final = {name: keccak(text.encode())[:4] for name, text in _NAMES.items()}
_FIRST_RANGE: Final = 256
_MOST_BLOCKS: Final = 1 << 16
_MANY: Final = 4000
"""Logs in one answer from which on fewer blocks are asked for."""
_BATCH: Final = 300
"""Reads in one request."""


class LedgerNode(LogReader):
    """A node that is asked for everything. ledger: 20 bytes. Raises NodeUnreachable."""

    def __init__(self, url: str, ledger: bytes, **values: Any) -> None:
        super().__init__(url, **values)
        self.ledger = ledger

    def __enter__(self) -> LedgerNode:
        return self

    def header(self, first_block: int | None = None, last_block: int | None = None) -> Header:
        """What an archive of this ledger starts with. first_block: of the deployment, else it is looked for.

        Raises InvalidInput for blocks that cannot be.
        """
        domain = self.domain(self.ledger)
        if self._number("eth_chainId") != domain.chain_id:
            raise NodeUnreachable(f"a node of another chain at {self.url}", f"chain {domain.chain_id}")
        newest = self._number("eth_blockNumber")
        last = newest if last_block is None else last_block
        if last > newest:
            raise InvalidInput("block", str(last), f"at most {newest}, the node's newest")
        first = self._deployed_in(last) if first_block is None else first_block
        if first > last:
            raise InvalidInput("block", f"{first} to {last}", "a first block that is not after the last")
        block = self.block(last)
        code = self._calls([("eth_getCode", ["0x" + self.ledger.hex(), "latest"])])[0]
        return Header(
            domain,
            self._powers(first),
            first,
            last,
            bytes.fromhex(block["hash"][2:]),
            int(block["timestamp"], 16),
            keccak(bytes.fromhex(code[2:])),
        )

    def block(self, number: int) -> dict[str, Any]:
        """A block's header as JSON-RPC has it."""
        found = self._calls([("eth_getBlockByNumber", [hex(number), False])])[0]
        if not isinstance(found, dict):
            raise NodeUnreachable(f"no block {number} at {self.url}", "a node that has the whole chain")
        return found

    def newest(self) -> int:
        return self._number("eth_blockNumber")

    def block_at(self, time: int, first: int) -> int:
        """The last block whose time is not after the given one (unix seconds); first - 1 if there is none."""
        low, high = first - 1, self.newest()
        while low < high:
            middle = (low + high + 1) // 2
            if int(self.block(middle)["timestamp"], 16) <= time:
                low = middle
            else:
                high = middle - 1
        return low

    def ledger_head(self, block: int) -> bytes:
        return self._read([("ledgerHead", b"")], block)[0]

    def events_in(self, first: int, last: int) -> Iterator[LedgerEvent]:
        """All events of the ledger in these blocks inclusive, in the chain's order, a range of blocks at a time."""
        size = _FIRST_RANGE
        while first <= last:
            upper = min(last, first + size - 1)
            try:
                found = self._logs(first, upper)
            except NodeUnreachable:
                if upper == first:
                    raise
                self.newest()  # a node that does not answer at all is not asked for less and less
                size = (upper - first + 1) // 2
                continue
            times = self._times(found)
            events = [logs.event_of(log, times[log["blockNumber"]]) for log in found]
            yield from sorted(events, key=lambda event: (event.where.block, event.where.index))
            first = upper + 1
            if len(found) > _MANY:
                size = max(1, size // 2)
            elif len(found) < _MANY // 4:
                size = min(size * 2, _MOST_BLOCKS)

    def storage(self, block: int, names: Sequence[tuple[str, bytes]]) -> Iterator[bytes]:
        """What the ledger's storage holds as of a block: one word for each (view, argument as an ABI word)."""
        for at in range(0, len(names), _BATCH):
            yield from self._read(names[at : at + _BATCH], block)

    def last_party(self, block: int) -> int:
        return int.from_bytes(self._read([("lastParty", b"")], block)[0], "big")

    def _logs(self, first: int, last: int) -> list[dict[str, Any]]:
        wanted = {"address": "0x" + self.ledger.hex(), "fromBlock": hex(first), "toBlock": hex(last)}
        answer = self._calls([("eth_getLogs", [wanted])])[0]
        if not isinstance(answer, list):
            raise NodeUnreachable(f"no logs from {self.url}", "a list of logs")
        return [log for log in answer if not log.get("removed")]

    def _read(self, names: Sequence[tuple[str, bytes]], block: int) -> list[bytes]:
        to = "0x" + self.ledger.hex()
        asked = [
            ("eth_call", [{"to": to, "data": "0x" + (_SELECTORS[name] + argument).hex()}, hex(block)])
            for name, argument in names
        ]
        words = [bytes.fromhex(str(answer)[2:]) for answer in self._calls(asked)]
        if any(len(word) != 32 for word in words):
            raise NodeUnreachable(f"no state of block {block} at {self.url}", "a node that still has it")
        return words

    def _deployed_in(self, newest: int) -> int:
        """The first block in which the ledger has code."""
        low, high = 0, newest
        try:
            while low < high:
                middle = (low + high) // 2
                if self._code_at(middle):
                    high = middle
                else:
                    low = middle + 1
        except NodeUnreachable as failure:
            raise NodeUnreachable(
                f"no old states at {self.url} to find the deployment in", "the block of the deployment",
                "Name it with --first-block; deployment.json says it.",
            ) from failure  # fmt: skip
        return high

    def _code_at(self, block: int) -> bool:
        return len(str(self._calls([("eth_getCode", ["0x" + self.ledger.hex(), hex(block)])])[0])) > 2

    def _powers(self, first: int) -> tuple[bytes, bytes, bytes]:
        """Governor, registrar, guardian of the deployment: from the state, else from what the contract was made with.

        Log 0 proves them, so that it does not matter who says it.
        """
        try:
            found = self._read([(name, b"") for name in ("governor", "registrar", "guardian")], first)
        except NodeUnreachable:
            found = self._constructed(first)
        governor, registrar, guardian = (word[12:] for word in found)
        return governor, registrar, guardian

    def _constructed(self, block: int) -> list[bytes]:
        """The last arguments of the transaction that made the contract: three addresses and the salt."""
        found = self._calls([("eth_getBlockByNumber", [hex(block), True])])[0] or {}
        for transaction in found.get("transactions", []):
            receipt = self._calls([("eth_getTransactionReceipt", [transaction["hash"]])])[0] or {}
            if str(receipt.get("contractAddress")).lower() == "0x" + self.ledger.hex():
                arguments = bytes.fromhex(transaction["input"][2:])[-128:]
                return [arguments[at : at + 32] for at in (0, 32, 64)]
        raise NodeUnreachable(f"no deployment in block {block}", "the block of the deployment", "Name --first-block.")
