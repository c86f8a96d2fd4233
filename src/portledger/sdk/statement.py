"""A party's own statement: what it held at a moment, each document by its history, verified from the signatures up.

What stands in it is proven by the signatures and the rules. That no document is missing, and the numbers of blocks, are
the word of whoever was asked: the gateway, or the node. An audit of the whole ledger proves them (sdk/audit).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from portledger.domain.codes import BEARER, Effect
from portledger.domain.errors import InvalidInput, PortledgerError, moment
from portledger.domain.kind_file import KindFile
from portledger.domain.records import Control
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.history import Act, Freeze
from portledger.sdk.errors import KindNotShipped, LogChanged
from portledger.sdk.reading import Reading
from portledger.sdk.verification import proven

POSSESSES: Final = "possesses"
TITLE: Final = "title"
SECURED: Final = "secured"
ISSUED: Final = "issued"
RELATIONS: Final = (POSSESSES, TITLE, SECURED, ISSUED)
_UNPROVEN: Final = (VerificationError, KindNotShipped, LogChanged)
"""What is wrong with one document does not hide the others."""


@dataclass(frozen=True, slots=True)
class Held:
    """One document as it stood. relations: some of RELATIONS; head: of its log, 64 hex, after the last thing that had
    happened, at `time` (unix seconds) in `block`; frozen: then; read_at: the block as of which it was read."""

    document: str
    kind: KindFile
    control: Control
    relations: tuple[str, ...]
    frozen: bool
    head: str
    time: int
    block: int
    read_at: int

    @property
    def state(self) -> str:
        return self.kind.state_name(self.control.state)

    def to_dict(self) -> dict[str, Any]:
        return {
            "document": self.document,
            "kind": self.kind.id,
            "state": self.state,
            "youAre": list(self.relations),
            "issuer": self.control.issuer,
            "possessor": self.control.possessor,
            "endorsee": self.control.endorsee,
            "frozen": self.frozen,
            "head": self.head,
            "since": moment(self.time),
            "block": self.block,
            "readAtBlock": self.read_at,
        }


@dataclass(frozen=True, slots=True)
class Statement:
    """until: the moment, unix seconds; unproven: documents whose history does not hold, or by rules not known here, and
    why; source: whose word the list and the blocks' numbers are."""

    party: int
    chain_id: int
    ledger: str
    until: int
    held: tuple[Held, ...]
    unproven: tuple[tuple[str, PortledgerError], ...]
    source: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "party": self.party,
            "chainId": self.chain_id,
            "ledger": self.ledger,
            "until": moment(self.until),
            "documents": [one.to_dict() for one in self.held],
            "unproven": [{"document": document, "problem": why.to_dict()} for document, why in self.unproven],
            "listAndBlocksBy": self.source,
        }


def day_of(text: str, today: date) -> date:
    """A day as it is typed, full-width digits too; nobody holds anything yet on a later one. Raises InvalidInput."""
    try:
        day = date.fromisoformat(unicodedata.normalize("NFKC", text).strip())
    except ValueError as wrong:
        raise InvalidInput("day", repr(text[:40]), "a day such as 2026-11-26") from wrong
    if day > today:
        raise InvalidInput("day", day.isoformat(), f"{today.isoformat()} at the latest")
    return day


def end_of(day: date) -> int:
    """The last second of a day (UTC), unix."""
    return int(datetime.combine(day, time(23, 59, 59), UTC).timestamp())


def statement(session: Reading, until: int, turn: AbstractContextManager[Any] | None = None) -> Statement:
    """What the party held at the end of a second (unix), in the order in which it may be listed.

    turn: held while one document is read, for whoever shares the session. Raises GatewayUnreachable, NodeUnreachable.
    """
    turn = turn or nullcontext()
    with turn:
        documents = [one.document for one in session.client.documents()]
    held: list[Held] = []
    unproven: list[tuple[str, PortledgerError]] = []
    for document in documents:
        with turn:
            try:
                found = _held(session, document, until)
            except _UNPROVEN as why:
                unproven.append((document, why))
                continue
        if found is not None:
            held.append(found)
    ledger, node = session.ledger, session.node
    source = f"node {node.url}" if node else f"gateway {session.client.url}"
    return Statement(
        session.party, ledger.chain_id, ledger.ledger, until, tuple(held), tuple(unproven), source
    )  # fmt: skip


def _held(session: Reading, document: str, until: int) -> Held | None:
    facts, history, _ = proven(session, document, session.node)
    before = [one for one in history.entries if one.time <= until]
    if not before:
        return None
    last = before[-1]
    control = Control.unpack(last.control)
    relations = tuple(_relations(control, session.party, _secured_party(history.kind, before)))
    if not relations:
        return None
    frozen = control.frozen and _frozen_until(before) > until
    return Held(
        document, history.kind, control, relations, frozen, last.head.hex(), last.time, last.block, facts.block
    )  # fmt: skip


def _relations(control: Control, party: int, secured: int) -> Iterator[str]:
    """Title is the possessor's who is endorsee, or any possessor's under BEARER (docs/protocol §3)."""
    if control.possessor == party:
        yield POSSESSES
        if control.endorsee in (party, BEARER):
            yield TITLE
    if control.secured and secured == party:
        yield SECURED
    if control.issuer == party:
        yield ISSUED


def _secured_party(kind: KindFile, entries: list[Act | Freeze]) -> int:
    """Named by the last act that secures; whether it is secured still says the control's flag."""
    secured = state = 0
    for one in entries:
        if isinstance(one, Act):
            rule = kind.rule(state, one.action.verb)
            if rule is not None and rule.effects & Effect.SECURE:
                secured = one.action.counterparty
        state = Control.unpack(one.control).state
    return secured


def _frozen_until(entries: list[Act | Freeze]) -> int:
    return next((one.until for one in reversed(entries) if isinstance(one, Freeze)), 0)
