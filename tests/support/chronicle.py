"""A whole ledger's life on the model, with the events that the contract would emit: what audits and archives read.

town = Chronicle()                       # a Market whose model writes down its events
town.join("carrier", "carrier") …
town.events, town.header(), town.archive()
"""

from __future__ import annotations

import copy
import io
from collections.abc import Iterable, Sequence
from typing import Any

from eth_abi.abi import encode
from tests.support.histories import party_act_call, register_call, selector
from tests.support.market import GOVERNOR, GUARDIAN, REGISTRAR, Market, address

from portledger import resources
from portledger.domain.actions import Registration, SignedAction, SignedPartyAction
from portledger.domain.acts import Checked
from portledger.domain.calls_decode import call_digest
from portledger.domain.codes import CONSORTIUM, DAY, FULL_SCOPE, ZERO, PartyAct, Source
from portledger.domain.events import (
    ActionApplied,
    ActionRefused,
    Appointed,
    ChangeEnacted,
    ChangeProposed,
    ChangeVetoed,
    Frozen,
    KindDefined,
    LedgerEvent,
    NoteApplied,
    PartyChanged,
    Unfrozen,
    Where,
)
from portledger.domain.hashing import keccak
from portledger.domain.model import Ledger
from portledger.domain.parties import Account, Party, account_value
from portledger.evidence.audit.replay import Auditor
from portledger.formats.archive import Header, Writer

POWERS = (GOVERNOR, REGISTRAR, GUARDIAN)
DEFINE_KIND = "defineKind(uint16,bytes32,uint256[],uint256[],uint8[],bytes32[])"


