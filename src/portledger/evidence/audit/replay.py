"""The replay: each event is turned back into the call that made it, given to the model, and compared with what it did.

The model is the one truth about rules (domain.model). Here stands only what an event says beyond them: its place, its
digest, its result, its head, and which changes it opened or ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portledger.domain.actions import Domain, PartyAction, SignedPartyAction
from portledger.domain.calls_decode import (
    CancelOrder,
    Enact,
    Order,
    PartyActCall,
    Propose,
    Register,
    RegistryCall,
    Reinstate,
    Suspend,
    VetoCall,
    call_digest,
    decode_call,
    decode_define_kind,
)
from portledger.domain.codes import CONSORTIUM, ZERO, PartyAct, Power
from portledger.domain.errors import PortledgerError, moment
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
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.kinds import KindFile
from portledger.domain.records import Control
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.audit.ledger import PackedLedger, Signers

Change = ChangeProposed | ChangeVetoed | ChangeEnacted
_SEQUENCE: Final = (
    "An event is missing, doubled, moved or altered here or before: export the ledger again, from another node."
)
_APPOINT: Final = keccak(b"appoint(uint8,address)")[:4]
_ACCEPT: Final = keccak(b"accept(uint8)")[:4]


class AuditFailed(VerificationError):
    """The ledger, as it was told, does not follow from its own events.

    number: of the event, from 1; where: its place, None when the failure is about the whole.
    """

    def __init__(
        self, check: str, found: str, allowed: str, remedy: str = "", entry: str = "", number: int = 0,
        place: Where | None = None,
    ) -> None:  # fmt: skip
        super().__init__(0, check, found, allowed, remedy or _SEQUENCE, entry)
        self.args = (check, found, allowed, remedy, entry, number, place)
        self.at_step = check
        self.number, self.place = number, place

    def parameters(self) -> dict[str, Any]:
        place = self.place
        return {
            "check": self.check,
            "entry": self.entry,
            "event": self.number,
            **({"block": place.block, "logIndex": place.index, "tx": place.tx.hex()} if place else {}),
        }

    def __str__(self) -> str:
        where = f", {self.entry}" if self.entry else ""
        return f"audit ({self.check}{where}): found {self.found}; expected {self.allowed}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class PowerUse:
    """One use of one of the consortium's powers. power: empty for an acceptance, which is the appointed's."""

    block: int
    time: int
    power: str
    sender: bytes
    what: str
    on: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "block": self.block,
            "time": self.time,
            "power": self.power,
            "sender": "0x" + self.sender.hex(),
            "what": self.what,
            "on": self.on,
        }


@dataclass(frozen=True, slots=True)
class Holders:
    """Who held the three powers from an entry of log 0 on; number 0 is the deployment."""

    number: int
    block: int
    time: int
    what: str
    governor: bytes
    registrar: bytes
    guardian: bytes

    def to_dict(self) -> dict[str, Any]:
        return {
            "entry": self.number,
            "block": self.block,
            "time": self.time,
            "what": self.what,
            **{power: "0x" + getattr(self, power).hex() for power in ("governor", "registrar", "guardian")},
        }


class Auditor:
    """Takes the events of a ledger one by one, from its first; what it holds of them afterwards is `ledger`.

    powers: governor, registrar, guardian of the deployment (20 bytes each): every entry of log 0 proves them. kinds:
    files by number, for names in messages and report only; the rules come from the ledger's own log.
    """

    def __init__(
        self, domain: Domain, powers: Sequence[bytes], first_block: int = 0, kinds: Mapping[int, KindFile] | None = None
    ) -> None:
        """Raises BadParameter when the powers are not three different accounts."""
        self.powers = tuple(powers)
        self.ledger = PackedLedger(domain, *powers)
        self.first_block = first_block
        self.kinds = dict(kinds or {})
        self.taken = 0
        self.last: Where | None = None
        self.counts: Counter[str] = Counter()
        self.uses: list[PowerUse] = []
        self.log0: list[Holders] = [Holders(0, first_block, 0, "deployment", *powers)]
        self._waiting: list[Change] = []

    def take(self, event: LedgerEvent, signers: Signers | None = None) -> None:
        """One event, the next on the chain. signers: who signed, as far as it was recovered beforehand.

        Raises AuditFailed, and then is not to be used on.
        """
        self.ledger.known = signers or {}
        self._in_order(event)
        try:
            self._handle(event)
        except PortledgerError as failure:
            if isinstance(failure, AuditFailed):
                raise
            raise self._refused(event, failure) from failure
        self.taken += 1
        self.last = event.where
        self.counts[type(event).__name__] += 1

    def compare(self, claimed: bytes, remedy: str = "") -> None:
        """Compares the running hash with what somebody claims it to be. Raises AuditFailed."""
        if self.ledger.ledger_head != claimed:
            raise AuditFailed(
                "ledgerHead",
                f"{claimed.hex()}, claimed",
                f"{self.ledger.ledger_head.hex()}, recomputed over {self.taken} events",
                remedy
                or "Events at the end are missing, or the ledger went on since: read it again, from another node.",
            )

    def finish(self, claimed: bytes, last_block: int) -> None:
        """After the last event. claimed: the ledgerHead as of last_block. Raises AuditFailed."""
        self._nothing_waits()
        if self.last is not None and self.last.block > last_block:
            raise AuditFailed("last block", f"an event of block {self.last.block}", f"at most {last_block}")
        self.compare(claimed)

    # --- places ------------------------------------------------------------------------------------------------------

    def _in_order(self, event: LedgerEvent) -> None:
        here, last = event.where, self.last
        if here.block < self.first_block:
            raise self._fail(event, "order of events", f"block {here.block}", f"{self.first_block} or later")
        if last is None:
            return
        if (here.block, here.index) <= (last.block, last.index):
            raise self._fail(
                event, "order of events", f"block {here.block}, log {here.index}",
                f"after block {last.block}, log {last.index}",
            )  # fmt: skip
        if here.time < last.time or (here.block == last.block and here.time != last.time):
            raise self._fail(
                event, "time of the block", moment(here.time),
                f"{moment(last.time)}, the block's" if here.block == last.block else f"{moment(last.time)} or later",
            )  # fmt: skip

    def _fail(self, event: LedgerEvent, check: str, found: str, allowed: str, remedy: str = "") -> AuditFailed:
        return AuditFailed(check, found, allowed, remedy, self.named(event), self.taken + 1, event.where)

    def _want(self, event: LedgerEvent, check: str, found: bytes, computed: bytes) -> None:
        if found != computed:
            raise self._fail(event, check, found.hex(), f"{computed.hex()}, recomputed")

    def named(self, event: LedgerEvent) -> str:
        """The event as messages call it: "event 17 (block 12, log 3), OFFER of document 4f1c2a7788990011…"."""
        return f"event {self.taken + 1} (block {event.block}, log {event.index}), {self._subject(event)}"

    def _subject(self, event: LedgerEvent) -> str:
        if isinstance(event, ActionApplied | NoteApplied):
            kind, verb = event.terms & 0xFFFF, event.terms >> 16 & 0xFF
            return f"{self.verb_name(kind, verb)} of document {event.document.hex()[:16]}…"
        if isinstance(event, Frozen | Unfrozen):
            return f"{type(event).__name__} of document {event.document.hex()[:16]}…"
        if isinstance(event, PartyChanged | Change):
            return f"{type(event).__name__} of party {event.party}"
        if isinstance(event, KindDefined):
            return f"KindDefined of kind {event.kind:#06x}"
        return type(event).__name__

    def verb_name(self, kind: int, verb: int) -> str:
        file = self.kinds.get(kind)
        try:
            return file.verb_name(verb) if file else f"verb {verb}"
        except (KeyError, PortledgerError):
            return f"verb {verb}"

    def _refused(self, event: LedgerEvent, failure: PortledgerError) -> AuditFailed:
        """The model refuses what the event says happened; where the digest does not follow either, that is why."""
        if isinstance(event, ActionApplied | NoteApplied):
            try:
                action = event.signed(self.ledger.head_of(event.document)).action
                digest = action.digest_with(self.ledger.domain, self.ledger.intent_hash(action.kind, action.verb))
                self._want(event, "digest", event.digest, digest)
            except AuditFailed as first:
                return first
            except PortledgerError:
                pass
        check = f"{failure.code} at check {failure.at_step}" if failure.at_step else failure.code
        return self._fail(
            event, check, failure.found or str(failure), failure.allowed or "what the rules allow",
            "The rules do not allow what was recorded: the event was forged or altered, or one before it is missing.",
        )  # fmt: skip

    # --- what each event says ----------------------------------------------------------------------------------------

    def _handle(self, event: LedgerEvent) -> None:
        if isinstance(event, ActionApplied | NoteApplied):
            self._nothing_waits()
            self._act(event)
        elif isinstance(event, ChangeProposed | ChangeVetoed | ChangeEnacted):
            self._same_transaction(event)
            self._waiting.append(event)
        elif isinstance(event, PartyChanged):
            self._same_transaction(event)
            self._party(event)
        else:
            self._nothing_waits()
            self._rare(event)

    def _rare(self, event: LedgerEvent) -> None:
        if isinstance(event, Frozen):
            self.ledger.freeze(event.sender, event.document, event.until, event.reason, event.time)
            self._marked(event)
        elif isinstance(event, Unfrozen):
            self.ledger.unfreeze(event.sender, event.document, event.time)
            self._marked(event)
        elif isinstance(event, KindDefined):
            self._kind(event)
        elif isinstance(event, Appointed):
            self._appointed(event)
        elif not isinstance(event, ActionRefused):
            raise self._fail(event, "type of event", type(event).__name__, "an event of the ledger")

    def _act(self, event: ActionApplied | NoteApplied) -> None:
        ledger = self.ledger
        checked = ledger.execute(event.signed(ledger.head_of(event.document)), event.time)
        self._want(event, "digest", event.digest, checked.digest)
        note = isinstance(event, NoteApplied)
        if checked.rule.note != note:
            raise self._fail(event, "type of event", type(event).__name__, "a note" if checked.rule.note else "an act")
        packed = ledger.packed[event.document]
        self._want(event, "control", event.control.to_bytes(32, "big"), packed[:32])
        self._want(event, "head", event.head, packed[73:105] if note else packed[32:64])

    def _marked(self, event: Frozen | Unfrozen) -> None:
        packed = self.ledger.packed[event.document]
        self._want(event, "control", event.control.to_bytes(32, "big"), packed[:32])
        self._want(event, "head", event.head, packed[32:64])
        power = Power.GUARDIAN if event.sender == self.ledger.holders[Power.GUARDIAN] else Power.GOVERNOR
        what = f"freeze until {moment(event.until)}" if isinstance(event, Frozen) else "unfreeze"
        self._used(event, power, event.sender, what, f"document {event.document.hex()}")

    def _kind(self, event: KindDefined) -> None:
        table = decode_define_kind(event.call)
        self.ledger.define_kind(
            event.sender, table.kind, table.file_digest, table.keys, table.words, table.verbs, table.intents,
            event.time, call_digest(event.call),
        )  # fmt: skip
        self.ledger.tables[table.kind] = event.call
        if event.kind != table.kind:
            raise self._fail(event, "kind", f"{event.kind:#06x}", f"{table.kind:#06x}, the call's")
        self._want(event, "file digest", event.file_digest, table.file_digest)
        self._want(event, "kind digest", event.kind_digest, self.ledger.kinds[table.kind].digest)
        self._want(event, "head", event.head, self.ledger.party_heads[CONSORTIUM])
        self._used(event, Power.GOVERNOR, event.sender, "define kind", f"kind {event.kind:#06x}")
        self._log0(event, f"kind {event.kind:#06x} defined")

    def _appointed(self, event: Appointed) -> None:
        """The event has no calldata; it is the plain encoding of what the event names (docs/protocol §11)."""
        ledger = self.ledger
        if event.ready_at:
            call = call_digest(_APPOINT + abi_words(event.power, event.account))
            ledger.appoint(event.sender, event.power, event.account, event.time, call)
            ready_at = ledger.pending[event.power][1]
            if event.ready_at != ready_at:
                raise self._fail(event, "ready at", str(event.ready_at), str(ready_at))
            what = f"appoint {_power_name(event.power)}"
        else:
            ledger.accept(event.sender, event.power, event.time, call_digest(_ACCEPT + abi_words(event.power)))
            self._want(event, "account", event.account, event.sender)
            what = f"accept {_power_name(event.power)}"
        self._want(event, "head", event.head, ledger.party_heads[CONSORTIUM])
        power = Power.GOVERNOR if event.ready_at else None
        self._used(event, power, event.sender, what, "0x" + event.account.hex())
        self._log0(event, what)

    def _log0(self, event: LedgerEvent, what: str) -> None:
        self.log0.append(Holders(len(self.log0), event.block, event.time, what, *self.ledger.holders.values()))

    def _used(self, event: LedgerEvent, power: Power | None, sender: bytes, what: str, on: str) -> None:
        name = power.name.lower() if power else ""
        self.uses.append(PowerUse(event.block, event.time, name, sender, what, on))

    # --- parties -----------------------------------------------------------------------------------------------------

    def _party(self, event: PartyChanged) -> None:
        ledger, party = self.ledger, event.party
        before = ledger.party_heads.get(party, ZERO)
        ledger.opened.clear()
        ledger.ended.clear()
        call = decode_call(event.call)
        found = self._carried_out(call, event)
        if found != party:
            raise self._fail(event, "party", str(party), f"{found}, the call's")
        self._want(event, "party word", event.party_word.to_bytes(32, "big"), abi_words(ledger.parties[party].pack()))
        self._want(event, "profile", event.profile, ledger.profiles[party])
        self._want(event, "encryption key", event.encryption_key, ledger.encryption_keys[party])
        result = keccak(abi_words(event.party_word, event.profile, event.encryption_key, event.account_word))
        said = entry(before, event.digest, result, event.signers, event.time)
        computed = ledger.party_heads[party]
        self._want(event, "head", event.head, computed)
        if said != computed:
            raise self._fail(
                event, "digest, signers or account word", f"an entry that hashes to {said.hex()}", computed.hex()
            )
        self._changes(call, event)

    def _carried_out(self, call: RegistryCall, event: PartyChanged) -> int:
        """Gives the call to the model; the party that it is about."""
        ledger, now, sender = self.ledger, event.time, event.signers[12:]
        digest = call_digest(event.call)
        match call:
            case PartyActCall():
                act = PartyAction(call.party, 0, call.what, call.value, call.deadline)
                ledger.party_act(SignedPartyAction(act, call.signatures, call.consent), now)
                return call.party
            case VetoCall():
                ledger.veto(call.change_id, call.signature, now)
                return ledger.changes[call.change_id].party
            case Enact():
                ledger.enact(call.change_id, call.consent, now, digest)
                return ledger.changes[call.change_id].party
            case _:
                return self._by_power(call, event, sender, digest)

    def _by_power(self, call: RegistryCall, event: PartyChanged, sender: bytes, digest: bytes) -> int:
        ledger, now = self.ledger, event.time
        power = Power.GOVERNOR if sender == ledger.holders[Power.GOVERNOR] else Power.REGISTRAR
        match call:
            case Register():
                party, what = ledger.register(sender, call.registration, now, digest), "register"
            case Propose():
                ledger.propose(sender, call.party, call.what, call.value, now, digest)
                party, what = call.party, f"propose {_what_name(call.what)}"
            case Order():
                ledger.order(sender, call.party, call.what, call.value, call.order_digest, now, digest)
                party, what = call.party, f"order {_what_name(call.what)}"
            case CancelOrder():
                ledger.cancel_order(sender, call.change_id, now, digest)
                party, what = ledger.changes[call.change_id].party, "cancel order"
            case Suspend():
                ledger.suspend(sender, call.party, call.until, now, digest)
                party, what = call.party, f"suspend until {moment(call.until)}"
            case Reinstate():
                ledger.reinstate(sender, call.party, now, digest)
                party, what = call.party, "reinstate"
            case _:
                raise self._fail(event, "call", type(call).__name__, "a call of the registry")
        self._used(event, power, sender, what, f"party {party}")
        return party

    def _changes(self, call: RegistryCall, event: PartyChanged) -> None:
        """The events beside the entry say exactly what the call opened and ended. They are in no head."""
        ledger, told = self.ledger, self._waiting
        computed = [("ChangeProposed", name) for name in ledger.opened]
        if not isinstance(call, CancelOrder):
            kind = "ChangeVetoed" if isinstance(call, VetoCall) else "ChangeEnacted"
            computed += [(kind, name) for name in ledger.ended]
        if [(type(one).__name__, one.change_id) for one in told] != computed:
            raise self._fail(
                event, "changes of the call", _listed([(type(one).__name__, one.change_id) for one in told]),
                _listed(computed),
            )  # fmt: skip
        for one in told:
            change = ledger.changes[one.change_id]
            if isinstance(one, ChangeProposed):
                found = (one.party, one.what, one.source, one.value, one.ready_at)
                wanted = (change.party, int(change.what), int(change.source), change.value, change.ready_at)
            else:
                found, wanted = (one.party,), (change.party,)  # type: ignore[assignment]
            if found != wanted:
                raise self._fail(one, "change", _shown(found), _shown(wanted))
        self._waiting = []

    def _same_transaction(self, event: LedgerEvent) -> None:
        if self._waiting and (self._waiting[-1].block, self._waiting[-1].tx) != (event.block, event.tx):
            self._nothing_waits()

    def _nothing_waits(self) -> None:
        if self._waiting:
            one = self._waiting[0]
            raise AuditFailed(
                "changes of the call", f"{type(one).__name__} of party {one.party} by itself",
                "the entry of the party's log right after it, in its transaction",
                entry=f"block {one.block}, log {one.index}", number=self.taken, place=one.where,
            )  # fmt: skip


def control_of(packed: bytes) -> Control:
    """The control word of a packed document."""
    return Control.unpack(int.from_bytes(packed[:32], "big"))


def _listed(changes: Sequence[tuple[str, bytes]]) -> str:
    return ", ".join(f"{kind} {name.hex()[:16]}…" for kind, name in changes) or "none"


def _shown(values: Sequence[object]) -> str:
    return ", ".join(value.hex() if isinstance(value, bytes) else str(value) for value in values)


def _power_name(power: int) -> str:
    return Power(power).name.lower() if power in Power._value2member_map_ else f"power {power}"


def _what_name(what: int) -> str:
    name = PartyAct(what).name if what in PartyAct._value2member_map_ else f"change {what}"
    return name.lower().replace("_", " ")
