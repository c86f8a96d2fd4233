"""The system with a deliberate mistake, which the checker must notice. PORTLEDGER_BREAK names it.

loses    the relayer forgets every fifth act that it reads from the outbox
lies     an act counts as final as soon as its transaction is stored; that one is never sent, from some point on
doubles  every transaction with acts is made twice, under two nonces
ack      the gateway acknowledges before it writes, and every fifth act is never written
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from portledger.relay.relayer import Relayer
from portledger.services.submit import Submitter, _Group
from portledger.store import outbox
from portledger.store.outbox import Outcome, Sender

MISTAKES: Final = {
    "loses": "the relayer forgets every fifth act",
    "lies": "an act counts as final before it was sent",
    "doubles": "every transaction is sent twice",
    "ack": "the gateway acknowledges before it writes",
}


def loses() -> None:
    take = Relayer._take

    def forgetful(self: Relayer) -> bool:
        taken = take(self)
        for row in [row for row in self.queue if row.id > 8 and row.id % 5 == 0]:
            self.queue.remove(row)
        return taken

    Relayer._take = forgetful  # type: ignore[method-assign]


def lies() -> None:
    launch = Relayer._launch

    def hasty(self: Relayer, sender: Sender, rows: list[outbox.Row], data: bytes, gas: int) -> None:
        if sender != Sender.RELAYER or rows[0].id < 8 or rows[0].id % 3:
            launch(self, sender, rows, data, gas)
            return
        self._write(rows, [Outcome(row.id, row.digest, True, 1, bytes(32), None, time.time()) for row in rows])

    Relayer._launch = hasty  # type: ignore[method-assign]


def doubles() -> None:
    launch = Relayer._launch

    def eager(self: Relayer, sender: Sender, rows: list[outbox.Row], data: bytes, gas: int) -> None:
        launch(self, sender, rows, data, gas)
        if sender == Sender.RELAYER and rows[0].type == outbox.Type.ACT:
            launch(self, sender, list(rows), data, gas)

    Relayer._launch = eager  # type: ignore[method-assign]


def ack() -> None:
    commit = Submitter._commit

    def hasty(self: Submitter, group: _Group) -> None:
        written = [row for row in group.rows if row.digest[0] % 5]
        if written or group.brought:
            commit(self, replace(group, rows=written))

    Submitter._commit = hasty  # type: ignore[method-assign]


def apply(mistake: str) -> None:
    chosen: dict[str, Callable[[], None]] = {"loses": loses, "lies": lies, "doubles": doubles, "ack": ack}
    chosen[mistake]()