class Recording(Ledger):
    """The model with its events; every call is a block and a transaction of its own. It makes its own calldata."""

    def __init__(self, *values: Any) -> None:
        super().__init__(*values)
        self.events: list[LedgerEvent] = []
        self.block, self._index, self.now = 100, 0, 0
        self.calldata = b""
        self._ends: type[ChangeVetoed] | type[ChangeEnacted] | None = ChangeEnacted

    def called(self, now: int, text: str, values: Sequence[Any] = ()) -> bytes:
        """A transaction with this call begins; the call's digest."""
        self.block, self._index, self.now = self.block + 1, 0, now
        types = text[text.index("(") + 1 : -1]
        plain = [f"0x{value.hex()}" if isinstance(value, bytes) and len(value) == 20 else value for value in values]
        self.calldata = selector(text) + (encode(types.split(","), plain) if types else b"")
        return call_digest(self.calldata)

    def emit(self, event: type[LedgerEvent], *members: Any) -> None:
        self.events.append(event(Where(self.block, self.now, self._index, keccak(b"tx %d" % self.block)), *members))
        self._index += 1

    # --- documents --------------------------------------------------------------------------------------------------

    def execute(self, signed: SignedAction, now: int) -> Checked:
        checked = super().execute(signed, now)
        self.called(now, "execute()")
        self._applied(signed, checked)
        return checked

    def batch(self, items: Sequence[SignedAction], now: int) -> None:
        """One transaction: what is refused is skipped with an event."""
        self.called(now, "executeBatch()")
        for at, signed in enumerate(items):
            (outcome,) = super().execute_batch([signed], now)
            if outcome.refusal is None:
                continue
            self.emit(ActionRefused, at, outcome.digest, b"\x01\x02\x03\x04")

    def _applied(self, signed: SignedAction, checked: Checked) -> None:
        act, stored = signed.action, self.document(signed.action.document)
        event, head = (NoteApplied, stored.notes_head) if checked.rule.note else (ActionApplied, stored.standing.head)
        self.emit(
            event, act.document, checked.digest, head, stored.standing.control.pack(), act.terms(), act.content,
            act.document_reference, act.detail, signed.signatures,
        )  # fmt: skip

    def freeze(self, sender: bytes, document: bytes, until: int, reason: bytes, now: int) -> None:
        super().freeze(sender, document, until, reason, now)
        self.called(now, "freeze()")
        standing = self.document(document).standing
        self.emit(Frozen, document, standing.head, standing.control.pack(), until, reason, sender)

    def unfreeze(self, sender: bytes, document: bytes, now: int) -> None:
        super().unfreeze(sender, document, now)
        self.called(now, "unfreeze()")
        standing = self.document(document).standing
        self.emit(Unfrozen, document, standing.head, standing.control.pack(), sender)

    # --- the consortium ---------------------------------------------------------------------------------------------

    def define_kind(self, sender: bytes, *values: Any, now: int, call: bytes = ZERO) -> None:  # type: ignore[override]
        super().define_kind(sender, *values, now=now, call=self.called(now, DEFINE_KIND, values))
        head, kind = self.party_heads[CONSORTIUM], values[0]
        self.emit(KindDefined, kind, self.kinds[kind].digest, values[1], head, sender, self.calldata)

    def appoint(self, sender: bytes, power: int, account: bytes, now: int, call: bytes = ZERO) -> None:
        super().appoint(sender, power, account, now, self.called(now, "appoint(uint8,address)", (power, account)))
        self.emit(Appointed, power, account, now + 7 * DAY, self.party_heads[CONSORTIUM], sender)

    def accept(self, sender: bytes, power: int, now: int, call: bytes = ZERO) -> None:
        super().accept(sender, power, now, self.called(now, "accept(uint8)", (power,)))
        self.emit(Appointed, power, sender, 0, self.party_heads[CONSORTIUM], sender)

    # --- parties ----------------------------------------------------------------------------------------------------

    def register(self, sender: bytes, registration: Registration, now: int, call: bytes = ZERO) -> int:
        self.called(now, "register()")
        self.calldata = register_call(registration)
        return super().register(sender, registration, now, call_digest(self.calldata))

    def party_act(self, signed: SignedPartyAction, now: int) -> bool:
        self.called(now, "partyAct()")
        self.calldata = party_act_call(signed.party_action, signed.signatures, signed.consent)
        return super().party_act(signed, now)

    def propose(self, sender: bytes, party: int, what: int, value: bytes, now: int, call: bytes = ZERO) -> bytes:
        digest = self.called(now, "propose(uint32,uint8,bytes32)", (party, int(what), value))
        return super().propose(sender, party, what, value, now, digest)

    def order(
        self, sender: bytes, party: int, what: int, value: bytes, order_digest: bytes, now: int, call: bytes = ZERO
    ) -> bytes | None:
        values = (party, int(what), value, order_digest)
        digest = self.called(now, "order(uint32,uint8,bytes32,bytes32)", values)
        return super().order(sender, party, what, value, order_digest, now, digest)

    def cancel_order(self, sender: bytes, change: bytes, now: int, call: bytes = ZERO) -> None:
        self._ends = None
        super().cancel_order(sender, change, now, self.called(now, "cancelOrder(bytes32)", (change,)))
        self._ends = ChangeEnacted

    def veto(self, change: bytes, signature: bytes, now: int) -> None:
        self.called(now, "veto(bytes32,bytes)", (change, signature))
        self._ends = ChangeVetoed
        super().veto(change, signature, now)
        self._ends = ChangeEnacted

    def enact(self, change: bytes, consent: bytes, now: int, call: bytes = ZERO) -> None:
        super().enact(change, consent, now, self.called(now, "enact(bytes32,bytes)", (change, consent)))

    def suspend(self, sender: bytes, party: int, until: int, now: int, call: bytes = ZERO) -> None:
        super().suspend(sender, party, until, now, self.called(now, "suspend(uint32,uint40)", (party, until)))

    def reinstate(self, sender: bytes, party: int, now: int, call: bytes = ZERO) -> None:
        super().reinstate(sender, party, now, self.called(now, "reinstate(uint32)", (party,)))

    def _open(self, party: int, source: Source, what: PartyAct, value: bytes, delay: int, now: int) -> bytes:
        name = super()._open(party, source, what, value, delay, now)
        self.emit(ChangeProposed, party, name, int(what), int(source), value, now + delay)
        return name

    def _kill(self, change: bytes) -> None:
        super()._kill(change)
        if self._ends is not None:
            self.emit(self._ends, self.changes[change].party, change)

    def _log(
        self, party: int, word: Party, digest: bytes, touched: tuple[bytes, Account] | None, signers: bytes, now: int
    ) -> None:
        super()._log(party, word, digest, touched, signers, now)
        self.emit(
            PartyChanged, party, digest, word.pack(), self.profiles[party], self.encryption_keys[party],
            touched[1].pack() if touched else 0, signers, self.party_heads[party], self.calldata,
        )  # fmt: skip


