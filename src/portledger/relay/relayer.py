"""The outbox -> transactions -> outcomes.

A nonce is given once and stored with the signed transaction before it is sent; sending the same bytes again is
harmless. What became of an act is decided by its digest found on the ledger, by whatever transaction, then by a
refusal in our own transaction: anybody may have carried the same act (docs/protocol §13, A12, A13). A refusal counts
only once the read model has its block, and with it whatever came first. One act that the ledger chokes on holds up
nobody: it is sent alone, then refused. One that the node does not even take, while it takes others, gives its nonce to
a transaction that does nothing (the filler), is tried later and parked in the end (docs/adr/0024). Nonces keep the
order of one sender's transactions only: when the relayer's key is changed, the new one sends nothing while something of
the former one is not final (docs/adr/0023). Everything the loop needs to know after a crash stands in the two
databases, so that it may die at any instruction.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy import Connection, Engine

from portledger import faults, measures
from portledger.chain import reverts
from portledger.chain.contract import LedgerContract
from portledger.chain.encoding import join_batch
from portledger.chain.rpc import ChainError, NodeAnsweredError, NodeUnreachable, Rpc
from portledger.chain.signers import Ring, Signer, SignerError, SignerRefused
from portledger.chain.transactions import Transaction as ChainTransaction
from portledger.chain.transactions import transaction_hash
from portledger.domain.codes import Power
from portledger.domain.errors import PortledgerError
from portledger.domain.vault_errors import VaultError, WrongKey
from portledger.relay import watch
from portledger.services.done import Done, done
from portledger.store import outbox, read_model, relayer_keys, upkeep
from portledger.store.leases import Lease
from portledger.store.outbox import Outcome, Row, Sender, Transaction, Type
from portledger.store.read_model import Block
from portledger.store.relayer_keys import Named
from portledger.store.upkeep import Filler

log = structlog.get_logger("relayer")

GAS_PER_ACT: Final = 130_000
"""Above the dearest act in a batch with one signature, first of its ledger included (docs/performance.md)."""
GAS_PER_SIGNATURE: Final = 10_000
"""Recovery, one account read, calldata and event data of one more signature."""
GAS_ALONE: Final = 2_000_000
"""Of a transaction with one act: far above the dearest act with as many signatures as a party can have accounts."""
GAS_PER_CALL: Final = 8_000_000
"""Above a defineKind of the largest kind."""
RESEND_SECONDS: Final = 3.0
"""After this long without a receipt a transaction is handed to the node again."""
RETRY_SECONDS: Final = 0.3
"""As before, for one whose handing over failed."""
SENDINGS: Final = 3
"""So often a node that answers otherwise may fail at a transaction before its nonce goes to a filler."""
FILLER_GAS: Final = 21_000
"""Of a transfer of nothing to oneself."""
MOST_FILLERS: Final = 64
"""Unused nonces below a transaction's that are filled in one step."""
DEFER_SECONDS: Final = 10.0
"""After its first filler an act that the node does not take waits this long, after each further one twice as long."""
DEFERRALS: Final = 5
"""After so many fillers it is parked: the operator has to look at it."""
SIGN_AGAIN_SECONDS: Final = 2.0
"""Between two attempts at what could not be signed, and at a key that is not there yet."""


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """acts_per_transaction: at most; transactions_in_flight: sent and not yet settled, of all senders; look_seconds:
    between two looks at whether another key was named."""

    acts_per_transaction: int = 1000
    transactions_in_flight: int = 12
    rows_ahead: int = 20_000
    look_seconds: float = 0.1


@dataclass(slots=True)
class Flight:
    """A transaction that has its nonce, and the rows in it. sent_at, checked_at: monotonic seconds, 0 = not yet."""

    tx: Transaction
    rows: list[Row]
    sent_at: float = 0.0
    checked_at: float = 0.0
    spent_by: int | None = None
    """The newest block when the nonce was first found spent by a transaction that is not known to be this one."""
    filled: bool = False
    """Its nonce went to a filler: it is not sent any more."""

    @property
    def batch(self) -> bool:
        return self.rows[0].type == Type.ACT

    @property
    def relayers(self) -> bool:
        """Sent with a key of the relayer's, the present one or a former one, and not with a power's."""
        return self.rows[0].sender == Sender.RELAYER


