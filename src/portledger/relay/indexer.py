"""Events of the chain -> the read model, block by block, from wherever it stands.

One database transaction per range of blocks writes the rows and the cursor together, so that the loop may die at any
instruction. The cursor holds a block's number and hash: when the chain no longer has that block, it went back (a lost
state, a reorganisation), and the read model is built anew from the first block.

A node's word is not taken for a block's events: they must make the ledger's own running hash. A replica behind a
balancer may lag behind the block that the last answer was about; that is waited out, not taken for a chain that went
back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import structlog
from sqlalchemy import Connection, Engine

from portledger import faults
from portledger.chain import events as chain_events
from portledger.chain.encoding import selector
from portledger.chain.rpc import ChainError, NodeAnsweredError, Rpc, unhexed
from portledger.domain import events
from portledger.domain.codes import ZERO
from portledger.store import projection, read_model, upkeep
from portledger.store.leases import Lease
from portledger.store.read_model import Block
from portledger.store.upkeep import Seen

_LEDGER_HEAD: Final = selector("ledgerHead()")
log = structlog.get_logger("indexer")

MAX_BLOCKS: Final = 32
"""Blocks in one range: bounds the memory of a catch-up."""
BEHIND_SECONDS: Final = 20.0
"""So long a node may stand below the cursor, as a lagging replica does, before its chain counts as gone back."""


class EventsMissing(ChainError):
    """The node's events of some blocks are not all that the ledger wrote in them."""

    REMEDY: ClassVar[str] = "It is asked again by itself. If this goes on, the node has lost logs: use another one."


@dataclass(frozen=True, slots=True)
class Place:
    """Which ledger on which chain. first_block: nothing of the ledger stands before it."""

    ledger: bytes
    first_block: int