class Chronicle(Market):
    """A market whose life is written down."""

    def __init__(self, kind: str = "ebl-negotiable") -> None:
        super().__init__(kind)
        self.model: Recording = Recording(self.domain, *POWERS)
        for known in resources.kinds().values():
            self.model.define_kind(GOVERNOR, *known.define_arguments(), now=self.now)

    @property
    def events(self) -> list[LedgerEvent]:
        return self.model.events

    def header(self, **values: Any) -> Header:
        standard = {
            "domain": self.domain, "powers": POWERS, "first_block": 100, "last_block": self.model.block + 5,
            "last_hash": keccak(b"last block"), "last_time": self.now + 60, "code_digest": keccak(b"code"),
        }  # fmt: skip
        return Header(**{**standard, **values})

    def archive(self, events: Iterable[LedgerEvent] | None = None) -> bytes:
        return archive(self.header(), self.events if events is None else events)

    def audited(self, events: Iterable[LedgerEvent] | None = None) -> Auditor:
        """Replays the events to the end. Raises AuditFailed."""
        header = self.header()
        auditor = Auditor(self.domain, POWERS, header.first_block, resources.kinds())
        for event in self.events if events is None else events:
            auditor.take(event)
        auditor.finish(self.model.ledger_head, header.last_block)
        return auditor

    def use(self, kind: str) -> None:
        """What follows is about a document of another kind."""
        self.kind, self.document = resources.kind(kind), ZERO


def archive(header: Header, events: Iterable[LedgerEvent]) -> bytes:
    sink = io.BytesIO()
    writer = Writer(sink, header)
    for event in events:
        writer.add(event)
    writer.close()
    return sink.getvalue()


def fork(auditor: Auditor) -> Auditor:
    """The same auditor once more, to go on in another way: what it holds is values in dictionaries and lists."""
    twin = copy.copy(auditor)
    twin.ledger = copy.copy(auditor.ledger)
    for one in (twin, twin.ledger):
        for name, value in vars(one).items():
            if isinstance(value, dict | set | list):
                setattr(one, name, copy.copy(value))
    twin.ledger.recover = twin.ledger._recover
    return twin


def whole_life() -> Chronicle:
    """Something of everything that a ledger can write down, in all its logs."""
    town = Chronicle()
    town.join("carrier", "carrier")
    town.join("shipper", "shipperOrConsignee")
    town.join("bank", "bank", scopes=(FULL_SCOPE,) * 3, threshold=2)
    town.join("chamber", "certifier")
    town.join("customs", "customs")
    _bill(town)
    _registry(town)
    _certificate(town)
    _powers(town)
    return town


def _bill(town: Chronicle) -> None:
    town.pass_time(60)
    town.do("carrier", "ISSUE", to="shipper", endorsee="shipper")
    town.pass_time(60)
    town.do("shipper", "ACCEPT")
    town.do("carrier", "NOTICE")
    town.do("carrier", "NOTICE")
    town.pass_time(60)
    town.do("shipper", "ENDORSE", endorsee="bank")
    town.do("shipper", "OFFER", to="bank")
    town.pass_time(60)
    town.do("bank", "ACCEPT")
    town.model.freeze(GUARDIAN, town.document, town.now + DAY, keccak(b"court order"), town.now)
    town.pass_time(60)
    town.model.unfreeze(GOVERNOR, town.document, town.now)
    town.do("carrier", "NOTICE")
    stale = town.sign(town.prepare("bank", "SURRENDER_FOR_DELIVERY", previous=ZERO), ["bank 0", "bank 1"])
    town.model.batch([stale], town.now)
    town.do("bank", "SURRENDER_FOR_DELIVERY")
    town.pass_time(60)
    town.do("carrier", "ACCEPT_SURRENDER")
    town.document = ZERO
    town.do("carrier", "ISSUE", to="shipper", endorsee="bearer")


