"""What an audit ends with: counts, who may do what, and what is open, as of one block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portledger.domain.codes import PartyAct, Source
from portledger.domain.errors import PortledgerError, moment
from portledger.domain.kinds import KindFile
from portledger.evidence.audit.ledger import PackedLedger
from portledger.evidence.audit.replay import Auditor, Holders, PowerUse


@dataclass(frozen=True, slots=True)
class OpenChange:
    """A change of a party that waits. ready_at: unix seconds."""

    party: int
    change: bytes
    what: str
    source: str
    ready_at: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "party": self.party,
            "change": self.change.hex(),
            "what": self.what,
            "source": self.source,
            "readyAt": self.ready_at,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """block, time: what it is as of; head: ledgerHead, recomputed; documents: how many by (kind, state)."""

    chain_id: int
    ledger: bytes
    block: int
    time: int
    head: bytes
    events: Mapping[str, int]
    documents: Mapping[tuple[str, str], int]
    parties: int
    accounts: int
    accounts_removed: int
    open_changes: tuple[OpenChange, ...]
    suspended: tuple[tuple[int, int], ...]
    locked: tuple[int, ...]
    barred: tuple[int, ...]
    frozen: tuple[tuple[bytes, int], ...]
    holders: Mapping[str, bytes]
    pending: Mapping[str, tuple[bytes, int]]
    log0: tuple[Holders, ...]
    uses: tuple[PowerUse, ...]
    remarks: tuple[str, ...] = field(default=())

    @property
    def acts(self) -> int:
        return self.events.get("ActionApplied", 0)

    @property
    def notes(self) -> int:
        return self.events.get("NoteApplied", 0)

    @property
    def freezes(self) -> int:
        return self.events.get("Frozen", 0)

    def to_dict(self) -> dict[str, Any]:
        """Plain values; digests as hex, accounts as 0x addresses, times as unix seconds."""
        kinds: dict[str, dict[str, int]] = {}
        for (kind, state), count in self.documents.items():
            kinds.setdefault(kind, {})[state] = count
        return {
            "chainId": self.chain_id,
            "ledger": "0x" + self.ledger.hex(),
            "asOf": {"block": self.block, "time": self.time, "moment": moment(self.time)},
            "ledgerHead": self.head.hex(),
            "counts": {
                "documents": sum(self.documents.values()),
                "acts": self.acts,
                "notes": self.notes,
                "freezes": self.freezes,
                "parties": self.parties,
                "accounts": self.accounts,
                "accountsRemoved": self.accounts_removed,
            },
            "events": dict(self.events),
            "documents": kinds,
            "openChanges": [one.to_dict() for one in self.open_changes],
            "suspended": [{"party": party, "until": until} for party, until in self.suspended],
            "locked": list(self.locked),
            "recoveryBarred": list(self.barred),
            "frozen": [{"document": document.hex(), "until": until} for document, until in self.frozen],
            "powers": {power: "0x" + account.hex() for power, account in self.holders.items()},
            "pendingPowers": {
                power: {"account": "0x" + account.hex(), "readyAt": ready}
                for power, (account, ready) in self.pending.items()
            },
            "powersOverTime": [one.to_dict() for one in self.log0],
            "powersUsed": [one.to_dict() for one in self.uses],
            "remarks": list(self.remarks),
        }


def report(auditor: Auditor, block: int, time: int) -> Report:
    """What the auditor holds, as of a block (its time in unix seconds)."""
    ledger = auditor.ledger
    names = Names(ledger, auditor.kinds)
    documents: Counter[tuple[str, str]] = Counter()
    frozen = []
    for document, control, _, until in ledger.documents_now():
        documents[names.kind(control.kind), names.state(control.kind, control.state)] += 1
        if control.frozen and until > time:
            frozen.append((document, until))
    accounts = ledger.accounts.values()
    return Report(
        chain_id=ledger.domain.chain_id,
        ledger=ledger.domain.ledger,
        block=block,
        time=time,
        head=ledger.ledger_head,
        events=dict(sorted(auditor.counts.items())),
        documents=dict(sorted(documents.items())),
        parties=len(ledger.parties),
        accounts=sum(account.active for account in accounts),
        accounts_removed=sum(not account.active for account in accounts),
        open_changes=_open_changes(ledger, time),
        suspended=tuple((n, party.suspended_until) for n, party in ledger.parties.items() if party.suspended(time)),
        locked=tuple(number for number, party in ledger.parties.items() if party.locked),
        barred=tuple(number for number, party in ledger.parties.items() if party.recovery_barred),
        frozen=tuple(frozen),
        holders={power.name.lower(): holder for power, holder in ledger.holders.items()},
        pending={_power(number): pending for number, pending in sorted(ledger.pending.items())},
        log0=tuple(auditor.log0),
        uses=tuple(auditor.uses),
        remarks=names.remarks(),
    )


def _power(number: int) -> str:
    return {1: "governor", 2: "registrar", 3: "guardian"}.get(number, str(number))


def _open_changes(ledger: PackedLedger, now: int) -> tuple[OpenChange, ...]:
    waiting = [
        (change.party, name, _lower(PartyAct(change.what).name), _lower(Source(change.source).name), change.ready_at)
        for name, change in ledger.changes.items()
        if change.open(now)
    ]
    return tuple(OpenChange(*one) for one in sorted(waiting))


def _lower(name: str) -> str:
    return name.lower().replace("_", " ")


class Names:
    """Names of kinds and states: from the shipped file where its table is the sealed one, else numbers."""

    def __init__(self, ledger: PackedLedger, kinds: Mapping[int, KindFile]) -> None:
        self._known = {
            number: kinds[number]
            for number, sealed in ledger.kinds.items()
            if number in kinds and kinds[number].kind_digest == sealed.digest
        }
        self._sealed = sorted(ledger.kinds)

    def kind(self, number: int) -> str:
        file = self._known.get(number)
        return file.id if file else f"{number:#06x}"

    def state(self, kind: int, state: int) -> str:
        file = self._known.get(kind)
        try:
            return file.state_name(state) if file else f"state {state}"
        except (KeyError, PortledgerError):
            return f"state {state}"

    def remarks(self) -> tuple[str, ...]:
        """Kinds whose table this program does not ship: replayed all the same, but nobody here has read it."""
        return tuple(
            f"kind {number:#06x} is sealed with a table that this program does not ship"
            for number in self._sealed
            if number not in self._known
        )
