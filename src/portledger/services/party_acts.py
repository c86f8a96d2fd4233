"""A party's acts on itself, vetoes, enactments: judged by the ledger's own code in a dry run, then into the outbox."""

from __future__ import annotations

from collections.abc import Callable

from portledger import faults
from portledger.chain.contract import LedgerContract
from portledger.chain.rpc import Rpc
from portledger.domain.actions import Veto
from portledger.domain.calls_decode import call_digest
from portledger.domain.refusals import InFlight, NotFound
from portledger.domain.signatures import address_of
from portledger.formats import api_json as wire
from portledger.services import calls
from portledger.services.ledger import Ledger
from portledger.store import outbox, read_model
from portledger.store.outbox import Row, Type

_ANYBODY = address_of(bytes(31) + b"\1")
"""Who sends these calls does not matter to the ledger; the dry run needs some account."""


class PartyActs:
    """clock: unix seconds."""

    def __init__(self, ledger: Ledger, rpc: Rpc, clock: Callable[[], float]) -> None:
        self._ledger, self._clock = ledger, clock
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
        databases = self._ledger.databases
        with databases.intake.connect() as connection:
            known = outbox.latest(connection, [digest]).get(digest)
            under_way = outbox.latest_of_party(connection, party)
        if known is not None and not self._refused(known[0]):
            return wire.ActionStatus(digest=digest.hex(), status="accepted", party=party)
        if under_way is not None and self._open(under_way[0]):
            raise InFlight(f"act {under_way[1].hex()} under way", "one act of a party on itself at a time")
        self._contract.simulate(_ANYBODY, call)
        faults.point("party.before_commit")
        attempt = known[1] + 1 if known else 0
        with databases.intake.begin() as connection:
            row = Row(kind, digest, call, self._clock(), party=party, attempt=attempt)
            outbox.add(connection, [row])
            faults.point("party.inside_commit")
        faults.point("party.after_commit")
        return wire.ActionStatus(digest=digest.hex(), status="accepted", party=party)

    def _refused(self, row_id: int) -> bool:
        with self._ledger.databases.relay.connect() as connection:
            found = outbox.outcomes_of(connection, [row_id]).get(row_id)
        return found is not None and not found.final

    def _open(self, row_id: int) -> bool:
        with self._ledger.databases.relay.connect() as connection:
            return row_id not in outbox.outcomes_of(connection, [row_id])
