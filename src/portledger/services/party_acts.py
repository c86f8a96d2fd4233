"""A party's acts on itself, vetoes, enactments: judged by the ledger's own code in a dry run, then into the outbox.

What somebody carried to the ledger before it came here is done, for everyone (docs/protocol §13, A13): final once the
read model has it. What only the chain has yet, which may still lose it, is taken like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from portledger import faults
from portledger.chain import events as chain_events
from portledger.chain.contract import LedgerContract
from portledger.chain.rpc import Rpc, hexed
from portledger.domain.actions import Veto
from portledger.domain.calls_decode import Enact, PartyActCall, call_digest, decode_call
from portledger.domain.codes import PartyAct
from portledger.domain.errors import LedgerError
from portledger.domain.events import PartyChanged
from portledger.domain.refusals import InFlight, NotFound, Unavailable
from portledger.domain.signatures import address_of
from portledger.formats import api_json as wire
from portledger.services import calls
from portledger.services.ledger import Ledger
from portledger.store import outbox, read_model
from portledger.store.database import write_alone
from portledger.store.outbox import Row, Type
from portledger.store.read_model import Block

_ANYBODY = address_of(bytes(31) + b"\1")
"""Who sends these calls does not matter to the ledger; the dry run needs some account."""


class PartyActs:
    """One per intake database. clock: unix seconds."""

    def __init__(self, ledger: Ledger, rpc: Rpc, clock: Callable[[], float]) -> None:
        self._ledger, self._rpc, self._clock = ledger, rpc, clock
        self._contract = LedgerContract(rpc, ledger.deployment.ledger)

    def act(self, request: wire.PartyActRequest) -> wire.ActionStatus:
        """Raises the LedgerError that the ledger would refuse with, InvalidInput, InFlight."""
        signed = wire.signed_party_action(request)
        act = signed.party_action
        return self._take(Type.PARTY_ACT, act.digest(self._ledger.domain), calls.party_act(signed), act.party)

    def veto(self, request: wire.VetoRequest) -> wire.ActionStatus:
        change_id = wire.digest(request.change_id, "$.changeId")
        signature = wire.hex_bytes(request.signature, "$.signature")
        party = self._party_of(change_id)
        digest = Veto(party, change_id).digest(self._ledger.domain)
        return self._take(Type.VETO, digest, calls.veto(change_id, signature), party)

    def enact(self, request: wire.EnactRequest) -> wire.ActionStatus:
        change_id = wire.digest(request.change_id, "$.changeId")
        call = calls.enact(change_id, wire.hex_bytes(request.consent, "$.consent"))
        return self._take(Type.ENACT, call_digest(call), call, self._party_of(change_id))

    def _party_of(self, change_id: bytes) -> int:
        with self._ledger.databases.ledger.connect() as connection:
            found = read_model.change(connection, change_id)
        if found is None:
            raise NotFound(f"change {change_id.hex()}", "a change that was proposed")
        return found.party

    def _take(self, kind: Type, digest: bytes, call: bytes, party: int) -> wire.ActionStatus:
        row = Row(kind, digest, call, self._clock(), party=party)
        confirmed = self._confirmed()
        found = self._done(row, party) or self._under_way(row, party)
        if found is not None:
            return found
        self._require_possible(row, party, confirmed)
        return self._accept(row, party)

    def _under_way(self, row: Row, party: int) -> wire.ActionStatus | None:
        """The status of what was taken before and not refused. Raises InFlight while another one is under way."""
        with self._ledger.databases.intake.connect() as connection:
            newest = outbox.latest_of_party(connection, party)
            known = outbox.latest(connection, [row.digest]).get(row.digest)
        if known is not None and not self._refused(known[0]):
            return _accepted(row)
        if newest is not None and _waits(row) and self._open(newest[0]):
            raise InFlight(f"act {newest[1].hex()} under way", "one act of a party on itself at a time")
        return None

    def _accept(self, row: Row, party: int) -> wire.ActionStatus:
        faults.point("party.before_commit")
        with self._ledger.databases.intake.begin() as connection:
            # Looked at again, with the outbox's place held: the dry run takes its time, and the same request may have
            # come twice, in another thread or to another gateway.
            write_alone(connection, outbox.WRITERS)
            found = self._under_way(row, party)
            if found is not None:
                return found
            known = outbox.latest(connection, [row.digest]).get(row.digest)
            outbox.add(connection, [replace(row, attempt=known[1] + 1 if known else 0)])
            faults.point("party.inside_commit")
        faults.point("party.after_commit")
        return _accepted(row)

    def _confirmed(self) -> Block:
        with self._ledger.databases.ledger.connect() as connection:
            confirmed = read_model.confirmed(connection)
        if confirmed is None:
            raise Unavailable("a read model that is being built", "a complete one")
        return confirmed

    def _done(self, row: Row, party: int) -> wire.ActionStatus | None:
        """The status of what stands in the party's log already; None when it does not."""
        with self._ledger.databases.ledger.connect() as connection:
            if row.type == Type.ENACT:
                found = read_model.enacted(connection, party, _change_of(row.body))
            else:
                found = read_model.logged(connection, [row.digest]).get(row.digest)
        if found is None:
            return None
        block, tx = found
        return wire.ActionStatus(
            digest=row.digest.hex(), status="final", party=party, block=block, transaction=tx.hex()
        )

    def _require_possible(self, row: Row, party: int, confirmed: Block) -> None:
        """Raises the LedgerError of the dry run, unless the chain has just done the same thing."""
        try:
            self._contract.simulate(_ANYBODY, row.body)
        except LedgerError:
            if not self._on_chain(row, party, confirmed.number):
                raise

    def _on_chain(self, row: Row, party: int, first: int) -> bool:
        topics = [hexed(chain_events.TOPICS[PartyChanged]), hexed(party.to_bytes(32, "big"))]
        logs = self._rpc.logs(self._ledger.deployment.ledger, first, "latest", topics)
        return any(
            isinstance(entry, PartyChanged) and _same(row, entry) for entry in chain_events.decode_all(self._rpc, logs)
        )

    def _refused(self, row_id: int) -> bool:
        with self._ledger.databases.relay.connect() as connection:
            found = outbox.outcomes_of(connection, [row_id]).get(row_id)
        return found is not None and not found.final

    def _open(self, row_id: int) -> bool:
        with self._ledger.databases.relay.connect() as connection:
            return row_id not in outbox.outcomes_of(connection, [row_id])


def _accepted(row: Row) -> wire.ActionStatus:
    return wire.ActionStatus(digest=row.digest.hex(), status="accepted", party=row.party)


def _same(row: Row, entry: PartyChanged) -> bool:
    """Whether the entry is what the row asks for. An enactment is nobody's: the change counts, not the call's bytes."""
    if row.type != Type.ENACT:
        return entry.digest == row.digest
    call = decode_call(entry.call)
    return isinstance(call, Enact) and call.change_id == _change_of(row.body)


def _change_of(body: bytes) -> bytes:
    call = decode_call(body)
    assert isinstance(call, Enact)
    return call.change_id


def _waits(row: Row) -> bool:
    """Whether another act of the party on itself must be final first.

    A lock and a veto never wait: they are what an owner does against a thief, whose own acts, one after another, would
    keep the place taken. Neither depends on the party's nonce.
    """
    if row.type == Type.VETO:
        return False
    call = decode_call(row.body)
    return not (isinstance(call, PartyActCall) and call.what == PartyAct.LOCK)
