"""Relayer and indexer over databases of their own, stepped by hand on a chain whose blocks the test mines.

def test_something(relay: Relay, carrier: Member, shipper: Member) -> None:
    relay.accept(issue(relay.chain, carrier, shipper))     # what the gateway does before its 202
    relay.step()                                           # the relayer sends
    relay.mine()                                           # a block, and what both loops make of it
    assert [one.final for one in relay.outcomes()] == [True]
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from tests.support.node import HOUR, KEYS, Chain, Member

from portledger import resources
from portledger.chain import encoding
from portledger.chain.signers import KeySigner, Ring, of_keys
from portledger.domain.actions import PartyAction, SignedAction, SignedPartyAction, Veto
from portledger.domain.calls_decode import call_digest
from portledger.domain.codes import ZERO, PartyAct
from portledger.domain.signatures import join
from portledger.relay.indexer import Indexer, Place
from portledger.relay.relayer import Relayer, RelaySettings
from portledger.services import calls
from portledger.services.ledger import Databases, Ledger
from portledger.store import outbox
from portledger.store.outbox import Outcome, Row, Sender, Type

EBL = 0x0101


@dataclass
class Relay:
    """Both loops, stepped by hand, over databases of their own."""

    chain: Chain
    databases: Databases
    indexer: Indexer
    relayer: Relayer

    def accept(self, *acts: SignedAction) -> None:
        """What the gateway does before its 202."""
        rows = [
            Row(
                Type.ACT,
                one.action.digest(self.chain.domain, resources.kind(EBL).intent(one.action.verb)),
                encoding.signed_action(one),
                time.time(),
                one.action.document,
                one.action.actor,
                previous=one.action.previous,
            )
            for one in acts
        ]
        self._add(rows)

    def accept_call(self, sender: Sender, call: bytes, party: int | None = None) -> None:
        """A power's call."""
        self._add([Row(Type.POWER, call_digest(call), call, time.time(), party=party, sender=sender)])

    def accept_party_act(self, signed: SignedPartyAction) -> None:
        act = signed.party_action
        digest = act.digest(self.chain.domain)
        self._add([Row(Type.PARTY_ACT, digest, calls.party_act(signed), time.time(), party=act.party)])

    def accept_veto(self, party: int, change: bytes, signature: bytes) -> None:
        digest = Veto(party, change).digest(self.chain.domain)
        self._add([Row(Type.VETO, digest, calls.veto(change, signature), time.time(), party=party)])

    def accept_enactment(self, party: int, change: bytes, consent: bytes) -> None:
        call = calls.enact(change, consent)
        self._add([Row(Type.ENACT, call_digest(call), call, time.time(), party=party)])

    def _add(self, rows: list[Row]) -> None:
        with self.databases.intake.begin() as connection:
            outbox.add(connection, rows)

    def step(self) -> None:
        while self.indexer.step():
            pass
        self.relayer.step(self.indexer.confirmed)

    def mine(self) -> None:
        self.chain.mine()
        self.step()

    def outcomes(self) -> list[Outcome]:
        with self.databases.relay.connect() as connection:
            return outbox.all_outcomes(connection)

    def restart(self, ring: Ring | None = None) -> None:
        """A new life with nothing in memory."""
        self.indexer, self.relayer = loops(self.chain, self.databases, ring)

    def statuses(self) -> list[bool]:
        """Per accepted row, in order, whether it is final. Raises KeyError for a row without an outcome."""
        found = {one.outbox_id: one.final for one in self.outcomes()}
        with self.databases.intake.connect() as connection:
            return [found[row_id] for row_id in range(1, outbox.last_id(connection) + 1)]


def loops(chain: Chain, databases: Databases, ring: Ring | None = None) -> tuple[Indexer, Relayer]:
    """ring: the relayer's keys, when it is not the usual one."""
    ledger = Ledger(chain.deployment, databases, resources.kinds())
    powers = {
        Sender.GOVERNOR: KeySigner(KEYS.governor),
        Sender.REGISTRAR: KeySigner(KEYS.registrar),
        Sender.GUARDIAN: KeySigner(KEYS.guardian),
    }
    indexer = Indexer(
        chain.rpc, Place(chain.deployment.ledger, chain.deployment.block), databases.ledger, ledger.effects_of
    )
    relayer = Relayer(
        chain.rpc,
        chain.deployment.ledger,
        chain.deployment.chain_id,
        powers,
        ring or of_keys(KEYS.relayer),
        databases.intake,
        databases.relay,
        databases.ledger,
        RelaySettings(acts_per_transaction=3, look_seconds=0),
    )
    relayer.start()
    return indexer, relayer


def issue(chain: Chain, carrier: Member, shipper: Member) -> SignedAction:
    return chain.prepare(
        carrier,
        EBL,
        "ISSUE",
        reference=os.urandom(32),
        content=os.urandom(32),
        counterparty=shipper.id,
        endorsee=shipper.id,
    )


def party_act(chain: Chain, member: Member, what: PartyAct, value: bytes = ZERO, nonce: int = 0) -> SignedPartyAction:
    """One signature by the party's first account."""
    act = PartyAction(member.id, nonce, what, value, chain.now() + HOUR)
    return SignedPartyAction(act, join(act.digest(chain.domain), member.keys[:1]), b"")