@dataclass(slots=True)
class Deferred:
    """A row that waits for another try. times: how often it was put off; until: monotonic seconds."""

    times: int = 0
    until: float = 0.0
    row: Row | None = None
    """Set while it is out of the queue."""


@dataclass(slots=True)
class Relayer:
    """`step` does what can be done now. powers: who signs for the consortium's powers; ring: the relayer's own keys."""

    rpc: Rpc
    ledger: bytes
    chain_id: int
    powers: Mapping[Sender, Signer]
    ring: Ring
    intake_db: Engine
    relay_db: Engine
    ledger_db: Engine
    settings: RelaySettings = field(default_factory=RelaySettings)
    lease: Lease | None = None
    """Proven with every write; None where nobody else can be at work."""
    queue: deque[Row] = field(default_factory=deque)
    flights: list[Flight] = field(default_factory=list)
    _last_id: int = 0
    _nonces: dict[bytes, int] = field(default_factory=dict)
    _settled_at: Block | None = None
    _block_gas: int = 30_000_000
    _alone: set[int] = field(default_factory=set)
    """Rows of a batch that failed as a whole: each goes out by itself. A new life finds that out again."""
    _parked: dict[int, Row] = field(default_factory=dict)
    """Rows that are out of the way, by their id, until the operator lets them go on."""
    _failures: dict[bytes, int] = field(default_factory=dict)
    """How often the node failed at a transaction, by its hash."""
    _fillers: dict[tuple[bytes, int], Filler] = field(default_factory=dict)
    """By sender and nonce, of nonces that were not seen spent yet."""
    _deferred: dict[int, Deferred] = field(default_factory=dict)
    """Rows that the node did not take alone, by their id. A new life finds that out again."""
    refusals: Counter[str] = field(default_factory=Counter)
    """Why transactions were not signed: how often each error's code."""
    _address: bytes = b""
    """Which of the ring's keys is at work."""
    _following: bytes = b""
    """Another key was named and is there: nothing more is signed with the present one."""
    _looked_at: float = 0.0
    _look_again: float = 0.0
    _sign_again: float = 0.0
    """Monotonic seconds before which no signature of the relayer's is asked for."""
    _fill_again: float = 0.0
    """As before, of a filler's."""
    _unsigned: bool = False
    """One was asked for in this step and not given."""
    _most: int = 0
    """Acts in a transaction: fewer than the setting for a signer that refuses larger requests."""

    def start(self) -> None:
        """Picks up where the last life ended. Raises ChainError when the node fails."""
        newest = self.rpc.block() or {}
        self._block_gas = int(newest.get("gasLimit", "0x1c9c380"), 16)
        self.queue.clear()
        self.flights.clear()
        self._parked.clear()
        for one in self._deferred.values():
            one.row = None
        with self.relay_db.connect() as relay, self.intake_db.connect() as intake:
            settled = outbox.settled_ids(relay)
            self._fillers = upkeep.fillers(relay)
            for tx in outbox.unsettled(relay):
                rows = outbox.by_ids(intake, tx.items)
                filled = (tx.sender, tx.nonce) in self._fillers
                self.flights.append(Flight(tx, [rows[item] for item in tx.items], filled=filled))
            flying = {item for flight in self.flights for item in flight.tx.items}
            self._last_id = outbox.last_id(intake)
            wanted = [
                row_id for row_id in range(1, self._last_id + 1) if row_id not in settled and row_id not in flying
            ]
            waiting = outbox.by_ids(intake, wanted)
        self.queue.extend(waiting[row_id] for row_id in sorted(waiting))
        self._nonces = {}
        self._most = self.settings.acts_per_transaction
        self._following, self._look_again, self._looked_at = b"", 0.0, 0.0
        self._begin()
        self._send_unsent()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction of this relayer's database. Raises LeaseLost."""
        with self.relay_db.begin() as connection:
            if self.lease is not None:
                self.lease.prove(connection)
            yield connection

    def step(self, confirmed: Block | None) -> bool:
        """Settles, reads the outbox, sends. confirmed: how far the read model is. False when there was nothing."""
        settled = self._settle(confirmed)
        taken = self._take()
        self._take_deferred()
        self._heed_operator()
        self._put_off()
        changed = self._heed_keys()
        sent = self._send_waiting()
        return settled or taken or changed or sent

    # --- outbox -> transactions ---------------------------------------------------------------------------------------

    def _take(self) -> bool:
        room = self.settings.rows_ahead - len(self.queue)
        if room <= 0:
            return False
        with self.intake_db.connect() as connection:
            rows = outbox.after(connection, self._last_id, min(room, 4000))
        if rows:
            self._last_id = rows[-1].id
            self.queue.extend(rows)
        return bool(rows)

    def _take_deferred(self) -> None:
        """Rows whose time has come are tried again, before all others: they have waited longest."""
        now = time.monotonic()
        due = [one for one in self._deferred.values() if one.row is not None and one.until <= now]
        for one in due:
            assert one.row is not None
            self.queue.appendleft(one.row)
            one.row = None

    def _put_off(self) -> None:
        """Rows whose time has not come leave the queue."""
        now = time.monotonic()
        if not any(one.until > now for one in self._deferred.values()):
            return
        for row in [one for one in self.queue if one.id in self._deferred and self._deferred[one.id].until > now]:
            self.queue.remove(row)
            self._deferred[row.id].row = row

    def _heed_operator(self) -> None:
        """Rows that were parked leave the queue; those that were released come back in their place."""
        if not self.queue and not self._parked:
            return
        with self.relay_db.connect() as connection:
            parked = upkeep.parked_rows(connection)
        if not parked and not self._parked:
            return
        known = {row.id: row for row in [*self.queue, *self._parked.values()]}
        self._parked = {row_id: row for row_id, row in known.items() if row_id in parked}
        self.queue = deque(known[row_id] for row_id in sorted(known) if row_id not in parked)

    def _send_waiting(self) -> bool:
        sent = self._unsigned = False
        while self.queue and len(self.flights) < self.settings.transactions_in_flight:
            if self._may_not_sign():
                power = next((row for row in self.queue if row.sender != Sender.RELAYER), None)
                if power is None:
                    break
                self.queue.remove(power)
                self._send_call(power)
            elif self.queue[0].type == Type.ACT:
                self._send_batch()
            else:
                self._send_call(self.queue.popleft())
            sent = True
        return sent

    def _may_not_sign(self) -> bool:
        """Whether what the relayer's key signs has to wait; what the powers sign goes on."""
        if self._following or self._unsigned or time.monotonic() < self._sign_again:
            return True
        return any(flight.relayers and flight.tx.sender != self._address for flight in self.flights)

    def _send_batch(self) -> None:
        rows: list[Row] = []
        gas = 60_000
        while self.queue and len(rows) < self._most and self._joins(rows, self.queue[0]):
            needed = GAS_PER_ACT + GAS_PER_SIGNATURE * (len(self.queue[0].body) // 96)
            if rows and gas + needed > self._block_gas:
                break
            rows.append(self.queue.popleft())
            gas += needed
        data = join_batch([row.body for row in rows])
        self._launch(Sender.RELAYER, rows, data, min(max(gas, GAS_ALONE), self._block_gas))

    def _joins(self, rows: Sequence[Row], row: Row) -> bool:
        """Whether the row may go into a batch with those."""
        if not rows:
            return True
        return row.type == Type.ACT and row.id not in self._alone and rows[0].id not in self._alone

    def _send_call(self, row: Row) -> None:
        """A call of its own, unless somebody else's transaction has done it already."""
        with self.ledger_db.connect() as connection:
            known = done(connection, [row])
        if known:
            self._write([row], [_applied(row, known)])
        else:
            self._launch(row.sender, [row], row.body, min(GAS_PER_CALL, self._block_gas))

    def _launch(self, sender: Sender, rows: list[Row], data: bytes, gas: int) -> None:
        made_at = time.time()
        address = self._address if sender == Sender.RELAYER else self.powers[sender].address
        nonce = self._next_nonce(address)
        try:
            signer = self.ring.require(address) if sender == Sender.RELAYER else self.powers[sender]
            raw = signer.sign(ChainTransaction(nonce=nonce, gas=gas, to=self.ledger, data=data), self.chain_id)
        except (SignerError, VaultError) as failure:
            self._not_signed(rows, failure)
            return
        self._most = min(self._most + self._most // 16 + 1, self.settings.acts_per_transaction)
        tx_hash, items = transaction_hash(raw), tuple(row.id for row in rows)
        faults.point("relay.before_store")
        with self._writing() as connection:
            tx_id = outbox.add_transaction(connection, address, nonce, tx_hash, raw, items, made_at)
            faults.point("relay.inside_store")
        self._nonces[address] = nonce + 1
        flight = Flight(Transaction(tx_id, address, nonce, tx_hash, raw, items), rows)
        self.flights.append(flight)
        faults.point("relay.before_send")
        self._send(flight)
        faults.point("relay.after_send")
        watch.sent(rows, tx_hash, self.intake_db, made_at)

    def _not_signed(self, rows: Sequence[Row], failure: PortledgerError) -> None:
        """The nonce was given to nobody, and the rows wait in their places: all of the relayer's wait for its signer.

        A refused batch may only be too large for it: half as many are tried at once.
        """
        self.refusals[failure.code] += 1
        watch.not_signed(failure)
        log.error("not_signed", acts=len(rows), reason=failure.code, error=str(failure))
        self.queue.extendleft(reversed(rows))
        if isinstance(failure, SignerRefused) and len(rows) > 1:
            self._most = len(rows) // 2
        else:
            self._sign_again, self._unsigned = time.monotonic() + SIGN_AGAIN_SECONDS, True

    def _next_nonce(self, address: bytes) -> int:
        """The chain's count, or one above the highest nonce ever given, whichever is higher: each is given once."""
        if address not in self._nonces:
            with self.relay_db.connect() as connection:
                given = outbox.next_nonce(connection, address) or 0
            count = self.rpc.nonce(address)
            if count > given and self.rpc.nonce(address) < count:
                # One wrong word would leave nonces unused for ever.
                raise NodeUnreachable(f"{count} transactions of 0x{address.hex()}, then fewer", "the same answer twice")
            self._nonces[address] = max(given, count)
        return self._nonces[address]

    def _in_turn(self) -> Iterator[Flight]:
        """What may be sent: of the relayer's, no transaction while an earlier one of another sender is not final."""
        first, held = None, False
        for flight in self.flights:
            if flight.relayers:
                first = first or flight.tx.sender
                held = held or flight.tx.sender != first
            if not (held and flight.relayers):
                yield flight

    def _send_unsent(self) -> None:
        for flight in [one for one in self._in_turn() if not one.sent_at and not one.filled]:
            self._send(flight)

    def _send(self, flight: Flight) -> None:
        """Hands it to the node. A node that fails at this one, but answers otherwise, is asked again later.

        Raises NodeUnreachable when it does not answer otherwise.
        """
        flight.sent_at = time.monotonic()
        tx = flight.tx.hash
        measures.SENT.inc()
        try:
            self.rpc.send_raw(flight.tx.raw)
        except NodeAnsweredError as failure:
            # "Already known" and "nonce too low" are answers to bytes that were sent before; `_settle` finds out.
            log.info("node_answered", tx=tx.hex(), message=failure.message)
            self._failures[tx] = self._failures.get(tx, 0) + 1
        except NodeUnreachable as failure:
            self.rpc.block_number()
            log.warning("node_failed_at_transaction", tx=tx.hex(), rows=list(flight.tx.items), error=failure.found)
            self._failures[tx] = self._failures.get(tx, 0) + 1
        else:
            self._failures.pop(tx, None)

    # --- the relayer's key --------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Which key is at work; the ring's first one, where none ever was. Raises what `Ring.first` raises."""
        with self.relay_db.connect() as connection:
            at_work, _ = relayer_keys.present(connection)
        if at_work is None:
            first = self.ring.first().address
            self._powerless(first)
            with self._writing() as connection:
                relayer_keys.begin(connection, first, time.time())
            self._address = first
            log.info("relayer_key", address=first.hex())
        else:
            self._address = at_work.address

    def _heed_keys(self) -> bool:
        """Whether the key was changed: another one was named, is there, and all that this one sent is final."""
        now = time.monotonic()
        if now - self._looked_at < self.settings.look_seconds:
            return False
        self._looked_at = now
        with self.relay_db.connect() as connection:
            _, following = relayer_keys.present(connection)
        if following is None or not self._is_there(following):
            self._following = b""
            return False
        self._following = following.address
        return not any(flight.relayers for flight in self.flights) and self._change(following)

    def _is_there(self, following: Named) -> bool:
        """Whether it can sign. Until then the present key goes on, and the new one is looked for now and then."""
        if following.address == self._following:
            return True
        if time.monotonic() < self._look_again:
            return False
        try:
            self.ring.require(following.address)
            self._powerless(following.address)
        except (SignerError, VaultError) as failure:
            self._look_again = time.monotonic() + SIGN_AGAIN_SECONDS
            self.refusals[failure.code] += 1
            watch.not_signed(failure)
            log.error("next_relayer_key_not_there", address=following.address.hex(), error=str(failure))
            return False
        log.warning("relayer_key_changes", address=self._address.hex(), following=following.address.hex())
        faults.point("rotate.noticed")
        return True

    def _change(self, following: Named) -> bool:
        faults.point("rotate.before_change")
        with self._writing() as connection:
            changed = relayer_keys.switch(connection, following, time.time())
            faults.point("rotate.inside_change")
        faults.point("rotate.after_change")
        self._following = b""
        if changed:
            log.warning("relayer_key_changed", former=self._address.hex(), address=following.address.hex())
            self._address, self._sign_again = following.address, 0.0
            self._nonces.pop(following.address, None)
        return changed

    def _powerless(self, address: bytes) -> None:
        """The relayer's key authorises nothing (docs/threat_model.md): no power's and no party's. Raises WrongKey."""
        ledger = LedgerContract(self.rpc, self.ledger)
        if address in {ledger.holder(power) for power in Power} or ledger.account(address) is not None:
            raise WrongKey("the relayer's key", f"0x{address.hex()}, a party's or a power's", "one that has no power")

    # --- transactions -> outcomes -------------------------------------------------------------------------------------

    def _settle(self, confirmed: Block | None) -> bool:
        if confirmed is None:
            return False
        fresh = confirmed != self._settled_at
        self._settled_at = confirmed
        done = [flight for flight in list(self.flights) if self._settled_or_failed(flight, confirmed, fresh)]
        for flight in done:
            self.flights.remove(flight)
            self._failures.pop(flight.tx.hash, None)
        if done:
            self._send_unsent()
        return bool(done)

    def _settled_or_failed(self, flight: Flight, confirmed: Block, fresh: bool) -> bool:
        """As `_settled`. A node that fails at this one holds up no other, as long as it answers otherwise."""
        try:
            return self._settled(flight, confirmed, fresh)
        except ChainError as failure:
            self.rpc.block_number()
            log.warning("node_failed_at_transaction", tx=flight.tx.hash.hex(), error=failure.found)
            return False

    def _settled(self, flight: Flight, confirmed: Block, fresh: bool) -> bool:
        if fresh and flight.batch and self._settle_by_digest(flight):
            return True
        if fresh and not flight.batch:
            return self._settle_by_receipt(flight, confirmed)
        late = time.monotonic() - max(flight.sent_at, flight.checked_at) > self._patience(flight)
        return late and self._settle_by_receipt(flight, confirmed)

    def _patience(self, flight: Flight) -> float:
        return min(RETRY_SECONDS, RESEND_SECONDS) if flight.tx.hash in self._failures else RESEND_SECONDS

    def _settle_by_digest(self, flight: Flight) -> bool:
        """Every act found applied or refused in this transaction, which therefore was mined."""
        applied, refused = self._fates(flight)
        mined = bool(refused) or any(tx == flight.tx.hash for _, tx in applied.values())
        if not mined or any(row.digest not in applied and row.digest not in refused for row in flight.rows):
            return False
        self._finish(flight, applied, refused)
        return True

    def _fates(self, flight: Flight) -> tuple[Done, dict[bytes, tuple[int, bytes]]]:
        """Of the rows: what the ledger has done, by whatever transaction; what this transaction's batch skipped."""
        with self.ledger_db.connect() as connection:
            applied = done(connection, flight.rows, flight.tx.hash)
            return applied, read_model.refused_in(connection, flight.tx.hash) if flight.batch else {}

    def _finish(self, flight: Flight, applied: Done, refused: Mapping[bytes, tuple[int, bytes]]) -> None:
        found = []
        for row in flight.rows:
            if row.digest in applied:
                found.append(_applied(row, applied))
            elif row.digest in refused:
                block, reason = refused[row.digest]
                found.append(_refused(row, flight, block, reason))
        self._write(flight.rows, found, flight.tx)

    def _settle_by_receipt(self, flight: Flight, confirmed: Block) -> bool:
        """Calls of their own, and batches that the read model says nothing about."""
        flight.checked_at = time.monotonic()
        receipt = self.rpc.receipt(flight.tx.hash)
        if receipt is None:
            return self._settle_unmined(flight)
        block = int(receipt["blockNumber"], 16)
        if block > confirmed.number:
            return False
        succeeded = int(receipt["status"], 16) == 1
        if succeeded and not flight.batch:
            self._finish(flight, {flight.rows[0].digest: (block, flight.tx.hash)}, {})
            return True
        if flight.batch and self._settle_by_digest(flight):
            return True
        applied, refused = self._fates(flight)
        if not self._read_up_to(block):
            return False
        return self._settle_failed(flight, block, applied, refused)

    def _settle_failed(
        self, flight: Flight, block: int, applied: Done, refused: dict[bytes, tuple[int, bytes]]
    ) -> bool:
        """A mined transaction that did not do all of its rows: they were done elsewhere, or are sent alone, or refused.

        A batch fails as a whole by one act that takes all gas or is no act at all.
        """
        left = [row for row in flight.rows if row.digest not in applied and row.digest not in refused]
        if left and len(flight.rows) > 1:
            self._alone.update(row.id for row in left)
            self._give_back(flight, "a batch that failed as a whole")
            return True
        for row in left:
            data = join_batch([row.body]) if flight.batch else row.body
            spoken = next((reason for _, reason in refused.values()), None) if flight.batch else None
            refused[row.digest] = (block, spoken or self._revert_reason(flight.tx.sender, data, block))
        self._finish(flight, applied, refused)
        return True

    def _read_up_to(self, block: int) -> bool:
        """Whether the read model has that block. Asked after it was searched: what it did not say then counts."""
        with self.ledger_db.connect() as connection:
            confirmed = read_model.confirmed(connection)
        return confirmed is not None and confirmed.number >= block

    def _revert_reason(self, sender: bytes, data: bytes, block: int) -> bytes:
        """What the ledger says to the call in the state after that block; empty when nobody can tell any more.

        A node need not have that state, and the ledger may have become willing: the refusal stands all the same.
        """
        for moment in (block, "latest"):
            try:
                self.rpc.eth_call(self.ledger, data, sender, moment)
            except NodeAnsweredError as failure:
                reason = _reason(failure)
                if reason is not None:
                    return reason
            except NodeUnreachable:
                self.rpc.block_number()  # it fails at this call alone, or at everything
        return b""

    def _settle_unmined(self, flight: Flight) -> bool:
        """Nonce spent by another transaction: make a new one. Otherwise the node may have lost it: send it again."""
        sender, nonce = flight.tx.sender, flight.tx.nonce
        count = self.rpc.nonce(sender)
        if count > nonce:
            return self._settle_spent(flight)
        flight.spent_by = None
        if time.monotonic() - flight.sent_at <= self._patience(flight):
            return False
        if not any(one is flight for one in self._in_turn()):
            return False
        self._fill_unused(sender, count, nonce)
        if flight.filled:
            flight.sent_at = time.monotonic()
            self._fill(sender, nonce, "as before")
        elif count == nonce and self._failures.get(flight.tx.hash, 0) >= SENDINGS:
            self._give_nonce_away(flight)
        else:
            self._send(flight)
        return False

    def _fill_unused(self, sender: bytes, count: int, below: int) -> None:
        """Nonces that the chain waits for and that no transaction of ours has: nothing behind them would be mined."""
        ours = {flight.tx.nonce for flight in self.flights if flight.tx.sender == sender}
        for nonce in [one for one in range(count, min(below, count + MOST_FILLERS)) if one not in ours]:
            with self.relay_db.connect() as connection:
                known = outbox.has_nonce(connection, sender, nonce)
            if not known:
                self._fill(sender, nonce, "a nonce that no transaction has")

    def _give_nonce_away(self, flight: Flight) -> None:
        """The node answers and does not take this one. Its nonce goes to a filler, unless it does not take that either:
        then it takes nothing at all at present, and the transaction is not to blame."""
        flight.sent_at = time.monotonic()
        tx = flight.tx
        if self.rpc.transaction(tx.hash) is not None:
            self._failures.pop(tx.hash, None)
            return
        if not self._fill(tx.sender, tx.nonce, "a transaction that the node does not take"):
            self._send(flight)
            return
        flight.filled = True
        log.error("nonce_given_to_filler", tx=tx.hash.hex(), nonce=tx.nonce, rows=list(tx.items))
        if len(flight.rows) > 1:
            self._alone.update(tx.items)
            return
        (row,) = flight.rows
        put_off = self._deferred.setdefault(row.id, Deferred())
        put_off.until = time.monotonic() + DEFER_SECONDS * 2**put_off.times
        put_off.times += 1
        if put_off.times >= DEFERRALS:
            self._park(row)

    def _park(self, row: Row) -> None:
        reason = f"the node did not take it in {DEFERRALS} tries, each over {SENDINGS} times, and took others meanwhile"
        log.error("row_parked", row=row.id, digest=row.digest.hex(), reason=reason)
        with self._writing() as connection:
            upkeep.park(connection, [row.id], reason, time.time())
        del self._deferred[row.id]

    def _fill(self, sender: bytes, nonce: int, why: str) -> bool:
        """Spends a nonce on nothing: a transfer of nothing to oneself. Whether the node took it."""
        filler = self._fillers.get((sender, nonce))
        if filler is None:
            raw = self._signed_filler(ChainTransaction(nonce=nonce, gas=FILLER_GAS, to=sender, data=b""))
            if raw is None:
                return False
            filler = Filler(transaction_hash(raw), raw)
            with self._writing() as connection:
                upkeep.add_filler(connection, sender, nonce, filler, why, time.time())
            self._fillers[sender, nonce] = filler
        try:
            self.rpc.send_raw(filler.raw)
        except NodeAnsweredError as failure:
            log.info("node_answered", tx=filler.hash.hex(), message=failure.message)
            return self.rpc.transaction(filler.hash) is not None
        return True

    def _signed_filler(self, filler: ChainTransaction) -> bytes | None:
        """None when its sender's key is not there: what was stored is sent on until it is."""
        if time.monotonic() < self._fill_again:
            return None
        try:
            signer = next((one for one in self.powers.values() if one.address == filler.to), None)
            return (signer or self.ring.require(filler.to)).sign(filler, self.chain_id)
        except (SignerError, VaultError) as failure:
            self._fill_again = time.monotonic() + SIGN_AGAIN_SECONDS
            self.refusals[failure.code] += 1
            watch.not_signed(failure)
            log.error("filler_not_signed", nonce=filler.nonce, reason=failure.code, error=str(failure))
            return None

    def _settle_spent(self, flight: Flight) -> bool:
        """Only once the read model has the block that spent the nonce: a receipt may be late, or gone for ever."""
        if flight.spent_by is None:
            flight.spent_by = self.rpc.block_number()
        if not self._read_up_to(flight.spent_by) or self.rpc.receipt(flight.tx.hash) is not None:
            return False
        tx = flight.tx
        if (tx.sender, tx.nonce) not in self._fillers and not self._mined_by(flight):
            self._name_stranger(tx)
        self._give_back(flight, "a nonce that another transaction has spent")
        return True

    def _mined_by(self, flight: Flight) -> bool:
        """Whether the read model has something that this transaction did: its receipt may be gone."""
        applied, refused = self._fates(flight)
        return bool(refused) or any(tx == flight.tx.hash for _, tx in applied.values())

    def _name_stranger(self, tx: Transaction) -> None:
        """Somebody else sends with this key: a copy of this installation, most likely."""
        log.error(
            "key_used_elsewhere",
            sender=tx.sender.hex(), nonce=tx.nonce, tx=tx.hash.hex(),
            remedy="Find who else sends with this key, and stop it: nothing is lost, but every act waits longer.",
        )  # fmt: skip
        with self._writing() as connection:
            upkeep.add_stranger(connection, tx.sender, tx.nonce, tx.hash, time.time())
        self._nonces.pop(tx.sender, None)

    def _give_back(self, flight: Flight, why: str) -> None:
        """Its acts that have no fate yet wait again; the transaction is over."""
        log.warning("transaction_given_up", tx=flight.tx.hash.hex(), why=why)
        measures.GIVEN_UP.inc()
        applied, refused = self._fates(flight)
        with self.relay_db.connect() as connection:
            known = outbox.outcomes_of(connection, flight.tx.items)
        self._finish(flight, applied, refused)
        flying = {row.id for other in self.flights if other is not flight for row in other.rows}
        left = [
            row
            for row in flight.rows
            if row.digest not in applied and row.digest not in refused and row.id not in known and row.id not in flying
        ]
        self.queue.extendleft(reversed(left))

    def _write(self, rows: Sequence[Row], found: Sequence[Outcome], tx: Transaction | None = None) -> None:
        """Outcomes of some of the rows, and the transaction's end, in one commit."""
        faults.point("relay.before_outcome")
        with self._writing() as connection:
            known = outbox.outcomes_of(connection, [one.outbox_id for one in found])
            new = [one for one in found if one.outbox_id not in known]
            outbox.add_outcomes(connection, new)
            if tx is not None:
                outbox.settle(connection, tx.id, max((one.block for one in found), default=0))
            faults.point("relay.inside_outcome")
        faults.point("relay.after_outcome")
        watch.settled(rows, new, self.intake_db)
        self._alone.difference_update(one.outbox_id for one in found)
        for one in found:
            self._deferred.pop(one.outbox_id, None)

    # --- the chain went back ------------------------------------------------------------------------------------------

    def lost_outcomes(self) -> bool:
        """Whether the ledger lacks one of the newest things that were said to be final.

        A chain goes back by its newest blocks, so that the newest outcomes are among what it forgets. Asked at the
        beginning of every life: the one that saw the chain go back may have died before it could act on it.
        """
        with self.relay_db.connect() as connection:
            newest = outbox.newest_final(connection, outbox.CHUNK)
        return bool(self._lost(newest))

    def _lost(self, final: Sequence[Outcome]) -> list[int]:
        """The rows among these that the read model knows nothing of."""
        lost: list[int] = []
        for at in range(0, len(final), outbox.CHUNK):
            part = final[at : at + outbox.CHUNK]
            with self.intake_db.connect() as connection:
                rows = list(outbox.by_ids(connection, [one.outbox_id for one in part]).values())
            powers = {row.id for row in rows if row.type == Type.POWER}
            with self.ledger_db.connect() as connection:
                there = done(connection, rows)
                logged = read_model.logged_by(connection, [one.tx for one in part if one.outbox_id in powers])
            lost += [one.outbox_id for one in part if one.digest not in there and one.tx not in logged]
        return lost

    def chain_went_back(self) -> None:
        """Takes back what the chain has forgotten and sends those transactions again, under their own nonces.

        Called once the read model was built anew. The same bytes under the same nonces come to the same acts, those of
        former senders before those of later ones; what the ledger then refuses gets that as its outcome.
        """
        with self.relay_db.connect() as connection:
            final = [one for one in outbox.all_outcomes(connection) if one.final]
            senders = outbox.senders(connection)
        counts = {sender: self.rpc.nonce(sender) for sender in senders}
        lost = self._lost(final)
        log.warning("outcomes_taken_back", count=len(lost))
        with self._writing() as connection:
            outbox.forget_outcomes(connection, lost)
            for sender, count in counts.items():
                outbox.reopen(connection, sender, count)
        self.start()


def _applied(row: Row, applied: Done) -> Outcome:
    block, tx = applied[row.digest]
    return Outcome(row.id, row.digest, True, block, tx, None, time.time())


def _refused(row: Row, flight: Flight, block: int, reason: bytes) -> Outcome:
    return Outcome(row.id, row.digest, False, block, flight.tx.hash, reason, time.time())


def _reason(failure: NodeAnsweredError) -> bytes | None:
    """The revert's return data; None when the node failed for another reason."""
    if reverts.from_node(failure) is None:
        return None
    return reverts.return_data(failure.data) or b""