def _registry(town: Chronicle) -> None:
    """Accounts, thresholds, locks, changes that wait, vetoes, orders, suspensions."""
    bank = town.numbers["bank"]
    added = account_value(address("bank 3"), FULL_SCOPE)
    town.do_party("bank", PartyAct.ADD_ACCOUNT, added, ["bank 0", "bank 1"], adding=("bank 3", FULL_SCOPE))
    town.do_party("bank", PartyAct.REMOVE_ACCOUNT, account_value(address("bank 3")), ["bank 0"])
    removal = town.model.open_changes[bank, Source.PARTY, PartyAct.REMOVE_ACCOUNT]
    vetoed = town.model.propose(REGISTRAR, bank, PartyAct.SET_THRESHOLD, (1).to_bytes(32, "big"), town.now)
    town.pass_time(3600)
    town.veto("bank", vetoed, "bank 1")
    town.do_party("shipper", PartyAct.LOCK)
    town.do_party("shipper", PartyAct.UNLOCK)
    town.do_party("shipper", PartyAct.ROTATE_ENCRYPTION_KEY, keccak(b"another key"))
    profile = keccak(b"another profile")
    town.model.propose(REGISTRAR, town.numbers["shipper"], PartyAct.SET_PROFILE, profile, town.now)
    town.do_party("shipper", PartyAct.SET_PROFILE, profile)
    town.pass_time(7 * DAY)
    town.model.enact(removal, b"", town.now)
    town.model.suspend(REGISTRAR, town.numbers["customs"], town.now + DAY, town.now)
    town.pass_time(60)
    town.model.reinstate(REGISTRAR, town.numbers["customs"], town.now)
    order = town.model.order(
        GOVERNOR, town.numbers["chamber"], PartyAct.SET_THRESHOLD, (1).to_bytes(32, "big"), keccak(b"order"), town.now
    )
    assert order is not None
    town.pass_time(60)
    town.model.cancel_order(GOVERNOR, order, town.now)
    roles = town.party("customs").roles.to_bytes(32, "big")
    town.model.order(GOVERNOR, town.numbers["customs"], PartyAct.SET_ROLES, roles, keccak(b"order 2"), town.now)


def _certificate(town: Chronicle) -> None:
    town.use("certificate-of-origin")
    town.do("shipper", "APPLY", to="chamber")
    town.pass_time(60)
    town.do("chamber", "CERTIFY", endorsee="customs", document_reference=town.fresh())
    town.do("customs", "VERIFY")
    town.pass_time(60)
    town.do("customs", "USE_PART", quantity=400_000)


def _powers(town: Chronicle) -> None:
    """An appointment that was accepted, one that waits; a change and a freeze that are open at the end."""
    successor = b"\xb3" * 20
    town.model.appoint(GOVERNOR, 3, successor, town.now)
    town.pass_time(7 * DAY)
    town.model.accept(successor, 3, town.now)
    town.model.appoint(GOVERNOR, 2, b"\xb2" * 20, town.now)
    town.model.freeze(successor, town.document, town.now + 5 * DAY, keccak(b"second order"), town.now)
    town.model.propose(
        REGISTRAR, town.numbers["carrier"], PartyAct.ADD_ACCOUNT, account_value(address("carrier 1"), 1), town.now
    )
    town.model.suspend(REGISTRAR, town.numbers["shipper"], town.now + 3 * DAY, town.now)
    town.do_party("customs", PartyAct.LOCK)