class Indexer:
    """`step` does one range.

    limit: the newest block that may be shown, for a node that may still lose a newer one; confirmations: as many blocks
    must follow one before it is shown, 0 where a block is final at once; clock: monotonic seconds; lease: see there.
    """

    def __init__(
        self,
        rpc: Rpc,
        place: Place,
        ledger_db: Engine,
        effects_of: projection.EffectsOf,
        limit: Callable[[], int] | None = None,
        confirmations: int = 0,
        clock: Callable[[], float] = time.monotonic,
        lease: Lease | None = None,
    ) -> None:
        self._rpc, self._place, self._effects_of = rpc, place, effects_of
        self._ledger_db, self._limit, self._confirmations, self._clock = ledger_db, limit, confirmations, clock
        self.lease = lease
        """Proven with every write; None where nobody else can be at work."""
        self._behind_since: float | None = None
        self.rebuilds = 0
        """How often the chain went back."""
        self.complete = False
        """Whether the read model has the newest block that the last step saw."""
        self.confirmed: Block | None = None
        self.start()

    def start(self) -> None:
        """Picks up where the tables are: another indexer may have been at work."""
        self._behind_since = None
        with self._ledger_db.connect() as connection:
            self.confirmed = read_model.confirmed(connection)

    def seen(self) -> Seen:
        return Seen(self.rebuilds, self.complete, self.confirmed)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction on the read model. Raises LeaseLost."""
        with self._ledger_db.begin() as connection:
            if self.lease is not None:
                self.lease.prove(connection)
            yield connection

    def step(self) -> bool:
        """Takes the next range over; False when there was nothing new. Raises ChainError when the node fails."""
        head = self._block(None)
        if head is None:
            return False
        went_back = self._went_back(head)
        if went_back is None:
            return False
        if went_back:
            self._start_over()
        newest = self._shown(head)
        if newest is None:
            return False
        first = self._place.first_block if self.confirmed is None else self.confirmed.number + 1
        if first > newest.number:
            if not self.complete:
                with self._writing() as connection:
                    upkeep.mark_complete(connection, True)
            self.complete = True
            return False
        last = newest
        if newest.number - first >= MAX_BLOCKS:
            upper = self._block(first + MAX_BLOCKS - 1)
            if upper is None:
                return False
            last = upper
        found = chain_events.read(self._rpc, self._place.ledger, first, last.number)
        before = self.confirmed.ledger_head if self.confirmed else ZERO
        last = replace(last, ledger_head=events.ledger_head(before, found))
        self._require_all(last, head)
        faults.point("index.before_commit")
        with self._writing() as connection:
            projection.apply(connection, found, self._effects_of)
            faults.point("index.inside_commit")
            projection.move_cursor(connection, last)
            if self.complete != (last.number == newest.number):
                upkeep.mark_complete(connection, last.number == newest.number)
        faults.point("index.after_commit")
        self.confirmed = last
        self.complete = last.number == newest.number
        return True

    def _shown(self, head: Block) -> Block | None:
        """The newest block that may be shown."""
        number = head.number - self._confirmations
        if self._limit is not None:
            number = min(number, self._limit())
        if number == head.number:
            return head
        return self._block(number) if number >= 0 else None

    def _block(self, number: int | None) -> Block | None:
        block = self._rpc.block("latest" if number is None else number)
        return None if block is None else _block_of(block)

    def _went_back(self, head: Block) -> bool | None:
        """Whether the chain has forgotten what the cursor stands for; None when the node cannot tell now.

        A block with another hash, but with the same running hash over the ledger's whole history, forgot nothing: a
        node that mines its lost blocks again makes such blocks.
        """
        if self.confirmed is None:
            return False
        if head.number < self.confirmed.number:
            return self._stays_behind()
        self._behind_since = None
        known = head if head.number == self.confirmed.number else self._block(self.confirmed.number)
        if known is None:  # a lagging replica again: its chain is shorter than the one just asked
            return False
        if known.hash == self.confirmed.hash:
            return False
        agrees = self._agrees(replace(known, ledger_head=self.confirmed.ledger_head), head)
        if agrees is None and head.number - known.number <= MAX_BLOCKS:
            return None  # an error of the moment must not throw the read model away
        if not agrees:
            return True
        self.confirmed = replace(known, ledger_head=self.confirmed.ledger_head)
        with self._writing() as connection:
            projection.move_cursor(connection, self.confirmed)
        return False

    def _stays_behind(self) -> bool:
        now = self._clock()
        if self._behind_since is None:
            self._behind_since = now
        return now - self._behind_since > BEHIND_SECONDS

    def _require_all(self, last: Block, head: Block) -> None:
        """Raises EventsMissing. Blocks far below the newest one are taken on trust where the node no longer has their
        state, until a later range, which the running hash ties to them, is held to the ledger's."""
        agrees = self._agrees(last, head)
        if agrees is False or (agrees is None and head.number - last.number <= MAX_BLOCKS):
            raise EventsMissing(
                f"events up to block {last.number} that make ledgerHead {last.ledger_head.hex()}",
                "the ledgerHead that the ledger has" if agrees is False else "a node that tells the ledgerHead",
            )

    def _agrees(self, block: Block, head: Block) -> bool | None:
        """Whether the ledger has this running hash after that block. None: the node has neither that state, nor the
        newest one with the blocks between."""
        theirs = self._ledger_head(block.number)
        if theirs is not None:
            return theirs == block.ledger_head
        if not 0 <= head.number - block.number <= MAX_BLOCKS:
            return None
        ours = block.ledger_head
        if block.number < head.number:
            later = chain_events.read(self._rpc, self._place.ledger, block.number + 1, head.number)
            ours = events.ledger_head(ours, later)
        theirs = self._ledger_head("latest")
        return None if theirs is None else theirs == ours

    def _ledger_head(self, block: int | str) -> bytes | None:
        """None when the node no longer has the state of that block."""
        try:
            found = self._rpc.eth_call(self._place.ledger, _LEDGER_HEAD, block=block)
        except NodeAnsweredError:
            return None
        return found if len(found) == 32 else None

    def _start_over(self) -> None:
        log.warning("chain_went_back", cursor=self.confirmed and self.confirmed.number)
        with self._writing() as connection:
            projection.clear(connection)
            upkeep.mark_rebuild(connection)
        self.confirmed = None
        self.complete = False
        self._behind_since = None
        self.rebuilds += 1


def _block_of(block: dict[str, Any]) -> Block:
    return Block(int(block["number"], 16), unhexed(block["hash"]), int(block["timestamp"], 16))
